"""One record, as many events as it has stretches of time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import StillClock, at
from tests.vendors.timify.samples import (
    AMY,
    BOB,
    QUARTER,
    WEEK,
    Read,
    Studio,
    answer,
    booking,
    opened,
    read,
    record,
)
from worker.domain.event import Kind, Status, Trait
from worker.domain.span import Span

WEEKLY = {"frequency": "WEEKS", "period": 1, "repeatTimes": 3, "timezone": "Europe/Berlin"}


def series(*days: str, **fields: Any) -> dict[str, Any]:
    rows = [booking(f"{day}T09:00", recurringDay=day) for day in days]
    return record(start=f"{days[0]}T09:00", recurring=WEEKLY, bookings=rows, **fields)


def test_a_plain_appointment_is_one_booked_event_without_an_occurrence() -> None:
    event = read(record()).only()
    assert (event.key.kind, event.key.native_id, event.key.occurrence) == (
        Kind.SINGLE,
        "c" * 24,
        "",
    )
    assert event.status is Status.BOOKED
    assert event.span == Span(at("2026-03-03T09:00"), at("2026-03-03T10:00"))
    assert event.subjects == ("external:amy", f"resource:{AMY}")
    assert (event.title, event.timezone, event.url) == ("Consultation", "Europe/Berlin", None)
    assert (event.attendees, event.capacity, event.traits) == (1, None, ())


def test_the_day_with_a_stray_z_is_not_the_start() -> None:
    assert read(record(date="2026-03-05Z")).only().span.start == at("2026-03-03T09:00")


@pytest.mark.parametrize("zone", ["America/Nome", "Europe/Berlin"])
def test_answers_are_utc_whatever_the_companys_zone(zone: str) -> None:
    event = read(record(), timezone=zone).only()
    assert event.span.start == at("2026-03-03T09:00")
    assert event.timezone == zone


def test_without_bookings_the_end_is_start_plus_duration() -> None:
    event = read(record(bookings=[], minutes=45, durationBefore=5, durationAfter=10)).only()
    assert event.span == Span(at("2026-03-03T09:00"), at("2026-03-03T09:45"))
    assert (event.pad_before, event.pad_after) == (5, 10)
    assert event.subjects == ("external:amy", f"resource:{AMY}")


def test_recurring_bookings_are_named_by_their_day() -> None:
    events = read(series("2026-03-03", "2026-03-04", "2026-03-05")).events
    assert [event.key.occurrence for event in events] == ["2026-03-03", "2026-03-04", "2026-03-05"]
    assert {event.series for event in events} == {f"recurring:{'c' * 24}"}
    assert all(event.traits == (Trait.SERIES,) for event in events)


def test_a_moved_occurrence_keeps_the_day_it_was_planned_for() -> None:
    moved = series("2026-03-03", "2026-03-04")
    moved["bookings"][1] = booking("2026-03-06T15:00", recurringDay="2026-03-04")
    assert [event.key.occurrence for event in read(moved).events] == ["2026-03-03", "2026-03-04"]


def test_occurrences_outside_the_window_are_left_out() -> None:
    assert len(read(series("2026-02-20", "2026-03-03", "2026-03-30")).events) == 1


def test_records_of_a_chain_are_single_events_of_one_series() -> None:
    first = record("d" * 24, chainId="chain-1", isLastInTheChain=False)
    second = record("e" * 24, "2026-03-04T09:00", chainId="chain-1", isLastInTheChain=True)
    events = read(first, second).events
    assert [(event.key.occurrence, event.series) for event in events] == [
        ("", "chain:chain-1"),
        ("", "chain:chain-1"),
    ]
    assert all(Trait.SERIES in event.traits for event in events)


def test_a_chain_repeated_in_each_record_makes_no_events_of_its_own() -> None:
    links = [
        {"id": f"{n:024x}", "startDate": "2026-03-04T09:00:00Z", "externalId": None}
        for n in range(52)
    ]
    assert len(read(record(chainId="x", chainedEvents=links)).events) == 1


def test_resources_of_one_stretch_are_one_event() -> None:
    rows = [booking("2026-03-03T09:00", resource=BOB), booking("2026-03-03T09:00")]
    shown = [{"id": AMY, "externalId": "amy"}, {"id": BOB, "externalId": None}]
    event = read(record(bookings=rows, resources=shown)).only()
    assert event.key.occurrence == ""
    assert event.subjects == ("external:amy", f"resource:{AMY}", f"resource:{BOB}")


def test_a_resource_without_a_booking_of_its_own_is_busy_all_the_same() -> None:
    shown = [{"id": AMY, "externalId": ""}, {"id": BOB, "externalId": "bob"}]
    event = read(record(resources=shown)).only()
    assert event.subjects == ("external:bob", f"resource:{AMY}", f"resource:{BOB}")


def split(**fields: Any) -> dict[str, Any]:
    first = booking("2026-03-03T09:00", 20, isLastBatch=False, **fields)
    last = booking("2026-03-03T10:00", 15, isFirstBatch=False, batchNumber=1, **fields)
    return record(bookings=[first, last], minutes=75)


def test_work_pause_work_is_two_events_named_by_booking_id() -> None:
    one, other = read(split()).events
    assert {one.key.occurrence, other.key.occurrence} == {row["id"] for row in split()["bookings"]}
    assert sorted(event.span.seconds // 60 for event in (one, other)) == [15, 20]


def test_split_occurrences_of_one_day_do_not_share_a_name() -> None:
    days = [event.key.occurrence for event in read(split(recurringDay="2026-03-03")).events]
    assert len(set(days)) == 2
    assert "2026-03-03" not in days


def test_a_part_of_a_split_appointment_shown_alone_keeps_its_booking_id() -> None:
    alone = split()
    alone["bookings"] = alone["bookings"][1:]
    assert read(alone).only().key.occurrence == alone["bookings"][0]["id"]


def test_a_recurring_day_names_its_only_stretch_whatever_its_batch() -> None:
    rows = [
        booking(f"{day}T09:00", recurringDay=day, batchNumber=number, isFirstBatch=number == 0)
        for number, day in enumerate(("2026-03-03", "2026-03-04"))
    ]
    events = read(record(bookings=rows, recurring=WEEKLY)).events
    assert [event.key.occurrence for event in events] == ["2026-03-03", "2026-03-04"]


@pytest.mark.parametrize("id_", [None, "same"])
def test_stretches_that_cannot_be_told_apart_are_set_aside_together(id_: str | None) -> None:
    rows = [booking("2026-03-03T09:00", id=id_), booking("2026-03-03T11:00", id=id_)]
    result = read(record(bookings=rows))
    assert result.events == []
    assert [one.native_id for one in result.quarantined] == ["c" * 24]


def test_the_order_of_bookings_does_not_change_names() -> None:
    rows = [booking("2026-03-03T09:00", resource=who) for who in (AMY, BOB)]
    rows += [booking("2026-03-04T09:00", resource=who) for who in (AMY, BOB)]
    forwards, backwards = record(bookings=rows), record(bookings=rows[::-1])
    assert read(forwards).events == read(backwards).events


@pytest.mark.parametrize(("begin", "end"), [("09:00", "10:00"), ("08:45", "10:05")])
def test_paddings_are_never_part_of_the_span_whether_the_interval_has_them_or_not(
    begin: str, end: str
) -> None:
    padded = booking("2026-03-03T09:00", durationBefore=15, durationAfter=5, durationTotal=80)
    padded["interval"] = {"begin": f"2026-03-03T{begin}:00Z", "end": f"2026-03-03T{end}:00Z"}
    event = read(record(bookings=[padded], durationBefore=15, durationAfter=5)).only()
    assert event.span == Span(at("2026-03-03T09:00"), at("2026-03-03T10:00"))
    assert (event.pad_before, event.pad_after) == (15, 5)


def test_bookings_without_paddings_take_the_records_at_the_outer_ends() -> None:
    rows = split(durationBefore=None, durationAfter=None)["bookings"]
    first, last = sorted(
        read(record(bookings=rows, durationBefore=10, durationAfter=20)).events,
        key=lambda event: event.span,
    )
    assert (first.pad_before, first.pad_after) == (10, 0)
    assert (last.pad_before, last.pad_after) == (0, 20)


def test_a_course_is_a_group_with_room_and_people() -> None:
    event = read(record(isCourse=True, maxParticipants=12, participants=7)).only()
    assert event.key.kind is Kind.GROUP
    assert (event.status, event.capacity, event.attendees) == (Status.BOOKED, 12, 7)


def test_a_course_without_participants_is_offered() -> None:
    event = read(record(isCourse=True, maxParticipants=12, participants=0)).only()
    assert (event.status, event.attendees) == (Status.OFFERED, 0)


def test_a_reservation_is_held_until_it_runs_out() -> None:
    clock = StillClock()
    vendor = opened(Studio(record(reservedUntil="2026-03-02T08:15:00Z")), clock)
    before = Read(vendor).only()
    assert (before.status, before.attendees) == (Status.HELD, 0)
    clock.sleep(16 * 60)
    assert Read(vendor).only().status is Status.CANCELLED


def test_a_reservation_that_somebody_took_is_booked_though_its_old_end_is_left_behind() -> None:
    taken = record(reservedUntil="2026-03-01T08:15:00Z", customers=[{"id": "9"}])
    assert read(taken).only().status is Status.BOOKED


def test_a_record_that_awaits_deletion_is_still_there() -> None:
    event = read(record(scheduledForDeletionAt="2026-03-09T00:00:00Z")).only()
    assert event.status is Status.BOOKED


def test_people_are_named_by_mail_or_else_by_number() -> None:
    people = [{"id": "7", "email": " Eve@Example.ORG "}, {"id": 8}, "9", None]
    event = read(record(customers=people)).only()
    assert event.people == ("email:eve@example.org", "studio/customer:8", "studio/customer:9")
    assert event.attendees == 4


def test_a_mark_of_ours_is_found_in_the_notes() -> None:
    assert read(record(notes="[calsync 0123456789abcdef]")).only().mark == "0123456789abcdef"
    assert read(record(title="[calsync-ish]")).only().mark == ""


@pytest.mark.parametrize("shown_in_list", ["all", "window"])
def test_an_occurrence_has_the_same_name_whether_its_list_shows_the_others_or_not(
    shown_in_list: str,
) -> None:
    days = ("2026-03-03", "2026-04-14", "2026-05-26")
    whole = series(*days)
    studio = Studio(whole)
    if shown_in_list == "window":
        studio.routes["/v1/appointments"] = lambda request: studio.page(
            [
                {**whole, "bookings": [row]}
                for row in whole["bookings"]
                if request.url.params["from_date"]
                <= row["recurringDay"]
                <= request.url.params["to_date"]
            ],
            request,
        )
    result = Read(opened(studio), QUARTER)
    assert [event.key.occurrence for event in result.events] == list(days)


def test_the_question_for_the_rest_of_a_series_is_not_repeated_while_it_is_unchanged() -> None:
    studio = Studio(series("2026-03-03"))
    vendor = opened(studio)
    assert [Read(vendor).only().key.occurrence for _ in range(3)] == ["", "", ""]
    assert len(studio.to(f"/appointments/{'c' * 24}")) == 1


def test_a_series_that_cannot_be_asked_for_keeps_its_day_as_name() -> None:
    studio = Studio(series("2026-03-03"))
    studio.routes[f"/v1/appointments/{'c' * 24}"] = lambda _: answer({"status": 0}, 403)
    assert Read(opened(studio), WEEK).only().key.occurrence == "2026-03-03"
