"""Locks between processes and threads that share one store; a process that dies lets go of them.

The kernel's record locks belong to a process and to a file, and closing any handle of that file
drops them all: one handle is opened per file and process, and threads are told apart here.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar


class LockTimeout(Exception):
    """Somebody else holds the lock for longer than we wait."""


class FileLocks:
    """Named locks in one file beside the database."""

    _open: ClassVar[dict[str, FileLocks]] = {}
    _opening: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._threads: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @classmethod
    def at(cls, path: Path) -> FileLocks:
        """The locks of this file, the same object for the whole process."""
        name = str(path.resolve())
        with cls._opening:
            if name not in cls._open:
                cls._open[name] = cls(path)
            return cls._open[name]

    @contextmanager
    def held(self, name: str, wait: float) -> Iterator[None]:
        """Hold the lock `name`; raises LockTimeout after `wait` seconds without getting it."""
        until = time.monotonic() + wait
        with self._guard:
            mine = self._threads.setdefault(name, threading.Lock())
        if not mine.acquire(timeout=wait):
            raise LockTimeout(name)
        try:
            self._lock(name, until)
            try:
                yield
            finally:
                fcntl.lockf(self._handle, fcntl.LOCK_UN, 1, _offset(name))
        finally:
            mine.release()

    def _lock(self, name: str, until: float) -> None:
        pause = 0.001
        while True:
            try:
                fcntl.lockf(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _offset(name))
            except OSError as error:
                if time.monotonic() > until:
                    raise LockTimeout(name) from error
            else:
                return
            time.sleep(pause)
            pause = min(pause * 2, 0.05)


def _offset(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest(), "big")
