"""Who may see the reports: the admin token, the sessions it was traded for, and wrong guesses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field

from pydantic import SecretStr

from worker.web.attempts import Attempts, Clock
from worker.web.refusal import Refusal

SESSION_LASTS = 12 * 3600.0  # seconds; then the token is asked for again
MOST_SESSIONS = 200

UNSET = (
    "No admin token is set, so nobody can see this. Write a long random word to a file, name the "
    "file as admin_token_file under [server] in the configuration, and start calsync again."
)


@dataclass(slots=True)
class Session:
    """One browser that has logged in. `notice` is told once, on the next page that it opens.

    `name` is what its user was called last, to be offered again, and `zone` whose clocks tell
    the times (empty: each resource's own).
    """

    ends: float
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    notice: str = ""
    name: str = field(default="", repr=False)
    zone: str = ""
    address: tuple[str, str] = field(default=("", ""), repr=False)  # a feed's name, its new address

    def take_address(self) -> tuple[str, str]:
        """The new address that there is to show, once."""
        address, self.address = self.address, ("", "")
        return address

    def take_notice(self) -> str:
        """What there is to tell, once."""
        notice, self.notice = self.notice, ""
        return notice


class Access:
    """Decides whether a request comes from an admin. Nothing of it outlives the process."""

    def __init__(self, token: SecretStr | None, clock: Clock) -> None:
        self._token = _digest(token.get_secret_value()) if token else None
        self._clock = clock
        self._attempts = Attempts(clock)
        self._sessions: dict[bytes, Session] = {}
        self._lock = threading.Lock()

    def admitted(self, address: str, authorization: str | None, cookie: str) -> Session | None:
        """The session of a browser, or None for a bearer of the token.

        Raises Refusal: 403 where no token is set, 401 without a right one, 429 after many wrong.
        """
        if self._token is None:
            raise Refusal(403, UNSET)
        if authorization is not None:
            self._check(address, _bearer(authorization))
            return None
        session = self._session(cookie)
        if session is None:
            raise _unauthorised("Log in first, or send the admin token as a bearer token.")
        return session

    def log_in(self, address: str, token: str) -> tuple[str, Session]:
        """Trade the token for a session: its opaque name, for the cookie. Raises Refusal."""
        if self._token is None:
            raise Refusal(403, UNSET)
        self._check(address, token)
        name = secrets.token_urlsafe(32)
        session = Session(self._clock.monotonic() + SESSION_LASTS)
        with self._lock:
            self._forget_ended()
            self._sessions[_digest(name)] = session
        return name, session

    def log_out(self, session: Session) -> None:
        """End a session at once."""
        with self._lock:
            self._sessions = {
                name: one for name, one in self._sessions.items() if one is not session
            }

    @property
    def closed(self) -> bool:
        """Whether no token is set, so that nobody can be admitted."""
        return self._token is None

    def _check(self, address: str, token: str) -> None:
        wait = self._attempts.wait(address)
        if wait:
            raise Refusal(
                429,
                f"Too many wrong tokens from your address. Try again in {wait} s.",
                {"Retry-After": str(wait)},
            )
        # Digests are compared, so that neither the content nor the length shows in the time.
        if self._token is None or not hmac.compare_digest(_digest(token), self._token):
            self._attempts.failed(address)
            raise _unauthorised("That is not the admin token.")

    def _session(self, cookie: str) -> Session | None:
        if not cookie:
            return None
        with self._lock:
            session = self._sessions.get(_digest(cookie))
        if session is None or self._clock.monotonic() >= session.ends:
            return None
        return session

    def _forget_ended(self) -> None:
        now = self._clock.monotonic()
        for name in [name for name, one in self._sessions.items() if one.ends <= now]:
            del self._sessions[name]
        while len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _unauthorised(message: str) -> Refusal:
    return Refusal(401, message, {"WWW-Authenticate": 'Bearer realm="calsync"'})


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
