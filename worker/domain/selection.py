"""Which events are asked for, where a command and an address leave something open."""

from __future__ import annotations

from worker.domain.event import Status
from worker.domain.instants import LATEST
from worker.domain.span import Span

ALL = "all"
STATUSES = (*(str(status) for status in Status), ALL)
"""What can be asked for as a status."""


def statuses(asked: str) -> tuple[Status, ...]:
    """The statuses that a word stands for; empty for all but cancelled ones."""
    if asked == ALL:
        return tuple(Status)
    if asked:
        return (Status(asked),)
    return tuple(one for one in Status if one is not Status.CANCELLED)


def window(start: int | None, end: int | None, otherwise: Span) -> Span:
    """From `start` up to `end` (epoch seconds), each open if None; `otherwise` if both are."""
    if start is None and end is None:
        return otherwise
    first = 0 if start is None else start
    return Span(first, max(first, LATEST if end is None else end))
