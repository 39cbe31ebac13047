"""Findings of resources and of people: swept by numbers, only what may clash is loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from worker.domain.conflict.availability import outside
from worker.domain.conflict.buffer import Travel, buffers
from worker.domain.conflict.capacity import capacity_mismatches, overfull_room
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import duplicates, settled
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.conflict.sweep import Stay, clusters, runs
from worker.domain.event import Event, Key, Role
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource, ResourceKind, around
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
OF_PEOPLE = (FindingKind.PERSON_DOUBLE, FindingKind.LIMIT)


def of_resource(
    store: Store, rules: DetectionRules, resource: Resource, window: Span
) -> list[Finding]:
    """Everything that is wrong with one resource's time in `window`."""
    places = around(resource, rules.resources)
    numbers = set(_telling(store, rules, resource, [place.id for place in places], window))
    loaded = store.events.by_number(numbers)
    own = [one.event for one in loaded.values() if resource.id in one.resources]
    travel = Travel(rules.travel, _rooms_of(loaded, rules), _within(rules))
    return settled(
        [
            *doubles(resource, (one.event for one in loaded.values()), inside=places),
            *duplicates(resource, own),
            *buffers(resource, own, travel),
            *outside(resource, own, rules.zone_of(resource)),
            *overfull_room(resource, own),
        ]
    )


def _telling(
    store: Store, rules: DetectionRules, resource: Resource, places: list[str], window: Span
) -> Iterator[int]:
    """The numbers of the events that may clash, come too close or lie outside hours."""
    slack = rules.slack(resource)
    stays: list[Stay[int]] = []
    for start, end, number, role, before, after in store.events.occupied(
        [resource.id, *places], window
    ):
        stays.append((start - before - slack, end + after, number))
        if resource.seats or (role == Role.TAKEN and rules.closed(resource, Span(start, end))):
            yield number
    stays.sort()  # what is needed before an event may move it in front of an earlier one
    for cluster in clusters(stays):
        for _, _, number in cluster:
            yield number


def _rooms_of(
    loaded: dict[int, Stored], rules: DetectionRules
) -> Callable[[Event], Collection[str]]:
    rooms = {id_ for id_, one in rules.resources.items() if one.kind is ResourceKind.ROOM}
    by_key: dict[Key, list[str]] = {
        one.event.key: [id_ for id_ in one.resources if id_ in rooms] for one in loaded.values()
    }

    def rooms_of(event: Event) -> Collection[str]:
        return by_key.get(event.key, ())

    return rooms_of


def _within(rules: DetectionRules) -> dict[str, str]:
    return {id_: one.within for id_, one in rules.resources.items() if one.within}


def of_people(store: Store, people: Collection[str] | None, moment: Moment) -> list[Finding]:
    """Everybody among `people` (all, if None) who is in two places, or in too many or too few."""
    found = list(_people_twice(store, people, moment.window))
    known = [
        one.finding
        for one in store.findings.about([FindingKind.DUPLICATE]).values()
        if one.life.resolved_at is None
    ]
    kept = [one for one in settled(found, known) if one.kind is FindingKind.PERSON_DOUBLE]
    return [*kept, *_limits(store, people)]


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


def mismatches(store: Store) -> list[Finding]:
    """What stands for one thing in two systems, but has different numbers of places."""
    pairs = [
        [member.key.number for member in one.finding.members]
        for one in store.findings.about([FindingKind.DUPLICATE]).values()
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
