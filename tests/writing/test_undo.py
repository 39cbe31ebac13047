"""Undo where an answer was lost: it is asked about first, or said that nobody knows."""

from __future__ import annotations

from tests.writing.desks import ACCOUNTS, Desk, Rig
from worker.domain.reconcile.intent import Intent, Written
from worker.vendors.base import TryLater


def lost(rig: Rig, *, applied: bool) -> str:
    """A run whose one write to the studio lost its answer; the others are confirmed."""
    rig.desks["studio"].loses = [applied]
    rig.book("clinic", "1", 24)
    found = rig.cycle()
    assert found.pushed is not None
    return found.pushed.run


def test_what_turns_out_to_stand_there_is_taken_back_with_the_rest(tmp_path):
    rig = Rig(tmp_path)
    run = lost(rig, applied=True)
    undo = rig.writing.undo(run)
    assert [action.target for _, action in undo.actions] == ["campus"]
    assert [(one.target, why) for one, why in undo.lost] == [
        ("studio", "its answer was lost, and its vendor was not asked yet")
    ]
    assert rig.writing.take_back(undo, "amy").fine
    assert rig.holds() == {"clinic": [], "studio": [], "campus": []}
    left = rig.writing.undo(run)
    assert (left.actions, left.lost) == ((), ())
    rig.sent()
    for _ in range(3):
        rig.cycle()
    assert rig.sent() == []


class Mute(Desk):
    """Tells nobody what carries a mark."""

    def probe(self, intent: Intent) -> Written | None:
        raise TryLater(f"no answer about {intent.link}")


def test_what_nobody_can_tell_of_is_said_to_be_lost(tmp_path):
    desks = {name: (Mute if name == "studio" else Desk)(account=name) for name in ACCOUNTS}
    rig = Rig(tmp_path, desks=desks)
    run = lost(rig, applied=True)
    rig.writing.take_back(rig.writing.undo(run), "amy")
    assert rig.holds() == {"clinic": [], "studio": [(24, 25)], "campus": []}
    assert [one.target for one, _ in rig.writing.undo(run).lost] == ["studio"]
