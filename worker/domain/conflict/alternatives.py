"""Where an event could go instead: the next free stretches of everything that it occupies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from worker.domain.hours import WEEK, Hours
from worker.domain.instants import local
from worker.domain.span import DAY, HOUR, MINUTE, Span

STEP = 15 * MINUTE  # people meet at a quarter past, not at 10:07
PROPOSED = 3


def alternatives(
    taken: Iterable[Span],
    length: int,
    search: Span,
    *,
    step: int = STEP,
    count: int = PROPOSED,
) -> tuple[Span, ...]:
    """The first `count` stretches of `length` seconds in `search` that touch nothing of `taken`.

    `taken` comes in any order, and holds closed hours as well. Starts lie on the grid of `step`
    seconds; each free gap is proposed once, so that the proposals differ.
    """
    found: list[Span] = []
    for gap in _gaps(taken, search):
        start = -(-gap.start // step) * step
        if length > 0 and start + length <= gap.end:
            found.append(Span(start, start + length))
        if len(found) == count:
            break
    return tuple(found)


def crowded(stays: Iterable[Span], parallel: int, buffer: int = 0) -> Iterator[Span]:
    """The stretches in which a resource has no place left, in order.

    `parallel` events may take place at once, with `buffer` seconds between two of one place.
    """
    changes: dict[int, int] = defaultdict(int)
    for stay in stays:
        if stay.seconds:
            changes[stay.start - buffer] += 1
            changes[stay.end + buffer] -= 1
    crowd, since = 0, None
    for instant in sorted(changes):
        crowd += changes[instant]
        if crowd >= parallel and since is None:
            since = instant
        elif crowd < parallel and since is not None:
            yield Span(since, instant)
            since = None


def usual_hours(stays: Iterable[Span], zone: str) -> Hours:
    """On each weekday, from the earliest start to the latest end that `stays` show in `zone`.

    For resources without configured hours: nobody wants to be moved to the middle of the night.
    What goes on over midnight says nothing about a day. Without any stays, all hours are usual.
    """
    days: dict[int, tuple[int, int]] = {}
    for stay in stays:
        start, end = local(stay.start, zone), local(stay.end, zone)
        if not stay.seconds or start.date() != end.date():
            continue
        first, last = (time.hour * HOUR + time.minute * MINUTE for time in (start, end))
        before = days.get(start.weekday(), (first, last))
        days[start.weekday()] = min(first, before[0]), max(last, before[1])
    if not days:
        return Hours(((0, WEEK),))
    windows = ((day * DAY + first, day * DAY + last) for day, (first, last) in sorted(days.items()))
    return Hours(tuple((first, last) for first, last in windows if first < last))


def _gaps(taken: Iterable[Span], search: Span) -> Iterator[Span]:
    free_from = search.start
    for one in sorted(taken):
        if one.start >= search.end:
            break
        if one.start > free_from:
            yield Span(free_from, one.start)
        free_from = max(free_from, one.end)
    if free_from < search.end:
        yield Span(free_from, search.end)
