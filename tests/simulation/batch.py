"""Many seeds, one after the other, and what they came to together."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.run import Outcome, run

SEEDS = Path(__file__).with_name("seeds.txt")


@dataclass
class Tally:
    """What a batch came to. `failed` are the outcomes in which something was wrong."""

    seeds: int = 0
    crashes: int = 0
    boundaries: int = 0
    requests: int = 0
    writes: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    failed: list[Outcome] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, outcome: Outcome) -> None:
        """Count one more."""
        self.seeds += 1
        self.crashes += outcome.crashes
        self.boundaries += outcome.boundaries
        self.requests += outcome.requests
        self.writes += outcome.writes
        self.fired.update(outcome.fired)
        self.deeds.update(outcome.deeds)
        self.troubles.update(outcome.troubles)
        if outcome.wrong:
            self.failed.append(outcome)


def batch(directory: Path, seeds: Iterable[int], until: float | None = None) -> Iterator[Tally]:
    """Run seeds, until an instant of the monotonic clock at the latest; tells after each."""
    tally = Tally()
    began = time.monotonic()
    with _settled():
        for seed in seeds:
            if until is not None and time.monotonic() > until:
                return
            with unswept():
                tally.add(run(directory, seed))
            tally.seconds = time.monotonic() - began
            yield tally


@contextmanager
def _settled() -> Iterator[None]:
    """What is there before the first seed stays: no collection need look at it again."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def unswept() -> Iterator[None]:
    """One collection of garbage afterwards is cheaper than many on the way."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect()


def known_seeds() -> list[int]:
    """The seeds that once found a fault, for good."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    return [int(line.split()[0]) for line in lines if line.strip() and not line.startswith("#")]
