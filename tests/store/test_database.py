"""The file: what is wrong with it is told in words, and how it is written keeps it whole."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tests.builders import event
from tests.store.practice import found, polled
from worker.cli.main import run
from worker.store import database as databases
from worker.store.database import Closed, Database, StoreError
from worker.store.events import Wanted
from worker.store.store import Store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calsync.db"


def opened(path: Path) -> Store:
    return Store(f"sqlite:///{path}")


def filled(path: Path, count: int = 50) -> None:
    store = opened(path)
    store.accounts.register("clinic", "vendor_a", "")
    polled(store, *(event(str(number), title="x" * 400) for number in range(count)))
    store.close()


def used(path: Path) -> None:
    store = opened(path)
    try:
        store.accounts.register("campus", "vendor_b", "")
        list(store.events.list(Wanted()))
        polled(store, event("1", title="new"))
    finally:
        store.close()


def test_a_directory_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"there is no directory .*nowhere"):
        opened(tmp_path / "nowhere" / "calsync.db")


def test_a_directory_instead_of_a_file_is_told(path):
    path.mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        opened(path)


def test_a_file_that_is_no_database_is_told_and_left_untouched(path):
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(StoreError, match="no calsync database"):
        opened(path)
    assert path.read_bytes() == b"Dear diary, " * 1000


def test_another_programs_database_is_told_and_left_untouched(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipe (name TEXT)")
    with pytest.raises(StoreError, match="another program"):
        opened(path)
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("recipe",)]


def test_an_empty_file_becomes_a_store(path):
    path.touch()
    filled(path)
    store = opened(path)
    assert found(store, event("1").key)
    store.close()


def test_a_damaged_file_is_told_wherever_it_is_damaged(path):
    filled(path)
    sound = path.read_bytes()
    page = 4096
    for number in range(1, len(sound) // page):
        path.write_bytes(sound[: number * page] + b"\xa5" * page + sound[(number + 1) * page :])
        # Some pages are never read by this; whatever is noticed is noticed as damage.
        with suppress(StoreError):
            used(path)


def test_a_truncated_file_is_told(path):
    filled(path)
    path.write_bytes(path.read_bytes()[: 5 * 4096])
    with pytest.raises(StoreError, match="damaged"):
        used(path)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Without the right of the superuser to write everywhere."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    yield directory
    directory.chmod(0o755)
    shutil.rmtree(directory)


def test_a_file_that_may_not_be_written_is_told(public):
    path = public / "calsync.db"
    filled(path)
    for one in public.iterdir():
        one.chmod(0o444)
    public.chmod(0o555)
    with unprivileged(), pytest.raises(StoreError, match=r"cannot be (written|opened)"):
        used(path)


def test_a_directory_that_may_not_be_written_is_told(public):
    public.chmod(0o555)
    with unprivileged(), pytest.raises(StoreError, match=r"cannot be (written|opened)"):
        opened(public / "calsync.db")


def test_a_full_disk_is_told_and_loses_nothing(path):
    filled(path)
    store = opened(path)
    with store.database.writing() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(StoreError, match="disk is full"):
        polled(store, *(event(f"new {n}", title="y" * 4000) for n in range(50)))
    assert found(store, event("1").key)
    assert not found(store, event("new 1").key)
    store.close()


def test_an_error_names_no_value_of_a_row(store):
    statement = text("INSERT INTO account (id, vendor) VALUES ('canary-1', :vendor)")
    with pytest.raises(StoreError) as caught, store.database.writing() as connection:
        connection.execute(statement, {"vendor": "canary-2"})
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_failed_transaction_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError), store.database.writing() as connection:
        connection.execute(text("DELETE FROM account")).close() or 1 / 0
    assert list(store.accounts.all()) == ["clinic"]


def test_nothing_can_be_written_through_the_reading_door(path):
    filled(path)
    store = opened(path)
    with pytest.raises(StoreError), store.database.reading() as connection:
        connection.execute(text("DELETE FROM event"))
    assert found(store, event("1").key)
    store.close()


def test_no_connection_checkpoints_by_itself_and_commits_are_on_disk(path):
    filled(path)
    store = opened(path)
    database = store.database
    with database.reading() as one, database.reading() as other, database.writing() as writer:
        for connection in (one, other, writer):
            pragma = lambda name: connection.execute(text(f"PRAGMA {name}")).scalar_one()  # noqa: B023, E731
            assert pragma("wal_autocheckpoint") == 0
            assert pragma("journal_mode") == "wal"
            assert pragma("foreign_keys") == 1
        assert writer.execute(text("PRAGMA synchronous")).scalar_one() == 2
    store.close()


def test_the_log_is_moved_into_the_file_by_the_holder_of_the_write_lock_only(path, monkeypatch):
    monkeypatch.setattr(databases, "LARGEST_WAL", 64 * 1024)
    store = opened(path)
    store.accounts.register("clinic", "vendor_a", "")
    held: list[bool] = []
    moved = Database._checkpoint

    def watched(database: Database) -> None:
        held.append(database._locks._threads["write"].locked())  # type: ignore[union-attr]
        moved(database)

    monkeypatch.setattr(Database, "_checkpoint", watched)
    polled(store, *(event(str(number), title="x" * 400) for number in range(200)))
    assert held
    assert all(held)
    assert path.with_name("calsync.db-wal").stat().st_size == 0
    store.close()


def test_a_reader_keeps_its_view_and_holds_up_no_writer(path, monkeypatch):
    monkeypatch.setattr(databases, "LARGEST_WAL", 1024)
    filled(path, 3)
    store = opened(path)
    with store.database.reading() as connection:
        before = connection.execute(text("SELECT count(*) FROM event")).scalar_one()
        writer = threading.Thread(target=polled, args=(store, event("new")))
        writer.start()
        writer.join(5)
        assert not writer.is_alive()
        assert connection.execute(text("SELECT count(*) FROM event")).scalar_one() == before
    assert found(store, event("new").key)
    store.close()


def test_many_readers_at_once_all_get_their_turn(store):
    views = [store.database.reading() for _ in range(40)]
    try:
        for view in views:
            assert view.__enter__().execute(text("SELECT 1")).scalar_one() == 1
    finally:
        for view in views:
            view.__exit__(None, None, None)


def test_no_connection_keeps_ready_more_statements_than_it_may(path):
    """By SQLite's own count, after lists of every length were asked for (P24)."""
    count = 3 * databases.READY_STATEMENTS
    filled(path, count)
    store = opened(path)
    numbers = [event(str(number)).key.number for number in range(count)]
    for length in range(1, count):
        assert len(store.events.by_number(numbers[:length])) == length
    with store.database.reading() as connection:
        try:
            kept = connection.execute(text("SELECT count(*) FROM sqlite_stmt")).scalar_one()
        except SQLAlchemyError:
            pytest.skip("this SQLite was built without the table of its statements")
    assert 10 < kept <= databases.READY_STATEMENTS + 1
    store.close()


def test_a_store_that_was_closed_is_one_file_and_needs_no_recovery(path):
    filled(path)
    assert sorted(one.name for one in path.parent.iterdir()) == ["calsync.db", "calsync.db.lock"]


def test_the_address_of_a_server_is_shown_without_its_password():
    database = Database("postgresql+psycopg://calsync:canary@db.example.org/calsync")
    assert "canary" not in database.shown
    database.close()


def test_a_server_that_is_out_of_reach_is_told():
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        Store("postgresql+psycopg://calsync:canary@127.0.0.1:9/calsync")
    assert "canary" not in str(caught.value)
    assert not isinstance(caught.value, SQLAlchemyError)


def test_a_server_without_its_driver_is_refused_in_words(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    config = tmp_path / "config.toml"
    config.write_text('[worker]\ndatabase = "postgresql+psycopg://u:canary@h/n"\n', "utf-8")
    config.chmod(0o600)
    assert run(["-c", str(config), "conflicts"]) == 2
    said = capsys.readouterr().err
    assert "worker.database: a PostgreSQL store needs psycopg" in said
    assert "canary" not in said
    assert said.count("\n") == 1


def test_closing_waits_for_what_another_thread_has_in_hand(path):
    filled(path)
    store = opened(path)
    inside, go_on = threading.Event(), threading.Event()
    read: list[int] = []

    def reader() -> None:
        with store.database.reading() as connection:
            rows = connection.execute(text("select native_id from event"))
            inside.set()
            go_on.wait(10)
            read.append(len(rows.all()))

    thread = threading.Thread(target=reader)
    thread.start()
    inside.wait(10)
    closing = threading.Thread(target=store.close)
    closing.start()
    assert closing.is_alive()
    go_on.set()
    thread.join(10)
    closing.join(10)
    assert read == [50]


def test_a_closed_store_lets_nobody_in_any_more(path):
    store = opened(path)
    store.close()
    with pytest.raises(Closed, match="the store was closed"):
        list(store.events.list(Wanted()))
    with pytest.raises(Closed, match="the store was closed"):
        store.accounts.register("campus", "vendor_b", "")


def test_what_does_not_end_is_left_open_rather_than_closed_under_its_hands(path, monkeypatch):
    filled(path)
    store = opened(path)
    monkeypatch.setattr(databases, "LONGEST_USE", 0.01)
    with store.database.reading() as connection:
        store.close()
        assert len(connection.execute(text("select native_id from event")).all()) == 50
