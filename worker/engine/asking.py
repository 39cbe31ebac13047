"""One event, asked for by id: what stands there now."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from worker.domain.event import Event, Key, Status
from worker.domain.health import hushed
from worker.domain.listing import Presence
from worker.domain.span import Span
from worker.engine.poll import Source
from worker.store.store import Store
from worker.vendors.base import (
    Ambiguous,
    EventError,
    Nonsense,
    StartOver,
    TryLater,
    Vanished,
    Vendor,
    VendorError,
)

ROUNDING = 300  # seconds: the coarsest grid that a vendor rounds to


def alike(one: Span, other: Span) -> bool:
    """Whether two times are the same, but for the grid that a vendor rounds to."""
    return abs(one.start - other.start) <= ROUNDING and abs(one.end - other.end) <= ROUNDING


def standing(
    vendor: Vendor, key: Key, near: Span, home: Sequence[str]
) -> tuple[Event | None, Presence]:
    """The event as its vendor shows it, and whether it is there.

    Vendors that archive or cancel keep showing what is over: it counts as gone. An answer that
    makes no sense tells nothing. Raises TryLater and NeedsPerson.
    """
    try:
        answer = vendor.confirm(key, near, home)
    except Vanished:
        return None, Presence.GONE
    except (EventError, Nonsense, StartOver):
        return None, Presence.UNKNOWN
    event = answer.sighting.event if answer.sighting else None
    if event is not None and event.status is Status.CANCELLED:
        return event, Presence.GONE
    return event, answer.presence


def hush(store: Store, source: Source, error: VendorError, now: int) -> None:
    """A wait that the vendor asked for is kept by everybody who calls it (P12)."""
    wait = error.wait if isinstance(error, TryLater | Ambiguous) else None
    if wait or (isinstance(error, TryLater) and error.throttled):
        change = partial(hushed, now=now, interval=source.interval, wait=wait)
        store.accounts.change_health(source.id, change)
