"""W2: the same account polled again, nothing changed.

Twice: by a full walk, which reads every page as the floor does, and by the walk over changes that
a second poll really is.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
from pathlib import Path

from bench import floors
from bench.measured import Measured, alone, compare, side_by_side, stopwatch, tell
from bench.served import served

MODULE = "bench.w2_unchanged"


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", nargs=3, metavar=("NAME", "ORIGIN", "DIRECTORY"))
    chosen = parser.parse_args()
    if chosen.part:
        name, origin, directory = chosen.part
        PARTS[name](origin, Path(directory), chosen.n[0])
        return
    for count in chosen.n:
        measure(count, chosen.runs)


def measure(count: int, runs: int) -> tuple[Measured, Measured]:
    """Floor and calsync side by side; prints the ratios."""
    with served(count) as vendor, tempfile.TemporaryDirectory() as directory:

        def one(name: str) -> Measured:
            return alone(MODULE, "--part", name, vendor.origin, directory, "--n", str(count))

        one("prepare")
        floor, full = side_by_side(runs, lambda: one("floor"), lambda: one("full"))
        changes = one("changes")
    compare(f"W2 {count:,} unchanged events, full walk", floor, full)
    compare(f"W2 {count:,} unchanged events, walk over changes", floor, changes)
    return floor, full


def _prepare(origin: str, directory: Path, count: int) -> None:
    from bench.clinic import clinic

    floors.ingest(f"{origin}/v1", directory / "floor.db", floors.hashed)
    with clinic(origin, directory / "calsync.db", count) as place:
        place.poll()
    tell(Measured())


def _floor(origin: str, directory: Path, _count: int) -> None:
    with stopwatch() as found:
        differing = floors.compare(f"{origin}/v1", directory / "floor.db")
    _expect(differing == 0)
    tell(found)


def _full(origin: str, directory: Path, count: int) -> None:
    _again(origin, directory, count, "UPDATE account SET cursor = NULL", count)


def _changes(origin: str, directory: Path, count: int) -> None:
    _again(origin, directory, count, "UPDATE account SET full_at = full_at", 0)


def _again(origin: str, directory: Path, count: int, before: str, rows: int) -> None:
    from bench.clinic import clinic

    path = directory / "calsync.db"
    with sqlite3.connect(path) as connection:
        connection.execute(before)
    written = _writes(path)
    with clinic(origin, path, count) as place:
        with stopwatch() as found:
            report = place.poll()
        _expect(report.result == "complete" and report.polled and report.polled.rows >= rows)
    _expect(written == _writes(path))
    found.note = "0 event rows and 0 revisions written"
    tell(found)


def _writes(path: Path) -> tuple[object, ...]:
    """What any write of an event would change: revisions, and the polls that rows come from."""
    with sqlite3.connect(path) as connection:
        state = connection.execute(
            "SELECT count(*), sum(revision), max(poll), max(updated_at) FROM event"
        ).fetchone()
        return (*state, *connection.execute("SELECT count(*) FROM revision").fetchone())


def _expect(truth: object) -> None:
    if not truth:
        sys.exit("the work was not done: nothing to measure")


PARTS = {"prepare": _prepare, "floor": _floor, "full": _full, "changes": _changes}

if __name__ == "__main__":
    main()
