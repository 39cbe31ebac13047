"""The connections to the store: many readers, one writer at a time across all processes.

Why the settings are what they are: docs/decisions/0002-sqlite.md.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from worker.store.locks import FileLocks, LockTimeout

WRITER_WAIT = 30.0
BUSY_WAIT = 10_000  # milliseconds that SQLite itself waits for another program
# What each connection holds on to. A statement with a list in it has another text for each length
# of the list: without a bound of ours, hours fill every connection with statements used once.
READY_STATEMENTS = 32
PAGES = "-2000"  # KiB, as SQLite's own default; behind it is the system's cache
LONGEST_USE = 10.0  # seconds that a transaction in hand is given when the store is closed
LARGEST_WAL = 4 * 1024 * 1024  # bytes after which a writer moves the log into the database


class StoreError(Exception):
    """The store cannot be used; the message says why and what to do."""


class Misplaced(StoreError):
    """The store cannot be where the configuration puts it."""


class Unfit(StoreError):
    """The store belongs to another version, or to another program: it is left alone."""


class Busy(StoreError):
    """Another process holds what is asked for."""


class Closed(StoreError):
    """Whoever closed the store is ending; threads that still work for it end, too."""


class Users:
    """Who has a transaction open, so that the store is not closed under somebody's hands."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Be one of them. Raises Closed once the store is being closed."""
        with self._changed:
            if self._closed:
                raise Closed("the store was closed while this was still at work")
            self._open += 1
        try:
            yield
        finally:
            with self._changed:
                self._open -= 1
                self._changed.notify_all()

    def ended(self, wait: float) -> bool:
        """Let nobody in any more, and say whether all have left within `wait` seconds."""
        with self._changed:
            self._closed = True
            return self._changed.wait_for(lambda: not self._open, wait)


class Database:
    """A SQLite file or a PostgreSQL database behind two doors: `reading` and `writing`."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._users = Users()
        self._locks = _locks(self) if self.sqlite else None
        self._reader = _sqlite(self.url, "DEFERRED") if self.sqlite else _server(self.url)
        self._writer = _sqlite(self.url, "IMMEDIATE") if self.sqlite else self._reader

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.database or "")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A consistent view for as long as it is open; nothing can be written through it."""
        with (
            self._users.one(),
            _explained(self),
            self._reader.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back by an exception."""
        with self.locked("write", WRITER_WAIT), self._users.one(), _explained(self):
            with self._writer.begin() as connection:
                yield connection
            if self.sqlite:
                self._checkpoint()

    @contextmanager
    def locked(self, name: str, wait: float) -> Iterator[None]:
        """Keep other processes and threads out of `name`. Raises Busy after `wait` seconds."""
        try:
            if self._locks:
                with self._locks.held(name, wait):
                    yield
            else:
                with _advisory(self._reader, name, wait):
                    yield
        except LockTimeout:
            raise Busy(f"another process is working with {self.shown} and holds it") from None

    @property
    def shown(self) -> str:
        """The database in messages: no credentials."""
        return str(self.path) if self.sqlite else self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Leave a store that needs no recovery; what is in hand is waited for."""
        # A connection that is closed under a thread that reads by it ends the process at once.
        if self._users.ended(LONGEST_USE):
            self._reader.dispose()
            self._writer.dispose()

    def _checkpoint(self) -> None:
        # Automatic checkpoints are off on every connection: only the holder of the write lock may
        # reset the log, because SQLite before 3.51.3 can lose pages when two do it at once.
        log = _beside(self.path, "-wal")
        if log.exists() and log.stat().st_size > LARGEST_WAL:
            with self._writer.connect() as connection:
                raw = connection.connection.driver_connection
                if isinstance(raw, sqlite3.Connection):
                    # Whoever still reads an older view is not waited for: the next writer tries.
                    raw.execute("PRAGMA busy_timeout=0")
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    raw.execute(f"PRAGMA busy_timeout={BUSY_WAIT}")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _locks(database: Database) -> FileLocks:
    path = database.path
    if not path.parent.is_dir():
        raise Misplaced(f"{database.shown}: there is no directory {path.parent}")
    try:
        locks = FileLocks.at(_beside(path, ".lock"))
        _make_private(path)
    except OSError as error:
        raise StoreError(
            f"{_beside(path, '.lock')} cannot be opened ({error.strerror}); "
            "check the rights of the directory"
        ) from None
    return locks


def _make_private(path: Path) -> None:
    """SQLite would make a new file as open as the process allows; its log takes after it."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def _server(url: URL) -> Engine:
    try:
        # A server may have been restarted since a connection was last used.
        return create_engine(url, pool_size=5, max_overflow=-1, pool_pre_ping=True)
    except ImportError:
        raise Misplaced(
            "a PostgreSQL store needs psycopg, which is not installed; "
            "`pip install 'psycopg[binary]>=3.3,<4'` beside calsync, or use sqlite:///calsync.db"
        ) from None


def _sqlite(url: URL, begin: str) -> Engine:
    writer = begin == "IMMEDIATE"
    arguments = {
        "check_same_thread": False,
        "timeout": BUSY_WAIT / 1000,
        "cached_statements": READY_STATEMENTS,
    }
    engine = (
        create_engine(url, poolclass=StaticPool, connect_args=arguments)
        if writer
        # Readers never wait for one another: as many as ask, and a few are kept open.
        else create_engine(
            url, poolclass=QueuePool, pool_size=5, max_overflow=-1, connect_args=arguments
        )
    )

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say so
        for setting in (
            "journal_mode=WAL",
            "synchronous=FULL" if writer else "query_only=ON",
            "wal_autocheckpoint=0",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_WAIT}",
            f"cache_size={PAGES}",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {setting}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        raw = connection.connection.driver_connection
        if writer or not isinstance(raw, sqlite3.Connection):
            connection.exec_driver_sql(f"BEGIN {begin}")
        else:
            # It takes no lock and so cannot fail, and most reads are as short as a statement is.
            raw.execute(f"BEGIN {begin}")

    return engine


@contextmanager
def _explained(database: Database) -> Iterator[None]:
    """The driver's errors in words: what is wrong with the store, and never a row's values."""
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"{database.shown}: {_words(error)}") from None


def _words(error: DBAPIError) -> str:
    text = str(error.orig).lower()
    for sign, words in _SIGNS:
        if sign in text:
            return words
    return f"the database refused ({type(error.orig).__name__})"


_SIGNS = (
    ("is full", "the disk is full; free some space, nothing was lost"),
    ("readonly", "the database cannot be written; check the rights of the file and its directory"),
    ("read-only", "the database cannot be written; check the rights of the file and its directory"),
    ("malformed", "the database is damaged; restore a backup (see `calsync db`)"),
    ("not a database", "this file is no calsync database"),
    ("unable to open", "the database cannot be opened; does its directory exist?"),
    ("disk i/o", "the disk does not answer properly"),
    ("locked", "another program keeps the database locked"),
    ("does not exist", "the database has no calsync tables; run `calsync db upgrade`"),
    ("no such table", "the database has no calsync tables; run `calsync db upgrade`"),
    ("connection", "the database server cannot be reached"),
)


@contextmanager
def _advisory(engine: Engine, name: str, wait: float) -> Iterator[None]:
    number = int.from_bytes(blake2b(name.encode(), digest_size=7).digest(), "big")
    until = time.monotonic() + wait
    with engine.connect() as connection:
        while not connection.execute(select(func.pg_try_advisory_lock(number))).scalar_one():
            if time.monotonic() > until:
                raise LockTimeout(name)
            time.sleep(0.02)
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(number)))
