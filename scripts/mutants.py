"""Removes one guard of the safety code after the other, and shows that a test fails each time.

    python -m scripts.mutants                  all of them, one after the other
    python -m scripts.mutants --only ID ID     these only
    python -m scripts.mutants --list           what each one removes, without running anything

The table is `mutants.toml`, beside this file. Each mutant is applied to a copy of a commit, in a
directory of its own, and only the tests that are named for it are run. Before that, the same tests
must pass in the copy as it is, or a failure would prove nothing. Exits with 1 where a mutant
survived, ran into its time limit or no longer applies, and with 2 where the untouched copy fails.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from queue import Queue

_SECONDS = count(1)
ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_suffix(".toml")
LONGEST = 300  # seconds for the tests of one mutant
LONGEST_BASELINE = 1800  # seconds for all of them, untouched
# What pytest exits with where a test failed, or an assertion while tests were collected; all else
# (a mutant that cannot be imported, say) proves nothing.
NOTICED = (1, 2)
_NOTICED = re.compile(r"^(?:FAILED (\S+)|ERROR (?:\S+) - AssertionError)", re.MULTILINE)
# One process, and no plugin but the one that the settings ask for: half of the time otherwise.
OPTIONS = ("-x", "-q", "-p", "pytest_timeout", "--no-header", "--tb=line")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One guard less: `old`, which occurs once in `file`, becomes `new`; `tests` must notice."""

    id: str
    file: str
    guard: str
    old: str
    new: str
    tests: tuple[str, ...]


class Verdict(StrEnum):
    """What became of a mutant."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    STALE = "NO LONGER APPLIES"
    BROKEN = "PROVES NOTHING"  # the tests did not run, or did not end in time


@dataclass(frozen=True, slots=True)
class Result:
    """One mutant's verdict; `words` tell which test noticed, or what went wrong."""

    mutant: Mutant
    verdict: Verdict
    seconds: float
    words: str = ""


def main() -> int:
    """Run what was asked for, and say how it went."""
    arguments = _arguments()
    chosen = [one for one in table() if not arguments.only or one.id in arguments.only]
    if missing := set(arguments.only) - {one.id for one in chosen}:
        print(f"there is no mutant {', '.join(sorted(missing))}")
        return 2
    if arguments.list:
        for one in chosen:
            print(f"{one.id:34} {one.file}: {one.guard}")
        return 0
    commit = _git("rev-parse", "--short", arguments.commit).decode().strip()
    began = time.monotonic()
    with _copies(commit, arguments.jobs) as copies:
        if words := _untouched(copies[0], chosen):
            print(f"the tests fail without any mutant, so nothing is proved:\n{words}")
            return 2
        print(f"{commit}: untouched, the tests pass ({time.monotonic() - began:.0f} s)", flush=True)
        results = _judge(chosen, copies)
    caught = sum(one.verdict is Verdict.CAUGHT for one in results)
    print(f"\n{len(results)} mutants, {caught} caught, {time.monotonic() - began:.0f} s, {commit}")
    for one in results:
        if one.verdict is not Verdict.CAUGHT:
            print(f"{one.verdict}: {one.mutant.id}: {one.mutant.guard}")
    return 0 if caught == len(results) else 1


def table() -> list[Mutant]:
    """All mutants."""
    rows = tomllib.loads(TABLE.read_text())["mutant"]
    return [Mutant(**{**row, "tests": tuple(row["tests"])}) for row in rows]


def _judge(mutants: Sequence[Mutant], copies: Sequence[Path]) -> list[Result]:
    free: Queue[Path] = Queue()
    for copy in copies:
        free.put(copy)

    def one(mutant: Mutant) -> Result:
        copy = free.get()
        try:
            result = _tried(mutant, copy)
        finally:
            free.put(copy)
        name = result.verdict.value
        print(f"{name:9} {result.seconds:5.1f} s  {mutant.id}  {result.words}", flush=True)
        return result

    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(one, mutants))


def _tried(mutant: Mutant, copy: Path) -> Result:
    path = copy / mutant.file
    before = path.read_text() if path.exists() else ""
    if before.count(mutant.old) != 1:
        return Result(mutant, Verdict.STALE, 0.0, f"{before.count(mutant.old)} times in its file")
    began = time.monotonic()
    written = path.stat().st_mtime_ns
    try:
        path.write_text(before.replace(mutant.old, mutant.new))
        # Python tells stale bytecode by whole seconds: every mutant gets one of its own.
        os.utime(path, ns=(written, written + next(_SECONDS) * 10**9))
        code, output = _tests(copy, mutant.tests, LONGEST)
    finally:
        path.write_text(before)
        os.utime(path, ns=(written, written))
    seconds = time.monotonic() - began
    match code:
        case 0:
            return Result(mutant, Verdict.SURVIVED, seconds)
        case code if code in NOTICED and (noticed := _NOTICED.search(output)):
            return Result(
                mutant, Verdict.CAUGHT, seconds, noticed[1] or "an assertion while collecting"
            )
        case _:
            return Result(mutant, Verdict.BROKEN, seconds, output[-600:])


def _untouched(copy: Path, mutants: Sequence[Mutant]) -> str:
    """What the tests say of the copy as it is, if they do not pass."""
    names = tuple(dict.fromkeys(name for one in mutants for name in one.tests))
    code, output = _tests(copy, names, LONGEST_BASELINE)
    return "" if code == 0 else output[-2000:]


def _tests(copy: Path, names: Sequence[str], longest: float) -> tuple[int | None, str]:
    """Run tests within a copy: pytest's exit code, None where they did not end in time."""
    environment = {
        **os.environ,
        "HYPOTHESIS_PROFILE": "fixed",
        "PYTHONPATH": str(copy),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *OPTIONS, *names],
            cwd=copy,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=longest,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"no end within {longest:.0f} s"
    return done.returncode, done.stdout + done.stderr


@contextmanager
def _copies(commit: str, many: int) -> Iterator[list[Path]]:
    """That many copies of a commit; nothing of the checkout itself is ever changed."""
    packed = _git("archive", "--format=tar", commit)
    with tempfile.TemporaryDirectory(prefix="calsync-mutants-") as directory:
        copies = [Path(directory) / str(number) for number in range(many)]
        for copy in copies:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                archive.extractall(copy, filter="data")
        yield copies


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=True).stdout


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", action="store_true", help="tell what each removes, run nothing")
    parser.add_argument("--only", nargs="+", default=[], metavar="ID", help="run these only")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many at once")
    parser.add_argument("--commit", default="HEAD", help="what is copied (default: HEAD)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
