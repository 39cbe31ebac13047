"""Clocks for the sandbox: one that stands still until moved, one that runs and can be moved on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class VirtualClock:
    """Stands at `start` (seconds since the epoch) and moves only by `advance`."""

    def __init__(self, start: float) -> None:
        self._now = float(start)
        self._lock = threading.Lock()

    def now(self) -> float:
        """Return the current instant, in seconds since the epoch."""
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> float:
        """Move on by `seconds`; returns the new instant. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError("a clock does not run backwards")
        with self._lock:
            self._now += seconds
            return self._now


class RunningClock:
    """The machine's clock plus whatever it was advanced by."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = VirtualClock(0.0)

    def now(self) -> float:
        """Return the current instant, in seconds since the epoch."""
        return self._source() + self._ahead.now()

    def advance(self, seconds: float) -> float:
        """Jump ahead by `seconds`; returns the new instant. Raises ValueError for a step back."""
        return self._source() + self._ahead.advance(seconds)
