"""How commands that serve come to their end, or do not begin."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

ENDS = (signal.SIGINT, signal.SIGTERM)


class CannotServe(Exception):
    """What a command needs to begin is not to be had; the message says what, and why."""


class Ending:
    """Hears SIGINT and SIGTERM from its making on: none is lost while a command begins.

    Signals named in `also` are wishes, which end nothing: SIGHUP asks for a reload.
    """

    def __init__(self, *also: signal.Signals) -> None:
        self._woken = threading.Event()
        self._over = False
        self._wish = False
        self._stopping: Callable[[], None] = lambda: None
        for name in ENDS:
            signal.signal(name, self._hear_end)
        for name in also:
            signal.signal(name, self._hear_wish)
        # A process that began this one in its own place has kept signals waiting until now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*ENDS, *also))

    def wait(self, stopping: Callable[[], None] = lambda: None) -> None:
        """Return once a signal to end has come; `stopping` is called first, in its handler."""
        while not self.heard(stopping):
            pass

    def heard(self, stopping: Callable[[], None], within: float | None = None) -> bool:
        """Wait for a signal, at most so many seconds; whether it was one to end.

        `stopping` is called first then, in the signal's handler.
        """
        self._stopping = stopping
        if self._over:
            stopping()
            return True
        self._woken.wait(within)
        self._woken.clear()
        return self._over

    def wished(self) -> bool:
        """Whether a wish was heard since this was last asked."""
        wished, self._wish = self._wish, False
        return wished

    @property
    def over(self) -> bool:
        """Whether a signal to end was heard."""
        return self._over

    def _hear_end(self, _number: int, _frame: object) -> None:
        self._stopping()
        self._over = True
        self._woken.set()

    def _hear_wish(self, _number: int, _frame: object) -> None:
        self._wish = True
        self._woken.set()


def until_stopped(stopping: Callable[[], None] = lambda: None) -> None:
    """Return once SIGINT or SIGTERM has come; `stopping` is called first, in its handler."""
    Ending().wait(stopping)
