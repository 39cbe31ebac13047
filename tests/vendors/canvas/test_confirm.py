"""One slot asked for by its id: what is present, gone, or must not be guessed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.campus import (
    GROUPS,
    WINDOW,
    Campus,
    child,
    group,
    linked,
    reply,
    slot,
)
from worker.domain.event import Key, Kind, Status
from worker.domain.listing import Presence
from worker.domain.span import DAY
from worker.vendors.base import NeedsPerson, Nonsense, TryLater

KEY = Key("campus", Kind.SLOT, "9")
EVENT = "/calendar_events/9"
FORBIDDEN = reply({"status": "unauthorized", "errors": []}, 403)
OLD_FORBIDDEN = reply({"status": "unauthorized", "errors": []}, 401)


def asked(answer: Any, **answers: Any) -> Campus:
    return Campus({EVENT: answer, **{f"/{name}": one for name, one in answers.items()}})


def presence(campus: Campus, key: Key = KEY) -> Presence:
    return campus.account.confirm(key, WINDOW).presence


@pytest.mark.parametrize("status", [404, 410])
def test_an_unknown_id_is_gone(status: int):
    assert presence(asked(reply({}, status))) is Presence.GONE


def test_a_slot_that_answers_is_present_and_shown_as_in_the_list():
    shown = slot(9, NOW + 2 * DAY, child_events=[child()])
    bare = {name: value for name, value in shown.items() if name != "child_events"}
    whole = reply(group(543, slot(8), shown))
    answer = asked(reply(bare), **{"appointment_groups/543": whole}).account.confirm(KEY, WINDOW)
    assert answer.presence is Presence.PRESENT
    assert answer.sighting is not None
    assert answer.sighting.event.people == ("campus/user:5",)
    assert answer.sighting.event.span.start == NOW + 2 * DAY


def test_a_deleted_slot_is_cancelled_and_not_gone():
    deleted = reply(slot(9, workflow_state="deleted"))
    whole = reply(group(543, slot(8), title="Renamed"))
    answer = asked(deleted, **{"appointment_groups/543": whole}).account.confirm(KEY, WINDOW)
    assert answer.presence is Presence.PRESENT
    assert answer.sighting is not None
    event = answer.sighting.event
    assert (event.status, event.title, event.attendees) == (Status.CANCELLED, "Renamed", 0)


def test_a_deleted_slot_is_cancelled_even_where_its_group_cannot_be_read():
    answer = asked(reply(slot(9, workflow_state="deleted"))).account.confirm(KEY, WINDOW)
    assert answer.sighting is not None
    event = answer.sighting.event
    assert (event.status, event.series) == (Status.CANCELLED, "group:543")
    assert event.subjects == ("course:123", "group:543")


def test_a_living_slot_is_not_pictured_without_its_group():
    answer = asked(reply(slot(9))).account.confirm(KEY, WINDOW)
    assert (answer.presence, answer.sighting) == (Presence.PRESENT, None)


@pytest.mark.parametrize("answer", [slot(9, start_at=None), slot(9, child_events=5)])
def test_a_slot_that_makes_no_sense_is_present(answer: Any):
    found = asked(reply(answer), **{"appointment_groups/543": reply(group(543))})
    assert presence(found) is Presence.PRESENT


@pytest.mark.parametrize(
    "answer", [slot(7), slot(9, parent_event_id=4), slot(9, parent_event_id="4")]
)
def test_an_answer_about_something_else_confirms_nothing(answer: Any):
    assert presence(asked(reply(answer))) is Presence.UNKNOWN


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"errors":[]}'])
def test_an_answer_that_makes_no_sense_confirms_nothing(body: bytes):
    with pytest.raises(Nonsense):
        presence(asked(reply(body)))


def test_a_throttled_question_is_asked_later():
    with pytest.raises(TryLater):
        presence(asked(reply(b"403 Forbidden (Rate Limit Exceeded)", 403)))


def test_a_refused_token_confirms_nothing():
    with pytest.raises(NeedsPerson):
        presence(asked(reply({}, 401, {"WWW-Authenticate": "Bearer"})))


@pytest.mark.parametrize(
    "key", [Key("campus", Kind.SINGLE, "9"), Key("campus", Kind.SLOT, "9", "2026-03-02")]
)
def test_what_is_no_slot_is_not_asked_for(key: Key):
    campus = asked(reply(slot(9)))
    assert presence(campus, key) is Presence.UNKNOWN
    assert campus.asked == []


@pytest.mark.parametrize("native_id", ["../users/self", "9?x=1", "9#", "..", "", "9/10"])
def test_an_id_that_could_lead_elsewhere_is_not_asked_for(native_id: str):
    campus = asked(reply(slot(9)))
    assert presence(campus, Key("campus", Kind.SLOT, native_id)) is Presence.UNKNOWN
    assert campus.asked == []


# A deleted group answers 403, exactly as lost rights do.


def after(*polls: list[Any], forbidden: Any = FORBIDDEN, **keys: Any) -> Campus:
    """A site after these lists were read; slot 9 has answered as `forbidden` since."""
    campus = Campus({GROUPS: [linked(rows) for rows in polls], EVENT: forbidden}, **keys)
    for _ in polls:
        campus.read()
    return campus


BOTH = [group(543, slot(9)), group(600, slot(10, appointment_group_id=600))]
OTHER = [group(600, slot(10, appointment_group_id=600))]


@pytest.mark.parametrize("forbidden", [FORBIDDEN, OLD_FORBIDDEN])
def test_a_deleted_group_is_gone_where_another_of_its_course_answers(forbidden: Any):
    assert presence(after(BOTH, OTHER, forbidden=forbidden)) is Presence.GONE


@pytest.mark.parametrize("forbidden", [FORBIDDEN, OLD_FORBIDDEN])
def test_lost_rights_are_unknown(forbidden: Any):
    assert presence(after(BOTH, [], forbidden=forbidden)) is Presence.UNKNOWN


def test_a_group_of_another_course_proves_nothing():
    elsewhere = [group(600, slot(10), context_codes=["course_7"])]
    assert presence(after(BOTH, elsewhere)) is Presence.UNKNOWN


def test_every_course_of_the_group_must_answer():
    shared = [group(543, slot(9), context_codes=["course_123", "course_7"]), *OTHER]
    assert presence(after(shared, OTHER)) is Presence.UNKNOWN


def test_its_own_group_is_no_other_group():
    assert presence(after([group(543, slot(9))], [group(543, slot(8))])) is Presence.UNKNOWN


def test_what_answered_in_an_earlier_poll_proves_nothing():
    assert presence(after(BOTH, OTHER, [])) is Presence.UNKNOWN


def test_a_deleted_group_in_the_list_proves_nothing():
    deleted = [group(600, workflow_state="deleted", appointments_count=0)]
    assert presence(after(BOTH, deleted)) is Presence.UNKNOWN


def test_after_a_restart_an_unknown_slot_is_in_one_of_the_configured_courses():
    assert presence(after(OTHER, context_codes=["course_123"])) is Presence.GONE
    both = after(OTHER, context_codes=["course_123", "course_7"])
    assert presence(both) is Presence.UNKNOWN
    assert presence(after(OTHER)) is Presence.UNKNOWN
