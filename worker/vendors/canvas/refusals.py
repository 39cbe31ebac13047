"""What Canvas means by its refusals, which look alike: throttled, not allowed, or not known."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import msgspec

from worker.vendors.answers import Reply, stated_wait
from worker.vendors.base import NeedsPerson, Rejected, TryLater, VendorError

_THROTTLED = b"rate limit exceeded"
_NO_RIGHT = (b'"unauthorized"', b"not authorized")
_SCOPES = b"insufficient scopes"
_NAME = re.compile(r"[a-z_]{1,40}")


class NoRight(NeedsPerson):
    """The token is good, but may not do this; Canvas says the same of a deleted group."""


class NoScope(NeedsPerson):
    """The token is good, but was made without the scope for this call."""


def explainer(now: Callable[[], float] = time.time) -> Callable[[Reply], VendorError | None]:
    """The reading of Canvas's error answers; `now` is for waits that are stated as a date."""

    def explain(reply: Reply) -> VendorError | None:
        text = f"{reply.where} answered {reply.status}"
        said = reply.body[:4096].lower()
        # 403 until October 2025, and on self-hosted sites still; 429 since. The body is no JSON.
        if reply.status == 429 or (reply.status == 403 and _THROTTLED in said):
            wait = stated_wait(reply.headers, now())
            return TryLater(f"{text}: too many requests", wait=wait, throttled=True)
        if reply.status == 400:
            return _objection(text, reply.body)
        if reply.status not in (401, 403):
            return None
        if _SCOPES in said:
            return NoScope(f"{text}: the token's scopes do not cover this call")
        # Older sites answer 401 to a known caller without the right, but then without a challenge.
        challenged = "www-authenticate" in reply.headers
        if reply.status == 403 or (not challenged and any(word in said for word in _NO_RIGHT)):
            return NoRight(
                f"{text}: the token's user may not manage this; "
                "it needs a role with the right to manage the course calendar"
            )
        return NeedsPerson(
            f"{text}: the token is not accepted; it may be wrong, expired or revoked "
            "(make a new one in Canvas under Account, Settings, Approved Integrations)"
        )

    return explain


def _objection(text: str, body: bytes) -> Rejected:
    """What Canvas objects to, by the name of its own attribute: its sentences may quote people.

    It says so in one of five shapes: errors by attribute, errors in an array (bare or not), or a
    sentence alone.
    """
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return Rejected(text)
    errors = said.get("errors") if isinstance(said, dict) else said
    match errors:
        case dict():
            told = list(errors)
        case list():
            told = [one.get("attribute") for one in errors if isinstance(one, dict)]
        case _:
            told = []
    names = [name for name in told if isinstance(name, str) and _NAME.fullmatch(name)]
    if not names:
        return Rejected(text)
    return Rejected(f"{text}: it objects to {' and '.join(names[:3])}", names[0])
