"""What is too much at once, found the slow way: by looking at every elementary interval.

Written from the definitions that docs/findings.md sums up. It shares no code with
`worker.domain.conflict`, not even the rule which events count, so that the two can only agree by
both being right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from worker.domain.event import Event, Key, Kind, Status, Trait


@dataclass(frozen=True, order=True)
class Clash:
    """A maximal stretch of time with too much in it, in the terms that both sides share.

    `height` is the first maximal stretch in which it is at its worst.
    """

    start: int
    end: int
    members: tuple[Key, ...]
    peak: int
    height: tuple[int, int]
    limit: int
    flags: tuple[str, ...] = ()


def counts(event: Event) -> bool:
    """Whether it takes time at all ("who counts")."""
    if event.status is Status.CANCELLED or event.mark != "":
        return False
    if Trait.TRANSPARENT in event.traits or Trait.NO_SHOW in event.traits:
        return False
    return event.span.start < event.span.end


def occupies(event: Event) -> bool:
    """Whether it is a booking or a slot: a person's block limits availability, and is neither."""
    return counts(event) and event.key.kind is not Kind.BLOCK


def is_open(event: Event) -> bool:
    """Whether nobody has it yet."""
    return event.status is Status.OFFERED


def record(event: Event) -> tuple[str, str, str]:
    """The vendor's record behind it: split parts of one booking are not a conflict."""
    return (event.key.account, event.key.kind.value, event.key.native_id)


def booking(event: Event) -> tuple[str, ...]:
    """The one booking that an event is a part of, as far as it is about who comes.

    A chain or a repeating booking is one; the slots of a sign-up group are chosen one by one.
    """
    if event.series and event.key.kind is not Kind.SLOT:
        return (event.key.account, event.series)
    return record(event)


def alone(event: Event) -> Key:
    """Every stretch of time by itself, parts of one record included."""
    return event.key


def elementary(events: Sequence[Event]) -> Iterator[tuple[int, int]]:
    """The stretches between all starts and ends, within which nothing changes."""
    instants = {event.span.start for event in events} | {event.span.end for event in events}
    yield from pairwise(sorted(instants))


def at_once(events: Sequence[Event], start: int, apart: Callable[[Event], object]) -> set[object]:
    """The different things that go on in the elementary interval that begins at `start`."""
    return {apart(event) for event in events if event.span.start <= start < event.span.end}


def stretches(
    events: Sequence[Event], limit: int, apart: Callable[[Event], object]
) -> list[tuple[int, int, int]]:
    """Maximal (start, end, peak) during which more than `limit` different things go on."""
    found: list[tuple[int, int, int]] = []
    for start, end in elementary(events):
        together = len(at_once(events, start, apart))
        if together <= limit:
            continue
        if found and found[-1][1] == start:
            began, _, peak = found.pop()
            found.append((began, end, max(peak, together)))
        else:
            found.append((start, end, together))
    return found


def clashes(
    events: Iterable[Event],
    limit: int,
    apart: Callable[[Event], object],
    flags: Callable[[Sequence[Event], int], tuple[str, ...]],
) -> list[Clash]:
    """One clash per stretch; its members are all events that cover part of it."""
    everything = list(events)
    found = []
    for start, end, peak in stretches(everything, limit, apart):
        members = [e for e in everything if e.span.start < end and start < e.span.end]
        keys = tuple(sorted(member.key for member in members))
        height = next((s, e) for s, e, _ in stretches(members, peak - 1, apart) if s < end)
        found.append(Clash(start, end, keys, peak, height, limit, flags(members, limit)))
    return sorted(found)


def doubles(events: Iterable[Event], parallel: int) -> list[Clash]:
    """What RESOURCE_DOUBLE and LOCATION_DOUBLE say of one resource."""
    return clashes([e for e in events if occupies(e)], parallel, record, double_flags)


def nested_doubles(
    events: Iterable[Event], around: Iterable[Sequence[Event]], parallel: int
) -> list[Clash]:
    """The same for a place inside others: who books the suite takes each of its rooms.

    Only clashes that the place itself has a part in: the suite's own belong to the suite.
    """
    mine = [event for event in events if occupies(event)]
    own = {event.key for event in mine}
    above = {e.key: e for there in around for e in there if occupies(e) and e.key not in own}

    def flags(members: Sequence[Event], limit: int) -> tuple[str, ...]:
        nested = {"nested"} if any(event.key in above for event in members) else set()
        return tuple(sorted({*double_flags(members, limit), *nested}))

    together = clashes([*mine, *above.values()], parallel, record, flags)
    return [clash for clash in together if own.intersection(clash.members)]


def person_doubles(events: Iterable[Event]) -> list[Clash]:
    """What PERSON_DOUBLE says of one person in all of `events`."""
    return clashes([e for e in events if occupies(e)], 1, booking, expected_flags)


def self_overlaps(events: Iterable[Event]) -> list[Clash]:
    """What DATA_SELF_OVERLAP says: stretches of one record at once, in one of its calendars."""
    mine = [event for event in events if counts(event)]
    places = {(record(event), name) for event in mine for name in event.subjects}
    found = {
        clash
        for whole, name in places
        for clash in clashes(
            [e for e in mine if record(e) == whole and name in e.subjects],
            1,
            alone,
            lambda _members, _limit: (),
        )
    }
    return sorted(found)


def double_flags(members: Sequence[Event], limit: int) -> tuple[str, ...]:
    """`happened`: what is booked is too much; `preventable`: what is offered makes it too much."""
    flags = set(account_flags(members, limit))
    booked = [member for member in members if not is_open(member)]
    if stretches(booked, limit, record):
        flags.add("happened")
    else:
        flags.add("preventable" if booked else "offered_only")
    return tuple(sorted(flags))


def expected_flags(members: Sequence[Event], limit: int) -> tuple[str, ...]:
    """Who is on the roster is expected there: whether more may come does not matter."""
    return (*account_flags(members, limit), "happened")


def account_flags(members: Sequence[Event], limit: int) -> tuple[str, ...]:
    """`cross_vendor`: no vendor alone can see it."""
    accounts = {member.key.account for member in members}
    return ("cross_vendor",) if len(accounts) > 1 else ()
