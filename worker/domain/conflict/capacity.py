"""OVER_CAPACITY and CAPACITY_MISMATCH: more people than places, and places that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.domain.conflict.double import COUNTED, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, role
from worker.domain.span import Span
from worker.domain.subject import Resource


def over_capacity(event: Event) -> Iterator[Finding]:
    """The finding for an event with more people on its active roster than it has places.

    `peak` is how many there are, `limit` how many places there are.
    """
    if role(event) not in COUNTED or event.capacity is None or event.attendees <= event.capacity:
        return
    yield Finding(
        kind=FindingKind.OVER_CAPACITY,
        subject=_subject(event),
        span=event.span,
        members=(member(event),),
        peak=event.attendees,
        limit=event.capacity,
        evidence=(("too_many", event.attendees - event.capacity),),
    )


def capacity_mismatches(pairs: Iterable[tuple[Event, Event]]) -> Iterator[Finding]:
    """The findings for pairs that stand for one thing, but have different numbers of places.

    `pairs` are linked events or duplicates, in any order. `peak` is the larger number of places,
    `limit` the smaller one. An event without a number of places disagrees with nobody.
    """
    for pair in pairs:
        # The smaller number first: it is the one that can be kept to.
        first, second = sorted(pair, key=lambda event: (event.capacity or 0, event.key))
        if first.capacity is None or second.capacity is None or first.capacity == second.capacity:
            continue
        if {role(first), role(second)} <= COUNTED:
            yield _mismatch(first, first.capacity, second, second.capacity)


def overfull_room(room: Resource, events: Iterable[Event]) -> Iterator[Finding]:
    """The findings for events of `room` that have more places than the room has seats.

    An event that states no number of places needs as many as it has people. Flagged `overfull`
    where more people have come in already than can sit.
    """
    if not room.seats:
        return
    for event in events:
        needed = event.attendees if event.capacity is None else event.capacity
        if role(event) in COUNTED and needed > room.seats:
            yield Finding(
                kind=FindingKind.CAPACITY_MISMATCH,
                subject=Subject("resource", room.id, room.name),
                span=event.span,
                members=(member(event),),
                peak=needed,
                limit=room.seats,
                flags=("overfull", "room") if event.attendees > room.seats else ("room",),
                evidence=(("seats", room.seats), ("places", needed), ("people", event.attendees)),
            )


def _mismatch(first: Event, fewer: int, second: Event, more: int) -> Finding:
    members = sorted((first, second), key=lambda event: event.key)
    return Finding(
        kind=FindingKind.CAPACITY_MISMATCH,
        subject=_subject(members[0]),
        span=Span(min(first.span.start, second.span.start), max(first.span.end, second.span.end)),
        members=tuple(member(event) for event in members),
        peak=more,
        limit=fewer,
        flags=("cross_vendor",) if first.key.account != second.key.account else (),
        evidence=(("places", [event.capacity for event in members]),),
    )


def _subject(event: Event) -> Subject:
    return Subject("event", event.key.id, event.title)
