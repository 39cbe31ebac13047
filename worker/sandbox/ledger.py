"""The append-only record of every request that reached the sandbox, without its credentials."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.written import NOBODY, Written

_SECRET = re.compile(
    r"(?P<name>(?:^|(?<=&))[^=&]*(?:token|secret|password|api_?key|appsecret|appid)[^=&]*)=[^&]*",
    re.IGNORECASE,
)
_WAITS = ("retry-after", "x-ratelimit-reset")


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its outcome.

    `time` in seconds since the epoch by the sandbox's clock; `status` is what was sent (None:
    nothing was); `applied` says that the vendor changed state; `delivered` that the answer left
    whole; `notifications` counts the mails and messages that the vendor would have sent;
    `stated_wait` is the wait that the answer asked for, as sent (`retry-after: 30`).

    `actor` is `calsync` for a request, `person` for somebody at the vendor's own pages, `vendor`
    for what it does on its own account; then `of` is the number of the request that it does late
    or again (0: none). `object` is the collection and id that was written
    (`unavailable_blocks/17`), `mark` the link id that the body or that object carries.
    """

    number: int
    time: float
    vendor: str
    method: str
    path: str
    query: str
    body_hash: str
    status: int | None
    applied: bool
    delivered: bool
    notifications: int
    faults: tuple[str, ...]
    stated_wait: str
    actor: str = "calsync"
    object: str = ""
    mark: str = ""
    of: int = 0

    def document(self) -> dict[str, Any]:
        """The entry as JSON-ready values."""
        return asdict(self)


class Ledger:
    """Thread-safe; unbounded unless `cap` says how many of the newest entries to keep."""

    def __init__(self, cap: int | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=cap)
        self._count = 0
        self._marks: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def record(
        self,
        *,
        time: float,
        vendor: str,
        request: Request,
        sent: Response | None,
        applied: bool,
        delivered: bool,
        notifications: int = 0,
        faults: tuple[str, ...] = (),
        actor: str = "calsync",
        written: Written = NOBODY,
        of: int = 0,
    ) -> int:
        """Append one request; returns its number, counted from 1 without gaps."""
        with self._lock:
            self._count += 1
            entry = Entry(
                number=self._count,
                time=time,
                vendor=vendor,
                method=request.method,
                path=request.path,
                query=without_credentials(request.query),
                body_hash=hashlib.sha256(request.body).hexdigest() if request.body else "",
                status=None if sent is None else sent.status,
                applied=applied,
                delivered=delivered,
                notifications=notifications,
                faults=faults,
                stated_wait=_stated_wait(sent),
                actor=actor,
                object=written.object,
                mark=self._mark(vendor, written),
                of=of,
            )
            self._entries.append(entry)
            return entry.number

    def _mark(self, vendor: str, written: Written) -> str:
        """The mark of a write, which an object keeps in the ledger once it was seen on it."""
        key = (vendor, written.object)
        if written.mark and written.object:
            self._marks[key] = written.mark
        return written.mark or self._marks.get(key, "")

    def lost(self, number: int) -> None:
        """Note that the answer of this entry did not reach the caller after all."""
        with self._lock:
            if not self._entries:
                return
            index = number - self._entries[0].number
            if 0 <= index < len(self._entries):
                self._entries[index] = replace(self._entries[index], delivered=False)

    def entries(self, *, since: int = 0, vendor: str | None = None) -> list[Entry]:
        """The kept entries with a number above `since`, oldest first."""
        with self._lock:
            kept = list(self._entries)
        return [
            entry
            for entry in kept
            if entry.number > since and (vendor is None or entry.vendor == vendor)
        ]

    def writes(self) -> list[Entry]:
        """The entries that changed a vendor's state, oldest first."""
        return [entry for entry in self.entries() if entry.applied]

    def __len__(self) -> int:
        """How many requests were recorded, including those that the cap has pushed out."""
        with self._lock:
            return self._count


def without_credentials(query: str) -> str:
    """The query with the value of each parameter that may carry a secret removed."""
    return _SECRET.sub(lambda found: f"{found['name']}=removed", query)


def _stated_wait(sent: Response | None) -> str:
    headers: Iterable[tuple[str, str]] = () if sent is None else sent.headers
    found = [f"{name.lower()}: {value}" for name, value in headers if name.lower() in _WAITS]
    return ", ".join(found)
