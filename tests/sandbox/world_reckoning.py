"""What is wrong in a world, reckoned from the simulators alone and by trying everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.exchange import Request
from worker.sandbox.world import ACCOUNTS, WAYS, Member, Resource, World
from worker.sandbox.world.accounts import FRONTDESK_KEY
from worker.sandbox.world.calendar import HOME

EVENT = ("event", "")
FOREVER = 1 << 40


@dataclass(frozen=True)
class Seen:
    """An event as its simulator knows it to be true."""

    member: Member
    kind: str
    status: str
    start: int
    end: int
    title: str
    capacity: int | None
    attendees: int
    before: int
    after: int
    resources: frozenset[str]
    people: frozenset[str]

    @property
    def is_counted(self) -> bool:
        return self.status != "cancelled" and self.kind != "block"


@dataclass(frozen=True)
class Wrong:
    """A finding, as far as a planted one says what it is."""

    kind: str
    subject: tuple[str, str]
    members: frozenset[Member] = frozenset()
    start: int = 0
    end: int = 0


def planted(found: World) -> set[Wrong]:
    return {
        Wrong(one.kind, one.subject, frozenset(one.members), one.start, one.end)
        for one in found.planted
    }


def reckoned(found: World) -> set[Wrong]:
    """Every finding of the kinds that the world is about."""
    everything = seen(found)
    counted = [one for one in everything if one.is_counted]
    twice = set(_entered_twice(found, counted))
    clashes = {*_clashes(found, counted), *_people_twice(counted)}
    pairs = {one.members for one in twice}
    return {
        *twice,
        *(one for one in clashes if one.members not in pairs),
        *_mismatches(found, counted, pairs),
        *_too_close(found, counted),
        *_outside(found, everything),
        *_of_events(everything),
        *_limits(found, counted),
        *_pages(found),
        *_bindings(found),
    }


def events(found: World) -> list[tuple[str, dict[str, Any]]]:
    return [
        (account, event)
        for account, vendor in ACCOUNTS.items()
        for event in found.simulators[vendor].truth()
    ]


def seen(found: World) -> list[Seen]:
    rosters = _rosters(found)
    return [
        Seen(
            member=Member(account, event["native_id"], event["occurrence"]),
            kind=event["kind"],
            status=event["status"],
            start=_seconds(event["start"]),
            end=_seconds(event["end"]),
            title=event["title"],
            capacity=event["capacity"],
            attendees=event["attendees"],
            before=event["pad_before"] * 60,
            after=event["pad_after"] * 60,
            resources=frozenset(
                resource.id
                for resource in found.resources.values()
                if set(event["subjects"]) & set(resource.bindings.get(account, ()))
            ),
            people=frozenset(rosters[account, event["native_id"]]),
        )
        for account, event in events(found)
    ]


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _rosters(found: World) -> Mapping[tuple[str, str], set[str]]:
    """Who is on which roster, by account and native id; an address stands for a person."""
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    simulators: dict[str, Any] = found.simulators
    for row in simulators["acuity"].site.appointments.values():
        if not row.canceled:
            people["coaching", str(row.class_id or row.id)].add(f"email:{row.email.lower()}")
    for one in simulators["timify"].site.appointments.values():
        people["studio", one.id] |= {f"email:{who.email.lower()}" for who in one.customers}
    practice = simulators["cliniko"]
    for place in practice.attendees.values():
        if place.is_active:
            address = practice.patients[place.patient_id].email
            people["clinic", place.booking_id].add(f"email:{address.lower()}")
    campus = simulators["canvas"]
    for group in campus.groups:
        for slot in campus.slots(group):
            for child in campus.reservations(slot.id):
                people["campus", str(slot.id)].add(f"campus/user:{child.participant.id}")
    for event in simulators["appointment_one"].truth():
        shown = _desk(found, f"appointment/{event['native_id']}")
        people["frontdesk", event["native_id"]] = {
            f"email:{one.lower()}" for one in shown["attendees"]
        }
    return people


def _desk(found: World, path: str) -> Any:
    request = Request("GET", f"/api/v1/{path}", headers={"authorization": FRONTDESK_KEY})
    return json.loads(found.simulators["appointment_one"].handle(request).body)


def _runs(taken: Sequence[Seen], limit: int) -> Iterator[tuple[frozenset[Seen], int, int]]:
    """Between any two neighbouring edges, count who is there."""
    edges = sorted({edge for one in taken for edge in (one.start, one.end)})
    began, inside = None, set[Seen]()
    for start, end in [*pairwise(edges), (FOREVER, FOREVER)]:
        present = {one for one in taken if one.start < end and start < one.end}
        if len(present) > limit:
            began, inside = start if began is None else began, inside | present
        elif began is not None:
            yield frozenset(inside), began, start
            began, inside = None, set()


def _clashes(found: World, counted: Sequence[Seen]) -> Iterator[Wrong]:
    for resource in found.resources.values():
        own = _of(resource, counted)
        around = [one for one in counted if resource.within in one.resources]
        for members, start, end in _runs([*own, *around], resource.parallel):
            if members & set(own):
                kind = "LOCATION_DOUBLE" if resource.kind == "room" else "RESOURCE_DOUBLE"
                yield _wrong(kind, ("resource", resource.id), members, start, end)


def _people_twice(counted: Sequence[Seen]) -> Iterator[Wrong]:
    for person in {person for one in counted for person in one.people}:
        attended = [one for one in counted if person in one.people]
        for members, start, end in _runs(attended, 1):
            yield _wrong("PERSON_DOUBLE", ("person", person), members, start, end)


def _entered_twice(found: World, counted: Sequence[Seen]) -> Iterator[Wrong]:
    for resource in found.resources.values():
        for one, other in combinations(_of(resource, counted), 2):
            start, end = max(one.start, other.start), min(one.end, other.end)
            union = max(one.end, other.end) - min(one.start, other.start)
            alike = one.people & other.people or one.title.lower() == other.title.lower()
            if (
                one.member.account != other.member.account
                and abs(one.start - other.start) <= 300
                and (end - start) * 5 >= union * 4
                and alike
            ):
                yield _wrong("DUPLICATE", ("resource", resource.id), (one, other), start, end)


def _mismatches(
    found: World, counted: Sequence[Seen], pairs: Iterable[frozenset[Member]]
) -> Iterator[Wrong]:
    for pair in pairs:
        both = [one for one in counted if one.member in pair]
        start, end = min(one.start for one in both), max(one.end for one in both)
        if len({one.capacity for one in both} - {None}) > 1:
            yield _wrong("CAPACITY_MISMATCH", EVENT, both, start, end)
    for room in found.resources.values():
        for one in _of(room, counted):
            needed = one.attendees if one.capacity is None else one.capacity
            if room.seats and needed > room.seats:
                subject = ("resource", room.id)
                yield _wrong("CAPACITY_MISMATCH", subject, [one], one.start, one.end)


def _too_close(found: World, counted: Sequence[Seen]) -> Iterator[Wrong]:
    for resource in found.resources.values():
        own = _of(resource, counted)
        if resource.parallel > 1:
            assert not any(one.before or one.after for one in own)
            continue
        for after in own:
            earlier = [one for one in own if one.start < after.start]
            last = max((one.end for one in earlier), default=FOREVER)
            for before in earlier if last <= after.start else []:
                way = _way(found, before, after)
                need = max(before.after, after.before, resource.buffer * 60) + way
                if before.end == last and after.start - last < need:
                    kind = "TRAVEL" if way else "BUFFER"
                    subject = ("resource", resource.id)
                    yield _wrong(kind, subject, (before, after), last, after.start)


def _way(found: World, before: Seen, after: Seen) -> int:
    rooms = [
        {name for name in one.resources if found.resources[name].kind == "room"}
        for one in (before, after)
    ]
    if rooms[0] & rooms[1]:
        return 0
    ways = {frozenset((one, other)): minutes * 60 for one, other, minutes in WAYS}
    pairs = (frozenset((one, other)) for one in rooms[0] for other in rooms[1])
    return max((ways.get(pair, 0) for pair in pairs), default=0)


def _outside(found: World, everything: Sequence[Seen]) -> Iterator[Wrong]:
    for resource in found.resources.values():
        own = _of(resource, everything)
        blocks = [one for one in own if one.kind == "block" and one.status != "cancelled"]
        for one in own:
            if not one.is_counted or one.status == "offered":
                continue
            met = [block for block in blocks if one.start < block.end and block.start < one.end]
            closed = [
                minute
                for minute in range(one.start, one.end, 60)
                if any(block.start <= minute < block.end for block in met)
                or _is_closed(resource, minute)
            ]
            if closed:
                members = (one, *met)
                subject = ("resource", resource.id)
                yield _wrong("OUTSIDE_AVAILABILITY", subject, members, closed[0], closed[-1] + 60)


def _is_closed(resource: Resource, instant: int) -> bool:
    """All hours of the world are the same on every day."""
    if not resource.hours:
        return False
    days, _, window = resource.hours[0].partition(" ")
    opens, _, closes = window.partition("-")
    assert days == "Mon-Sun"
    return not opens <= f"{datetime.fromtimestamp(instant, ZoneInfo(HOME)):%H:%M}" < closes


def _of_events(everything: Sequence[Seen]) -> Iterator[Wrong]:
    for one in everything:
        if one.is_counted and one.capacity is not None and one.attendees > one.capacity:
            yield _wrong("OVER_CAPACITY", EVENT, [one], one.start, one.end)
        if one.status == "cancelled" and one.kind in ("group", "slot") and one.attendees:
            yield _wrong("ORPHAN", EVENT, [one], one.start, one.end)


def _limits(found: World, counted: Sequence[Seen]) -> Iterator[Wrong]:
    campus: Any = found.simulators["canvas"]
    for number, group in campus.groups.items():
        slots = {str(slot.id) for slot in campus.slots(number)}
        least = group.min_appointments_per_participant or 0
        most = group.max_appointments_per_participant or FOREVER
        mine = [one for one in counted if one.member.account == "campus" and one.member[1] in slots]
        for person in {person for one in mine for person in one.people}:
            taken = [one for one in mine if person in one.people]
            if not least <= len(taken) <= most:
                start, end = min(one.start for one in taken), max(one.end for one in taken)
                yield _wrong("LIMIT", ("person", person), taken, start, end)


def _pages(found: World) -> Iterator[Wrong]:
    for name in _open_pages(found):
        page = _desk(found, f"event/{name}")
        calendars = [_desk(found, f"calendar/{one}") for one in page["free_busy_calendars"]]
        if page["status"] == "active" and any(one["state"] != "ok" for one in calendars):
            yield Wrong("UNGUARDED_PAGE", ("page", f"frontdesk/{name}"))


def _open_pages(found: World) -> list[str]:
    return [row["id"] for row in _desk(found, "event")["events"]]


def _bindings(found: World) -> Iterator[Wrong]:
    shown: dict[str, set[str]] = defaultdict(set)
    for account, event in events(found):
        shown[account].update(event["subjects"])
    for name in _open_pages(found):
        calendars = _desk(found, f"event/{name}")["free_busy_calendars"]
        shown["frontdesk"] |= {f"event:{name}", *(f"calendar:{one}" for one in calendars)}
    for resource in found.resources.values():
        for account, names in resource.bindings.items():
            if not set(names) <= shown[account]:
                yield Wrong("ORPHAN", ("binding", f"{account}/{resource.id}"))


def _of(resource: Resource, some: Iterable[Seen]) -> list[Seen]:
    return [one for one in some if resource.id in one.resources]


def _wrong(
    kind: str, subject: tuple[str, str], members: Iterable[Seen], start: int, end: int
) -> Wrong:
    return Wrong(kind, subject, frozenset(one.member for one in members), start, end)
