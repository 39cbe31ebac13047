"""W4: all conflicts among the events of a store, from the first read to the register written.

The floor streams rows from SQLite in the order of an index and sweeps them by the least loop that
finds the pairs; it keeps none. A second detection confirms what the first has found.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from pathlib import Path

from bench.measured import Measured, alone, compare, machine, side_by_side, stopwatch, tell

MODULE = "bench.w4_conflicts"


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="build stores in this directory, and reuse them")
    parser.add_argument("--part", nargs=2, metavar=("NAME", "DIRECTORY"))
    chosen = parser.parse_args()
    if chosen.part:
        name, directory = chosen.part
        tell(PARTS[name](Path(directory), chosen.n[0]))
        return
    print(machine())
    for count in chosen.n:
        with tempfile.TemporaryDirectory() as directory:
            measure(chosen.keep or Path(directory), count, chosen.runs)


def measure(directory: Path, count: int, runs: int) -> tuple[Measured, Measured]:
    """Floor and calsync by turns; prints the ratios."""

    def one(name: str) -> Measured:
        return alone(MODULE, "--part", name, str(directory), "--n", str(count))

    one("prepare")
    floor, first = side_by_side(runs, lambda: one("floor"), lambda: one("first"))
    again = one("again")
    compare(f"W4 {count:,} events, all conflicts ({floor.note})", floor, first)
    compare(f"W4 {count:,} events, once more with a full register", floor, again)
    return floor, first


def _prepare(directory: Path, count: int) -> Measured:
    from bench.filled import fill, fill_least

    with stopwatch() as found:
        if not _ours_in(directory, count).exists():
            fill(_ours_in(directory, count), count)
        if not _least_in(directory, count).exists():
            fill_least(_least_in(directory, count), count)
    return found


def _floor(directory: Path, count: int) -> Measured:
    with stopwatch() as found:
        connection = sqlite3.connect(_least_in(directory, count))
        pairs = _swept(connection)
        connection.close()
    _expect(pairs)
    found.note = f"{pairs:,} pairs"
    return found


def _swept(connection: sqlite3.Connection) -> int:
    rows = connection.execute(
        'SELECT calendar, start, "end", id FROM event ORDER BY calendar, start, "end"'
    )
    pairs = current = until = 0
    near: list[tuple[int, str]] = []
    for calendar, start, end, name in rows:
        if calendar != current or start >= until:
            current, until = calendar, end
            near = [(end, name)]
            continue
        near = [one for one in near if one[0] > start]
        pairs += len(near)
        near.append((end, name))
        until = max(until, end)
    return pairs


def _first(directory: Path, count: int) -> Measured:
    from bench.filled import forget_findings, opened

    store = opened(_ours_in(directory, count))
    forget_findings(store)
    store.close()
    return _detected(directory, count)


def _detected(directory: Path, count: int) -> Measured:
    from bench.filled import ACCOUNT, MOMENT, SOURCES, opened, rules_for
    from worker.engine.detect import detect
    from worker.engine.rules import Touched

    store, rules = opened(_ours_in(directory, count)), rules_for(count)
    with stopwatch() as found:
        changed = detect(store, rules, Touched(None, None, None, (ACCOUNT,)), MOMENT, SOURCES)
    standing = len(store.findings.all())
    store.close()
    _expect(standing and changed.resolved == changed.reopened == 0)
    found.note = f"{standing:,} findings, {changed.found:,} of them new"
    return found


def _ours_in(directory: Path, count: int) -> Path:
    return directory / f"{count}.db"


def _least_in(directory: Path, count: int) -> Path:
    return directory / f"least-{count}.db"


def _expect(truth: object) -> None:
    if not truth:
        sys.exit("the work was not done: nothing to measure")


PARTS = {"prepare": _prepare, "floor": _floor, "first": _first, "again": _detected}

if __name__ == "__main__":
    main()
