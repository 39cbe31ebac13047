"""What the simulated Canvas shows, to whom, on which pages."""

from __future__ import annotations

import pytest

from tests.sandbox.canvas_client import BASE, HOUR, NOW, STUDENT, Campus
from worker.sandbox.canvas import Quirks

MANAGEABLE = [("scope", "manageable")]
WITH_SLOTS = [*MANAGEABLE, ("include[]", "appointments")]
GROUP_KEYS = {
    "id", "title", "description", "location_name", "location_address", "start_at", "end_at",
    "context_codes", "sub_context_codes", "workflow_state", "requiring_action",
    "appointments_count", "participants_per_appointment", "min_appointments_per_participant",
    "max_appointments_per_participant", "participant_visibility", "participant_type", "url",
    "html_url", "created_at", "updated_at",
}  # fmt: skip


def test_the_default_scope_is_empty_for_an_instructor_and_not_for_a_student():
    campus = Campus()
    group = campus.group(1)
    assert campus.call("GET", "appointment_groups").json == []
    assert [g["id"] for g in campus.call("GET", "appointment_groups", token=STUDENT).json] == [
        group
    ]


def test_a_group_has_exactly_the_documented_keys():
    campus = Campus()
    campus.group(1)
    [group] = campus.call("GET", "appointment_groups", MANAGEABLE).json
    assert set(group) == GROUP_KEYS


def test_the_observer_key_is_there_only_where_the_site_has_the_feature():
    campus = Campus(Quirks(observer_signup=True))
    campus.group(1)
    [group] = campus.call("GET", "appointment_groups", MANAGEABLE).json
    assert set(group) == GROUP_KEYS | {"allow_observer_signup"}


def test_pending_groups_are_seen_by_their_managers_only():
    campus = Campus()
    group = campus.group(1, state="pending")
    assert campus.call("GET", "appointment_groups", MANAGEABLE).json[0]["id"] == group
    assert campus.call("GET", "appointment_groups", token=STUDENT).json == []
    assert campus.call("GET", f"appointment_groups/{group}", token=STUDENT).status == 403


def test_a_list_leaves_past_slots_out_even_where_past_groups_are_asked_for():
    campus = Campus()
    campus.group(-3, 2)
    asked = [*WITH_SLOTS, ("include_past_appointments", "1")]
    [group] = campus.call("GET", "appointment_groups", asked).json
    assert len(group["appointments"]) == 1
    assert group["appointments_count"] == 2


def test_one_group_shows_past_slots_to_its_manager_and_not_to_a_student():
    campus = Campus()
    group = campus.group(-3, 2)
    path = f"appointment_groups/{group}"
    assert len(campus.call("GET", path).json["appointments"]) == 2
    assert len(campus.call("GET", path, token=STUDENT).json["appointments"]) == 1


def test_a_group_vanishes_from_the_list_when_its_last_slot_has_ended():
    campus = Campus()
    campus.group(1)
    campus.clock.at = NOW + 2 * HOUR
    [ending] = campus.call("GET", "appointment_groups", WITH_SLOTS).json
    assert ending["appointments"] == []
    campus.clock.at += 1
    assert campus.call("GET", "appointment_groups", MANAGEABLE).json == []


def test_a_group_without_slots_is_listed_for_its_manager():
    campus = Campus()
    campus.group()
    [group] = campus.call("GET", "appointment_groups", MANAGEABLE).json
    assert (group["start_at"], group["end_at"]) == (None, None)


def test_a_deleted_group_is_absent_from_lists_and_forbidden_by_id():
    campus = Campus()
    group = campus.group(1)
    campus.canvas.delete_group(group)
    assert campus.call("GET", "appointment_groups", MANAGEABLE).json == []
    assert campus.call("GET", f"appointment_groups/{group}").status == 403
    assert campus.call("DELETE", f"appointment_groups/{group}").status == 403


def test_a_deleted_slot_is_still_shown_by_id_while_its_group_lives():
    campus = Campus()
    group = campus.group(1, 2)
    first, second = campus.slots(group)
    campus.canvas.delete_slot(first)
    assert campus.call("GET", f"calendar_events/{first}").json["workflow_state"] == "deleted"
    campus.canvas.delete_slot(second)
    assert campus.call("GET", f"calendar_events/{first}").status == 403


def test_losing_the_course_looks_like_deletion():
    campus = Campus()
    group = campus.group(1)
    campus.canvas.remove_from_course(campus.canvas.instructor, campus.course)
    assert campus.call("GET", "appointment_groups", MANAGEABLE).json == []
    assert campus.call("GET", f"appointment_groups/{group}").status == 403


def test_older_builds_forbid_with_401_and_without_a_challenge():
    campus = Campus(Quirks(forbidden_status=401))
    group = campus.group(1, state="pending")
    reply = campus.call("GET", f"appointment_groups/{group}", token=STUDENT)
    assert reply.status == 401
    assert "WWW-Authenticate" not in reply.headers
    assert reply.json["status"] == "unauthorized"


def test_an_unknown_id_is_404():
    assert Campus().call("GET", "appointment_groups/1").status == 404


def test_a_slot_without_a_limit_lacks_the_keys_of_one():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    free = campus.call("GET", f"calendar_events/{slot}").json
    assert not {"available_slots", "participants_per_appointment", "reserved"} & set(free)


def test_a_slot_counts_down_its_places_and_locks_with_the_first():
    campus = Campus()
    [slot] = campus.slots(campus.group(1, participants_per_appointment=2))
    before = campus.call("GET", f"calendar_events/{slot}").json
    campus.canvas.reserve(slot, campus.student)
    after = campus.call("GET", f"calendar_events/{slot}").json
    assert (before["workflow_state"], before["available_slots"]) == ("active", 2)
    assert (after["workflow_state"], after["available_slots"]) == ("locked", 1)


def test_a_reservation_nested_in_a_slot_names_its_user_without_an_address():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    row = campus.canvas.reserve(slot, campus.student)
    [child] = campus.call("GET", f"calendar_events/{slot}").json["child_events"]
    assert child["id"] == row
    assert child["parent_event_id"] == slot
    assert child["context_code"] == f"user_{campus.student}"
    assert child["user"]["sortable_name"] == "Bee, Ann"
    assert "email" not in child["user"]
    assert "own_reservation" not in child


def test_a_student_sees_only_their_own_reservation_of_a_private_group():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    campus.canvas.reserve(slot, campus.student)
    campus.canvas.reserve(slot, campus.other)
    shown = campus.call("GET", f"calendar_events/{slot}", token=STUDENT).json
    assert [child["own_reservation"] for child in shown["child_events"]] == [True]
    assert shown["child_events_count"] == 2
    assert shown["reserved"] is True


def test_the_reserve_url_of_a_manager_is_a_template():
    campus = Campus()
    [slot] = campus.slots(campus.group(1))
    url = campus.call("GET", f"calendar_events/{slot}").json["reserve_url"]
    theirs = campus.call("GET", f"calendar_events/{slot}", token=STUDENT).json["reserve_url"]
    assert url.endswith(f"/calendar_events/{slot}/reservations/%7B%7B%20id%20%7D%7D")
    assert theirs.endswith(f"/reservations/{campus.student}")


def test_includes_count_reservations_and_name_all_contexts():
    campus = Campus()
    group = campus.group(1, 2)
    for slot in campus.slots(group):
        campus.canvas.reserve(slot, campus.student)
    include = [("include[]", w) for w in ("participant_count", "all_context_codes")]
    [shown] = campus.call("GET", "appointment_groups", MANAGEABLE + include).json
    assert shown["participant_count"] == 2
    assert shown["all_context_codes"] == [f"course_{campus.course}"]
    asked = [("include[]", "reserved_times"), ("include[]", "all_context_codes")]
    [theirs] = campus.call("GET", "appointment_groups", asked, token=STUDENT).json
    assert len(theirs["reserved_times"]) == 2
    assert "all_context_codes" not in theirs


def test_pages_are_ten_long_and_links_repeat_the_scope():
    campus = Campus()
    groups = [campus.group(1) for _ in range(23)]
    reply = campus.call("GET", "appointment_groups", MANAGEABLE)
    assert [g["id"] for g in reply.json] == groups[:10]
    assert list(reply.links) == ["current", "next", "first", "last"]
    assert reply.links["next"] == (
        f"{BASE}/api/v1/appointment_groups?scope=manageable&scope=manageable&page=2&per_page=10"
    )
    assert ">; rel=" in reply.headers["Link"]
    assert ", " not in reply.headers["Link"]
    third = campus.follow(campus.follow(reply.links["next"]).links["next"])
    assert [g["id"] for g in third.json] == groups[20:]
    assert "next" not in third.links


@pytest.mark.parametrize(("asked", "size"), [("0", 1), ("-4", 1), ("100", 100), ("5000", 100)])
def test_per_page_is_clamped_in_silence(asked: str, size: int):
    campus = Campus()
    for _ in range(101):
        campus.group(1)
    reply = campus.call("GET", "appointment_groups", [*MANAGEABLE, ("per_page", asked)])
    assert len(reply.json) == size


def test_a_page_beyond_the_end_is_empty_and_an_unreadable_one_is_404():
    campus = Campus()
    campus.group(1)
    assert campus.call("GET", "appointment_groups", [*MANAGEABLE, ("page", "9")]).json == []
    assert campus.call("GET", "appointment_groups", [*MANAGEABLE, ("page", "x")]).status == 404


def test_an_access_token_in_the_query_works_and_is_stripped_from_links():
    campus = Campus()
    campus.group(1)
    asked = [*MANAGEABLE, ("access_token", "teacher-token")]
    reply = campus.call("GET", "appointment_groups", asked, token="")
    assert reply.status == 200
    assert "access_token" not in reply.headers["Link"]


def test_number_pages_drift_when_an_earlier_row_goes_and_bookmarks_do_not():
    for paging, missed in (("page", 1), ("bookmark", 0)):
        campus = Campus(Quirks(paging=paging))
        groups = [campus.group(1) for _ in range(12)]
        first = campus.call("GET", "appointment_groups", MANAGEABLE)
        campus.canvas.delete_group(groups[0])
        second = campus.follow(first.links["next"])
        seen = [g["id"] for g in first.json + second.json]
        assert len(set(groups) - set(seen)) == missed
        assert len(seen) == len(set(seen))


def test_a_page_number_means_the_first_page_where_pages_are_bookmarks():
    campus = Campus(Quirks(paging="bookmark"))
    groups = [campus.group(1) for _ in range(12)]
    reply = campus.call("GET", "appointment_groups", [*MANAGEABLE, ("page", "2")])
    assert [g["id"] for g in reply.json] == groups[:10]
    assert "page=bookmark:" in reply.links["next"]
    assert "last" not in reply.links


def test_string_ids_are_asked_for_by_the_accept_header():
    campus = Campus(Quirks(shard=7))
    [slot] = campus.slots(campus.group(1, participants_per_appointment=1))
    campus.canvas.reserve(slot, campus.student)
    accept = "application/json+canvas-string-ids"
    shown = campus.call("GET", f"calendar_events/{slot}", accept=accept).json
    assert shown["id"] == str(slot)
    assert slot > 7 * 10**13
    assert shown["child_events"][0]["user"]["id"] == str(campus.student)
    assert shown["available_slots"] == 0


def test_the_short_form_of_an_id_names_the_shard():
    campus = Campus(Quirks(shard=7))
    group = campus.group(1)
    assert campus.call("GET", f"appointment_groups/7~{group - 7 * 10**13}.json").json["id"] == group


def test_a_window_of_events_shows_slots_with_their_reservations():
    campus = Campus()
    [first, _] = campus.slots(campus.group(1, 48))
    campus.canvas.reserve(first, campus.student)
    asked = [
        ("start_date", "2026-09-21"),
        ("end_date", "2026-09-21"),
        ("context_codes[]", f"course_{campus.course}"),
    ]
    [shown] = campus.call("GET", "calendar_events", asked).json
    assert shown["id"] == first
    assert len(shown["child_events"]) == 1
    [bare] = campus.call("GET", "calendar_events", [*asked, ("excludes[]", "child_events")]).json
    assert "child_events" not in bare


def test_a_window_is_held_against_the_groups_stale_range():
    campus = Campus()
    group = campus.group(1)
    [slot] = campus.slots(group)
    campus.canvas.move(slot, NOW + 240 * HOUR, NOW + 241 * HOUR)
    asked = [
        ("start_date", "2026-09-30"),
        ("end_date", "2026-10-03"),
        ("context_codes[]", f"course_{campus.course}"),
    ]
    assert campus.call("GET", "calendar_events", asked).json == []
    campus.canvas.update_group(group, title="Saved again")
    assert len(campus.call("GET", "calendar_events", asked).json) == 1


def test_manageable_slots_need_a_window():
    campus = Campus()
    campus.group(1)
    asked = [("all_events", "1"), ("context_codes[]", f"course_{campus.course}")]
    assert campus.call("GET", "calendar_events", asked).json == []


def test_a_date_without_a_time_is_read_in_the_users_zone():
    campus = Campus()
    campus.group(1)  # 15:13 in UTC, already the 22nd on Kiritimati
    campus.canvas.add_instructor(
        "Far Away", courses=[campus.course], token="far", time_zone="Pacific/Kiritimati"
    )
    code = ("context_codes[]", f"course_{campus.course}")
    day = [("start_date", "2026-09-21"), ("end_date", "2026-09-21"), code]
    assert len(campus.call("GET", "calendar_events", day).json) == 1
    assert campus.call("GET", "calendar_events", day, token="far").json == []


def test_a_bad_date_is_named_and_an_unknown_context_is_forbidden():
    campus = Campus()
    bad = campus.call("GET", "calendar_events", [("start_date", "soon")])
    assert (bad.status, list(bad.json["errors"])) == (400, ["start_date"])
    assert campus.call("GET", "calendar_events", [("context_codes[]", "course_9")]).status == 403


def test_participants_are_listed_by_type_and_by_registration():
    campus = Campus()
    group = campus.group(1)
    [slot] = campus.slots(group)
    campus.canvas.reserve(slot, campus.other)
    path = f"appointment_groups/{group}/users"
    everyone = [user["id"] for user in campus.call("GET", path).json]
    free = campus.call("GET", path, [("registration_status", "unregistered")]).json
    assert everyone == [campus.student, campus.other]
    assert [user["id"] for user in free] == [campus.student]
    assert campus.call("GET", f"appointment_groups/{group}/groups").json == []
    [person] = campus.call("GET", f"calendar_events/{slot}/participants").json
    assert person["display_name"] == "Cem Dal"


def test_the_next_appointment_is_the_first_free_one_and_nothing_for_an_instructor():
    campus = Campus()
    first, second = campus.slots(campus.group(1, 2, participants_per_appointment=1))
    campus.canvas.reserve(first, campus.other)
    path = "appointment_groups/next_appointment"
    assert [slot["id"] for slot in campus.call("GET", path, token=STUDENT).json] == [second]
    assert campus.call("GET", path).json == []


def test_a_description_comes_back_rewritten():
    campus = Campus()
    group = campus.group(1, description='<a href="/x">x</a><script>1</script>')
    shown = campus.call("GET", f"appointment_groups/{group}").json["description"]
    assert shown == f'<a href="{BASE}/x">x</a>'
