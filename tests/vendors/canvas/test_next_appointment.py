"""The next slot of the same sign-up sheet, as far as the token's own user may have it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.campus import Answer, Campus, child, group, linked, one, reply, slot
from tests.vendors.canvas.test_against_sandbox import World
from worker.domain.conflict.openings import Opening
from worker.domain.event import Event
from worker.domain.span import DAY, HOUR, Span
from worker.vendors.base import NeedsPerson, Nonsense, Offering, TryLater, Vanished

PATH = "/appointment_groups/next_appointment"
SEARCH = Span(NOW, NOW + 14 * DAY)
LATER = Span(NOW + 3 * DAY, NOW + 3 * DAY + HOUR)


def sheet(answer: Answer, reserved: bool = True) -> tuple[Campus, Event]:
    """A site with one slot of group 543, and what it says of the next one."""
    fields: dict[str, Any] = {"workflow_state": "locked", "child_events": [child()]}
    listed = group(543, slot(9, **(fields if reserved else {})))
    campus = Campus({"/appointment_groups": linked([listed]), PATH: answer})
    event = one(campus)
    campus.asked.clear()
    return campus, event


def openings(answer: Answer) -> tuple[Opening, ...]:
    campus, event = sheet(answer)
    found = campus.account.free(event, None, SEARCH, 20.0)
    assert found is not None
    return tuple(found)


def test_the_account_can_be_asked():
    assert isinstance(Campus({}).account, Offering)


def test_the_slots_own_group_is_asked_for_in_one_call():
    campus, event = sheet(reply([slot(10, LATER.start, available_slots=2)]))
    assert campus.account.free(event, None, SEARCH, 20.0) == (Opening(LATER, "10", 2),)
    (request,) = campus.asked
    assert request.url.path.endswith(PATH)
    assert request.url.params.get_list("appointment_group_ids[]") == ["543"]


def test_without_a_limit_it_is_not_told_how_many_places_are_left():
    assert openings(reply([slot(10, LATER.start)])) == (Opening(LATER, "10", None),)


def test_an_instructor_is_told_of_nothing_and_nothing_is_concluded_from_it():
    campus, event = sheet(reply([]))
    assert campus.account.free(event, None, SEARCH, 20.0) is None
    assert campus.paths == [PATH]


@pytest.mark.parametrize(
    "other",
    [
        slot(9, LATER.start),
        slot(10, LATER.start, appointment_group_id=544),
        slot(10, LATER.start, workflow_state="deleted"),
        slot(10, LATER.start, available_slots=0),
        slot(10, NOW - DAY),
        slot(10, NOW + 20 * DAY),
        slot(10, LATER.start, start_at="soon"),
        slot(10, LATER.start, end_at=None),
        {"title": "no id"},
    ],
)
def test_what_is_no_way_out_is_left_out(other):
    assert openings(reply([other])) == ()


def test_a_slot_that_nobody_has_reserved_is_not_asked_about():
    campus, event = sheet(reply([slot(10, LATER.start)]), reserved=False)
    assert campus.account.free(event, None, SEARCH, 20.0) is None
    assert not campus.asked


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply({"status": "unauthorized", "errors": []}, 403), NeedsPerson),
        (reply(b"403 Forbidden (Rate Limit Exceeded)", 403), TryLater),
        (reply({"errors": []}, 404), Vanished),
        (reply({"id": 10}), Nonsense),
    ],
)
def test_whatever_is_wrong_is_an_error_that_the_engine_knows(answer, error):
    with pytest.raises(error):
        openings(answer)


def offices(token: str) -> tuple[World, Event, list[int]]:
    """A sheet at the simulated site with three slots; a student has the first one."""
    world = World(token=token)
    site = world.site
    course = site.add_course("Algebra")
    amy = site.add_student("Amy Example", courses=[course])
    # Somebody who teaches may be enrolled as well, and is told of what students are told of.
    tutor = site.add_instructor("Tom Tutor", courses=[course], token="tutor")
    site.enrol(tutor, course, "student")
    spans = [(NOW + day * DAY, NOW + day * DAY + HOUR) for day in (1, 2, 3)]
    sheet = site.add_group(
        "Office hours", [course], slots=spans, state="active", participants_per_appointment=1
    )
    slots = [one.id for one in site.slots(sheet)]
    site.reserve(slots[0], amy)
    event = next(
        sighting.event
        for sighting in world.read().sightings
        if sighting.event.key.native_id == str(slots[0])
    )
    return world, event, slots


def test_the_simulated_site_tells_an_instructor_nothing():
    world, event, _ = offices("canvas-instructor-token")
    assert world.account.free(event, None, SEARCH, 20.0) is None


def test_the_simulated_site_tells_a_tutor_who_is_enrolled_the_next_open_slot():
    world, event, slots = offices("tutor")
    (course,) = world.site.courses
    ben = world.site.add_student("Ben Example", courses=[course])
    for number in (1, 2):
        start = NOW + (number + 1) * DAY
        found = world.account.free(event, None, SEARCH, 20.0)
        assert found == (Opening(Span(start, start + HOUR), str(slots[number]), 1),)
        world.site.reserve(slots[number], ben)
    assert world.account.free(event, None, SEARCH, 20.0) is None
