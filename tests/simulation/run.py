"""One seed: trouble of many sorts for a while, then quiet, and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.checks import all_checks, unexplained
from tests.simulation.host import Crash
from tests.simulation.operator import operate
from tests.simulation.town import VENDORS, Wish
from tests.simulation.watch import WAITS
from tests.simulation.world import World
from worker.app import Calsync
from worker.domain.span import DAY, HOUR, MINUTE
from worker.sandbox.faults import CATALOGUE
from worker.store.database import Busy, StoreError

SETTLED = 6 * MINUTE  # longer than a write is given to show
QUIET = 40  # cycles after which a run that is not at rest is a failure
SKEWS = (3600.0, -3600.0, 86_400.0, -86_400.0, 10 * 365.0 * DAY, -10 * 365.0 * DAY)
READS = tuple(name for name in CATALOGUE if name[0] in "THL")
WRITES = tuple(name for name in CATALOGUE if name[0] == "W")
MARKS = tuple(name for name in CATALOGUE if name[0] == "M")


@dataclass(frozen=True)
class Outcome:
    """What a run came to. `calm` is the number of cycles that it took to come to rest."""

    seed: int
    wrong: tuple[str, ...]
    history: str
    boundaries: int
    crashes: int
    requests: int
    writes: int
    calm: int
    fired: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    troubles: tuple[str, ...] = ()
    waiting: int = 0


class Run:
    """A run whose every choice comes from its seed."""

    def __init__(self, directory: Path, seed: int) -> None:
        self.random = Random(f"{seed}/run")
        self.seed = seed
        self.troubles = self._troubles()
        self.world = World(directory, seed, self._wish())
        self.second: Calsync | None = None
        self.chance = self.random.choice((0.0, 0.002, 0.005, 0.02)) if self.on("crash") else 0.0
        self.world.host.due = lambda _label, _number: self.random.random() < self.chance
        self.calm = 0

    def on(self, trouble: str) -> bool:
        """Whether a sort of trouble is part of this run."""
        return trouble in self.troubles

    def go(self) -> Outcome:
        """All of it. Nothing is raised: whatever is wrong is told."""
        world = self.world
        with world.journal.kept(), world.host.running():
            try:
                self._begin()
                for _ in range(self.random.randint(3, 7)):
                    self._round()
                self._quieten()
                self._rest()
            except Crash:
                world.wrong.append("a crash got through to nobody")
            except Exception as error:
                world.wrong.append(_told(error))
            wrong = all_checks(world)
            world.host.stop()
        return self._outcome(wrong)

    def _troubles(self) -> tuple[str, ...]:
        every = (
            *("crash", "crash", "crash", "people", "people", "reads", "writes", "writes"),
            *("marks", "clock", "restore", "lose", "second", "between", "operator", "operator"),
        )
        count = self.random.choice((1, 1, 2, 2, 3, 4, 5))
        return tuple(sorted({self.random.choice(every) for _ in range(count)}))

    def _wish(self) -> Wish:
        others = [one for one in VENDORS if one not in ("clinic", "coaching")]
        accounts = {self.random.choice(("clinic", "coaching"))}
        accounts |= set(self.random.sample(sorted(VENDORS), self.random.choice((1, 1, 1, 2, 4))))
        if len(accounts) == 1:
            accounts.add(self.random.choice(others))
        brakes = {}
        if self.random.random() < 0.3:
            brakes = {"writes_per_run": self.random.randint(1, 4), "vanish_at_least": 2}
        return Wish(
            accounts=tuple(sorted(accounts)),
            events=self.random.randint(2, 9),
            withdraw=self.random.random() < 0.3,
            brakes=brakes,
        )

    def _begin(self) -> None:
        """Some runs begin in peace."""
        if self.random.random() < 0.7:
            chance, self.chance = self.chance, 0.0
            self.world.cycle()
            self.world.cycle()
            self.chance = chance
        sorts = {"reads": READS, "writes": WRITES, "marks": MARKS}
        for sort, names in sorts.items():
            if self.on(sort):
                self._switch_on(names)
        if self.on("between"):
            self.world.host.meanwhile = self._between

    def _switch_on(self, names: tuple[str, ...]) -> None:
        chances = (0.05, 0.2, 0.6) if names is READS else (0.2, 0.5, 1.0)
        for name in self.random.sample(names, min(len(names), self.random.randint(1, 3))):
            options: dict[str, Any] = {}
            if names is READS and (name[0] == "L" or CATALOGUE[name].alter) and name != "H10":
                options["method"] = "GET"  # what is changed in answers to writes: see W01 to W20
            if name == "W05":
                options["seconds"] = float(self.random.choice((1, 60, 240)))
            self.world.faults.on(name, probability=self.random.choice(chances), **options)

    def _between(self, label: str) -> None:
        """Somebody acts while calsync is at work."""
        if label in ("before request", "answered") and self.random.random() < 0.02:
            self.world.deed()

    def _round(self) -> None:
        world = self.world
        for _ in range(self.random.randint(0, 3)):
            if self.on("people"):
                world.deed()
            else:
                world.busy()
        if self.on("operator") and self.random.random() < 0.6:
            operate(world, self.random)
        if self.on("clock") and self.random.random() < 0.5:
            world.set_clock(self.random.choice((0.0, *SKEWS)))
        if self.on("restore"):
            self._backups()
        if self.on("lose") and self.random.random() < 0.3:
            self._alone()
            world.forget()
        if self.on("second") and self.random.random() < 0.7:
            self._beside()
        world.cycle(self.random.choice((60.0, 120.0, 120.0, 360.0, float(HOUR))))
        if world.host.app is None:
            self._alone()  # the machine was lost, with everything that ran on it

    def _backups(self) -> None:
        which = self.random.random()
        if which < 0.4:
            self._alone()
            self.world.remember()
        elif which < 0.7 and self.world.old:
            self._alone()
            self.world.restore()

    def _beside(self) -> None:
        """Another process on the same store works whenever this one stops for a moment."""
        world = self.world
        if not world.alive(lambda _app: self._join()) or self.second is None:
            return
        second = self.second

        def meanwhile(label: str) -> None:
            if label not in ("before request", "after commit") or self.random.random() > 0.03:
                return
            if self.random.random() < 0.3:
                world.clock.advance(600)  # this one is stopped for so long, and wakes up again
            _work(world, second)

        world.host.meanwhile = meanwhile

    def _join(self) -> None:
        if self.second is None:
            world = self.world
            self.second = world.host.beside(world.config, world.transport, self.seed)

    def _alone(self) -> None:
        if self.second is not None:
            self.second.close()
            self.second = None
        self.world.host.meanwhile = lambda _label: None

    def _quieten(self) -> None:
        """All faults stop: what the vendors still have in hand is done, the clock is right."""
        world = self.world
        self.chance = 0.0
        self._alone()
        world.faults.off()
        world.set_clock(0.0)
        world.clock.advance(300)
        # A wait that was stored while the clock was up to a day ahead is waited out.
        until = max((row["wait_until"] or 0.0 for row in world.host.rows(WAITS)), default=0.0)
        world.clock.advance(min(2.0 * DAY, max(0.0, until - world.clock.now() + 1)))
        world.board.settle()
        if world.host.app is None:
            world.app()

    def _rest(self) -> None:
        """C4, C5: what is wanted comes to stand, and then nothing is written any more."""
        world = self.world
        still = 0
        for self.calm in range(1, QUIET + 1):
            world.cycle(SETTLED)
            still = still + 1 if self._still() else 0
            if still and not any(world.astray()):
                break
            if still == 4:
                # What was refused is tried again half a day later at the latest, and what was
                # noted while the clock was a day ahead counts after that day.
                world.clock.advance(25 * HOUR if self.on("clock") else 13 * HOUR)
                world.cycle()
                world.cycle(SETTLED)
            if still == 9:
                break
        world.wrong += unexplained(world)
        before = len(world.board.ledger)
        world.cycle(SETTLED)
        sent = [
            f"C5: {one.method} {one.path} was sent although nothing has changed"
            for one in world.board.ledger.entries(since=before)
            if one.actor == "calsync" and one.applied
        ]
        world.wrong += sent
        self._planned_twice()

    def _still(self) -> bool:
        pushed = self.world.app().reconciled
        return pushed is not None and not (pushed.pushed and pushed.pushed.done)

    def _planned_twice(self) -> None:
        """C17: the same picture gives the same plan."""
        writing = self.world.app().writing
        first, second = writing.plan().plan, writing.plan().plan
        if first != second:
            self.world.wrong.append("C17: the same picture gave two plans")

    def _outcome(self, wrong: list[str]) -> Outcome:
        world = self.world
        entries = world.board.ledger.entries()
        return Outcome(
            seed=self.seed,
            wrong=tuple(dict.fromkeys(wrong)),
            history=world.history(),
            boundaries=world.host.number,
            crashes=world.host.crashes,
            requests=len(entries),
            writes=sum(one.applied and one.actor == "calsync" for one in entries),
            calm=self.calm,
            fired=Counter(world.faults.fired),
            deeds=world.deeds,
            troubles=self.troubles,
        )


def _work(world: World, second: Calsync) -> None:
    """One turn of the other process; what the first one holds at this moment it lets be."""
    try:
        world.poll(second)
        second.reconcile()
    except Busy:
        return


def _told(error: BaseException) -> str:
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    place = frames[-1]
    return f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"


def run(directory: Path, seed: int) -> Outcome:
    """Run one seed in a directory of its own."""
    return Run(directory, seed).go()


__all__ = ["Outcome", "StoreError", "run"]
