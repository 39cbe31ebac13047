"""Suggestions with what the store knows: who else sells the time, and where there is room."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import replace

from worker.domain.conflict.alternatives import alternatives, crowded, usual_hours
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.openings import Heard, fitting
from worker.domain.conflict.suggestions import (
    Circumstances,
    Manners,
    Suggestion,
    movable,
    suggestions,
)
from worker.domain.event import Key, Kind, Role, Status
from worker.domain.hours import hours_of
from worker.domain.instants import local, midnight
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource, around
from worker.engine.inquiry import Inquiry
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
            found[finding.id] = suggestions(finding, self._about(finding, free, {}))
        return found

    def counsel(self, finding: Finding, now: int, inquiry: Inquiry) -> tuple[Suggestion, ...]:
        """The suggestions for one finding, with what its accounts themselves answer.

        May take as long as `inquiry` lets the accounts take. Raises StoreError and Stopped.
        """
        events = self._store.events.by_number({m.key.number for m in movable(finding)})
        free = self._free(finding, events, now)
        heard = {
            key: word
            for key, spans in free.items()
            if (word := self._heard(events[key.number], finding, spans, now, inquiry))
        }
        return suggestions(finding, self._about(finding, free, heard))

    def _about(
        self,
        finding: Finding,
        free: Mapping[Key, Sequence[Span]],
        heard: Mapping[Key, Heard],
    ) -> Circumstances:
        return Circumstances(
            manners=self._manners,
            others=self._sellers(finding),
            free=free,
            heard=heard,
            zone=self.zone(finding.subject.id if finding.subject.type == "resource" else ""),
        )

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
        search = self._search(stored, now)
        taken = self._all_taken(stored, finding, search)
        return alternatives(taken, stored.event.span.seconds, search)

    def _heard(
        self, stored: Stored, finding: Finding, free: Sequence[Span], now: int, inquiry: Inquiry
    ) -> Heard | None:
        """What the event's account says, as far as the store knows nothing against it."""
        event, search = stored.event, self._search(stored, now)
        if event.status is not Status.BOOKED or event.span.end <= now:
            return None
        if event.key.kind is Kind.SINGLE:
            # It needs time that is free. Others go where another of their kind takes its time.
            if not free:
                return None
            search = Span(free[0].start, search.end)
        word = inquiry.ask(stored, search)
        if word is None:
            return None
        account = event.key.account
        if word.note:
            return Heard(note=f"{account} {word.note}")
        theirs = {
            replace(event.key, native_id=one.native_id, occurrence="").number
            for one in word.openings
            if one.native_id
        }
        taken = self._all_taken(stored, finding, self._search(stored, now), theirs)
        if fit := fitting(word.openings, taken):
            return Heard(fit)
        sought = "its own free times" if event.key.kind is Kind.SINGLE else "others with room"
        return Heard(note=f"{account}, asked for {sought}, named none that fits")

    def _search(self, stored: Stored, now: int) -> Span:
        """Two weeks from the day of the event on, but nothing that is past."""
        zone = self.zone(next(id_ for id_ in stored.resources if id_ in self._resources))
        start = max(now, midnight(local(stored.event.span.start, zone).date(), zone))
        return Span(start, start + SEARCHED)

    def _all_taken(
        self, stored: Stored, finding: Finding, search: Span, theirs: Set[int] = frozenset()
    ) -> list[Span]:
        """When something that an event needs is taken, not counting the events `theirs`."""
        taken = [stored.event.span, *self._attended(finding, stored, search)]
        apart = stored.event.key.number
        for resource in (self._resources[i] for i in stored.resources if i in self._resources):
            taken += self._taken(resource, search, apart, theirs)
        return taken

    def _taken(
        self, resource: Resource, search: Span, apart: int, theirs: Set[int]
    ) -> Iterator[Span]:
        zone = self.zone(resource.id)
        around_it = Span(search.start - SEARCHED, search.end)
        for one in (resource, *self._places_of(resource)):
            if one.virtual:
                continue
            own = self._spans(one, around_it, _BOOKABLE, {apart})
            others = self._spans(one, around_it, _BOOKABLE, {apart, *theirs}) if theirs else own
            parallel = one.parallel if one is resource else 1
            yield from crowded(others, parallel, one.buffer)
            yield from self._spans(one, search, (Role.BLOCK,), {apart})
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
        self, resource: Resource, window: Span, roles: Sequence[Role], apart: Set[int]
    ) -> list[Span]:
        stays = self._store.events.stays(resource.id, window, roles)
        return [Span(start, end) for start, end, number in stays if number not in apart]

    def _attended(self, finding: Finding, stored: Stored, search: Span) -> list[Span]:
        """What the person of a finding attends besides: no way out if it clashes again."""
        if finding.kind is not FindingKind.PERSON_DOUBLE:
            return []
        attended = self._store.events.attended(finding.subject.id, search)
        apart = stored.event.key.number
        return [Span(start, end) for start, end, number in attended if number != apart]
