"""Whether anything in the store may have changed: asked for every fetch of a feed."""

from __future__ import annotations

import sqlite3
import threading
import time

from worker.store.database import Database, StoreError

HALF = 2  # looks a second where the database cannot say whether it changed


class Pulse:
    """A number that is another one after every commit, of this process or any other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sqlite3.Connection | None = None
        self._opened_before = 0
        self._lock = threading.Lock()

    def beat(self) -> int:
        """The number now; takes microseconds, and waits for nobody. Raises StoreError.

        A PostgreSQL server counts no commits of one database in a way that may be relied on: there
        the number changes twice a second.
        """
        if not self._database.sqlite:
            return int(time.monotonic() * HALF)
        with self._lock:
            try:
                self._connection = self._connection or self._opened()
                version = int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            except sqlite3.Error as error:
                self._dropped()
                raise StoreError(f"{self._database.shown}: {type(error).__name__}") from None
            # Each connection counts from its own beginning.
            return (self._opened_before << 32) + version

    def close(self) -> None:
        """Let go of the store."""
        with self._lock:
            self._dropped()

    def _opened(self) -> sqlite3.Connection:
        self._opened_before += 1
        address = f"{self._database.path.absolute().as_uri()}?mode=ro"
        return sqlite3.connect(address, uri=True, timeout=0, check_same_thread=False)

    def _dropped(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
