"""What the seeded world consists of: resources, planted findings, and scripted changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Subject = tuple[str, str]  # whose matter it is: a type, and an id of that type


WAYS = (("hall", "harbour", 30),)  # minutes from one room to another, or back


class Guest(NamedTuple):
    """Somebody of the story, with the address that they leave wherever they book."""

    first: str
    last: str
    email: str

    @property
    def name(self) -> str:
        """As it stands on a roster."""
        return f"{self.first} {self.last}"


class Member(NamedTuple):
    """The identity of an event but for its kind: account id, native id, occurrence."""

    account: str
    native_id: str
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What must not be double-booked, and how each account calls it.

    `hours` are windows on the wall of the home zone, `buffer` is in minutes.
    """

    id: str
    name: str
    kind: str
    bindings: dict[str, list[str]]
    parallel: int = 1
    email: str = ""
    hours: tuple[str, ...] = ()
    buffer: int = 0
    seats: int = 0
    within: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """Something that is wrong: `[start, end)` in epoch seconds is when, as its kind defines it.

    `kind` is the finding's code; `preventable`: one member is only offered, nobody lost a place.
    `subject` is a resource by its id, a person by an address or the account's own number, a page or
    a binding by account and id; an event is one of the members, and then its id is empty. What
    concerns no time, such as a page, has neither members nor a start and an end.
    """

    name: str
    kind: str
    subject: Subject
    members: tuple[Member, ...] = ()
    start: int = 0
    end: int = 0
    preventable: bool = False


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What looks as if it were wrong and is not, and why."""

    name: str
    why: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One scripted change: the planted finding that it ends, by name, and the one that it makes.

    A finding that it changes has the same name before and after.
    """

    title: str
    change: Callable[[], Planted | None] = field(repr=False)
    ends: str = ""


class Bookings:
    """Which stretches of each resource are taken, so that only what is meant comes too close.

    `gaps` are the seconds that a resource needs between two stretches.
    """

    def __init__(self, gaps: Mapping[str, int]) -> None:
        self._gaps = gaps
        self._taken: dict[str, list[tuple[int, int]]] = {}

    def free(self, resources: tuple[str, ...], start: int, end: int) -> bool:
        """Whether none of the resources is taken within `[start, end)`, or too close to it."""
        return not any(
            start < taken_end + gap and taken_start < end + gap
            for resource in resources
            for gap in (self._gaps.get(resource, 0),)
            for taken_start, taken_end in self._taken.get(resource, ())
        )

    def take(self, resources: tuple[str, ...], start: int, end: int) -> None:
        """Mark `[start, end)` as taken, whether it was free or not."""
        for resource in resources:
            self._taken.setdefault(resource, []).append((start, end))
