"""Where the product differed from its definition, or still does: the smallest example of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import at, event
from tests.conflict.calendars import ACCOUNTS
from tests.conflict.stored import FULL, look, poll
from worker.domain.conflict.buffer import buffers
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event, Kind
from worker.domain.subject import Bindings, Resource
from worker.engine.rules import DetectionRules
from worker.store.store import Store

AMY = Resource("amy", "Amy", bindings=tuple((account, "*") for account in ACCOUNTS))
RULES = DetectionRules({AMY.id: AMY}, Bindings([AMY]))
HALL = Resource("hall", "Hall", parallel=2)
DAY = "2026-06-01T"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'calsync.db'}")
    yield opened
    opened.close()


def filled(store: Store, *events: Event) -> None:
    for account in ACCOUNTS:
        poll(store, RULES, account, events, FULL)


def test_split_parts_of_one_booking_are_no_conflict_with_each_other():
    parts = [event("9", f"{DAY}09:00", 60, occurrence=part) for part in ("a", "b")]
    assert list(doubles(AMY, parts)) == []


def test_whoever_signs_up_for_two_slots_at_once_is_in_two_places():
    slots = [
        event(id_, f"{DAY}09:00", 60, kind=Kind.SLOT, series="group:5", people=("p1",))
        for id_ in ("1", "2")
    ]
    assert len(list(person_doubles("p1", slots))) == 1


def test_a_duplicate_explains_the_clashes_of_people_from_the_first_look_on(store: Store):
    yoga = {"title": "Yoga", "people": ("email:p@example.com",)}
    filled(
        store,
        event("1", f"{DAY}09:00", 60, capacity=3, **yoga),
        event("2", f"{DAY}09:00", 60, capacity=5, account="campus", **yoga),
    )
    look(store, RULES)
    kinds = {one.finding.kind for one in store.findings.all().values()}
    assert kinds == {FindingKind.DUPLICATE, FindingKind.CAPACITY_MISMATCH}


def test_a_run_keeps_its_members_while_the_look_back_passes_over_it(store: Store):
    filled(
        store,
        event("a", f"{DAY}08:00", 180),
        event("b", f"{DAY}10:00", 120),
        event("c", f"{DAY}10:30", 150),
    )
    look(store, RULES, now=at(f"{DAY}12:00"), since=at("2026-05-31T12:00"))
    look(store, RULES, now=at("2026-06-02T11:15"), since=at(f"{DAY}11:15"))
    assert len(store.findings.all()) == 1


def test_of_two_places_one_that_is_ready_will_do():
    events = [
        event("a", f"{DAY}08:00", 50, pad_after=30),
        event("b", f"{DAY}08:00", 55),
        event("c", f"{DAY}09:00", 60),
    ]
    assert list(buffers(HALL, events)) == []


def test_of_two_places_both_must_be_ready_for_two_that_begin_at_once():
    events = [
        event("a", f"{DAY}08:00", 55, pad_after=30),
        event("b", f"{DAY}09:00", 60),
        event("c", f"{DAY}09:00", 60),
    ]
    assert len(list(buffers(HALL, events))) > 0
