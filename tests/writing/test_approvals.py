"""Brakes end to end: what waits, what lets it pass, and what one process leaves to another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW
from tests.engine.test_disk import Disk, connections_over
from tests.writing.desks import Desk, Rig
from worker.domain.event import Status
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.record import OutboxState
from worker.domain.span import Span
from worker.store.database import StoreError
from worker.store.outbox import Deposed
from worker.vendors.base import NeedsPerson, Stopped, TryLater

LOOSE = Limits(first_run=False)
PAIR = ("clinic", "studio")


def pair(directory, limits=LOOSE, count=0, first=24):
    """Clinic and studio, with so many bookings at the clinic."""
    rig = Rig(directory, limits=limits, desks={name: Desk(account=name) for name in PAIR})
    for number in range(count):
        rig.book("clinic", str(number), first + 2 * number)
    return rig


def waiting(found):
    return {(one.brake, one.scope) for one in found.planned.plan.waiting}


def approved(rig, found):
    rig.writing.approve(found.planned.plan.hash, "amy", 3600)
    return rig.cycle()


def test_many_removals_wait_and_everything_else_goes_on(tmp_path):
    rig = pair(tmp_path, count=12)
    rig.cycle()
    desk = rig.desks["clinic"]
    desk.events = [replace(one, status=Status.CANCELLED) for one in desk.events]
    rig.book("clinic", "new", 100)
    found = rig.cycle()
    assert waiting(found) == {("B3", "studio")}
    assert len(rig.holds()["studio"]) == 13
    rig.cycle()
    found = approved(rig, rig.cycle())
    assert rig.holds()["studio"] == [(100, 101)]
    assert waiting(found) == set()


def test_a_slow_erosion_counts_as_one_removal(tmp_path):
    rig = pair(tmp_path, count=12)
    rig.cycle()
    for number in range(12):
        event = rig.desks["clinic"].events[number]
        rig.desks["clinic"].put(replace(event, status=Status.CANCELLED))
        found = rig.cycle(later=600)
    assert len(rig.holds()["studio"]) == 7
    assert waiting(found) == {("B3", "studio")}


def test_many_moved_by_one_distance_wait(tmp_path):
    rig = pair(tmp_path, count=10)
    rig.cycle()
    desk = rig.desks["clinic"]
    desk.events = [
        replace(one, span=Span(one.span.start + 3600, one.span.end + 3600)) for one in desk.events
    ]
    found = rig.cycle()
    assert waiting(found) == {("B5", "studio")}
    approved(rig, found)
    assert rig.holds()["studio"][0] == (25, 26)


def test_many_changes_wait(tmp_path):
    limits = replace(LOOSE, change_at_least=3, shift_at_least=100)
    rig = pair(tmp_path, limits, count=5)
    rig.cycle()
    desk = rig.desks["clinic"]
    desk.events = [
        replace(one, span=Span(one.span.start, one.span.end + 60 * (number + 1)))
        for number, one in enumerate(desk.events)
    ]
    found = rig.cycle()
    assert waiting(found) == {("B6", "studio")}
    assert "update" not in rig.sent()


def test_what_is_too_much_for_one_run_follows_in_the_next_ones(tmp_path):
    rig = pair(tmp_path, replace(LOOSE, writes_per_run=4), count=10)
    counts = []
    for _ in range(4):
        found = rig.cycle()
        counts.append(rig.sent().count("create"))
        assert waiting(found) == set()
    assert counts == [4, 4, 2, 0]


def test_an_account_that_fails_and_fails_is_left_alone_and_the_others_are_not(tmp_path):
    rig = Rig(tmp_path)
    rig.cycle()
    rig.desks["studio"].fails = TryLater("no answer")
    for _ in range(6):
        rig.cycle(later=1200)
    rig.book("clinic", "1", 48)
    rig.cycle(later=1200)
    assert rig.holds() == {"clinic": [], "studio": [], "campus": [(48, 49)]}
    rig.desks["studio"].fails = None
    rig.cycle(later=1200)
    assert rig.holds()["studio"] == [(48, 49)]


# --- B10


def test_an_account_that_points_elsewhere_is_not_written_to(tmp_path):
    rig = pair(tmp_path, count=1)
    rig.cycle()
    rig.store.accounts.register("studio", "desk", "another login")
    rig.book("clinic", "9", 60)
    found = rig.cycle()
    assert waiting(found) == {("B10", "studio")}
    rig.sent()
    approved(rig, found)
    assert rig.sent() == ["create"]


def unbound(rig):
    rig.amy = replace(rig.amy, bindings=(("studio", "calendar:studio"),))
    rig.rules = replace(rig.rules, resources={"amy": rig.amy})


def unruled(rig):
    rule = HoldPolicy("*", frozenset({"studio"}), frozenset(PAIR))
    rig.rules = replace(rig.rules, holds=(rule,))


def removed(rig):
    del rig.desks["clinic"]
    unruled(rig)


@pytest.mark.parametrize("change", [unbound, unruled], ids=lambda one: one.__name__)
def test_what_leaves_our_sight_is_not_deleted_for_it(tmp_path, change):
    rig = pair(tmp_path, count=2)
    rig.cycle()
    rig.cycle()
    change(rig)
    rig.start()
    for _ in range(3):
        found = rig.cycle()
    assert rig.holds()["studio"] == [(24, 25), (26, 27)]
    assert waiting(found) == {("B10", "studio")}
    approved(rig, found)
    assert rig.holds()["studio"] == []


def test_the_holds_of_an_account_that_was_removed_stay(tmp_path):
    rig = pair(tmp_path, count=2)
    rig.cycle()
    rig.cycle()
    removed(rig)
    rig.start()
    for _ in range(4):
        rig.cycle()
    assert rig.holds()["studio"] == [(24, 25), (26, 27)]


def test_a_narrowed_window_deletes_nothing(tmp_path):
    rig = pair(tmp_path, count=2)
    rig.cycle()
    rig.cycle()
    rig.rules = replace(rig.rules, future=3600)
    rig.start()
    for _ in range(3):
        rig.cycle()
    assert rig.holds()["studio"] == [(24, 25), (26, 27)]


def test_a_change_is_not_agreed_to_while_an_account_cannot_be_read(tmp_path):
    rig = pair(tmp_path, count=2)
    rig.cycle()
    rig.cycle()
    unruled(rig)
    rig.start()
    rig.desks["studio"].fails = TryLater("no answer")
    for _ in range(3):
        rig.cycle(later=1200)
    rig.desks["studio"].fails = None
    for _ in range(3):
        found = rig.cycle(later=1200)
    assert rig.holds()["studio"] == [(24, 25), (26, 27)]
    assert waiting(found) == {("B10", "studio")}


def test_an_old_approval_does_not_cover_a_later_change(tmp_path):
    rig = pair(tmp_path, count=2)
    rig.cycle()
    rig.cycle()
    unruled(rig)
    rig.start()
    old = rig.cycle()
    unbound(rig)
    rig.start()
    rig.writing.approve(old.planned.plan.hash, "amy", 1)
    found = rig.cycle()
    assert waiting(found) == {("B10", "studio")}
    assert len(rig.holds()["studio"]) == 2


# --- B16, and what an approval is


def test_an_approval_ends(tmp_path):
    rig = pair(tmp_path, count=10)
    rig.cycle()
    desk = rig.desks["clinic"]
    desk.events = [replace(one, status=Status.CANCELLED) for one in desk.events]
    rig.cycle()
    found = rig.cycle()
    rig.writing.approve(found.planned.plan.hash, "amy", 60)
    found = rig.cycle(later=120)
    assert waiting(found) == {("B3", "studio")}
    assert len(rig.holds()["studio"]) == 10


def test_each_brake_is_logged_with_its_own_reason(tmp_path):
    rig = pair(tmp_path, Limits(near=48 * 3600), count=1)
    rig.cycle()
    rig.writing.approve(rig.cycle().planned.plan.hash, "amy", 3600)
    found = rig.cycle()
    rig.writing.approve(found.planned.plan.hash, "bo", 3600)
    told = [(one.brake, one.by, one.reason) for one in rig.store.plans.log()]
    assert [(brake, by) for brake, by, _ in told] == [("B12", "bo"), ("B16", "amy")]
    assert "too near" in told[0][2]
    assert "never written" in told[1][2]


# --- waits, pauses, ends


def test_a_paused_account_is_not_written_to(tmp_path):
    rig = Rig(tmp_path)
    rig.cycle()
    rig.book("clinic", "1", 48)
    rig.clock.time += 120
    rig.poll()
    rig.store.accounts.change_health("studio", lambda health: replace(health, paused=True))
    found = rig.writing.cycle("apply")
    assert rig.holds() == {"clinic": [], "studio": [], "campus": [(48, 49)]}
    assert {one.detail for one in found.pushed.done if one.state == "deferred"} <= {
        "the account is paused"
    }


@pytest.mark.parametrize("after", [0, 1])
def test_a_wait_that_the_vendor_stated_is_kept_by_all_that_follows(tmp_path, after):
    rig = pair(tmp_path, count=4)
    desk = rig.desks["studio"]
    create = desk.create

    def busy(intent):
        if len(desk.events) == after:
            desk.sent.append("asked")
            raise TryLater("slow down", wait=600, throttled=True)
        return create(intent)

    desk.create = busy
    found = rig.cycle()
    assert rig.sent().count("asked") == 1
    states = [one.state for one in found.pushed.done]
    assert states == ["confirmed"] * after + ["deferred"] * (4 - after)
    rig.writing.cycle("apply")
    assert rig.sent() == []
    desk.create = create
    rig.cycle(later=700)
    assert len(rig.holds()["studio"]) == 4


def test_an_account_that_needs_a_person_is_asked_once(tmp_path):
    rig = pair(tmp_path, count=3)

    def forbidden(intent):
        del intent
        rig.desks["studio"].sent.append("asked")
        raise NeedsPerson("may not write")

    rig.desks["studio"].create = forbidden
    found = rig.cycle()
    assert rig.sent() == ["asked"]
    assert [one.state for one in found.pushed.done] == ["rejected", "deferred", "deferred"]


def test_a_process_that_is_told_to_end_between_writes_leaves_nothing_in_doubt(tmp_path):
    rig = pair(tmp_path, count=3)
    rig.clock.time += 120
    rig.poll()
    asked = []

    def ending(seconds):
        asked.append(seconds)
        if len(rig.desks["studio"].sent) == 1:
            raise Stopped

    rig.clock.sleep = ending
    with pytest.raises(Stopped):
        rig.writing.cycle("apply")
    assert rig.store.outbox.open() == []
    assert rig.sent() == ["create"]
    del rig.clock.sleep
    for _ in range(3):
        rig.cycle()
    assert len(rig.holds()["studio"]) == 3
    assert rig.desks["studio"].made == 3


def test_what_was_only_intended_when_the_process_ended_is_deferred(tmp_path):
    rig = pair(tmp_path, count=1)
    rig.clock.time += 120
    rig.poll()
    (action,) = rig.writing.plan().plan.actions
    fence = rig.store.outbox.lead()
    run = rig.store.outbox.begin(fence, "p", "amy", NOW)
    rig.store.outbox.intend(fence, run, action, NOW)
    rig.start()
    rig.cycle()
    entry = rig.store.outbox.run(run).entries[0]
    assert (entry.state, entry.outcome) == (OutboxState.DEFERRED, "deferred")
    assert rig.sent() == ["create"]


# --- two processes


def test_a_process_that_was_stopped_and_wakes_up_sends_nothing_more(tmp_path):
    rig = pair(tmp_path, count=3)
    rig.clock.time += 120
    rig.poll()
    desk = rig.desks["studio"]
    create = desk.create

    def stopped_meanwhile(intent):
        written = create(intent)
        rig.store.outbox.lead()  # what another process does as soon as it begins
        return written

    desk.create = stopped_meanwhile
    with pytest.raises(Deposed):
        rig.writing.cycle("apply")
    assert rig.sent() == ["create"]
    desk.create = create
    rig.start()
    for _ in range(4):
        rig.cycle()
    assert desk.made == 3
    assert len(rig.holds()["studio"]) == 3


def test_a_plan_from_before_another_process_wrote_is_not_carried_out(tmp_path):
    rig = pair(tmp_path, count=1)
    rig.clock.time += 120
    rig.poll()
    planned, stopped = rig.writing.plan(), rig.writing
    rig.start()
    rig.writing.cycle("apply")
    assert rig.sent() == ["create"]
    with pytest.raises(Deposed, match="look again"):
        stopped.carry_out(planned, "amy")
    assert len(rig.holds()["studio"]) == 1


def test_a_process_that_is_deposed_while_it_looks_does_not_send(tmp_path):
    rig = pair(tmp_path, count=1)
    rig.cycle()
    event = rig.desks["clinic"].events[0]
    rig.desks["clinic"].put(replace(event, status=Status.CANCELLED))
    rig.clock.time += 120
    rig.poll()
    rig.sent()
    confirm = rig.desks["studio"].confirm

    def looking(*asked):
        rig.store.outbox.lead()
        return confirm(*asked)

    rig.desks["studio"].confirm = looking
    with pytest.raises(Deposed):
        rig.writing.cycle("apply")
    assert rig.sent() == []
    assert rig.holds()["studio"] == [(24, 25)]


# --- a full disk


def over(rig, disk):
    from sqlalchemy import event as sqlalchemy_event

    def connect(_dialect, _record, _arguments, options):
        options["factory"] = connections_over(disk)

    for engine in (rig.store.database._reader, rig.store.database._writer):
        engine.dispose()
        sqlalchemy_event.listen(engine, "do_connect", connect)


def pushed_over(directory, disk):
    """One push of a create, a change and a removal; the journal as each request found it."""
    rig = pair(directory, count=3)
    rig.cycle()
    rig.cycle()
    first, second, _ = rig.desks["clinic"].events
    rig.desks["clinic"].put(replace(first, status=Status.CANCELLED))
    rig.desks["clinic"].put(replace(second, span=Span(NOW + 40 * 3600, NOW + 41 * 3600)))
    rig.book("clinic", "4", 60)
    rig.clock.time += 120
    rig.poll()
    rig.sent()
    over(rig, disk)
    disk.is_on, disk.asked = True, 0
    undurable = []
    desk = rig.desks["studio"]
    for verb in ("create", "update", "delete"):
        setattr(desk, verb, _watched(getattr(desk, verb), verb, directory, undurable))
    failed = False
    try:
        rig.writing.cycle("apply")
    except StoreError:
        failed = True
    disk.is_on = False
    for verb in ("create", "update", "delete"):
        delattr(desk, verb)
    return rig, undurable, failed


def _watched(method, verb, directory, undurable):
    import sqlite3

    def call(*arguments):
        with sqlite3.connect(directory / "calsync.db") as other:
            query = "SELECT count(*) FROM outbox WHERE state = 'in_flight' AND verb = ?"
            (count,) = other.execute(query, (verb,)).fetchone()
        if count != 1:
            undurable.append(verb)
        return method(*arguments)

    return call


@pytest.mark.parametrize(
    "points", [6, pytest.param(1000, marks=pytest.mark.slow)], ids=["some", "all"]
)
def test_no_write_is_sent_that_the_disk_did_not_keep_and_none_is_repeated(tmp_path, points):
    disk = Disk(0, "database or disk is full", lasting=True)
    disk.is_on = False
    (tmp_path / "count").mkdir()
    pushed_over(tmp_path / "count", disk)
    total = disk.asked
    assert total > 60
    for at in range(3, total + 1, max(1, total // points)):
        directory = tmp_path / str(at)
        directory.mkdir()
        disk = Disk(at, "database or disk is full", lasting=True)
        disk.is_on = False
        rig, undurable, _ = pushed_over(directory, disk)
        assert undurable == [], at
        rig.start()
        for _ in range(5):
            rig.cycle()
        assert rig.holds()["studio"] == [(28, 29), (40, 41), (60, 61)], at
        assert rig.desks["studio"].made == 4, at
        rig.store.close()
