"""Who must not be double-booked, and how each account calls them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

EVERYTHING = "*"


class ResourceKind(StrEnum):
    """What a resource is; rooms are judged as places, persons and devices as resources."""

    PERSON = "person"
    ROOM = "room"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Resource:
    """A person, a room or a device.

    `parallel` events may take place at once. `bindings` are (account, the vendor's own name for
    it) pairs, sorted; the name `*` stands for every event of that account. `timezone` is an IANA
    name, or empty: then the account's counts. Names and addresses stay out of `repr`.

    `hours` are windows as `worker.domain.hours` reads them (`Mon-Fri 09:00-17:00`); none: always
    available. `buffer` seconds are kept free between two events. Rooms only: `within` is the id of
    the place that a room lies in, `seats` how many people it holds (None: not told), and a
    `virtual` one takes any number of events at once.
    """

    id: str
    name: str = field(repr=False)
    kind: ResourceKind = ResourceKind.PERSON
    parallel: int = 1
    email: str = field(default="", repr=False)
    timezone: str = ""
    bindings: tuple[tuple[str, str], ...] = ()
    hours: tuple[str, ...] = ()
    buffer: int = 0
    within: str = ""
    seats: int | None = None
    virtual: bool = False


def around(resource: Resource, resources: Mapping[str, Resource]) -> tuple[Resource, ...]:
    """The places that a resource lies in, the nearest first; `resources` are all, by id.

    A circle, which no checked configuration has, is followed once.
    """
    found: dict[str, Resource] = {}
    outer = resources.get(resource.within)
    while outer is not None and outer.id != resource.id and outer.id not in found:
        found[outer.id] = outer
        outer = resources.get(outer.within)
    return tuple(found.values())


class Bindings:
    """Finds the resources that an event occupies from the vendor's own names for them."""

    __slots__ = ("_everywhere", "_known", "_text")

    def __init__(self, resources: Iterable[Resource]) -> None:
        known: dict[str, dict[str, tuple[str, ...]]] = {}
        everywhere: dict[str, tuple[str, ...]] = {}
        pairs = sorted((pair, resource.id) for resource in resources for pair in resource.bindings)
        for (account, binding), resource in pairs:
            if binding == EVERYTHING:
                everywhere[account] = (*everywhere.get(account, ()), resource)
            else:
                names = known.setdefault(account, {})
                name = folded(binding)
                names[name] = (*names.get(name, ()), resource)
        self._known: Mapping[str, Mapping[str, tuple[str, ...]]] = known
        self._everywhere: Mapping[str, tuple[str, ...]] = everywhere
        self._text = json.dumps(pairs)

    def resources_of(self, account: str, subjects: Collection[str]) -> tuple[str, ...]:
        """The ids, sorted, of the resources that an event of `account` with `subjects` occupies."""
        found = set(self._everywhere.get(account, ()))
        names = self._known.get(account)
        if names:
            for subject in subjects:
                found.update(names.get(folded(subject), ()))
        return tuple(sorted(found))

    def digest(self) -> str:
        """A stable digest of all bindings, 32 hex digits: it changes where any of them does."""
        return blake2b(self._text.encode(), digest_size=16).hexdigest()


def folded(binding: str) -> str:
    """The form in which bindings are compared: vendors differ in how they write one e-mail address.

    Ids keep their case: at some vendors it matters.
    """
    return binding.lower() if "@" in binding else binding
