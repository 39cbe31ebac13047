"""Booked where a person blocked the time, or when the place is closed."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.builders import at, event
from worker.domain.conflict.availability import outside
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.event import Event, Kind, Status, Trait
from worker.domain.subject import Resource

AMY = Resource("amy", "Amy")
OFFICE = Resource("amy", "Amy", hours=("Mon-Fri 09:00-17:00",))
MONDAY = "2026-03-02"


def block(native_id: str, start: str, minutes: int, **fields: object) -> Event:
    return event(native_id, start, minutes, kind=Kind.BLOCK, status=Status.HELD, **fields)


def found(resource: Resource, *events: Event, zone: str = "UTC") -> list[Finding]:
    return list(outside(resource, events, zone))


def seconds(finding: Finding) -> tuple[object, object]:
    evidence = dict(finding.evidence)
    return evidence["blocked_seconds"], evidence["outside_hours_seconds"]


def test_a_booking_over_a_block_names_both() -> None:
    lunch = block("b", f"{MONDAY}T12:00", 60, account="desk")
    visit = event("1", f"{MONDAY}T12:30", 60)
    (finding,) = found(AMY, lunch, visit)
    assert finding.kind is FindingKind.OUTSIDE_AVAILABILITY
    assert [member.key for member in finding.members] == [visit.key, lunch.key]
    assert (finding.span.start, finding.span.end) == (visit.span.start, lunch.span.end)
    assert seconds(finding) == (1800, 0)
    assert finding.flags == ("blocked", "cross_vendor")


@pytest.mark.parametrize(
    ("start", "minutes", "is_found"),
    [
        ("11:00", 60, False),  # touches its start
        ("13:00", 60, False),  # touches its end
        ("11:00", 61, True),
        ("12:59", 60, True),
        ("12:15", 15, True),  # within it
        ("11:00", 180, True),  # around it
        ("12:00", 60, True),  # equal
        ("12:30", 0, False),  # a point
    ],
)
def test_a_block_is_overlapped_or_not(start: str, minutes: int, is_found: bool) -> None:
    lunch = block("b", f"{MONDAY}T12:00", 60)
    visit = event("1", f"{MONDAY}T{start}", minutes)
    assert bool(found(AMY, lunch, visit)) is is_found


def test_one_booking_over_several_blocks_is_one_finding() -> None:
    blocks = [block("b", f"{MONDAY}T08:00", 120), block("c", f"{MONDAY}T09:30", 60)]
    visit = event("1", f"{MONDAY}T09:00", 180)
    (finding,) = found(AMY, visit, *blocks)
    assert len(finding.members) == 3
    assert seconds(finding) == (90 * 60, 0)  # the half hour that both cover counts once


def test_a_long_block_meets_every_booking_in_it() -> None:
    holiday = block("b", "2026-03-01T00:00", 7 * 1440)
    visits = [event(str(day), f"2026-03-0{day}T09:00", 60) for day in (2, 3, 4)]
    assert len(found(AMY, holiday, *visits, event("9", "2026-03-09T09:00", 60))) == 3


def test_the_order_in_which_events_come_does_not_matter() -> None:
    events = [
        block("b", f"{MONDAY}T08:00", 120),
        block("c", f"{MONDAY}T09:00", 30),
        event("1", f"{MONDAY}T09:00", 30),
        event("2", f"{MONDAY}T09:15", 90),
    ]
    assert len({tuple(found(AMY, *some)) for some in permutations(events)}) == 1


def test_offers_and_what_is_cancelled_are_not_outside() -> None:
    lunch = block("b", f"{MONDAY}T12:00", 60)
    for status in (Status.OFFERED, Status.CANCELLED):
        assert not found(OFFICE, lunch, event("1", f"{MONDAY}T06:00", 420, status=status))


def test_a_block_that_leaves_the_time_free_or_is_ours_blocks_nothing() -> None:
    visit = event("1", f"{MONDAY}T12:00", 60)
    assert not found(AMY, visit, block("b", f"{MONDAY}T12:00", 60, traits=(Trait.TRANSPARENT,)))
    assert not found(AMY, visit, block("b", f"{MONDAY}T12:00", 60, mark="0123456789abcdef"))


def test_without_hours_only_blocks_count() -> None:
    assert not found(AMY, event("1", f"{MONDAY}T03:00", 60))


def test_what_lies_partly_outside_the_hours_is_found_with_its_part() -> None:
    (finding,) = found(OFFICE, event("1", f"{MONDAY}T16:30", 60))
    assert finding.flags == ("hours",)
    assert seconds(finding) == (0, 1800)
    assert (finding.span.start, finding.span.end) == (at(f"{MONDAY}T17:00"), at(f"{MONDAY}T17:30"))


def test_hours_are_read_on_the_walls_of_the_zone() -> None:
    early = event("1", f"{MONDAY}T08:00", 60)
    assert found(OFFICE, early, zone="UTC")
    assert not found(OFFICE, early, zone="Europe/Berlin")


def test_the_hours_stay_when_the_clocks_change() -> None:
    friday, monday = event("1", "2026-03-27T08:00", 60), event("2", "2026-03-30T07:00", 60)
    assert not found(OFFICE, friday, monday, zone="Europe/Berlin")
    assert found(OFFICE, event("2", "2026-03-30T15:00", 60), zone="Europe/Berlin")


def test_a_blocked_booking_outside_the_hours_is_told_once() -> None:
    (finding,) = found(OFFICE, block("b", f"{MONDAY}T16:00", 60), event("1", f"{MONDAY}T16:30", 60))
    assert finding.flags == ("blocked", "hours")
    assert seconds(finding) == (1800, 1800)


def test_what_lasts_all_day_is_less_certain_to_be_meant_so() -> None:
    (finding,) = found(OFFICE, event("1", f"{MONDAY}T00:00", 1440, traits=(Trait.ALL_DAY,)))
    assert finding.members[0].tentative
