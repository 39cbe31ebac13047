"""What the worker logged in a run: only its own faults are of interest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import structlog

FAULTS = ("poll.fault", "push.fault")


class Journal:
    """Counts events by name; `faults` are those that say that calsync itself has failed."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.faults: list[str] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Take the log in, instead of printing it."""
        before = structlog.get_config()
        structlog.configure(processors=[self._take], cache_logger_on_first_use=False)
        try:
            yield
        finally:
            structlog.configure(**before)

    def _take(self, _logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        self.events[event["event"]] += 1
        if event["event"] in FAULTS:
            self.faults.append(_told(event))
        raise structlog.DropEvent


def _told(event: MutableMapping[str, Any]) -> str:
    import sys

    error = sys.exception()
    return f"{event['event']} {event.get('account', '')}: {type(error).__name__}: {error}"
