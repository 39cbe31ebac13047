"""What the C library holds on to is bounded, however long the daemon runs (P24)."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.rehearsal import surroundings
from worker.cli.memory import HEAPS, give_back

GLIBC = hasattr(ctypes.CDLL(None), "malloc_info") and hasattr(ctypes.CDLL(None), "mallopt")
# Threads that all hold a block at the same moment; then the C library tells of its heaps.
HEAPS_OF_THREADS = """
import ctypes, os, sys, threading
from worker.cli.memory import give_back

give_back(os.environ)
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(12)

def hold():
    together.wait()
    libc.malloc(5000)
    together.wait()

threads = [threading.Thread(target=hold) for _ in range(12)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def heaps(target: Path, **environment: str) -> int:
    subprocess.run(
        [sys.executable, "-c", HEAPS_OF_THREADS, str(target)],
        env=surroundings(**environment),
        check=True,
        timeout=60,
    )
    return target.read_text(encoding="ascii").count("<heap nr=")


@pytest.mark.skipif(not GLIBC, reason="another C library")
def test_however_many_threads_there_are_they_share_a_few_heaps(tmp_path: Path) -> None:
    assert heaps(tmp_path / "ours") <= HEAPS
    if (os.cpu_count() or 1) > 1:
        assert heaps(tmp_path / "theirs", MALLOC_ARENA_MAX="6") > HEAPS


@pytest.mark.skipif(not GLIBC, reason="another C library")
def test_what_the_operator_has_set_is_left_alone() -> None:
    ours = {"MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_"}
    assert give_back(dict.fromkeys(ours, "1")) == frozenset()
