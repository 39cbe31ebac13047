"""Decides which faults strike a request, and applies them; the same seed strikes the same way."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from worker.sandbox.exchange import Clock, Request, Response
from worker.sandbox.faults.catalogue import CATALOGUE, Carried, Fault, Handle, Incident
from worker.sandbox.wire import NOTHING, Delivery, Wire


@dataclass(slots=True)
class Activation:
    """A fault that is switched on, and for what. `seen` counts the requests that matched; what it
    remembers of one vendor (`memory`) is never shown by another.
    """

    fault: Fault
    vendor: str | None
    path: str | None
    method: str | None
    probability: float
    times: int | None
    after: int
    variant: str | None
    options: Mapping[str, Any]
    random: Random
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0

    def matches(self, vendor: str, request: Request) -> bool:
        """Whether it is meant for this request: exact vendor and method, path as a glob."""
        if self.vendor is not None and self.vendor != vendor:
            return False
        if self.method is not None and self.method != request.method:
            return False
        return self.path is None or fnmatchcase(request.path, self.path)

    def strikes(self) -> bool:
        """Throw the dice for one more matching request."""
        self.seen += 1
        if self.seen <= self.after or (self.times is not None and self.fired >= self.times):
            return False
        return self.probability >= 1 or self.random.random() < self.probability


class Faults:
    """The switchable faults of a sandbox; see `CATALOGUE` for what there is."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._active: list[Activation] = []
        self._fired: Counter[str] = Counter()
        self._in_flight: Counter[str] = Counter()
        self._lock = threading.Lock()

    def on(
        self,
        name: str,
        *,
        vendor: str | None = None,
        path: str | None = None,
        method: str | None = None,
        probability: float = 1.0,
        times: int | None = None,
        after: int = 0,
        variant: str | None = None,
        **options: Any,
    ) -> Activation:
        """Switch a fault on for the requests that match; returns its switch, with its counters.

        It strikes at most `times` times, not before `after` matching requests have passed, each
        time with `probability`. Without `variant` each strike draws one. Raises KeyError for an
        unknown fault, ValueError for an unknown variant.
        """
        fault = CATALOGUE[name]
        if variant is not None and variant not in fault.variants:
            raise ValueError(f"{name} has the variants {', '.join(fault.variants)}")
        with self._lock:
            random = Random(f"{self._seed}/{name}/{len(self._active)}")
            activation = Activation(
                fault, vendor, path, method, probability, times, after, variant, options, random
            )
            self._active.append(activation)
        return activation

    def off(self, name: str | None = None, *, vendor: str | None = None) -> None:
        """Switch faults off: all, or those of one id, or those of one vendor."""
        with self._lock:
            self._active = [
                activation
                for activation in self._active
                if (name is not None and activation.fault.id != name)
                or (vendor is not None and activation.vendor != vendor)
            ]

    def swarm(
        self,
        *,
        share: float = 0.15,
        probability: float = 0.05,
        among: Iterable[str] | None = None,
    ) -> list[Activation]:
        """Switch on the part of the catalogue that the seed picks, each with `probability`.

        `among` are the ids to pick from: by default those that strike a worker that only reads.
        """
        random = Random(f"{self._seed}/swarm")
        names = [name for name in CATALOGUE if name[0] not in "WM"] if among is None else among
        picked = [name for name in sorted(names) if random.random() < share]
        return [self.on(name, probability=probability) for name in picked]

    @property
    def active(self) -> list[Activation]:
        """What is switched on, in the order in which it was."""
        with self._lock:
            return list(self._active)

    @property
    def fired(self) -> dict[str, int]:
        """How often each fault has struck so far, by id."""
        with self._lock:
            return dict(self._fired)

    def deliver(
        self,
        vendor: str,
        request: Request,
        handle: Callable[[Request], Response],
        clock: Clock,
        simulator: Any = None,
    ) -> Delivery:
        """Ask the simulator through whatever is switched on for this request.

        Faults of writes need the `simulator` itself, and do not strike without it.
        """
        striking = self._striking(vendor, request)
        if not striking and not self._active:
            answer = handle(request)
            return Delivery(answer, answer)
        with self._lock:
            self._in_flight[vendor] += 1
        try:
            return self._strike(striking, vendor, request, handle, clock, simulator)
        finally:
            with self._lock:
                self._in_flight[vendor] -= 1

    def _striking(self, vendor: str, request: Request) -> list[Activation]:
        if not self._active:
            return []
        with self._lock:
            return [
                activation
                for activation in self._active
                if activation.matches(vendor, request) and activation.strikes()
            ]

    def _strike(
        self,
        striking: list[Activation],
        vendor: str,
        request: Request,
        handle: Callable[[Request], Response],
        clock: Clock,
        simulator: Any,
    ) -> Delivery:
        incidents = [
            (activation, self._incident(activation, vendor, request, clock.now(), simulator))
            for activation in striking
        ]
        applied: list[Activation] = []
        response = _answered_instead(incidents, applied)
        carried = None
        if response is None:
            carried = _carried(incidents, _asked(incidents, request, applied), handle, applied)
            response = _altered(incidents, carried.response, applied)
        wire = _sent(incidents, applied) or (carried.wire if carried else None)
        self._count(applied)
        arrives = response.status != NOTHING.status and (carried is None or carried.arrives)
        return Delivery(
            response,
            carried.answer if carried else None,
            tuple(activation.fault.id for activation in applied),
            wire,
            arrives=arrives and not any(activation.fault.loses for activation in applied),
            effects=carried.effects if carried else (),
        )

    def _incident(
        self, activation: Activation, vendor: str, request: Request, now: float, simulator: Any
    ) -> Incident:
        variant = activation.variant
        if variant is None:
            variant = activation.random.choice(activation.fault.variants)
        return Incident(
            vendor,
            request,
            now,
            activation.random,
            variant,
            activation.memory.setdefault(vendor, {}),
            activation.options,
            others=self._in_flight[vendor] - 1,
            simulator=simulator,
        )

    def _count(self, applied: list[Activation]) -> None:
        with self._lock:
            for activation in applied:
                activation.fired += 1
                self._fired[activation.fault.id] += 1


_Struck = list[tuple[Activation, Incident]]


def _answered_instead(incidents: _Struck, applied: list[Activation]) -> Response | None:
    for activation, incident in incidents:
        if activation.fault.instead is None:
            continue
        response = activation.fault.instead(incident)
        if response is not None:
            applied.append(activation)
            return response
    return None


def _asked(incidents: _Struck, request: Request, applied: list[Activation]) -> Request:
    for activation, incident in incidents:
        if activation.fault.ask is None:
            continue
        incident.request = request
        changed = activation.fault.ask(incident)
        if changed is not None:
            applied.append(activation)
            request = changed
    return request


def _carried(
    incidents: _Struck, request: Request, handle: Handle, applied: list[Activation]
) -> Carried:
    """The first fault that takes the request carries it; the others see it and stand back."""
    for activation, incident in incidents:
        if activation.fault.carry is None or incident.simulator is None:
            continue
        incident.request = request
        carried = activation.fault.carry(incident, handle)
        if carried is not None:
            if carried.seen:
                applied.append(activation)
            return carried
    answer = handle(request)
    return Carried(answer, answer)


def _altered(incidents: _Struck, answer: Response, applied: list[Activation]) -> Response:
    response = answer
    for activation, incident in incidents:
        if activation.fault.alter is None:
            continue
        changed = activation.fault.alter(incident, response)
        if changed is not None:
            applied.append(activation)
            response = changed
    return response


def _sent(incidents: _Struck, applied: list[Activation]) -> Wire | None:
    wire = None
    for activation, incident in incidents:
        if activation.fault.send is None:
            continue
        changed = activation.fault.send(incident)
        if changed is not None:
            applied.append(activation)
            wire = changed
    return wire
