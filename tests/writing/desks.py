"""Accounts in memory that can be written to, whose every answer a test decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.builders import NOW, StillClock, event
from tests.engine.practice import Practice
from worker.domain.absence import AbsenceRules
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.copies import CopyPolicy
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Intent, Purpose, Written
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings, Resource
from worker.engine.cycle import Cycle, Settings
from worker.engine.poll import Source
from worker.engine.push_rules import PushRules
from worker.engine.reconciler import Reconciled, Reconciler
from worker.engine.rules import DetectionRules
from worker.store.store import Store
from worker.vendors.base import Ambiguous, Capabilities, Rejected, Vanished

ACCOUNTS = ("clinic", "studio", "campus")
ALL = Capabilities(read=True, create=True, move=True, remove=True, hold=True)


@dataclass
class Desk(Practice):
    """Keeps holds and copies on a grid of `grid` seconds, and counts what was sent to it.

    `loses` lets an answer get lost after (`True`) or before (`False`) the write was applied.
    """

    capabilities: Capabilities = ALL
    grid: int = 1
    loses: list[bool] = field(default_factory=list)
    refusing: str = ""
    strips: bool = False
    sent: list[str] = field(default_factory=list)
    told: int = 0
    made: int = 0

    def refuses(self, intent: Intent) -> str:
        return "" if intent.calendar else "there is no calendar"

    def shape(self, intent: Intent) -> Intent:
        start = intent.span.start - intent.span.start % self.grid
        end = -(-intent.span.end // self.grid) * self.grid
        return replace(intent, span=Span(start, end))

    def create(self, intent: Intent) -> Written:
        self.sent.append("create")
        self._refuse()
        before = self._lost(applied=False)
        self.made += 1
        kind = Kind.BLOCK if intent.purpose is Purpose.HOLD else Kind.GROUP
        made = Event(
            key=Key(self.account, kind, f"ours-{self.made}"),
            status=Status.HELD if kind is Kind.BLOCK else Status.OFFERED,
            span=intent.span,
            title=intent.title,
            location=intent.location,
            subjects=(intent.calendar,),
            capacity=intent.capacity,
            mark="" if self.strips else intent.link,
        )
        self.events.append(made)
        self._lost(applied=True, due=before)
        return Written(made.key, made)

    def update(self, key: Key, intent: Intent) -> Written:
        self.sent.append("update")
        self._refuse()
        before = self._lost(applied=False)
        there = self.find(key)
        if there is None:
            raise Vanished("gone")
        changed = replace(
            there,
            span=intent.span,
            title=intent.title,
            location=intent.location,
            capacity=intent.capacity,
        )
        self.put(changed)
        self._lost(applied=True, due=before)
        return Written(key, changed)

    def delete(self, key: Key, reason: str) -> None:
        del reason
        self.sent.append("delete")
        self._refuse()
        before = self._lost(applied=False)
        self.events = [one for one in self.events if one.key != key]
        self._lost(applied=True, due=before)

    def probe(self, intent: Intent) -> Written | None:
        for one in self.events:
            if one.mark == intent.link:
                return Written(one.key, one)
        return None

    def find(self, key: Key) -> Event | None:
        return next((one for one in self.events if one.key == key), None)

    def put(self, changed: Event) -> None:
        self.events = [changed if one.key == changed.key else one for one in self.events]

    def ours(self) -> list[Event]:
        return [one for one in self.events if one.key.native_id.startswith("ours-")]

    def _refuse(self) -> None:
        if self.refusing:
            raise Rejected(self.refusing)

    def _lost(self, *, applied: bool, due: bool = False) -> bool:
        """Lose an answer if one is to be lost here; says whether one is to be lost later."""
        if applied:
            if due:
                raise Ambiguous("the connection broke off")
            return False
        if not self.loses:
            return False
        if self.loses.pop(0):
            return True
        raise Ambiguous("the connection broke off")


class Rig:
    """Several desks, one store, and cycles in one line. Amy works at all of them."""

    def __init__(
        self,
        directory: Path,
        *,
        holds: Sequence[HoldPolicy] | None = None,
        copies: Sequence[CopyPolicy] = (),
        limits: Limits | None = None,
        parallel: int = 1,
        clock: StillClock | None = None,
        desks: dict[str, Desk] | None = None,
    ) -> None:
        self.directory = directory
        self.clock = clock or StillClock()
        self.desks = desks or {name: Desk(account=name) for name in ACCOUNTS}
        self.amy = Resource(
            id="amy",
            name="Amy",
            parallel=parallel,
            bindings=tuple((name, f"calendar:{name}") for name in sorted(self.desks)),
        )
        everybody = frozenset(self.desks)
        default = HoldPolicy("*", everybody, everybody)
        self.rules = PushRules(
            holds=tuple([default] if holds is None else holds),
            copies=tuple(copies),
            resources={"amy": self.amy},
            limits=limits or Limits(first_run=False),
        )
        self.start()

    def start(self) -> None:
        """What a new process does; the old one's objects are dropped."""
        self.store = Store(f"sqlite:///{self.directory / 'calsync.db'}")
        for name in self.desks:
            self.store.accounts.register(name, "desk", "one login")
        sources = [Source(name, desk, 120) for name, desk in self.desks.items()]
        settings = Settings(
            detection=DetectionRules({"amy": self.amy}, Bindings([self.amy])),
            past=DAY,
            future=90 * DAY,
            stale_after=900,
            absence=AbsenceRules(),
        )
        self.engine = Cycle(self.store, sources, settings, self.clock)
        self.engine.prepare()
        from worker.engine.cycle import source_states

        self.writing = Reconciler(
            self.store,
            sources,
            self.rules,
            self.clock,
            lambda: source_states(
                self.store.accounts.all(), self.desks, int(self.clock.now()), settings
            ),
        )

    def poll(self) -> None:
        for name in self.desks:
            self.engine.poll(name)

    def cycle(self, mode: str = "apply", later: int = 120) -> Reconciled:
        """Poll everybody, then plan and push, two minutes after the last time."""
        self.clock.time += later
        self.poll()
        found = self.writing.cycle(mode)
        assert found is not None
        return found

    def sent(self) -> list[str]:
        """Every write that reached a desk since this was last asked."""
        found = [word for desk in self.desks.values() for word in desk.sent]
        for desk in self.desks.values():
            desk.sent.clear()
        return found

    def book(self, account: str, native_id: str, hours: float, **fields: object) -> Event:
        """Somebody books Amy `hours` from the beginning, for an hour."""
        booked = event(
            native_id,
            NOW + int(hours * 3600),
            account=account,
            subjects=(f"calendar:{account}",),
            title="private",
            **fields,
        )
        self.desks[account].events.append(booked)
        return booked

    def holds(self) -> dict[str, list[tuple[float, float]]]:
        """(from, to) in hours of each hold, by account."""
        return {
            name: sorted(
                ((one.span.start - NOW) / 3600, (one.span.end - NOW) / 3600) for one in desk.ours()
            )
            for name, desk in self.desks.items()
        }


Change = Callable[[Rig], None]
