"""What a fault is, and the register that the other modules of this package fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.wire import Effect, Wire


@dataclass(slots=True)
class Incident:
    """One firing of a fault. `memory` is that of its vendor and lasts as long as its activation;
    `now` is epoch seconds;
    `others` counts the requests that the same vendor is answering at this moment; `simulator` is
    the vendor itself, None where there is only a function to ask.
    """

    vendor: str
    request: Request
    now: float
    random: Random
    variant: str
    memory: dict[str, Any]
    options: Mapping[str, Any]
    others: int = 0
    simulator: Any = None

    def number(self, name: str, default: float) -> float:
        """A numeric option of the activation."""
        return float(self.options.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A textual option of the activation."""
        return str(self.options.get(name, default))


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a request that a fault carried to the vendor in its own way.

    `answer` is what the simulator said, None if in the end it changed nothing; `response` is what
    is sent. `seen` is False where nobody can notice yet that the fault was there.
    """

    answer: Response | None
    response: Response
    wire: Wire | None = None
    arrives: bool = True
    effects: tuple[Effect, ...] = ()
    seen: bool = True


Handle = Callable[[Request], Response]
Carry = Callable[[Incident, Handle], Carried | None]
Instead = Callable[[Incident], Response | None]
Ask = Callable[[Incident], Request | None]
Alter = Callable[[Incident, Response], Response | None]
Send = Callable[[Incident], Wire | None]


@dataclass(frozen=True, slots=True)
class Fault:
    """An entry of the catalogue, with one effect; an effect that returns None did not apply.

    `instead` answers without asking the simulator, `ask` changes what it is asked, `carry` asks it
    in a way of its own, `alter` changes its answer, `send` changes how the answer travels; `loses`
    says that it does not arrive whole.
    """

    id: str
    title: str
    variants: tuple[str, ...] = ("",)
    instead: Instead | None = field(default=None, repr=False)
    ask: Ask | None = field(default=None, repr=False)
    carry: Carry | None = field(default=None, repr=False)
    alter: Alter | None = field(default=None, repr=False)
    send: Send | None = field(default=None, repr=False)
    loses: bool = False


CATALOGUE: dict[str, Fault] = {}


def _register(entry: Fault) -> None:
    if entry.id in CATALOGUE:
        raise ValueError(f"fault {entry.id} is defined twice")
    CATALOGUE[entry.id] = entry


def instead(name: str, title: str, *variants: str) -> Callable[[Instead], Instead]:
    """Register a fault that answers without asking the simulator."""

    def wrap(effect: Instead) -> Instead:
        _register(Fault(name, title, variants or ("",), instead=effect))
        return effect

    return wrap


def ask(name: str, title: str, *variants: str) -> Callable[[Ask], Ask]:
    """Register a fault that changes what the simulator is asked."""

    def wrap(effect: Ask) -> Ask:
        _register(Fault(name, title, variants or ("",), ask=effect))
        return effect

    return wrap


def carry(name: str, title: str, *variants: str) -> Callable[[Carry], Carry]:
    """Register a fault that asks the simulator itself: never, twice, late, or with a change."""

    def wrap(effect: Carry) -> Carry:
        _register(Fault(name, title, variants or ("",), carry=effect))
        return effect

    return wrap


def alter(name: str, title: str, *variants: str) -> Callable[[Alter], Alter]:
    """Register a fault that changes the simulator's answer."""

    def wrap(effect: Alter) -> Alter:
        _register(Fault(name, title, variants or ("",), alter=effect))
        return effect

    return wrap


def send(name: str, title: str, *variants: str, loses: bool = False) -> Callable[[Send], Send]:
    """Register a fault that changes how the answer travels."""

    def wrap(effect: Send) -> Send:
        _register(Fault(name, title, variants or ("",), send=effect, loses=loses))
        return effect

    return wrap
