"""What a person approved for the practice's own appointments."""

from __future__ import annotations

import pytest

from tests.vendors.cliniko.test_against_sandbox import NOW
from tests.vendors.cliniko.written import WritablePractice, breaking
from worker.domain.event import Event, Kind
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.cliniko import Quirks, RepeatRule
from worker.vendors.base import Ambiguous, Rejected, Vanished
from worker.vendors.writer import Telling

LATER = Span(NOW + DAY, NOW + DAY + HOUR)


def event(place: WritablePractice, kind: Kind, number: str) -> Event:
    return next(
        one for key, one in place.seen().items() if (key.kind, key.native_id) == (kind, number)
    )


def test_a_block_and_an_empty_group_are_moved_and_archived_without_anybody_knowing() -> None:
    place = WritablePractice()
    for kind, number in ((Kind.BLOCK, place.block(5)), (Kind.GROUP, place.group(5))):
        there = event(place, kind, number)
        moved = place.account.move(there, LATER, Telling.NOBODY)
        assert (moved.key, moved.event.span) == (there.key, LATER)
        assert event(place, kind, number) == moved.event
        place.account.end(there, "approved", Telling.NOBODY)
    assert place.alive == []
    assert place.sim.notifications == []


@pytest.mark.parametrize("kind", [Kind.SINGLE, Kind.GROUP])
def test_what_people_have_places_in_changes_only_where_they_may_be_told(kind: Kind) -> None:
    place = WritablePractice()
    number = place.single(5) if kind is Kind.SINGLE else place.group(5, 0)
    there = event(place, kind, number)
    with pytest.raises(Rejected):
        place.account.move(there, LATER, Telling.NOBODY)
    with pytest.raises(Rejected):
        place.account.end(there, "approved", Telling.NOBODY)
    assert place.writes == []
    assert place.account.move(there, LATER, Telling.PEOPLE).event.span == LATER
    place.account.end(there, "approved", Telling.PEOPLE)
    assert place.alive == []


def test_people_who_joined_since_the_approval_are_seen() -> None:
    place = WritablePractice()
    number = place.group(5)
    there = event(place, Kind.GROUP, number)
    place.sim.add_attendee(number, place.patients[0])
    with pytest.raises(Rejected):
        place.account.end(there, "approved", Telling.NOBODY)


def test_an_individual_appointment_is_cancelled_with_a_reason_and_without_names() -> None:
    place = WritablePractice()
    there = event(place, Kind.SINGLE, place.single(5))
    place.account.end(there, "Anna Schmidt is ill", Telling.PEOPLE)
    [(method, path, body)] = place.writes
    number = there.key.native_id
    assert (method, path) == ("PATCH", f"/v1/individual_appointments/{number}/cancel")
    assert body["cancellation_reason"] == 50
    assert body["apply_to_repeats"] is False
    assert "Anna" not in str(body)


def test_ending_one_of_a_series_leaves_the_others() -> None:
    place = WritablePractice()
    number = place.group(5, repeat=RepeatRule("Weekly", 3))
    there = event(place, Kind.GROUP, number)
    place.account.end(there, "approved", Telling.NOBODY)
    assert len(place.alive) == 3


@pytest.mark.parametrize("quirks", [Quirks(), Quirks(archive_again_status=204)])
def test_what_is_gone_is_fine_to_end_and_cannot_be_moved(quirks: Quirks) -> None:
    place = WritablePractice(quirks)
    there = event(place, Kind.SINGLE, place.single(5))
    place.sim.cancel_appointment(there.key.native_id)
    place.account.end(there, "approved", Telling.PEOPLE)
    with pytest.raises(Vanished):
        place.account.move(there, LATER, Telling.PEOPLE)
    assert place.writes == []


def test_a_cancellation_whose_answer_is_lost_is_ambiguous_and_sent_once() -> None:
    place = WritablePractice(spoil=breaking)
    there = event(place, Kind.SINGLE, place.single(5))
    with pytest.raises(Ambiguous):
        place.account.end(there, "approved", Telling.PEOPLE)
    place.account.end(there, "approved", Telling.PEOPLE)
    assert len(place.writes) == 1


def test_a_slot_is_nothing_that_could_be_moved() -> None:
    place = WritablePractice()
    there = event(place, Kind.BLOCK, place.block(5))
    wrong = Event(
        key=type(there.key)("clinic", Kind.SLOT, "5"), status=there.status, span=there.span
    )
    with pytest.raises(Rejected):
        place.account.move(wrong, LATER, Telling.PEOPLE)
