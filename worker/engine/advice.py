"""Suggestions with what the store knows: who else sells the time, and where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.domain.conflict.alternatives import alternatives, crowded, usual_hours
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.suggestions import (
    Circumstances,
    Manners,
    Suggestion,
    movable,
    suggestions,
)
from worker.domain.event import Key, Role
from worker.domain.hours import hours_of
from worker.domain.instants import local, midnight
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource, around
from worker.store.store import Store

SEARCHED = 14 * DAY  # from the day of the event on
MOST_SEARCHED = 50  # findings of one report for which free times are looked up
# Open slots of others are somebody's chance: a move must not take them either.
_BOOKABLE = (Role.TAKEN, Role.OFFERED)


class Adviser:
    """Suggests ways out. `manners` are those of the accounts, `zone` is for resources without."""

    def __init__(
        self,
        store: Store,
        resources: Iterable[Resource],
        manners: Mapping[str, Manners],
        zone: str,
    ) -> None:
        self._store = store
        self._resources = {resource.id: resource for resource in resources}
        self._manners = manners
        self._zone = zone

    def advice(self, findings: Sequence[Finding], now: int) -> dict[str, tuple[Suggestion, ...]]:
        """The suggestions for each finding, by id.

        Free times are looked up for the first ones only, so that a long report stays quick.
        """
        searched = findings[:MOST_SEARCHED]
        numbers = {m.key.number for one in searched for m in movable(one)}
        events = self._store.events.by_number(numbers)
        found: dict[str, tuple[Suggestion, ...]] = {}
        for place, finding in enumerate(findings):
            free = self._free(finding, events, now) if place < MOST_SEARCHED else {}
            about = Circumstances(
                manners=self._manners,
                others=self._sellers(finding),
                free=free,
                zone=self.zone(finding.subject.id if finding.subject.type == "resource" else ""),
            )
            found[finding.id] = suggestions(finding, about)
        return found

    def zone(self, resource: str) -> str:
        """The zone in which times of a resource are told."""
        known = self._resources.get(resource)
        return (known.timezone if known else "") or self._zone

    def _sellers(self, finding: Finding) -> tuple[str, ...]:
        """The accounts that can sell the time of the finding's resource."""
        resource = self._resources.get(finding.subject.id)
        if finding.subject.type != "resource" or resource is None:
            return ()
        return tuple(sorted({account for account, _ in resource.bindings}))

    def _free(
        self, finding: Finding, events: Mapping[int, Stored], now: int
    ) -> dict[Key, tuple[Span, ...]]:
        found = {}
        for member in movable(finding):
            stored = events.get(member.key.number)
            if stored and set(stored.resources) & set(self._resources):
                found[member.key] = self._room_for(stored, finding, now)
        return found

    def _room_for(self, stored: Stored, finding: Finding, now: int) -> tuple[Span, ...]:
        """Where an event could go: all that it occupies is free then, and open."""
        known = [self._resources[id_] for id_ in stored.resources if id_ in self._resources]
        event = stored.event
        zone = self.zone(known[0].id)
        start = max(now, midnight(local(event.span.start, zone).date(), zone))
        search = Span(start, start + SEARCHED)
        taken = [event.span, *self._attended(finding, stored, search)]
        for resource in known:
            taken += self._taken(resource, search, event.key.number)
        return alternatives(taken, event.span.seconds, search)

    def _taken(self, resource: Resource, search: Span, apart: int) -> Iterator[Span]:
        zone = self.zone(resource.id)
        around_it = Span(search.start - SEARCHED, search.end)
        for one in (resource, *self._places_of(resource)):
            if one.virtual:
                continue
            own = self._spans(one, around_it, _BOOKABLE, apart)
            parallel = one.parallel if one is resource else 1
            yield from crowded(own, parallel, one.buffer)
            yield from self._spans(one, search, (Role.BLOCK,), apart)
            if one is resource:
                hours = hours_of(one.hours) if one.hours else usual_hours(own, zone)
                yield from hours.beyond(search, zone)

    def _places_of(self, resource: Resource) -> list[Resource]:
        """The places that a room lies in, and those that lie in it."""
        inner = [
            one for one in self._resources.values() if resource in around(one, self._resources)
        ]
        return [*around(resource, self._resources), *inner]

    def _spans(
        self, resource: Resource, window: Span, roles: Sequence[Role], apart: int
    ) -> list[Span]:
        stays = self._store.events.stays(resource.id, window, roles)
        return [Span(start, end) for start, end, number in stays if number != apart]

    def _attended(self, finding: Finding, stored: Stored, search: Span) -> list[Span]:
        """What the person of a finding attends besides: no way out if it clashes again."""
        if finding.kind is not FindingKind.PERSON_DOUBLE:
            return []
        attended = self._store.events.attended(finding.subject.id, search)
        apart = stored.event.key.number
        return [Span(start, end) for start, end, number in attended if number != apart]
