"""The real clock, which can be told to stop waiting."""

from __future__ import annotations

import threading
import time

from worker.vendors.base import Stopped


class SystemClock:
    """Wall and monotonic time of this machine; `stop` ends every wait at once."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def now(self) -> float:
        """Wall-clock seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait; raises Stopped when the process is asked to end."""
        if self._stop.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """Ask everything that waits, or is about to, to give up."""
        self._stop.set()

    @property
    def stopped(self) -> bool:
        """Whether the process is ending."""
        return self._stop.is_set()
