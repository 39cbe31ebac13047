"""Slots that are not ours: taken off and offered again, moved and ended as a person approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.written import Desk, answering, breaking, edited
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.listing import Presence
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.canvas import Quirks
from worker.vendors.base import Ambiguous, Rejected, TryLater, Vanished
from worker.vendors.writer import Telling

FAR = 40 * HOUR


def refusal(attempt: Any) -> str:
    with pytest.raises(Rejected) as refused:
        attempt()
    return refused.value.code


def live(desk: Desk, group: int) -> list[int]:
    return [slot.start_at - NOW for slot in desk.site.slots(group)]


def to(event: Event, by: int) -> Span:
    return Span(event.span.start + by, event.span.end + by)


# withdrawing


def test_an_open_slot_is_taken_off_and_nobody_is_told():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "an open slot overlaps time that is taken elsewhere")
    assert live(desk, group) == [FAR]
    assert desk.site.notifications == []
    [(method, path, body)] = desk.writes
    assert (method, path) == ("DELETE", f"/calendar_events/{slot.key.native_id}")
    assert body == {"cancel_reason": "an open slot overlaps time that is taken elsewhere"}
    answer = desk.account.confirm(slot.key, slot.span)
    assert answer.sighting is not None
    assert answer.sighting.event.status is Status.CANCELLED


def test_a_slot_that_was_reserved_meanwhile_stays():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.reserve(int(slot.key.native_id), desk.students[0])
    desk.quiet()
    assert refusal(lambda: desk.account.withdraw(slot, "taken")) == "reserved"
    assert desk.writes == []
    assert desk.site.notifications == []


def test_the_last_slot_stays_because_its_group_would_go():
    desk = Desk()
    group = desk.sheet(HOUR)
    slot = desk.slot(group)
    assert refusal(lambda: desk.account.withdraw(slot, "taken")) == "last"
    assert desk.writes == []
    assert [one.id for one in desk.groups] == [group]


def test_a_past_slot_that_the_list_hides_counts_as_another():
    desk = Desk()
    group = desk.sheet(-9 * DAY, HOUR)
    slot = desk.slot(group, 1)
    desk.account.withdraw(slot, "taken")
    assert live(desk, group) == [-9 * DAY]


def test_of_two_slots_that_are_taken_off_one_after_the_other_the_last_stays():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    first, second = desk.slot(group), desk.slot(group, 1)
    desk.account.withdraw(first, "taken")
    assert refusal(lambda: desk.account.withdraw(second, "taken")) == "last"


def test_a_slot_that_somebody_deleted_is_not_ours_to_offer_again():
    desk = Desk()
    group = desk.sheet(HOUR, FAR, 2 * FAR)
    slot = desk.slot(group)
    desk.site.delete_slot(int(slot.key.native_id))
    with pytest.raises(Vanished):
        desk.account.withdraw(slot, "taken")
    assert desk.writes == []


def test_a_slot_that_was_moved_meanwhile_stays():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.move(int(slot.key.native_id), NOW + 5 * HOUR, NOW + 6 * HOUR)
    assert refusal(lambda: desk.account.withdraw(slot, "taken")) == "moved"
    assert desk.writes == []


def test_a_slot_with_places_of_its_own_stays_because_it_could_not_come_back_equal():
    desk = Desk()
    group = desk.sheet(HOUR, FAR, participants_per_appointment=5)
    number = desk.site.slots(group)[0].id
    desk.site.edit_slot(number, participants_per_appointment=1)
    slot = desk.slot(group)
    assert refusal(lambda: desk.account.withdraw(slot, "taken")) == "own_places"


@pytest.mark.parametrize("spoil", [breaking, answering(500), answering(200, b"<p>")])
def test_a_withdrawal_whose_answer_was_lost_is_ambiguous_and_can_be_asked_about(spoil: Any):
    desk = Desk(spoil=spoil)
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    with pytest.raises(Ambiguous):
        desk.account.withdraw(slot, "taken")
    assert len(desk.writes) == 1
    answer = desk.account.confirm(slot.key, slot.span)
    assert answer.sighting is not None
    assert answer.sighting.event.status is Status.CANCELLED


# offering again


@pytest.mark.parametrize("quirks", [Quirks(), Quirks(shard=3), Quirks(naive_times="utc")], ids=str)
def test_a_slot_is_offered_again_as_it_was_under_a_new_id(quirks: Quirks):
    desk = Desk(quirks)
    group = desk.sheet(HOUR, FAR, participants_per_appointment=2)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")
    back = desk.account.offer(slot)
    assert back.key != slot.key
    assert replace(back.event, key=slot.key, url=slot.url) == slot
    assert desk.seen()[back.key] == back.event
    assert live(desk, group) == [HOUR, FAR]


def test_offering_again_tells_only_those_of_a_published_group():
    desk = Desk()
    draft = desk.sheet(HOUR, FAR, state="pending")
    slot = desk.slot(draft)
    desk.account.withdraw(slot, "taken")
    desk.account.offer(slot)
    assert desk.site.notifications == []


def test_a_slot_that_stands_there_already_is_taken_for_it():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")
    first = desk.account.offer(slot)
    desk.writes.clear()
    assert desk.account.offer(slot) == first
    assert desk.writes == []
    assert live(desk, group) == [HOUR, FAR]


def test_an_overlap_that_comes_up_only_in_the_answer_is_looked_at_and_taken_over():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")
    desk.spoil = answering(400, b'{"errors":{"appointments":[{"attribute":"appointments"}]}}')
    back = desk.account.offer(slot)
    assert back.event.span == slot.span
    assert len(desk.writes) == 2


def test_another_slot_at_that_time_keeps_it_from_being_offered():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")
    desk.site.add_slot(group, NOW + HOUR // 2, NOW + HOUR + HOUR // 2)
    assert refusal(lambda: desk.account.offer(slot)) == "appointments"
    assert live(desk, group) == [HOUR // 2, FAR]


def test_slots_that_touch_it_do_not():
    desk = Desk()
    group = desk.sheet(0, HOUR, 2 * HOUR)
    slot = desk.slot(group, 1)
    desk.account.withdraw(slot, "taken")
    desk.account.offer(slot)
    assert live(desk, group) == [0, HOUR, 2 * HOUR]


@pytest.mark.parametrize("spoil", [breaking, answering(503)])
def test_an_offer_whose_answer_was_lost_is_not_made_twice(spoil: Any):
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")
    desk.spoil = spoil
    with pytest.raises(Ambiguous):
        desk.account.offer(slot)
    desk.account.offer(slot)
    assert live(desk, group) == [HOUR, FAR]


def test_an_offer_that_is_not_shown_afterwards_is_ambiguous():
    desk = Desk(unsent=())
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.withdraw(slot, "taken")

    def dropped(_request: Any, _answer: Any) -> Any:
        desk.site.delete_slot(desk.site.slots(group)[0].id)
        return answering(200, b"{}")(_request, _answer)

    desk.spoil = dropped
    with pytest.raises(Ambiguous):
        desk.account.offer(slot)


@pytest.mark.parametrize("forbidden", [403, 401])
def test_a_group_that_is_gone_takes_no_slot_back(forbidden: Any):
    desk = Desk(Quirks(forbidden_status=forbidden))
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.delete_group(group)
    assert refusal(lambda: desk.account.offer(slot)) == "rights"
    assert refusal(lambda: desk.account.offer(replace(slot, series="course:1"))) == "kind"


# moving


def test_a_slot_is_moved_with_its_people_and_canvas_tells_nobody():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.reserve(int(slot.key.native_id), desk.students[0])
    desk.quiet()
    moved = desk.account.move(slot, to(slot, 5 * HOUR), Telling.PEOPLE)
    assert moved.event.span == to(slot, 5 * HOUR)
    assert moved.event.attendees == 1
    assert desk.seen()[moved.key] == moved.event
    assert desk.site.notifications == []
    desk.writes.clear()
    desk.account.move(slot, to(slot, 5 * HOUR), Telling.NOBODY)
    assert desk.writes == []


def test_a_moved_slot_is_read_although_the_range_of_its_group_is_stale():
    desk = Desk()
    group = desk.sheet(HOUR)
    slot = desk.slot(group)
    moved = desk.account.move(slot, to(slot, 9 * DAY), Telling.NOBODY)
    assert desk.site.groups[group].end_at < moved.event.span.start
    desk.clock.time += DAY
    assert desk.seen()[moved.key] == moved.event


def test_a_site_that_does_not_move_reserved_slots_is_a_refusal():
    desk = Desk(Quirks(locked_slots_move=False))
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.reserve(int(slot.key.native_id), desk.students[0])
    assert refusal(lambda: desk.account.move(slot, to(slot, HOUR), Telling.NOBODY)) == "rights"


def test_a_move_onto_another_slot_is_refused_and_its_length_is_kept():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    assert refusal(lambda: desk.account.move(slot, to(slot, FAR - HOUR), Telling.NOBODY))
    longer = Span(slot.span.start, slot.span.end + HOUR)
    assert refusal(lambda: desk.account.move(slot, longer, Telling.NOBODY)) == "length"
    assert live(desk, group) == [HOUR, FAR]


# ending


def test_an_open_slot_is_ended_without_a_word():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.account.end(slot, "approved", Telling.NOBODY)
    desk.account.end(slot, "approved", Telling.NOBODY)
    assert live(desk, group) == [FAR]
    assert desk.site.notifications == []
    assert len(desk.writes) == 1


def test_a_reserved_slot_is_ended_only_where_its_people_may_be_told():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.site.reserve(int(slot.key.native_id), desk.students[0])
    desk.quiet()
    assert refusal(lambda: desk.account.end(slot, "ill", Telling.NOBODY)) == "tells"
    assert desk.site.notifications == []
    assert desk.writes == []
    desk.account.end(slot, "ill", Telling.PEOPLE)
    assert {one.to for one in desk.site.notifications} == {desk.students[0]}


@pytest.mark.parametrize("state", ["active", "pending"])
def test_the_last_slot_ends_with_its_group_and_quietly_only_where_nobody_saw_it(state: Any):
    desk = Desk()
    group = desk.sheet(HOUR, state=state)
    slot = desk.slot(group)
    if state == "active":
        assert refusal(lambda: desk.account.end(slot, "over", Telling.NOBODY)) == "tells"
        assert desk.writes == []
    telling = Telling.PEOPLE if state == "active" else Telling.NOBODY
    desk.account.end(slot, "over", telling)
    assert desk.groups == []
    assert bool(desk.site.notifications) is (state == "active")
    assert desk.writes[-1][:2] == ("DELETE", f"/appointment_groups/{group}")
    assert desk.account.confirm(slot.key, slot.span).presence is Presence.GONE


def test_one_persons_place_is_given_up_only_where_they_may_be_told():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    child = desk.site.reserve(int(slot.key.native_id), desk.students[0])
    desk.quiet()
    place = replace(slot, key=Key("campus", Kind.SLOT, str(child)))
    assert refusal(lambda: desk.account.end(place, "ill", Telling.NOBODY)) == "tells"
    assert refusal(lambda: desk.account.withdraw(place, "ill")) == "kind"
    desk.account.end(place, "ill", Telling.PEOPLE)
    assert desk.site.reservations(int(slot.key.native_id)) == []
    assert live(desk, group) == [HOUR, FAR]


def test_a_whole_group_is_ended_only_where_its_people_may_be_told():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    whole = replace(desk.slot(group), key=Key("campus", Kind.GROUP, str(group)))
    assert refusal(lambda: desk.account.end(whole, "over", Telling.NOBODY)) == "tells"
    desk.account.end(whole, "over", Telling.PEOPLE)
    assert desk.groups == []


def test_ids_that_lead_elsewhere_are_not_asked_for():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.asked.clear()
    astray = replace(slot, key=Key("campus", Kind.SLOT, "../users/1"))
    assert refusal(lambda: desk.account.withdraw(astray, "taken")) == "kind"
    assert desk.asked == []


def test_an_answer_about_another_slot_changes_nothing():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    other = desk.slot(group, 1)
    desk.single = answering(200, f'{{"id": "{other.key.native_id}"}}'.encode())
    with pytest.raises(TryLater) as error:
        desk.account.withdraw(slot, "taken")
    assert error.value.untouched
    assert desk.writes == []


def unreadable(document: Any) -> None:
    document["appointments"][-1]["start_at"] = "soon"


@pytest.mark.parametrize(
    "edit",
    [
        unreadable,
        lambda document: document["appointments"][-1].update(id=[1]),
        lambda document: document.update(appointments_count=1),
    ],
)
def test_a_slot_that_is_not_surely_there_is_not_counted_as_another(edit: Any):
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.whole = edited(edit)
    assert refusal(lambda: desk.account.withdraw(slot, "taken")) == "last"
    assert desk.writes == []


def test_what_may_be_the_last_slot_is_not_ended_by_way_of_its_group():
    desk = Desk()
    group = desk.sheet(HOUR, FAR)
    slot = desk.slot(group)
    desk.whole = edited(unreadable)
    assert refusal(lambda: desk.account.end(slot, "over", Telling.NOBODY)) == "tells"
    desk.account.end(slot, "over", Telling.PEOPLE)
    assert live(desk, group) == [FAR]


@pytest.mark.parametrize(
    ("edit", "error"),
    [
        (lambda document: document.update(workflow_state="deleted"), Vanished),
        (lambda document: document.update(appointments=[]), Vanished),
        (lambda document: document.update(id="1"), TryLater),
        (lambda document: document.update(workflow_state="odd"), TryLater),
    ],
)
def test_a_group_that_is_not_as_it_should_be_changes_nothing(edit: Any, error: Any):
    desk = Desk()
    slot = desk.slot(desk.sheet(HOUR, FAR))
    desk.whole = edited(edit)
    with pytest.raises(error):
        desk.account.withdraw(slot, "taken")
    assert desk.writes == []


def test_a_slot_that_cannot_be_read_is_left_as_it_is():
    desk = Desk()
    slot = desk.slot(desk.sheet(HOUR, FAR))
    desk.single = answering(200, b"<p>")
    with pytest.raises(TryLater):
        desk.account.withdraw(slot, "taken")
    assert desk.writes == []


def test_a_removal_that_is_answered_without_a_word_of_it_is_ambiguous():
    desk = Desk()
    slot = desk.slot(desk.sheet(HOUR, FAR))
    desk.spoil = edited(lambda document: document.update(workflow_state="active"))
    with pytest.raises(Ambiguous):
        desk.account.withdraw(slot, "taken")


def test_a_removal_that_finds_nothing_is_done():
    desk = Desk()
    slot = desk.slot(desk.sheet(HOUR, FAR))
    desk.spoil = answering(404)
    desk.account.withdraw(slot, "taken")
