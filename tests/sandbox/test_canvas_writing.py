"""What writes do to the simulated Canvas: states, limits, timestamps, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.canvas_client import BASE, HOUR, NOW, STUDENT, TEACHER, Campus
from worker.sandbox.canvas import Quirks
from worker.sandbox.exchange import Request

AT = ["2026-09-22T09:00:00Z", "2026-09-22T10:00:00Z"]
NEXT = ["2026-09-22T10:00:00Z", "2026-09-22T11:00:00Z"]


def stamps(campus: Campus, group: int, slot: int) -> tuple[int, int]:
    return campus.canvas.groups[group].updated_at, campus.canvas.events[slot].updated_at


def test_a_form_creates_a_pending_group_with_201_and_names_its_new_slots():
    campus = Campus()
    key = "appointment_group[new_appointments]"
    form = [
        ("appointment_group[context_codes][]", f"course_{campus.course}"),
        ("appointment_group[title]", "Final Presentation"),
        ("appointment_group[participants_per_appointment]", "1"),
        *((f"{key}[0][]", text) for text in AT),
        *((f"{key}[1][]", text) for text in NEXT),
        (f"{key}[2][]", "2026-09-22T12:00:00Z"),
    ]
    reply = campus.call("POST", "appointment_groups.json", form=form)
    assert reply.status == 201
    assert reply.json["workflow_state"] == "pending"
    assert [slot["start_at"] for slot in reply.json["new_appointments"]] == [AT[0], NEXT[0]]
    assert "appointments" not in reply.json


def test_json_creates_a_published_group():
    campus = Campus()
    group = {
        "context_codes": [f"course_{campus.course}"],
        "title": "Final",
        "publish": True,
        "new_appointments": {"0": AT},
        "unknown": "dropped",
    }
    reply = campus.call("POST", "appointment_groups", body={"appointment_group": group})
    assert (reply.status, reply.json["workflow_state"]) == (201, "active")
    assert {note.kind for note in campus.canvas.notifications} == {"appointment group published"}


def test_a_multipart_form_is_read_like_any_other():
    campus = Campus()
    group = campus.group(1, state="pending")
    body = (
        "--cut\r\n"
        'Content-Disposition: form-data; name="appointment_group[publish]"\r\n\r\n'
        "1\r\n--cut--\r\n"
    )
    headers = {
        "authorization": f"Bearer {TEACHER}",
        "content-type": "multipart/form-data; boundary=cut",
    }
    path = f"/api/v1/appointment_groups/{group}.json"
    response = campus.canvas.handle(Request("PUT", path, "", headers, body.encode(), BASE))
    assert response.status == 200
    assert campus.canvas.groups[group].workflow_state == "active"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"title": "No course"}, 404),
        ({"title": "x" * 256, "context_codes": ["course"]}, 400),
        ({"participant_visibility": "public", "context_codes": ["course"]}, 400),
        ({"allow_observer_signup": True, "context_codes": ["course"]}, 403),
    ],
)
def test_a_group_that_cannot_be_is_refused(fields: dict[str, Any], status: int):
    campus = Campus()
    if "context_codes" in fields:
        fields = fields | {"context_codes": [f"course_{campus.course}"]}
    reply = campus.call("POST", "appointment_groups", body={"appointment_group": fields})
    assert reply.status == status
    assert campus.canvas.groups == {}


def test_a_concluded_course_takes_no_groups():
    campus = Campus()
    campus.canvas.conclude_course(campus.course)
    fields = {"title": "Late", "context_codes": [f"course_{campus.course}"]}
    reply = campus.call("POST", "appointment_groups", body={"appointment_group": fields})
    assert (reply.status, list(reply.json)) == (400, ["error"])


@pytest.mark.parametrize("publish", [True, "true", 1, "yes"])
def test_only_the_text_1_publishes_on_update(publish: object):
    campus = Campus()
    group = campus.group(1, state="pending")
    path = f"appointment_groups/{group}"
    alone = campus.call("PUT", path, body={"appointment_group": {"publish": publish}})
    assert alone.status == 400
    assert alone.json == {"errors": [{"message": "appointment_group is missing"}]}
    with_title = {"appointment_group": {"publish": publish, "title": "New"}}
    assert campus.call("PUT", path, body=with_title).json["workflow_state"] == "pending"
    published = campus.call("PUT", path, form=[("appointment_group[publish]", "1")])
    assert published.json["workflow_state"] == "active"


def test_an_update_adds_slots_and_never_moves_one():
    campus = Campus()
    group = campus.group(1)
    path = f"appointment_groups/{group}"
    body = {"appointment_group": {"new_appointments": [AT]}}
    added = campus.call("PUT", path, body=body)
    assert added.status == 200
    assert len(added.json["new_appointments"]) == 1
    assert len(campus.slots(group)) == 2
    again = campus.call("PUT", path, body=body)
    assert (again.status, list(again.json["errors"])) == (400, ["appointments"])
    assert len(campus.slots(group)) == 2


def test_slots_may_touch_and_other_groups_are_never_looked_at():
    campus = Campus()
    group = campus.group(1, 2)
    assert len(campus.slots(group)) == 2
    assert len(campus.slots(campus.group(1))) == 1


def test_a_moved_slot_takes_its_reservations_along_and_tells_nobody():
    campus = Campus()
    group = campus.group(1, 5)
    [slot, _] = campus.slots(group)
    row = campus.canvas.reserve(slot, campus.student)
    told = len(campus.canvas.notifications)
    range_before = campus.canvas.groups[group].end_at
    campus.clock.at += 60
    form = [("calendar_event[start_at]", AT[0]), ("calendar_event[end_at]", AT[1])]
    moved = campus.call("PUT", f"calendar_events/{slot}", form=form)
    assert (moved.status, moved.json["start_at"]) == (200, AT[0])
    child = campus.canvas.events[row]
    assert child.start_at == campus.canvas.events[slot].start_at
    assert child.updated_at == NOW
    assert stamps(campus, group, slot) == (NOW + 60, NOW + 60)
    assert campus.canvas.groups[group].end_at == range_before
    assert len(campus.canvas.notifications) == told


def test_a_move_onto_a_neighbour_is_refused_under_context():
    campus = Campus()
    [slot, _] = campus.slots(campus.group(1, 2))
    form = [("calendar_event[end_at]", "2026-09-21T16:30:00Z")]
    reply = campus.call("PUT", f"calendar_events/{slot}", form=form)
    assert (reply.status, list(reply.json["errors"])) == (400, ["context"])


def test_a_site_may_refuse_to_move_a_reserved_slot():
    campus = Campus(Quirks(locked_slots_move=False))
    [slot] = campus.slots(campus.group(1))
    campus.canvas.reserve(slot, campus.student)
    form = [("calendar_event[start_at]", AT[0]), ("calendar_event[end_at]", AT[1])]
    assert campus.call("PUT", f"calendar_events/{slot}", form=form).status == 403


def test_title_and_place_of_a_slot_are_reverted_in_silence_and_its_limit_is_not():
    campus = Campus()
    [slot] = campus.slots(campus.group(1, location_name="Room 1"))
    form = [
        ("calendar_event[title]", "Mine"),
        ("calendar_event[location_name]", "Elsewhere"),
        ("calendar_event[participants_per_appointment]", "3"),
    ]
    shown = campus.call("PUT", f"calendar_events/{slot}", form=form)
    assert shown.status == 200
    assert (shown.json["title"], shown.json["location_name"]) == ("Office hours", "Room 1")
    assert campus.truth(slot)["capacity"] == 3


def test_neither_the_context_of_a_slot_nor_a_reservation_can_be_edited():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    row = campus.canvas.reserve(slot, campus.student)
    form = [("calendar_event[context_code]", "course_1")]
    moved = campus.call("PUT", f"calendar_events/{slot}", form=form)
    assert (moved.status, list(moved.json)) == (400, ["message"])
    form = [("calendar_event[start_at]", AT[0])]
    assert campus.call("PUT", f"calendar_events/{row}", form=form).status == 403


def test_the_last_slot_takes_its_group_along():
    campus = Campus()
    group = campus.group(1, 2)
    first, second = campus.slots(group)
    assert campus.call("DELETE", f"calendar_events/{first}").json["workflow_state"] == "deleted"
    assert campus.canvas.groups[group].workflow_state == "active"
    assert campus.call("DELETE", f"calendar_events/{second}").status == 200
    assert campus.canvas.groups[group].workflow_state == "deleted"


def test_deleting_a_slot_cancels_and_tells_those_who_had_reserved():
    campus = Campus()
    first, _ = campus.slots(campus.group(1, 2))
    row = campus.canvas.reserve(first, campus.student)
    campus.call("DELETE", f"calendar_events/{first}", [("cancel_reason", "ill")])
    assert campus.canvas.events[row].workflow_state == "deleted"
    last = campus.canvas.notifications[-1]
    assert (last.kind, last.about, last.to) == (
        "appointment deleted for user", row, campus.student
    )  # fmt: skip


def test_a_student_reserves_with_200_and_gives_the_place_back():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    path = f"calendar_events/{slot}/reservations"
    made = campus.call("POST", path, form=[("comments", "hello")], token=STUDENT)
    assert (made.status, made.json["workflow_state"]) == (200, "locked")
    assert made.json["child_events"] == []
    assert "user" not in made.json
    assert campus.truth(slot)["status"] == "booked"
    campus.call("DELETE", f"calendar_events/{made.json['id']}", token=STUDENT)
    assert campus.truth(slot)["status"] == "offered"
    assert campus.canvas.events[slot].workflow_state == "active"


def test_a_refused_reservation_is_a_bare_array():
    campus = Campus()
    group = campus.group(1, 2, participants_per_appointment=1, max_appointments_per_participant=1)
    first, second = campus.slots(group)
    campus.canvas.reserve(first, campus.student)

    def attempt(slot: int, who: int) -> str:
        reply = campus.call("POST", f"calendar_events/{slot}/reservations/{who}")
        assert reply.status == 400
        [reason] = reply.json
        return str(reason["message"])

    assert attempt(first, campus.other) == "all slots filled"
    assert attempt(second, campus.student) == "participant has met per-participant limit"
    assert attempt(second, campus.canvas.instructor) == "invalid participant"


def test_nobody_reserves_the_same_slot_twice():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    campus.canvas.reserve(slot, campus.student)
    reply = campus.call("POST", f"calendar_events/{slot}/reservations", token=STUDENT)
    assert reply.json[0]["message"] == "participant has already reserved this appointment"
    assert len(reply.json[0]["reservations"]) == 1


def test_cancel_existing_swaps_the_reservation():
    campus = Campus()
    first, second = campus.slots(campus.group(1, 2, max_appointments_per_participant=1))
    campus.canvas.reserve(first, campus.student)
    form = [("cancel_existing", "1")]
    path = f"calendar_events/{second}/reservations"
    assert campus.call("POST", path, form=form, token=STUDENT).status == 200
    assert campus.truth(first)["attendees"] == 0
    campus.clock.at = NOW + 3 * HOUR
    campus.canvas.add_slot(campus.canvas.events[first].group_id, NOW + 9 * HOUR, NOW + 10 * HOUR)
    third = campus.slots(campus.canvas.events[first].group_id)[-1]
    late = campus.call("POST", f"calendar_events/{third}/reservations", form=form, token=STUDENT)
    assert late.json[0]["message"] == "cannot cancel past reservation"


def test_the_past_is_closed_to_students_and_open_to_managers():
    campus = Campus()
    [past, _] = campus.slots(campus.group(-2, 2))
    path = f"calendar_events/{past}/reservations"
    theirs = campus.call("POST", path, token=STUDENT)
    assert (theirs.status, list(theirs.json)) == (403, ["message"])
    made = campus.call("POST", f"{path}/{campus.student}")
    assert made.status == 200
    row = made.json["id"]
    assert campus.call("DELETE", f"calendar_events/{row}", token=STUDENT).status == 403
    assert campus.call("DELETE", f"calendar_events/{row}").status == 200


def test_updated_at_lies_about_second_reservations():
    campus = Campus()
    group = campus.group(1)
    [slot] = campus.slots(group)

    def after(change: Any) -> tuple[int, int]:
        campus.clock.at += 10
        change()
        return stamps(campus, group, slot)

    at = NOW
    rows: list[int] = []
    assert after(lambda: rows.append(campus.canvas.reserve(slot, campus.student))) == (
        at + 10, at + 10
    )  # fmt: skip
    assert after(lambda: rows.append(campus.canvas.reserve(slot, campus.other))) == (
        at + 10, at + 10
    )  # fmt: skip
    assert after(lambda: campus.canvas.cancel(rows[0])) == (at + 10, at + 10)
    assert after(lambda: campus.canvas.cancel(rows[1])) == (at + 40, at + 40)
    assert after(lambda: campus.canvas.update_group(group, title="New")) == (at + 50, at + 40)
    assert campus.canvas.events[slot].title == "New"
    later = lambda: campus.canvas.add_slot(group, NOW + 9 * HOUR, NOW + 10 * HOUR)  # noqa: E731
    assert after(later) == (at + 60, at + 40)


def test_student_groups_sign_up_as_one():
    campus = Campus()
    category = campus.canvas.add_group_category(campus.course, "Teams")
    team = campus.canvas.add_student_group(category, "Red", [campus.student, campus.other])
    [slot] = campus.slots(campus.group(1, category=category))
    made = campus.call("POST", f"calendar_events/{slot}/reservations", token=STUDENT)
    assert made.json["context_code"] == f"group_{team}"
    assert "effective_context_code" not in made.json
    [child] = campus.call("GET", f"calendar_events/{slot}").json["child_events"]
    assert [user["id"] for user in child["group"]["users"]] == [campus.student, campus.other]
    assert campus.truth(slot)["attendees"] == 1
    group = campus.canvas.events[slot].group_id
    assert campus.call("GET", f"appointment_groups/{group}/users").json == []
    assert campus.call("GET", f"appointment_groups/{group}/groups").json[0]["id"] == team


def test_a_section_limits_who_may_sign_up():
    campus = Campus()
    section = campus.canvas.add_section(campus.course, "Evening")
    campus.canvas.add_student("Eve Ning", courses=[campus.course], section=section, token="evening")
    group = campus.group(1, sections=[section])
    assert campus.call("GET", "appointment_groups", token=STUDENT).json == []
    assert campus.call("GET", "appointment_groups", token="evening").json[0]["id"] == group


@pytest.mark.parametrize(
    ("tells", "published", "told"),
    [("published", False, 0), ("published", True, 1), ("always", False, 1), ("always", True, 1)],
)
def test_the_end_of_a_group_is_told_to_those_who_could_see_it_or_on_old_builds_to_all(
    tells: Any, published: bool, told: int
):
    campus = Campus(Quirks(deletion_tells=tells))
    group = campus.group(1)
    if not published:
        campus.canvas.groups[group].workflow_state = "pending"
    campus.canvas.notifications.clear()
    campus.call("DELETE", f"appointment_groups/{group}")
    kinds = [note.kind for note in campus.canvas.notifications]
    assert bool(kinds) is bool(told)
    assert set(kinds) <= {"appointment group deleted"}
