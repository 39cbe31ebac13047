"""Rooms within rooms, rooms without walls, and one booking in several stretches."""

from __future__ import annotations

from itertools import permutations

from tests.builders import event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.event import Event, Status
from worker.domain.subject import Resource, ResourceKind, around


def room(id_: str, **fields: object) -> Resource:
    bound = (("clinic", f"business:{id_}"), ("studio", f"resource:{id_}"))
    return Resource(id_, id_, ResourceKind.ROOM, bindings=bound, **fields)  # type: ignore[arg-type]


HOUSE = room("house")
SUITE = room("suite", within="house")
LAB = room("lab", within="suite")
GYM = room("gym", within="suite")
ALL = {place.id: place for place in (HOUSE, SUITE, LAB, GYM)}
NINE = "2026-03-02T09:00"


def booked(native_id: str, *rooms: str, start: str = NINE, **fields: object) -> Event:
    names = tuple(sorted(f"business:{one}" for one in rooms))
    return event(native_id, start, 60, subjects=names, **fields)


def found(place: Resource, *events: Event) -> list[Finding]:
    return list(doubles(place, events, inside=around(place, ALL)))


def test_the_places_around_a_room_are_told_from_the_inside() -> None:
    assert [place.id for place in around(LAB, ALL)] == ["suite", "house"]
    assert around(HOUSE, ALL) == ()


def test_places_that_lie_in_each_other_are_told_once() -> None:
    one, other = room("one", within="other"), room("other", within="one")
    assert around(one, {"one": one, "other": other}) == (other,)


def test_who_books_the_suite_takes_its_rooms() -> None:
    (finding,) = found(LAB, booked("1", "suite"), booked("2", "lab"))
    assert finding.kind is FindingKind.LOCATION_DOUBLE
    assert finding.subject.id == "lab"
    assert finding.flags == ("happened", "nested")
    assert dict(finding.evidence)["through"] == ["suite"]


def test_who_books_the_house_takes_a_room_of_a_suite_in_it() -> None:
    (finding,) = found(LAB, booked("1", "house"), booked("2", "lab"))
    assert dict(finding.evidence)["through"] == ["house"]


def test_who_books_a_room_leaves_the_other_rooms_alone() -> None:
    assert not found(GYM, booked("1", "suite", start="2026-03-02T12:00"), booked("2", "gym"))
    assert not found(SUITE, booked("1", "suite"))


def test_a_clash_of_the_suite_itself_is_not_told_of_each_room() -> None:
    events = [booked("1", "suite"), booked("2", "suite")]
    assert len(found(SUITE, *events)) == 1
    assert not found(LAB, *events)
    assert len(found(LAB, *events, booked("3", "lab"))) == 1


def test_one_event_in_the_suite_and_its_room_is_no_clash() -> None:
    assert not found(LAB, booked("1", "lab", "suite"))


def test_a_clash_within_the_room_is_not_called_nested() -> None:
    (finding,) = found(LAB, booked("1", "lab"), booked("2", "lab"))
    assert finding.flags == ("happened",)


def test_an_open_offer_for_the_suite_can_still_be_closed() -> None:
    (finding,) = found(LAB, booked("1", "suite", status=Status.OFFERED), booked("2", "lab"))
    assert "preventable" in finding.flags


def test_a_virtual_place_takes_any_number() -> None:
    online = room("online", virtual=True)
    assert not list(doubles(online, [booked(str(n), "online") for n in range(5)]))


def test_a_virtual_place_around_a_room_takes_nothing() -> None:
    cloud = room("cloud", virtual=True)
    desk = room("desk", within="cloud")
    events = [booked("1", "cloud"), booked("2", "desk")]
    assert not list(doubles(desk, events, inside=(cloud,)))


def test_stretches_of_one_record_are_one_booking() -> None:
    parts = [
        booked("1", "lab", occurrence="a"),
        booked("1", "lab", occurrence="b", start="2026-03-02T09:30"),
    ]
    assert not found(LAB, *parts)
    (finding,) = found(LAB, *parts, booked("2", "lab"))
    assert finding.peak == 2
    assert len(finding.members) == 3


def test_two_records_that_clash_twice_are_found_twice() -> None:
    events = [
        booked("1", "lab", occurrence="a"),
        booked("1", "lab", occurrence="b", start="2026-03-02T12:00"),
        booked("2", "lab", occurrence="a"),
        booked("2", "lab", occurrence="b", start="2026-03-02T12:30"),
    ]
    answers = {tuple(found(LAB, *some)) for some in permutations(events)}
    assert len(answers) == 1
    assert [len(one.members) for one in answers.pop()] == [2, 2]


def test_an_event_that_is_given_twice_is_one() -> None:
    assert not found(LAB, booked("1", "lab"), booked("1", "lab"))


def test_a_short_stretch_within_a_long_one_of_its_record_shortens_nothing() -> None:
    long = event("1", NINE, 180, occurrence="a")
    short = event("1", "2026-03-02T09:30", 15, occurrence="b")
    (finding,) = found(HOUSE, long, short, event("2", "2026-03-02T11:00", 60))
    assert finding.members[0].key == long.key
    assert len(finding.members) == 2
