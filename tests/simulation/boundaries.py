"""One canonical write, cut off at chosen boundaries; each time in a copy of this process."""

from __future__ import annotations

import gc
import json
import os
import signal
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tests.simulation.checks import all_checks, unexplained
from tests.simulation.host import Disk
from tests.simulation.scenarios import Scenario
from tests.simulation.world import World
from worker.app import Calsync
from worker.domain.span import MINUTE

LIVES = 12  # cycles within which everything is as it should be
PATIENCE = 60  # seconds of a trial, after which it is ended


@dataclass(frozen=True)
class Trial:
    """A scenario that was cut off at these boundaries of its act, and what was wrong then."""

    name: str
    crashes: tuple[int, ...]
    wrong: tuple[str, ...]
    boundaries: int
    died: int
    calm: int


class Bench:
    """A scenario, prepared once; each trial begins from there."""

    def __init__(self, scenario: Scenario, directory: object) -> None:
        self.scenario = scenario
        self.world = scenario.staged(directory)  # type: ignore[arg-type]
        self._disk = Disk.of(self.world.host.directory)

    def boundaries(self) -> int:
        """How many instants there are at which the act can be cut off."""
        return self.trial(()).boundaries

    def trial(self, crashes: Collection[int]) -> Trial:
        """Cut the act off, in a process of its own; the world here stays as it was."""
        self._disk.onto(self.world.host.directory)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            signal.alarm(PATIENCE)
            gc.disable()
            os.close(reader)
            trial = attempted(self.scenario, self.world, crashes)
            with os.fdopen(writer, "w", encoding="utf-8") as pipe:
                json.dump([trial.wrong, trial.boundaries, trial.died, trial.calm], pipe)
            os._exit(0)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as pipe:
            text = pipe.read()
        os.waitpid(child, 0)
        if not text:
            words = ("the trial took too long, or was killed",)
            return Trial(self.scenario.name, tuple(crashes), words, 0, 0, 0)
        wrong, boundaries, died, calm = json.loads(text)
        name = self.scenario.name
        return Trial(name, tuple(crashes), tuple(wrong), boundaries, died, calm)


def attempted(scenario: Scenario, world: World, crashes: Collection[int]) -> Trial:
    """The act with its crashes, what follows, and what must hold then."""
    begun = world.host.number
    wanted = {begun + one for one in crashes}
    world.host.due = lambda _label, number: number in wanted
    calm = 0
    with world.journal.kept(), world.host.running():
        try:
            world.alive(lambda app: _acted(scenario, world, app))
            acted = world.host.number - begun
            calm = _followed(world)
        except Exception as error:
            world.wrong.append(f"{type(error).__name__}: {error}")
            acted = 0
        wrong = all_checks(world)
        world.host.stop()
    return Trial(scenario.name, tuple(crashes), tuple(wrong), acted, world.host.crashes, calm)


def _acted(scenario: Scenario, world: World, app: Calsync) -> None:
    scenario.act(world, app)
    world.watch.finish()


def _followed(world: World) -> int:
    """Cycles until all is at rest; then one more, in which nothing may be sent."""
    still = number = 0
    while number < LIVES:
        number += 1
        world.cycle(6 * MINUTE)
        pushed = world.app().reconciled
        quiet = pushed is not None and not (pushed.pushed and pushed.pushed.done)
        still = still + 1 if quiet else 0
        if still and (not any(world.astray()) or still > 2):
            break
    world.wrong += unexplained(world)
    before = len(world.board.ledger)
    world.cycle(6 * MINUTE)
    world.wrong += [
        f"C5: {one.method} {one.path} was sent although nothing has changed"
        for one in world.board.ledger.entries(since=before)
        if one.actor == "calsync" and one.applied
    ]
    return number


def swept(bench: Bench, every: int = 1, first: int = 0) -> Iterator[Trial]:
    """The act cut off at each boundary, or at every so many of them."""
    peaceful = bench.trial(())
    yield peaceful
    for number in range(1 + first, peaceful.boundaries + 1, every):
        yield bench.trial((number,))
