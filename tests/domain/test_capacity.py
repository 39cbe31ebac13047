"""OVER_CAPACITY and CAPACITY_MISMATCH."""

from __future__ import annotations

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.capacity import capacity_mismatches, over_capacity, overfull_room
from worker.domain.conflict.finding import FindingKind
from worker.domain.event import Kind, Status, Trait
from worker.domain.span import HOUR, Span
from worker.domain.subject import Resource, ResourceKind


def test_more_people_than_places_are_a_finding_of_the_event():
    course = event("5", kind=Kind.GROUP, capacity=8, attendees=10, title="Yoga")
    (finding,) = over_capacity(course)
    assert finding.kind is FindingKind.OVER_CAPACITY
    assert (finding.subject.type, finding.subject.id) == ("event", course.key.id)
    assert (finding.peak, finding.limit, finding.span) == (10, 8, course.span)
    assert finding.evidence == (("too_many", 2),)


@pytest.mark.parametrize(
    "fields",
    [
        {"capacity": 8, "attendees": 8},
        {"capacity": None, "attendees": 80},
        {"capacity": 1, "attendees": 2, "status": Status.CANCELLED},
        {"capacity": 1, "attendees": 2, "mark": "calsync:hold:1"},
        {"capacity": 1, "attendees": 2, "traits": (Trait.TRANSPARENT,)},
    ],
)
def test_full_unlimited_cancelled_and_own_events_are_fine(fields: dict[str, object]):
    assert not list(over_capacity(event(**fields)))  # type: ignore[arg-type]


def test_a_class_without_places_has_too_many_as_soon_as_somebody_comes():
    assert len(list(over_capacity(event(capacity=0, attendees=1)))) == 1


def test_two_systems_that_state_different_places_for_one_thing_disagree():
    clinic = event("1", capacity=8)
    campus = event("2", NOW + 60, account="campus", capacity=6)
    (finding,) = capacity_mismatches([(clinic, campus)])
    assert finding.kind is FindingKind.CAPACITY_MISMATCH
    assert (finding.peak, finding.limit, finding.flags) == (8, 6, ("cross_vendor",))
    assert finding.span == Span(NOW, NOW + HOUR + 60)
    assert dict(finding.evidence)["places"] == [6, 8]  # in the order of the members
    assert [one.key.account for one in finding.members] == ["campus", "clinic"]
    assert list(capacity_mismatches([(campus, clinic)])) == [finding]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"capacity": 8}, {"capacity": 8}),
        ({"capacity": 8}, {"capacity": None}),
        ({"capacity": None}, {"capacity": None}),
        ({"capacity": 8}, {"capacity": 6, "status": Status.CANCELLED}),
        ({"capacity": 8, "mark": "calsync:copy:1"}, {"capacity": 6}),
    ],
)
def test_equal_unstated_and_inactive_places_disagree_with_nobody(
    ours: dict[str, object], theirs: dict[str, object]
):
    pair = (event("1", **ours), event("2", account="campus", **theirs))  # type: ignore[arg-type]
    assert not list(capacity_mismatches([pair]))


def room(seats: int) -> Resource:
    return Resource("hall", "Hall", ResourceKind.ROOM, seats=seats)


def test_a_room_that_seats_fewer_than_the_class_has_places_is_a_mismatch():
    (finding,) = overfull_room(room(6), [event("1", capacity=8, attendees=3)])
    assert finding.kind is FindingKind.CAPACITY_MISMATCH
    assert (finding.subject.type, finding.subject.id) == ("resource", "hall")
    assert (finding.peak, finding.limit, finding.flags) == (8, 6, ("room",))


def test_a_room_in_which_more_are_expected_than_can_sit_is_flagged():
    (finding,) = overfull_room(room(6), [event("1", capacity=8, attendees=7)])
    assert finding.flags == ("overfull", "room")


def test_an_event_without_stated_places_needs_as_many_as_it_has_people():
    assert len(list(overfull_room(room(6), [event("1", attendees=7)]))) == 1
    assert not list(overfull_room(room(6), [event("1", attendees=6)]))


def test_a_room_that_is_large_enough_or_of_unknown_size_is_fine():
    assert not list(overfull_room(room(8), [event("1", capacity=8)]))
    unknown = Resource("hall", "Hall", ResourceKind.ROOM)
    assert not list(overfull_room(unknown, [event("1", capacity=800)]))


def test_a_cancelled_class_needs_no_seats():
    assert not list(overfull_room(room(1), [event("1", capacity=8, status=Status.CANCELLED)]))
