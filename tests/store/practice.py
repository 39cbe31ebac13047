"""What the tests of the store share: a store with two accounts, and polls of it in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.builders import NOW, WEEK
from worker.domain.absence import Absent
from worker.domain.event import Event, Key
from worker.domain.health import Health
from worker.domain.listing import Batch, Coverage, Quarantined, Sighting, Template
from worker.domain.span import Span
from worker.store.polls import Ending, Polled
from worker.store.recording import Recording
from worker.store.store import Store

COMPLETE = Ending(Health(), Coverage.FULL, complete=True)
INCOMPLETE = Ending(Health(), Coverage.FULL, complete=False, reason="a page failed")
CHANGES = Ending(Health(), Coverage.CHANGES, complete=True)


def amy(_account: str, subjects: Sequence[str]) -> tuple[str, ...]:
    """Binds every practitioner to the resource of the same number."""
    return tuple(sorted(f"r{name.partition(':')[2]}" for name in subjects))


def begun(store: Store, window: Span = WEEK, now: int = NOW, account: str = "clinic") -> Recording:
    return store.polls.begin(account, window, now, resolve=amy, redact=lambda answer: answer)


def sighted(one: Event, answer: bytes = b'{"id":1}') -> Sighting:
    return Sighting(one, answer)


def batch(
    *events: Event, quarantined: Sequence[Quarantined] = (), templates: Sequence[Template] = ()
):
    return Batch(tuple(map(sighted, events)), tuple(quarantined), tuple(templates))


def polled(
    store: Store,
    *events: Event,
    now: int = NOW,
    ending: Ending = COMPLETE,
    window: Span = WEEK,
    gone: Sequence[Absent] = (),
    absent: Sequence[Absent] = (),
) -> Polled:
    """One whole poll that shows these events."""
    recording = begun(store, window, now)
    recording.add(batch(*events))
    ending = replace(ending, gone=tuple(gone), absent=tuple(absent))
    return store.polls.finish(recording, ending, now)


def missing(one: Event, polls: int = 1, since: int = NOW) -> Absent:
    return Absent(one.key, one.span, polls, since)


def found(store: Store, key: Key):
    """What is stored of an event, or None."""
    return store.events.by_number([key.number]).get(key.number)


def shown(store: Store, *events: Event) -> list[tuple[object, ...]]:
    """(start, status, revision) of each event as it is stored."""
    entries = [found(store, one.key) for one in events]
    return [(e.event.span.start, str(e.event.status), e.revision) if e else () for e in entries]
