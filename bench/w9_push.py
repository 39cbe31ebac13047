"""W9: planning holds over five accounts, and pushing a thousand of them to a simulated vendor.

The floor of the push sends the same requests, each write and its reading back, by bare httpx, and
commits one row for each. Planning has no floor: what is measured is from an open store to the plan,
where ten thousand holds are wanted, and where a hundred thousand events are as they should be.
"""

from __future__ import annotations

import argparse
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile

from bench.measured import Measured, alone, compare, machine, side_by_side, stopwatch, tell

MODULE = "bench.w9_push"
OWN = 2_500  # events, each held in four other accounts: ten thousand holds
STANDING = 20_000  # the same, all of them held: a hundred thousand events
AT_ONCE = 1_000  # writes: what brake B8 lets five accounts have in one run
NOWHERE = "http://127.0.0.1:1"  # planning calls nobody


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="build stores in this directory, and reuse them")
    parser.add_argument("--part", nargs=3, metavar=("NAME", "DIRECTORY", "ORIGIN"))
    chosen = parser.parse_args()
    if chosen.part:
        name, directory, origin = chosen.part
        PARTS[name](Path(directory), origin)
        return
    print(machine())
    with tempfile.TemporaryDirectory() as directory:
        measure(chosen.keep or Path(directory), chosen.runs)


def measure(directory: Path, runs: int) -> None:
    """Print how long planning takes, and floor and calsync side by side."""

    def one(name: str, origin: str = NOWHERE) -> Measured:
        return alone(MODULE, "--part", name, str(directory), origin)

    def pushed(name: str) -> Measured:
        with _practice() as origin:  # a new one each time: an older one has more to look through
            return one(name, origin)

    one("prepare")
    for name in ("plan", "idle"):
        best = min((one(name) for _ in range(runs)), key=lambda found: found.processor)
        print(
            f"W9 {best.note}: {best.wall:.2f} s (processor {best.processor:.2f} s), "
            f"{best.peak:.0f} MB"
        )
    floor, ours = side_by_side(runs, lambda: pushed("floor"), lambda: pushed("push"))
    compare(f"W9 {AT_ONCE:,} holds pushed", floor, ours)


@contextmanager
def _practice() -> Iterator[str]:
    command = [sys.executable, "-m", MODULE, "--part", "serve", ".", NOWHERE]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _serve(_directory: Path, _origin: str) -> None:
    from bench.held import practice

    with practice(OWN) as origin:
        print(origin, flush=True)
        sys.stdin.read()


def _prepare(directory: Path, origin: str) -> None:
    from bench.held import fill, place, settle

    if not (directory / "wanted.db").exists():
        fill(directory / "wanted.db", OWN)
    if not (directory / "standing.db").exists():
        fill(directory / "standing.db", STANDING)
        with place(directory / "standing.db", STANDING, origin) as there:
            settle(there.store, list(there.writing.plan().plan.all_actions))
            there.writing.plan()  # what stands is looked at closely once
    tell(Measured())


def _plan(directory: Path, origin: str) -> None:
    from bench.held import place

    with place(directory / "wanted.db", OWN, origin) as there:
        with stopwatch() as found:
            plan = there.writing.plan().plan
        _expect(len(plan.all_actions) == 4 * OWN)
        _expect(len(plan.actions) == AT_ONCE)
    found.note = f"{4 * OWN:,} holds planned over five accounts"
    tell(found)


def _idle(directory: Path, origin: str) -> None:
    from bench.held import place

    with place(directory / "standing.db", STANDING, origin) as there:
        with stopwatch() as found:
            plan = there.writing.plan().plan
        _expect(plan.all_actions == ())
    found.note = f"nothing to do in {5 * STANDING:,} events"
    tell(found)


def _push(directory: Path, origin: str) -> None:
    from bench.held import place

    copyfile(directory / "wanted.db", directory / "pushed.db")
    with place(directory / "pushed.db", OWN, origin) as there:
        planned = there.writing.plan()
        with stopwatch() as found:
            pushed = there.pusher.push_plan(planned.plan, "bench", since=planned.progress)
        _expect(len(pushed.done) == AT_ONCE)
        _expect(all(one.state == "confirmed" for one in pushed.done))
    _removed(directory / "pushed.db")
    tell(found)


def _floor(directory: Path, origin: str) -> None:
    from bench.held import bodies

    path = directory / "least.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE written (id TEXT PRIMARY KEY, body TEXT, shown TEXT)")
    with stopwatch() as found:
        written = _sent(connection, origin, list(bodies(OWN, AT_ONCE)))
    connection.close()
    _removed(path)
    _expect(written == AT_ONCE)
    tell(found)


def _sent(connection: sqlite3.Connection, origin: str, some: list[dict[str, str]]) -> int:
    """Each body posted, read back, and committed. Returns how many were shown as they were sent."""
    import httpx

    from bench.clinic import KEY

    shown_as_sent = 0
    headers = {"Accept": "application/json", "User-Agent": "bench (ops@example.org)"}
    with httpx.Client(
        base_url=f"{origin}/v1", auth=(KEY, ""), headers=headers, trust_env=False
    ) as client:
        for body in some:
            made = client.post("/unavailable_blocks", json=body).json()
            shown = client.get(f"/unavailable_blocks/{made['id']}")
            shown_as_sent += shown.json()["notes"] == body["notes"]
            row = (made["id"], str(body), shown.text)
            connection.execute("INSERT INTO written VALUES (?,?,?)", row)
    return shown_as_sent


def _removed(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def _expect(truth: object) -> None:
    if not truth:
        sys.exit("the work was not done: nothing to measure")


PARTS = {
    "prepare": _prepare,
    "plan": _plan,
    "idle": _idle,
    "serve": _serve,
    "push": _push,
    "floor": _floor,
}

if __name__ == "__main__":
    main()
