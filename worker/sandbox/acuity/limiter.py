"""Acuity's limits, which count per IP address: all accounts of one caller share them."""

from __future__ import annotations

import threading
from collections import deque


class Limiter:
    """A sliding window of one second, and a count of requests in flight; None lifts a limit.

    One instance per caller's address: hand the same one to several simulated accounts.
    """

    def __init__(self, per_second: int | None = 10, concurrent: int | None = 20) -> None:
        self._per_second = per_second
        self._concurrent = concurrent
        self._recent: deque[float] = deque()
        self._in_flight = 0
        self._lock = threading.Lock()

    def enter(self, now: float) -> bool:
        """Whether a request at `now` (seconds) may pass; one that does must `leave` later."""
        with self._lock:
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            too_fast = self._per_second is not None and len(self._recent) >= self._per_second
            too_many = self._concurrent is not None and self._in_flight >= self._concurrent
            if too_fast or too_many:
                return False
            self._recent.append(now)
            self._in_flight += 1
            return True

    def leave(self) -> None:
        """A request that had passed is answered."""
        with self._lock:
            self._in_flight -= 1
