"""Files that an operator names: read whole if they are files at all, never waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def read_regular(path: Path, most: int) -> tuple[bytes, int]:
    """At most `most` bytes of a regular file, and its mode; links are followed.

    Raises ValueError for directories, pipes and devices, OSError where it cannot be read.
    """
    # Without O_NONBLOCK, opening a pipe that nobody writes to would hang for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise ValueError("must be a file, and is a directory")
        if not stat.S_ISREG(mode):
            raise ValueError("must be a regular file, and is a pipe or a device")
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(most), mode
    finally:
        os.close(handle)
