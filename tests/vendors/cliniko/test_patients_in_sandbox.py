"""The adapter against the simulated Cliniko: one reference per patient, walk after walk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.vendors.cliniko.test_against_sandbox import (
    SECRET,
    WINDOW,
    Practice,
    events,
    gaps,
)
from worker.domain.absence import AbsenceRules
from worker.domain.event import Kind, Status
from worker.domain.listing import Batch, Coverage
from worker.domain.span import HOUR, MINUTE
from worker.engine.poll import PollReport, PollRules, Source, poll
from worker.sandbox.cliniko import Quirks
from worker.store.store import Store
from worker.vendors.cliniko.patients import KEPT_FOR


def people(batches: list[Batch]) -> dict[str, tuple[str, ...]]:
    return {key.native_id: event.people for key, event in events(batches).items()}


def lookups(practice: Practice) -> int:
    return sum(call.startswith("/v1/patients") for call in practice.asked)


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(),
        Quirks(id_type="number"),
        Quirks(colliding_ids=True),
        Quirks(archiving="archived_at"),
        Quirks(archiving="deleted_at"),
        Quirks(bare_q="refuse", per_page_out_of_range="refuse"),
    ],
)
def test_everybody_with_an_address_is_known_by_it(quirks: Quirks) -> None:
    practice = Practice(quirks)
    practice.world()
    practice.sim.archive_row(practice.sim.patients[practice.patients[2]])
    _, batches = practice.walk()
    assert not gaps(batches)
    found = events(batches).values()
    known = {one for event in found for one in event.people}
    assert known == {f"email:p{n}@x.test" for n in range(4)}
    for event in found:
        if event.key.kind is Kind.SINGLE:
            assert bool(event.people) == (event.status is Status.BOOKED)


def test_a_practice_is_asked_once_for_many_and_then_no_more() -> None:
    practice = Practice()
    practice.world()
    practice.pass_time(HOUR)
    _, batches = practice.walk()
    assert lookups(practice) <= 2  # four patients, some of them on the first page
    practice.single(3, 1)
    practice.asked.clear()
    assert practice.walk(practice.since(batches))[0] is Coverage.CHANGES
    practice.walk()
    assert lookups(practice) == 0


def test_a_role_that_may_not_see_patients_shows_their_numbers_and_misses_nothing() -> None:
    practice = Practice()
    row = practice.single(1, 0)
    practice.sim.revoke_key(SECRET)
    practice.sim.add_key(SECRET, forbidden=["patients"])
    _, batches = practice.walk()
    assert not gaps(batches)
    assert people(batches) == {row: (f"clinic/patient:{practice.patients[0]}",)}
    assert any("within this account only" in note for note in practice.account.check().notes)


def test_a_server_without_patients_is_read_as_before() -> None:
    practice = Practice(missing=("patients",))
    practice.world()
    _, batches = practice.walk()
    assert not gaps(batches)
    assert {one.partition(":")[0] for some in people(batches).values() for one in some} == {
        "clinic/patient"
    }


def test_a_walk_over_changes_that_meets_a_namesake_shows_the_other_again() -> None:
    practice = Practice()
    mine = practice.single(3, 0)
    course = practice.group(5, 0, 1)
    practice.pass_time(HOUR)
    practice.single(40, 1)
    _, batches = practice.walk()
    picture = people(batches)
    assert picture[mine] == ("email:p0@x.test",)
    practice.pass_time(10 * MINUTE)
    practice.patients.append(practice.sim.add_patient("Kim", "Child", "P0@x.test"))
    childs = practice.single(4, 4)
    coverage, changed = practice.walk(practice.since(batches))
    assert coverage is Coverage.CHANGES
    assert not gaps(changed)
    first, child = (f"clinic/patient:{practice.patients[n]}" for n in (0, 4))
    picture |= people(changed)
    assert (picture[mine], picture[childs]) == ((first,), (child,))
    assert picture[course] == (first, "email:p1@x.test")
    assert people(practice.walk()[1]) == picture


class Desk:
    """A practice that is polled into a store."""

    def __init__(self, path: Path) -> None:
        self.practice = Practice()
        self.practice.world()
        self.store = Store(f"sqlite:///{path / 'calsync.db'}")
        self.store.accounts.register("clinic", "any", "")

    def poll(self) -> PollReport:
        source = Source("clinic", self.practice.account, 120)
        rules = PollRules(AbsenceRules(), lambda *_: ())
        return poll(source, self.store, WINDOW, self.practice.clock, rules)

    def attendances(self) -> list[tuple[str, int, int, int]]:
        return list(self.store.events.attendances(WINDOW))


@pytest.fixture
def desk(tmp_path: Path) -> Any:
    opened = Desk(tmp_path)
    yield opened
    opened.store.close()


def test_neither_time_nor_a_failed_look_up_makes_a_revision(desk: Desk) -> None:
    assert desk.poll().fine
    before = desk.attendances()
    assert before
    for seconds in (10 * MINUTE, 2 * HOUR, KEPT_FOR):
        desk.practice.pass_time(seconds)
        if seconds == KEPT_FOR:
            desk.practice.missing = ("patients",)
        report = desk.poll()
        assert report.fine
        assert report.polled is not None
        assert (report.polled.created, report.polled.changed) == (0, 0)
        assert report.polled.people == frozenset()
    assert desk.attendances() == before


def test_a_restart_renames_nobody_not_even_in_a_family(desk: Desk) -> None:
    practice = desk.practice
    practice.patients.append(practice.sim.add_patient("Kim", "Child", "p0@x.test"))
    practice.single(150, 4)  # on a later page than the parent's
    assert desk.poll().fine
    before = desk.attendances()
    again = Practice()
    again.sim, again.clock = practice.sim, practice.clock
    practice.account = again.account
    practice.pass_time(2 * HOUR)
    report = desk.poll()
    assert report.polled is not None
    assert desk.attendances() == before
    assert all(
        stored.revision == 1
        for stored in desk.store.events.by_number({number for _, _, _, number in before}).values()
    )


def test_no_address_is_in_the_store(desk: Desk, tmp_path: Path) -> None:
    assert desk.poll().fine
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"x.test" not in written
