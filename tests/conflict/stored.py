"""Many random calendars in one store, each with people, rooms and names of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.builders import at
from tests.conflict.calendars import ACCOUNTS, Calendar, changed
from tests.conflict.comparison import PLACES, SEATS, written
from worker.domain.conflict.finding import Finding
from worker.domain.event import Event, Key
from worker.domain.health import Health
from worker.domain.listing import Batch, Coverage, Sighting
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings, Resource, ResourceKind
from worker.engine.detect import detect
from worker.engine.rules import DetectionRules, Moment, Touched
from worker.store.polls import Ending, Polled
from worker.store.store import Store

NOW = at("2026-06-01T12:00")
WINDOW = Span(NOW - 400 * DAY, NOW + 400 * DAY)
FULL = Ending(Health(), Coverage.FULL, complete=True)
CHANGES = Ending(Health(), Coverage.CHANGES, complete=True)
EVERYTHING = Touched(None, None, None, ACCOUNTS)
TRAVEL = {"room:1 room:2": 600, "room:3 room:2": 1500}


@dataclass(frozen=True)
class Scene:
    """What is configured, and the events as vendors show them."""

    rules: DetectionRules
    events: tuple[Event, ...]


def scene(calendars: Iterable[Calendar]) -> Scene:
    """All calendars side by side; none has anything to do with another."""
    resources: dict[str, Resource] = {}
    travel: dict[tuple[str, str], int] = {}
    events: list[Event] = []
    for number, calendar in enumerate(calendars):
        resources |= {one.id: one for one in _resources(number, calendar)}
        events += [_own(number, event) for event in calendar.events]
        for pair, seconds in TRAVEL.items():
            one, other = (f"{number}-{name}" for name in pair.split())
            travel[one, other] = seconds
    bindings = Bindings(resources.values())
    return Scene(DetectionRules(resources, bindings, travel), tuple(events))


def _resources(number: int, calendar: Calendar) -> Iterator[Resource]:
    yield Resource(
        f"{number}-amy",
        "Amy",
        parallel=calendar.parallel,
        timezone=calendar.zone,
        bindings=_bound(f"{number}-amy"),
        hours=tuple(map(written, calendar.hours)),
        buffer=calendar.buffer * 60,
    )
    for name, around in zip(PLACES, (*PLACES[1:], ""), strict=True):
        yield Resource(
            f"{number}-{name}",
            name,
            ResourceKind.ROOM,
            calendar.parallel,
            timezone=calendar.zone,
            bindings=_bound(f"{number}-{name}"),
            within=f"{number}-{around}" if around else "",
            seats=SEATS,
        )


def _bound(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((account, name) for account in ACCOUNTS)


def _own(number: int, event: Event) -> Event:
    key = event.key
    return changed(
        event,
        key=Key(key.account, key.kind, f"{number}-{key.native_id}", key.occurrence),
        subjects=tuple(sorted(f"{number}-{name}" for name in ("amy", *event.subjects))),
        people=tuple(f"email:{person}.{number}@example.com" for person in event.people),
        series=f"{number}-{event.series}" if event.series else "",
    )


def poll(
    store: Store, rules: DetectionRules, account: str, events: Iterable[Event], ending: Ending
) -> Polled:
    """One poll of an account that shows these events."""
    store.accounts.register(account, "any", "")
    recording = store.polls.begin(
        account, WINDOW, NOW, resolve=rules.bindings.resources_of, redact=lambda answer: answer
    )
    mine = [event for event in events if event.key.account == account]
    recording.add(Batch(tuple(Sighting(event, b"{}") for event in mine)))
    return store.polls.finish(recording, ending, NOW)


def look(
    store: Store,
    rules: DetectionRules,
    touched: Touched = EVERYTHING,
    *,
    now: int = NOW,
    since: int = WINDOW.start,
) -> None:
    """Detection, with every account fresh and complete."""
    detect(store, rules, touched, Moment(now, since, frozenset(ACCOUNTS)))


def standing(store: Store) -> dict[str, object]:
    """What the register has that is not resolved, by id, in comparable terms."""
    known = store.findings.all().values()
    return {one.finding.id: told(one.finding) for one in known if one.life.resolved_at is None}


def told(finding: Finding) -> object:
    """All that a finding says, but for the types that storing it may change."""
    return (
        finding.kind,
        finding.subject.ref,
        finding.span,
        tuple(sorted((member.key, member.span) for member in finding.members)),
        (finding.peak, finding.limit, finding.flags),
        {name: _plain(value) for name, value in finding.evidence},
    )


def _plain(value: object) -> object:
    return list(value) if isinstance(value, (tuple, list)) else value
