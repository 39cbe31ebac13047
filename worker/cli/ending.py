"""How commands that serve come to their end, or do not begin."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


class CannotServe(Exception):
    """What a command needs to begin is not to be had; the message says what, and why."""


class Ending:
    """Hears SIGINT and SIGTERM from its making on: none is lost while a command begins."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._stopping: Callable[[], None] = lambda: None
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._hear)

    def wait(self, stopping: Callable[[], None] = lambda: None) -> None:
        """Return once a signal has come; `stopping` is called first, in its handler."""
        self._stopping = stopping
        if self._over.is_set():
            stopping()
        self._over.wait()

    def _hear(self, _number: int, _frame: object) -> None:
        self._stopping()
        self._over.set()


def until_stopped(stopping: Callable[[], None] = lambda: None) -> None:
    """Return once SIGINT or SIGTERM has come; `stopping` is called first, in its handler."""
    Ending().wait(stopping)
