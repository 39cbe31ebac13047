"""Two and three events in every position to each other, and places within places."""

from __future__ import annotations

import pytest

from tests.builders import event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event, Kind, Status
from worker.domain.subject import Resource, ResourceKind

AMY = Resource("amy", "Amy")
DAY = "2026-03-02T"


def place(name: str, parallel: int = 1, *, virtual: bool = False) -> Resource:
    return Resource(
        name,
        name,
        ResourceKind.ROOM,
        parallel,
        bindings=(("clinic", name),),
        virtual=virtual,
    )


def booked(name: str, start: str, end: str, **fields: object) -> Event:
    """`booked("a", "09:00", "10:00")`."""
    hours, minutes = (
        int(b) - int(a) for a, b in zip(start.split(":"), end.split(":"), strict=True)
    )
    return event(name, DAY + start, hours * 60 + minutes, **fields)


def names(finding: Finding) -> str:
    return "".join(sorted(member.key.native_id for member in finding.members))


@pytest.mark.parametrize(
    ("name", "start", "end", "minutes"),
    [
        ("before", "07:00", "08:00", 0),
        ("touching the start", "08:00", "09:00", 0),
        ("astride the start", "08:30", "09:30", 30),
        ("the same start, shorter", "09:00", "09:30", 30),
        ("equal", "09:00", "11:00", 120),
        ("the same start, longer", "09:00", "12:00", 120),
        ("contained", "09:30", "10:30", 60),
        ("containing", "08:00", "12:00", 120),
        ("the same end", "10:30", "11:00", 30),
        ("astride the end", "10:59", "12:00", 1),
        ("touching the end", "11:00", "12:00", 0),
        ("a point inside", "10:00", "10:00", 0),
        ("a point at the start", "09:00", "09:00", 0),
    ],
)
@pytest.mark.parametrize("account", ["clinic", "campus"])
def test_two_bookings_clash_for_as_long_as_both_last(
    name: str, start: str, end: str, minutes: int, account: str
):
    events = [
        booked("a", "09:00", "11:00", people=("p",)),
        booked("b", start, end, people=("p",), account=account),
    ]
    for found in (list(doubles(AMY, events)), list(person_doubles("p", events))):
        assert sum(finding.overlap_minutes for finding in found) == minutes
        assert all(("cross_vendor" in f.flags) == (account == "campus") for f in found)


def test_three_in_a_room_for_two_are_one_finding_with_its_peak():
    events = [
        booked("a", "09:00", "12:00"),
        booked("b", "09:00", "11:00"),
        booked("c", "10:00", "12:00"),
        booked("d", "10:30", "10:45"),
    ]
    [found] = doubles(place("hall", 2), events)
    assert (names(found), found.peak, found.limit, found.overlap_minutes) == ("abcd", 4, 2, 60)
    assert not list(doubles(place("hall", 4), events))


def test_a_chain_of_overlaps_is_a_run_for_each_stretch():
    events = [
        booked("a", "09:00", "10:00"),
        booked("b", "09:45", "11:00"),
        booked("c", "10:30", "12:00"),
    ]
    assert [names(found) for found in doubles(AMY, events)] == ["ab", "bc"]


def test_all_that_cover_part_of_a_run_are_in_it_though_they_never_meet():
    events = [
        booked("a", "09:00", "12:00"),
        booked("b", "09:00", "10:00"),
        booked("c", "10:00", "11:00"),
    ]
    [found] = doubles(AMY, events)
    assert (names(found), found.peak, found.overlap_minutes) == ("abc", 2, 120)


def test_a_slot_between_two_bookings_that_do_not_meet_can_still_be_withdrawn():
    events = [
        booked("a", "09:00", "10:00"),
        booked("b", "09:30", "10:30", kind=Kind.SLOT, status=Status.OFFERED),
        booked("c", "10:00", "11:00"),
    ]
    [found] = doubles(AMY, events)
    assert (names(found), "preventable" in found.flags) == ("abc", True)


SUITE = place("suite")
RED, BLUE = place("red"), place("blue")


@pytest.mark.parametrize(
    ("first", "second", "clashing"),
    [
        ("suite", "red", ["red"]),
        ("suite", "suite", ["suite"]),
        ("red", "red", ["red"]),
        ("red", "blue", []),
    ],
)
def test_who_books_a_suite_takes_its_rooms_and_not_the_other_way_round(
    first: str, second: str, clashing: list[str]
):
    events = [
        booked("a", "09:00", "10:00", subjects=(first,)),
        booked("b", "09:30", "10:30", subjects=(second,)),
    ]
    found = [
        finding
        for room, inside in ((SUITE, ()), (RED, (SUITE,)), (BLUE, (SUITE,)))
        for finding in doubles(room, _of(events, room, *inside), inside=inside)
    ]
    assert [finding.subject.id for finding in found] == clashing
    assert {finding.kind for finding in found} <= {FindingKind.LOCATION_DOUBLE}


def _of(events: list[Event], *places: Resource) -> list[Event]:
    return [one for one in events if any(place.id in one.subjects for place in places)]


def test_a_place_that_is_virtual_takes_any_number():
    events = [booked(name, "09:00", "10:00", subjects=("web",)) for name in "abc"]
    assert not list(doubles(place("web", virtual=True), events))
    assert len(list(doubles(place("web"), events))) == 1
