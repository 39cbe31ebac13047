"""What a Canvas list leaves out: past slots, and who reserved the others."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.campus import (
    BASE,
    GROUPS,
    Campus,
    child,
    group,
    linked,
    listing,
    one,
    reply,
    slot,
)
from worker.domain.instants import iso
from worker.domain.span import DAY, HOUR, Span


def ids(campus: Campus) -> list[str]:
    return [s.event.key.native_id for s in campus.read().sightings]


def past(number: int = 1, hours: int = 3) -> dict[str, Any]:
    return slot(number, NOW - hours * HOUR, NOW - (hours - 1) * HOUR)


def test_past_slots_in_the_window_come_by_the_single_read():
    whole = reply(group(543, past(1), slot(2)))
    listed = group(543, slot(2), appointments_count=2)
    campus = listing(listed, **{"appointment_groups/543": whole})
    assert ids(campus) == ["1", "2"]


def test_a_group_without_past_slots_is_not_read_by_itself():
    campus = listing(group(543, slot(1), slot(2)))
    campus.read()
    assert campus.paths == [GROUPS]


def test_a_stale_start_does_not_hide_a_past_slot():
    listed = group(543, slot(2), appointments_count=2, start_at=iso(NOW + DAY))
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, past(1), slot(2)))})
    assert ids(campus) == ["1", "2"]


def test_a_group_that_does_not_count_its_slots_is_judged_by_its_start():
    listed = group(543, slot(2), start_at=iso(NOW - 3 * HOUR))
    del listed["appointments_count"]
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, past(1), slot(2)))})
    assert ids(campus) == ["1", "2"]


def test_a_running_slot_is_no_past_one():
    running = slot(1, NOW - HOUR, NOW + HOUR)
    campus = listing(group(543, running, start_at=iso(NOW - HOUR)))
    assert ids(campus) == ["1"]
    assert campus.paths == [GROUPS]


def test_the_past_is_the_vendors_and_not_ours():
    listed = group(543, slot(2), start_at=iso(NOW + DAY - HOUR), appointments_count=None)
    date = {"Date": formatdate(NOW + DAY, usegmt=True)}
    whole = reply(group(543, slot(1, NOW + DAY - HOUR, NOW + DAY), slot(2)))
    campus = Campus({GROUPS: reply([listed], headers=date), f"{GROUPS}/543": whole})
    assert ids(campus) == ["1", "2"]


def test_a_vendors_clock_that_is_a_year_late_hides_no_past_slot():
    date = {"Date": formatdate(NOW - 365 * DAY, usegmt=True)}
    listed = reply([group(543, slot(2), appointments_count=2)], headers=date)
    whole = reply(group(543, past(1), slot(2)), headers=date)
    assert ids(Campus({GROUPS: listed, f"{GROUPS}/543": whole})) == ["1", "2"]


def test_a_window_that_begins_later_needs_no_past():
    campus = listing(group(543, slot(2), appointments_count=5))
    assert campus.read(Span(NOW + HOUR, NOW + 9 * DAY)).gaps == ()
    assert campus.paths == [GROUPS]


def test_slots_that_a_list_leaves_out_altogether_come_by_the_single_read():
    listed = group(543)
    del listed["appointments"]
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, slot(2)))})
    assert ids(campus) == ["2"]


@pytest.mark.parametrize(
    "answer",
    [
        reply({}, 404),
        reply({"status": "unauthorized"}, 403),
        reply(b"<html>"),
        reply(b"{"),
        reply(group(7, past(1))),
        reply({"id": 543}),
    ],
)
def test_a_single_read_that_fails_leaves_a_gap_and_what_was_listed(answer: Any):
    listed = group(543, slot(2), appointments_count=2)
    campus = listing(listed, group(544, slot(3)), **{"appointment_groups/543": answer})
    found = campus.read()
    assert [s.event.key.native_id for s in found.sightings] == ["2", "3"]
    assert len(found.gaps) == 1


@pytest.mark.parametrize("number", ["../courses", "a b", "x?y"])
def test_a_groups_id_cannot_lead_to_another_place(number: str):
    campus = listing(group(number, slot(2), appointments_count=2))
    assert len(campus.read().gaps) == 1
    assert all(path.startswith(GROUPS) for path in campus.paths)
    assert "y" not in campus.asked[-1].url.params


def test_a_group_that_counts_more_slots_than_it_shows_leaves_a_gap():
    whole = group(543, past(1), appointments_count=4)
    campus = listing(group(543, appointments_count=4), **{"appointment_groups/543": reply(whole)})
    found = campus.read()
    assert len(found.sightings) == 1
    assert "counts 4" in found.gaps[0]


# Reservations that are not shown


def hidden(*slots: Any, users: Any = None, **fields: Any) -> Campus:
    shown = group(543, *slots, **fields)
    answers: dict[str, Any] = {"appointment_groups/543": reply(shown)}
    if users is not None:
        kind = "groups" if fields.get("participant_type") == "Group" else "users"
        answers[f"appointment_groups/543/{kind}"] = users
    return listing(shown, **answers)


def veiled(number: int = 9, count: int = 1) -> dict[str, Any]:
    shown = slot(number, NOW + number * DAY, child_events_count=count, workflow_state="locked")
    del shown["child_events"]
    return shown


def test_reservations_that_the_list_leaves_out_come_by_the_single_read():
    whole = reply(group(543, slot(9, NOW + 9 * DAY, child_events=[child()])))
    event = one(listing(group(543, veiled()), **{"appointment_groups/543": whole}))
    assert (event.attendees, event.people) == (1, ("campus/user:5",))


def test_registered_users_are_the_second_source_of_people():
    campus = hidden(veiled(9, 2), slot(10), users=linked([{"id": 5}, {"id": 6}]))
    found = {s.event.key.native_id: s.event for s in campus.read().sightings}
    assert found["9"].people == ("campus/user:5", "campus/user:6")
    assert found["10"].people == ()
    assert campus.asked[-1].url.params["registration_status"] == "registered"


def test_registered_groups_are_asked_for_where_groups_sign_up():
    campus = hidden(veiled(), users=linked([{"id": 31}]), participant_type="Group")
    assert one(campus).people == ("campus/group:31",)


def test_participants_of_all_pages_are_read():
    second = f"{BASE}/api/v1/appointment_groups/543/users?page=2"
    users = [linked([{"id": 5}], next=second), linked([{"id": 6}])]
    assert one(hidden(veiled(9, 2), users=users)).people == ("campus/user:5", "campus/user:6")


def test_who_sits_where_is_not_guessed():
    campus = hidden(veiled(8), veiled(9), users=linked([{"id": 5}, {"id": 6}]))
    events = [s.event for s in campus.read().sightings]
    assert [event.people for event in events] == [(), ()]
    assert [event.attendees for event in events] == [1, 1]


def test_more_participants_than_places_taken_are_not_guessed_at():
    assert one(hidden(veiled(9, 1), users=linked([{"id": 5}, {"id": 6}]))).people == ()


def test_participants_that_are_refused_leave_a_gap_and_the_count():
    found = hidden(veiled(), users=reply({"status": "unauthorized"}, 403)).read()
    assert found.sightings[0].event.attendees == 1
    assert len(found.gaps) == 1
