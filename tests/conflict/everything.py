"""All findings of random calendars, also as a command that prints a digest of them.

The command is for comparing runs on hosts that differ: `python -m tests.conflict.everything 300`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import combinations

from tests.conflict.calendars import ACCOUNTS, Calendar, decoded, drawn
from tests.conflict.comparison import PEOPLE, PLACES, SEATS, SERIES, WAYS, written
from worker.domain.conflict.availability import outside
from worker.domain.conflict.buffer import Travel, buffers
from worker.domain.conflict.capacity import capacity_mismatches, over_capacity, overfull_room
from worker.domain.conflict.data import data_findings
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import duplicates, settled
from worker.domain.conflict.finding import Finding
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event
from worker.domain.subject import Resource, ResourceKind


def findings(calendar: Calendar, events: Iterable[Event] | None = None) -> list[Finding]:
    """What the product finds in a calendar, or in other `events` by its rules."""
    return settled(_raw(calendar, list(calendar.events if events is None else events)))


def _raw(calendar: Calendar, events: list[Event]) -> Iterator[Finding]:
    """Each function gets an iterator of its own: none may look at its events twice."""
    room, *inside = (_place(calendar, name) for name in PLACES)
    yield from doubles(room, iter(events), inside=inside)
    amy = Resource(
        "amy",
        "Amy",
        parallel=calendar.parallel,
        hours=tuple(map(written, calendar.hours)),
        buffer=calendar.buffer * 60,
    )
    times = {pair: minutes * 60 for pair, minutes in WAYS.items()}
    yield from doubles(amy, iter(events))
    yield from duplicates(amy, iter(events))
    yield from buffers(amy, iter(events), Travel(times, lambda event: event.subjects))
    yield from outside(amy, iter(events), calendar.zone)
    for person in PEOPLE:
        yield from person_doubles(person, iter(events))
    for event in events:
        yield from over_capacity(event)
    yield from capacity_mismatches(combinations(events, 2))
    yield from overfull_room(room, iter(events))
    for series in SERIES:
        yield from limits(series, iter(events))
    yield from data_findings(iter(events))


def _place(calendar: Calendar, name: str) -> Resource:
    return Resource(
        name,
        name,
        ResourceKind.ROOM,
        calendar.parallel,
        bindings=tuple((account, name) for account in ACCOUNTS),
        seats=SEATS,
    )


def digest(calendars: int) -> str:
    """A digest of all that is found in so many random calendars, order included."""
    told = blake2b(digest_size=16)
    for text in drawn(calendars):
        for finding in findings(decoded(text)):
            told.update(f"{finding.id} {finding!r}\n".encode())
    return told.hexdigest()


if __name__ == "__main__":
    print(digest(int(sys.argv[1])))
