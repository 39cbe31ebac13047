"""Open slots over taken time: taken off where a rule says so, and offered again."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.builders import NOW, event
from tests.writing.desks import Desk, Rig
from worker.domain.conflict.finding import FindingKind
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Written
from worker.domain.span import DAY, Span
from worker.vendors.base import Ambiguous, Capabilities, Rejected, TryLater

READS = Capabilities(read=True, remove=True)


@dataclass
class Sheet(Desk):
    """Sign-up sheets: the slot itself is the offer. An offered slot gets a new number."""

    capabilities: Capabilities = READS

    def refuses(self, intent) -> str:
        del intent
        return "it knows no blocks"

    def withdraw(self, slot: Event, reason: str) -> None:
        del reason
        self.sent.append("withdraw")
        self._refuse()
        before = self._lost(applied=False)
        there = self.find(slot.key)
        if there is not None and there.attendees:
            raise Rejected("somebody has it", code="reserved")
        group = [one for one in self.events if one.series == slot.series]
        if group == [there]:
            raise Rejected("it is the last of its group", code="last")
        self.events = [one for one in self.events if one.key != slot.key]
        self._lost(applied=True, due=before)

    def offer(self, slot: Event) -> Written:
        self.sent.append("offer")
        self._refuse()
        before = self._lost(applied=False)
        equal = [one for one in self.events if (one.series, one.span) == (slot.series, slot.span)]
        if not equal:
            self.made += 1
            equal = [replace(slot, key=Key(self.account, Kind.SLOT, f"again-{self.made}"))]
            self.events += equal
        self._lost(applied=True, due=before)
        return Written(equal[0].key, equal[0])


EVERYBODY = frozenset({"clinic", "studio", "campus"})
RULE = HoldPolicy("*", EVERYBODY, EVERYBODY, withdraw_open_slots=True)


class Day(Rig):
    """Slots of Amy's on campus at 24, 25, 26 and 27 hours, one group; the second is reserved."""

    def __init__(self, directory, *, rules=(RULE,), count=4):
        sheet = Sheet(account="campus")
        desks = {"clinic": Desk(account="clinic"), "studio": Desk(account="studio")}
        super().__init__(directory, holds=rules, desks={**desks, "campus": sheet})
        for number in range(count):
            self.slot(str(number), 24 + number)
        if count > 1:
            sheet.put(replace(sheet.events[1], status=Status.BOOKED, attendees=1))

    def slot(self, native_id, hours):
        one = event(
            native_id,
            NOW + hours * 3600,
            account="campus",
            kind=Kind.SLOT,
            status=Status.OFFERED,
            subjects=("calendar:campus",),
            series="group:1",
            capacity=1,
        )
        self.desks["campus"].events.append(one)

    def hours(self):
        return sorted(
            (one.span.start - NOW) // 3600
            for one in self.desks["campus"].events
            if not one.attendees
        )

    def campus(self):
        found = list(self.desks["campus"].sent)
        self.sent()
        return found

    def cycles(self, count):
        for _ in range(count):
            found = self.cycle()
        return found


@pytest.fixture
def day(tmp_path):
    return Day(tmp_path)


def test_an_open_slot_that_overlaps_taken_time_is_taken_off(day):
    day.book("clinic", "1", 24.5)
    day.cycles(3)
    assert day.hours() == [26, 27]
    assert day.campus() == ["withdraw"]


def test_without_the_word_of_a_rule_slots_stay(tmp_path):
    day = Day(tmp_path, rules=[replace(RULE, withdraw_open_slots=False)])
    day.book("clinic", "1", 24)
    day.cycles(3)
    assert day.hours() == [24, 26, 27]


def test_a_slot_that_somebody_has_is_never_taken_off(day):
    day.book("clinic", "1", 25)
    day.cycles(3)
    assert day.campus() == []


def test_a_slot_that_somebody_took_in_the_last_moment_is_left(day):
    day.book("clinic", "1", 24)
    day.clock.time += 120
    day.poll()
    sheet = day.desks["campus"]
    sheet.put(replace(sheet.events[0], status=Status.BOOKED, attendees=1))
    day.writing.cycle("apply")
    day.cycles(2)
    assert len(sheet.events) == 4


def test_what_calsync_holds_or_the_sheet_itself_offers_takes_nothing_off(day):
    day.cycles(4)
    assert day.campus() == []


def test_the_last_slot_of_a_group_stays_and_is_reported_and_not_asked_for_every_time(tmp_path):
    day = Day(tmp_path, count=1)
    day.book("clinic", "1", 24)
    found = day.cycles(12)
    assert day.hours() == [24]
    assert 2 <= day.campus().count("withdraw") <= 4
    (finding,) = found.planned.findings
    assert (finding.kind, finding.flags) == ("DRIFT", ("open", "ours"))
    assert "the last of its group" in dict(finding.evidence)["reason"]
    assert [one.key.native_id for one in finding.members] == ["0"]
    day.desks["clinic"].events = []
    day.book("clinic", "2", 60)
    clinic = day.desks["clinic"]
    clinic.events = [replace(clinic.events[0], key=Key("clinic", Kind.SINGLE, "1"))]
    assert day.cycles(2).planned.findings == ()


def test_it_is_offered_again_once_the_time_is_free(day):
    origin = day.book("clinic", "1", 24)
    day.cycles(2)
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    day.cycles(3)
    assert day.hours() == [24, 26, 27]
    assert day.campus() == ["withdraw", "offer"]
    assert not [link for link in day.store.links.all() if link.purpose == "withdrawal"]


def test_it_stays_off_while_anything_else_takes_the_time(day):
    origin = day.book("clinic", "1", 24)
    day.book("studio", "2", 24.5)
    day.cycles(2)
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    day.cycles(3)
    assert "offer" not in day.campus()


def test_what_one_rule_frees_another_may_still_take(tmp_path):
    clinic = HoldPolicy("*", frozenset({"clinic"}), frozenset({"campus"}), withdraw_open_slots=True)
    studio = replace(clinic, sources=frozenset({"studio"}))
    day = Day(tmp_path, rules=[clinic, studio])
    day.book("clinic", "1", 24)
    day.cycles(6)
    assert day.campus() == ["withdraw"]
    assert day.hours() == [26, 27]


def test_it_is_not_offered_when_the_rule_is_gone(day):
    origin = day.book("clinic", "1", 24)
    day.cycles(2)
    day.rules = replace(day.rules, holds=(replace(RULE, withdraw_open_slots=False),))
    day.start()
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    day.cycles(3)
    assert "offer" not in day.campus()


def test_what_left_our_sight_frees_no_slot(day):
    day.book("clinic", "1", 24)
    day.cycles(2)
    narrowed = replace(RULE, sources=frozenset({"studio"}))
    day.rules = replace(day.rules, holds=(narrowed,))
    day.start()
    found = day.cycles(3)
    assert "offer" not in day.campus()
    assert {one.brake for one in found.planned.plan.waiting} == {"B10"}


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_to_a_withdrawal_is_asked_about(day, applied):
    origin = day.book("clinic", "1", 24)
    day.desks["campus"].loses = [applied]
    day.cycles(8)
    assert day.hours() == [26, 27]
    assert day.campus().count("withdraw") == (1 if applied else 2)
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    day.cycles(3)
    assert day.hours() == [24, 26, 27]


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_to_an_offer_leaves_one_slot_and_no_gap(day, applied):
    origin = day.book("clinic", "1", 24)
    day.cycles(2)
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    day.desks["campus"].loses = [applied]
    day.cycles(8)
    assert day.hours() == [24, 26, 27]


def test_a_slot_for_a_taken_time_is_left_while_nobody_knows_what_became_of_it(day):
    day.book("clinic", "1", 24)
    day.desks["campus"].loses = [False]
    day.cycles(2)
    assert day.campus() == ["withdraw"]


def test_undo_offers_the_slot_again_and_leaves_it_so(day):
    day.book("clinic", "1", 24)
    run = day.cycle().pushed.run
    day.cycle()
    undo = day.writing.undo(run)
    assert {action.verb for _, action in undo.actions} == {"offer", "delete"}
    assert day.writing.take_back(undo, "amy").fine
    assert day.hours() == [24, 26, 27]
    day.sent()
    found = day.cycles(3)
    assert day.campus() == []
    assert {one.brake for one in found.planned.plan.waiting} == {"UNDONE"}
    day.writing.approve(found.planned.plan.hash, "amy", 3600)
    day.cycles(2)
    assert day.hours() == [26, 27]


def test_undo_of_an_offer_takes_the_slot_off_until_a_person_says_otherwise(day):
    origin = day.book("clinic", "1", 24)
    day.cycles(2)
    day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    found = day.cycle()
    while not any(one.action.verb == "offer" for one in found.pushed.done):
        found = day.cycle()
    day.cycle()
    undo = day.writing.undo(found.pushed.run)
    assert day.writing.take_back(undo, "amy").fine
    assert day.hours() == [26, 27]
    day.sent()
    found = day.cycles(3)
    assert day.campus() == []
    assert {one.brake for one in found.planned.plan.waiting} == {"UNDONE"}
    day.writing.approve(found.planned.plan.hash, "amy", 3600)
    day.cycles(2)
    assert day.hours() == [24, 26, 27]


def test_a_sheet_that_answers_nothing_is_not_taken_for_one_that_did(day):
    day.book("clinic", "1", 24)
    day.clock.time += 120
    day.poll()

    def silent(slot: Event, reason: str) -> None:
        del slot, reason
        raise Ambiguous("no answer")

    day.desks["campus"].withdraw = silent
    found = day.writing.cycle("apply")
    assert [one.state for one in found.pushed.done if one.action.target == "campus"] == [
        "ambiguous"
    ]


def test_a_slot_is_not_written_to_when_it_begins_soon(tmp_path):
    day = Day(tmp_path, count=0)
    day.slot("9", 0)
    day.slot("8", 30)
    soon = day.desks["campus"].events[0]
    day.desks["campus"].put(replace(soon, span=Span(NOW + 600, NOW + 4200)))
    day.book("clinic", "1", 0.2)
    day.cycles(2)
    assert day.campus() == []


def test_a_slot_that_is_taken_off_and_offered_again_and_again_stays_off_and_is_told(day):
    for number in range(2):
        origin = day.book("clinic", str(number), 24.5)
        day.cycles(2)
        day.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
        day.cycles(8)
    assert day.campus() == ["withdraw", "offer", "withdraw"]
    assert day.hours() == [26, 27]
    [known] = day.store.findings.about([FindingKind.DRIFT]).values()
    assert "restless" in known.finding.flags
    assert dict(known.finding.evidence)["reason"] == "it was written 3 times within a day"


def test_what_nobody_can_tell_of_a_slot_for_a_day_is_a_matter_for_a_person(day):
    day.book("clinic", "1", 24)

    def lost(*_: object) -> None:
        raise Ambiguous("no answer")

    def silent(*_: object) -> None:
        raise TryLater("no answer")

    day.desks["campus"].withdraw = lost
    day.cycle()
    day.desks["campus"].confirm = silent
    day.cycle(later=DAY + 60)
    found = day.cycle()
    assert ("DRIFT", ("needs_review", "ours")) in [
        (one.kind, one.flags) for one in found.planned.findings
    ]
