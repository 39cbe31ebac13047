"""Few changed events are looked at with their neighbours only: the register gets the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conflict.calendars import ACCOUNTS, changed, decoded, drawn, moved
from tests.conflict.stored import CHANGES, EVERYTHING, FULL, look, poll, scene, standing
from worker.domain.conflict.finding import FindingKind
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.domain.subject import Bindings, Resource, ResourceKind
from worker.engine.rules import DetectionRules, Touched
from worker.store.store import Store

START = Span(1_780_000_000, 1_780_003_600).start


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'first.db'}")
    yield opened
    opened.close()


def step(store: Store, rules: DetectionRules, account: str, *events: Event) -> None:
    """A poll that shows just these as changed, and a look at what it touched."""
    polled = poll(store, rules, account, events, CHANGES)
    look(store, rules, Touched(polled.touched, polled.people, polled.events, (account,)))


def proven(store: Store, rules: DetectionRules) -> dict[str, object]:
    """What the register holds, which a look at everything does not change any more."""
    near = standing(store)
    look(store, rules, EVERYTHING)
    assert near == standing(store)
    return {id_: one for id_, one in near.items() if one[0] is not FindingKind.ORPHAN}  # type: ignore[index]


@pytest.mark.parametrize("seed", range(6))
def test_a_few_changes_at_a_time_lead_where_a_look_at_everything_leads(store: Store, seed: int):
    chance = random.Random(seed)
    it = scene(decoded(text) for text in drawn(15, seed + 500))
    for account in ACCOUNTS:
        poll(store, it.rules, account, it.events, FULL)
    look(store, it.rules)
    shown = {event.key: event for event in it.events}
    seen = set[str]()
    for _ in range(12):
        account = chance.choice(ACCOUNTS)
        mine = [event for event in shown.values() if event.key.account == account]
        some = [_otherwise(event, shown, chance) for event in chance.sample(mine, 3)]
        shown |= {event.key: event for event in some}
        step(store, it.rules, account, *some)
        seen |= proven(store, it.rules).keys()
    assert len(seen) > 20


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(1000, 1060))
def test_many_more_such_changes_do(store: Store, seed: int):
    test_a_few_changes_at_a_time_lead_where_a_look_at_everything_leads(store, seed)


def _otherwise(event: Event, shown: dict[Key, Event], chance: random.Random) -> Event:
    """Something else that an event may become: beside another one, shorter, elsewhere, gone."""
    other = chance.choice(list(shown.values()))
    match chance.randrange(7):
        case 0:
            return moved(event, chance.choice([-3600, -900, 900, DAY, -DAY]))
        case 1:
            beside = chance.choice([other.span.start, other.span.end])
            return changed(event, span=Span(beside, beside + event.span.seconds))
        case 2:
            until = event.span.start + chance.choice([0, 15 * MINUTE, 3 * HOUR, 3 * DAY])
            return changed(event, span=Span(event.span.start, until))
        case 3:
            return changed(event, status=Status.CANCELLED)
        case 4:
            return changed(event, status=Status.BOOKED, subjects=other.subjects)
        case 5:
            return changed(event, pad_before=chance.choice([0, 30]), pad_after=15)
        case _:
            return changed(event, title=other.title, people=other.people)


def booked(name: str, start: int, end: int, *subjects: str, account: str = "clinic") -> Event:
    """A booking from and to so many minutes after the start."""
    return Event(
        key=Key(account, Kind.SINGLE, name),
        status=Status.BOOKED,
        span=Span(START + start * MINUTE, START + end * MINUTE),
        title=name,
        subjects=subjects or ("amy",),
    )


def configured(*, travel: int = 0, **of_amy: object) -> DetectionRules:
    """Amy and two rooms, so many minutes apart."""
    amy = replace(Resource("amy", "Amy", bindings=_bound("amy")), **of_amy)  # type: ignore[arg-type]
    rooms = [
        Resource(name, name, ResourceKind.ROOM, bindings=_bound(name)) for name in ("east", "west")
    ]
    times = {("east", "west"): travel * MINUTE} if travel else {}
    everything = [amy, *rooms]
    return DetectionRules({one.id: one for one in everything}, Bindings(everything), times)


def _bound(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((account, name) for account in ACCOUNTS)


def kinds(found: dict[str, object]) -> list[str]:
    return sorted(str(one[0]) for one in found.values())  # type: ignore[index]


def test_who_leaves_a_crowd_resolves_it_at_the_place_that_was_left(store: Store):
    rules = configured()
    step(store, rules, "clinic", booked("a", 0, 60), booked("b", 30, 90))
    assert kinds(proven(store, rules)) == ["RESOURCE_DOUBLE"]
    step(store, rules, "clinic", booked("b", 90_000, 90_060))
    assert proven(store, rules) == {}


def test_what_stood_between_two_and_clashed_with_neither_may_part_them_no_more(store: Store):
    rules = configured(travel=45)
    step(
        store,
        rules,
        "clinic",
        booked("a", 0, 60, "amy", "east"),
        booked("between", 65, 70),
        booked("b", 80, 120, "amy", "west"),
    )
    assert proven(store, rules) == {}
    step(store, rules, "clinic", booked("between", 9_000, 9_060))
    assert kinds(proven(store, rules)) == ["TRAVEL"]


def test_what_a_block_no_longer_covers_is_outside_hours_by_itself(store: Store):
    rules = configured(hours=("Mon-Sun 00:00-00:01",))
    block = replace(booked("off", 0, 60), key=Key("clinic", Kind.BLOCK, "off"))
    step(store, rules, "clinic", block, booked("a", 30, 90))
    (before,) = proven(store, rules)
    step(store, rules, "clinic", changed(block, span=Span(START - DAY, START - DAY + HOUR)))
    (after,) = proven(store, rules)
    assert store.findings.all()[after].life.predecessor == before


def test_a_clash_far_down_a_chain_of_bookings_that_touch_is_one_with_what_joins_it(store: Store):
    rules = configured()
    day = [booked(f"d{hour}", hour * 60, hour * 60 + 60) for hour in range(70)]
    other = [booked(f"e{hour}", hour * 60, hour * 60 + 60) for hour in range(1, 70)]
    step(store, rules, "clinic", *day)
    step(store, rules, "clinic", *other)
    before = proven(store, rules)
    assert kinds(before) == ["RESOURCE_DOUBLE"]
    step(store, rules, "clinic", booked("late", 0, 60))
    after = proven(store, rules)
    assert len(after) == 1
    assert after.keys() != before.keys()


def test_an_event_of_many_days_is_a_neighbour_of_all_that_it_covers(store: Store):
    rules = configured()
    step(store, rules, "clinic", booked("long", 0, 9 * 24 * 60))
    step(store, rules, "clinic", booked("first", 60, 120))
    step(store, rules, "clinic", booked("last", 8 * 24 * 60, 8 * 24 * 60 + 60))
    assert kinds(proven(store, rules)) == ["RESOURCE_DOUBLE"] * 2
    step(store, rules, "clinic", booked("first", 9 * 24 * 60, 9 * 24 * 60 + 60))
    assert kinds(proven(store, rules)) == ["RESOURCE_DOUBLE"]


def test_what_comes_back_is_the_same_finding_reopened(store: Store):
    rules = configured()
    step(store, rules, "clinic", booked("a", 0, 60), booked("b", 30, 90))
    (known,) = proven(store, rules)
    step(store, rules, "clinic", booked("b", 60, 90))
    step(store, rules, "clinic", booked("b", 9_000, 9_030))
    assert proven(store, rules) == {}
    step(store, rules, "clinic", booked("b", 45, 90))
    assert list(proven(store, rules)) == [known]
    assert store.findings.all()[known].life.reopened == 1


def test_a_clash_of_others_is_left_as_it_is(store: Store):
    rules = configured()
    step(store, rules, "clinic", booked("a", 0, 60), booked("b", 30, 90))
    step(store, rules, "clinic", booked("c", 9_000, 9_060), booked("d", 9_030, 9_090))
    first, second = proven(store, rules)
    step(store, rules, "clinic", booked("d", 9_060, 9_090))
    (left,) = proven(store, rules)
    assert left in (first, second)
