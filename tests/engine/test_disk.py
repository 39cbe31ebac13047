"""A disk that fails at any statement of a poll: words, nothing half visible, then the truth."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event as sqlalchemy_event

from tests.builders import NOW, StillClock, event
from tests.engine.practice import ACCOUNT, Practice, hours
from worker.domain.absence import AbsenceRules
from worker.domain.event import Kind
from worker.domain.listing import Quarantined, Template
from worker.domain.span import DAY, Span
from worker.engine.poll import PollRules, Source, poll
from worker.store.database import StoreError
from worker.store.events import Wanted
from worker.store.store import Store

WORDS = {
    "disk I/O error": "the disk does not answer properly",
    "database or disk is full": "the disk is full",
    "database is locked": "keeps the database locked",
}


class Disk:
    """Counts what SQLite is asked to do, and fails at the chosen count (and after, if it lasts)."""

    def __init__(self, at: int, trouble: str, *, lasting: bool) -> None:
        self.at, self.trouble, self.lasting = at, trouble, lasting
        self.asked = 0
        self.is_on = True

    def touch(self) -> None:
        if not self.is_on:
            return
        self.asked += 1
        if self.asked == self.at or (self.lasting and self.asked > self.at > 0):
            raise sqlite3.OperationalError(self.trouble)


def connections_over(disk: Disk) -> type[sqlite3.Connection]:
    class Cursor(sqlite3.Cursor):
        def execute(self, *arguments):
            disk.touch()
            return super().execute(*arguments)

        def executemany(self, *arguments):
            disk.touch()
            return super().executemany(*arguments)

    class Connection(sqlite3.Connection):
        def cursor(self, factory=Cursor):
            return super().cursor(factory)

        def commit(self):
            disk.touch()
            super().commit()

    return Connection


@contextmanager
def opened(directory, disk: Disk | None = None) -> Iterator[Store]:
    store = Store(f"sqlite:///{directory / 'calsync.db'}")
    store.accounts.register(ACCOUNT, "practice", "one login")
    if disk is not None:
        for engine in (store.database._reader, store.database._writer):
            engine.dispose()

            def connect(_dialect, _record, _arguments, options):
                options["factory"] = connections_over(disk)

            sqlalchemy_event.listen(engine, "do_connect", connect)
    try:
        yield store
    finally:
        if disk is not None:
            disk.is_on = False
        store.close()


def one_poll(store: Store, practice: Practice, later: int = 0) -> None:
    clock = StillClock(NOW + later)
    window = Span(NOW + later - DAY, NOW + later + 90 * DAY)
    rules = PollRules(AbsenceRules(), lambda _account, subjects: tuple(subjects))
    poll(Source(ACCOUNT, practice, 120), store, window, clock, rules)


def busy() -> Practice:
    """What makes a poll do all that a poll can do to a store it is the third one of."""
    practice = Practice(hours(8))
    practice.events[0] = event("1", NOW + 3600, title="renamed", subjects=("practitioner:1",))
    practice.events += hours(2, first=100)
    practice.hidden = {practice.events[3].key}
    practice.word = None
    practice.events = [one for one in practice.events if one.key.native_id != "5"]
    practice.quarantined = [Quarantined(Kind.SINGLE, "6", "end before start", b"{}")]
    practice.templates = [Template("30min", "Half an hour", True)]
    practice.cursor = "next"
    return practice


def prepared(directory) -> None:
    """Eight known events, of which the fifth was missed once."""
    with opened(directory) as store:
        one_poll(store, Practice(hours(8)))
        practice = Practice([one for one in hours(8) if one.key.native_id != "5"])
        one_poll(store, practice, 300)


def picture(directory):
    """All that anybody can see of the store."""
    with opened(directory) as store:
        return (
            [(one.event, one.revision, one.missed) for one in store.events.list(Wanted())],
            [(row.native_id, row.reason) for row in store.quarantine()],
            store.accounts.all()[ACCOUNT],
        )


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    directory = tmp_path_factory.mktemp("before")
    prepared(directory)
    return directory


@pytest.fixture(scope="module")
def asked(before, tmp_path_factory) -> int:
    """How many things an undisturbed poll asks of SQLite."""
    directory = copied(before, tmp_path_factory.mktemp("count"))
    disk = Disk(0, "", lasting=False)
    with opened(directory, disk) as store:
        one_poll(store, busy(), 1200)
        return disk.asked


@pytest.fixture(scope="module")
def undisturbed(before, tmp_path_factory):
    directory = copied(before, tmp_path_factory.mktemp("undisturbed"))
    with opened(directory) as store:
        one_poll(store, busy(), 1200)
    return picture(directory)


def copied(source, target):
    (target / "calsync.db").write_bytes((source / "calsync.db").read_bytes())
    return target


@pytest.mark.parametrize(
    ("trouble", "lasting"),
    [
        ("disk I/O error", False),
        ("database or disk is full", True),
        pytest.param("disk I/O error", True, marks=pytest.mark.slow),
        pytest.param("database or disk is full", False, marks=pytest.mark.slow),
        pytest.param("database is locked", False, marks=pytest.mark.slow),
        pytest.param("database is locked", True, marks=pytest.mark.slow),
    ],
)
def test_whatever_statement_fails_the_store_shows_all_of_a_poll_or_nothing(
    before, asked, undisturbed, tmp_path, trouble, lasting
):
    earlier = picture(copied(before, tmp_path))
    assert earlier != undisturbed
    told = []
    for at in range(1, asked + 1):
        copied(before, tmp_path)
        with opened(tmp_path, Disk(at, trouble, lasting=lasting)) as store:
            try:
                one_poll(store, busy(), 1200)
            except StoreError as error:
                told.append(str(error))
        assert picture(tmp_path) in (earlier, undisturbed), at
        assert sound(tmp_path), at
        with opened(tmp_path) as store:
            one_poll(store, busy(), 1200)
        assert settled(picture(tmp_path)) == settled(undisturbed), at
        for name in ("calsync.db", "calsync.db-wal", "calsync.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
    assert len(told) >= asked - 2 > 30
    assert all("calsync.db: " in words and WORDS[trouble] in words for words in told)


def settled(shown):
    """A picture without what counts polls: one more or less makes no other truth."""
    events, quarantine, account = shown
    return (
        [(one, revision) for one, revision, _missed in events],
        quarantine,
        account.cursor,
        account.brake,
        account.health.state(NOW + 1200, 900),
    )


def sound(directory) -> bool:
    with sqlite3.connect(directory / "calsync.db") as connection:
        (word,) = connection.execute("PRAGMA integrity_check").fetchone()
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    return word == "ok" and not broken
