"""Hands each request to its vendor, through the faults, and writes the ledger; opens no port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate

from worker.sandbox.exchange import Clock, Request, Response, Simulator
from worker.sandbox.faults import Faults
from worker.sandbox.ledger import Ledger
from worker.sandbox.wire import Delivery

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A POST that asks: it issues a token or checks a time, and leaves no event, block or roster behind.
_ASKING = (
    "/v1/auth/token",
    "/v1/auth/refreshtoken",
    "/api/v1/availability/check-times",
    "/api/v1/certificates/check",
)


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
        self._writing = {name: threading.Lock() for name in self.simulators}

    def exchange(self, vendor: str, request: Request) -> tuple[Delivery, int]:
        """Answer one request; returns the delivery and its number in the ledger.

        Writes to one vendor go one at a time, so that the notifications counted are their own.
        Raises KeyError for an unknown vendor.
        """
        simulator = self.simulators[vendor]
        if request.method == "HEAD" and not getattr(simulator, "answers_head", False):
            return self._deliver(vendor, request, lambda asked: simulator.handle(_as_get(asked)))
        if request.method in _SAFE:
            return self._deliver(vendor, request, simulator.handle)
        with self._writing[vendor]:
            return self._deliver(vendor, request, simulator.handle)

    def _deliver(
        self, vendor: str, request: Request, handle: Callable[[Request], Response]
    ) -> tuple[Delivery, int]:
        told_before = self._told(vendor)
        delivery = self.faults.deliver(vendor, request, handle, self.clock)
        delivery = _dated(delivery, self.clock.now())
        applied = _changed_something(request, delivery.answer)
        number = self.ledger.record(
            time=self.clock.now(),
            vendor=vendor,
            request=request,
            sent=delivery.response if delivery.response.status else None,
            applied=applied,
            delivered=delivery.arrives,
            notifications=self._told(vendor) - told_before if applied else 0,
            faults=delivery.faults,
        )
        return delivery, number

    def _told(self, vendor: str) -> int:
        return len(getattr(self.simulators[vendor], "notifications", ()))


def _as_get(request: Request) -> Request:
    """Rails and Express answer HEAD as GET; a simulator that does not says `answers_head`."""
    return replace(request, method="GET")


def _changed_something(request: Request, answer: Response | None) -> bool:
    if answer is None or request.method in _SAFE or request.path in _ASKING:
        return False
    return 200 <= answer.status < 300


def _dated(delivery: Delivery, now: float) -> Delivery:
    if any(name.lower() == "date" for name, _ in delivery.response.headers):
        return delivery
    headers = (("Date", formatdate(now, usegmt=True)), *delivery.response.headers)
    return replace(delivery, response=replace(delivery.response, headers=headers))
