"""What the C library does with memory that is free again: a daemon must not grow by that alone.

glibc gives threads heaps of their own, eight for each core, and every poll is a new thread: after
hours each of these heaps holds on to what the largest answers took while a poll happened to use
it. It also learns from each large block that is freed to keep larger ones. Measured figures are in
docs/proof.md, Soak.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping

HEAPS = 2  # threads seldom wait for each other here: Python lets one of them run at a time
GIVEN_BACK = 1024 * 1024  # bytes: a block as large goes back to the system as soon as it is free

# The numbers of mallopt(3).
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_OURS = {
    "MALLOC_ARENA_MAX": (_M_ARENA_MAX, HEAPS),
    "MALLOC_MMAP_THRESHOLD_": (_M_MMAP_THRESHOLD, GIVEN_BACK),
}


def give_back(environment: Mapping[str, str]) -> frozenset[str]:
    """Bound what is held on to; returns the names of the settings that were made.

    What the operator has set in the environment stays, and so does a C library that knows no such
    settings.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return frozenset()
    wanted = {name: words for name, words in _OURS.items() if name not in environment}
    return frozenset(name for name, words in wanted.items() if mallopt(*words) == 1)
