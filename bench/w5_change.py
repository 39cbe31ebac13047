"""W5: one changed event, from its row to the committed register, in a small and in a large store.

The floor asks the index of the least store for what overlaps the changed event. Cost must not grow
with what is stored: the ratio between both sizes is told, too.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.measured import Measured, alone, machine, stopwatch, tell

MODULE = "bench.w5_change"
CHANGES = 200
LONGEST = 2 * 3600  # seconds; no event of the workload lasts longer
MOVE = 900  # seconds by which an event is moved to and fro


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--keep", type=Path, help="build stores in this directory, and reuse them")
    parser.add_argument("--part", nargs=2, metavar=("NAME", "DIRECTORY"))
    chosen = parser.parse_args()
    if chosen.part:
        name, directory = chosen.part
        tell(PARTS[name](Path(directory), chosen.n[0]))
        return
    print(machine())
    with tempfile.TemporaryDirectory() as directory:
        measure(chosen.keep or Path(directory), chosen.n)


def measure(directory: Path, counts: list[int]) -> None:
    """Print the medians at each size, and how they grow from the first to the last."""
    found: dict[str, list[float]] = {}
    for count in counts:
        for name in PARTS:
            part = alone(MODULE, "--part", name, str(directory), "--n", str(count))
            if name != "prepare":
                found.setdefault(name, []).append(part.wall)
                print(f"W5 {count:,} events, {part.note}: median {part.wall * 1000:.3f} ms")
    for name, medians in found.items():
        print(f"W5 {name}: {medians[-1] / medians[0]:.2f} times as long in the largest store")


def _prepare(directory: Path, count: int) -> Measured:
    from bench.filled import ACCOUNT, MOMENT, SOURCES, fill, fill_least, opened, rules_for
    from worker.engine.detect import detect
    from worker.engine.rules import Touched

    with stopwatch() as found:
        if not (directory / f"{count}.db").exists():
            fill(directory / f"{count}.db", count)
        if not (directory / f"least-{count}.db").exists():
            fill_least(directory / f"least-{count}.db", count)
        store = opened(directory / f"{count}.db")
        everything = Touched(None, None, None, (ACCOUNT,))
        detect(store, rules_for(count), everything, MOMENT, SOURCES)
        store.close()
    return found


def _floor(directory: Path, count: int) -> Measured:
    connection = sqlite3.connect(directory / f"least-{count}.db")
    some = connection.execute(
        'SELECT calendar, start, "end" FROM event WHERE rowid % ? = 0 LIMIT ?',
        (count // CHANGES, CHANGES),
    ).fetchall()

    times: list[float] = []
    for calendar, start, end in some:
        begun = time.perf_counter()
        connection.execute(
            'SELECT id FROM event WHERE calendar = ? AND start > ? AND start < ? AND "end" > ?',
            (calendar, start - LONGEST, end, start),
        ).fetchall()
        times.append(time.perf_counter() - begun)
    connection.close()
    return _median(times, "floor, a bounded index query")


def _ours(directory: Path, count: int) -> Measured:
    return _detected(directory, count, (), "the event and its resource")


def _as_polled(directory: Path, count: int) -> Measured:
    from bench.filled import ACCOUNT

    return _detected(directory, count, (ACCOUNT,), "the same and its account, as after a poll")


def _detected(directory: Path, count: int, accounts: tuple[str, ...], note: str) -> Measured:
    from bench.filled import MOMENT, SOURCES, moved, opened, rules_for, some_numbers
    from worker.engine.detect import detect
    from worker.engine.rules import Touched

    store, rules = opened(directory / f"{count}.db"), rules_for(count)
    chosen = some_numbers(store, CHANGES, random.Random(count))
    times: list[float] = []
    effects = 0
    for index, number in enumerate(chosen):
        polled = moved(store, rules, number, MOVE if index % 2 else -MOVE)
        touched = Touched(polled.touched, polled.people, polled.events, accounts)
        begun = time.perf_counter()
        done = detect(store, rules, touched, MOMENT, SOURCES)
        times.append(time.perf_counter() - begun)
        effects += done.found + done.resolved + done.reopened
    store.close()
    if not effects:
        sys.exit("no change had any effect: nothing to measure")
    return _median(times, f"{note}; {effects} findings came or went")


def _median(times: list[float], note: str) -> Measured:
    """Of all but the first, for which statements are still prepared."""
    return Measured(wall=statistics.median(times[1:]), note=note)


PARTS = {"prepare": _prepare, "floor": _floor, "ours": _ours, "as_polled": _as_polled}

if __name__ == "__main__":
    main()
