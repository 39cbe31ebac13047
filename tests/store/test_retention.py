"""What is over for more than a year is forgotten, and nothing that anybody may still need."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, insert, select

from tests.builders import NOW, event
from tests.store.practice import polled
from tests.store.test_push_store import a_link, an_action
from worker.domain.reconcile.record import OPEN, OutboxState
from worker.domain.span import DAY, Span
from worker.store import upkeep
from worker.store.links import Agreed
from worker.store.push_tables import RESOLUTION
from worker.store.retention import KEPT
from worker.store.store import Store
from worker.store.tables import FINDING, HISTORY, NOTICE, POLL, REVISION

LATER = NOW + KEPT + 10 * DAY
LONG_KEPT = 3650 * DAY  # answers: not what these tests are about


@pytest.fixture(autouse=True)
def studio(store: Store) -> None:
    store.accounts.register("studio", "vendor_b", "tenant 1")


def ran(store: Store, *states: OutboxState, at: int = NOW, link: str = "a" * 24, ends=3600) -> str:
    """A run of writes that came to these ends."""
    fence = store.outbox.lead()
    run = store.outbox.begin(fence, "plan", "amy", at)
    for state in states:
        action = an_action(link=link, span=Span(at, at + ends))
        entry = store.outbox.intend(fence, run, action, at)
        store.outbox.send(fence, entry, action, None, at)
        store.outbox.settle(fence, entry, state, "", at)
    store.outbox.finish(run, at)
    return run


def tidied(store: Store, now: int = LATER) -> None:
    assert upkeep.tidy(store.database, now, LONG_KEPT)


def left(store: Store, table) -> int:
    with store.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_run_of_long_ago_is_forgotten_and_its_writes_stay_counted(store):
    old = ran(store, OutboxState.CONFIRMED, OutboxState.REJECTED)
    ran(store, OutboxState.CONFIRMED, at=LATER - DAY)
    before = store.figures.writes()
    tidied(store)
    assert store.outbox.run(old) is None
    assert len(store.outbox.runs()) == 1
    assert store.figures.writes() == before
    ran(store, OutboxState.CONFIRMED, OutboxState.CONFIRMED, at=NOW + 1)
    tidied(store, LATER + DAY)
    assert store.figures.writes()["studio", "confirmed"] == before["studio", "confirmed"] + 2


def test_a_run_is_kept_for_400_days(store):
    old = ran(store, OutboxState.CONFIRMED)
    ran(store, OutboxState.CONFIRMED, at=LATER - DAY)
    tidied(store, NOW + KEPT)
    assert store.outbox.run(old)
    tidied(store, NOW + KEPT + DAY)
    assert store.outbox.run(old) is None


@pytest.mark.parametrize("state", [*OPEN, OutboxState.NEEDS_REVIEW])
def test_a_run_with_a_write_in_doubt_is_kept_whole(store, state):
    old = ran(store, OutboxState.CONFIRMED, state)
    ran(store, OutboxState.CONFIRMED, at=LATER - DAY)
    tidied(store)
    assert len(store.outbox.run(old).entries) == 2


def test_a_run_is_kept_as_long_as_what_it_wrote_stands_at_a_vendor(store):
    link = a_link()
    store.links.keep(link, Agreed())
    old = ran(store, OutboxState.CONFIRMED, link=link.id)
    ran(store, OutboxState.CONFIRMED, at=LATER - DAY)
    tidied(store)
    assert store.outbox.run(old)
    store.links.forget([link.id])
    tidied(store, LATER + DAY)
    assert store.outbox.run(old) is None


def test_a_run_about_a_time_that_is_still_to_come_can_be_undone(store):
    old = ran(store, OutboxState.CONFIRMED, ends=KEPT + 20 * DAY)
    ran(store, OutboxState.CONFIRMED, at=LATER - DAY)
    tidied(store)
    assert store.outbox.run(old)


def test_that_an_account_was_ever_written_to_is_never_forgotten(store):
    ran(store, OutboxState.CONFIRMED)
    last = ran(store, OutboxState.CONFIRMED, at=NOW + 60)
    tidied(store)
    assert store.outbox.written() == {"studio"}
    assert [run.id for run in store.outbox.runs()] == [last]


def test_former_states_of_events_that_are_long_over_go_with_their_polls_and_the_events_stay(store):
    over, to_come = event("1"), event("2", start=LATER)
    for number, title in enumerate(("first", "second", "third")):
        polled(
            store,
            replace(over, title=title),
            replace(to_come, title=title),
            now=NOW + number,
            window=Span(NOW - DAY, LATER + DAY),
        )
    assert left(store, REVISION) == 4
    assert left(store, POLL) == 3
    tidied(store)
    with store.database.reading() as connection:
        assert set(connection.execute(select(REVISION.c.event)).scalars()) == {to_come.key.number}
    assert len(store.events.by_number([over.key.number, to_come.key.number])) == 2


def kept_finding(store: Store, id_: str, **fields: object) -> None:
    values = {
        "id": id_, "kind": "double_booking", "subject": "resource:amy", "start": NOW,
        "end": NOW + 3600, "state": "resolved", "document": "{}", "first_seen": NOW,
        "last_confirmed": NOW, "resolved_at": NOW, "reopened": 0, "note": "", "owner": "",
    }  # fmt: skip
    notice = {"channel": "mail", "about": f"finding:{id_}", "told": "x", "at": NOW}
    with store.database.writing() as connection:
        connection.execute(insert(FINDING).values({**values, **fields}))
        connection.execute(
            insert(HISTORY).values(finding=id_, at=NOW, what="found", by="", note="")
        )
        connection.execute(insert(NOTICE).values(**notice, failures=0, next_at=0))


def test_a_finding_that_was_resolved_long_ago_goes_with_its_life(store):
    kept_finding(store, "old")
    kept_finding(store, "open", state="open", resolved_at=None)
    kept_finding(store, "accepted", state="accepted", resolved_at=None)
    kept_finding(store, "recent", resolved_at=LATER - DAY, predecessor="old")
    kept_finding(store, "to come", end=LATER + DAY)
    tidied(store)
    with store.database.reading() as connection:
        found = dict(connection.execute(select(FINDING.c.id, FINDING.c.predecessor)).all())
        lives = set(connection.execute(select(HISTORY.c.finding)).scalars())
        told = set(connection.execute(select(NOTICE.c.about)).scalars())
    assert set(found) == lives == {"open", "accepted", "recent", "to come"}
    assert told == {f"finding:{id_}" for id_ in found}
    assert found["recent"] is None


def test_an_approval_that_is_used_up_is_forgotten_and_its_number_never_given_again(store):
    wish = {
        "finding": "f", "account": "studio", "kind": "single", "native_id": "1", "at": NOW,
        "occurrence": "", "withdraw": False, "tells": False, "by": "amy", "why": "",
        "basis": b"", "detail": "",
    }  # fmt: skip
    with store.database.writing() as connection:
        for id_, state in enumerate(("done", "open", "failed", "done"), 1):
            connection.execute(insert(RESOLUTION).values(**wish, id=id_, state=state))
    ran(store, OutboxState.NEEDS_REVIEW, link="resolution:3")
    tidied(store)
    with store.database.reading() as connection:
        assert sorted(connection.execute(select(RESOLUTION.c.id)).scalars()) == [2, 3, 4]
