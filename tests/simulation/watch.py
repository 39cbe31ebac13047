"""Looks at every request as it leaves, and at what became of it: what must hold at each instant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.simulation.host import Disk, Host
from tests.simulation.town import ACCOUNTS, VENDORS
from worker.domain.reconcile.plan import Action
from worker.sandbox.exchange import Request, is_write
from worker.sandbox.ledger import Entry
from worker.sandbox.people.crowd import People
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.transport import Hooks
from worker.sandbox.written import mark_in
from worker.store.values import action_of, unpacked

_SECONDS = re.compile(r"retry-after: (\d+(?:\.\d+)?)(?:,|$)")
_EPOCH = re.compile(r"x-ratelimit-reset: (\d{9,11})(?:,|$)")
Row = tuple[str, int]  # a write of the outbox: its run, and its number

UNSENT = "SELECT * FROM outbox WHERE state IN ('in_flight', 'ambiguous')"


@dataclass(frozen=True)
class Sent:
    """One request that writes, and the row of the outbox that it was sent for."""

    row: Row
    action: Action
    method: str
    path: str
    body: bytes


@dataclass
class Watch:
    """Hooks for the transport; `wrong` are sentences about what must not be.

    `numbers` holds for each row of the outbox the requests in the ledger that were sent for it;
    `lost` which of the ledger's waits were not on the disk when the process died.
    """

    host: Host
    board: Switchboard
    wrong: list[str] = field(default_factory=list)
    numbers: dict[Row, list[int]] = field(default_factory=dict)
    rows: dict[Row, dict[str, Any]] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)
    _sent: Sent | None = None
    _seen: int = 0

    def __post_init__(self) -> None:
        self.people = People(self.board)
        self.hooks = Hooks(self._before, self._applied, self._answered)

    def finish(self) -> None:
        """Take in what the last request came to."""
        for entry in self.board.ledger.entries(since=self._seen):
            self._seen = entry.number
            if entry.actor != "calsync":
                continue
            self._note_wait(entry)
            if self._sent is not None and entry.method == self._sent.method:
                self.numbers.setdefault(self._sent.row, []).append(entry.number)
                self._compare(entry, self._sent)
                self._sent = None

    def archive(self) -> None:
        """Remember what the outbox says: the store may be lost later."""
        for row in self.host.rows("SELECT * FROM outbox"):
            self.rows[row["run"], row["id"]] = dict(row)

    def died(self, _disk: Disk) -> None:
        """A wait that was not durable yet when the process died is nobody's fault."""
        self.finish()
        self._sent = None
        self.archive()
        self.recall()

    def recall(self) -> None:
        """From now on only the waits that the store knows count."""
        kept = {row["id"]: row["wait_until"] or 0 for row in self.host.rows(WAITS)}
        for vendor in list(self.waits):
            if kept.get(ACCOUNTS[vendor], 0) + 1 < self.waits[vendor] + self.host.clock.skew:
                del self.waits[vendor]

    def forgive(self) -> None:
        """The clock of the machine was set: no wait can be kept to by it."""
        self.finish()
        self.waits.clear()

    def _before(self, request: httpx.Request) -> None:
        self.finish()
        self.host.boundary("before request")
        vendor, below = request.url.path.removeprefix("/").split("/", 1)
        now = self.board.clock.now()
        if now < self.waits.get(vendor, 0.0):
            self.wrong.append(
                f"{vendor} was asked {self.waits[vendor] - now:g} s before its wait was over"
            )
        if is_write(Request(request.method, f"/{below}")):
            self._check_intent(vendor, request, below)

    def _applied(self, _request: httpx.Request) -> None:
        self.host.boundary("applied")

    def _answered(self, _response: httpx.Response) -> None:
        self.finish()
        self.host.boundary("answered")

    def _check_intent(self, vendor: str, request: httpx.Request, below: str) -> None:
        """C16: a request is sent only for a row of the outbox that says so already."""
        account = ACCOUNTS[vendor]
        body = request.read()
        mark = mark_in(body.decode("utf-8", "replace"))
        rows = [row for row in self.host.rows(UNSENT) if row["target"] == account]
        meant = [row for row in rows if not mark or row["link"] == mark] or []
        flying = [row for row in meant if row["state"] == "in_flight"] or meant
        if not flying:
            self.wrong.append(f"{request.method} /{below} was sent to {vendor} without an intent")
            return
        row = next(
            (one for one in flying if one["native_id"] and one["native_id"] in below), flying[-1]
        )
        key = row["run"], row["id"]
        self.rows[key] = dict(row)
        action = action_of(unpacked(row["action"]))
        self._sent = Sent(key, action, request.method, below, body)
        if request.method == "DELETE" and action.key and action.key.native_id not in below:
            self.wrong.append(f"DELETE /{below} was sent for {action.key.id}")

    def _compare(self, entry: Entry, sent: Sent) -> None:
        """What an undisturbed write left is what its intent says."""
        intent = sent.action.intent
        creates = sent.method == "POST" or sent.method in ("PUT", "PATCH")
        removes = entry.path.rsplit("/", 1)[-1] in ("archive", "cancel")
        if intent is None or not entry.applied or entry.faults or not creates or removes:
            return
        alive = [thing for thing in self.people.things(entry.vendor) if thing.alive]
        # The very object, where the ledger names it: somebody may have taken its mark away, or have
        # made another one with that mark.
        written = [thing for thing in alive if thing.object == entry.object]
        meant = written or [thing for thing in alive if thing.mark == intent.link]
        spans = {(thing.start, thing.end) for thing in meant}
        if spans and (intent.span.start, intent.span.end) not in spans:
            self.wrong.append(f"#{entry.number} left {sorted(spans)}, meant was {intent.span}")

    def _note_wait(self, entry: Entry) -> None:
        if entry.delivered and entry.status in (403, 429, 503):
            ends = [entry.time + float(one) for one in _SECONDS.findall(entry.stated_wait)]
            ends += [float(one) for one in _EPOCH.findall(entry.stated_wait)]
            if ends and max(ends) > entry.time:
                self.waits[entry.vendor] = max(ends)

    def made(self) -> set[tuple[str, str]]:
        """(vendor, id) of everything that was created for calsync, by ledger or outbox."""
        found = {
            (entry.vendor, entry.object.rpartition("/")[2])
            for entry in self.board.ledger.entries()
            if entry.actor == "calsync" and entry.applied and entry.method == "POST" and entry.mark
        }
        self.archive()
        return found | {
            (VENDORS[row["target"]], row["native_id"])
            for row in self.rows.values()
            if row["verb"] in ("create", "update") and not row["link"].startswith("resolution:")
        }

    def results(self) -> Iterable[tuple[Row, dict[str, Any], list[int]]]:
        """Each write of the outbox, with the requests that were sent for it."""
        for key, row in self.rows.items():
            yield key, row, self.numbers.get(key, [])


WAITS = "SELECT id, wait_until FROM account"
