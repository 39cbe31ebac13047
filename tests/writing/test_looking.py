"""Looking at a plan changes nothing; what it has learnt is kept by whoever goes by the plan."""

from __future__ import annotations

import sqlite3

import pytest

from tests.writing.desks import Rig
from worker.domain.reconcile.brakes import Limits
from worker.store.database import Busy
from worker.store.outbox import PUSH_LOCK


def everything(rig):
    with sqlite3.connect(rig.store.database.path) as connection:
        return list(connection.iterdump())


def unchanged(rig):
    """Looks, and whether the store is as it was."""
    before = everything(rig)
    rig.writing.look()
    return everything(rig) == before


def forgetful(directory):
    """A store that was lost: two holds stand at the vendors, and nothing is known of them."""
    rig = Rig(directory)
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.store.close()
    for path in directory.glob("calsync.db*"):
        path.unlink()
    rig.start()
    rig.poll()
    return rig


def test_what_stands_already_is_taken_over_by_a_cycle_and_not_by_a_look(tmp_path):
    rig = forgetful(tmp_path)
    assert len(rig.writing.look().adopted) == 2
    assert unchanged(rig)
    assert rig.store.links.all() == []
    rig.cycle("plan")
    assert len(rig.store.links.all()) == 2
    rig.sent()
    assert rig.cycle().planned.plan.all_actions == ()
    assert rig.sent() == []


def test_what_a_reading_has_confirmed_is_noted_by_a_cycle_and_not_by_a_look(tmp_path):
    rig = Rig(tmp_path)
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.poll()
    assert unchanged(rig)
    assert {link.revision for link in rig.store.links.all()} == {0}
    rig.cycle("plan")
    assert {link.revision for link in rig.store.links.all()} == {1}


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_nothing_is_taken_over_while_another_process_writes(tmp_path, monkeypatch, mode):
    rig = forgetful(tmp_path)
    monkeypatch.setattr("worker.engine.reconciler.PUSH_WAIT", 0.0)
    with rig.store.database.locked(PUSH_LOCK, 1.0), pytest.raises(Busy):
        rig.cycle(mode)
    assert rig.store.links.all() == []


def test_a_plan_that_was_only_looked_at_can_be_approved(tmp_path):
    rig = Rig(tmp_path, limits=Limits(first_run=True))
    rig.book("clinic", "1", 24)
    rig.poll()
    hash_ = rig.writing.look().plan.hash
    passed = rig.writing.approve(hash_, "amy", 3600)
    assert {(one.brake, one.scope) for one in passed} == {("B16", "studio"), ("B16", "campus")}
