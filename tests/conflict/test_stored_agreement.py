"""Detection over the store finds what the pure rules find, in whatever steps it got there."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.conflict.calendars import ACCOUNTS, changed, decoded, drawn, moved
from tests.conflict.stored import (
    CHANGES,
    FULL,
    NOW,
    Scene,
    look,
    poll,
    scene,
    standing,
    told,
)
from worker.domain.conflict.availability import outside
from worker.domain.conflict.buffer import Travel, buffers
from worker.domain.conflict.capacity import over_capacity, overfull_room
from worker.domain.conflict.data import self_overlaps
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import duplicates, settled
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event, Status
from worker.domain.span import DAY
from worker.domain.subject import Resource, ResourceKind, around
from worker.engine.rules import Touched
from worker.store.store import Store

CALENDARS = 60
PROVED = {
    FindingKind.RESOURCE_DOUBLE,
    FindingKind.LOCATION_DOUBLE,
    FindingKind.PERSON_DOUBLE,
    FindingKind.OVER_CAPACITY,
    FindingKind.BUFFER,
    FindingKind.TRAVEL,
    FindingKind.OUTSIDE_AVAILABILITY,
    FindingKind.DUPLICATE,
    FindingKind.LIMIT,
    FindingKind.DATA_SELF_OVERLAP,
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'first.db'}")
    yield opened
    opened.close()


def expected(events: Sequence[Event], it: Scene) -> dict[str, object]:
    """What the pure rules say of all events, resource by resource and person by person."""
    found: list[Finding] = []
    for resource in it.rules.resources.values():
        found += settled(_of_resource(resource, events, it))
    people = sorted({person for event in events for person in event.people})
    twice = [one for person in people for one in person_doubles(person, _with(events, person))]
    twins = [one for one in found if one.kind is FindingKind.DUPLICATE]
    found += [one for one in settled(twice, twins) if one.kind is FindingKind.PERSON_DOUBLE]
    for series in sorted({event.series for event in events if event.series}):
        found += limits(series, events)
    for event in events:
        found += over_capacity(event)
    found += self_overlaps(events)
    return {one.id: told(one) for one in found if _is_proved(one)}


def _with(events: Sequence[Event], person: str) -> list[Event]:
    return [event for event in events if person in event.people]


def _is_proved(finding: Finding) -> bool:
    room = finding.kind is FindingKind.CAPACITY_MISMATCH and "room" in finding.flags
    return room or finding.kind in PROVED


def _of_resource(resource: Resource, events: Sequence[Event], it: Scene) -> Iterator[Finding]:
    inside = around(resource, it.rules.resources)
    own = [event for event in events if resource.id in event.subjects]
    names = {resource.id, *(place.id for place in inside)}
    rooms = {one.id for one in it.rules.resources.values() if one.kind is ResourceKind.ROOM}
    travel = Travel(
        it.rules.travel,
        lambda event: rooms.intersection(event.subjects),
        {one.id: one.within for one in it.rules.resources.values() if one.within},
    )
    there = [event for event in events if names.intersection(event.subjects)]
    yield from doubles(resource, there, inside=inside)
    yield from duplicates(resource, own)
    yield from buffers(resource, own, travel)
    yield from outside(resource, own, it.rules.zone_of(resource))
    yield from overfull_room(resource, own)


def as_stored(store: Store, it: Scene) -> list[Event]:
    """The events with people as the store names them."""
    loaded = store.events.by_number([event.key.number for event in it.events])
    return [one.event for one in loaded.values()]


def proved(store: Store) -> dict[str, object]:
    everything = store.findings.all()
    found = standing(store)
    return {id_: one for id_, one in found.items() if _is_proved(everything[id_].finding)}


def filled(store: Store, it: Scene, accounts: Sequence[str] = ACCOUNTS) -> None:
    for account in accounts:
        poll(store, it.rules, account, it.events, FULL)


def test_detection_over_the_store_finds_what_the_rules_find(store: Store):
    it = scene(decoded(text) for text in drawn(CALENDARS))
    filled(store, it)
    look(store, it.rules)
    found = proved(store)
    assert found == expected(as_stored(store, it), it)
    assert len(found) > 5 * CALENDARS


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_step_by_step_the_register_gets_to_what_the_rules_find(store: Store, seed: int):
    last = scene(decoded(text) for text in drawn(CALENDARS // 3, seed))
    _in_steps(store, last, random.Random(seed))
    assert proved(store) == expected(as_stored(store, last), last)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(100, 130))
def test_step_by_step_a_full_register_gets_there_too(store: Store, seed: int):
    last = scene(decoded(text) for text in drawn(100, seed))
    _in_steps(store, last, random.Random(seed))
    assert proved(store) == expected(as_stored(store, last), last)


def _in_steps(store: Store, last: Scene, chance: random.Random) -> None:
    """Polls of changes in any order, each looked at, until the store shows `last`."""
    for _ in range(3):
        for account in chance.sample(ACCOUNTS, 3):
            some = [_earlier(event, chance) for event in last.events if chance.random() < 0.3]
            _step(store, last, account, some)
    for account in chance.sample(ACCOUNTS, 3):
        _step(store, last, account, last.events)


def _earlier(event: Event, chance: random.Random) -> Event:
    """Something that an event may have been before."""
    match chance.randrange(5):
        case 0:
            return moved(event, chance.choice([-3600, -900, 900, DAY]))
        case 1:
            return changed(event, status=Status.CANCELLED)
        case 2:
            return changed(event, people=(), attendees=0)
        case 3:
            return changed(event, subjects=event.subjects[:1])
        case _:
            return event


def _step(store: Store, it: Scene, account: str, events: Sequence[Event]) -> None:
    polled = poll(store, it.rules, account, events, CHANGES)
    look(store, it.rules, Touched(polled.touched, polled.people, polled.events, (account,)))


@pytest.mark.parametrize("days", [-100, 100])
def test_another_day_of_detection_finds_the_same(store: Store, days: int):
    it = scene(decoded(text) for text in drawn(CALENDARS // 3, seed=9))
    filled(store, it)
    look(store, it.rules, now=NOW + days * DAY)
    assert proved(store) == expected(as_stored(store, it), it)
