"""Asking for one event before its absence is believed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at
from tests.vendors.timify.samples import AMY, WEEK, Read, Studio, answer, booking, opened, record
from tests.vendors.timify.test_blocks import shift
from worker.domain.event import Key, Kind
from worker.domain.listing import Presence
from worker.domain.span import Span
from worker.vendors.base import NeedsPerson, TryLater

ID = "c" * 24
KEY = Key("studio", Kind.SINGLE, ID)
LAST = Span(at("2026-03-03T09:00"), at("2026-03-03T10:00"))


def test_a_deleted_record_is_gone() -> None:
    assert opened(Studio()).confirm(KEY, LAST).presence is Presence.GONE


def test_a_record_moved_out_of_the_window_is_present_with_its_new_time() -> None:
    found = opened(Studio(record(start="2027-01-01T09:00"))).confirm(KEY, LAST)
    assert found.presence is Presence.PRESENT
    assert found.sighting is not None
    assert found.sighting.event.span.start == at("2027-01-01T09:00")


def test_an_occurrence_dropped_from_its_series_is_gone_and_its_neighbours_are_not() -> None:
    rows = [booking(f"{day}T09:00", recurringDay=day) for day in ("2026-03-03", "2026-03-04")]
    vendor = opened(Studio(record(bookings=rows, recurring={"frequency": "DAYS"})))
    named = Key("studio", Kind.SINGLE, ID, "2026-03-03")
    assert vendor.confirm(named, LAST).presence is Presence.PRESENT
    assert (
        vendor.confirm(Key("studio", Kind.SINGLE, ID, "2026-03-05"), LAST).presence is Presence.GONE
    )


def test_a_booking_that_became_a_course_is_gone_as_a_booking() -> None:
    vendor = opened(Studio(record(isCourse=True)))
    assert vendor.confirm(KEY, LAST).presence is Presence.GONE
    assert vendor.confirm(Key("studio", Kind.GROUP, ID), LAST).presence is Presence.PRESENT


@pytest.mark.parametrize(
    "body",
    [
        {"data": None, "status": 1},
        {"data": record("d" * 24), "status": 1},
        {"data": {**record(), "startDate": "soon", "bookings": []}, "status": 1},
        {"data": {**record(), "bookings": 7}, "status": 1},
        {"status": 0, "error": {"message": "not found"}},
        {},
        b"<html>",
        b"",
    ],
)
def test_an_answer_that_is_not_the_record_proves_nothing(body: Any) -> None:
    studio = Studio()
    studio.routes[f"/v1/appointments/{ID}"] = lambda _: answer(body)
    assert opened(studio).confirm(KEY, LAST).presence is Presence.UNKNOWN


def test_a_request_that_is_refused_as_wrong_proves_nothing() -> None:
    studio = Studio()
    studio.routes[f"/v1/appointments/{ID}"] = lambda _: answer({}, 400)
    assert opened(studio).confirm(KEY, LAST).presence is Presence.UNKNOWN


@pytest.mark.parametrize(("status", "error"), [(403, NeedsPerson), (503, TryLater)])
def test_lost_rights_and_outages_are_told_as_such(status: int, error: type[Exception]) -> None:
    studio = Studio()
    studio.routes[f"/v1/appointments/{ID}"] = lambda _: answer({}, status)
    with pytest.raises(error):
        opened(studio).confirm(KEY, LAST)


@pytest.mark.parametrize("native_id", ["../companies", "a/b", "a?b", "..", ".", "%2e", "a b", "ä"])
def test_an_id_that_would_lead_elsewhere_is_not_asked_for(native_id: str) -> None:
    studio = Studio()
    found = opened(studio).confirm(Key("studio", Kind.SINGLE, native_id), LAST)
    assert found.presence is Presence.UNKNOWN
    assert not [one for one in studio.requests if one.url.path.startswith("/v1/app")]


def test_a_block_is_looked_for_around_the_days_it_was_seen() -> None:
    kept = shift("2026-03-09", id="e" * 24)
    studio = Studio(shifts=[shift("2026-03-03", "2026-03-04", ("09:00", "10:00"))])
    vendor = opened(studio)
    event = Read(vendor).events[0]
    studio.shifts.append(kept)
    found = vendor.confirm(event.key, event.span)
    assert found.presence is Presence.PRESENT
    assert found.sighting is not None
    assert found.sighting.event == event
    studio.shifts[:] = [kept]
    assert vendor.confirm(event.key, event.span).presence is Presence.GONE


def test_a_block_is_not_gone_because_a_list_is_empty() -> None:
    studio = Studio(shifts=[shift("2026-03-03")])
    vendor = opened(studio)
    event = Read(vendor, WEEK).only()
    studio.shifts.clear()
    assert vendor.confirm(event.key, event.span).presence is Presence.UNKNOWN


def test_a_block_is_not_gone_while_its_list_cannot_be_believed() -> None:
    studio = Studio(shifts=[shift("2026-03-03")])
    vendor = opened(studio)
    event = Read(vendor, WEEK).only()
    studio.shifts[0]["denialReason"] = "HOLIDAY"
    assert vendor.confirm(event.key, event.span).presence is Presence.UNKNOWN
    studio.shifts.clear()
    studio.routes["/v1/timeshifts"] = lambda _: answer({"data": [], "total": 3, "status": 1})
    assert vendor.confirm(event.key, event.span).presence is Presence.UNKNOWN
    del studio.routes["/v1/timeshifts"]
    assert vendor.confirm(event.key, event.span).presence is Presence.UNKNOWN


def test_an_odd_neighbour_does_not_keep_a_block_alive() -> None:
    studio = Studio(shifts=[shift("2026-03-03", id="1", resourceId=AMY)])
    vendor = opened(studio)
    event = Read(vendor).only()
    studio.shifts[:] = [shift("2026-03-03", id="2", denialReason="HOLIDAY")]
    assert vendor.confirm(event.key, event.span).presence is Presence.GONE
