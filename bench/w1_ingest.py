"""W1: take in new events, 100 on a page, over loopback HTTP into a new SQLite store."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench import floors
from bench.measured import Measured, alone, compare, side_by_side, stopwatch, tell
from bench.served import served

MODULE = "bench.w1_ingest"


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", nargs=3, metavar=("NAME", "ORIGIN", "DIRECTORY"))
    chosen = parser.parse_args()
    if chosen.part:
        name, origin, directory = chosen.part
        tell(PARTS[name](origin, Path(directory), chosen.n[0]))
        return
    for count in chosen.n:
        measure(count, chosen.runs)


def measure(count: int, runs: int) -> tuple[Measured, Measured]:
    """Floor and calsync side by side; prints the ratio."""
    with served(count) as vendor:
        floor, ours = side_by_side(
            runs,
            lambda: _run("floor", vendor.origin, count),
            lambda: _run("ours", vendor.origin, count),
        )
    compare(f"W1 ingest {count:,} new events", floor, ours)
    return floor, ours


def _run(name: str, origin: str, count: int) -> Measured:
    with tempfile.TemporaryDirectory() as directory:
        return alone(MODULE, "--part", name, origin, directory, "--n", str(count))


def _floor(origin: str, directory: Path, count: int) -> Measured:
    with stopwatch() as found:
        rows = floors.ingest(f"{origin}/v1", directory / "floor.db", floors.unhashed)
    _expect(rows == count)
    return found


def _ours(origin: str, directory: Path, count: int) -> Measured:
    from bench.clinic import clinic  # the floor's memory must not carry it

    with clinic(origin, directory / "calsync.db", count) as place:
        with stopwatch() as found:
            report = place.poll()
        _expect(report.result == "complete" and report.polled and report.polled.created == count)
    return found


def _expect(truth: object) -> None:
    if not truth:
        sys.exit("the work was not done: nothing to measure")


PARTS = {"floor": _floor, "ours": _ours}

if __name__ == "__main__":
    main()
