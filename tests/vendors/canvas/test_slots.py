"""What a slot says, read from each shape in which Canvas may show it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.campus import (
    WINDOW,
    Campus,
    child,
    group,
    linked,
    listing,
    one,
    reply,
    slot,
)
from worker.domain.event import Kind
from worker.domain.span import DAY, HOUR, Span


def test_a_slot_is_one_event_and_its_reservations_are_none():
    event = one(listing(group(543, slot(child_events=[child(77, 5), child(78, 6)]))))
    assert (event.key.kind, event.key.native_id) == (Kind.SLOT, "9")
    assert event.attendees == 2
    assert event.people == ("campus/user:5", "campus/user:6")
    assert event.span == Span(NOW + DAY, NOW + DAY + HOUR)
    assert (event.title, event.location, event.timezone) == ("Office hours", "Room 5", "")


def test_its_subjects_are_its_group_and_all_of_the_groups_courses():
    codes = {"context_codes": ["course_9"], "all_context_codes": ["course_123", "course_9"]}
    event = one(listing(group(543, slot(), sub_context_codes=["course_section_7"], **codes)))
    assert event.subjects == ("course:123", "course:9", "group:543")
    assert event.series == "group:543"


@pytest.mark.parametrize("number", [9, "9"])
def test_ids_may_come_as_numbers_although_texts_were_asked_for(number: Any):
    event = one(listing(group(number, slot(number))))
    assert (event.key.native_id, event.series) == ("9", "group:9")


def test_string_ids_are_asked_for():
    campus = listing(group(543, slot()))
    campus.read()
    assert campus.asked[0].headers["accept"] == "application/json+canvas-string-ids"


def test_ids_of_other_shards_are_kept_digit_by_digit():
    assert one(listing(group(543, slot(90000000000000001)))).key.native_id == "90000000000000001"


@pytest.mark.parametrize(
    ("state", "reservations", "group_state", "status"),
    [
        ("active", 0, "active", "offered"),
        ("locked", 1, "active", "booked"),
        ("active", 0, "pending", "held"),
        ("locked", 1, "pending", "booked"),
        ("deleted", 0, "active", "cancelled"),
        ("deleted", 1, "active", "cancelled"),
        ("active", 0, "deleted", "cancelled"),
    ],
)
def test_the_status_follows_slot_group_and_reservations(
    state: str, reservations: int, group_state: str, status: str
):
    children = [child(n, n) for n in range(reservations)]
    shown = slot(workflow_state=state, child_events=children, child_events_count=reservations)
    event = one(listing(group(543, shown, workflow_state=group_state, appointments_count=None)))
    assert event.status == status


def test_a_cancelled_reservation_is_no_attendee():
    children = [child(77, 5), child(78, 6, workflow_state="deleted")]
    event = one(listing(group(543, slot(child_events=children, child_events_count=2))))
    assert (event.attendees, event.people) == (1, ("campus/user:5",))


def test_a_reservation_that_is_shown_twice_counts_once():
    event = one(listing(group(543, slot(child_events=[child(77, 5), child(77, 5)]))))
    assert event.attendees == 1


def test_a_locked_slot_that_shows_and_counts_nobody_is_booked():
    shown = slot(workflow_state="locked")
    del shown["child_events"], shown["child_events_count"]
    campus = listing(group(543, shown), **{"appointment_groups/543/users": linked([{"id": 5}])})
    event = one(campus)
    assert (event.status, event.attendees, event.people) == ("booked", 1, ("campus/user:5",))


def test_places_that_are_left_tell_how_many_are_taken():
    shown = slot(workflow_state="locked", participants_per_appointment=5, available_slots=2)
    del shown["child_events"], shown["child_events_count"]
    campus = listing(group(543, shown), **{"appointment_groups/543/users": linked([])})
    assert one(campus).attendees == 3


def test_a_students_group_is_referred_to_as_a_group():
    reservation = child(77)
    del reservation["user"]
    reservation |= {"group": {"id": 31, "name": "Team", "users": [{"id": 5}]}}
    event = one(listing(group(543, slot(child_events=[reservation]), participant_type="Group")))
    assert event.people == ("campus/group:31",)


def test_a_reservation_without_a_user_is_told_by_its_context():
    reservation = child(77, 5)
    del reservation["user"]
    assert one(listing(group(543, slot(child_events=[reservation])))).people == ("campus/user:5",)


@pytest.mark.parametrize(
    ("of_slot", "of_group", "capacity"),
    [
        ({"participants_per_appointment": 2, "available_slots": 2}, 3, 2),
        ({"participants_per_appointment": None, "available_slots": 3}, 3, 3),
        ({"available_slots": 3}, 3, 3),
        ({}, None, None),
    ],
)
def test_the_slots_own_limit_goes_before_the_groups(
    of_slot: dict[str, Any], of_group: int | None, capacity: int | None
):
    shown = group(543, slot(**of_slot), participants_per_appointment=of_group)
    assert one(listing(shown)).capacity == capacity


def test_absent_keys_of_a_full_slot_mean_that_it_has_no_limit():
    assert one(listing(group(543, slot(), participants_per_appointment=3))).capacity is None


def test_absent_keys_of_a_brief_slot_leave_the_groups_limit():
    brief = {"id": 9, "start_at": slot()["start_at"], "end_at": slot()["end_at"]}
    assert one(listing(group(543, brief, participants_per_appointment=3))).capacity == 3


def test_how_often_one_person_must_and_may_sign_up_is_kept():
    limits = {"min_appointments_per_participant": 1, "max_appointments_per_participant": 2}
    event = one(listing(group(543, slot(), **limits)))
    assert (event.min_per_person, event.max_per_person) == (1, 2)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/calendar", "", None])
def test_only_web_addresses_become_links(url: str | None):
    assert one(listing(group(543, slot(html_url=url)))).url is None


@pytest.mark.parametrize("where", ["group", "slot"])
def test_a_hold_of_ours_is_known_by_its_mark_in_rewritten_html(where: str):
    html = '<p>busy <a href="/x">[CALSYNC 0123456789ABCDEF]</a></p>'
    on_slot = {"description": html} if where == "slot" else {}
    on_group = {"description": html} if where == "group" else {}
    assert one(listing(group(543, slot(**on_slot), **on_group))).mark == "0123456789abcdef"


def test_back_to_back_slots_do_not_touch_each_other():
    slots = [slot(1, NOW, NOW + HOUR), slot(2, NOW + HOUR, NOW + 2 * HOUR)]
    first, second = (s.event for s in listing(group(543, *slots)).read().sightings)
    assert not first.span.overlaps(second.span)


def test_the_window_is_cut_here_since_canvas_cuts_nothing():
    slots = [slot(1, WINDOW.end - HOUR), slot(2, WINDOW.end)]
    found = listing(group(543, *slots)).read()
    assert [s.event.key.native_id for s in found.sightings] == ["1"]


BAD: dict[str, dict[str, Any]] = {
    "no start": {"start_at": None},
    "no end": {"end_at": None},
    "an end before the start": {"end_at": "2026-03-01T08:00:00Z"},
    "a time without an offset": {"start_at": "2026-03-03T08:00:00"},
    "the year 1": {"start_at": "0001-01-01T00:00:00Z"},
    "a time that is none": {"start_at": "soon"},
    "an unknown state": {"workflow_state": "frozen"},
    "a limit below zero": {"participants_per_appointment": -1},
    "a limit that is no number": {"participants_per_appointment": "many"},
    "children that are no list": {"child_events": {"id": 1}},
    "NaN": {"start_at": float("nan")},
}


@pytest.mark.parametrize("name", BAD)
def test_a_slot_that_makes_no_sense_is_set_aside_and_its_neighbours_go_on(name: str):
    found = listing(group(543, slot(1, **BAD[name]), slot(2))).read()
    assert [s.event.key.native_id for s in found.sightings] == ["2"]
    (aside,) = found.quarantined
    assert (aside.kind, aside.native_id) == (Kind.SLOT, "1")
    assert found.gaps == ()


@pytest.mark.parametrize("number", [None, True, "", "a\nb", "x" * 301, [1]])
def test_a_slot_without_a_usable_id_leaves_a_gap(number: Any):
    found = listing(group(543, slot(number), slot(2))).read()
    assert [s.event.key.native_id for s in found.sightings] == ["2"]
    assert len(found.gaps) == 1


def test_an_id_of_5000_digits_leaves_a_gap():
    body = json.dumps([group(543, slot(111), slot(2))]).replace("111", "1" * 5000).encode()
    found = Campus({"/appointment_groups": reply(body)}).read()
    assert [s.event.key.native_id for s in found.sightings] == ["2"]
    assert len(found.gaps) == 1


def test_half_a_letter_in_a_title_does_no_harm():
    body = json.dumps([group(543, slot(), title="half \ud800")]).encode()
    one(Campus({"/appointment_groups": reply(body)})).title.encode()


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"workflow_state": "archived"},
        {"appointments": {"0": slot()}},
        {"participants_per_appointment": "many"},
    ],
)
def test_a_group_that_makes_no_sense_leaves_a_gap_and_its_neighbours_go_on(broken: dict[str, Any]):
    found = listing(group(1, slot(1), **broken), group(2, slot(2))).read()
    assert [s.event.key.native_id for s in found.sightings] == ["2"]
    assert len(found.quarantined) == 1
    assert len(found.gaps) == 1


def test_unknown_members_and_missing_ones_do_no_harm():
    brief = {"id": 9, "start_at": "2026-03-03T08:00:00Z", "end_at": "2026-03-03T09:00:00Z"}
    shown = {"id": 543, "appointments": [brief | {"new": {"a": 1}}], "also": []}
    event = one(listing(shown, **{"appointment_groups/543": reply(shown)}))
    assert (event.status, event.subjects) == ("offered", ("group:543",))


def test_a_slot_that_is_listed_twice_is_seen_twice_with_one_identity():
    found = listing(group(543, slot(), slot(), appointments_count=1)).read()
    assert len({s.event.key for s in found.sightings}) == 1
    assert found.gaps == ()


def test_what_is_kept_of_an_answer_names_nobody():
    campus = listing(group(543, slot(description="<p>Amy</p>", child_events=[child(77, 5555)])))
    (sighting,) = campus.read().sightings
    assert b"Amy" in sighting.answer
    kept = campus.account.redact(sighting.answer)
    for secret in (b"Amy", b"Ng", b"knee", b"5555"):
        assert secret not in kept
    shown = json.loads(kept)
    assert shown[0]["id"] == 543
    assert shown[1]["child_events"][0]["id"] == 77
    assert shown[1]["start_at"] == slot()["start_at"]


@pytest.mark.parametrize("answer", [b"", b"{", b"[1,2]", b"[" * 100_000, b"NaN", b'[{"a":NaN}]'])
def test_what_cannot_be_read_is_hidden_as_a_whole(answer: bytes):
    assert b"redacted" in listing().account.redact(answer)
