"""What a person approved for a vendor's own events, and open slots that a rule takes off."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from tests.writing.desks import ACCOUNTS, Desk, Rig
from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.reconcile.wish import NotPossible, Wish
from worker.domain.span import DAY, Span
from worker.vendors.base import TryLater
from worker.vendors.writer import Telling


def moved(event: Event, hours: int) -> Event:
    return replace(event, span=Span(event.span.start + hours * 3600, event.span.end + hours * 3600))


def with_desk(tmp_path, desk: Desk, **options: object) -> Rig:
    """A rig whose studio is this desk."""
    desks = {name: Desk(account=name) for name in ACCOUNTS} | {"studio": desk}
    return Rig(tmp_path, desks=desks, **options)  # type: ignore[arg-type]


# Approved


@dataclass
class Front(Desk):
    """Moves and ends its own events as a person approved, and notes whom it told."""

    told_whom: list[Telling] = field(default_factory=list)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        self.sent.append("move")
        self.told_whom.append(telling)
        self._refuse()
        before = self._lost(applied=False)
        self.put(replace(event, span=span))
        self._lost(applied=True, due=before)
        return Written(event.key, replace(event, span=span))

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        self.sent.append("end")
        self.told_whom.append(telling)
        self.events = [one for one in self.events if one.key != event.key]


def approved(tmp_path, *, tells: bool = False) -> tuple[Rig, Front, Event]:
    """A rig in which a person approved that an event of the studio's be moved by two hours."""
    desk = Front(account="studio")
    rig = with_desk(tmp_path, desk, holds=[])
    event = rig.book("studio", "1", 24)
    rig.cycle()
    rig.writing.resolve(Wish("move", event.key.id, event.span.start + 7200, tells, "amy"), "f1")
    return rig, desk, event


@pytest.mark.parametrize(("tells", "whom"), [(False, Telling.NOBODY), (True, Telling.PEOPLE)])
def test_an_approved_move_is_made_once_and_tells_only_whom_it_may(tmp_path, tells, whom):
    rig, desk, event = approved(tmp_path, tells=tells)
    for _ in range(3):
        rig.cycle()
    assert desk.told_whom == [whom]
    assert desk.find(event.key).span == moved(event, 2).span


def test_an_approval_for_an_event_that_was_changed_since_is_not_carried_out(tmp_path):
    rig, desk, event = approved(tmp_path)
    desk.put(replace(event, title="another patient"))
    for _ in range(3):
        rig.cycle()
    assert desk.sent == []


def test_an_approved_move_whose_answer_was_lost_is_not_sent_again_at_once(tmp_path):
    rig, desk, _ = approved(tmp_path)
    desk.loses = [False]
    rig.cycle()
    rig.cycle()
    assert desk.sent == ["move"]


def test_an_approved_move_that_is_refused_is_used_up(tmp_path):
    rig, desk, _ = approved(tmp_path)
    desk.refusing = "no"
    for _ in range(4):
        rig.cycle()
    assert desk.sent == ["move"]


def test_an_approved_move_of_which_nobody_can_tell_for_a_day_is_told(tmp_path):
    rig, desk, _ = approved(tmp_path)
    desk.loses = [True]

    def silent(*_: object) -> None:
        raise TryLater("no answer")

    rig.cycle()
    desk.confirm = silent
    rig.cycle(later=DAY - 3600)
    rig.cycle(later=3600)
    found = rig.cycle()
    assert [(one.kind, one.flags) for one in found.planned.findings] == [
        ("DRIFT", ("needs_review", "ours"))
    ]
    assert "nobody can tell" in dict(found.planned.findings[0].evidence)["reason"]


def test_what_people_were_told_cannot_be_taken_back(tmp_path):
    rig, _, _ = approved(tmp_path, tells=True)
    found = rig.cycle()
    undo = rig.writing.undo(found.pushed.run)
    assert undo.actions == ()
    assert "told" in undo.lost[0][1]


def test_a_hold_of_ours_is_not_moved_by_approval(tmp_path):
    rig = with_desk(tmp_path, Front(account="studio"))
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    with pytest.raises(NotPossible):
        rig.writing.resolve(Wish("cancel", hold.key.id, None, False, "amy"), "f1")


# Open slots


@dataclass
class Sheet(Desk):
    """Has open slots, which can be taken off and offered again."""

    def refuses(self, intent: Intent) -> str:
        return "there is no blocked time here"

    def withdraw(self, event: Event, reason: str) -> None:
        self.sent.append("withdraw")
        self.events = [one for one in self.events if one.key != event.key]

    def offer(self, event: Event) -> Written:
        self.sent.append("offer")
        again = replace(event, key=replace(event.key, native_id=f"{event.key.native_id}+"))
        self.events.append(again)
        return Written(again.key, again)


def sheet(tmp_path, *, withdraws: bool) -> tuple[Rig, Sheet, Event]:
    """A rig with an open slot at the studio, for a time that is taken at the clinic."""
    everybody = frozenset(ACCOUNTS)
    rule = HoldPolicy("*", everybody, everybody, withdraw_open_slots=withdraws)
    desk = Sheet(account="studio")
    rig = with_desk(tmp_path, desk, holds=[rule])
    rig.book("studio", "s1", 24, kind=Kind.SLOT, status=Status.OFFERED, series="group:1")
    return rig, desk, rig.book("clinic", "1", 24)


def test_an_open_slot_is_off_while_its_time_is_taken_and_comes_back(tmp_path):
    rig, desk, taken = sheet(tmp_path, withdraws=True)
    for _ in range(4):
        rig.cycle()
    assert desk.sent == ["withdraw"]
    rig.desks["clinic"].put(replace(taken, status=Status.CANCELLED))
    for _ in range(3):
        rig.cycle()
    assert desk.sent == ["withdraw", "offer"]


def test_open_slots_stay_where_no_rule_says_otherwise(tmp_path):
    rig, desk, _ = sheet(tmp_path, withdraws=False)
    for _ in range(3):
        rig.cycle()
    assert desk.sent == []
