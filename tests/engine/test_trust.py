"""Whose word counts when findings end: accounts that are fresh, whole and under no brake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW, StillClock, event
from tests.engine.practice import Practice
from worker.domain.absence import AbsenceRules
from worker.domain.conflict.finding import FindingState
from worker.domain.health import Health, Trouble
from worker.domain.span import DAY, HOUR
from worker.domain.subject import Bindings, Resource
from worker.engine.cycle import Cycle, Settings, source_states
from worker.engine.poll import Source
from worker.engine.rules import DetectionRules
from worker.store.accounts import Account
from worker.store.store import Store
from worker.vendors.base import TryLater

AMY = Resource("amy", "Amy Ng", bindings=(("campus", "*"), ("clinic", "*")))
SETTINGS = Settings(
    detection=DetectionRules(resources={"amy": AMY}, bindings=Bindings([AMY])),
    past=DAY,
    future=90 * DAY,
    stale_after=900,
    absence=AbsenceRules(),
)
FINE = Account("clinic", "some", "", Health(complete_at=NOW), None, "", "")


@pytest.mark.parametrize(
    ("account", "complete", "stale"),
    [
        (FINE, True, False),
        (replace(FINE, brake="B2"), False, False),
        (replace(FINE, health=Health(complete_at=NOW, error="503", failures=1)), False, False),
        (
            replace(FINE, health=Health(complete_at=NOW, error="gaps", trouble=Trouble.INCOMPLETE)),
            False,
            False,
        ),
        (replace(FINE, health=Health(complete_at=NOW - 901)), True, True),
        (replace(FINE, health=Health()), False, True),
        (None, False, True),
    ],
    ids=["fine", "brake", "failing", "gaps", "old", "never polled", "unknown"],
)
def test_an_account_is_trusted_where_its_newest_listing_is_fresh_and_complete(
    account, complete, stale
):
    known = {"clinic": account} if account else {}
    (state,) = source_states(known, ["clinic"], NOW, SETTINGS)
    assert (state.complete, state.stale) == (complete, stale)
    assert state.trusted is (complete and not stale)


class House:
    """Two accounts of one person, polled by hand."""

    def __init__(self, directory, clinic: Practice, campus: Practice) -> None:
        self.store = Store(f"sqlite:///{directory / 'calsync.db'}")
        self.clock = StillClock()
        for one in (clinic, campus):
            self.store.accounts.register(one.account, "practice", one.account)
        sources = [Source(one.account, one, 120) for one in (clinic, campus)]
        self.cycle = Cycle(self.store, sources, SETTINGS, self.clock)

    def poll(self, *accounts: str, later: int = 120) -> None:
        self.clock.time += later
        for account in accounts:
            self.cycle.poll(account)

    def clashes(self) -> list[FindingState]:
        found = self.store.findings.all().values()
        return [one.life.state for one in found if one.finding.kind == "RESOURCE_DOUBLE"]


@pytest.fixture
def house(tmp_path):
    """One clash of Amy's, between an appointment of either account."""
    mine = [event("1", NOW + DAY), event("2", NOW + 3 * DAY)]
    others = [event("1", NOW + DAY, 30, account="campus")]
    house = House(tmp_path, Practice(mine), Practice(others, account="campus"))
    house.poll("clinic", "campus", later=0)
    assert house.clashes() == [FindingState.OPEN]
    yield house
    house.store.close()


def practice(house: House, account: str) -> Practice:
    return house.cycle._sources[account].vendor


def test_a_clash_ends_when_one_of_both_is_moved_away(house):
    practice(house, "clinic").events[0] = event("1", NOW + 2 * DAY)
    house.poll("clinic")
    assert house.clashes() == [FindingState.RESOLVED]


def test_a_clash_stands_while_one_of_both_accounts_fails_and_ends_when_it_is_back(house):
    campus = practice(house, "campus")
    campus.fails = TryLater("down")
    house.poll("campus")
    practice(house, "clinic").events[0] = event("1", NOW + 2 * DAY)
    house.poll("clinic")
    assert house.clashes() == [FindingState.OPEN]
    campus.fails = None
    house.poll("campus", later=HOUR)
    house.poll("clinic", "campus")
    assert house.clashes() == [FindingState.RESOLVED]


@pytest.mark.xfail(
    strict=True, reason="a released brake is no recovery: nothing is looked at again"
)
def test_a_clash_stands_while_a_listing_is_under_a_brake_and_ends_when_that_is_off(house):
    clinic = practice(house, "clinic")
    clinic.events, kept = [], clinic.events
    house.poll("clinic")
    practice(house, "campus").events[0] = event("1", NOW + 2 * DAY, account="campus")
    house.poll("campus")
    assert house.clashes() == [FindingState.OPEN]
    clinic.events = kept
    house.poll("clinic", "campus")
    assert house.clashes() == [FindingState.RESOLVED]
