"""The clockwork: polls what is due, once at a time, and lets nobody wait for another."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator

import pytest
import structlog

from tests.builders import NOW, StillClock
from tests.engine.practice import Practice, hours
from worker import log
from worker.domain.absence import AbsenceRules
from worker.domain.health import paused
from worker.domain.listing import Batch, Coverage, Cursor
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings
from worker.engine.cycle import Cycle, Settings
from worker.engine.poll import Source
from worker.engine.rules import DetectionRules
from worker.engine.schedule import REST, Schedule
from worker.store.events import Wanted
from worker.store.store import Store
from worker.vendors.base import Stopped, TryLater, Walk

SETTINGS = Settings(
    detection=DetectionRules(resources={}, bindings=Bindings(())),
    past=DAY,
    future=90 * DAY,
    stale_after=900,
    absence=AbsenceRules(),
)
LONG = 20.0  # seconds after which a test gives up waiting for a thread


class Slow(Practice):
    """Answers only when it is let go."""

    def __init__(self, account: str) -> None:
        super().__init__(hours(3), account=account)
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        self.walks.append(since)
        return Walk(Coverage.FULL, self._waiting())

    def _waiting(self) -> Iterator[Batch]:
        self.begun.set()
        assert self.let_go.wait(LONG)
        yield Batch()


def join(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name == name:
            thread.join(LONG)


class Clockwork:
    def __init__(self, directory, *practices: Practice) -> None:
        self.store = Store(f"sqlite:///{directory / 'calsync.db'}")
        self.clock = StillClock(NOW)
        for one in practices:
            self.store.accounts.register(one.account, "practice", one.account)
        sources = [Source(one.account, one, 120) for one in practices]
        self.cycle = Cycle(self.store, sources, SETTINGS, self.clock)
        self.schedule = Schedule(self.cycle, self.store, self.clock)

    def tick(self, later: float = 0) -> None:
        """One tick, and the end of every poll that it began."""
        self.clock.time += later
        before = set(threading.enumerate())
        self.schedule.tick()
        for thread in set(threading.enumerate()) - before:
            thread.join(LONG)


@pytest.fixture
def opened(tmp_path):
    works: list[Clockwork] = []

    def make(*practices: Practice) -> Clockwork:
        works.append(Clockwork(tmp_path, *practices))
        return works[-1]

    yield make
    for work in works:
        work.store.close()


def test_an_account_is_polled_when_its_own_time_has_come(opened):
    first, second = Practice(account="a"), Practice(account="b", fails=TryLater("down"))
    work = opened(first, second)
    for seconds in (0, 60, 60, 60, 60, 120):
        work.tick(seconds)
    # The one every 120 s; the other after 120 s, then 240 s.
    assert (len(first.walks), len(second.walks)) == (4, 3)


def test_a_stated_wait_is_kept_by_the_schedule_and_by_who_asks_for_a_poll(opened):
    practice = Practice(account="a", fails=TryLater("slow down", wait=600))
    work = opened(practice)
    work.tick()
    for _ in range(9):
        work.schedule.poll_soon("a")
        work.tick(60)
    assert len(practice.walks) == 1
    work.tick(60)
    assert len(practice.walks) == 2


def test_a_poll_that_hangs_is_begun_once_and_keeps_no_other_from_its_turn(opened):
    slow, quick = Slow("a"), Practice(account="b")
    work = opened(slow, quick)
    for later in (0, 120, 120, 120):
        work.clock.time += later
        work.schedule.tick()
        join("poll-b")
    assert slow.begun.wait(LONG)
    slow.let_go.set()
    join("poll-a")
    assert len(slow.walks) == 1
    assert len(quick.walks) == 4


def test_in_one_cycle_the_quick_are_told_of_before_the_slow_one_is_done(opened):
    slow, quick = Slow("a"), Practice(account="b")
    work = opened(slow, quick)
    told: list[str] = []

    def tell(report) -> None:
        told.append(report.account)
        slow.let_go.set()

    reports = work.cycle.poll_all(("a", "b"), tell)
    assert told == ["b", "a"]
    assert [report.account for report in reports] == ["a", "b"]


def test_a_stop_while_waiting_ends_the_cycle_without_an_error(opened):
    work = opened(Practice(account="a", fails=Stopped()))
    assert work.cycle.poll_all(("a",)) == []


def test_a_disk_that_is_full_does_not_have_the_vendor_read_every_second(opened):
    practice = Practice(hours(500, account="a"), account="a")
    work = opened(practice)
    with work.store.database._writer.connect() as connection:
        used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {used + 5}")
    for _ in range(int(REST)):
        work.tick(1)
    assert len(practice.walks) == 1
    assert not list(work.store.events.list(Wanted()))
    work.tick(1)
    assert len(practice.walks) == 2
    with work.store.database._writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    work.tick(REST)
    assert len(list(work.store.events.list(Wanted()))) == 500


def test_a_cursor_is_used_until_a_full_walk_is_due_and_dropped_with_a_wider_past(opened):
    practice = Practice(hours(3, account="a"), account="a", cursor="one")
    work = opened(practice)
    work.tick()
    work.tick(120)
    work.tick(600)
    used = [since.text if since else None for since in practice.walks]
    assert used == [None, "one", None]


def test_a_cursor_of_another_login_is_forgotten(opened):
    practice = Practice(hours(3, account="a"), account="a", cursor="one")
    work = opened(practice)
    work.tick()
    work.store.accounts.register("a", "practice", "another login")
    work.tick(120)
    assert practice.walks == [None, None]


def test_a_paused_account_is_left_alone(opened):
    practice = Practice(account="a")
    work = opened(practice)
    work.store.accounts.change_health("a", paused)
    work.tick()
    work.schedule.poll_soon("a")
    work.tick(120)
    assert practice.walks == []
    assert work.cycle.poll_all(("a",))[0].fine


def test_every_line_about_a_poll_names_the_poll(opened):
    told = io.StringIO()
    log.configure("info", "json", told)
    try:
        work = opened(Practice(hours(2), account="clinic"))
        work.tick()
    finally:
        structlog.reset_defaults()
    lines = [json.loads(line) for line in told.getvalue().splitlines()]
    (done,) = [line for line in lines if line["event"] == "poll.done"]
    assert done["poll"] == work.store.last_polls()["clinic"].id
