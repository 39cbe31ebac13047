"""Who keeps the time: a rule may say between taken and open, and never between two bookings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.double import doubles, member
from worker.domain.conflict.finding import GROUP_OF, Finding, FindingKind, Group, Subject
from worker.domain.conflict.precedence import Rule, precedence
from worker.domain.event import Kind, Status
from worker.domain.span import HOUR, Span
from worker.domain.subject import Resource

AMY = Resource("amy", "Amy Ng")
ROOM = Resource("room", "Studio", parallel=2)


def finding(kind: FindingKind, *events, **fields) -> Finding:
    members = tuple(member(one) for one in events)
    span = Span(NOW, NOW + HOUR)
    return Finding(kind, Subject("resource", "amy", "Amy Ng"), span, members, **fields)


def clash(*events, resource=AMY) -> Finding:
    (found,) = doubles(resource, events)
    return found


def test_two_bookings_need_a_human_because_no_rule_takes_one_away():
    found = precedence(clash(event("1", attendees=1), event("2", account="studio", attendees=3)))
    assert found.needs_human
    assert found.why.startswith("Needs a human, because both are taken, each with people in it")
    assert (found.stays, found.yields) == ((), ())
    assert dict(found.inputs) == {"taken": 2, "offered": 0, "people": [1, 3], "limit": 1}


def test_what_is_taken_stays_before_what_is_still_open():
    found = precedence(clash(event("1"), event("2", status=Status.OFFERED)))
    assert found.rule is Rule.TAKEN_FIRST
    assert [one.key.native_id for one in found.stays] == ["1"]
    assert [one.key.native_id for one in found.yields] == ["2"]


def test_among_open_offers_the_first_to_be_booked_stays():
    offers = [event(number, status=Status.OFFERED) for number in "12"]
    found = precedence(clash(*offers))
    assert found.rule is Rule.FIRST_BOOKED
    assert not found.needs_human
    assert len(found.yields) == 2


def test_where_bookings_clash_by_themselves_an_open_offer_decides_nothing():
    found = precedence(clash(event("1"), event("2"), event("3", status=Status.OFFERED)))
    assert found.rule is Rule.PERSON
    assert [one.key.native_id for one in found.yields] == ["3"]


def test_a_room_with_two_places_counts_what_is_taken_against_its_places():
    taken = [event(number, account=account) for number, account in zip("12", "ab", strict=True)]
    found = precedence(clash(*taken, event("3", status=Status.OFFERED), resource=ROOM))
    assert found.rule is Rule.TAKEN_FIRST
    assert len(found.stays) == 2


def test_without_a_word_on_what_happened_what_is_taken_is_counted():
    close = finding(FindingKind.BUFFER, event("1"), event("2", status=Status.OFFERED), limit=1)
    assert precedence(close).rule is Rule.TAKEN_FIRST
    assert precedence(replace(close, flags=("happened",))).rule is Rule.PERSON


def test_a_block_and_a_booking_need_a_human_and_are_counted():
    outside = finding(FindingKind.OUTSIDE_AVAILABILITY, event("1"), event("2", kind=Kind.BLOCK))
    found = precedence(outside)
    assert found.needs_human
    assert "block" in found.why
    assert dict(found.inputs) == {"blocks": 1, "bookings": 1}
    alone = precedence(finding(FindingKind.OUTSIDE_AVAILABILITY, event("1")))
    assert "hours" in alone.why


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_of_the_schedule_says_who_wins_or_why_nobody_can_say(kind):
    found = precedence(finding(kind, event("1"), event("2")))
    if kind is FindingKind.UNGUARDED_PAGE or (
        GROUP_OF[kind] is not Group.SCHEDULE and not kind.startswith("SYNC_")
    ):
        assert found is None
    else:
        assert found.why.startswith("Needs a human, because ")
        assert found.why.endswith(".")
