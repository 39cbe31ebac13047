"""What Canvas means by its refusals, which look alike: throttled, not allowed, or not known."""

from __future__ import annotations

import time
from collections.abc import Callable

from worker.vendors.answers import Reply, stated_wait
from worker.vendors.base import NeedsPerson, TryLater, VendorError

_THROTTLED = b"rate limit exceeded"
_NO_RIGHT = (b'"unauthorized"', b"not authorized")
_SCOPES = b"insufficient scopes"


class NoRight(NeedsPerson):
    """The token is good, but may not do this; Canvas says the same of a deleted group."""


def explainer(now: Callable[[], float] = time.time) -> Callable[[Reply], VendorError | None]:
    """The reading of Canvas's error answers; `now` is for waits that are stated as a date."""

    def explain(reply: Reply) -> VendorError | None:
        text = f"{reply.where} answered {reply.status}"
        said = reply.body[:4096].lower()
        # 403 until October 2025, and on self-hosted sites still; 429 since. The body is no JSON.
        if reply.status == 429 or (reply.status == 403 and _THROTTLED in said):
            wait = stated_wait(reply.headers, now())
            return TryLater(f"{text}: too many requests", wait=wait, throttled=True)
        if reply.status not in (401, 403):
            return None
        if _SCOPES in said:
            return NeedsPerson(f"{text}: the token's scopes do not cover this call")
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
