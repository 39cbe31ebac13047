"""Hands each request to its vendor, through the faults, and writes the ledger; opens no port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate

from worker.sandbox.exchange import Clock, Request, Response, Simulator, is_safe, is_write
from worker.sandbox.faults import Faults
from worker.sandbox.ledger import Ledger
from worker.sandbox.wire import Delivery, Effect
from worker.sandbox.written import NOBODY, Written, written


@dataclass(frozen=True, slots=True, eq=False)
class _Due:
    """Something that the vendor will do at an instant, because of request number `of`."""

    at: float
    vendor: str
    request: Request
    effect: Effect
    of: int
    written: Written


class Switchboard:
    """Simulators by the name under which they are reached, e.g. `{"canvas": Canvas(…)}`."""

    def __init__(
        self,
        simulators: Mapping[str, Simulator],
        *,
        clock: Clock,
        faults: Faults | None = None,
        ledger: Ledger | None = None,
    ) -> None:
        self.simulators = dict(simulators)
        self.clock = clock
        self.faults = Faults(0) if faults is None else faults
        self.ledger = Ledger() if ledger is None else ledger
        self._writing = {name: threading.RLock() for name in self.simulators}
        self._due: list[_Due] = []

    def exchange(self, vendor: str, request: Request) -> tuple[Delivery, int]:
        """Answer one request; returns the delivery and its number in the ledger.

        Writes to one vendor go one at a time, so that the notifications counted are their own.
        Raises KeyError for an unknown vendor.
        """
        simulator = self.simulators[vendor]
        self.settle()
        if request.method == "HEAD" and not getattr(simulator, "answers_head", False):
            return self._deliver(vendor, request, lambda asked: simulator.handle(_as_get(asked)))
        if is_safe(request):
            return self._deliver(vendor, request, simulator.handle)
        with self._writing[vendor]:
            return self._deliver(vendor, request, simulator.handle)

    def _deliver(
        self, vendor: str, request: Request, handle: Callable[[Request], Response]
    ) -> tuple[Delivery, int]:
        told_before = self._told(vendor)
        simulator = self.simulators[vendor]
        delivery = self.faults.deliver(vendor, request, handle, self.clock, simulator)
        delivery = _dated(delivery, self.clock.now())
        writes = is_write(request)
        applied = writes and delivery.was_applied
        number = self.ledger.record(
            time=self.clock.now(),
            vendor=vendor,
            request=request,
            sent=delivery.response if delivery.response.status else None,
            applied=applied,
            delivered=delivery.arrives,
            notifications=self._told(vendor) - told_before if applied else 0,
            faults=delivery.faults,
            written=written(request, delivery.answer) if writes else NOBODY,
        )
        self._schedule(vendor, request, delivery, number)
        return delivery, number

    def settle(self) -> None:
        """Let the vendors do what is due by the clock: late writes, queued mails, people."""
        if not self._due:
            return
        now = self.clock.now()
        for due in sorted(self._due, key=lambda one: one.at):
            if due.at <= now and due in self._due:
                self._due.remove(due)
                self._happen(due)

    def act(self, vendor: str, actor: str, what: Request, do: Callable[[], Written]) -> int:
        """Do something at a vendor that is no request of calsync's, and write it down.

        `what` names it in the ledger; `do` returns what was written, nothing changed if it raises.
        """
        with self._writing[vendor]:
            told_before = self._told(vendor)
            touched = do()
            return self.ledger.record(
                time=self.clock.now(),
                vendor=vendor,
                request=what,
                sent=None,
                applied=True,
                delivered=False,
                notifications=self._told(vendor) - told_before,
                actor=actor,
                written=touched,
            )

    def _schedule(self, vendor: str, request: Request, delivery: Delivery, number: int) -> None:
        now = self.clock.now()
        what = written(request, delivery.answer or delivery.response)
        for effect in delivery.effects:
            self._due.append(_Due(now + effect.seconds, vendor, request, effect, number, what))
        if delivery.effects:
            self.settle()

    def _happen(self, due: _Due) -> None:
        with self._writing[due.vendor]:
            told_before = self._told(due.vendor)
            changed = due.effect.act()
            told = self._told(due.vendor) - told_before
            if changed or told:
                self.ledger.record(
                    time=due.at,
                    vendor=due.vendor,
                    request=due.request,
                    sent=None,
                    applied=changed,
                    delivered=False,
                    notifications=told,
                    actor=due.effect.actor,
                    written=due.written,
                    of=due.of,
                )

    def _told(self, vendor: str) -> int:
        return len(getattr(self.simulators[vendor], "notifications", ()))


def _as_get(request: Request) -> Request:
    """Rails and Express answer HEAD as GET; a simulator that does not says `answers_head`."""
    return replace(request, method="GET")


def _dated(delivery: Delivery, now: float) -> Delivery:
    if any(name.lower() == "date" for name, _ in delivery.response.headers):
        return delivery
    headers = (("Date", formatdate(now, usegmt=True)), *delivery.response.headers)
    return replace(delivery, response=replace(delivery.response, headers=headers))
