"""One-line objects with sensible defaults, for tests."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from worker.domain.event import Event, Key, Kind, Status
from worker.domain.span import DAY, Span
from worker.vendors.base import Seams
from worker.vendors.pacing import SharedPacers


def at(text: str) -> int:
    """`at("2026-03-02T09:00")` in UTC, as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


NOW = at("2026-03-02T08:00")
WEEK = Span(NOW - DAY, NOW + 7 * DAY)


class StillClock:
    """A clock that moves only when it is told to, or slept on."""

    def __init__(self, now: float = NOW) -> None:
        self.time = float(now)
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def seams(
    handler: Callable[[httpx.Request], httpx.Response] | None = None,
    clock: StillClock | None = None,
    **changes: object,
) -> Seams:
    """Seams around a handler of requests (no network), or around real sockets without one."""
    clock = clock or StillClock()
    return Seams(
        clock=clock,
        pacers=SharedPacers(clock),
        random=random.Random(1),
        transport=httpx.MockTransport(handler) if handler else None,
        **changes,  # type: ignore[arg-type]
    )


def event(
    native_id: str = "1",
    start: int | str = NOW,
    minutes: int = 60,
    *,
    account: str = "clinic",
    kind: Kind = Kind.SINGLE,
    occurrence: str = "",
    status: Status = Status.BOOKED,
    **fields: object,
) -> Event:
    """A booked hour of `clinic` unless told otherwise; `start` as text is UTC."""
    begin = at(start) if isinstance(start, str) else start
    span = Span(begin, begin + minutes * 60)
    key = Key(account, kind, native_id, occurrence)
    return Event(key=key, status=status, span=span, **fields)  # type: ignore[arg-type]
