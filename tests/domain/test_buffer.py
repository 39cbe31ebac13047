"""Two events that follow each other leave what both of them, and the way, need."""

from __future__ import annotations

from itertools import permutations

from tests.builders import event
from worker.domain.conflict.buffer import Travel, buffers
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.event import Event, Kind, Status, Trait
from worker.domain.subject import Resource, ResourceKind

AMY = Resource("amy", "Amy")
WITH_BUFFER = Resource("amy", "Amy", buffer=600)
NINE, TEN = "2026-03-02T09:00", "2026-03-02T10:00"


def found(resource: Resource, *events: Event, travel: Travel | None = None) -> list[Finding]:
    return list(buffers(resource, events, travel or Travel()))


def evidence(finding: Finding, name: str) -> object:
    return dict(finding.evidence)[name]


def test_less_time_than_the_buffer_is_too_little() -> None:
    first, second = event("1", NINE, 60), event("2", "2026-03-02T10:05", 30)
    (finding,) = found(WITH_BUFFER, second, first)
    assert finding.kind is FindingKind.BUFFER
    assert [member.key for member in finding.members] == [first.key, second.key]
    assert (finding.span.start, finding.span.end) == (first.span.end, second.span.start)
    assert (evidence(finding, "gap_seconds"), evidence(finding, "need_seconds")) == (300, 600)
    assert finding.flags == ("happened",)


def test_exactly_the_time_that_is_needed_is_enough() -> None:
    assert not found(WITH_BUFFER, event("1", NINE, 60), event("2", "2026-03-02T10:10", 30))


def test_events_that_touch_leave_nothing() -> None:
    (finding,) = found(WITH_BUFFER, event("1", NINE, 60), event("2", TEN, 60))
    assert evidence(finding, "gap_seconds") == 0


def test_without_any_need_events_may_touch() -> None:
    assert not found(AMY, event("1", NINE, 60), event("2", TEN, 60))


def test_what_overlaps_is_a_double_booking_and_no_buffer() -> None:
    assert not found(WITH_BUFFER, event("1", NINE, 61), event("2", TEN, 60))


def test_paddings_of_both_sides_are_counted_once() -> None:
    first = event("1", NINE, 60, pad_after=10)
    assert not found(AMY, first, event("2", "2026-03-02T10:10", 30, pad_before=10))
    (finding,) = found(AMY, first, event("2", "2026-03-02T10:10", 30, pad_before=15))
    assert evidence(finding, "need_seconds") == 15 * 60


def test_the_outer_paddings_do_not_matter() -> None:
    first = event("1", NINE, 60, pad_before=60)
    assert not found(AMY, first, event("2", TEN, 60, pad_after=60))


def test_a_padding_longer_than_the_buffer_counts_alone() -> None:
    first = event("1", NINE, 60, pad_after=20)
    (finding,) = found(WITH_BUFFER, first, event("2", "2026-03-02T10:15", 30))
    assert evidence(finding, "need_seconds") == 20 * 60


def test_only_neighbours_are_compared() -> None:
    day = Resource("amy", "Amy", buffer=86_400)
    events = [event(str(hour), f"2026-03-02T{hour:02}:00", 30) for hour in (9, 10, 11)]
    assert len(found(day, *events)) == 2


def test_what_goes_on_between_two_keeps_them_from_being_neighbours() -> None:
    long = event("1", NINE, 180)
    within = event("2", TEN, 30)
    after = event("3", "2026-03-02T12:05", 30)
    (finding,) = found(WITH_BUFFER, long, within, after)
    assert [member.key for member in finding.members] == [long.key, after.key]


def test_the_order_in_which_events_come_does_not_matter() -> None:
    events = [
        event("1", NINE, 60),
        event("2", NINE, 60),
        event("3", "2026-03-02T10:05", 5),
        event("4", "2026-03-02T10:05", 30),
    ]
    answers = {tuple(found(WITH_BUFFER, *some)) for some in permutations(events)}
    assert len(answers) == 1
    assert len(answers.pop()) == 4


def test_parts_of_one_record_need_nothing_between_them() -> None:
    parts = [
        event("1", NINE, 60, occurrence="a"),
        event("1", TEN, 60, occurrence="b"),
    ]
    assert not found(WITH_BUFFER, *parts)
    (finding,) = found(WITH_BUFFER, *parts, event("2", "2026-03-02T11:05", 30))
    assert finding.members[0].key == parts[1].key


def test_an_event_that_is_given_twice_is_one() -> None:
    one = event("1", NINE, 60)
    assert len(found(WITH_BUFFER, one, one, event("2", TEN, 60))) == 1


def test_who_does_not_count_needs_no_time() -> None:
    later = event("2", TEN, 60)
    for other in (
        event("1", NINE, 60, status=Status.CANCELLED),
        event("1", NINE, 60, kind=Kind.BLOCK, status=Status.HELD),
        event("1", NINE, 60, traits=(Trait.TRANSPARENT,)),
        event("1", NINE, 60, traits=(Trait.NO_SHOW,)),
        event("1", NINE, 60, mark="0123456789abcdef"),
        event("1", TEN, 0),
    ):
        assert not found(WITH_BUFFER, other, later)


def test_an_open_offer_beside_a_booking_can_still_be_closed() -> None:
    first = event("1", NINE, 60)
    offer = event("2", TEN, 60, status=Status.OFFERED, account="campus")
    (finding,) = found(WITH_BUFFER, first, offer)
    assert finding.flags == ("cross_vendor", "preventable")
    other = event("3", "2026-03-02T11:00", 60, status=Status.OFFERED, account="campus")
    assert [one.flags for one in found(WITH_BUFFER, offer, other)] == [("offered_only",)]


def test_of_two_places_the_one_that_rested_longest_is_taken_again() -> None:
    pair = Resource("beds", "Beds", ResourceKind.DEVICE, parallel=2, buffer=600)
    first, second = event("1", NINE, 30), event("2", NINE, 60)
    assert not found(pair, first, second, event("3", "2026-03-02T10:01", 30))
    late = event("3", "2026-03-02T09:55", 3)
    after = event("4", "2026-03-02T10:05", 30)
    findings = found(pair, first, second, late, after)
    assert [[m.key.native_id for m in one.members] for one in findings] == [["3", "4"]]


def test_a_free_place_needs_no_buffer() -> None:
    for places in (2, 3, 4):
        beds = Resource("beds", "Beds", ResourceKind.DEVICE, parallel=places, buffer=600)
        before = [event(str(n), NINE, 60) for n in range(places - 1)]
        assert not found(beds, *before, event("x", TEN, 60))
        assert found(beds, *before, event("x", NINE, 60), event("y", TEN, 60))


def travel(**within: str) -> Travel:
    """The room of an event is its location."""
    times = {("hall", "lab"): 900, ("lab", "suite"): 1200}
    return Travel(times, lambda one: one.location.split() if one.location else (), within)


def test_the_way_between_two_rooms_comes_on_top() -> None:
    first = event("1", NINE, 60, location="lab", pad_after=5)
    second = event("2", "2026-03-02T10:19", 30, location="hall")
    (finding,) = found(AMY, first, second, travel=travel())
    assert finding.kind is FindingKind.TRAVEL
    assert evidence(finding, "need_seconds") == 20 * 60
    assert evidence(finding, "travel_seconds") == 15 * 60
    on_time = event("2", "2026-03-02T10:20", 30, location="hall")
    assert not found(AMY, first, on_time, travel=travel())


def test_within_one_room_nobody_travels() -> None:
    first = event("1", NINE, 60, location="lab hall")
    assert not found(AMY, first, event("2", TEN, 30, location="hall"), travel=travel())


def test_a_way_that_nobody_told_takes_no_time() -> None:
    assert travel().between(["hall"], ["suite"]) == 0
    assert travel().between([], ["suite"]) == 0


def test_a_way_is_as_long_there_as_back() -> None:
    assert travel().between(["hall"], ["lab"]) == travel().between(["lab"], ["hall"]) == 900


def test_of_several_rooms_the_longest_way_counts() -> None:
    assert travel().between(["hall", "suite"], ["lab"]) == 1200


def test_what_is_told_of_a_place_is_true_of_its_rooms() -> None:
    assert travel(room_1="suite").between(["room_1"], ["lab"]) == 1200
    assert travel(room_1="annexe", annexe="suite").between(["lab"], ["room_1"]) == 1200
    assert travel(hall="suite").between(["hall"], ["lab"]) == 900  # more is told of the hall


def test_rooms_that_lie_in_each_other_lead_nowhere() -> None:
    assert travel(a="b", b="a").between(["a"], ["lab"]) == 0
