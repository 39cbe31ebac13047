"""Copies at the simulated Canvas: what is written reads back the same, once, and tells nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vendors.canvas.test_against_sandbox import QUIRKS
from tests.vendors.canvas.written import LINK, TOMORROW, Desk, answering, breaking, edited
from worker.domain.event import Event, Kind, Role, Status, role
from worker.domain.listing import Presence
from worker.domain.marker import mark
from worker.domain.reconcile.intent import Intent, Purpose, Written, echo
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.canvas import Quirks
from worker.vendors.base import Ambiguous, NeedsPerson, Nonsense, Rejected, TryLater
from worker.vendors.canvas import ENTRY
from worker.vendors.canvas.drafts import KEPT, PUBLISHED, UNTITLED
from worker.vendors.writer import Settling, Withdrawing, Writer


def reads_back(desk: Desk, written: Written, intent: Intent) -> None:
    """A full reading shows exactly what the write returned, with its mark, and told nobody."""
    seen = desk.seen()[written.key]
    assert echo(seen) == echo(written.event)
    assert seen.mark == intent.link
    said = desk.account.shape(intent)
    assert (seen.span, seen.title, seen.location, seen.capacity) == (
        said.span,
        said.title,
        said.location,
        said.capacity,
    )
    assert desk.site.notifications == []


def test_the_account_offers_copies_and_withdrawals_and_no_holds():
    account = Desk().account
    assert isinstance(account, Writer)
    assert isinstance(account, Withdrawing)
    assert isinstance(account, Settling)
    can = account.capabilities
    assert (can.create, can.move, can.remove, can.hold) == (True, True, True, False)
    assert ENTRY.manners.hold == ""
    assert {"withdraw", "delete"} <= ENTRY.manners.tells
    assert "move" not in ENTRY.manners.tells


def test_a_hold_is_refused_with_the_way_that_there_is():
    desk = Desk()
    hold = desk.copy(purpose=Purpose.HOLD, details={})
    assert "withdraw_open_slots = true" in desk.account.refuses(hold)
    assert desk.account.shape(hold) == hold
    with pytest.raises(Rejected):
        desk.account.create(hold)
    assert desk.writes == []


@pytest.mark.parametrize("quirks", [*QUIRKS, Quirks(title_required=True)], ids=str)
def test_a_copy_is_made_changed_moved_and_taken_away(quirks: Quirks):
    desk = Desk(quirks)
    made = desk.account.create(desk.copy())
    assert (made.key.kind, made.event.status) == (Kind.SLOT, Status.HELD)
    assert role(made.event) is Role.OURS
    reads_back(desk, made, desk.copy())
    later = desk.copy(
        span=Span(TOMORROW.start + DAY, TOMORROW.end + 2 * DAY),
        title="Late class",
        location="Attic",
        capacity=7,
    )
    changed = desk.account.update(made.key, later)
    assert changed.key == made.key
    reads_back(desk, changed, later)
    desk.account.delete(made.key, "its origin was cancelled")
    assert desk.groups == []
    assert desk.account.probe(later) is None
    assert desk.site.notifications == []


def test_a_copy_is_one_group_made_by_one_request():
    desk = Desk()
    details = desk.details(max_appointments_per_participant=1, participant_visibility="protected")
    desk.account.create(desk.copy(details=details))
    [(method, path, body)] = desk.writes
    assert (method, path) == ("POST", "/appointment_groups")
    assert body == {
        "appointment_group": {
            "context_codes": [f"course_{desk.course}"],
            "title": "Evening class",
            "description": f"{KEPT} {mark(LINK)}",
            "location_name": "Hall",
            "participants_per_appointment": 3,
            "max_appointments_per_participant": 1,
            "participant_visibility": "protected",
            "new_appointments": {"0": ["2026-03-03T08:00:00Z", "2026-03-03T09:00:00Z"]},
            "publish": False,
        }
    }


def test_nothing_is_published_unless_the_rule_says_so():
    desk = Desk()
    desk.account.create(desk.copy())
    assert [one.workflow_state for one in desk.groups] == ["pending"]
    assert desk.site.notifications == []


def test_a_published_copy_is_offered_and_its_end_may_be_told():
    desk = Desk()
    published = desk.copy(details=desk.details(publish=True))
    made = desk.account.create(published)
    assert made.event.status is Status.OFFERED
    assert PUBLISHED in desk.groups[0].description
    desk.account.delete(made.key, "its origin was cancelled")
    assert desk.groups == []
    assert desk.writes[-1][2] == {"cancel_reason": "its origin was cancelled"}


@pytest.mark.parametrize("republish", ["ignored", "error"])
def test_publishing_later_takes_the_exact_text_one_and_is_not_done_twice(republish: Any):
    desk = Desk(Quirks(republish=republish))
    made = desk.account.create(desk.copy())
    published = desk.copy(details=desk.details(publish=True))
    assert desk.account.update(made.key, published).event.status is Status.OFFERED
    assert desk.writes[-1][2]["appointment_group"]["publish"] == "1"
    again = replace(published, title="Late class")
    desk.account.update(made.key, again)
    assert desk.writes[-1][2] == {"appointment_group": {"title": "Late class"}}


def test_a_copy_that_somebody_else_published_is_not_taken_away_behind_peoples_backs():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.site.publish(desk.groups[0].id)
    desk.quiet()
    with pytest.raises(Rejected) as refusal:
        desk.account.delete(made.key, "over")
    assert refusal.value.code == "published"
    assert len(desk.groups) == 1
    assert desk.site.notifications == []


def reserved(desk: Desk) -> Written:
    made = desk.account.create(desk.copy(details=desk.details(publish=True)))
    desk.site.reserve(int(made.key.native_id), desk.students[0])
    desk.quiet()
    desk.writes.clear()
    return made


def test_a_reserved_copy_is_neither_taken_away_nor_moved():
    desk = Desk()
    made = reserved(desk)
    later = desk.copy(
        span=Span(TOMORROW.start + DAY, TOMORROW.end + DAY), details=desk.details(publish=True)
    )
    for attempt in (
        lambda: desk.account.delete(made.key, "over"),
        lambda: desk.account.update(made.key, later),
    ):
        with pytest.raises(Rejected) as refusal:
            attempt()
        assert refusal.value.code == "reserved"
    assert desk.writes == []
    assert desk.site.notifications == []


def test_the_title_of_a_reserved_copy_still_follows_its_origin():
    desk = Desk()
    made = reserved(desk)
    renamed = desk.copy(title="Late class", details=desk.details(publish=True))
    changed = desk.account.update(made.key, renamed)
    assert (changed.event.title, changed.event.attendees) == ("Late class", 1)
    reads_back(desk, changed, renamed)


def test_an_update_sends_what_differs_and_nothing_else():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.writes.clear()
    desk.account.update(made.key, desk.copy())
    assert desk.writes == []
    desk.site.update_group(desk.groups[0].id, location_address="By the lake")
    desk.account.update(made.key, desk.copy(title="Late class"))
    assert [body for _, _, body in desk.writes] == [{"appointment_group": {"title": "Late class"}}]
    assert desk.groups[0].location_address == "By the lake"


def test_what_a_copy_does_not_name_stays_as_somebody_made_it():
    desk = Desk()
    made = desk.account.create(desk.copy())
    bare = desk.copy(title="", location="", capacity=None)
    desk.account.update(made.key, desk.account.shape(bare))
    seen = desk.seen()[made.key]
    assert (seen.title, seen.location, seen.capacity) == ("Evening class", "Hall", 3)


def test_a_copy_without_a_title_gets_one():
    desk = Desk(Quirks(title_required=True))
    assert desk.account.create(desk.copy(title="")).event.title == UNTITLED


@pytest.mark.parametrize("rewrites", [True, False])
def test_a_mark_that_was_edited_away_comes_back_and_the_edit_stays(rewrites: Any):
    desk = Desk(Quirks(rewrites_description=rewrites))
    made = desk.account.create(desk.copy())
    text = '<p>Bring a <a href="/mat">mat</a></p>'
    desk.site.update_group(desk.groups[0].id, description=text)
    changed = desk.account.update(made.key, desk.copy())
    reads_back(desk, changed, desk.copy())
    assert "Bring a" in desk.groups[0].description
    desk.writes.clear()
    desk.account.update(made.key, desk.copy())
    assert desk.writes == []


def test_somebody_elses_mark_is_left_alone():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.writes.clear()
    with pytest.raises(Rejected) as refusal:
        desk.account.update(made.key, desk.copy(link="f" * 24))
    assert refusal.value.code == "mark"
    assert desk.writes == []


def test_slots_that_somebody_added_to_a_copys_group_stay():
    desk = Desk()
    made = desk.account.create(desk.copy())
    group = desk.groups[0].id
    added = desk.site.add_slot(group, TOMORROW.end, TOMORROW.end + HOUR)
    desk.account.delete(made.key, "over")
    assert [slot.id for slot in desk.site.slots(group)] == [added]
    assert desk.site.notifications == []


def test_what_is_gone_already_need_not_be_taken_away():
    desk = Desk()
    made = desk.account.create(desk.copy())
    group = desk.groups[0].id
    desk.site.add_slot(group, TOMORROW.end, TOMORROW.end + HOUR)
    desk.site.delete_slot(int(made.key.native_id))
    desk.writes.clear()
    desk.account.delete(made.key, "over")
    assert desk.writes == []


@pytest.mark.parametrize("forbidden", [403, 401])
def test_what_we_deleted_ourselves_is_gone_without_another_witness(forbidden: Any):
    desk = Desk(Quirks(forbidden_status=forbidden))
    made = desk.account.create(desk.copy())
    desk.account.delete(made.key, "over")
    assert desk.account.confirm(made.key, TOMORROW).presence is Presence.GONE
    desk.account.delete(made.key, "over")


@pytest.mark.parametrize("forbidden", [403, 401])
def test_a_deleted_group_looks_like_lost_rights_and_never_like_a_broken_account(forbidden: Any):
    desk = Desk(Quirks(forbidden_status=forbidden))
    made = desk.account.create(desk.copy())
    desk.site.delete_group(desk.groups[0].id)
    for attempt in (
        lambda: desk.account.delete(made.key, "over"),
        lambda: desk.account.update(made.key, desk.copy(title="Late class")),
    ):
        with pytest.raises(Rejected) as refusal:
            attempt()
        assert refusal.value.code == "rights"


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_may_only_read_is_no_broken_account(status: Any):
    desk = Desk(Quirks(scope_status=status))
    reading = frozenset({"url:GET|/api/v1/appointment_groups"})
    token = desk.site.tokens[desk.token]
    desk.site.tokens[desk.token] = replace(token, scopes=reading)
    with pytest.raises(Rejected) as refusal:
        desk.account.create(desk.copy())
    assert refusal.value.code == "scopes"


def test_a_course_that_is_not_ones_own_is_a_refusal():
    desk = Desk()
    other = desk.site.add_course("Biology")
    teacher = desk.site.tokens[desk.token].user_id
    desk.site.enrolments[teacher] = [
        place for place in desk.site.enrolments[teacher] if place.course_id != other
    ]
    with pytest.raises(Rejected) as refusal:
        desk.account.create(desk.copy(details={"context_codes": [f"course_{other}"]}))
    assert refusal.value.code == "rights"


def test_an_unknown_course_is_a_refusal_where_canvas_says_so():
    desk = Desk(Quirks(unknown_context_status=404))
    with pytest.raises(Rejected) as refusal:
        desk.account.create(desk.copy(details={"context_codes": ["course_999"]}))
    assert refusal.value.code == "context_codes"


def test_an_unknown_course_is_ambiguous_where_canvas_breaks_over_it():
    desk = Desk(Quirks(unknown_context_status=500))
    intent = desk.copy(details={"context_codes": ["course_999"]})
    with pytest.raises(Ambiguous):
        desk.account.create(intent)
    assert desk.account.probe(intent) is None


# lost answers


@pytest.mark.parametrize(
    "spoil",
    [breaking, answering(500), answering(502, b"<html>"), answering(202), answering(201, b"<p>")],
)
def test_a_create_whose_answer_was_lost_is_found_and_not_repeated(spoil: Any):
    desk = Desk(spoil=spoil)
    with pytest.raises(Ambiguous):
        desk.account.create(desk.copy())
    assert len(desk.writes) == 1
    found = desk.account.probe(desk.copy())
    assert found is not None
    reads_back(desk, found, desk.copy())
    assert len(desk.groups) == 1


def test_a_create_that_never_arrived_is_ambiguous_and_certainly_not_there():
    desk = Desk(unsent=("POST",))
    with pytest.raises(Ambiguous):
        desk.account.create(desk.copy())
    assert desk.account.probe(desk.copy()) is None
    assert desk.groups == []


def test_a_throttled_create_was_surely_not_carried_out():
    desk = Desk(Quirks(bucket_high_water=0.0))
    with pytest.raises(TryLater) as error:
        desk.account.create(desk.copy())
    assert error.value.untouched
    assert desk.groups == []


def test_a_create_that_cannot_be_read_back_is_ambiguous():
    desk = Desk(spoil=answering(201, b'{"id": "999999"}'))
    with pytest.raises(Ambiguous):
        desk.account.create(desk.copy())


@pytest.mark.parametrize("spoil", [breaking, answering(500), answering(200, b"[]")])
def test_a_lost_answer_to_a_removal_is_ambiguous(spoil: Any):
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.spoil = spoil
    with pytest.raises(Ambiguous):
        desk.account.delete(made.key, "over")


def test_a_move_that_worked_before_the_rest_was_refused_is_ambiguous():
    desk = Desk()
    made = desk.account.create(desk.copy())

    def second_refused(request: Any, answer: Any) -> Any:
        return answering(400)(request, answer) if "groups" in str(request.url) else answer

    desk.spoil = second_refused
    moved = desk.copy(span=Span(TOMORROW.start + DAY, TOMORROW.end + DAY), title="Late class")
    with pytest.raises(Ambiguous, match="the rest was not"):
        desk.account.update(made.key, moved)


def test_a_lost_answer_to_a_change_is_ambiguous():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.spoil = breaking
    with pytest.raises(Ambiguous):
        desk.account.update(made.key, desk.copy(title="Late class"))
    assert len(desk.writes) == 2


def test_a_change_that_is_refused_as_a_whole_is_a_refusal():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.spoil = answering(400)
    with pytest.raises(Rejected):
        desk.account.update(made.key, desk.copy(title="Late class"))


@pytest.mark.parametrize("body", [b"[]", b'{"id": ""}', b"{}"])
def test_a_create_that_is_answered_without_an_id_is_ambiguous(body: bytes):
    desk = Desk(spoil=answering(201, body))
    with pytest.raises(Ambiguous):
        desk.account.create(desk.copy())


def test_a_group_that_came_without_its_slot_is_ambiguous_and_for_a_person():
    desk = Desk()
    desk.whole = edited(lambda document: document.update(appointments=[]))
    with pytest.raises(Ambiguous):
        desk.account.create(desk.copy())
    with pytest.raises(Nonsense, match="no slot"):
        desk.account.probe(desk.copy())


def test_a_copy_beside_slots_that_cannot_be_read_stays():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.site.add_slot(desk.groups[0].id, TOMORROW.end, TOMORROW.end + HOUR)
    desk.whole = edited(lambda document: document["appointments"][1].update(start_at="soon"))
    with pytest.raises(Rejected) as refusal:
        desk.account.delete(made.key, "over")
    assert refusal.value.code == "unread"
    assert len(desk.groups) == 1


def test_a_course_that_the_rule_adds_is_added():
    desk = Desk()
    made = desk.account.create(desk.copy())
    other = desk.site.add_course("Biology")
    both = [f"course_{desk.course}", f"course_{other}"]
    changed = desk.account.update(made.key, desk.copy(details={"context_codes": both}))
    assert f"course:{other}" in changed.event.subjects
    assert "context_codes" in desk.writes[-1][2]["appointment_group"]


# probing


def test_a_group_that_was_deleted_or_lost_its_mark_meanwhile_is_no_find():
    desk = Desk()
    desk.account.create(desk.copy())
    desk.whole = edited(lambda document: document.update(workflow_state="deleted"))
    assert desk.account.probe(desk.copy()) is None
    desk.whole = edited(lambda document: document.update(description="Mine"))
    assert desk.account.probe(desk.copy()) is None


def test_a_list_with_a_gap_tells_nothing():
    desk = Desk()
    for n in range(101):
        desk.sheet(n * HOUR)

    def unlinked(_request: Any, answer: Any) -> Any:
        answer.headers.pop("link", None)
        return answer

    desk.listing = unlinked
    with pytest.raises(Nonsense):
        desk.account.probe(desk.copy())


def test_a_group_in_a_state_that_nobody_knows_may_be_the_one_that_is_looked_for():
    desk = Desk()
    desk.sheet(HOUR)
    desk.listing = edited(lambda rows: rows[0].update(workflow_state="odd"))
    with pytest.raises(Nonsense):
        desk.account.probe(desk.copy())


def test_a_copy_is_found_behind_many_pages():
    desk = Desk(Quirks(paging="bookmark"))
    for n in range(130):
        desk.sheet(n * HOUR)
    made = desk.account.create(desk.copy())
    for n in range(130):
        desk.sheet(n * HOUR)
    assert desk.account.probe(desk.copy()) == made


def test_a_copy_whose_slot_has_ended_is_found():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.clock.time += 3 * DAY
    found = desk.account.probe(desk.copy())
    assert found is not None
    assert found.key == made.key


def test_a_moved_copy_is_found_by_its_mark_alone():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.site.move(int(made.key.native_id), TOMORROW.start + 9 * DAY, TOMORROW.end + 9 * DAY)
    found = desk.account.probe(desk.copy())
    assert found is not None
    assert found.event.span.start == TOMORROW.start + 9 * DAY


def test_of_two_slots_with_the_mark_the_one_at_its_time_is_meant():
    desk = Desk()
    made = desk.account.create(desk.copy())
    desk.site.add_slot(desk.groups[0].id, TOMORROW.end, TOMORROW.end + HOUR)
    assert desk.account.probe(desk.copy()) == made


def test_two_groups_with_one_mark_are_for_a_person():
    desk = Desk()
    desk.account.create(desk.copy())
    desk.site.add_group(
        "Copied",
        [desk.course],
        slots=[(TOMORROW.start, TOMORROW.end)],
        description=desk.groups[0].description,
    )
    with pytest.raises(Nonsense, match="a person"):
        desk.account.probe(desk.copy())


def test_a_probe_that_cannot_read_everything_tells_nothing():
    desk = Desk()
    desk.sheet(HOUR)
    for broken in (b'[{"id": [1]}]', b"<html>", b"{}"):
        desk.listing = answering(200, broken)
        with pytest.raises(Nonsense):
            desk.account.probe(desk.copy())


def test_a_group_that_slips_between_two_pages_is_found_by_a_second_look():
    desk = Desk()
    first = [desk.sheet(n * HOUR) for n in range(100)]
    made = desk.account.create(desk.copy())
    desk.sheet(HOUR)
    deleted: list[int] = []

    def drifting(_request: Any, answer: Any) -> Any:
        if not deleted:
            deleted.append(first[0])
            desk.site.delete_group(first[0])
        return answer

    desk.listing = drifting
    found = desk.account.probe(desk.copy())
    assert found is not None
    assert found.key == made.key


# what a rule may say


@pytest.mark.parametrize(
    ("details", "word"),
    [
        ({}, "context_codes"),
        ({"context_codes": []}, "context_codes"),
        ({"context_codes": ["algebra"]}, "context_codes"),
        ({"context_codes": "course_1"}, "context_codes"),
        ({"context_codes": ["course_1"], "pubish": True}, "pubish"),
        ({"context_codes": ["course_1"], "publish": "1"}, "publish"),
        ({"context_codes": ["course_1"], "title": "Mine"}, "title"),
        ({"context_codes": ["course_1"], "participant_visibility": "open"}, "visibility"),
        ({"context_codes": ["course_1"], "max_appointments_per_participant": 0}, "max_appoint"),
        ({"context_codes": ["course_1"], "sub_context_codes": ["course_2"]}, "sub_context_codes"),
        (
            {
                "context_codes": ["course_1", "course_2"],
                "sub_context_codes": ["group_category_1"],
            },
            "group category",
        ),
    ],
)
def test_a_rule_that_canvas_cannot_follow_is_refused_with_the_word_that_is_wrong(
    details: Any, word: str
):
    desk = Desk()
    intent = desk.copy(details=details)
    assert word in desk.account.refuses(intent)
    with pytest.raises(Rejected):
        desk.account.create(intent)
    assert desk.writes == []


def test_a_copy_outside_of_what_the_account_reads_is_refused():
    desk = Desk(codes=["course_77"])
    assert "never be seen" in desk.account.refuses(desk.copy())


def test_a_point_in_time_cannot_be_copied():
    desk = Desk()
    point = desk.copy(span=Span(TOMORROW.start, TOMORROW.start))
    assert desk.account.refuses(point)


def test_sections_limit_a_copy():
    desk = Desk()
    section = desk.site.add_section(desk.course, "Mondays")
    details = desk.details(sub_context_codes=[f"course_section_{section}"])
    desk.account.create(desk.copy(details=details))
    assert desk.groups[0].section_ids == [section]


TEXTS = st.text(max_size=300)


@given(
    title=TEXTS,
    location=TEXTS,
    capacity=st.none() | st.integers(-5, 2**40),
    start=st.integers(0, 10**6),
    length=st.integers(1, 10**6),
)
def test_what_was_shaped_reads_back_as_it_was_shaped(
    title: str, location: str, capacity: int | None, start: int, length: int
):
    desk = Desk()
    span = Span(TOMORROW.start + start, TOMORROW.start + start + length)
    intent = desk.copy(title=title, location=location, capacity=capacity, span=span)
    shaped = desk.account.shape(intent)
    assert desk.account.shape(shaped) == shaped
    event: Event = desk.account.create(shaped).event
    assert (event.span, event.title, event.location, event.capacity) == (
        shaped.span,
        shaped.title,
        shaped.location,
        shaped.capacity,
    )


def test_a_broken_token_is_still_a_persons_business():
    desk = Desk(token="another")
    desk.site.tokens.clear()
    with pytest.raises(NeedsPerson):
        desk.account.create(desk.copy())
