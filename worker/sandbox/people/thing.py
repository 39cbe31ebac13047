"""What people see at a vendor's own pages, and what they can do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from worker.sandbox.written import mark_in

_COLLECTIONS = {
    ("canvas", "slot"): "calendar_events",
    ("canvas", "reservation"): "calendar_events",
    ("canvas", "group"): "appointment_groups",
    ("cliniko", "block"): "unavailable_blocks",
    ("cliniko", "group"): "group_appointments",
    ("cliniko", "individual"): "individual_appointments",
    ("appointment_one", "page"): "event",
    ("appointment_one", "appointment"): "appointment",
}


@dataclass(frozen=True, slots=True)
class Thing:
    """An object at a vendor. `text` is all that people wrote on it, `start` and `end` epoch
    seconds (0: it has no time of its own); `alive` is False once cancelled, archived or deleted.
    """

    vendor: str
    kind: str
    id: str
    start: int
    end: int
    text: str
    alive: bool = True

    @property
    def object(self) -> str:
        """As the ledger names it: the collection of the vendor's API, and the id."""
        return f"{_COLLECTIONS.get((self.vendor, self.kind), f'{self.kind}s')}/{self.id}"

    @property
    def mark(self) -> str:
        """The link id that its text carries, or an empty string."""
        return mark_in(self.text)


class Impossible(ValueError):
    """Nobody can do that at this vendor, or there is no such object."""


class Hand(Protocol):
    """One vendor's pages. Ids are texts; each method that makes something returns its id."""

    def things(self) -> list[Thing]:
        """Every object that takes or offers time, dead ones too where the vendor keeps them."""
        ...

    def move(self, thing: Thing, start: int) -> None:
        """Give it another start; it keeps its length."""
        ...

    def cancel(self, thing: Thing) -> None:
        """Cancel it; where the vendor has no such state, delete it."""
        ...

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """Change `title` or `notes`."""
        ...

    def delete(self, thing: Thing) -> None:
        """Take it away, as far as the vendor lets people."""
        ...

    def duplicate(self, thing: Thing, start: int) -> str:
        """Copy and paste it, texts included, to `start`."""
        ...

    def create(self, wish: Mapping[str, Any]) -> str:
        """Take time, as staff do: `start`, `end`, `notes`, and whose it is."""
        ...

    def book(self, wish: Mapping[str, Any]) -> str:
        """Take time or a place, as a customer does."""
        ...


def first(rows: Mapping[Any, Any], what: str) -> Any:
    """The first key of a table; raises Impossible if it is empty."""
    if not rows:
        raise Impossible(f"this account has no {what}")
    return next(iter(rows))


def told(wish: Mapping[str, Any], name: str) -> int:
    """An instant of a wish, in epoch seconds; raises Impossible if it is none."""
    value = wish.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Impossible(f"{name} is wanted, in epoch seconds")
    return int(value)


def texts(*parts: str | None) -> str:
    """Everything that is written on something, a line each."""
    return "\n".join(part for part in parts if part)
