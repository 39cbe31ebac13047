"""A machine that runs calsync, can die at any instant, and starts again from what its disk held."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.util import LRUCache

from tests.simulation.clock import HostClock, SimulatedClock
from worker.app import Calsync
from worker.config import Config
from worker.engine.push import in_turn
from worker.store import database
from worker.store.database import Database
from worker.store.store import Store

NAME = "calsync.db"
SUFFIXES = ("", "-wal")


class _Compiled(LRUCache):  # type: ignore[type-arg]
    """The statements that any store of this process has compiled.

    A store has two engines with a dialect each, and a dialect is part of the key: but all are for
    the same SQLite. So a restart need not cost the compiling of everything.
    """

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_COMPILED = _Compiled(2000)


class Crash(BaseException):
    """The process is no more. Nothing may catch it but the simulation."""


@dataclass(frozen=True)
class Disk:
    """What the files of the store held at one instant."""

    files: Mapping[str, bytes]

    @classmethod
    def of(cls, directory: Path) -> Disk:
        paths = {suffix: directory / f"{NAME}{suffix}" for suffix in SUFFIXES}
        return cls({suffix: path.read_bytes() for suffix, path in paths.items() if path.exists()})

    def onto(self, directory: Path) -> None:
        """Put the files back. A shared memory file is remade by whoever opens the store."""
        for suffix in (*SUFFIXES, "-shm"):
            (directory / f"{NAME}{suffix}").unlink(missing_ok=True)
        for suffix, content in self.files.items():
            (directory / f"{NAME}{suffix}").write_bytes(content)


@cache
def empty() -> Disk:
    """A store that nothing was written to yet."""
    with TemporaryDirectory() as name:
        Store(f"sqlite:///{name}/{NAME}").close()
        return Disk.of(Path(name))


class Host:
    """One machine and its disk. `due` is asked at every boundary whether this is the last one.

    A boundary is an instant before or after a commit, a request or its answer; `seen` counts them
    by label. `meanwhile` is called at each: another process or a person may act then.
    """

    def __init__(self, directory: Path, clock: SimulatedClock) -> None:
        self.directory = directory
        self.clock = HostClock(clock)
        self.due: Callable[[str, int], bool] = lambda _label, _number: False
        self.meanwhile: Callable[[str], None] = lambda _label: None
        self.told: Callable[[Disk], None] = lambda _disk: None
        self.seen: Counter[str] = Counter()
        self.labels: list[str] = []
        self.crashes = 0
        self.app: Calsync | None = None
        self._dying: Disk | None = None
        self._nested = False
        empty().onto(directory)

    @property
    def number(self) -> int:
        """How many boundaries there were."""
        return len(self.labels)

    def boundary(self, label: str) -> None:
        """The process may die here; raises Crash, again and again, once it is dead."""
        if self._dying is not None:
            raise Crash(label)
        if self._nested:
            return
        self.labels.append(label)
        self.seen[label] += 1
        if self.due(label, self.number):
            self._dying = Disk.of(self.directory)
            self.crashes += 1
            raise Crash(label)
        self._nested = True
        try:
            self.meanwhile(label)
        finally:
            self._nested = False

    def start(self, config: Config, transport: httpx.BaseTransport, seed: int) -> Calsync:
        """A new process on the disk as it is now."""
        self.app = self._open(config, transport, seed)
        return self.app

    def beside(self, config: Config, transport: httpx.BaseTransport, seed: int) -> Calsync:
        """A second process on the same disk."""
        return self._open(config, transport, seed)

    def stop(self) -> None:
        """The process is gone, orderly or not; after a crash the disk is as it was then."""
        if self.app is not None:
            self.app.close()
            self.app = None
        if self._dying is not None:
            self._dying.onto(self.directory)
            self.told(self._dying)
            self._dying = None

    @property
    def dead(self) -> bool:
        """Whether a crash was begun and nobody has taken the pieces away yet."""
        return self._dying is not None

    def rows(self, query: str) -> list[sqlite3.Row]:
        """What the store says to somebody who looks at the file."""
        connection = sqlite3.connect(f"file:{self.directory / NAME}?mode=ro", uri=True)
        try:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def unsound(self) -> list[str]:
        """What SQLite finds wrong with the store."""
        found = [row[0] for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
        return found + [f"dangling: {tuple(row)}" for row in self.rows("PRAGMA foreign_key_check")]

    def _open(self, config: Config, transport: httpx.BaseTransport, seed: int) -> Calsync:
        return Calsync(config, clock=self.clock, transport=transport, seed=seed, turns=in_turn)

    @contextmanager
    def running(self) -> Iterator[None]:
        """What is done within has boundaries."""
        with _watched(self):
            yield


@contextmanager
def _watched(host: Host) -> Iterator[None]:
    """Let the commits of every store in this process be boundaries, and let no lock be waited for.

    In one thread waiting would not help: whoever holds it goes on only afterwards.
    """
    writing, locked, opened = Database.writing, Database.locked, database._sqlite

    def sharing(url: URL, begin: str) -> Engine:
        engine = opened(url, begin)
        engine.update_execution_options(compiled_cache=_COMPILED)
        return engine

    @contextmanager
    def watched_writing(self: Database) -> Iterator[Connection]:
        with writing(self) as connection:
            yield connection
            host.boundary("before commit")
        host.boundary("after commit")

    def locked_now(self: Database, name: str, wait: float) -> object:
        return locked(self, name, min(wait, 0.0))

    Database.writing, Database.locked = watched_writing, locked_now  # type: ignore
    database._sqlite = sharing
    try:
        yield
    finally:
        Database.writing, Database.locked = writing, locked  # type: ignore
        database._sqlite = opened
