"""Locks between processes and threads."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest
from sqlalchemy import text

from tests.builders import event
from tests.store.practice import polled
from worker.store.database import Busy, Database
from worker.store.locks import FileLocks, LockTimeout
from worker.store.store import Store

HOLDER = """
import sys
from worker.store.database import Database
database = Database(sys.argv[1])
with database.locked(sys.argv[2], 1.0):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holding(url: str, name: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_what_another_process_holds_is_refused_in_words_and_free_once_it_lets_go(url):
    database = Database(url)
    with holding(url, "poll:clinic") as other:
        with pytest.raises(Busy, match="another process"), database.locked("poll:clinic", 0.05):
            pass
        with database.locked("poll:campus", 0.05):
            pass
        other.communicate("\n")
    with database.locked("poll:clinic", 0.05):
        pass
    database.close()


def test_a_process_that_dies_lets_go(url):
    database = Database(url)
    with holding(url, "write") as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        with database.locked("write", 5.0):
            pass
    database.close()


def test_a_writer_in_another_process_is_waited_for(url):
    store = Store(url)
    store.accounts.register("clinic", "vendor_a", "")
    with holding(url, "write") as other:
        done = threading.Event()

        def write() -> None:
            polled(store, event("1"))
            done.set()

        writer = threading.Thread(target=write)
        writer.start()
        assert not done.wait(0.1)
        other.communicate("\n")
        writer.join(10)
        assert done.is_set()
    store.close()


def test_threads_exclude_each_other_by_name(url):
    database = Database(url)
    with database.locked("detect", 0.1):
        caught: list[Exception] = []

        def enter() -> None:
            try:
                with database.locked("detect", 0.05):
                    raise AssertionError("two are inside")
            except Busy as error:
                caught.append(error)

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        assert len(caught) == 1
    database.close()


def test_two_databases_of_one_process_share_the_locks_of_one_file(tmp_path):
    # Closing any handle of a file drops the process's locks on it: there must be one handle only.
    url = f"sqlite:///{tmp_path / 'calsync.db'}"
    first, second = Database(url), Database(url)
    with first.locked("poll", 0.05):
        second.close()
        with pytest.raises(Busy), second.locked("poll", 0.05):
            pass
        done = subprocess.run([sys.executable, "-c", TAKER, url], capture_output=True, check=False)
        assert b"Busy" in done.stderr
    first.close()


def test_a_lock_is_free_again_after_an_error_inside(tmp_path):
    locks = FileLocks.at(tmp_path / "lock")
    with pytest.raises(ZeroDivisionError), locks.held("a", 0.05):
        raise ZeroDivisionError
    with locks.held("a", 0.05), pytest.raises(LockTimeout), locks.held("a", 0.05):
        pass


def test_the_lock_file_is_for_its_owner_only(tmp_path):
    Store(f"sqlite:///{tmp_path / 'calsync.db'}").close()
    assert (tmp_path / "calsync.db.lock").stat().st_mode & 0o077 == 0


TAKER = """
import sys
from worker.store.database import Database
with Database(sys.argv[1]).locked("poll", 0.05):
    pass
"""

WRITER = """
import sys
from sqlalchemy import text
from worker.store.database import Database
database = Database(sys.argv[1])
for number in range(int(sys.argv[2])):
    with database.writing() as connection:
        connection.execute(text("UPDATE meta SET value = value + 1 WHERE name = 'count'"))
"""


def test_processes_and_threads_that_write_at_once_lose_no_write(url):
    store = Store(url)
    with store.database.writing() as connection:
        connection.execute(text("INSERT INTO meta (name, value) VALUES ('count', '0')"))
    add = "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'count'"
    script = WRITER.replace("UPDATE meta SET value = value + 1 WHERE name = 'count'", add)
    others = [subprocess.Popen([sys.executable, "-c", script, url, "25"]) for _ in range(2)]

    def work() -> None:
        for _ in range(25):
            with store.database.writing() as connection:
                connection.execute(text(add))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [other.wait() for other in others] == [0, 0]
    with store.database.reading() as connection:
        value = connection.execute(text("SELECT value FROM meta WHERE name = 'count'")).scalar_one()
    assert value == "125"
    store.close()
