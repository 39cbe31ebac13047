"""What the seeded world consists of: resources, planted double bookings, and scripted changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Member(NamedTuple):
    """The identity of an event but for its kind: account id, native id, occurrence."""

    account: str
    native_id: str
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """What must not be double-booked, and how each account calls it."""

    id: str
    name: str
    kind: str
    bindings: dict[str, list[str]]
    parallel: int = 1
    email: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """A true double booking: `[start, end)` in epoch seconds is the run above the limit.

    `kind` is the finding's code; `preventable`: one member is only offered, nobody lost a place.
    """

    name: str
    kind: str
    resource: str
    members: tuple[Member, ...]
    start: int
    end: int
    preventable: bool = False


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What looks like a double booking and is none, and why."""

    name: str
    why: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One scripted change, and what it does to the planted double bookings."""

    title: str
    change: Callable[[], Planted | None] = field(repr=False)
    ends: str = ""


class Bookings:
    """Which stretches of each resource are taken, so that only what is meant overlaps."""

    def __init__(self) -> None:
        self._taken: dict[str, list[tuple[int, int]]] = {}

    def free(self, resources: tuple[str, ...], start: int, end: int) -> bool:
        """Whether none of the resources is taken within `[start, end)`."""
        return not any(
            start < taken_end and taken_start < end
            for resource in resources
            for taken_start, taken_end in self._taken.get(resource, ())
        )

    def take(self, resources: tuple[str, ...], start: int, end: int) -> None:
        """Mark `[start, end)` as taken, whether it was free or not."""
        for resource in resources:
            self._taken.setdefault(resource, []).append((start, end))
