"""Lets the teller look around again and again, beside everything else."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from worker.store.database import Closed, StoreError

log = structlog.get_logger()

EVERY = 30.0  # seconds; how often anybody is told is the teller's matter


class Courier:
    """Calls `tell` in a thread of its own: a mail server that hangs must delay no poll."""

    def __init__(self, tell: Callable[[], int], every: float = EVERY) -> None:
        self._tell = tell
        self._every = every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._round, daemon=True, name="courier")

    def start(self) -> None:
        """Begin, after a first wait."""
        self._thread.start()

    def stop(self) -> None:
        """Tell nothing more; a message under way is left to end with the process."""
        self._over.set()

    def _round(self) -> None:
        while not self._over.wait(self._every):
            try:
                self._tell()
            except Closed:
                return
            except StoreError as error:
                log.error("store.failed", error=str(error))
