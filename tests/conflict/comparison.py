"""Both judgements of one calendar, kind by kind: the slow reference's, and the product's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from tests.conflict import reference, reference_rules
from tests.conflict.calendars import ACCOUNTS, Calendar
from worker.domain.conflict.availability import outside
from worker.domain.conflict.buffer import Travel, buffers
from worker.domain.conflict.capacity import capacity_mismatches, over_capacity, overfull_room
from worker.domain.conflict.data import self_overlaps
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import duplicates
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event, Key
from worker.domain.subject import Resource, ResourceKind

PEOPLE = ("p1", "p2", "p3")
SERIES = ("s1", "s2")
SEATS = 2
WAYS = {("room:1", "room:2"): 10, ("room:3", "room:2"): 25}  # minutes, either way
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PLACES = ("room:1", "room:2", "room:3")  # each in the next

Both = tuple[object, object]  # what the reference says, what the product says


def resource_of(calendar: Calendar, kind: ResourceKind = ResourceKind.PERSON) -> Resource:
    """Whose calendar it is."""
    return Resource("r", "R", kind, calendar.parallel, timezone=calendar.zone)


def clash(finding: Finding) -> reference.Clash:
    """A finding in the reference's terms."""
    evidence = dict(finding.evidence)
    return reference.Clash(
        finding.span.start,
        finding.span.end,
        keys(finding),
        finding.peak,
        (evidence["peak_start"], evidence["peak_end"]),
        finding.limit,
        finding.flags,
    )


def keys(finding: Finding) -> tuple[Key, ...]:
    """Who is in it, sorted."""
    return tuple(sorted(member.key for member in finding.members))


def resource_double(calendar: Calendar) -> Both:
    found = doubles(resource_of(calendar), calendar.events)
    return reference.doubles(calendar.events, calendar.parallel), sorted(map(clash, found))


def location_double(calendar: Calendar) -> Both:
    """Of a room in a suite in a building."""
    taking = [[e for e in calendar.events if name in e.subjects] for name in PLACES]
    room, *inside = (
        Resource(
            name,
            name,
            ResourceKind.ROOM,
            calendar.parallel,
            bindings=tuple((account, name) for account in ACCOUNTS),
        )
        for name in PLACES
    )
    expected = reference.nested_doubles(taking[0], taking[1:], calendar.parallel)
    found = doubles(room, calendar.events, inside=inside)
    return expected, sorted(map(clash, found))


def person_double(calendar: Calendar) -> Both:
    events = calendar.events
    return (
        [reference.person_doubles(attended(events, person)) for person in PEOPLE],
        [sorted(map(clash, person_doubles(person, events))) for person in PEOPLE],
    )


def attended(events: Iterable[Event], person: str) -> list[Event]:
    """The events that have `person` on their roster."""
    return [event for event in events if person in event.people]


def duplicate(calendar: Calendar) -> Both:
    found = duplicates(resource_of(calendar), calendar.events)
    return reference_rules.duplicates(calendar.events), sorted(map(keys, found))


def full(calendar: Calendar) -> Both:
    found = (finding for event in calendar.events for finding in over_capacity(event))
    expected = (event.key for event in calendar.events if reference_rules.over_capacity(event))
    return [(key,) for key in sorted(expected)], sorted(map(keys, found))


def mismatch(calendar: Calendar) -> Both:
    pairs = list(combinations(calendar.events, 2))
    expected = (
        tuple(sorted((a.key, b.key))) for a, b in pairs if reference_rules.capacities_differ(a, b)
    )
    return sorted(expected), sorted(map(keys, capacity_mismatches(pairs)))


def seats(calendar: Calendar) -> Both:
    room = Resource("r", "R", ResourceKind.ROOM, seats=SEATS)
    expected = (e.key for e in calendar.events if reference_rules.overfull(e, SEATS))
    found = overfull_room(room, calendar.events)
    return [(key,) for key in sorted(expected)], sorted(map(keys, found))


def limit(calendar: Calendar) -> Both:
    of_series = {name: [e for e in calendar.events if e.series == name] for name in SERIES}
    expected = {name: reference_rules.limits(events) for name, events in of_series.items()}
    found = {
        name: {
            (finding.accounts[0], finding.subject.id): (
                finding.peak,
                finding.limit,
                *finding.flags,
            )
            for finding in limits(name, calendar.events)
        }
        for name in SERIES
    }
    return expected, found


def gap(calendar: Calendar) -> Both:
    resource = Resource("r", "R", buffer=calendar.buffer * 60)
    times = {pair: minutes * 60 for pair, minutes in WAYS.items()}
    travel = Travel(times, lambda event: event.subjects)
    expected = reference_rules.gaps(calendar.events, resource.buffer, way)
    found = (
        (finding.kind, as_gap(finding)) for finding in buffers(resource, calendar.events, travel)
    )
    kinds = [(FindingKind.TRAVEL if one.travel else FindingKind.BUFFER, one) for one in expected]
    return sorted(kinds), sorted(found)


def as_gap(finding: Finding) -> reference_rules.Gap:
    """A finding in the reference's terms."""
    before, after = (member.key for member in finding.members)
    evidence = dict(finding.evidence)
    need, travel = evidence["need_seconds"], evidence["travel_seconds"]
    return reference_rules.Gap(before, after, finding.span.seconds, need, travel)


def way(before: Event, after: Event) -> int:
    """Seconds of the longest way between any of their rooms; none where they share one."""
    if set(before.subjects) & set(after.subjects):
        return 0
    pairs = [(one, other) for one in before.subjects for other in after.subjects]
    return 60 * max(WAYS.get((a, b), WAYS.get((b, a), 0)) for a, b in pairs)


def availability(calendar: Calendar) -> Both:
    resource = Resource("r", "R", hours=tuple(map(written, calendar.hours)))
    expected = reference_rules.outside(calendar.events, calendar.hours, calendar.zone)
    found = {}
    for finding in outside(resource, calendar.events, calendar.zone):
        first, *blocks = (member.key for member in finding.members)
        evidence = dict(finding.evidence)
        found[first] = reference_rules.Unavailable(
            tuple(sorted(blocks)),
            evidence["blocked_seconds"],
            evidence["outside_hours_seconds"],
            (finding.span.start, finding.span.end),
        )
    return expected, found


def written(window: reference_rules.Window) -> str:
    """A window as the configuration has it."""
    days = f"{DAYS[window.first]}-{DAYS[window.last]}"
    since, until = (f"{at // 60:02}:{at % 60:02}" for at in (window.since, window.until))
    return f"{days} {since}-{until}"


def self_overlap(calendar: Calendar) -> Both:
    found = self_overlaps(calendar.events)
    return reference.self_overlaps(calendar.events), sorted(map(clash, found))


COMPARED: dict[str, Callable[[Calendar], Both]] = {
    "RESOURCE_DOUBLE": resource_double,
    "LOCATION_DOUBLE": location_double,
    "PERSON_DOUBLE": person_double,
    "DUPLICATE": duplicate,
    "OVER_CAPACITY": full,
    "CAPACITY_MISMATCH": mismatch,
    "CAPACITY_MISMATCH of a room": seats,
    "LIMIT": limit,
    "BUFFER and TRAVEL": gap,
    "OUTSIDE_AVAILABILITY": availability,
    "DATA_SELF_OVERLAP": self_overlap,
}


def disagreements(calendar: Calendar) -> Iterator[tuple[str, object, object]]:
    """(kind, what the reference says, what the product says) wherever they differ."""
    for kind, judge in COMPARED.items():
        expected, found = judge(calendar)
        if expected != found:
            yield kind, expected, found
