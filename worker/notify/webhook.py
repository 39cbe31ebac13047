"""News by HTTP: one signed POST, to one address, without redirects.

The headers and the signature are those of the Standard Webhooks specification (1.0), for which
receivers find libraries: `webhook-signature` is `v1,` and the base64 of the HMAC-SHA256 over
`{webhook-id}.{webhook-timestamp}.{body}`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ssl
from functools import lru_cache

import httpcore
import httpx

from worker import __version__
from worker.notify.channel import Undelivered, named
from worker.notify.message import Message
from worker.vendors.transport import DeadlineTransport, deadline

TIMEOUT = 15.0  # seconds, from the look-up of the name to the answer's head
LONGEST_WAIT = 86_400.0
_PREFIX = "whsec_"  # of secrets that are written in base64


class Webhook:
    """Posts to `url`; signs with `secret` unless that is empty."""

    def __init__(self, url: str, secret: str = "", *, timeout: float = TIMEOUT) -> None:
        self.name = named("webhook", url)
        self._url = url
        self._secret = secret
        self._timeout = timeout

    def send(self, message: Message, now: int) -> None:
        """Post a message. Raises Undelivered unless the answer is 2xx."""
        body = message.body
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"calsync/{__version__}",
            "webhook-id": message.id,
            "webhook-timestamp": str(now),
        }
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, message.id, now, body)
        request = httpx.Request("POST", self._url, content=body, headers=headers)
        status, wait = self._exchange(request)
        if not 200 <= status < 300:
            raise Undelivered(f"the webhook answered {status}", wait)

    def _exchange(self, request: httpx.Request) -> tuple[int, float]:
        transport = DeadlineTransport(_context(), scheme=request.url.scheme)
        try:
            with deadline(self._timeout):
                answer = transport.handle_request(request)
                answer.close()
        except httpcore.TimeoutException:
            raise Undelivered(f"the webhook gave no answer within {self._timeout:g} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise Undelivered("the webhook cannot be reached") from None
        finally:
            transport.close()
        return answer.status_code, _wait(answer.headers.get("retry-after", ""))


def signature(secret: str, id_: str, now: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((id_.encode(), str(now).encode(), body))
    digest = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass  # somebody's own word that happens to begin so
    return secret.encode()


def _wait(asked: str) -> float:
    return min(float(asked), LONGEST_WAIT) if asked.isascii() and asked.isdigit() else 0.0


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
