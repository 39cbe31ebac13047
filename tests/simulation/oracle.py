"""What should stand at the vendors, reckoned from their own state and without any of calsync's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tests.simulation.town import ACCOUNTS, VENDORS, Town
from worker.domain.instants import instant
from worker.sandbox.people.crowd import People
from worker.sandbox.people.thing import Thing

Object = tuple[str, str]  # a vendor, and collection and id there


class Place(NamedTuple):
    """Time at one calendar of one account."""

    account: str
    calendar: str
    start: int
    end: int


@dataclass(frozen=True)
class Shown:
    """One event as its vendor knows it, with the objects that it may be."""

    account: str
    native_id: str
    kind: str
    status: str
    start: int
    end: int
    subjects: tuple[str, ...]


_KINDS = {
    ("cliniko", "block"): "block",
    ("cliniko", "single"): "individual",
    ("cliniko", "group"): "group",
    ("acuity", "block"): "block",
    ("acuity", "single"): "appointment",
    ("canvas", "slot"): "slot",
    ("timify", "block"): "timeshift",
    ("appointment_one", "single"): "appointment",
}


def shown(town: Town) -> list[Shown]:
    """Everything that takes or offers time now, at all vendors."""
    found = []
    for vendor, simulator in town.simulators.items():
        account = ACCOUNTS[vendor]
        for row in simulator.truth():
            if row["status"] == "cancelled":
                continue
            if account == "frontdesk" and row["native_id"] not in town.listed:
                continue  # nothing tells of these
            found.append(
                Shown(
                    account,
                    row["native_id"],
                    row["kind"],
                    row["status"],
                    instant(row["start"]),
                    instant(row["end"]),
                    tuple(row["subjects"]),
                )
            )
    return found


def object_of(one: Shown) -> Object:
    """The object that the ledger names for an event."""
    vendor = VENDORS[one.account]
    kind = _KINDS.get((vendor, one.kind), "appointment")
    return vendor, Thing(vendor, kind, one.native_id, 0, 0, "").object


def wanted(
    town: Town, ours: Collection[Object], targets: Collection[str], now: int
) -> Counter[Place]:
    """The holds that the rule of a town asks for: one per origin and other account."""
    found: Counter[Place] = Counter()
    for one in shown(town):
        if one.status not in ("booked", "held") or object_of(one) in ours or one.end <= now:
            continue
        for bound in town.bindings.values():
            if bound.get(one.account) not in one.subjects:
                continue
            for target in sorted(set(targets) & bound.keys() - {one.account}):
                found[Place(target, bound[target], one.start, one.end)] += 1
    return found


def standing(town: Town, ours: Collection[Object], now: int) -> Counter[Place]:
    """The holds that there are."""
    found: Counter[Place] = Counter()
    for one in shown(town):
        if object_of(one) in ours and one.end > now:
            for bound in town.bindings.values():
                if (calendar := bound.get(one.account)) in one.subjects:
                    found[Place(one.account, str(calendar), one.start, one.end)] += 1
    return found


def marked(people: People, town: Town) -> Mapping[tuple[str, str], list[Thing]]:
    """The living objects by vendor and mark."""
    found: dict[tuple[str, str], list[Thing]] = {}
    for vendor in town.simulators:
        for thing in people.things(vendor):
            if thing.alive and thing.mark and thing.end:
                found.setdefault((vendor, thing.mark), []).append(thing)
    return found


def objects(people: People, town: Town) -> set[Object]:
    """Every living object."""
    return {
        (vendor, thing.object)
        for vendor in town.simulators
        for thing in people.things(vendor)
        if thing.alive
    }
