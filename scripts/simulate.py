"""Runs calsync in a simulated world in which everything goes wrong, and judges what it did.

    python -m scripts.simulate --seeds 1000              # that many seeds from --first on
    python -m scripts.simulate --minutes 30              # as many as fit
    python -m scripts.simulate --replay 4711             # one seed, with all that it did
    python -m scripts.simulate --boundaries --every 3    # the canonical writes, cut off
    python -m scripts.simulate --boundaries --pairs      # cut off, and again while recovering
    python -m scripts.simulate --kills 50                # real processes, really killed

Prints its progress, every seed at which something was wrong, and the figures of docs/proof.md.
Exits with 1 where something was wrong.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.simulation.batch import Tally, batch, known_seeds
from tests.simulation.boundaries import Bench, Trial, swept
from tests.simulation.kills import Killing
from tests.simulation.run import Outcome, run
from tests.simulation.scenarios import scenarios
from worker.sandbox.faults import CATALOGUE

PAIRED = ("create", "move", "release", "create lost", "undo")  # the key ones


def main() -> int:
    """Do what was asked, and say how it went."""
    arguments = _arguments()
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        directory = Path(name)
        if arguments.replay is not None:
            return _replay(directory, arguments.replay)
        if arguments.boundaries:
            return _boundaries(directory, arguments)
        if arguments.kills:
            return _kills(directory, arguments)
        return _seeds(directory, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=0, help="how many (default: until --minutes)")
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--replay", type=int)
    parser.add_argument("--boundaries", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="cut off at every so many boundaries")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    parser.add_argument("--pairs", action="store_true")
    parser.add_argument("--kills", type=int, default=0)
    return parser.parse_args()


def _seeds(directory: Path, arguments: argparse.Namespace) -> int:
    until = time.monotonic() + arguments.minutes * 60 if arguments.minutes else None
    count = arguments.seeds or (sys.maxsize if until else 100)
    first = arguments.first
    seeds = itertools.chain(known_seeds(), range(first, first + count))
    tally, shown, told = Tally(), 0, time.monotonic()
    for tally in batch(directory, seeds, until):
        for outcome in tally.failed[shown:]:
            _show(outcome)
        shown = len(tally.failed)
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{tally.seeds} seeds, {tally.seconds:.0f} s, {shown} failed", flush=True)
    _figures(tally)
    return 1 if tally.failed else 0


def _replay(directory: Path, seed: int) -> int:
    outcome = run(directory, seed)
    print(f"seed {seed}: {', '.join(outcome.troubles)}")
    print(f"history {outcome.history}, {outcome.boundaries} boundaries, {outcome.crashes} crashes")
    print(f"{outcome.requests} requests, {outcome.writes} writes, at rest after {outcome.calm}")
    print(f"faults {dict(outcome.fired)}, people {dict(outcome.deeds)}")
    _show(outcome)
    return 1 if outcome.wrong else 0


def _show(outcome: Outcome) -> None:
    for words in outcome.wrong:
        print(f"seed {outcome.seed} ({', '.join(outcome.troubles)}): {words}", flush=True)


def _figures(tally: Tally) -> None:
    rate = tally.seeds / max(tally.seconds, 1e-9)
    print(f"\n{tally.seeds} seeds in {tally.seconds:.0f} s, {rate:.2f} a second, {_machine()}")
    print(f"{tally.crashes} crashes at {tally.boundaries} boundaries")
    print(f"{tally.requests} requests, {tally.writes} writes carried out")
    print(f"violations: {len(tally.failed)} seeds")
    print("with", ", ".join(f"{name} {count}" for name, count in sorted(tally.troubles.items())))
    print("people:", ", ".join(f"{name} {count}" for name, count in sorted(tally.deeds.items())))
    fired = ", ".join(f"{name} {count}" for name, count in sorted(tally.fired.items()))
    print(f"faults that struck: {fired}")
    print("never struck:", ", ".join(sorted(CATALOGUE.keys() - tally.fired.keys())) or "none")


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def _boundaries(directory: Path, arguments: argparse.Namespace) -> int:
    began, failed, trials, died = time.monotonic(), 0, 0, 0
    for name, scenario in scenarios().items():
        paired = arguments.pairs and name.rpartition(" ")[0] in PAIRED
        if arguments.only not in name or (arguments.pairs and not paired):
            continue
        bench = Bench(scenario, directory)
        for trial in _pairs(bench, arguments.every) if paired else swept(bench, arguments.every):
            trials, died = trials + 1, died + trial.died
            for words in trial.wrong:
                print(f"{name}, cut off at {trial.crashes}: {words}", flush=True)
            failed += bool(trial.wrong)
        print(f"{name}: {trials} trials so far, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{trials} trials with {died} crashes, {failed} failed, {_machine()}")
    return 1 if failed else 0


def _pairs(bench: Bench, every: int) -> Iterator[Trial]:
    """Cut off, and again so many boundaries later, while it recovers."""
    count = bench.boundaries()
    for first in range(1, count + 1, every):
        for gap in range(1, count + 1, every):
            yield bench.trial((first, first + gap))


def _kills(directory: Path, arguments: argparse.Namespace) -> int:
    killing = Killing(directory, arguments.first)
    began = time.monotonic()
    while killing.kills < arguments.kills:
        for words in killing.group():
            print(f"group {killing.groups}: {words}", flush=True)
    seconds = time.monotonic() - began
    print(f"{killing.kills} processes killed in {killing.groups} groups, {seconds:.0f} s")
    print(f"{killing.writes} writes carried out, {killing.failed} groups failed, {_machine()}")
    return 1 if killing.failed else 0


if __name__ == "__main__":
    sys.exit(main())
