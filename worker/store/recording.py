"""How one poll gets into the store: collected as it comes in, visible all at once or not at all."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from worker.domain.absence import Absent
from worker.domain.event import Event, Key, Kind, fingerprint, role
from worker.domain.listing import Batch, Quarantined, Sighting, Template
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.tables import EVENT, STAGED

IN_MEMORY = 2_000  # changed events that are kept back before they are staged on disk
AT_ONCE = 500  # numbers asked for in one statement


LARGEST_NUMBER = 2**31 - 1


@dataclass(slots=True)
class Tally:
    """What a poll has shown so far."""

    rows: int = 0
    created: int = 0
    changed: int = 0


@dataclass(slots=True)
class Recording:
    """A poll under way. Made by `Polls.begin`; `add` batches, then hand it to `Polls.finish`.

    `seen` holds the numbers of all events shown, `returned` of those that had been missed before;
    memory grows by these numbers only, whatever the size of the account.
    """

    database: Database
    poll: int
    account: str
    key: bytes
    window: Span
    resolve: Callable[[str, Sequence[str]], tuple[str, ...]]
    redact: Callable[[bytes], bytes]
    seen: set[int] = field(default_factory=set)
    returned: set[int] = field(default_factory=set)
    quarantined: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    cursor: str | None = None
    tally: Tally = field(default_factory=Tally)
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict)
    staged: set[int] = field(default_factory=set)

    def add(self, batch: Batch) -> None:
        """Take in what one part of the listing shows."""
        self.gaps.update(dict.fromkeys(batch.gaps))
        self.cursor = batch.cursor or self.cursor
        self.tally.rows += len(batch.sightings) + len(batch.quarantined) + len(batch.templates)
        for row in batch.quarantined:
            self._quarantine(row)
        for template in batch.templates:
            self.templates[template.native_id] = template
        self._sight(batch.sightings)
        if len(self.waiting) >= IN_MEMORY:
            with self.database.writing() as connection:
                self.stage(connection)

    def see(self, sighting: Sighting) -> None:
        """Take in an event that was asked for by id."""
        self._sight([sighting])

    def stage(self, connection: Connection) -> None:
        """Put what is held in memory where the final transaction takes it from."""
        if self.waiting:
            numbers = self.waiting.keys() & self.staged
            for some in chunks(numbers):
                connection.execute(
                    delete(STAGED).where(
                        STAGED.c.account == self.account, STAGED.c.number.in_(some)
                    )
                )
            connection.execute(insert(STAGED), list(self.waiting.values()))
            self.staged |= self.waiting.keys()
            self.waiting = {}

    def absent(self, now: int) -> tuple[list[Absent], int]:
        """The live events of the window that were not shown, and how many live ones there are."""
        query = select(
            EVENT.c.number,
            EVENT.c.kind,
            EVENT.c.native_id,
            EVENT.c.occurrence,
            EVENT.c.start,
            EVENT.c.end,
            EVENT.c.missed_polls,
            EVENT.c.missed_since,
            EVENT.c.subjects,
            EVENT.c.series,
        ).where(EVENT.c.account == self.account, EVENT.c.status != "cancelled", within(self.window))
        found: list[Absent] = []
        live = 0
        with self.database.reading() as connection:
            for row in connection.execute(query):
                live += 1
                if row.number in self.seen or self._held_back(row.kind, row.native_id):
                    continue
                key = Key(self.account, Kind(row.kind), row.native_id, row.occurrence)
                since = now if row.missed_since is None else row.missed_since
                home = (*json.loads(row.subjects), row.series)
                span = Span(row.start, row.end)
                found.append(Absent(key, span, row.missed_polls + 1, since, home))
        return found, live

    def _held_back(self, kind: str, native_id: str) -> bool:
        return (kind, native_id) in self.quarantined or ("", native_id) in self.quarantined

    def _quarantine(self, row: Quarantined) -> None:
        if not row.native_id:
            self.gaps["a row has no id that can be read"] = None
        identity = row.native_id or "?" + blake2b(row.answer, digest_size=8).hexdigest()
        self.quarantined[(row.kind or "", identity)] = (row.reason, row.answer)

    def _sight(self, sightings: Sequence[Sighting]) -> None:
        events: dict[int, tuple[Event, bytes]] = {}
        for sighting in sightings:
            if reason := _unstorable(sighting.event):
                key = sighting.event.key
                self._quarantine(Quarantined(key.kind, key.native_id, reason, sighting.answer))
                continue
            event = replace(sighting.event, people=self._hashed(sighting.event.people))
            events[event.key.number] = (event, sighting.answer)
        known = self._known(events)
        for number, (event, answer) in events.items():
            self._compare(number, event, answer, known.get(number))
        self.seen |= events.keys()

    def _compare(
        self, number: int, event: Event, answer: bytes, known: tuple[bytes, bool] | None
    ) -> None:
        digest = fingerprint(event, self.key)
        if known is not None and known[0] == digest:
            if known[1]:
                self.returned.add(number)
            if number in self.waiting or number in self.staged:
                # It changed and changed back while the pages were read: the last word counts.
                self.waiting[number] = self._row(number, event, digest, answer)
            return
        if known is None and not self.window.shows(event.span):
            # A walk over changes shows what changed anywhere in time. What was never in the window
            # comes in when the window reaches it.
            return
        if number not in self.waiting and number not in self.staged:
            if known is None:
                self.tally.created += 1
            else:
                self.tally.changed += 1
        self.waiting[number] = self._row(number, event, digest, answer)

    def _known(self, numbers: Iterable[int]) -> dict[int, tuple[bytes, bool]]:
        found: dict[int, tuple[bytes, bool]] = {}
        columns = (EVENT.c.number, EVENT.c.fingerprint, EVENT.c.missed_polls, EVENT.c.gone_at)
        with self.database.reading() as connection:
            for some in chunks(numbers):
                query = select(*columns).where(EVENT.c.number.in_(some))
                for number, digest, missed, gone_at in connection.execute(query):
                    found[number] = (
                        b"" if gone_at is not None else bytes(digest),
                        missed > 0,
                    )
        return found

    def _hashed(self, people: Sequence[str]) -> tuple[str, ...]:
        return tuple(
            sorted(
                {
                    blake2b(person.encode(), digest_size=12, key=self.key).hexdigest()
                    for person in people
                }
            )
        )

    def _row(self, number: int, event: Event, digest: bytes, answer: bytes) -> dict[str, Any]:
        return {
            "number": number,
            "account": self.account,
            "kind": event.key.kind,
            "native_id": event.key.native_id,
            "occurrence": event.key.occurrence,
            "status": event.status,
            "start": event.span.start,
            "end": event.span.end,
            "timezone": event.timezone,
            "title": event.title,
            "location": event.location,
            "subjects": json.dumps(event.subjects),
            "resources": json.dumps(self.resolve(self.account, event.subjects)),
            "capacity": event.capacity,
            "attendees": event.attendees,
            "people": json.dumps(event.people),
            "pad_before": event.pad_before,
            "pad_after": event.pad_after,
            "url": event.url,
            "series": event.series,
            "min_per_person": event.min_per_person,
            "max_per_person": event.max_per_person,
            "traits": json.dumps(event.traits),
            "mark": event.mark,
            "role": role(event),
            "fingerprint": digest,
            "poll": self.poll,
            "answer": zlib.compress(self.redact(answer), 1),
        }


def _unstorable(event: Event) -> str:
    """Why no database can hold this event, if so: numbers beyond 31 bits mean nothing here."""
    numbers = (
        event.capacity,
        event.attendees,
        event.pad_before,
        event.pad_after,
        event.min_per_person,
        event.max_per_person,
    )
    if any(n is not None and not -LARGEST_NUMBER <= n <= LARGEST_NUMBER for n in numbers):
        return "a number is too large to mean anything"
    return ""


def within(window: Span) -> Any:
    """The condition for events that `window` shows: see `Span.shows`."""
    proper = (EVENT.c.start < window.end) & (EVENT.c.end > window.start)
    point = (EVENT.c.start == EVENT.c.end) & (EVENT.c.start == window.start)
    return proper | point


def chunks(numbers: Iterable[int]) -> Iterator[list[int]]:
    """As many numbers at a time as one statement takes."""
    rest = iter(numbers)
    while some := list(islice(rest, AT_ONCE)):
        yield some
