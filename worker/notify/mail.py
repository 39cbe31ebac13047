"""News by mail, through one SMTP server."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

import structlog

from worker.notify.channel import Undelivered, named
from worker.notify.message import Message

log = structlog.get_logger()

IMPLICIT_TLS = 465  # encrypted from the first byte (RFC 8314, section 3)
TIMEOUT = 15.0  # seconds, for each step


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes out. Without a `user` there is no login. Addresses stay out of `repr`."""

    host: str
    port: int
    starttls: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class Mail:
    """Sends plain text from one address to some."""

    def __init__(
        self, server: MailServer, sender: str, readers: tuple[str, ...], timeout: float = TIMEOUT
    ) -> None:
        self.name = named("mail", server.host, *sorted(readers))
        self._server = server
        self._sender = sender
        self._readers = readers
        self._timeout = timeout

    def send(self, message: Message, now: int) -> None:
        """Hand a message to the server. Raises Undelivered.

        Readers whom the server refuses are logged, by number only, while others are accepted.
        """
        with self._explained(), self._session() as session:
            refused = session.send_message(
                self._mail(message, now), from_addr=self._sender, to_addrs=list(self._readers)
            )
        if refused:
            log.warning("mail.refused", count=len(refused), reason="some readers were refused")

    def _mail(self, message: Message, now: int) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["Subject"] = message.subject
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._readers)
        mail["Date"] = formatdate(now)
        mail["Message-ID"] = f"<{message.id}@{self._domain}>"
        # Nobody's holiday note should come back (RFC 3834).
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text, charset="utf-8", cte="quoted-printable")
        return mail

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A session that is encrypted where it is to be, and logged in. Never in the clear."""
        server = self._server
        host = server.host.strip("[]")
        context = ssl.create_default_context()
        if server.port == IMPLICIT_TLS:
            opened: smtplib.SMTP = smtplib.SMTP_SSL(
                host, server.port, self._domain, timeout=self._timeout, context=context
            )
        else:
            opened = smtplib.SMTP(host, server.port, self._domain, timeout=self._timeout)
        with opened as session:
            if server.starttls and server.port != IMPLICIT_TLS:
                session.ehlo()
                if not session.has_extn("starttls"):
                    raise Undelivered("the mail server offers no encryption")
                session.starttls(context=context)
            if server.user:
                session.login(server.user, server.password)
            yield session

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """The library's errors in words: its own quote addresses and what servers said of them."""
        try:
            yield
        except smtplib.SMTPAuthenticationError:
            raise Undelivered("the mail server does not accept the login") from None
        except smtplib.SMTPRecipientsRefused:
            raise Undelivered("the mail server refuses every reader") from None
        except smtplib.SMTPResponseException as error:
            raise Undelivered(f"the mail server answered {error.smtp_code}") from None
        except ssl.SSLError:
            raise Undelivered("the mail server cannot be trusted (certificate)") from None
        except (smtplib.SMTPException, OSError):
            raise Undelivered("the mail server cannot be reached") from None

    @property
    def _domain(self) -> str:
        return self._sender.rpartition("@")[2]
