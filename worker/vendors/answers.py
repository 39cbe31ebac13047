"""What an answer is, and what it means where the vendor says nothing of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

import httpx

from worker.vendors.base import NeedsPerson, Nonsense, Rejected, TryLater, Vanished, VendorError

LONGEST_WAIT = 7 * 86_400.0  # a stated wait beyond this is a broken clock, not a wish


# Words for those who count requests: what an operator acts on is told apart, the rest by its class.
NO_ANSWER = "none"
_TOLD_APART = frozenset({401, 403, 404, 409, 422, 429})
ANSWERS = frozenset({NO_ANSWER, "1xx", "2xx", "3xx", "4xx", "5xx", "other", *map(str, _TOLD_APART)})


def spoken(status: int) -> str:
    """A status in one of the words of `ANSWERS`, whatever number a vendor has sent."""
    if status in _TOLD_APART:
        return str(status)
    return f"{status // 100}xx" if 100 <= status < 600 else "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: `body` is decoded, `headers` are matched without regard to case."""

    method: str
    path: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def where(self) -> str:
        """The call in words for operators: never the query, which may carry people's data."""
        return f"{self.method} {self.path}"


Explain = Callable[[Reply], VendorError | None]


def no_explanation(_reply: Reply) -> VendorError | None:
    """For vendors whose error answers mean what HTTP says they mean."""
    return None


def explained(reply: Reply, now: float) -> VendorError:
    """The general meaning of an answer that is not 2xx."""
    text = f"{reply.where} answered {reply.status}"
    wait = stated_wait(reply.headers, now)
    match reply.status:
        case 401:
            return NeedsPerson(f"{text}: the credentials are not accepted")
        case 403:
            return NeedsPerson(f"{text}: the credentials lack the right for this")
        case 404 | 410:
            return Vanished(text)
        case 429:
            return TryLater(f"{text}: too many requests", wait=wait, throttled=True)
        case 402:
            return NeedsPerson(f"{text}: the vendor wants to be paid first")
        case 206:
            return Nonsense(f"{text}: a part of the answer, which was not asked for")
        case 304:
            return Nonsense(f"{text}, as if there were an older answer to keep")
        case code if code < 200:
            return Nonsense(f"{text}: no final answer")
        case code if 300 <= code < 400:
            return Nonsense(f"{text}: redirects are not followed; is base_url right?")
        case code if code >= 500 or code in (408, 425):
            return TryLater(text, wait=wait)
        case _:
            return Rejected(text)


def stated_wait(headers: httpx.Headers, now: float) -> float | None:
    """The seconds that the vendor asks us to wait, if it says so in a way that makes sense.

    `X-RateLimit-Reset` is an instant and `Retry-After` may be one: both are taken relative to the
    answer's own `Date`, so that a vendor's wrong clock, or ours, does no harm. Where several waits
    are stated, the longest is kept.
    """
    here = _date(headers.get("date")) or now
    resets = map(_number, headers.get_list("x-ratelimit-reset"))
    waits = [reset - here for reset in resets if reset is not None and reset > _SURELY_AN_INSTANT]
    for asked in headers.get_list("retry-after"):
        if (seconds := _number(asked)) is not None:
            waits.append(seconds)
        elif (until := _date(asked)) is not None:
            waits.append(until - here)
    longest = max(waits, default=0.0)
    return min(longest, LONGEST_WAIT) if longest > 0 else None


_SURELY_AN_INSTANT = 1e9  # September 2001; less is no time of the epoch that anybody waits for


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text and len(text) < 20 else None
    except ValueError:
        return None
    return value if value is not None and abs(value) != float("inf") and value == value else None


def _date(text: str | None) -> float | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment is None:
        return None
    # The old forms of HTTP's dates name no zone, and mean GMT; never this machine's.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
