"""Findings of resources and of people: swept by numbers, only what may clash is loaded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from worker.domain.conflict.availability import outside
from worker.domain.conflict.buffer import NO_TRAVEL, Travel, buffers
from worker.domain.conflict.capacity import capacity_mismatches, overfull_room
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import duplicates, settled
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.conflict.register import Known
from worker.domain.conflict.sweep import Stay, clusters, runs
from worker.domain.event import Event, Kind, Role
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource, ResourceKind, around
from worker.engine.nearby import Nearby, nearby
from worker.engine.rules import DetectionRules, Moment
from worker.store.store import Store

OF_RESOURCES = (
    FindingKind.RESOURCE_DOUBLE,
    FindingKind.LOCATION_DOUBLE,
    FindingKind.BUFFER,
    FindingKind.TRAVEL,
    FindingKind.OUTSIDE_AVAILABILITY,
    FindingKind.DUPLICATE,
    FindingKind.CAPACITY_MISMATCH,  # a room's; those of pairs have an event as their subject
)
TWINS = (FindingKind.DUPLICATE,)
OF_PEOPLE = (FindingKind.PERSON_DOUBLE, FindingKind.LIMIT)
_AT_ONCE = 50  # resources whose events are held in memory together


def of_resources(
    store: Store, rules: DetectionRules, resources: Sequence[Resource], window: Span
) -> Iterator[Finding]:
    """Everything that is wrong with these resources' time in `window`."""
    asked = ((_with_places(rules, one), rules.slack(one)) for one in resources)
    swept = zip(resources, store.events.padded(asked, window), strict=True)
    while some := list(islice(swept, _AT_ONCE)):
        telling = [
            (resource, _clashing(stays) | _unfit(store, rules, resource, window))
            for resource, stays in some
        ]
        loaded = store.events.by_number({one for _, numbers in telling for one in numbers})
        for resource, numbers in telling:
            there = [loaded[number] for number in numbers if number in loaded]
            yield from of_resource(rules, resource, there)


def of_resource(
    rules: DetectionRules, resource: Resource, events: Collection[Stored]
) -> list[Finding]:
    """Everything that is wrong among those events that take the resource, or a place around it."""
    places = around(resource, rules.resources)
    own = [one.event for one in events if resource.id in one.resources]
    names = {place.id for place in places}
    through = [one.event for one in events if not names.isdisjoint(one.resources)]
    return settled(
        [
            *doubles(resource, [*own, *through], inside=places),
            *(duplicates(resource, own) if len({one.key.account for one in own}) > 1 else ()),
            *_too_close(rules, resource, events, own),
            *(outside(resource, own, rules.zone_of(resource)) if _limited(resource, own) else ()),
            *overfull_room(resource, own),
        ]
    )


def _too_close(
    rules: DetectionRules, resource: Resource, events: Iterable[Stored], own: Collection[Event]
) -> Iterator[Finding]:
    """What needs time between it, which by far most resources never ask for."""
    if rules.slack(resource) or any(one.pad_before or one.pad_after for one in own):
        travel = _travel(rules, events) if rules.travel else NO_TRAVEL
        yield from buffers(resource, own, travel)


def _limited(resource: Resource, own: Iterable[Event]) -> bool:
    """Whether anything can be booked outside a resource's availability at all."""
    return bool(resource.hours) or any(one.key.kind is Kind.BLOCK for one in own)


def near(
    store: Store, rules: DetectionRules, resource: Resource, places: Iterable[Span], window: Span
) -> Nearby:
    """What a change at these places (`Events.places`) can have to do with at a resource."""
    return nearby(store, _with_places(rules, resource), rules.slack(resource), places, window)


def _with_places(rules: DetectionRules, resource: Resource) -> list[str]:
    return [resource.id, *(place.id for place in around(resource, rules.resources))]


def _clashing(stays: Iterable[Stay[int]]) -> set[int]:
    """The numbers of what may clash or come too close."""
    return {number for cluster in clusters(stays) for _, _, number in cluster}


def _unfit(store: Store, rules: DetectionRules, resource: Resource, window: Span) -> set[int]:
    """The numbers of what may be too large for a room, or lies outside configured hours."""
    if not resource.seats and not resource.hours:
        return set()
    return {
        number
        for start, end, number, role in store.events.occupied(resource.id, window)
        if resource.seats or (role == Role.TAKEN and rules.closed(resource, Span(start, end)))
    }


def _travel(rules: DetectionRules, events: Iterable[Stored]) -> Travel:
    rooms = {id_ for id_, one in rules.resources.items() if one.kind is ResourceKind.ROOM}
    within = {id_: one.within for id_, one in rules.resources.items() if one.within}
    by_key = {one.event.key: [id_ for id_ in one.resources if id_ in rooms] for one in events}
    return Travel(rules.travel, lambda event: by_key.get(event.key, ()), within)


def of_people(store: Store, people: Collection[str] | None, moment: Moment) -> list[Finding]:
    """Everybody among `people` (all, if None) who is in two places, or in too many or too few."""
    found = list(_people_twice(store, people, moment.window))
    known = _twins_among(store, found) if found else ()
    kept = [one for one in settled(found, known) if one.kind is FindingKind.PERSON_DOUBLE]
    return [*kept, *_limits(store, people)]


def _twins_among(store: Store, clashes: Iterable[Finding]) -> Iterator[Finding]:
    """The duplicates that are known at the resources of these clashes."""
    numbers = {member.key.number for one in clashes for member in one.members}
    events = store.events.by_number(numbers).values()
    subjects = {f"resource:{resource}" for one in events for resource in one.resources}
    for one in store.findings.about(TWINS, subjects).values():
        if one.life.resolved_at is None:
            yield one.finding


def _people_twice(store: Store, people: Collection[str] | None, window: Span) -> Iterator[Finding]:
    for person, stays in _attendances(store, people, window):
        numbers = {number for run in runs(stays) for number in run.members}
        if numbers:
            loaded = store.events.by_number(numbers)
            yield from person_doubles(person, (one.event for one in loaded.values()))


def _attendances(
    store: Store, people: Collection[str] | None, window: Span
) -> Iterator[tuple[str, list[Stay[int]]]]:
    if people is not None:
        for person in people:
            yield person, list(store.events.attended(person, window))
        return
    current, stays = "", list[Stay[int]]()
    for person, start, end, number in store.events.attendances(window):
        if person != current:
            yield current, stays
            current, stays = person, []
        stays.append((start, end, number))
    yield current, stays


def _limits(store: Store, people: Collection[str] | None) -> Iterator[Finding]:
    asked = None if people is None else set(people)
    events = [one.event for one in store.events.limited(people).values()]
    for series in sorted({event.series for event in events}):
        for finding in limits(series, events):
            if asked is None or finding.subject.id in asked:
                yield finding


def mismatches(store: Store, twins: Mapping[str, Known]) -> list[Finding]:
    """What stands for one thing in two systems, but has different numbers of places.

    `twins` are findings of duplicates, by id.
    """
    pairs = [
        [member.key.number for member in one.finding.members]
        for one in twins.values()
        if one.life.resolved_at is None
    ]
    loaded = store.events.by_number({number for pair in pairs for number in pair})
    return list(capacity_mismatches(_present(pairs, loaded)))


def _present(
    pairs: Iterable[list[int]], loaded: dict[int, Stored]
) -> Iterator[tuple[Event, Event]]:
    for first, second in pairs:
        if first in loaded and second in loaded:
            yield loaded[first].event, loaded[second].event
