"""The adapter against the simulated Appointment.one: what it reads must be what is true there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.appointment_one.desk import WINDOW, Desk, simulated, site
from worker.domain.event import Event, Status
from worker.domain.instants import iso
from worker.domain.listing import Presence
from worker.domain.span import DAY, HOUR
from worker.sandbox.appointment_one import AppointmentOne as Site
from worker.sandbox.appointment_one import Quirks
from worker.vendors.base import Nonsense

CARL = ("Carl", "carl@example.org")


def shown(event: Event) -> dict[str, Any]:
    return {
        "native_id": event.key.native_id,
        "occurrence": event.key.occurrence,
        "kind": str(event.key.kind),
        "status": str(event.status),
        "start": iso(event.span.start),
        "end": iso(event.span.end),
        "timezone": event.timezone,
        "title": event.title,
        "location": event.location,
        "capacity": event.capacity,
        "attendees": event.attendees,
        "pad_before": event.pad_before,
        "pad_after": event.pad_after,
        "subjects": list(event.subjects),
    }


def booked(quirks: Quirks | None = None) -> tuple[Site, list[str]]:
    made = site(quirks)
    numbers = [
        made.book("30min", NOW + HOUR, requester=CARL),
        made.book("long", NOW + DAY, requester=CARL, guests=["dora@example.org"], minutes=90),
        made.book("30min", NOW + 2 * HOUR, requester=CARL),
    ]
    made.cancel(numbers[2])
    return made, numbers


QUIRKS = [
    Quirks(),
    Quirks(deleted_event="404"),
    Quirks(lists_deleted=True),
    Quirks(deleted_appointment="cancelled"),
    Quirks(error_body="object"),
    Quirks(lists_appointments=True),
]


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: row["native_id"])


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_what_is_read_is_what_is_true(quirks: Quirks):
    made, numbers = booked(quirks)
    found = simulated(made, appointments=numbers).read()
    assert by_id([shown(s.event) for s in found.sightings]) == by_id(made.truth())
    assert {t.native_id for t in found.templates} == {"30min", "long"}
    assert (found.gaps, found.quarantined) == ((), ())


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_a_deleted_page_is_inactive_whichever_way_it_is_told(quirks: Quirks):
    made, numbers = booked(quirks)
    made.change_event("30min", status="deleted")
    found = simulated(made, appointments=numbers, events=["30min", "long"]).read()
    assert {t.native_id: t.active for t in found.templates} == {"30min": False, "long": True}
    assert by_id([shown(s.event) for s in found.sightings]) == by_id(made.truth())
    assert found.gaps == ()


@pytest.mark.parametrize("reading", ["404", "cancelled"])
def test_a_deleted_appointment_is_gone_or_cancelled_by_the_vendors_word(reading: Any):
    made, numbers = booked(Quirks(deleted_appointment=reading))
    desk = simulated(made, appointments=numbers)
    event = desk.read().sightings[0].event
    delete(made, event.key.native_id)
    assert desk.read().gaps == ()
    answer = desk.account.confirm(event.key, event.span)
    if reading == "404":
        assert answer.presence is Presence.GONE
    else:
        assert answer.presence is Presence.PRESENT
        assert answer.sighting is not None
        assert answer.sighting.event.status is Status.CANCELLED


def delete(made: Site, number: str) -> None:
    from worker.sandbox.exchange import Request

    key = {"authorization": "ao-key"}
    assert (
        made.handle(Request("DELETE", f"/api/v1/appointment/{number}", headers=key)).status == 200
    )


def test_a_moved_appointment_is_read_at_its_new_time():
    made, numbers = booked()
    desk = simulated(made, appointments=numbers[:1])
    desk.read()
    made.move(numbers[0], NOW + 3 * HOUR)
    assert desk.read().sightings[0].event.span.start == NOW + 3 * HOUR


def test_a_living_appointment_is_confirmed_exactly_as_it_was_listed():
    made, numbers = booked()
    desk = simulated(made, appointments=numbers)
    for sighting in desk.read().sightings:
        answer = desk.account.confirm(sighting.event.key, WINDOW)
        assert answer.presence is Presence.PRESENT
        assert answer.sighting == sighting


def test_a_list_that_counts_more_than_it_shows_is_not_complete():
    made, _ = booked(Quirks(list_limit=1))
    found = simulated(made).read()
    assert len(found.gaps) == 2  # the pages' and the calendars'
    assert len(found.templates) == 1


def test_a_calendar_beyond_a_cut_list_is_asked_for_by_its_address():
    made, _ = booked(Quirks(list_limit=1))
    made.set_calendar_state("ben@example.org", "access_error")
    (template,) = simulated(made, events=["long"]).read().templates
    assert template.blind == ("calendar:ben@example.org",)


def test_a_login_page_with_200_is_nonsense():
    desk: Desk = simulated(site(Quirks(login_page=True)))
    with pytest.raises(Nonsense, match="web page"):
        desk.read()


def test_a_list_of_appointments_is_used_where_it_is_wanted_and_exists():
    made, numbers = booked(Quirks(lists_appointments=True))
    assert len(simulated(made).read().sightings) == 0
    assert len(simulated(made, list_appointments=True).read().sightings) == len(numbers)


def test_a_list_of_appointments_that_does_not_exist_is_no_loss():
    made, numbers = booked()
    found = simulated(made, list_appointments=True, appointments=numbers).read()
    assert len(found.sightings) == len(numbers)
    assert found.gaps == ()
