"""PERSON_DOUBLE: what counts as one attendance, and what as two at once."""

from __future__ import annotations

import random

import pytest

from tests.builders import at, event
from worker.domain.conflict.finding import FindingKind, Subject
from worker.domain.conflict.person import linked, person_doubles
from worker.domain.event import Event, Kind, Status, Trait
from worker.domain.span import Span

SAM = "7f3a99"
NINE, TEN, ELEVEN = (at(f"2026-03-02T{hour:02}:00") for hour in (9, 10, 11))


def sams(native_id: str = "1", start: int = NINE, minutes: int = 60, **fields: object) -> Event:
    return event(native_id, start, minutes, **{"people": (SAM,), **fields})  # type: ignore[arg-type]


def found(*events: Event) -> list[tuple[int, int, tuple[str, ...], int]]:
    return [
        (one.span.start, one.span.end, tuple(m.key.native_id for m in one.members), one.peak)
        for one in person_doubles(SAM, events)
    ]


def test_two_appointments_in_two_systems_at_one_time_are_a_double_booking_of_the_person():
    clinic, campus = sams("1"), sams("2", NINE + 1800, account="campus", kind=Kind.SLOT)
    (finding,) = person_doubles(SAM, [campus, clinic])
    assert finding.kind is FindingKind.PERSON_DOUBLE
    assert finding.subject == Subject("person", SAM, "")
    assert finding.span == Span(NINE + 1800, TEN)
    assert [one.key for one in finding.members] == [clinic.key, campus.key]
    assert (finding.peak, finding.limit) == (2, 1)
    assert finding.flags == ("cross_vendor", "happened")


def test_two_appointments_in_one_system_are_found_too_without_the_flag():
    (finding,) = person_doubles(SAM, [sams("1"), sams("2")])
    assert finding.flags == ("happened",)


@pytest.mark.parametrize(
    ("start", "minutes", "clash"),
    [
        (TEN, 60, None),  # touching
        (NINE - 3600, 60, None),
        (NINE, 60, (NINE, TEN)),  # equal
        (NINE + 900, 15, (NINE + 900, NINE + 1800)),  # contained
        (NINE - 3600, 180, (NINE, TEN)),  # containing
        (NINE + 900, 0, None),  # a point
    ],
)
def test_only_time_that_is_shared_counts(start: int, minutes: int, clash: tuple[int, int] | None):
    spans = [
        (one.span.start, one.span.end)
        for one in person_doubles(SAM, [sams("1"), sams("2", start, minutes)])
    ]
    assert spans == ([clash] if clash else [])


def test_people_who_only_share_a_time_with_somebody_else_are_not_in_two_places():
    assert found(sams("1"), sams("2", people=("other",))) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.CANCELLED},
        {"traits": (Trait.NO_SHOW,)},
        {"traits": (Trait.TRANSPARENT,)},
        {"mark": "calsync:hold:1"},
        {"kind": Kind.BLOCK, "status": Status.HELD},
    ],
)
def test_what_takes_no_time_of_anybody_does_not_count(fields: dict[str, object]):
    assert found(sams("1"), sams("2", **fields)) == []


def test_occurrences_of_one_record_are_one_attendance():
    assert found(sams("1", occurrence="a"), sams("1", NINE + 60, occurrence="b")) == []


def test_parts_of_one_series_are_one_attendance():
    assert found(sams("1", series="chain:4"), sams("2", NINE + 60, series="chain:4")) == []


def test_two_slots_of_one_sign_up_group_at_once_are_two_places():
    slots = [sams(n, kind=Kind.SLOT, series="group:5") for n in ("1", "2")]
    assert found(*slots) == [(NINE, TEN, ("1", "2"), 2)]


def test_equal_names_at_different_accounts_or_of_different_kinds_link_nothing():
    assert not linked(sams("1", series="4"), sams("1", series="4", account="campus"))
    assert not linked(sams("1"), sams("1", account="campus"))
    assert not linked(sams("1"), sams("1", kind=Kind.GROUP))
    assert found(sams("1"), sams("1", kind=Kind.GROUP)) != []


def test_equal_titles_link_nothing():
    assert found(sams("1", title="Yoga"), sams("2", title="Yoga")) != []


def test_parts_of_one_booking_count_once_beside_something_else():
    parts = [sams("1", NINE, 60, occurrence="a"), sams("1", NINE, 60, occurrence="b")]
    assert found(*parts, sams("2", NINE + 1800)) == [(NINE + 1800, TEN, ("1", "1", "2"), 2)]


def test_a_run_goes_on_where_one_part_of_a_booking_follows_another():
    parts = [sams("1", NINE, 60, occurrence="a"), sams("1", TEN, 60, occurrence="b")]
    assert found(*parts, sams("2", NINE, 120)) == [(NINE, ELEVEN, ("1", "2", "1"), 2)]


def test_only_the_parts_that_are_in_the_clash_are_its_members():
    parts = [sams("1", NINE, 60, occurrence="a"), sams("1", TEN, 60, occurrence="b")]
    (finding,) = person_doubles(SAM, [*parts, sams("2", TEN + 600, 10)])
    assert {one.key.occurrence for one in finding.members if one.key.native_id == "1"} == {"b"}


def test_three_at_once_are_one_finding_with_its_peak():
    three = [sams("1"), sams("2", NINE + 600, 10), sams("3", NINE + 900, 60)]
    assert found(*three) == [(NINE + 600, TEN, ("1", "2", "3"), 3)]


def test_clashes_of_different_days_are_different_findings():
    later = 86_400
    events = [sams("1"), sams("2"), sams("3", NINE + later), sams("4", NINE + later)]
    assert [members for _, _, members, _ in found(*events)] == [("1", "2"), ("3", "4")]


def test_neither_the_order_nor_a_repetition_of_what_is_shown_matters():
    dice = random.Random(7)
    events = [sams(str(n), NINE + 600 * (n % 5), 10 * (n % 4 + 1)) for n in range(12)]
    expected = list(person_doubles(SAM, events))
    assert expected
    for _ in range(5):
        dice.shuffle(events)
        assert list(person_doubles(SAM, [*events, events[0]])) == expected


def test_a_finding_keeps_its_id_when_both_events_move():
    (before,) = person_doubles(SAM, [sams("1"), sams("2")])
    (after,) = person_doubles(SAM, [sams("1", TEN), sams("2", TEN)])
    assert before.id == after.id


def test_a_tentative_appointment_is_shown_as_such():
    (finding,) = person_doubles(SAM, [sams("1"), sams("2", traits=(Trait.TENTATIVE,))])
    assert [one.tentative for one in finding.members] == [False, True]
