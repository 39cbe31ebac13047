"""Each trap of Appointment.one's interface by its name, and answers that make no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import NOW
from tests.vendors.appointment_one.desk import (
    WINDOW,
    Desk,
    appointment,
    calendars,
    page,
    settings,
    whole,
    written,
)
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.listing import Presence
from worker.domain.span import MINUTE, Span
from worker.vendors.appointment_one import ENTRY
from worker.vendors.base import NeedsPerson, Nonsense, TryLater


def desk(**changes: Any) -> Desk:
    return written(whole(**changes), appointments=["a1"])


def only(found: Desk) -> Event:
    (sighting,) = found.read().sightings
    return sighting.event


def test_a_booking_page_is_a_template_and_never_an_event():
    found = written(whole()).read()
    assert found.sightings == ()
    (template,) = found.templates
    assert template.native_id == "30min"
    assert template.active
    assert template.subjects == ("calendar:amy@example.org",)


def test_attendees_may_be_json_within_a_text():
    event = only(desk(_appointment_a1=appointment(attendees='["eve@example.org"]')))
    assert event.attendees == 1
    assert "email:eve@example.org" in event.people


def test_an_empty_list_within_a_text_is_no_two_characters():
    found = desk(_appointment_a1=appointment(attendees="[]", requester_email=None))
    event = only(found)
    assert (event.attendees, event.people) == (1, ())


@pytest.mark.parametrize("start", [NOW, str(NOW)])
def test_numbers_may_be_text(start: Any):
    event = only(desk(_appointment_a1=appointment(time_start=start, duration_mins="90")))
    assert event.span == Span(NOW, NOW + 90 * MINUTE)


def test_the_end_is_computed_from_duration_mins_and_not_from_the_pages_duration():
    found = desk(_event_30min=page(duration="30"), _appointment_a1=appointment(duration_mins="45"))
    assert only(found).span.seconds == 45 * MINUTE


@pytest.mark.parametrize(("flag", "status"), [(True, "cancelled"), (False, "booked")])
def test_an_appointment_is_cancelled_by_its_flag(flag: bool, status: str):
    assert only(desk(_appointment_a1=appointment(is_cancelled=flag))).status == status


def test_a_cancelled_appointment_is_shown_wherever_it_lies():
    far = appointment(is_cancelled=True, time_start=str(WINDOW.end + 86_400))
    assert only(desk(_appointment_a1=far)).status is Status.CANCELLED


def test_an_appointment_outside_of_the_window_is_not_shown():
    assert desk(_appointment_a1=appointment(time_start=str(WINDOW.end))).read().sightings == ()


def test_the_key_is_sent_without_a_scheme_word():
    asked = desk()
    asked.read()
    assert {request.headers["authorization"] for request in asked.asked} == {"ao-key"}


def test_a_refused_key_needs_a_person():
    with pytest.raises(NeedsPerson, match="API key"):
        desk(_calendar=401).read()


def test_a_key_that_is_revoked_in_mid_run_needs_a_person_too():
    with pytest.raises(NeedsPerson):
        desk(_appointment_a1=401).read()


@pytest.mark.parametrize(
    "href",
    [
        "/api/v1/event/30min",
        "https://www.appointment.one/api/v1/event/30min",
        "/x/api/v1/event/30min",
    ],
)
def test_links_may_be_relative_or_absolute(href: str):
    links = [{"rel": "event", "href": href, "verbs": ["GET", "DELETE"]}]
    event = only(desk(_appointment_a1=appointment(links=links)))
    assert event.subjects == ("calendar:amy@example.org", "event:30min")


def test_no_link_of_an_answer_is_ever_followed():
    away = [
        {"rel": "event", "href": "https://evil.example/api/v1/event/30min"},
        {"rel": "self", "href": "https://evil.example/api/v1/appointment/a1"},
        {"rel": "public", "href": "https://evil.example/test/30min"},
    ]
    asked = desk(_appointment_a1=appointment(links=away), _event_30min=page(links=away))
    asked.read()
    assert {request.url.host for request in asked.asked} == {"www.appointment.one"}
    assert {request.method for request in asked.asked} == {"GET"}
    assert all(request.url.path.startswith("/api/v1/") for request in asked.asked)


def test_an_appointment_without_its_page_link_still_has_its_time():
    event = only(desk(_appointment_a1=appointment(links=[])))
    assert event.subjects == ()


def test_no_zone_is_made_up():
    assert only(desk()).timezone == ""


@pytest.mark.parametrize("status", ["disabled", "deleted"])
def test_a_page_that_is_shown_is_not_therefore_alive(status: str):
    (template,) = desk(_event_30min=page(status=status)).read().templates
    assert not template.active


def test_a_configured_page_that_does_not_exist_is_inactive_and_no_gap():
    found = written(whole(), events=["gone", "30min"]).read()
    assert {t.native_id: t.active for t in found.templates} == {"gone": False, "30min": True}
    assert found.gaps == ()


def test_an_unknown_status_is_not_guessed():
    found = desk(_event_30min=page(status="paused")).read()
    assert found.templates == ()
    assert found.quarantined[0].native_id == "30min"


@pytest.mark.parametrize("state", ["access_error", "something_new"])
def test_a_page_is_blind_where_a_calendar_does_not_answer(state: str):
    (template,) = desk(_calendar=calendars(amy=state)).read().templates
    assert template.blind == ("calendar:amy@example.org",)


def test_a_page_is_blind_where_its_calendar_is_not_connected():
    (template,) = desk(_calendar=calendars(ben="ok")).read().templates
    assert template.blind == ("calendar:amy@example.org",)


def test_a_calendars_address_is_compared_without_regard_to_case():
    answer = {"calendars": [{"id": "Amy@Example.org", "state": "ok"}], "count": 1}
    (template,) = desk(_calendar=answer).read().templates
    assert template.blind == ()


def test_without_a_list_of_calendars_no_page_is_accused():
    found = desk(_calendar=404).read()
    assert found.templates[0].blind == ()
    assert "/calendar" in found.gaps[0]


def test_the_array_of_pages_may_be_labelled_as_calendars():
    answer = {"calendars": [{"id": "30min", "name": "x"}], "count": 1, "total_count": 1}
    assert [t.native_id for t in desk(_event=answer).read().templates] == ["30min"]


@pytest.mark.parametrize(
    "totals", [{"total_count": 2}, {"count": "3"}, {"count": 1, "total_count": "9"}]
)
def test_a_list_that_counts_more_than_it_shows_is_not_complete(totals: dict[str, Any]):
    assert "counts more" in desk(_event={"events": [{"id": "30min"}], **totals}).read().gaps[0]


def test_a_list_without_totals_is_believed():
    assert desk(_event={"events": [{"id": "30min"}]}).read().gaps == ()


def test_an_empty_account_is_complete():
    empty: dict[str, Any] = {"events": [], "count": 0, "total_count": 0}
    found = written(whole(_event=empty, _calendar=calendars())).read()
    assert found.gaps == ()


def test_a_list_that_is_not_there_is_nonsense_and_not_empty():
    with pytest.raises(Nonsense, match="base_url"):
        desk(_event=404).read()


def test_an_appointment_that_does_not_exist_is_no_gap_but_the_vendors_word():
    found = written(whole(_appointment_a1=404), appointments=["a1"]).read()
    assert (found.sightings, found.gaps, found.quarantined) == ((), (), ())


def test_error_bodies_are_not_read():
    with pytest.raises(TryLater):
        desk(_appointment_a1=503).read()


def test_html_of_users_is_no_part_of_an_event():
    assert "<" not in only(desk(_event_30min=page(bio="<script>", description="<b>"))).title


def test_people_are_addresses_in_lower_case():
    event = only(desk(_appointment_a1=appointment(attendees=[" Dora@Example.org ", "no address"])))
    assert event.people == ("email:carl@example.org", "email:dora@example.org")


def test_a_hold_of_ours_is_known_by_its_mark():
    event = only(desk(_appointment_a1=appointment(subject="Busy [calsync 0123456789abcdef]")))
    assert event.mark == "0123456789abcdef"


BAD: dict[str, bytes] = {
    "a start that is no number": json.dumps(appointment(time_start="soon")).encode(),
    "a start in the year 1969": json.dumps(appointment(time_start="-5")).encode(),
    "a start beyond all years": json.dumps(appointment(time_start="9" * 15)).encode(),
    "no duration": json.dumps(appointment(duration_mins=None)).encode(),
    "an end before the start": json.dumps(appointment(duration_mins="-30")).encode(),
    "a flag that is neither": json.dumps(appointment(is_cancelled="maybe")).encode(),
    "NaN": json.dumps(appointment(duration_mins=float("nan"))).encode(),
    "another appointment": json.dumps(appointment("a2")).encode(),
    "5,000 digits": json.dumps(appointment()).replace(f'"{NOW}"', "9" * 5000).encode(),
    "attendees that are no list": json.dumps(appointment(attendees="everybody")).encode(),
    "a web page": b"<!DOCTYPE html><html></html>",
    "nothing": b"",
    "truncated": json.dumps(appointment()).encode()[:60],
    "an array": b"[]",
}


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_makes_no_sense_is_set_aside_and_its_neighbours_go_on(name: str):
    answers = whole(_appointment_a1=BAD[name]) | {"/appointment/b2": appointment("b2")}
    found = written(answers, appointments=["a1", "b2"]).read()
    assert [s.event.key.native_id for s in found.sightings] == ["b2"]
    (aside,) = found.quarantined
    assert (aside.kind, aside.native_id) == (Kind.SINGLE, "a1")
    assert "@" not in aside.reason
    assert found.gaps == ()


def test_a_lone_surrogate_in_a_subject_does_no_harm():
    body = json.dumps(appointment(subject="half \ud800 a letter")).encode()
    only(desk(_appointment_a1=body)).title.encode()


@pytest.mark.parametrize("answer", [b"<html>", b"", 400, b'{"links":5}'])
def test_an_appointment_whose_page_cannot_be_read_does_not_leave_its_calendars(answer: Any):
    found = desk(_event_30min=answer).read()
    assert found.sightings == ()
    assert found.quarantined[-1].native_id == "a1"


def test_a_page_is_asked_for_once_in_a_walk():
    answers = whole() | {"/appointment/b2": appointment("b2")}
    asked = written(answers, appointments=["a1", "b2", "a1"])
    asked.read()
    paths = [request.url.path for request in asked.asked]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("answer", "presence"),
    [(404, Presence.GONE), (410, Presence.GONE), (400, Presence.UNKNOWN)],
)
def test_a_missing_appointment_is_confirmed_as_gone(answer: int, presence: Presence):
    found = desk()
    key = only(found).key
    asked = written(whole(_appointment_a1=answer))
    assert asked.account.confirm(key, WINDOW).presence is presence


def test_an_unreadable_appointment_is_present():
    key = only(desk()).key
    asked = written(whole(_appointment_a1=appointment(time_start="soon")))
    answer = asked.account.confirm(key, WINDOW)
    assert (answer.presence, answer.sighting) == (Presence.PRESENT, None)


def test_a_login_page_confirms_nothing():
    key = only(desk()).key
    with pytest.raises(Nonsense):
        written(whole(_appointment_a1=b"<html>")).account.confirm(key, WINDOW)


@pytest.mark.parametrize("native_id", ["../event/30min", "a1?x", "..", ""])
def test_an_id_that_could_lead_elsewhere_is_not_asked_for(native_id: str):
    asked = desk()
    answer = asked.account.confirm(Key("frontdesk", Kind.SINGLE, native_id), WINDOW)
    assert answer.presence is Presence.UNKNOWN
    assert asked.asked == []


def test_what_is_kept_of_an_answer_names_no_customer():
    asked = desk(_appointment_a1=appointment(subject="Budget with Carl"))
    (sighting,) = asked.read().sightings
    kept = asked.account.redact(sighting.answer).decode()
    assert str(NOW) in kept
    for secret in ("Carl", "carl@", "dora@", "Budget"):
        assert secret not in kept


def test_the_check_says_which_page_can_be_booked_over_taken_time():
    access = desk(_calendar=calendars(amy="access_error")).account.check()
    assert any("30min" in problem for problem in access.problems)
    assert any("no list of appointments" in note for note in access.notes)


def test_the_check_names_what_is_configured_but_not_there():
    access = written(whole(), events=["gone"], appointments=["nope"]).account.check()
    said = " ".join(access.problems)
    assert "gone" in said
    assert "nope" in said


def test_the_check_of_a_sound_account_finds_nothing():
    assert desk().account.check().problems == ()


def test_a_slug_with_a_slash_or_a_space_is_no_id():
    for broken in ("a/b", "a b", "..", "https://x", ""):
        with pytest.raises(ValidationError, match="id"):
            settings(events=[broken])


def test_bindings_are_addresses_and_slugs():
    ENTRY.bindings["calendar"]("amy@example.org")
    ENTRY.bindings["event"]("30min")
    with pytest.raises(ValueError, match="e-mail"):
        ENTRY.bindings["calendar"]("amy")
    with pytest.raises(ValueError, match="id"):
        ENTRY.bindings["event"]("/api/v1/event/30min")


def test_the_scope_tells_keys_apart_without_showing_them():
    one, two = settings(), settings(api_key="another")
    assert ENTRY.scope(one) != ENTRY.scope(two)
    assert ENTRY.scope(one) == ENTRY.scope(settings(base_url="https://www.appointment.one/"))
    assert "ao-key" not in repr((ENTRY.scope(one), one))


def test_an_address_in_a_path_is_escaped():
    strange = "amy+1@example.org"
    answers = whole(_calendar=404, _event_30min=page(free_busy_calendars=[strange]))
    asked = written(answers | {f"/calendar/{strange}": {"id": strange, "state": "access_error"}})
    assert asked.read().templates[0].blind == (f"calendar:{strange}",)
