"""Each checker finds the violation that it is for, and passes a run without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.writing_world import MARK, VENDORS, Rig
from worker.sandbox import checkers
from worker.sandbox.ledger import Entry


def entry(number: int, time: float, **more: Any) -> Entry:
    plain: dict[str, Any] = {
        "vendor": "v",
        "method": "GET",
        "path": "/x",
        "query": "",
        "body_hash": "",
        "status": 200,
        "applied": False,
        "delivered": True,
        "notifications": 0,
        "faults": (),
        "stated_wait": "",
    }
    return Entry(number=number, time=time, **{**plain, **more})


@pytest.mark.parametrize("vendor", ["cliniko", "timify", "acuity"])
def test_two_living_objects_with_one_mark_are_found_unless_a_person_copied(vendor):
    rig = Rig()
    first = rig.made(vendor)
    assert checkers.twice_alive(rig.held(vendor)) == []
    rig.people.act(vendor, "duplicate", id=first)
    assert checkers.twice_alive(rig.held(vendor), rig.board.ledger.entries()) == []
    rig.made(vendor)
    [found] = checkers.twice_alive(rig.held(vendor), rig.board.ledger.entries())
    assert MARK in found


@pytest.mark.parametrize("vendor", ["cliniko", "timify", "acuity"])
def test_the_removal_of_what_calsync_did_not_create_is_found(vendor):
    rig = Rig()
    own = rig.made(vendor)
    foreign = rig.people.act(vendor, "create", start=1_795_500_000, end=1_795_503_600)
    rig.send(vendor, "DELETE", f"/{own}")
    assert checkers.foreign_removals(rig.board.ledger.entries()) == []
    rig.send(vendor, "DELETE", f"/{foreign}")
    entries = rig.board.ledger.entries()
    assert len(checkers.foreign_removals(entries)) == 1
    agreed = frozenset({f"{vendor} {entries[-1].object}"})
    assert checkers.foreign_removals(entries, agreed) == []


def test_a_foreign_object_that_calsync_changed_is_found():
    rig = Rig()
    foreign = rig.people.act("cliniko", "create", start=1_795_500_000, end=1_795_503_600)
    since = len(rig.board.ledger)
    before = rig.people.things()
    rig.made("cliniko")
    since_then = rig.board.ledger.entries(since=since)
    assert checkers.foreign_changes(before, rig.people.things(), since_then) == []
    rig.send("cliniko", "PATCH", f"/{foreign}", {"notes": "Ours now"})
    since_then = rig.board.ledger.entries(since=since)
    [found] = checkers.foreign_changes(before, rig.people.things(), since_then)
    assert foreign in found


def test_what_a_person_changed_is_nobody_elses():
    rig = Rig()
    foreign = rig.people.act("cliniko", "create", start=1_795_500_000, end=1_795_503_600)
    since, before = len(rig.board.ledger), rig.people.things()
    rig.people.act("cliniko", "move", id=foreign, by=60)
    entries = rig.board.ledger.entries(since=since)
    assert checkers.foreign_changes(before, rig.people.things(), entries) == []


def test_a_message_is_found_unless_it_was_allowed():
    told = [entry(1, 0.0, applied=True, notifications=2), entry(2, 1.0, notifications=1, of=1)]
    assert len(checkers.notified(told)) == 2
    assert checkers.notified(told, frozenset({1})) == []
    assert checkers.notified([entry(1, 0.0, actor="person", notifications=1)]) == []


@pytest.mark.parametrize("wait", ["retry-after: 30", "x-ratelimit-reset: 1795000030"])
def test_a_request_within_a_stated_wait_is_found(wait):
    start = 1_795_000_000.0
    refused = entry(1, start, status=429, stated_wait=wait)
    assert len(checkers.hurried([refused, entry(2, start + 29)])) == 1
    assert checkers.hurried([refused, entry(2, start + 30)]) == []
    assert checkers.hurried([refused, entry(2, start + 29, vendor="other")]) == []
    lost = entry(1, start, status=429, stated_wait=wait, delivered=False)
    assert checkers.hurried([lost, entry(2, start + 1)]) == []


def test_more_requests_than_a_budget_allows_are_found():
    three = [entry(number, number * 10.0) for number in (1, 2, 3)]
    assert checkers.crowded(three, 2, 20.0) == []
    assert len(checkers.crowded(three, 2, 20.5)) == 1


def test_audit_and_ledger_are_compared_both_ways():
    applied = [entry(1, 0.0, method="POST", applied=True, mark=MARK)]
    assert checkers.unaudited(applied, [("v", MARK)]) == []
    assert len(checkers.unaudited(applied, [])) == 1
    assert len(checkers.unaudited([], [("v", MARK)])) == 1


@pytest.mark.parametrize(("name", "variant"), [("W03", "first answer"), ("W05", "success")])
def test_what_the_vendor_did_twice_or_late_is_audited_once(name, variant):
    rig = Rig()
    rig.board.faults.on(name, vendor="cliniko", variant=variant, seconds=1)
    rig.made("cliniko")
    rig.clock.advance(1)
    rig.board.settle()
    assert checkers.unaudited(rig.board.ledger.entries(), [("cliniko", MARK)]) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_writes_are_counted_by_vendor(vendor):
    rig = Rig()
    rig.made(vendor)
    rig.send(vendor, "GET")
    assert checkers.writes_per_vendor(rig.board.ledger.entries()) == {vendor: 1}
