"""The simulated Appointment.one behaves as the vendor's FAQ pages say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from worker.sandbox.appointment_one import AppointmentOne, Quirks
from worker.sandbox.clock import VirtualClock
from worker.sandbox.exchange import Request, Response

NOW = 1_795_000_000


def vendor(**quirks: Any) -> AppointmentOne:
    account = AppointmentOne(VirtualClock(NOW), api_key="secret", quirks=Quirks(**quirks))
    account.add_calendar("amy@example.org", default=True)
    account.add_event("30min", "30 minute appointment", calendars=["amy@example.org"])
    return account


def ask(account: AppointmentOne, path: str, method: str = "GET", key: str = "secret") -> Response:
    return account.handle(Request(method, f"/api/v1{path}", headers={"authorization": key}))


def read(account: AppointmentOne, path: str, **more: str) -> Any:
    response = ask(account, path, **more)
    assert response.status == 200
    return json.loads(response.body)


def booked(account: AppointmentOne) -> str:
    return account.book("30min", NOW + 3600, requester=("Jo Park", "jo@example.com"))


@pytest.mark.parametrize("key", ["", "wrong", "Bearer secret", "Basic c2VjcmV0Og=="])
def test_only_the_bare_key_opens_the_api(key: str) -> None:
    response = ask(vendor(), "/event", key=key)
    assert (response.status, response.body) == (401, b"")


def test_a_revoked_key_is_refused_at_once() -> None:
    account = vendor()
    account.revoke_key("secret")
    assert ask(account, "/event").status == 401


def test_a_page_has_numbers_as_text_and_attendees_as_json_within_text() -> None:
    page = read(vendor(), "/event/30min")
    assert page["duration"] == "30"
    assert page["date_added"] == str(NOW)
    assert page["attendees"] == "[]"
    assert page["invitation_title"] is None
    assert page["free_busy_calendars"] == ["amy@example.org"]
    assert [link["href"] for link in page["links"]] == [
        "/api/v1/event/30min",
        "https://www.appointment.one/test/30min",
    ]


def test_the_list_of_pages_has_counts_and_little_else() -> None:
    listing = read(vendor(), "/event")
    assert listing["count"] == listing["total_count"] == 1
    assert set(listing["events"][0]) == {"id", "name", "links"}


def test_a_short_list_shows_only_in_its_total() -> None:
    account = vendor(list_limit=1)
    account.add_event("60min", "An hour")
    listing = read(account, "/event")
    assert (listing["count"], listing["total_count"]) == (1, 2)


def test_an_appointment_has_a_real_array_and_another_name_for_its_duration() -> None:
    account = vendor()
    appointment = read(account, f"/appointment/{booked(account)}")
    assert appointment["attendees"] == ["jo@example.com"]
    assert appointment["time_start"] == str(NOW + 3600)
    assert appointment["duration_mins"] == "30"
    assert appointment["is_cancelled"] is False
    assert len(appointment["id"]) == 32


def test_appointments_cannot_be_listed() -> None:
    assert ask(vendor(), "/appointment").status == 404
    assert read(vendor(lists_appointments=True), "/appointment")["count"] == 0


def test_a_cancelled_appointment_stays_readable_and_is_cancelled_in_truth() -> None:
    account = vendor()
    one = booked(account)
    account.cancel(one)
    assert read(account, f"/appointment/{one}")["is_cancelled"] is True
    assert account.truth()[0]["status"] == "cancelled"


@pytest.mark.parametrize(("reading", "status"), [("404", 404), ("cancelled", 200)])
def test_a_deleted_appointment_is_gone_or_cancelled(reading: str, status: int) -> None:
    account = vendor(deleted_appointment=reading)
    one = booked(account)
    answer = read(account, f"/appointment/{one}", method="DELETE")
    assert answer == {"id": one, "status": "deleted"}
    assert ask(account, f"/appointment/{one}").status == status
    assert [event["status"] for event in account.truth()] == ["cancelled"] * (status == 200)


def test_a_deleted_page_is_still_read_with_its_status_but_no_longer_listed() -> None:
    account = vendor()
    read(account, "/event/30min", method="DELETE")
    assert read(account, "/event/30min")["status"] == "deleted"
    assert read(account, "/event")["events"] == []
    assert ask(vendor(deleted_event="404"), "/event/nothing").status == 404


def test_a_slug_can_be_reused_after_deletion_only() -> None:
    account = vendor()
    with pytest.raises(ValueError, match="in use"):
        account.add_event("30min", "Another")
    ask(account, "/event/30min", method="DELETE")
    account.add_event("30min", "Another")
    assert read(account, "/event/30min")["name"] == "Another"


def test_a_key_that_may_only_read_gets_401_for_a_delete_and_200_for_a_read() -> None:
    account = vendor()
    account.issue_key("reader")
    assert ask(account, "/event/30min", method="DELETE", key="reader").status == 401
    assert ask(account, "/event/30min", key="reader").status == 200


@pytest.mark.parametrize("method", ["HEAD", "PUT", "POST", "PATCH"])
def test_other_verbs_are_refused(method: str) -> None:
    assert ask(vendor(), "/event/30min", method=method).status == 405


def test_a_calendar_tells_when_it_cannot_be_read() -> None:
    account = vendor()
    account.set_calendar_state("amy@example.org", "access_error")
    assert read(account, "/calendar/amy%40example.org")["state"] == "access_error"
    assert read(account, "/calendar")["calendars"][0]["id"] == "amy@example.org"


def test_truth_names_the_page_and_its_calendars_and_never_shows_a_page() -> None:
    account = vendor()
    one = account.book(
        "30min", NOW + 3600, requester=("Jo", "jo@example.com"), guests=["x@example.com"]
    )
    assert account.truth() == [
        {
            "native_id": one,
            "occurrence": "",
            "kind": "single",
            "status": "booked",
            "start": "2026-11-18T12:06:40Z",
            "end": "2026-11-18T12:36:40Z",
            "timezone": "",
            "title": "30 minute appointment with Jo",
            "location": "",
            "capacity": None,
            "attendees": 2,
            "pad_before": 0,
            "pad_after": 0,
            "subjects": ["calendar:amy@example.org", "event:30min"],
        }
    ]


def test_the_website_answers_with_pages_for_people() -> None:
    response = vendor().handle(Request("GET", "/test/30min"))
    assert response.status == 200
    assert response.body.startswith(b"<!DOCTYPE html>")
    assert ask(vendor(login_page=True), "/event").headers[0][1].startswith("text/html")


def test_booking_and_cancelling_send_mail() -> None:
    account = vendor()
    one = booked(account)
    account.cancel(one)
    assert [(sent.kind, sent.about) for sent in account.notifications] == [
        ("invitation", one),
        ("cancellation", one),
    ]


def test_a_page_that_is_not_active_takes_no_bookings() -> None:
    account = vendor()
    account.change_event("30min", status="disabled")
    with pytest.raises(ValueError, match="no bookings"):
        booked(account)
    assert account.truth() == []
