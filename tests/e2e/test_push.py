"""The writing side against the sandbox: every account shows the others' time, and what people do
at a vendor's pages is followed or told. Judged by the vendors' own state and the ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.pushed import Place, Town, town
from worker.domain.instants import iso
from worker.domain.reconcile.plan import Verb
from worker.engine.suspicions import KINDS
from worker.sandbox.checkers import foreign_changes, notified, twice_alive
from worker.sandbox.people.crowd import People
from worker.sandbox.people.thing import Thing

MINUTES = 660  # longer than a deletion must be seen to be believed


@dataclass(frozen=True)
class Begun:
    """What the first three cycles came to."""

    place: Town
    after_two: tuple[Counter[Place], Counter[Place]]
    written: tuple[int, ...]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    with town(tmp_path_factory.mktemp("push")) as place:
        people = People(place.rehearsal.server.switchboard)
        before_all = [one for one in people.things() if one.kind != "page"]
        written = []
        for number in range(3):
            before = place.requests
            place.cycle()
            written.append(len(place.writes(before)))
            if number == 1:
                after_two = (place.wanted(), place.standing())
        yield Begun(place, after_two, tuple(written))
        entries = place.rehearsal.server.ledger.entries()
        assert notified(entries) == []
        assert foreign_changes(before_all, people.things(), entries) == []


@pytest.fixture
def place(begun: Begun) -> Iterator[Town]:
    """The same town for all; each test leaves it as its vendors wish it to be."""
    yield begun.place
    for _ in range(4):
        if begun.place.standing() == begun.place.wanted():
            break
        begun.place.cycle(MINUTES)
    assert begun.place.standing() == begun.place.wanted()


def test_within_two_cycles_every_account_shows_the_busy_time_of_the_others(begun):
    wanted, standing = begun.after_two
    assert wanted == standing
    assert {one.account for one in standing} == {"clinic", "studio", "coaching"}
    assert sum(standing.values()) > 50


def test_the_third_cycle_writes_nothing(begun):
    assert begun.written[0] > 50
    assert begun.written[2] == 0


def test_nobody_was_told_of_anything(begun):
    entries = begun.place.rehearsal.server.ledger.entries()
    assert sum(entry.notifications for entry in entries if entry.actor != "person") == 0


def test_nothing_stands_twice_and_nothing_of_other_people_says_why(begun):
    place = begun.place
    ours = [one for one in place.things() if one.kind != "slot"]  # a group's mark is on its slot
    assert twice_alive(ours, place.rehearsal.server.ledger.entries()) == []
    holds = [one for one in place.things() if one.vendor != "canvas"]
    words = {line.partition("[")[0].strip() for one in holds for line in one.text.splitlines()}
    assert words <= {"Held by calsync", *(f"calsync-{one.mark}" for one in holds)}


def test_why_a_hold_stands_is_told_by_the_clocks_of_those_whose_time_it_is(begun):
    runs = begun.place.app.store.outbox.runs()
    whys = [entry.action.why for run in runs for entry in run.entries]
    assert len(whys) > 50
    local = re.compile(r".+: (Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ Mar 2026, \d\d:\d\d–.*\d\d:\d\d CET")
    assert [why for why in whys if not local.fullmatch(why) and "takes back" not in why] == []


def test_a_resource_with_several_places_is_held_just_while_all_are_taken(begun):
    place = begun.place
    reformers = place.resource("reformers")
    bound = dict(reformers.bindings)
    shown = [
        (account, row, ours)
        for account, row, ours in place.rows()
        if bound.get(account) in row["subjects"] and row["start"] > place.app.now + 900
    ]
    first = min(row["start"] for _, row, _ in shown)
    for minute in range(first, place.horizon, 300):
        there = [one for one in shown if one[1]["start"] <= minute < one[1]["end"]]
        taken = [one for one in there if not one[2] and one[1]["status"] in ("booked", "held")]
        for target in ("studio", "coaching"):
            full = len(taken) >= reformers.parallel and {one[0] for one in taken} != {target}
            held = any(ours and account == target for account, _, ours in there)
            assert held == full, (iso(minute), target)


# --- people at the vendors' own pages


def test_a_visit_that_is_moved_takes_its_holds_along(place):
    visit = place.pick("clinic")
    before = place.held_for("clinic", visit)
    place.act("cliniko", "move", id=visit["native_id"], by=7200)
    place.cycle()
    place.cycle()
    after = {one._replace(start=one.start + 7200, end=one.end + 7200) for one in before}
    assert after <= set(place.standing())
    assert place.standing() == place.wanted()


def test_a_session_that_is_cancelled_sets_its_time_free_at_once(place):
    session = place.pick("coaching")
    held = place.held_for("coaching", session)
    assert held <= set(place.standing())
    place.act("acuity", "cancel", id=session["native_id"])
    place.cycle()
    assert place.standing() == place.wanted()
    assert not held & set(place.standing() - place.wanted())


def test_what_vanishes_without_a_word_is_held_until_it_is_surely_gone(place):
    start = place.app.now // 3600 * 3600 + 30 * 3600
    resource = dict(place.resource("amy").bindings)["studio"].partition(":")[2]
    made = place.act("timify", "book", start=start, end=start + 3600, resource=resource)
    place.cycle()
    held = {one for one in place.standing() if (one.start, one.end) == (start, start + 3600)}
    assert {one.account for one in held} == {"clinic", "coaching"}
    place.act("timify", "delete", id=made)
    place.cycle()
    assert held <= set(place.standing()), "one listing without it proves nothing"
    for _ in range(3):
        place.cycle(MINUTES)
    assert not held & set(place.standing())


def test_a_hold_that_somebody_moves_is_put_back(place):
    hold = of_tomorrow(place, "cliniko")
    place.act("cliniko", "move", id=hold.id, kind="block", by=1800)
    assert place.standing() != place.wanted()
    place.cycle()
    assert place.standing() == place.wanted()
    assert [one.id for one in place.things("cliniko") if one.mark == hold.mark] == [hold.id]


def test_a_hold_that_lost_its_mark_is_known_by_its_id_and_nobodys_origin(place):
    hold = of_tomorrow(place, "cliniko")
    before = place.requests
    place.act("cliniko", "edit", id=hold.id, kind="block", notes="Dentist")
    place.cycle()
    place.cycle()
    assert place.writes(before) == []
    assert place.standing() == place.wanted()


@pytest.mark.parametrize("vendor", ["acuity", "cliniko", "timify"])
def test_a_hold_that_somebody_deletes_is_asked_for_by_its_id_and_made_again(place, vendor):
    hold = of_tomorrow(place, vendor)
    before = place.requests
    place.act(vendor, "delete", id=hold.id, kind=hold.kind)
    for _ in range(3):
        place.cycle(MINUTES)
    assert place.standing() == place.wanted()
    creates = [one for one in place.writes(before) if one.method == "POST"]
    assert len([one for one in creates if one.mark == hold.mark]) == 1
    assert len([one for one in place.things(vendor) if one.mark == hold.mark]) == 1


def test_a_hold_that_somebody_copies_is_reported_and_left_alone(place):
    hold = of_tomorrow(place, "cliniko")
    twin = place.act("cliniko", "duplicate", id=hold.id, kind="block", start=hold.start + 86_400)
    before = place.requests
    place.cycle()
    place.cycle()
    assert place.writes(before) == []
    assert ("SYNC_CREATE_CREATE", "open") in told(place)
    place.act("cliniko", "delete", id=twin, kind="block")
    place.cycle()
    assert ("SYNC_CREATE_CREATE", "open") not in told(place)


def test_what_somebody_books_over_a_hold_is_a_finding(place):
    hold = of_tomorrow(place, "acuity")
    calendar = next(
        int(one.calendar.partition(":")[2])
        for one in place.standing()
        if (one.account, one.start) == ("coaching", hold.start)
    )
    made = place.act("acuity", "book", start=hold.start, calendar=calendar)
    place.cycle()
    kinds = {
        one.finding.kind
        for one in place.app.report().findings
        if any(member.key.native_id == made for member in one.finding.members)
    }
    assert "RESOURCE_DOUBLE" in kinds
    place.act("acuity", "cancel", id=made)


# --- copies


def test_a_copy_is_made_once_says_what_its_origin_says_and_follows_it(place):
    visit = place.pick("clinic", "amy")
    assert [one.start for one in copies_of(place, visit)] == [visit["start"]]
    place.act("cliniko", "move", id=visit["native_id"], by=3600)
    before = place.requests
    place.cycle()
    place.cycle()
    (copy,) = copies_of(place, {**visit, "start": visit["start"] + 3600})
    assert copy.end - copy.start == visit["end"] - visit["start"]
    assert copies_of(place, visit) == []
    assert not any(one.method == "POST" for one in place.writes(before) if one.vendor == "canvas")


def test_a_copy_goes_with_its_origin(place):
    visit = place.pick("clinic", "amy")
    assert len(copies_of(place, visit)) == 1
    place.act("cliniko", "cancel", id=visit["native_id"])
    place.cycle()
    place.cycle()
    assert copies_of(place, visit) == []
    assert place.standing() == place.wanted()


# --- taking back


def test_undo_takes_a_run_back_and_the_next_cycles_leave_it_so(begun):
    place = begun.place
    start = place.app.now // 3600 * 3600 + 50 * 3600
    calendar = int(dict(place.resource("ben").bindings)["coaching"].partition(":")[2])
    place.act("acuity", "book", start=start, calendar=calendar)
    run = place.cycle().pushed.run
    made = {one for one in place.standing() if one.start == start}
    assert {one.account for one in made} == {"clinic"}
    undo = place.app.writing.undo(run)
    before = place.requests
    pushed = place.app.writing.take_back(undo, "rita")
    assert {one.state for one in pushed.done} == {"confirmed"}
    assert undo.lost == ()
    assert {one.verb for _, one in undo.actions} == {Verb.DELETE}
    removed = place.writes(before)
    for _ in range(2):
        planned = place.cycle().planned
    assert not made & set(place.standing())
    assert place.writes(before) == removed
    reasons = {(one.brake, one.reason) for one in planned.plan.refused}
    assert ("UNDONE", f"run {run} was taken back") in reasons
    assert place.wanted() - place.standing() == dict.fromkeys(made, 1)


def of_tomorrow(place: Town, vendor: str) -> Thing:
    """A hold of one of ours that begins in a day or later, never the same twice."""
    for one in place.things(vendor):
        late = place.app.now + 86_400 < one.start < place.horizon - 86_400
        if late and one.mark not in place.picked:
            place.picked.add(one.mark)
            return one
    raise LookupError(f"no hold is left at {vendor}")


def copies_of(place: Town, visit: dict[str, object]) -> list[Thing]:
    """The living slots on campus with a mark of ours that begin when a visit does."""
    slots = [one for one in place.things("canvas") if one.kind == "slot"]
    return [one for one in slots if one.start == visit["start"]]


def told(place: Town) -> set[tuple[str, str]]:
    """(kind, state) of what the writing side has found wrong."""
    known = place.app.store.findings.about(KINDS).values()
    return {(str(one.finding.kind), str(one.life.state)) for one in known}
