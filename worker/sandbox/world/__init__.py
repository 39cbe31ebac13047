"""A seeded world: a practice, a school, a studio, coaches and a front desk that share people."""

from __future__ import annotations

import threading
from collections.abc import Mapping

from worker.sandbox.exchange import Clock
from worker.sandbox.world import clashes, closeness, rosters
from worker.sandbox.world.accounts import Accounts, Limits
from worker.sandbox.world.calendar import Days, clock_change
from worker.sandbox.world.diary import Diary
from worker.sandbox.world.filler import fill
from worker.sandbox.world.model import WAYS, Member, NearMiss, Planted, Resource, Step
from worker.sandbox.world.plot import Plot
from worker.sandbox.world.script import Script
from worker.sandbox.world.settings import config_text

__all__ = [
    "WAYS",
    "Limits",
    "Member",
    "NearMiss",
    "Planted",
    "Resource",
    "Step",
    "World",
    "build_world",
]

ACCOUNTS = {
    "campus": "canvas",
    "clinic": "cliniko",
    "studio": "timify",
    "coaching": "acuity",
    "frontdesk": "appointment_one",
}
"""The account ids of the world's configuration, and the simulator behind each."""


class World:
    """The five simulators, filled; what is wrong in it, and what will happen next.

    `planted` are the findings that are true now; `near_misses` look like some and are none.
    """

    def __init__(self, accounts: Accounts, plot: Plot, script: Script) -> None:
        self.simulators = accounts.simulators()
        self.resources = accounts.resources()
        self.planted = list(plot.planted)
        self.near_misses = list(plot.near_misses)
        self.steps = script.steps()
        self._accounts = accounts
        self._diary = plot.diary
        self._lock = threading.Lock()

    @property
    def clock_change_zone(self) -> str:
        """The studio's zone, whose clocks change within the series."""
        return self._accounts.studio.zone

    def advance(self) -> str | None:
        """Take the next step of the script; returns what happened, None when it is over."""
        with self._lock:
            if not self.steps:
                return None
            step = self.steps.pop(0)
            added = step.change()
            self.planted = [one for one in self.planted if one.name != step.ends]
            if added is not None:
                self.planted.append(added)
            return step.title

    def config(self, bases: Mapping[str, str]) -> str:
        """A complete `config.toml`; `bases` maps each simulator's name to its address."""
        resources = self.resources.values()
        return config_text(self._accounts, resources, bases, self._diary.appointments)


def build_world(clock: Clock, seed: int = 0, *, limits: Limits = Limits.VENDOR) -> World:
    """Fill five accounts around the clock's now; the same clock and seed give the same world.

    `Limits.LIFTED` takes the vendors' rate limits away: they need a clock that moves.
    """
    days = Days(clock.now())
    change = clock_change(clock.now())
    accounts = Accounts(clock, seed, limits, change.zone)
    diary = Diary(accounts, seed)
    plot = Plot(diary, days, change)
    for part in (clashes, closeness, rosters):
        part.write(plot)
    script = Script(plot)
    fill(diary, days, seed)
    return World(accounts, plot, script)
