"""The simulated Acuity: creating, moving, cancelling, blocking, availability and webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import date, timedelta
from urllib.parse import parse_qs

import pytest

from tests.sandbox.acuity_caller import MONDAY, error, practice, read

# Create: what a client must bring along


@pytest.mark.parametrize(("changes", "code", "message"), [
    ({"firstName": None}, "required_first_name", 'Attribute "firstName" is required.'),
    ({"lastName": ""}, "required_last_name", 'Attribute "lastName" is required.'),
    ({"email": None}, "required_email", 'Attribute "email" is required.'),
    ({"email": "nobody"}, "invalid_email", 'Invalid "email" attribute value.'),
    ({"fields": [{"id": 1, "value": "x"}]}, "invalid_fields",
     'The field "1" does not exist on this appointment.'),
    ({"appointmentTypeID": None}, "required_appointment_type_id",
     'The parameter "appointmentTypeID" is required.'),
    ({"appointmentTypeID": 987654321}, "invalid_appointment_type",
     'The appointment type "987654321" does not exist.'),
    ({"calendarID": 987654321}, "invalid_calendar", 'The calendar "987654321" does not exist.'),
    ({"datetime": None}, "required_datetime", 'The parameter "datetime" is required.'),
    ({"datetime": "asdf"}, "invalid_datetime", 'The datetime "asdf" is invalid.'),
    ({"timezone": "Aint/No_Timezone"}, "invalid_timezone", 'Invalid timezone "Aint/No_Timezone".'),
    ({"datetime": "2026-11-23T05:00:00+0000"}, "not_available",
     'The time "2026-11-23T05:00:00+0000" is not an available time slot.'),
    ({"datetime": "2026-11-23T05:00:00+0000", "calendarID": None}, "no_available_calendar",
     "We could not find an available calendar."),
    ({"datetime": "2026-11-20T10:00:00+0000"}, "not_available_min_hours_in_advance",
     'The time "2026-11-20T10:00:00+0000" is not far enough in advance.'),
    ({"datetime": "2028-11-20T10:00:00"}, "not_available_max_days_in_advance",
     'The time "2028-11-20T10:00:00" is too far in advance.'),
    ({"certificate": "NOCODENOPROBLEM"}, "invalid_certificate",
     'The certificate "NOCODENOPROBLEM" is invalid.'),
])  # fmt: skip
def test_each_lack_has_its_documented_error(changes, code, message):
    answer = practice().create(**changes)
    assert answer.status == 400
    assert error(answer) == code
    assert read(answer)["message"] == message


def test_a_required_question_must_be_answered():
    office = practice()
    form = office.site.add_form("Intake", "Why?", required=["Why?"])
    kind = office.site.add_type("Intake", 50, [office.calendar], form_ids=[form])
    answer = office.create(appointmentTypeID=kind)
    assert error(answer) == "required_field"
    field = office.get("/forms")[0]["fields"][0]["id"]
    assert str(field) in read(answer)["message"]
    made = office.made(appointmentTypeID=kind, fields=[{"id": field, "value": "Back"}])
    assert made["forms"][0]["values"][0]["value"] == "Back"
    assert "Why?: Back" in made["formsText"]


def test_coupons_fail_in_three_more_ways_and_are_used_up():
    office = practice()
    other = office.site.add_type("Massage", 30, [office.calendar])
    office.site.add_certificate("OLD", [office.kind], expires=date(2026, 11, 20))
    office.site.add_certificate("ONCE", [office.kind], uses=1)
    office.site.add_certificate("OTHER", [other])
    assert error(office.create(certificate="OLD")) == "expired_certificate"
    assert error(office.create(certificate="OTHER")) == "invalid_certificate_type"
    assert office.made(certificate="ONCE")["certificate"] == "ONCE"
    again = office.create(certificate="ONCE", datetime="2026-11-24T10:00:00+0000")
    assert error(again) == "certificate_uses"
    check = {"certificate": "OTHER", "appointmentTypeID": other}
    assert office.get("/certificates/check", **check)["certificate"] == "OTHER"
    failed = office.ask("GET", "/certificates/check", query={**check, "certificate": "x"})
    assert error(failed) == "invalid_certificate"


def test_a_body_that_is_no_object_is_a_bad_request():
    office = practice()
    for body in ([], "text", None):
        assert error(office.ask("POST", "/appointments", body)) == "bad_request"


# Create: clients are checked, admins are not


def test_a_client_cannot_book_what_is_taken_but_an_admin_can():
    office = practice()
    office.made()
    assert error(office.create()) == "not_available"
    made = office.made({"admin": "true"})
    assert made["scheduledBy"] == "owner@example.org"
    assert len(office.get("/appointments")) == 2


def test_paddings_keep_neighbours_apart():
    office = practice()  # 10 minutes before, 5 after
    office.made()
    too_near = "2026-11-23T11:00:00+0000"  # the padding begins at 10:50, the other's ends at 10:55
    assert error(office.create(datetime=too_near)) == "not_available"
    assert office.create(datetime="2026-11-23T11:05:00+0000").status == 200


def test_blocks_stop_clients_but_neither_admins_nor_classes():
    office = practice()
    office.site.block(office.calendar, MONDAY, MONDAY + timedelta(hours=1))
    assert error(office.create()) == "not_available"
    assert office.create({"admin": "true"}).status == 200
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 8)
    office.site.add_class(kind, MONDAY)
    assert office.create(appointmentTypeID=kind).status == 200


def test_an_admin_must_name_a_calendar_and_nothing_else_about_the_client():
    office = practice()
    assert error(office.create({"admin": "true"}, calendarID=None)) == "invalid_calendar"
    bare = {"firstName": None, "lastName": None, "email": None}
    assert office.create({"admin": "true"}, **bare).status == 200
    strict = practice(admin_required=frozenset({"firstName"}))
    assert error(strict.create({"admin": "true"}, **bare)) == "required_first_name"


def test_notes_are_for_admins_only():
    office = practice()
    assert office.made(notes="secret")["notes"] == ""
    later = {"datetime": "2026-11-24T10:00:00+0000"}
    assert office.made({"admin": "true"}, notes="secret", **later)["notes"] == "secret"


def test_switches_in_the_body_mean_nothing():
    office = practice()
    office.made(admin=True, noEmail=True, notes="x")
    assert [(one.kind, one.medium) for one in office.site.notifications] == [("scheduled", "email")]
    office.made({"noEmail": "true"}, datetime="2026-11-24T10:00:00+0000")
    assert len(office.site.notifications) == 1


def test_an_sms_needs_consent():
    office = practice()
    office.made(smsOptIn=True)
    assert [one.medium for one in office.site.notifications] == ["email", "sms"]


def test_a_calendar_is_chosen_for_clients_who_name_none():
    office = practice()
    ben = office.site.add_calendar("Ben")
    office.site.site.types[office.kind].calendar_ids.append(ben)
    assert office.made(calendarID=None)["calendarID"] == office.calendar
    assert office.made(calendarID=None)["calendarID"] == ben
    assert error(office.create(calendarID=None)) == "no_available_calendar"


@pytest.mark.parametrize(("quirk", "moment"), [
    ("calendar", "2026-11-23T10:00:00+0900"),
    ("account", "2026-11-23T19:00:00+0900"),
])  # fmt: skip
def test_a_naive_time_is_read_in_the_calendars_zone_or_the_accounts(quirk, moment):
    office = practice(naive_zone=quirk)
    far = office.site.add_calendar("Far", timezone="Asia/Tokyo")
    made = office.made({"admin": "true"}, calendarID=far, datetime="2026-11-23 10:00")
    assert made["datetime"] == moment


@pytest.mark.parametrize("text", [
    "2026-11-23T10:00:00+0000", "2026-11-23T10:00:00+00:00", "2026-11-23T10:00:00Z",
    "2026-11-23 10:00:00", "2026-11-23 10:00", "November 23, 2026 10:00am",
])  # fmt: skip
def test_times_may_be_written_in_many_ways(text):
    assert practice().made(datetime=text)["datetime"] == "2026-11-23T10:00:00+0000"


def test_addons_and_labels_are_taken_over():
    office = practice()
    addon, label = office.site.add_addon("Longer", 10), office.site.add_label("VIP")
    made = office.made(addonIDs=[addon], labels=[{"id": label}, {"id": 5}])
    assert made["duration"] == "60"
    assert made["labels"] == [{"id": label, "name": "VIP", "color": "green"}]


def test_class_places_run_out_for_clients_and_every_row_has_the_class_id():
    office = practice()
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 2)
    id_ = office.site.add_class(kind, MONDAY)
    rows = [office.made(appointmentTypeID=kind) for _ in range(2)]
    assert [row["classID"] for row in rows] == [id_, id_]
    assert error(office.create(appointmentTypeID=kind)) == "not_available"
    assert office.create({"admin": "true"}, appointmentTypeID=kind).status == 200
    assert office.site.truth()[0]["attendees"] == 3


def test_a_series_is_booked_as_a_whole_and_cannot_be_moved():
    office = practice()
    kind = office.site.add_class_type("Course", 60, [office.calendar], 8, kind="series")
    ids = [office.site.add_class(kind, MONDAY + timedelta(weeks=n)) for n in range(3)]
    made = office.made(appointmentTypeID=kind)
    rows = office.get("/appointments", direction="ASC")
    assert [row["classID"] for row in rows] == ids
    path = f"/appointments/{made['id']}/reschedule"
    body = {"datetime": "2026-11-24T10:00:00+0000"}
    assert error(office.ask("PUT", path, body, {"admin": "true"})) == "reschedule_series"


# Update, move, cancel


def test_an_update_ignores_a_new_time_without_a_word():
    office = practice()
    id_ = office.made()["id"]
    body = {"datetime": "2026-11-24T10:00:00+0000", "calendarID": 1, "firstName": "Rob"}
    changed = read(office.ask("PUT", f"/appointments/{id_}", body))
    assert changed["firstName"] == "Rob"
    assert changed["datetime"] == "2026-11-23T10:00:00+0000"


def test_an_update_checks_what_clients_send():
    office = practice()
    id_ = office.made()["id"]
    path = f"/appointments/{id_}"
    assert error(office.ask("PUT", path, {"email": "nobody"})) == "invalid_email"
    assert read(office.ask("PUT", path, {"notes": "x"}))["notes"] == ""
    assert read(office.ask("PUT", path, {"notes": "x"}, {"admin": "true"}))["notes"] == "x"
    label = office.site.add_label("VIP")
    assert read(office.ask("PUT", path, {"labels": [{"id": label}]}))["labels"][0]["id"] == label
    assert read(office.ask("PUT", path, {"labels": []}))["labels"] is None


def test_a_move_keeps_the_id_and_ignores_its_own_old_place():
    office = practice()
    id_ = office.made()["id"]
    body = {"datetime": "2026-11-23T10:05:00+0000"}
    moved = read(office.ask("PUT", f"/appointments/{id_}/reschedule", body))
    assert (moved["id"], moved["time"]) == (id_, "10:05am")
    assert office.site.notifications[-1].kind == "rescheduled"


def test_a_move_has_the_documented_errors():
    office = practice()
    id_ = office.made()["id"]
    office.made(datetime="2026-11-24T10:00:00+0000")
    path = f"/appointments/{id_}/reschedule"
    later = "2026-11-25T10:00:00+0000"
    for body, code in (
        ({}, "required_datetime"),
        ({"datetime": "asdf"}, "invalid_datetime"),
        ({"datetime": later, "calendarID": 5}, "invalid_calendar"),
        ({"datetime": later, "timezone": "No/Where"}, "invalid_timezone"),
        ({"datetime": "2026-11-24T10:00:00+0000"}, "not_available"),
    ):
        assert error(office.ask("PUT", path, body)) == code
    office.site.settings.clients_may_reschedule = False
    assert error(office.ask("PUT", path, {"datetime": later})) == "reschedule_not_allowed"
    office.site.settings.clients_may_reschedule = True
    office.clock.at = MONDAY.timestamp() - 60
    assert error(office.ask("PUT", path, {"datetime": later})) == "reschedule_too_close"
    assert office.ask("PUT", path, {"datetime": later}, {"admin": "true"}).status == 200


def test_a_refused_move_changes_nothing():
    office = practice()
    made = office.made()
    path = f"/appointments/{made['id']}"
    body = {"datetime": "2026-11-23T03:00:00+0000", "timezone": "Asia/Tokyo"}
    assert office.ask("PUT", f"{path}/reschedule", body).status == 400
    assert office.get(path) == made


def test_a_null_calendar_lets_the_vendor_choose_one():
    office = practice()
    ben = office.site.add_calendar("Ben")
    office.site.site.types[office.kind].calendar_ids.append(ben)
    office.made(datetime="2026-11-24T10:00:00+0000")
    id_ = office.made()["id"]
    body = {"datetime": "2026-11-24T10:00:00+0000", "calendarID": None}
    assert read(office.ask("PUT", f"/appointments/{id_}/reschedule", body))["calendarID"] == ben


def test_cancelling_needs_an_object_and_is_final():
    office = practice()
    id_ = office.made()["id"]
    path = f"/appointments/{id_}"
    assert error(office.ask("PUT", f"{path}/cancel")) == "bad_request"
    assert error(office.ask("PUT", f"{path}/cancel", [])) == "bad_request"
    gone = read(office.ask("PUT", f"{path}/cancel", {}))
    assert (gone["canceled"], gone["noShow"], gone["canClientCancel"]) == (True, False, False)
    assert office.get(path)["canceled"] is True
    body = {"datetime": "2026-11-24T10:00:00+0000"}
    assert error(office.ask("PUT", f"{path}/reschedule", body)) == "reschedule_canceled"
    assert error(office.ask("PUT", f"{path}/cancel", {})) == "cancel_not_allowed"
    assert [one.kind for one in office.site.notifications] == ["scheduled", "canceled"]


def test_a_second_cancellation_may_pass_but_tells_nobody_again():
    office = practice(cancel_again="accepted")
    id_ = office.made()["id"]
    statuses = [office.ask("PUT", f"/appointments/{id_}/cancel", {}).status for _ in range(2)]
    assert statuses == [200, 200]
    assert [one.kind for one in office.site.notifications] == ["scheduled", "canceled"]


def test_clients_cancel_in_time_or_not_at_all_and_only_admins_note_a_no_show():
    office = practice()
    id_ = office.made()["id"]
    path = f"/appointments/{id_}/cancel"
    office.site.settings.clients_may_cancel = False
    assert error(office.ask("PUT", path, {})) == "cancel_not_allowed"
    office.site.settings.clients_may_cancel = True
    office.clock.at = MONDAY.timestamp() - 60
    assert error(office.ask("PUT", path, {})) == "cancel_too_close"
    gone = read(office.ask("PUT", path, {"noShow": True}, {"admin": "true", "noEmail": "true"}))
    assert gone["noShow"] is True
    assert len(office.site.notifications) == 1


# Blocks


def block_body(office, **changes):
    body = {
        "start": "2026-11-23T10:00:00+0000",
        "end": "2026-11-23T11:00:00+0000",
        "calendarID": office.calendar,
        "notes": "busy",
    }
    return {**body, **changes}


def test_a_block_is_written_like_the_vendor_writes_it():
    office = practice("Indian/Mayotte")
    made = read(office.ask("POST", "/blocks", block_body(office, start="2026-11-23 13:00")))
    assert made.pop("id") > 2**32
    assert made == {
        "calendarID": office.calendar,
        "serviceGroupID": office.calendar,
        "calendarTimezone": "Indian/Mayotte",
        "start": "2026-11-23T13:00:00+0300",
        "end": "2026-11-23T14:00:00+0300",
        "notes": "busy",
        "managed": False,
        "recurring": None,
        "until": None,
        "description": "Monday, November 23, 2026 1:00pm - 2:00pm",
    }


def test_equal_blocks_are_two_blocks_and_a_removed_one_is_gone_with_204():
    office = practice()
    ids = [read(office.ask("POST", "/blocks", block_body(office)))["id"] for _ in range(2)]
    assert len(set(ids)) == 2
    removed = office.ask("DELETE", f"/blocks/{ids[0]}")
    assert (removed.status, removed.body) == (204, b"")
    assert [row["id"] for row in office.get("/blocks")] == [ids[1]]
    assert office.get(f"/blocks/{ids[1]}")["id"] == ids[1]
    assert office.ask("DELETE", f"/blocks/{ids[0]}").status == 404


@pytest.mark.parametrize(("changes", "code"), [
    ({"calendarID": 1}, "invalid_calendar"),
    ({"calendarID": None}, "invalid_calendar"),
    ({"start": None}, "bad_request"),
    ({"end": "2026-11-23T09:00:00+0000"}, "bad_request"),
    ({"start": "asdf"}, "invalid_datetime"),
])  # fmt: skip
def test_senseless_blocks_are_refused(changes, code):
    office = practice()
    assert error(office.ask("POST", "/blocks", block_body(office, **changes))) == code


def test_blocks_are_listed_later_start_first_in_a_window_up_to_100():
    office = practice()
    for hours in range(101):
        start = MONDAY + timedelta(hours=hours)
        office.site.block(office.calendar, start, start + timedelta(minutes=30))
    rows = office.get("/blocks")
    assert len(rows) == 100
    assert rows[0]["start"] > rows[-1]["start"]
    day = {"minDate": "2026-11-23", "maxDate": "2026-11-23"}
    assert len(office.get("/blocks", **day)) == 14
    assert office.get("/blocks", calendarID=1) == []
    whole = practice(blocks_default_max=None)
    for _ in range(101):
        whole.site.block(whole.calendar, MONDAY, MONDAY + timedelta(hours=1))
    assert len(whole.get("/blocks")) == 101


@pytest.mark.parametrize(("quirk", "found"), [("overlap", 1), ("start", 0)])
def test_a_block_across_midnight_counts_for_both_days_or_for_the_first(quirk, found):
    office = practice(blocks_match=quirk)
    office.site.block(office.calendar, MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=16))
    rows = office.get("/blocks", minDate="2026-11-24", maxDate="2026-11-24")
    assert len(rows) == found


# Availability


def test_free_times_step_by_the_types_length_and_leave_out_what_is_taken():
    office = practice()
    query = {"date": "2026-11-23", "appointmentTypeID": office.kind}
    open_times = [row["time"][11:16] for row in office.get("/availability/times", **query)]
    assert open_times[:3] == ["09:00", "09:50", "10:40"]
    id_ = office.made(datetime="2026-11-23T09:50:00+0000")["id"]
    taken = [row["time"][11:16] for row in office.get("/availability/times", **query)]
    assert taken[0] == "11:30"
    ignoring = office.get("/availability/times", **query, **{"ignoreAppointmentIDs[]": id_})
    assert [row["time"][11:16] for row in ignoring] == open_times


def test_free_dates_leave_out_weekends_and_the_past():
    office = practice()
    query = {"month": "2026-11", "appointmentTypeID": office.kind}
    days = [row["date"] for row in office.get("/availability/dates", **query)]
    assert days[0] == "2026-11-23"
    assert "2026-11-28" not in days


def test_classes_to_come_show_their_places():
    office = practice()
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 2)
    id_ = office.site.add_class(kind, MONDAY)
    office.site.join(id_, "Ida Example")
    (row,) = office.get("/availability/classes", month="2026-11")
    assert (row["id"], row["slots"], row["slotsAvailable"]) == (id_, 2, 1)
    office.site.join(id_, "Udo Muster")
    assert office.get("/availability/classes", month="2026-11") == []


def test_times_can_be_checked_alone_or_together():
    office = practice()
    question = {
        "datetime": "2026-11-23T10:00:00+0000",
        "appointmentTypeID": office.kind,
        "calendarID": office.calendar,
    }
    path = "/availability/check-times"
    assert read(office.ask("POST", path, question)) == {**question, "valid": True}
    office.made()
    (answer,) = read(office.ask("POST", path, [question]))
    assert answer == {**question, "valid": False, "error": "not_available"}


# Webhooks


@pytest.mark.parametrize(("quirk", "actions"), [
    ("bare", ["scheduled", "changed"]),
    ("prefixed", ["appointment.scheduled", "appointment.changed"]),
])  # fmt: skip
def test_webhooks_are_signed_forms_and_changed_comes_on_top(quirk, actions):
    office = practice(action=quirk)
    for event in ("appointment.scheduled", "appointment.changed"):
        body = {"event": event, "target": "https://app.example.org/hook"}
        assert read(office.ask("POST", "/webhooks", body))["status"] == "active"
    id_ = office.made()["id"]
    calls = office.site.deliveries
    forms = [parse_qs(call.body.decode()) for call in calls]
    assert [form["action"][0] for form in forms] == actions
    assert forms[0].keys() == {"action", "id", "calendarID", "appointmentTypeID"}
    assert forms[0]["id"] == [str(id_)]
    seal = hmac.new(b"sandbox-api-key", calls[0].body, hashlib.sha256).digest()
    assert dict(calls[0].headers)["X-Acuity-Signature"] == base64.b64encode(seal).decode()


def test_an_update_fires_changed_once():
    office = practice()
    office.site.add_hook("appointment.changed", "https://app.example.org/hook")
    id_ = office.made({"noEmail": "true"})["id"]
    office.ask("PUT", f"/appointments/{id_}", {"firstName": "Rob"})
    assert len(office.site.deliveries) == 2


def test_webhooks_are_limited_in_number_and_ports():
    office = practice()
    body = {"event": "appointment.changed", "target": "https://app.example.org/hook"}
    far = {**body, "target": "https://app.example.org:8443/hook"}
    assert error(office.ask("POST", "/webhooks", far)) == "bad_request"
    assert practice(hook_ports=None).ask("POST", "/webhooks", far).status == 200
    made = [office.ask("POST", "/webhooks", body) for _ in range(26)]
    assert [answer.status for answer in made] == [200] * 25 + [400]
    id_ = json.loads(made[0].body)["id"]
    assert office.ask("DELETE", f"/webhooks/{id_}").status == 204
    assert len(office.get("/webhooks")) == 24
