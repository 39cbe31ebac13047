"""One measurement, in a process of its own: wall time, processor time, and the most memory."""

from __future__ import annotations

import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Measured:
    """Seconds, and megabytes at the peak of the whole process."""

    wall: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    note: str = ""


@contextmanager
def stopwatch() -> Iterator[Measured]:
    """Measure a block; the peak is that of the process until the block's end."""
    found = Measured()
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    yield found
    found.wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_SELF)
    found.processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found.peak = after.ru_maxrss / 1024


def alone(module: str, *arguments: str) -> Measured:
    """Run `python -m module …`, whose last line is what `tell` printed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], check=True, capture_output=True, text=True
    )
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def tell(found: Measured) -> None:
    """Print a measurement for `alone`."""
    print(json.dumps(asdict(found)))


def side_by_side(
    runs: int, floor: Callable[[], Measured], ours: Callable[[], Measured]
) -> tuple[Measured, Measured]:
    """Both by turns, and of each the run with the least processor time: noise only ever adds."""
    pairs = [(floor(), ours()) for _ in range(runs)]
    first, second = (min(column, key=_cost) for column in zip(*pairs, strict=True))
    return first, second


def compare(title: str, floor: Measured, ours: Measured) -> None:
    """A line for people."""
    print(
        f"{title}: floor {_shown(floor)}; ours {_shown(ours)}; "
        f"ratio {ours.wall / floor.wall:.2f} (processor {ours.processor / floor.processor:.2f})"
        f"{_noted(ours)}"
    )


def _cost(found: Measured) -> float:
    return found.processor


def _shown(found: Measured) -> str:
    return f"{found.wall:.3f} s, {found.peak:.0f} MB"


def _noted(found: Measured) -> str:
    return f"; {found.note}" if found.note else ""


def machine() -> str:
    """The shape of the machine, without its name."""
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}"
    )
