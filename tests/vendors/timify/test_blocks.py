"""Denied times: one event per day and window, by the company's own clock."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at
from tests.vendors.timify.samples import (
    AMY,
    BOB,
    COMPANY,
    NOW,
    QUARTER,
    WEEK,
    Read,
    Studio,
    answer,
    booking,
    opened,
    record,
)
from worker.domain.event import Kind, Status, Trait
from worker.domain.span import DAY, Span
from worker.vendors.base import TryLater

LIST = "/v1/timeshifts"


def shift(
    first: str, last: str | None = None, *windows: tuple[str, str], **fields: Any
) -> dict[str, Any]:
    """A denial as a timeshift; without windows it takes whole days."""
    return {
        "id": "f" * 24,
        "resourceId": AMY,
        "from": first,
        "to": last or first,
        "denialReason": "BLOCKER",
        "denialTimes": [{"begin": begin, "end": end} for begin, end in windows],
        "workingTimes": [],
        **fields,
    }


def blocked(*shifts: dict[str, Any], window: Span = WEEK, **settings: Any) -> Read:
    return Read(opened(Studio(shifts=list(shifts)), **settings), window)


def test_one_window_on_one_day_is_one_held_block_in_the_companys_zone() -> None:
    event = blocked(shift("2026-03-03", None, ("09:00", "12:30"))).only()
    assert (event.key.kind, event.key.native_id, event.key.occurrence) == (
        Kind.BLOCK,
        "f" * 24,
        "",
    )
    assert event.status is Status.HELD
    assert event.span == Span(at("2026-03-03T08:00"), at("2026-03-03T11:30"))
    assert event.subjects == (f"resource:{AMY}",)
    assert (event.attendees, event.capacity, event.traits) == (0, None, ())


def test_several_days_are_named_by_day_and_several_windows_are_numbered() -> None:
    days = blocked(shift("2026-03-03", "2026-03-04", ("09:00", "12:00"))).events
    assert [event.key.occurrence for event in days] == ["2026-03-03", "2026-03-04"]
    both = blocked(shift("2026-03-03", None, ("13:00", "14:00"), ("09:00", "12:00"))).events
    assert [event.key.occurrence for event in both] == ["2026-03-03#0", "2026-03-03#1"]
    assert both[0].span.end == at("2026-03-03T11:00")


def test_a_denial_without_windows_takes_whole_days() -> None:
    event = blocked(shift("2026-03-03", denialReason="VACATION")).only()
    assert event.span == Span(at("2026-03-02T23:00"), at("2026-03-03T23:00"))
    assert event.traits == (Trait.ALL_DAY,)


def test_a_window_may_end_at_twenty_four_hours() -> None:
    event = blocked(shift("2026-03-03", None, ("22:00", "24:00"))).only()
    assert event.span == Span(at("2026-03-03T21:00"), at("2026-03-03T23:00"))


def test_the_wall_clock_rules_across_a_change_of_the_clocks() -> None:
    weekend = shift("2026-03-28", "2026-03-30", ("09:00", "10:00"))
    starts = [event.span.start for event in blocked(weekend, window=QUARTER).events]
    assert starts == [at("2026-03-28T08:00"), at("2026-03-29T07:00"), at("2026-03-30T07:00")]
    short = blocked(shift("2026-03-29", denialReason="SICK"), window=QUARTER).only()
    assert short.span.seconds == 23 * 3600


def test_a_window_in_the_skipped_hour_is_ambiguous() -> None:
    event = blocked(shift("2026-03-29", None, ("02:30", "04:00")), window=QUARTER).only()
    assert event.traits == (Trait.AMBIGUOUS_TIME,)
    assert event.span == Span(at("2026-03-29T01:30"), at("2026-03-29T02:00"))


def test_a_window_that_lies_in_the_skipped_hour_never_ends_before_it_starts() -> None:
    event = blocked(shift("2026-03-29", None, ("02:30", "03:10")), window=QUARTER).only()
    assert event.span.seconds == 0


def test_blocks_of_an_assumed_zone_say_so() -> None:
    studio = Studio(shifts=[shift("2026-03-03", None, ("09:00", "10:00"))])
    del studio.routes["/v1/companies"]
    event = Read(opened(studio)).only()
    assert event.traits == (Trait.NAIVE_TIME,)
    assert event.span.start == at("2026-03-03T09:00")


def test_a_denial_of_years_shows_its_days_in_the_window_only() -> None:
    events = blocked(shift("2020-01-01", "2038-01-01", ("09:00", "10:00"))).events
    assert len(events) == 8
    assert all(WEEK.shows(event.span) for event in events)


def test_working_time_is_no_event() -> None:
    work = shift("2026-03-03", denialReason=None, workingTimes=[{"begin": "09:00", "end": "17:00"}])
    assert blocked(work).events == []


def test_both_spellings_and_a_single_day_are_read() -> None:
    row = {
        "id": 7,
        "resource_id": AMY,
        "day": "2026-03-03",
        "denial_reason": "SICK",
        "denial_times": [{"begin": "09:00", "end": "10:00"}],
    }
    event = blocked(row).only()
    assert event.key.native_id == "7"
    assert event.span.start == at("2026-03-03T08:00")


def test_rows_that_share_an_id_are_one_timeshift() -> None:
    rows = [shift(f"2026-03-0{day}", None, ("09:00", "10:00")) for day in (3, 4)]
    assert [event.key.occurrence for event in blocked(*rows).events] == ["2026-03-03", "2026-03-04"]
    both = [shift("2026-03-03", resourceId=who) for who in (AMY, BOB)]
    assert blocked(*both).only().subjects == (f"resource:{AMY}", f"resource:{BOB}")


def test_a_blocked_resource_is_known_by_its_external_id_from_an_appointment() -> None:
    studio = Studio(record(), shifts=[shift("2026-03-03")])
    events = Read(opened(studio)).events
    assert {event.subjects for event in events} == {("external:amy", f"resource:{AMY}")}
    assert studio.to("/booker-services/companies") == []


def test_a_blocked_resource_is_known_by_its_external_id_from_the_booking_widget() -> None:
    studio = Studio(shifts=[shift("2026-03-03")])
    company = {"id": COMPANY, "resources": [{"id": AMY, "externalId": "amy"}]}
    studio.routes["/v1/booker-services/companies"] = lambda _: answer(
        {"data": {"companies": [company]}, "status": 1}
    )
    vendor = opened(studio)
    assert Read(vendor).only().subjects == ("external:amy", f"resource:{AMY}")
    Read(vendor)
    assert len(studio.to("/booker-services/companies")) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"denialReason": "HOLIDAY"}, "denialReason"),
        ({"denialReason": None, "denialTimes": [{"begin": "09:00", "end": "10:00"}]}, "denial"),
        ({"to": "2026-03-01"}, "to is before from"),
        ({"from": "March"}, "from"),
        ({"from": None}, "from"),
        ({"resourceId": None}, "resourceId"),
        ({"denialTimes": [{"begin": "12:00", "end": "09:00"}]}, "denialTimes"),
        ({"denialTimes": [{"begin": "09:00", "end": "25:00"}]}, "denialTimes"),
        ({"denialTimes": [{"begin": "09:00+01:00", "end": "10:00"}]}, "denialTimes"),
        ({"denialTimes": {"begin": "09:00"}}, "denialTimes"),
    ],
)
def test_a_timeshift_that_makes_no_sense_is_set_aside_and_its_neighbour_is_not(
    changes: dict[str, Any], reason: str
) -> None:
    result = blocked(shift("2026-03-03", **changes), shift("2026-03-04", id="1"))
    (odd,) = {(one.kind, one.native_id, one.reason) for one in result.quarantined}
    assert odd[:2] == (Kind.BLOCK, "f" * 24)
    assert reason in odd[2]
    assert [event.key.native_id for event in result.events] == ["1"]
    assert result.gaps == []


def test_an_account_without_the_list_of_timeshifts_is_whole_without_it() -> None:
    studio = Studio(record())
    del studio.routes[LIST]
    vendor = opened(studio)
    assert Read(vendor).only().key.kind is Kind.SINGLE
    assert any("no list of timeshifts" in note for note in vendor.check().notes)


def test_a_list_of_timeshifts_that_was_there_and_is_missing_is_a_gap() -> None:
    studio = Studio(record())
    vendor = opened(studio)
    Read(vendor)
    del studio.routes[LIST]
    (gap,) = Read(vendor).gaps
    assert "GET /v1/timeshifts answered 404" in gap


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_list_of_timeshifts_is_a_gap_and_appointments_go_on(status: int) -> None:
    studio = Studio(record())
    studio.routes[LIST] = lambda _: answer({"status": 0}, status)
    result = Read(opened(studio))
    assert len(result.events) == 1
    (gap,) = result.gaps
    assert f"GET /v1/timeshifts answered {status}" in gap
    assert result.sightings


def test_an_overloaded_list_of_timeshifts_stops_the_walk() -> None:
    studio = Studio(record())
    studio.routes[LIST] = lambda _: answer({}, 429)
    with pytest.raises(TryLater):
        Read(opened(studio))


def test_resources_are_named_one_by_one_where_the_vendor_demands_it() -> None:
    shown = [{"id": AMY, "externalId": "amy"}, {"id": BOB}]
    studio = Studio(
        record(
            resources=shown,
            bookings=[booking("2026-03-03T09:00", resource=who) for who in (AMY, BOB)],
        ),
        shifts=[shift("2026-03-03"), shift("2026-03-04", id="1", resourceId=BOB)],
    )
    studio.routes[LIST] = lambda request: (
        studio.page(
            [
                one
                for one in studio.shifts
                if one["resourceId"] == request.url.params["resource_ids"]
            ],
            request,
        )
        if "resource_ids" in request.url.params
        else answer({"status": 0}, 400)
    )
    vendor = opened(studio)
    assert sum(event.key.kind is Kind.BLOCK for event in Read(vendor).events) == 2
    asked = len(studio.to("/timeshifts"))
    Read(vendor)
    assert len(studio.to("/timeshifts")) == asked + 2


def test_a_list_by_resource_with_no_resource_known_is_a_gap() -> None:
    studio = Studio()
    studio.routes[LIST] = lambda _: answer({"status": 0}, 400)
    (gap,) = Read(opened(studio)).gaps
    assert "GET /timeshifts" in gap


def test_many_blocks_come_in_batches() -> None:
    rows = [shift("2026-03-03", id=f"{number:x}") for number in range(1200)]
    vendor = opened(Studio(shifts=rows))
    sizes = [len(batch.sightings) for batch in vendor.fetch(WEEK, None).batches]
    assert sum(sizes) == 1200
    assert max(sizes) <= 500


def test_blocks_ask_for_the_days_of_the_window() -> None:
    studio = Studio()
    Read(opened(studio), Span(NOW, NOW + DAY))
    (asked,) = studio.to("/timeshifts")
    assert (asked.url.params["from"], asked.url.params["to"]) == ("2026-03-01", "2026-03-05")
