"""How calls are kept under a vendor's published limits: so many in any stretch of so long."""

from __future__ import annotations

import threading
from collections import deque

from worker.vendors.base import Clock


class SlidingPacer:
    """Lets at most `count` calls begin within any `seconds`, for each of its limits.

    Safe to share between threads: they get their turns in the order in which they came.
    """

    def __init__(self, clock: Clock, limits: tuple[tuple[int, float], ...]) -> None:
        self._clock = clock
        self._limits = limits
        self._begun: deque[float] = deque(maxlen=max((count for count, _ in limits), default=1))
        self._queue = _Queue()

    def wait(self) -> None:
        """Return when the next call may begin, and count it."""
        with self._queue:
            while (pause := self._pause(self._clock.monotonic())) > 0:
                self._clock.sleep(pause)
            self._begun.append(self._clock.monotonic())

    def _pause(self, now: float) -> float:
        longest = 0.0
        for count, seconds in self._limits:
            if len(self._begun) >= count:
                longest = max(longest, self._begun[-count] + seconds - now)
        return longest


class _Queue:
    """A lock that is handed on to whoever has waited longest; a plain one may starve a thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._line: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        turn = threading.Event()
        with self._guard:
            self._line.append(turn)
            if len(self._line) == 1:
                return
        turn.wait()

    def __exit__(self, *_exception: object) -> None:
        with self._guard:
            self._line.popleft()
            if self._line:
                self._line[0].set()


class SharedPacers:
    """One pacer per name for the whole process: a limit per IP address is one for all accounts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pacers: dict[str, SlidingPacer] = {}
        self._lock = threading.Lock()

    def named(self, name: str, *limits: tuple[int, float]) -> SlidingPacer:
        """The pacer for `name`, made with `limits` (count, seconds) when first asked for."""
        with self._lock:
            if name not in self._pacers:
                self._pacers[name] = SlidingPacer(self._clock, limits)
            return self._pacers[name]
