"""Acuity's own free times, and classes with room, for an appointment that has to give way."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any

import pytest

from tests.builders import at, seams
from tests.vendors.acuity.studio import (
    Studio,
    account,
    block_row,
    refusal,
    row,
    settings,
    told,
    walk,
)
from tests.vendors.acuity.test_against_sandbox import NOW, Practice
from tests.vendors.raw_server import Peer, RawServer, answer
from worker.domain.conflict.openings import Opening
from worker.domain.event import Event
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.vendors.acuity import ENTRY
from worker.vendors.base import EventError, NeedsPerson, Nonsense, Offering, TryLater

WINDOW = Span(at("2026-03-01T00:00"), at("2026-03-20T00:00"))
SEARCH = Span(at("2026-03-03T00:00"), at("2026-03-17T00:00"))


def times(*texts: str, left: object = 1) -> list[dict[str, Any]]:
    return [{"time": text, "slotsAvailable": left} for text in texts]


def klass(id_: object, time: str, left: object, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "appointmentTypeID": 7,
        "calendarID": 42,
        "name": "Yoga",
        "description": "",
        "time": time,
        "calendar": "Amy Ng",
        "duration": 75,
        "isSeries": False,
        "slots": 12,
        "slotsAvailable": left,
        **more,
    }


def seen(studio: Studio, kind: str = "single") -> tuple[Any, Event, bytes]:
    """The adapter, its one event of a kind, and the answer that is stored of it."""
    vendor = account(studio)
    found = walk(vendor, WINDOW)
    (key,) = [each for each in found.events if each[0] == kind]
    studio.asked.clear()
    return vendor, found.events[key], vendor.redact(found.answers[key])


def asked(studio: Studio, path: str, says: Any, kind: str = "single") -> list[Opening]:
    vendor, event, stored = seen(studio, kind)
    studio.answers[path] = says
    return list(vendor.free(event, stored, SEARCH, 20.0))


def test_the_account_can_be_asked():
    assert isinstance(account(Studio()), Offering)


def test_times_are_asked_for_day_by_day_as_if_the_appointment_were_not_there():
    studio = Studio(rows=[row(31, addonIDs=[5, 6])])
    asked(studio, "/availability/times", lambda _request: told([]))
    calls = studio.calls("availability/times")
    assert [call["date"] for call in calls] == [f"2026-03-0{day}" for day in (3, 4, 5, 6, 7)]
    for call in calls:
        assert (call["appointmentTypeID"], call["calendarID"]) == ("7", "42")
        assert call.get_list("ignoreAppointmentIDs[]") == ["31"]
        assert call.get_list("addonIDs[]") == ["5", "6"]


def test_days_are_those_of_the_calendar_and_not_of_utc():
    studio = Studio(rows=[row(31, "2026-03-03T20:00", zone="Pacific/Auckland")])
    vendor, event, stored = seen(studio)
    studio.answers["/availability/times"] = lambda _request: told([])
    evening = at("2026-03-03T20:00")
    vendor.free(event, stored, Span(evening, evening + HOUR), 20.0)
    assert [call["date"] for call in studio.calls("availability/times")] == ["2026-03-04"]


def test_a_free_time_lasts_as_long_as_the_appointment():
    studio = Studio(rows=[row(31, duration="80")])

    def listed(request):
        if request.url.params["date"] == "2026-03-04":
            return told(times("2026-03-04T12:00:00+0200", "2026-03-04T10:00:00+0200"))
        return told([])

    early, late = at("2026-03-04T08:00"), at("2026-03-04T10:00")
    assert asked(studio, "/availability/times", listed) == [
        Opening(Span(early, early + 80 * MINUTE)),
        Opening(Span(late, late + 80 * MINUTE)),
    ]


def test_full_unreadable_and_distant_times_are_left_out():
    rows = [
        *times("2026-03-04T10:00:00+0200", left=0),
        *times("2026-03-04T11:00:00", "soon", "", "2027-03-04T12:00:00+0200"),
        {"slotsAvailable": 1},
        *times("2026-03-04T13:00:00+0200", left="1"),
    ]
    found = asked(Studio(rows=[row(31)]), "/availability/times", lambda _request: told(rows))
    assert [one.span.start for one in found] == [at("2026-03-04T11:00")]


def test_classes_are_asked_for_by_month_and_only_those_with_room_count():
    studio = Studio(rows=[row(31, classID=900), row(32, classID=900)])
    rows = [
        klass(900, "2026-03-03T12:00:00+0200", 10),
        klass(901, "2026-03-05T12:00:00+0200", 0),
        klass(902, "2026-03-06T12:00:00+0200", None),
        klass(903, "2026-03-09T12:00:00+0200", 3),
        klass(904, "2026-03-08T12:00:00+0200", "1", duration="60"),
        klass(905, "2026-03-07T12:00:00+0200", 4, calendarID=43),
        klass(906, "2026-03-07T12:00:00+0200", 4, appointmentTypeID=8),
        klass(907, "2026-03-29T12:00:00+0200", 4),
    ]
    found = asked(studio, "/availability/classes", lambda _request: told(rows), "group")
    first, second = at("2026-03-08T10:00"), at("2026-03-09T10:00")
    assert found == [
        Opening(Span(first, first + HOUR), "904", 1),
        Opening(Span(second, second + 75 * MINUTE), "903", 3),
    ]
    (call,) = studio.calls("availability/classes")
    assert (call["month"], call["appointmentTypeID"], call["calendarID"]) == ("2026-03", "7", "42")


def test_at_the_end_of_a_month_the_next_one_is_asked_for_too():
    studio = Studio(rows=[row(31, classID=900)])
    vendor, event, stored = seen(studio, "group")
    studio.answers["/availability/classes"] = lambda _request: told([])
    start = at("2026-03-25T00:00")
    vendor.free(event, stored, Span(start, start + 14 * DAY), 20.0)
    assert [call["month"] for call in studio.calls("availability/classes")] == [
        "2026-03",
        "2026-04",
    ]


def test_of_a_block_there_is_nothing_to_ask():
    studio = Studio(blocks=[block_row()])
    vendor, event, stored = seen(studio, "block")
    assert vendor.free(event, stored, SEARCH, 20.0) is None
    assert not studio.asked


@pytest.mark.parametrize(
    "stored",
    [None, b"", b"[]", b'"[redacted]"', b"{}", b'{"appointmentTypeID":"[redacted]"}', b"[[1]]"],
)
def test_without_the_type_nothing_is_asked(stored):
    studio = Studio(rows=[row(31)])
    vendor, event, _ = seen(studio)
    with pytest.raises(EventError, match="type is no longer kept"):
        vendor.free(event, stored, SEARCH, 20.0)
    assert not studio.asked


def test_the_first_refusal_ends_the_questions():
    studio = Studio(rows=[row(31)])
    throttled = refusal(429, "too_many_requests", retry_after="90")
    with pytest.raises(TryLater) as caught:
        asked(studio, "/availability/times", lambda _request: throttled)
    assert (caught.value.wait, caught.value.throttled) == (90, True)
    assert len(studio.calls("availability/times")) == 1


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (refusal(403, "forbidden"), NeedsPerson),
        (refusal(400, "invalid_appointment_type"), EventError),
        (refusal(404, "not_found"), EventError),
        (told({"times": []}), Nonsense),
        (told(b"<html>"), Nonsense),
    ],
)
def test_whatever_is_wrong_is_an_error_that_the_engine_knows(says, error):
    with pytest.raises(error):
        asked(Studio(rows=[row(31)]), "/availability/times", lambda _request: says)


def hanging(peer: Peer) -> None:
    peer.request()
    peer.hang()


def slow(peer: Peer) -> None:
    while peer.request() and not peer.server.stopping.wait(0.4):
        peer.send(answer())


@pytest.mark.parametrize("script", [hanging, slow])
def test_all_calls_together_take_no_longer_than_the_time_that_is_given(script):
    _, event, stored = seen(Studio(rows=[row(31)]))
    with RawServer(script) as server:
        vendor = ENTRY.open("coaching", settings(base_url=server.origin), seams())
        begun = monotonic()
        with pytest.raises(TryLater):
            vendor.free(event, stored, SEARCH, 0.5)  # type: ignore[attr-defined]
        assert monotonic() - begun < 1.6
        vendor.close()


def openings(practice: Practice, native_id: int, kind: str = "single") -> list[Opening]:
    found = practice.read()
    key = (kind, str(native_id))
    stored = practice.account.redact(found.answers[key])
    event = found.events[key]
    search = Span(event.span.start - HOUR, event.span.start + 14 * DAY)
    practice.asked.clear()
    return list(practice.account.free(event, stored, search, 20.0))  # type: ignore[attr-defined]


def test_the_simulated_vendor_names_times_of_the_same_length_beside_what_is_taken():
    practice = Practice()
    zone_day = at("2026-03-03T15:00")  # ten in the morning in New York
    mine = practice.sim.book(practice.talk, zone_day, calendar_id=practice.amy)
    practice.sim.block(practice.amy, zone_day + HOUR, zone_day + 3 * HOUR)
    found = openings(practice, mine)
    assert found
    assert len(practice.asked) == 5
    blocked = Span(zone_day + HOUR, zone_day + 3 * HOUR)
    assert not any(one.span.overlaps(blocked) for one in found)
    assert all(one.span.seconds == 50 * MINUTE for one in found)
    assert not any(one.native_id for one in found)


def test_in_the_simulation_the_appointment_is_not_in_its_own_way():
    practice = Practice()
    alone = at("2026-03-03T14:00")  # nine in New York: the first time on the grid
    mine = practice.sim.book(practice.talk, alone, calendar_id=practice.amy)
    assert alone in [one.span.start for one in openings(practice, mine)]


def test_the_simulated_vendor_names_classes_with_room():
    practice = Practice()
    first = practice.yoga_at(26, "Ann Example", calendar=practice.amy)
    second = practice.yoga_at(50, "Bob Example", calendar=practice.amy)
    practice.yoga_at(74, *(f"Guest {n}" for n in range(12)), calendar=practice.amy)
    practice.yoga_at(76, calendar=practice.room)
    start = NOW + 50 * HOUR
    assert openings(practice, first, "group") == [
        Opening(Span(start, start + 75 * MINUTE), str(second), 11)
    ]


def test_what_is_stored_of_an_appointment_still_tells_its_type_and_calendar():
    _, _, stored = seen(Studio(rows=[row(31, addonIDs=[5])]))
    kept = json.loads(stored)
    assert (kept["appointmentTypeID"], kept["calendarID"], kept["addonIDs"]) == (7, 42, [5])
