"""A store that can be read and not written: a report is better than none, and nothing is pushed.

A disk that is full or mounted read-only, lost rights and a damaged file all end here, as long as
what was stored can still be read.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from worker.store.database import Database, StoreError, Users


class SealedDatabase(Database):
    """Reads a SQLite file that cannot be written; `reason` says why it cannot."""

    def __init__(self, url: str, reason: str) -> None:
        self.url = make_url(url)
        self.sqlite = True
        self.reason = reason
        self._users = Users()
        self._locks = None
        self._reader = _reading_only(self.path)
        self._writer = self._reader

    def writing(self) -> NoReturn:
        """Nothing is written. Raises StoreError."""
        raise StoreError(self.reason)

    def locked(self, name: str, wait: float) -> NoReturn:  # noqa: ARG002 - as every database
        """Who locks means to write. Raises StoreError."""
        raise StoreError(self.reason)


def _reading_only(path: Path) -> Engine:
    log = path.with_name(f"{path.name}-wal")
    logged = log.exists() and log.stat().st_size > 0
    # What no log belongs to is the whole truth: SQLite need not, and here cannot, lock it.
    mode = "mode=ro" if logged else "mode=ro&immutable=1"

    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?{mode}"
        return sqlite3.connect(address, uri=True, check_same_thread=False)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _settings(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA query_only=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN DEFERRED")

    return engine
