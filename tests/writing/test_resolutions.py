"""What a person approved for vendors' own events: carried out once, and only as it was seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from tests.builders import NOW
from tests.writing.desks import Desk, Rig
from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.intent import Written
from worker.domain.reconcile.wish import NotPossible, Wish
from worker.domain.span import Span
from worker.vendors.writer import Telling


@dataclass
class Clerk(Desk):
    """Moves and ends its own events, and remembers whom it told."""

    tellings: list[str] = field(default_factory=list)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        self.sent.append("move")
        self.tellings.append(str(telling))
        before = self._lost(applied=False)
        moved = replace(self.find(event.key), span=span)
        self.put(moved)
        self._lost(applied=True, due=before)
        return Written(moved.key, moved)

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        del reason
        self.sent.append("end")
        self.tellings.append(str(telling))
        before = self._lost(applied=False)
        self.events = [one for one in self.events if one.key != event.key]
        self._lost(applied=True, due=before)


class Practice(Rig):
    """Two bookings of Amy's: one at the clinic, which lets things be changed, one at the studio."""

    def __init__(self, directory, **options):
        self.clerk = Clerk(account="clinic")
        desks = {"clinic": self.clerk, "studio": Desk(account="studio")}
        super().__init__(directory, holds=[], desks=desks, **options)
        self.origin = self.book("clinic", "1", 24, attendees=1)
        self.book("studio", "2", 24)
        self.book("clinic", "3", 50)
        self.clock.time += 120
        self.poll()

    def approve(self, action="move", to=NOW + 30 * 3600, key=None, *, tells=False):
        at = key or self.origin.key
        wish = Wish(action, at.id, to if action == "move" else None, tells, "amy", "asked for")
        return self.writing.resolve(wish, "f1")

    def there(self):
        return self.clerk.find(self.origin.key)


@pytest.fixture
def desk(tmp_path):
    return Practice(tmp_path)


def states(found):
    return [(one.action.verb, one.state) for one in found.pushed.done]


def test_a_move_that_was_approved_is_carried_out_once(desk):
    desk.approve()
    assert states(desk.cycle()) == [("update", "confirmed")]
    assert desk.there().span == Span(NOW + 30 * 3600, NOW + 31 * 3600)
    for _ in range(3):
        desk.cycle()
    assert desk.sent() == ["move"]


@pytest.mark.parametrize("action", ["cancel", "archive", "delete"])
def test_an_end_that_was_approved_is_carried_out_once(desk, action):
    desk.approve(action)
    assert states(desk.cycle()) == [("delete", "confirmed")]
    assert desk.there() is None
    for _ in range(3):
        desk.cycle()
    assert desk.sent() == ["end"]
    assert desk.store.plans.resolutions() == []


@pytest.mark.parametrize("action", ["move", "cancel"])
@pytest.mark.parametrize("tells", [True, False])
def test_people_are_told_only_where_that_very_approval_says_so(desk, action, tells):
    desk.approve(action, tells=tells)
    found = desk.cycle()
    assert desk.clerk.tellings == [Telling.PEOPLE if tells else Telling.NOBODY]
    assert [one.action.notifies for one in found.pushed.done] == [tells]


@pytest.mark.parametrize("action", ["move", "cancel"])
def test_what_was_approved_for_another_time_is_not_done_to_a_changed_event(desk, action):
    desk.approve(action)
    elsewhere = Span(NOW + 40 * 3600, NOW + 41 * 3600)
    desk.clerk.put(replace(desk.there(), span=elsewhere))
    for _ in range(3):
        desk.cycle()
    assert desk.sent() == []
    assert desk.there().span == elsewhere
    assert desk.store.plans.resolutions() == []


def test_a_change_after_the_last_look_stops_it_as_well(desk):
    desk.approve("cancel")
    desk.clock.time += 120
    desk.poll()
    desk.clerk.put(replace(desk.there(), title="somebody else"))
    assert states(desk.writing.cycle("apply")) == [("delete", "deferred")]
    desk.cycle()
    desk.cycle()
    assert desk.sent() == []


def test_an_event_that_is_gone_meanwhile_ends_the_approval(desk):
    desk.approve("cancel")
    desk.clerk.put(replace(desk.there(), status=Status.CANCELLED))
    for _ in range(2):
        desk.cycle()
    assert desk.sent() == []
    assert desk.store.plans.resolutions() == []


@pytest.mark.parametrize(("action", "outcome"), [("move", "rejected"), ("cancel", "confirmed")])
def test_an_event_that_goes_in_the_last_moment_is_not_written_to(desk, action, outcome):
    desk.approve(action)
    desk.clock.time += 120
    desk.poll()
    desk.clerk.events = [one for one in desk.clerk.events if one.key != desk.origin.key]
    assert [state for _, state in states(desk.writing.cycle("apply"))] == [outcome]
    assert desk.sent() == []
    assert desk.store.plans.resolutions() == []


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("action", ["move", "cancel"])
def test_an_approval_whose_answer_was_lost_is_not_sent_again(desk, action, applied):
    desk.approve(action, tells=True)
    desk.clerk.loses = [applied]
    for _ in range(10):
        desk.cycle()
    assert len(desk.clerk.tellings) == 1
    assert desk.store.plans.resolutions() == []
    if applied:
        run = desk.store.outbox.runs()[0]
        assert [entry.outcome for entry in run.entries] == ["confirmed"]


def test_the_newest_approval_for_an_event_counts(desk):
    desk.approve(to=NOW + 30 * 3600)
    desk.approve(to=NOW + 33 * 3600)
    desk.cycle()
    assert desk.sent() == ["move"]
    assert desk.there().span.start == NOW + 33 * 3600


def test_an_account_that_cannot_is_said_so_at_once(desk):
    (theirs,) = desk.desks["studio"].events
    with pytest.raises(NotPossible, match="lets nothing be changed"):
        desk.approve("cancel", key=theirs.key)
    with pytest.raises(NotPossible, match="no open slots"):
        desk.approve("withdraw")
    with pytest.raises(NotPossible, match="there is no event"):
        desk.approve("cancel", key=replace(theirs.key, native_id="nobody"))
    with pytest.raises(NotPossible, match="one of move"):
        desk.writing.resolve(Wish("burn", desk.origin.key.id, None, False, "amy"), "f1")
    with pytest.raises(NotPossible, match="say to when"):
        desk.writing.resolve(Wish("move", desk.origin.key.id, None, False, "amy"), "f1")


def test_a_move_is_taken_back_and_a_cancellation_is_said_to_be_lost(desk):
    desk.approve()
    run = desk.cycle().pushed.run
    desk.cycle()
    undo = desk.writing.undo(run)
    assert desk.writing.take_back(undo, "amy").fine
    assert desk.there().span == desk.origin.span
    assert desk.clerk.tellings == [Telling.NOBODY] * 2
    desk.cycle()
    desk.approve("cancel")
    found = desk.cycle()
    lost = desk.writing.undo(found.pushed.run)
    assert lost.actions == ()
    assert [why for _, why in lost.lost] == ["its vendor has no way to bring back what was ended"]


def test_what_people_were_told_is_not_taken_back(desk):
    desk.approve(tells=True)
    run = desk.cycle().pushed.run
    undo = desk.writing.undo(run)
    assert [why for _, why in undo.lost] == ["people were told of it; that cannot be taken back"]
    assert desk.there().span.start == NOW + 30 * 3600


def test_neither_how_near_nor_how_many_holds_what_a_person_approved(tmp_path):
    desk = Practice(tmp_path, limits=Limits(first_run=False, vanish_at_least=0, near=100 * 3600))
    desk.approve("cancel")
    assert states(desk.cycle()) == [("delete", "confirmed")]


def test_a_first_run_holds_what_a_person_approved(tmp_path):
    desk = Practice(tmp_path, limits=Limits())
    desk.approve("cancel")
    found = desk.cycle()
    assert {one.brake for one in found.planned.plan.waiting} == {"B16"}
    assert desk.sent() == []
    desk.writing.approve(found.planned.plan.hash, "amy", 3600)
    desk.cycle()
    assert desk.sent() == ["end"]


def test_an_account_that_points_elsewhere_holds_what_a_person_approved(desk):
    desk.cycle()
    desk.approve("cancel")
    desk.store.accounts.register("clinic", "desk", "another login")
    found = desk.cycle()
    assert {one.brake for one in found.planned.plan.waiting} == {"B10"}
    assert desk.sent() == []


def test_a_hold_of_ours_is_nothing_to_be_settled(tmp_path):
    clerk = Clerk(account="clinic")
    rig = Rig(tmp_path, desks={"clinic": clerk, "studio": Clerk(account="studio")})
    rig.book("clinic", "1", 24, kind=Kind.SINGLE)
    rig.cycle()
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    with pytest.raises(NotPossible, match="calsync's own"):
        rig.writing.resolve(Wish("cancel", hold.key.id, None, False, "amy"), "f1")
