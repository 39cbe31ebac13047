"""Answers are kept for as long as was asked, and no longer; what events say stays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.rehearsal import Rehearsal, rehearsal
from worker.app import Calsync
from worker.domain.span import DAY
from worker.store import upkeep
from worker.store.events import Wanted


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A store that was synced three times, an hour apart."""
    with rehearsal(tmp_path_factory.mktemp("tidying")) as world:
        for _ in range(3):
            world.sync()
            world.clock.sleep(3600)
        yield world


@pytest.fixture
def app(synced: Rehearsal) -> Iterator[Calsync]:
    """calsync over that store, which is put back afterwards."""
    store = synced.path.with_name("calsync.db")
    kept = store.read_bytes()
    with synced.calsync() as opened:
        yield opened
    store.write_bytes(kept)


def test_answers_of_what_is_over_are_forgotten_and_those_of_what_comes_are_kept(app):
    events = [one.event for one in app.events(Wanted())]
    middle = sorted(event.span.end for event in events)[len(events) // 2]
    before = app.report()
    assert upkeep.tidy(app.store.database, app.now + 2 * DAY, app.now + 2 * DAY - middle)
    kept = {event.key: app.store.events.answer(event.key.number) for event in events}
    assert all((kept[event.key] is None) == (event.span.end < middle) for event in events)
    assert [one.event for one in app.events(Wanted())] == events
    assert app.report() == before


def test_it_is_done_once_a_day_at_most(app):
    now = app.now + DAY
    assert upkeep.tidy(app.store.database, now, DAY)
    assert not upkeep.tidy(app.store.database, now + DAY - 1, DAY)
    assert upkeep.tidy(app.store.database, now + DAY, DAY)


def test_polls_that_an_event_rests_on_are_kept(app):
    upkeep.tidy(app.store.database, app.now + 40 * DAY, 30 * DAY)
    polls = {one.poll for one in app.events(Wanted())}
    known = app.store.last_polls()
    assert set(known) == set(app.config.accounts)
    with app.store.database.reading() as connection:
        left = {row[0] for row in connection.exec_driver_sql("SELECT id FROM poll")}
    assert left == polls | {fact.id for fact in known.values()}
