"""Absolute, half-open time, and the one rule that decides overlap."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60
HOUR = 3600
DAY = 86_400


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` up to, not including, `end`, in whole seconds since the epoch (UTC).

    A span may be empty (`start == end`): it marks a point, and overlaps nothing.
    Raises ValueError where the end lies before the start.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("a span cannot end before it starts")

    @property
    def seconds(self) -> int:
        """The length on the instant axis: an hour across a DST change is still 3,600."""
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """Whether both share some time; spans that touch do not, and points never do."""
        return max(self.start, other.start) < min(self.end, other.end)

    def shows(self, span: Span) -> bool:
        """Whether `span` belongs into this window: it overlaps it, or is a point inside it."""
        if span.start == span.end:
            return self.start <= span.start < self.end
        return self.overlaps(span)

    def widened(self, before: int, after: int) -> Span:
        """The same stretch with `before` and `after` seconds added at its ends."""
        return Span(self.start - before, self.end + after)
