"""BUFFER and TRAVEL: two events that follow each other too soon."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, product

from worker.domain.conflict.double import COUNTED, in_order, member, record
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, Status, role
from worker.domain.span import MINUTE, Span
from worker.domain.subject import Resource


def nowhere(event: Event) -> Collection[str]:  # noqa: ARG001 - one of many answers
    """The rooms of an event where rooms do not matter."""
    return ()


@dataclass(frozen=True, slots=True)
class Travel:
    """How long the way between two rooms is.

    `times` are seconds by (room, room), told for one direction and good for both. `rooms_of` says
    which rooms an event occupies, by their ids. `within` maps a room to the place that it lies in:
    what is told of a place is true of its rooms, unless more is told of them.
    """

    times: Mapping[tuple[str, str], int] = field(default_factory=dict)
    rooms_of: Callable[[Event], Collection[str]] = nowhere
    within: Mapping[str, str] = field(default_factory=dict)

    def between(self, before: Collection[str], after: Collection[str]) -> int:
        """Seconds from `before` to `after`: the longest way, none where a room is in both."""
        if not set(before).isdisjoint(after):
            return 0
        return max((self._way(*pair) for pair in product(before, after)), default=0)

    def _way(self, one: str, other: str) -> int:
        told = (
            self.times.get(pair, self.times.get(pair[::-1]))
            for pair in product(self._outwards(one), self._outwards(other))
        )
        return next((seconds for seconds in told if seconds is not None), 0)

    def _outwards(self, room: str) -> list[str]:
        """The room and the places around it, the nearest first."""
        found = [room]
        while (outer := self.within.get(found[-1], "")) and outer not in found:
            found.append(outer)
        return found


NO_TRAVEL = Travel()


def buffers(
    resource: Resource, events: Iterable[Event], travel: Travel = NO_TRAVEL
) -> Iterator[Finding]:
    """Where two consecutive events of a resource leave less time between them than is needed.

    Needed is the longest of the first one's time after, the second one's time before and the
    resource's own buffer, each counted once, and the way between their rooms on top of that. The
    cores are disjoint: what overlaps is a double booking. Consecutive are two between which
    nothing else goes on. Parts of one record need nothing between them.

    Where several may take place at once, one place that is ready will do: it is too soon where
    every place is busy or was left too late, and the one is named that had rested longest.

    The span is the time between the two, empty where they touch. Evidence is in seconds.
    """
    by_key = {event.key: event for event in events if role(event) in COUNTED}
    ordered = sorted(by_key.values(), key=in_order)
    if resource.parallel == 1:
        yield from _in_a_row(resource, ordered, travel)
    else:
        yield from _at_places(resource, ordered, travel)


def _in_a_row(resource: Resource, ordered: list[Event], travel: Travel) -> Iterator[Finding]:
    """One place: whatever ended last before a start comes just before it."""
    last: list[Event] = []
    for _, group in groupby(ordered, key=lambda event: event.span.start):
        following = list(group)
        for before, after in product(last, following):
            if _end(before) <= after.span.start and record(before) != record(after):
                yield from _judged(resource, before, after, travel)
        both = [*last, *following]
        end = max(map(_end, both))
        last = sorted((event for event in both if _end(event) == end), key=in_order)


def _at_places(resource: Resource, ordered: list[Event], travel: Travel) -> Iterator[Finding]:
    """Several places: each start takes one that nobody is at, the readiest of those."""
    earlier: list[Event] = []  # by end, latest last: only those whose places may matter yet
    for after in ordered:
        idle = [event for event in earlier if _end(event) <= after.span.start]
        places = resource.parallel - (len(earlier) - len(idle))
        left = idle[-places:] if 0 < places <= len(idle) else []
        late = [
            list(_judged(resource, before, after, travel))
            for before in left
            if record(before) != record(after)
        ]
        if left and len(late) == len(left) and all(late):
            yield from late[0]
        insort(earlier, after, key=_end)
        del earlier[: max(0, len(idle) - resource.parallel)]


def _judged(resource: Resource, before: Event, after: Event, travel: Travel) -> Iterator[Finding]:
    gap = after.span.start - before.span.end
    rest = max(before.pad_after * MINUTE, after.pad_before * MINUTE, resource.buffer)
    way = travel.between(travel.rooms_of(before), travel.rooms_of(after)) if travel.times else 0
    if gap >= rest + way:
        return
    flags = [_stage(before, after)]
    if before.key.account != after.key.account:
        flags.append("cross_vendor")
    yield Finding(
        kind=FindingKind.TRAVEL if way else FindingKind.BUFFER,
        subject=Subject("resource", resource.id, resource.name),
        span=Span(before.span.end, after.span.start),
        members=(member(before), member(after)),
        limit=resource.parallel,
        flags=tuple(sorted(flags)),
        evidence=(
            ("gap_seconds", gap),
            ("need_seconds", rest + way),
            ("after_seconds", before.pad_after * MINUTE),
            ("before_seconds", after.pad_before * MINUTE),
            ("buffer_seconds", resource.buffer),
            ("travel_seconds", way),
        ),
    )


def _stage(before: Event, after: Event) -> str:
    """Whether it has `happened`, is `preventable`, or is `offered_only`."""
    still_open = [event.status is Status.OFFERED for event in (before, after)]
    if all(still_open):
        return "offered_only"
    return "preventable" if any(still_open) else "happened"


def _end(event: Event) -> int:
    return event.span.end
