"""What writes do to the simulated Cliniko: defaults, complaints, archives, cancellations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.cliniko_client import BASE, EVERYTHING, HOUR, NOW, Clinic
from worker.sandbox.cliniko import Quirks, RepeatRule

START = "2026-09-25T01:00:00Z"


def new_group(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    body = {
        "appointment_type_id": clinic.pilates,
        "business_id": clinic.business,
        "practitioner_id": clinic.practitioner,
        "starts_at": START,
    }
    return {key: value for key, value in (body | changes).items() if value is not ...}


def new_block(clinic: Clinic, **changes: Any) -> dict[str, Any]:
    body = new_group(clinic, appointment_type_id=..., ends_at="2026-09-25T02:00:00Z")
    return {key: value for key, value in (body | changes).items() if value is not ...}


def test_a_new_group_takes_length_and_places_from_its_type():
    clinic = Clinic()
    reply = clinic.call("POST", "group_appointments", body=new_group(clinic))
    assert reply.status == 201
    assert reply.json["ends_at"] == "2026-09-25T02:00:00Z"
    assert reply.json["max_attendees"] == 3
    assert reply.headers["Location"] == f"{BASE}/group_appointments/{reply.json['id']}"


def test_a_repeated_post_makes_a_duplicate_and_double_bookings_are_accepted():
    clinic = Clinic()
    for _ in range(2):
        assert clinic.call("POST", "group_appointments", body=new_group(clinic)).status == 201
    first, _ = clinic.ids("group_appointments")
    assert clinic.call("GET", f"group_appointments/{first}/conflicts").json["conflicts"]["exist"]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"business_id": ...}, {"business": "can’t be blank"}),
        ({"starts_at": ..., "practitioner_id": None},
         {"starts_at": "can’t be blank", "practitioner": "can’t be blank"}),
        ({"appointment_type_id": "14120"}, {"max_attendees": "is not a number"}),
        ({"max_attendees": 1}, {"max_attendees": "must be greater than 1"}),
        ({"max_attendees": 100}, {"max_attendees": "must be less than 100"}),
        ({"starts_at": "soon"}, {"starts_at": "is invalid"}),
        ({"ends_at": START}, {"ends_at": "must be after the start"}),
        ({"repeat_rule": {"repeat_type": "Yearly", "number_of_repeats": 1}},
         {"repeat_rule": "is invalid"}),
    ],
)  # fmt: skip
def test_complaints_are_one_text_per_field(changes: dict[str, Any], errors: dict[str, str]):
    clinic = Clinic()
    reply = clinic.call("POST", "group_appointments", body=new_group(clinic, **changes))
    assert reply.status == 422
    assert reply.json == {"message": "Validation Failed", "errors": errors}
    assert clinic.ids("group_appointments") == []


def test_an_archived_related_row_is_a_complaint_about_the_base():
    clinic = Clinic()
    clinic.cliniko.archive_row(clinic.cliniko.practitioners[clinic.practitioner])
    reply = clinic.call("POST", "group_appointments", body=new_group(clinic))
    assert list(reply.json["errors"]) == ["base"]


def test_an_unknown_related_id_once_broke_the_server():
    clinic = Clinic(Quirks(unknown_related_status=500))
    body = new_group(clinic, business_id="1")
    assert clinic.call("POST", "group_appointments", body=body).status == 500


def test_a_posted_rule_is_materialised():
    clinic = Clinic()
    rule = {"repeat_type": "Daily", "number_of_repeats": 2, "repeating_interval": 3}
    body = new_group(clinic, repeat_rule=rule)
    assert clinic.call("POST", "group_appointments", body=body).status == 201
    rows = clinic.call("GET", "group_appointments").json["group_appointments"]
    assert [row["starts_at"][:10] for row in rows] == ["2026-09-25", "2026-09-28", "2026-10-01"]


def test_a_monthly_rule_stays_within_shorter_months():
    clinic = Clinic()
    rule = {"repeat_type": "Monthly", "number_of_repeats": 1, "repeating_interval": 1}
    body = new_group(clinic, repeat_rule=rule, starts_at="2027-01-31T01:00:00Z")
    clinic.call("POST", "group_appointments", body=body)
    rows = clinic.call("GET", "group_appointments").json["group_appointments"]
    assert rows[1]["starts_at"] == "2027-02-28T01:00:00Z"


def test_the_first_one_may_count_as_a_repeat():
    clinic = Clinic(Quirks(repeats_counted="with_first", children_carry_rule=True))
    clinic.group(repeat=RepeatRule("Daily", 3))
    rows = clinic.call("GET", "group_appointments").json["group_appointments"]
    assert len(rows) == 3
    assert rows[2]["repeat_rule"]["number_of_repeats"] == 3


def test_a_patch_changes_what_it_names_and_one_row_only():
    clinic = Clinic()
    root = clinic.group(repeat=RepeatRule("Daily", 1))
    before = clinic.call("GET", "group_appointments").json["group_appointments"]
    clinic.clock.at += 7
    reply = clinic.call("PATCH", f"group_appointments/{root}", body={"notes": "bring a mat"})
    assert reply.status == 200
    changed = before[0] | {"notes": "bring a mat", "updated_at": "2026-09-21T14:13:27Z"}
    assert reply.json == changed
    after = clinic.call("GET", "group_appointments").json["group_appointments"]
    assert after[1] == before[1]


@pytest.mark.parametrize(("kept", "end"), [("end", "16:13"), ("duration", "16:00")])
def test_a_patch_of_the_start_keeps_the_end_or_the_duration(kept: Any, end: str):
    clinic = Clinic(Quirks(patch_keeps=kept))
    body = {"starts_at": "2026-09-21T15:00:00Z"}
    reply = clinic.call("PATCH", f"group_appointments/{clinic.group()}", body=body)
    assert reply.json["ends_at"][11:16] == end


def test_a_null_end_is_worked_out_from_the_type_again():
    clinic = Clinic()
    row = clinic.group(ends_at=NOW + 5 * HOUR)
    reply = clinic.call("PATCH", f"group_appointments/{row}", body={"ends_at": None})
    assert reply.json["ends_at"] == "2026-09-21T16:13:20Z"


def test_put_is_accepted_as_the_old_documentation_had_it():
    clinic = Clinic()
    path = f"group_appointments/{clinic.group()}"
    assert clinic.call("PUT", path, body={"notes": "x"}).status == 200
    today = Clinic(Quirks(put_accepted=False))
    assert today.call("PUT", f"group_appointments/{today.group()}", body={}).status == 404


@pytest.mark.parametrize(("verb", "tail"), [("POST", "/archive"), ("DELETE", "")])
@pytest.mark.parametrize("kind", ["group", "single", "block"])
def test_both_ways_to_archive_answer_204_once(verb: str, tail: str, kind: str):
    clinic = Clinic()
    row = getattr(clinic, kind)()
    collection = {
        "group": "group_appointments",
        "single": "individual_appointments",
        "block": "unavailable_blocks",
    }[kind]
    path = f"{collection}/{row}"
    done = clinic.call(verb, path + tail)
    assert (done.status, done.response.body) == (204, b"")
    assert clinic.call(verb, path + tail).status == 404
    assert clinic.call("PATCH", path, body={"notes": "x"}).status == 404
    assert clinic.call("GET", path, EVERYTHING).status == 200
    assert clinic.truth(row)["status"] == "cancelled"


def test_a_block_needs_an_end_and_may_have_a_type():
    clinic = Clinic()
    bare = clinic.call("POST", "unavailable_blocks", body=new_block(clinic, ends_at=...))
    assert bare.json["errors"] == {"ends_at": "can’t be blank"}
    kind = clinic.cliniko.add_block_type("Lunch")
    body = new_block(clinic, unavailable_block_type_id=kind)
    made = clinic.call("POST", "unavailable_blocks", body=body)
    assert made.status == 201
    link = made.json["unavailable_block_type"]["links"]["self"]
    assert clinic.follow(link).json["name"] == "Lunch"
    assert clinic.truth(made.json["id"])["title"] == "Lunch"
    plain = clinic.call("POST", "unavailable_blocks", body=new_block(clinic))
    assert plain.json["unavailable_block_type"] is None
    row = plain.json["id"]
    moved = {"starts_at": "2026-09-25T03:00:00Z", "ends_at": "2026-09-25T04:00:00Z"}
    assert clinic.call("PATCH", f"unavailable_blocks/{row}", body=moved).status == 200
    assert clinic.truth(row)["start"] == moved["starts_at"]


def test_an_individual_appointment_names_its_patient_and_seats_them():
    clinic = Clinic()
    body = new_group(clinic, appointment_type_id=clinic.physio, patient_id=clinic.patient)
    made = clinic.call("POST", "individual_appointments", body=body)
    assert made.json["patient_name"] == "Pat One"
    assert made.json["ends_at"] == "2026-09-25T01:30:00Z"
    assert len(clinic.ids("attendees", f"booking_id:={made.json['id']}")) == 1
    lacking = clinic.call("POST", "individual_appointments", body=new_group(clinic, patient_id=...))
    assert lacking.json["errors"] == {"patient": "can’t be blank"}


def test_cancelling_needs_a_known_reason_and_may_reach_later_repeats():
    clinic = Clinic()
    root = clinic.single(repeat=RepeatRule("Weekly", 2))
    path = f"individual_appointments/{root}/cancel"
    assert clinic.call("PATCH", path, body={}).status == 422
    assert clinic.call("PATCH", path, body={"cancellation_reason": 7}).status == 422
    second = clinic.ids("individual_appointments")[1]
    body = {"cancellation_reason": 10, "apply_to_repeats": True}
    done = clinic.call("PATCH", f"individual_appointments/{second}/cancel", body=body)
    assert done.status == 204
    assert clinic.ids("individual_appointments") == [root]


def test_attendees_come_and_go_and_are_told():
    clinic = Clinic()
    row = clinic.group()
    body = {"booking_id": row, "patient_id": clinic.patient, "notes": "first time"}
    made = clinic.call("POST", "attendees", body=body)
    assert (made.status, made.json["notes"]) == (201, "first time")
    place = made.json["id"]
    assert clinic.truth(row) | {"status": "booked", "attendees": 1} == clinic.truth(row)
    arrived = clinic.call("PATCH", f"attendees/{place}", body={"arrived": True})
    assert arrived.json["arrived"] is True
    cancel = {"cancellation_reason": 50}
    assert clinic.call("PATCH", f"attendees/{place}/cancel", body=cancel).status == 204
    assert clinic.truth(row) | {"status": "offered", "attendees": 0} == clinic.truth(row)
    kinds = [note.kind for note in clinic.cliniko.notifications]
    assert kinds == ["appointment confirmation", "appointment cancellation"]
    assert clinic.call("POST", f"attendees/{place}/archive").status == 204


def test_an_attendee_needs_a_booking_and_a_patient_and_room():
    clinic = Clinic()
    empty = clinic.call("POST", "attendees", body={})
    assert empty.json["errors"] == {"booking": "can’t be blank", "patient": "can’t be blank"}
    row = clinic.group(max_attendees=1)
    body = {"booking_id": row, "patient_id": clinic.patient}
    assert clinic.call("POST", "attendees", body=body).status == 201
    assert list(clinic.call("POST", "attendees", body=body).json["errors"]) == ["base"]


@pytest.mark.parametrize(("bumps", "found"), [(False, 0), (True, 1)])
def test_an_attendee_may_or_may_not_move_the_bookings_updated_at(bumps: bool, found: int):
    clinic = Clinic(Quirks(attendee_bumps_booking=bumps))
    row = clinic.group()
    clinic.clock.at += 60
    clinic.cliniko.add_attendee(row, clinic.patient)
    since = "updated_at:>=2026-09-21T14:14:00Z"
    assert len(clinic.ids("group_appointments", since)) == found
    assert len(clinic.ids("attendees", since)) == 1


def test_a_body_must_be_a_json_object_and_say_so():
    clinic = Clinic()
    path = "group_appointments"
    assert clinic.call("POST", path, body=[]).status == 400
    form = "application/x-www-form-urlencoded"
    assert clinic.call("POST", path, body={}, content_type=form).status == 415
