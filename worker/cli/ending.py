"""How commands that serve come to their end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def until_stopped(stopping: Callable[[], None] = lambda: None) -> None:
    """Return once SIGINT or SIGTERM has come; `stopping` is called first, in its handler."""
    over = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stopping()
        over.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    over.wait()
