"""Holds: made, kept equal to their origins, released; and never twice, whatever gets lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW
from tests.writing.desks import Desk, Rig
from worker.domain.event import Status
from worker.domain.reconcile.brakes import Limits
from worker.domain.span import Span


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def test_what_is_taken_in_one_account_is_held_in_the_others(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    assert rig.holds() == {"clinic": [], "studio": [(24, 25)], "campus": [(24, 25)]}


def test_the_third_cycle_writes_nothing(rig):
    rig.book("clinic", "1", 24)
    rig.book("studio", "2", 30)
    rig.cycle()
    rig.cycle()
    rig.sent()
    for _ in range(3):
        found = rig.cycle()
        assert rig.sent() == []
        assert found.planned.plan.all_actions == ()


def test_a_hold_says_nothing_of_what_it_protects(rig):
    rig.book("clinic", "1", 24, people=("email:a@example.org",))
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    assert (hold.title, hold.location, hold.people) == ("Held by calsync", "", ())


def test_a_hold_is_no_origin(rig):
    rig.book("clinic", "1", 24)
    for _ in range(5):
        rig.cycle()
    assert sum(len(some) for some in rig.holds().values()) == 2


def test_a_hold_whose_mark_was_stripped_is_no_origin_either(tmp_path):
    rig = Rig(tmp_path)
    for desk in rig.desks.values():
        desk.strips = True
    rig.book("clinic", "1", 24)
    for _ in range(5):
        rig.cycle()
    assert rig.holds() == {"clinic": [], "studio": [(24, 25)], "campus": [(24, 25)]}


def test_a_moved_origin_moves_its_holds(rig):
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.desks["clinic"].put(
        replace(origin, span=Span(origin.span.start + 7200, origin.span.end + 7200))
    )
    rig.cycle()
    assert rig.holds()["studio"] == [(26, 27)]
    assert "delete" not in rig.sent()


def test_a_cancelled_origin_releases_its_holds_at_once(rig):
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    rig.cycle()
    rig.cycle()
    assert rig.holds() == {"clinic": [], "studio": [], "campus": []}


def test_an_origin_that_is_merely_missing_keeps_its_holds(rig):
    origin = rig.book("clinic", "1", 24)
    rig.book("clinic", "2", 40)
    rig.cycle()
    rig.desks["clinic"].hidden = {origin.key}
    for _ in range(20):
        rig.cycle()
    assert rig.holds()["studio"] == [(24, 25), (40, 41)]


def test_a_hold_that_somebody_moved_is_put_back(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    rig.desks["studio"].put(replace(hold, span=Span(NOW + 30 * 3600, NOW + 31 * 3600)))
    rig.cycle()
    assert rig.holds()["studio"] == [(24, 25)]


def test_a_hold_that_is_moved_again_and_again_is_left_to_a_person(rig):
    rig.book("clinic", "1", 48)
    rig.cycle()
    for _ in range(6):
        rig.cycle()
        (hold,) = rig.desks["studio"].ours()
        rig.desks["studio"].put(replace(hold, span=Span(NOW + 30 * 3600, NOW + 31 * 3600)))
    found = rig.cycle()
    assert [one.brake for one in found.planned.plan.refused] == ["B7"]
    assert [one.kind for one in found.planned.findings] == ["DRIFT"]


def test_a_hold_that_somebody_deleted_is_made_again_once_it_is_surely_gone(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    rig.sent()
    rig.desks["studio"].events.clear()
    rig.desks["studio"].events.append(rig.book("studio", "9", 60))
    for _ in range(12):
        rig.cycle()
    assert rig.holds()["studio"] == [(24, 25)]
    assert rig.sent().count("create") == 3  # the one again, and two for the new booking


def test_a_hold_is_not_made_again_while_the_listing_merely_hides_it(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    rig.desks["studio"].hidden = {hold.key}
    for _ in range(20):
        rig.cycle()
    assert len(rig.desks["studio"].ours()) == 1


@pytest.mark.parametrize("applied", [True, False])
def test_a_create_whose_answer_was_lost_is_never_made_twice(rig, applied):
    rig.book("clinic", "1", 24)
    rig.desks["studio"].loses = [applied]
    for _ in range(8):
        rig.cycle()
    assert rig.holds()["studio"] == [(24, 25)]
    assert rig.desks["studio"].made == 1


@pytest.mark.parametrize("applied", [True, False])
def test_a_lost_answer_to_a_move_or_a_release_is_asked_about(rig, applied):
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    rig.desks["studio"].loses = [applied]
    moved = replace(origin, span=Span(NOW + 26 * 3600, NOW + 27 * 3600))
    rig.desks["clinic"].put(moved)
    for _ in range(8):
        rig.cycle()
    assert rig.holds()["studio"] == [(26, 27)]
    rig.desks["studio"].loses = [applied]
    rig.desks["clinic"].put(replace(moved, status=Status.CANCELLED))
    for _ in range(8):
        rig.cycle()
    assert rig.holds()["studio"] == []


def test_a_lost_create_without_its_mark_ends_with_a_person_and_spawns_nothing(rig):
    rig.book("clinic", "1", 24)
    rig.desks["studio"].strips = True
    rig.desks["studio"].loses = [True]
    for _ in range(12):
        found = rig.cycle()
    assert rig.desks["studio"].made == 1
    assert rig.holds()["clinic"] == []
    assert [one.brake for one in found.planned.plan.waiting] == ["REVIEW"]


def test_a_refusal_is_tried_again_later_and_not_every_time(rig):
    rig.book("clinic", "1", 24)
    rig.desks["studio"].refusing = "no"
    for _ in range(10):
        rig.cycle()
    assert 2 <= rig.desks["studio"].sent.count("create") <= 4
    rig.desks["studio"].refusing = ""
    rig.cycle(later=3600)
    assert rig.holds()["studio"] == [(24, 25)]


def test_a_hold_that_a_vendor_refuses_is_told_until_it_stands(rig):
    rig.book("clinic", "1", 24)
    rig.desks["studio"].refusing = "no"
    rig.cycle()
    found = rig.cycle()
    assert [(one.kind, one.flags) for one in found.planned.findings] == [
        ("DRIFT", ("ours", "refused"))
    ]
    assert "studio does not take it" in dict(found.planned.findings[0].evidence)["reason"]
    rig.desks["studio"].refusing = ""
    rig.cycle(later=3600)
    assert rig.cycle().planned.findings == ()


def test_a_vendor_that_rounds_is_not_written_to_for_ever(tmp_path):
    desks = {"clinic": Desk(account="clinic"), "studio": Desk(account="studio", grid=900)}
    rig = Rig(tmp_path, desks=desks)
    rig.book("clinic", "1", 24.1)
    rig.cycle()
    rig.sent()
    for _ in range(4):
        rig.cycle()
    assert rig.sent() == []
    assert rig.holds()["studio"] == [(24, 25.25)]


def test_a_lost_store_finds_its_holds_again_by_their_marks(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.store.close()
    (rig.directory / "calsync.db").unlink()
    for name in ("calsync.db-wal", "calsync.db-shm"):
        (rig.directory / name).unlink(missing_ok=True)
    rig.start()
    rig.sent()
    for _ in range(4):
        rig.cycle()
    assert rig.sent() == []
    assert rig.holds()["studio"] == [(24, 25)]


def test_a_copied_mark_is_reported_and_neither_deleted_nor_held(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    (hold,) = rig.desks["studio"].ours()
    pasted = replace(hold, key=replace(hold.key, native_id="pasted"))
    rig.desks["studio"].events.append(replace(pasted, span=Span(NOW + 50 * 3600, NOW + 51 * 3600)))
    for _ in range(4):
        found = rig.cycle()
    assert [one.kind for one in found.planned.findings] == ["SYNC_CREATE_CREATE"]
    assert rig.desks["studio"].find(pasted.key) is not None
    assert rig.holds()["clinic"] == []


def test_with_two_places_only_what_fills_both_is_held(tmp_path):
    rig = Rig(tmp_path, parallel=2)
    rig.book("clinic", "1", 24)
    rig.cycle()
    assert rig.holds() == {"clinic": [], "studio": [], "campus": []}
    rig.book("studio", "2", 24.5)
    rig.cycle()
    assert rig.holds()["campus"] == [(24.5, 25)]


def test_the_first_plan_waits_for_a_person_and_then_no_more(tmp_path):
    rig = Rig(tmp_path, limits=Limits())
    rig.book("clinic", "1", 24)
    found = rig.cycle()
    assert {one.brake for one in found.planned.plan.refused} == {"B16"}
    assert rig.sent() == []
    rig.writing.approve(found.planned.plan.hash, "amy", 3600)
    rig.cycle()
    assert rig.holds()["studio"] == [(24, 25)]
    rig.book("clinic", "2", 40)
    rig.cycle(later=7200)
    assert rig.holds()["studio"] == [(24, 25), (40, 41)]


def test_undo_takes_a_run_back_and_the_next_cycle_leaves_it_so(rig):
    rig.book("clinic", "1", 24)
    found = rig.cycle()
    assert found.pushed is not None
    rig.cycle()
    undo = rig.writing.undo(found.pushed.run)
    assert [action.verb for _, action in undo.actions] == ["delete", "delete"]
    assert rig.writing.take_back(undo, "amy").fine
    assert rig.holds() == {"clinic": [], "studio": [], "campus": []}
    rig.sent()
    for _ in range(3):
        found = rig.cycle()
    assert rig.sent() == []
    assert {one.brake for one in found.planned.plan.waiting} == {"UNDONE"}
    rig.writing.approve(found.planned.plan.hash, "amy", 3600)
    rig.cycle()
    assert rig.holds()["studio"] == [(24, 25)]


def test_a_move_that_was_taken_back_is_shown_as_waiting_and_can_be_let_pass(tmp_path):
    rig = Rig(tmp_path, limits=Limits(first_run=False, rewrites=10))
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    moved = Span(origin.span.start + 7200, origin.span.end + 7200)
    rig.desks["clinic"].put(replace(origin, span=moved))
    found = rig.cycle()
    assert found.pushed is not None
    assert rig.writing.take_back(rig.writing.undo(found.pushed.run), "amy").fine
    assert rig.holds()["studio"] == [(24, 25)]
    found = rig.cycle()
    assert {one.brake for one in found.planned.plan.waiting} == {"UNDONE"}
    rig.writing.approve(found.planned.plan.hash, "amy", 3600)
    rig.cycle()
    assert rig.holds()["studio"] == [(26, 27)]


def test_nothing_is_written_to_what_begins_soon(rig):
    rig.book("clinic", "1", 0.2)
    found = rig.cycle()
    assert {one.brake for one in found.planned.plan.refused} == {"B12"}
    assert rig.sent() == []


def test_an_account_that_was_written_to_is_read_before_it_is_planned_for(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    planned = rig.writing.plan()
    assert planned.unread == {"studio", "campus"}
    assert planned.plan.all_actions == ()
