"""The time of a simulation: it passes when somebody waits, and one's own clock may be wrong."""

from __future__ import annotations

START = 1_795_252_800.0  # 2026-11-21T09:20:00Z


class SimulatedClock:
    """The vendors' clock. Only `advance` moves it."""

    def __init__(self, start: float = START) -> None:
        self.time = float(start)

    def now(self) -> float:
        return self.time

    def advance(self, seconds: float) -> float:
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self.time += seconds
        return self.time


class HostClock:
    """A machine's clock: `skew` seconds before (or, negative, behind) the vendors' one.

    Its monotonic clock is right, whatever the wall clock says.
    """

    def __init__(self, world: SimulatedClock) -> None:
        self._world = world
        self.skew = 0.0

    def now(self) -> float:
        return self._world.now() + self.skew

    def monotonic(self) -> float:
        return self._world.now()

    def sleep(self, seconds: float) -> None:
        self._world.advance(max(0.0, seconds))
