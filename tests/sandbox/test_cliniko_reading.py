"""What the simulated Cliniko lists, hides and lets itself be asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.sandbox.cliniko_client import BASE, EVERYTHING, HOUR, NOW, Clinic, authorization
from worker.sandbox.cliniko import Quirks, RepeatRule

GROUP_KEYS = {
    "id", "starts_at", "ends_at", "created_at", "updated_at", "archived_at", "deleted_at",
    "max_attendees", "notes", "patient_ids", "telehealth_url", "repeat_rule", "appointment_type",
    "business", "practitioner", "attendees", "conflicts", "repeated_from", "repeats", "links",
}  # fmt: skip


def test_a_group_appointment_has_the_documented_keys_and_no_title():
    clinic = Clinic()
    row = clinic.group()
    document = clinic.call("GET", f"group_appointments/{row}").json
    assert set(document) == GROUP_KEYS
    assert document["starts_at"] == "2026-09-21T15:13:20Z"
    assert document["practitioner"] == {
        "links": {"self": f"{BASE}/v1/practitioners/{clinic.practitioner}"}
    }
    assert (document["repeat_rule"], document["repeats"]) == (None, None)


def test_ids_are_texts_of_nineteen_digits_that_a_float_would_spoil():
    clinic = Clinic()
    rows = [clinic.group(hour) for hour in range(5)]
    assert clinic.ids("group_appointments") == rows
    assert {len(row) for row in rows} == {19}
    assert any(int(float(row)) != int(row) for row in rows)


def test_old_versions_show_ids_as_numbers():
    clinic = Clinic(Quirks(id_type="number"))
    assert clinic.ids("group_appointments") == []
    assert clinic.group() == str(clinic.ids("group_appointments")[0])


def test_a_list_is_wrapped_with_its_total_and_links_only_where_they_lead():
    clinic = Clinic()
    rows = [clinic.group(n) for n in range(5)]
    first = clinic.call("GET", "group_appointments", [("per_page", "2")]).json
    assert [row["id"] for row in first["group_appointments"]] == rows[:2]
    assert first["total_entries"] == 5
    assert set(first["links"]) == {"self", "next"}
    second = clinic.follow(first["links"]["next"]).json
    assert set(second["links"]) == {"self", "next", "previous"}
    third = clinic.follow(second["links"]["next"]).json
    assert [row["id"] for row in third["group_appointments"]] == rows[4:]
    assert set(third["links"]) == {"self", "previous"}


def test_links_carry_the_filters_percent_encoded():
    clinic = Clinic()
    for hour in range(3):
        clinic.group(hour)
    asked = [("q[]", "starts_at:>=2026-09-21T15:00:00Z"), ("per_page", "1")]
    first = clinic.call("GET", "group_appointments", asked).json
    assert "q%5B%5D=starts_at%3A%3E%3D2026" in first["links"]["next"]
    assert first["total_entries"] == 2
    assert clinic.follow(first["links"]["next"]).json["total_entries"] == 2


@pytest.mark.parametrize(
    ("quirk", "asked", "size"),
    [("clamp", "500", 100), ("clamp", "0", 1), ("default", "500", 50), ("default", "0", 50)],
)
def test_per_page_out_of_range_is_clamped_or_forgotten(quirk: Any, asked: str, size: int):
    clinic = Clinic(Quirks(per_page_out_of_range=quirk))
    for hour in range(101):
        clinic.group(hour)
    assert len(clinic.ids("group_appointments", per_page=asked)) == size


def test_per_page_out_of_range_may_be_refused():
    assert "per_page" in Clinic(Quirks(per_page_out_of_range="refuse")).refusal(per_page="101")


def test_the_default_order_is_by_creation_and_sort_overrides_it():
    clinic = Clinic()
    late, early = clinic.group(5), clinic.group(1)
    assert clinic.ids("group_appointments") == [late, early]
    assert clinic.ids("group_appointments", sort="starts_at") == [early, late]
    assert clinic.ids("group_appointments", sort="created_at,starts_at:desc") == [late, early]
    clinic.clock.at += 5
    third = clinic.group(3)
    assert clinic.ids("group_appointments", order="desc")[0] == third
    assert "sortable" in clinic.refusal(sort="notes")


def test_pages_drift_when_a_row_changes_under_an_updated_at_sort():
    clinic = Clinic()
    rows = [clinic.group(n) for n in range(4)]
    asked = {"sort": "updated_at", "per_page": 2}
    first = clinic.ids("group_appointments", **asked)
    clinic.clock.at += 1
    clinic.cliniko.touch("group", rows[0])
    second = clinic.ids("group_appointments", page=2, **asked)
    assert set(first + second) == {rows[0], rows[1], rows[3]}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("starts_at:>=2026-09-21T15:13:20Z", "both"),
        ("starts_at:>2026-09-21T15:13:20Z", "late"),
        ("starts_at:<2026-09-21T16:00:00Z", "early"),
        ("starts_at:<=2026-09-22T01:13:20+10:00", "early"),
        ("starts_at:?", "both"),
        ("starts_at:!?", "none"),
        ("starts_at:*", "both"),
        ("repeated_from_id:!?", "both"),
    ],
)
def test_filters_compare_instants(condition: str, found: str):
    clinic = Clinic()
    early, late = clinic.group(1), clinic.group(3)
    expected = {"both": [early, late], "early": [early], "late": [late], "none": []}
    assert clinic.ids("group_appointments", condition) == expected[found]


def test_filters_find_by_id_by_related_id_and_by_patient():
    clinic = Clinic()
    first, second, third = (clinic.group(n) for n in range(3))
    clinic.cliniko.add_attendee(second, clinic.patient)
    assert clinic.ids("group_appointments", f"id:={first},{third}") == [first, third]
    assert clinic.ids("group_appointments", f"id:>{second}") == [third]
    assert clinic.ids("group_appointments", f"patient_ids:~{clinic.patient}") == [second]
    assert clinic.ids("group_appointments", f"practitioner_id:={clinic.practitioner}1") == []
    both = [f"practitioner_id:={clinic.practitioner}", f"id:!={first}"]
    assert clinic.ids("group_appointments", *both) == [second, third]


def test_filters_compare_texts():
    clinic = Clinic()
    assert clinic.ids("appointment_types", "name:=Pilates") == [clinic.pilates]
    assert clinic.ids("appointment_types", "name:~PIL") == [clinic.pilates]
    assert clinic.ids("appointment_types", "name:~~%sio") == [clinic.physio]
    assert clinic.ids("appointment_types", "name:!=Pilates") == [clinic.physio]


def test_filters_compare_dates_with_wildcards():
    clinic = Clinic()
    clinic.cliniko.patients[clinic.patient].date_of_birth = "1990-07-04"
    assert clinic.ids("patients", "date_of_birth:=****-07-**") == [clinic.patient]
    assert clinic.ids("patients", "date_of_birth:>1990-07-04") == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ("title:=x", "title is not filterable"),
        ("notes:=x", "notes is not filterable"),
        ("starts_at", "starts_at is not filterable"),
        ("starts_at:=2026-01-01T00:00:00Z", "operator for starts_at"),
        ("starts_at:>=soon", "Filter value for starts_at must be a datetime"),
        ("starts_at:?x", "operator for starts_at"),
        ("practitioner_id:=abc", "Filter value for practitioner_id must be a number"),
        ("practitioner_id:17", "operator for practitioner_id"),
        ("patient_ids:=1", "operator for patient_ids"),
        ("cancelled_at:*", "cancelled_at is not filterable"),
    ],
)
def test_a_bad_filter_is_refused_with_400(condition: str, said: str):
    assert said in Clinic().refusal(condition)


def test_q_without_brackets_returns_the_whole_history():
    clinic = Clinic()
    row = clinic.group()
    assert clinic.ids("group_appointments", q="id:=1") == [row]
    assert Clinic(Quirks(bare_q="filter")).ids("group_appointments", q="id:=1") == []


def test_an_archived_row_is_hidden_unless_both_of_its_columns_are_asked_about():
    clinic = Clinic()
    row = clinic.group()
    clinic.cliniko.archive("group", row)
    assert clinic.ids("group_appointments") == []
    assert clinic.ids("group_appointments", "archived_at:*") == []
    assert clinic.ids("group_appointments", "archived_at:*", "deleted_at:*") == [row]
    path = f"group_appointments/{row}"
    assert clinic.call("GET", path).status == 404
    assert clinic.call("GET", path, EVERYTHING).json["archived_at"] is not None


@pytest.mark.parametrize("column", ["archived_at", "deleted_at"])
def test_an_account_may_use_one_of_the_columns_alone(column: Any):
    clinic = Clinic(Quirks(archiving=column))
    row = clinic.group()
    clinic.cliniko.archive("group", row)
    other = {"archived_at": "deleted_at", "deleted_at": "archived_at"}[column]
    assert clinic.ids("group_appointments", f"{other}:*") == []
    assert clinic.ids("group_appointments", f"{column}:?") == [row]
    shown = clinic.call("GET", f"group_appointments/{row}", EVERYTHING).json
    assert shown[column] is not None
    assert shown[other] is None


def test_a_row_by_id_may_be_filtered_by_the_hiding_columns_only():
    clinic = Clinic()
    path = f"group_appointments/{clinic.group()}"
    assert clinic.call("GET", path, [("q[]", "archived_at:?")]).status == 404
    assert clinic.call("GET", path, [("q[]", "id:=1")]).status == 400


def test_a_cancelled_appointment_is_hidden_in_lists():
    clinic = Clinic()
    row = clinic.single()
    clinic.cliniko.cancel_appointment(row)
    assert clinic.ids("individual_appointments") == []
    assert clinic.ids("individual_appointments", "cancelled_at:*") == [row]
    assert clinic.ids("bookings", "cancelled_at:?") == [row]
    assert clinic.truth(row)["status"] == "cancelled"


def test_archiving_moves_updated_at_so_that_a_poll_can_find_it():
    clinic = Clinic()
    row = clinic.group()
    clinic.clock.at = NOW + 100
    clinic.cliniko.archive("group", row)
    since = "updated_at:>=2026-09-21T14:15:00Z"
    assert clinic.ids("group_appointments", since, "archived_at:*", "deleted_at:*") == [row]


def test_background_jobs_may_move_updated_at_later():
    clinic = Clinic(Quirks(async_bump_after=30))
    row = clinic.group()
    path = f"group_appointments/{row}"
    assert clinic.call("GET", path).json["updated_at"] == "2026-09-21T14:13:20Z"
    clinic.clock.at += 30
    assert clinic.call("GET", path).json["updated_at"] == "2026-09-21T14:13:50Z"
    assert clinic.ids("group_appointments", "updated_at:>2026-09-21T14:13:40Z") == [row]


def test_the_union_of_bookings_tells_kinds_apart_by_keys_only():
    clinic = Clinic()
    group, single, block = clinic.group(), clinic.single(2), clinic.block(5)
    rows = {row["id"]: row for row in clinic.call("GET", "bookings").json["bookings"]}
    assert list(rows) == [group, single, block]
    assert "max_attendees" in rows[group]
    assert "patient" in rows[single]
    assert not {"max_attendees", "patient"} & set(rows[block])
    assert rows[group]["links"]["self"] == f"{BASE}/v1/bookings/{group}"
    conflicts = rows[block]["conflicts"]["links"]["self"]
    assert conflicts == f"{BASE}/v1/unavailable_blocks/{block}/conflicts"
    assert clinic.call("GET", f"bookings/{single}").json["id"] == single


def test_ids_of_different_kinds_may_collide():
    clinic = Clinic(Quirks(colliding_ids=True))
    assert clinic.group() == clinic.single() == clinic.block()


def test_patients_who_cancelled_are_not_in_patient_ids():
    clinic = Clinic()
    row = clinic.group()
    place = clinic.cliniko.add_attendee(row, clinic.patient)
    path = f"group_appointments/{row}"
    assert clinic.call("GET", path).json["patient_ids"] == [clinic.patient]
    clinic.cliniko.cancel_attendee(place)
    assert clinic.call("GET", path).json["patient_ids"] == []
    assert clinic.ids("attendees") == []
    assert clinic.ids("attendees", "cancelled_at:*", f"booking_id:={row}") == [place]


def test_an_archived_group_keeps_its_attendee_rows():
    clinic = Clinic()
    row = clinic.group()
    place = clinic.cliniko.add_attendee(row, clinic.patient)
    clinic.cliniko.archive("group", row)
    assert clinic.ids("attendees") == [place]


def test_the_attendees_link_is_the_deprecated_one_and_it_works():
    clinic = Clinic()
    row = clinic.group()
    place = clinic.cliniko.add_attendee(row, clinic.patient)
    link = clinic.call("GET", f"group_appointments/{row}").json["attendees"]["links"]["self"]
    assert [p["id"] for p in clinic.follow(link).json["attendees"]] == [place]
    newer = Clinic(Quirks(attendees_link="list"))
    row = newer.group()
    link = newer.call("GET", f"group_appointments/{row}").json["attendees"]["links"]["self"]
    assert link == f"{BASE}/v1/attendees?{quote('q[]')}={quote(f'booking_id:={row}', safe='')}"


def test_repeats_are_rows_of_their_own_that_the_first_one_links():
    clinic = Clinic()
    root = clinic.group(repeat=RepeatRule("Weekly", 3))
    rows = clinic.call("GET", "group_appointments").json["group_appointments"]
    assert len(rows) == 4
    assert rows[0]["repeat_rule"] == {
        "number_of_repeats": 3, "repeat_type": "Weekly", "repeating_interval": 1
    }  # fmt: skip
    linked = clinic.follow(rows[0]["repeats"]["links"]["self"]).json["group_appointments"]
    assert [row["id"] for row in linked] == [row["id"] for row in rows[1:]]
    assert rows[1]["repeated_from"]["links"]["self"].endswith(root)
    assert rows[1]["repeat_rule"] is None


def test_repeats_keep_their_local_hour_when_the_clocks_change():
    starts = {}
    for kept in ("wall_clock", "utc"):
        clinic = Clinic(Quirks(repeats_keep=kept))
        clinic.group(repeat=RepeatRule("Weekly", 2))  # Melbourne: summer time from 4 October
        rows = clinic.call("GET", "group_appointments").json["group_appointments"]
        starts[kept] = [row["starts_at"][11:16] for row in rows]
    assert starts == {"wall_clock": ["15:13", "15:13", "14:13"], "utc": ["15:13"] * 3}


def test_conflicts_are_computed_across_kinds_and_edges_do_not_count():
    clinic = Clinic()
    group = clinic.group(1)
    path = f"group_appointments/{group}/conflicts"
    clinic.block(2)
    clinic.single(0.5)
    assert clinic.call("GET", path).json == {"conflicts": {"exist": False}}
    single = clinic.single(1.5)
    assert clinic.call("GET", path).json == {"conflicts": {"exist": True}}
    clinic.cliniko.cancel_appointment(single)
    assert clinic.call("GET", path).json == {"conflicts": {"exist": False}}


def test_an_archived_type_is_a_dead_link():
    clinic = Clinic()
    link = clinic.call("GET", f"group_appointments/{clinic.group()}").json["appointment_type"]
    clinic.cliniko.archive_row(clinic.cliniko.appointment_types[clinic.pilates])
    assert clinic.follow(link["links"]["self"]).status == 404


def test_inactive_practitioners_are_listed_elsewhere():
    clinic = Clinic()
    clinic.cliniko.deactivate(clinic.practitioner)
    assert clinic.ids("practitioners") == []
    inactive = clinic.call("GET", "practitioners/inactive").json["practitioners"]
    assert [row["id"] for row in inactive] == [clinic.practitioner]
    assert clinic.call("GET", f"practitioners/{clinic.practitioner}").json["active"] is False


def test_a_business_tells_its_zone_or_null():
    clinic = Clinic()
    shown = clinic.call("GET", f"businesses/{clinic.business}").json
    assert shown["time_zone_identifier"] == "Australia/Melbourne"
    bare = clinic.cliniko.add_business("Nowhere", None)
    assert clinic.call("GET", f"businesses/{bare}").json["time_zone_identifier"] is None


def test_available_times_are_hours_less_bookings():
    clinic = Clinic()
    monday_to_friday = range(1, 6)
    clinic.cliniko.set_hours(clinic.practitioner, clinic.business, monday_to_friday, 540, 660)
    nine = NOW + 8 * HOUR + 46 * 60 + 40  # 09:00 in Melbourne, on the 22nd
    clinic.cliniko.add_unavailable_block(clinic.business, clinic.practitioner, nine, nine + HOUR)
    path = (
        f"businesses/{clinic.business}/practitioners/{clinic.practitioner}"
        f"/appointment_types/{clinic.physio}/available_times"
    )
    day = [("from", "2026-09-22"), ("to", "2026-09-22")]
    times = clinic.call("GET", path, day).json["available_times"]
    assert [row["appointment_start"] for row in times] == [
        "2026-09-22T00:00:00Z", "2026-09-22T00:30:00Z"
    ]  # fmt: skip
    assert clinic.call("GET", path, [("from", "2026-09-20"), ("to", "2026-09-22")]).status == 400
    assert clinic.call("GET", path, [("from", "2026-09-22"), ("to", "2026-09-30")]).status == 400


def test_available_times_of_a_class_are_classes_with_room():
    clinic = Clinic()
    full, free = clinic.group(3, max_attendees=1), clinic.group(6)
    clinic.cliniko.add_attendee(full, clinic.patient)
    path = (
        f"businesses/{clinic.business}/practitioners/{clinic.practitioner}"
        f"/appointment_types/{clinic.pilates}/available_times"
    )
    times = clinic.call("GET", path, [("from", "2026-09-22"), ("to", "2026-09-22")]).json
    assert [row["appointment_start"] for row in times["available_times"]] == [
        clinic.truth(free)["start"]
    ]


def test_a_limited_role_sees_its_own_bookings_or_is_forbidden():
    clinic = Clinic()
    other = clinic.cliniko.add_practitioner("Bo", "Li")
    row = clinic.group()
    clinic.cliniko.add_key("b3RoZXI-uk2", practitioner_id=other, forbidden=["patients"])
    limited = {"authorization": authorization("b3RoZXI-uk2")}
    assert clinic.call("GET", "bookings", **limited).json["bookings"] == []
    assert clinic.call("GET", f"group_appointments/{row}", **limited).status == 404
    assert clinic.call("GET", "patients", **limited).status == 403
