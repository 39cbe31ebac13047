"""The writing side of the daemon: plans and pushes soon after polls, in one thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from worker.store.database import Closed, StoreError
from worker.vendors.base import Stopped

log = structlog.get_logger()

GATHER = 1.0  # seconds in which further polls may come in before a plan is made
APART = 10.0  # seconds between two plans at least: planning reads much of the store
LONGEST_WRITE = 8.0  # seconds that a write in hand is given when the process ends


class Writing:
    """Calls `reconcile` after `soon` was called, one at a time, and never twice at once."""

    def __init__(self, reconcile: Callable[[], object]) -> None:
        self._reconcile = reconcile
        self._asked = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True, name="writing")

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def soon(self) -> None:
        """Something was read: what it changes may have to be written."""
        self._asked.set()

    def stop(self) -> None:
        """Begin nothing more, and wait for a write in hand as long as it may take."""
        self._ending.set()
        self._asked.set()
        if self._thread.is_alive():
            self._thread.join(LONGEST_WRITE)

    def _loop(self) -> None:
        rest = GATHER
        while not self._ending.is_set():
            self._asked.wait()
            if self._ending.wait(rest):
                return
            self._asked.clear()
            self._once()
            rest = APART

    def _once(self) -> None:
        try:
            self._reconcile()
        except (Stopped, Closed):
            return
        except StoreError as error:
            log.error("store.failed", error=str(error))
        except Exception:
            # A fault of ours must not end the daemon: reads and reports go on, nothing is written
            # by a plan that was never made, and the place of the fault is logged.
            log.exception("push.fault")
