"""How one poll gets into the store: collected as it comes in, visible all at once or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, delete, select, text

from worker.domain.absence import Absent
from worker.domain.event import Key, Kind, Status, fingerprint
from worker.domain.listing import Batch, Quarantined, Sighting, Template
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.packing import columns, deflated, insert_plainly, listed, storable, unstorable
from worker.store.tables import EVENT, STAGED

IN_MEMORY = 2_000  # changed events that are kept back before they are staged on disk
AT_ONCE = 500  # values asked for in one statement

T = TypeVar("T")


@dataclass(slots=True)
class Tally:
    """What a poll has shown so far."""

    rows: int = 0
    created: int = 0
    changed: int = 0


@dataclass(slots=True)
class Recording:
    """A poll under way. Made by `Polls.begin`; `add` batches, then hand it to `Polls.finish`.

    `linked` names what is ours by (kind, native id), also where its vendor lost our mark. `seen`
    holds the numbers of all events shown, `returned` of those that had been missed before;
    memory grows by these numbers only, whatever the size of the account.
    """

    database: Database
    poll: int
    account: str
    key: bytes = field(repr=False)
    window: Span
    resolve: Callable[[str, Sequence[str]], tuple[str, ...]] = field(repr=False)
    redact: Callable[[bytes], bytes] = field(repr=False)
    linked: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)
    seen: set[int] = field(default_factory=set, repr=False)
    returned: set[int] = field(default_factory=set, repr=False)
    quarantined: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict, repr=False)
    templates: dict[str, Template] = field(default_factory=dict, repr=False)
    gaps: dict[str, None] = field(default_factory=dict)
    cursor: str | None = None
    tally: Tally = field(default_factory=Tally)
    waiting: dict[int, dict[str, Any]] = field(default_factory=dict, repr=False)
    staged: set[int] = field(default_factory=set, repr=False)

    def add(self, batch: Batch) -> None:
        """Take in what one part of the listing shows."""
        self.gaps.update(dict.fromkeys(batch.gaps))
        self.cursor = batch.cursor or self.cursor
        self.tally.rows += len(batch.sightings) + len(batch.quarantined) + len(batch.templates)
        for row in batch.quarantined:
            self._quarantine(row)
        for template in batch.templates:
            if storable(template.native_id, template.name, template.url or ""):
                self.templates[template.native_id] = template
            else:
                self.gaps["a booking page has characters that are none"] = None
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
            insert_plainly(connection, STAGED, self.waiting.values())
            self.staged.update(self.waiting)
            self.waiting = {}

    def absent(self, now: int) -> tuple[list[Absent], int]:
        """The live events of the window that were not shown, and how many live ones there are."""
        query = select(EVENT.c.number).where(
            EVENT.c.account == self.account, EVENT.c.status != Status.CANCELLED, within(self.window)
        )
        with self.database.reading() as connection:
            live = connection.execute(query).scalars().all()
            missed = [number for number in live if number not in self.seen]
            found = [
                _absent(row, now)
                for some in chunks(missed)
                for row in connection.execute(_MISSED, {"numbers": some})
                if not self._held_back(row.kind, row.native_id)
            ]
        return found, len(live)

    def _held_back(self, kind: str, native_id: str) -> bool:
        return (kind, native_id) in self.quarantined or ("", native_id) in self.quarantined

    def _quarantine(self, row: Quarantined) -> None:
        name = row.native_id if storable(row.native_id) else ""
        if not name:
            self.gaps["a row has no id that can be read"] = None
        identity = name or "?" + blake2b(row.answer, digest_size=8).hexdigest()
        packed = deflated(self.redact(row.answer))
        self.quarantined[(row.kind or "", identity)] = (row.reason, packed)

    def _sight(self, sightings: Sequence[Sighting]) -> None:
        if self.linked:
            sightings = [self._owned(sighting) for sighting in sightings]
        shown = {sighting.event.key.number: sighting for sighting in sightings}
        known = self._known(shown)
        for number, sighting in shown.items():
            self._compare(number, sighting, known.get(number))
        self.seen.update(shown)  # in place: `|=` with keys would copy the whole set for each page

    def _owned(self, sighting: Sighting) -> Sighting:
        """The same, known as ours by the link that stands for it: a mark may be lost or changed."""
        key = sighting.event.key
        link = self.linked.get((key.kind.value, key.native_id))
        if link is None or sighting.event.mark == link:
            return sighting
        return replace(sighting, event=replace(sighting.event, mark=link))

    def _compare(self, number: int, sighting: Sighting, known: tuple[bytes, bool] | None) -> None:
        event = sighting.event
        digest = fingerprint(event, self.key)
        same = known is not None and known[0] == digest
        if known is not None and same and known[1]:
            self.returned.add(number)
        # What changed and changed back while the pages were read is held: the last word counts.
        held = number in self.waiting or number in self.staged
        # A walk over changes shows what changed anywhere in time. What was never in the window
        # comes in when the window reaches it.
        elsewhere = known is None and not self.window.shows(event.span)
        if not held and (same or elsewhere):
            return
        if reason := unstorable(event):
            row = Quarantined(event.key.kind, event.key.native_id, reason, sighting.answer)
            self._quarantine(row)
            return
        if not held and known is None:
            self.tally.created += 1
        elif not held:
            self.tally.changed += 1
        self.waiting[number] = self._row(number, sighting, digest)

    def _known(self, numbers: Iterable[int]) -> dict[int, tuple[bytes, bool]]:
        """The fingerprint of each event (none where it was gone), and whether it was missed."""
        with self.database.reading() as connection:
            return {
                number: (b"" if gone_at is not None else bytes(digest), missed > 0)
                for some in chunks(numbers)
                for number, digest, missed, gone_at in connection.execute(
                    _KNOWN[connection.dialect.name], {"numbers": json.dumps(some)}
                ).all()
            }

    def _row(self, number: int, sighting: Sighting, digest: bytes) -> dict[str, Any]:
        event = sighting.event
        return columns(event, self.key) | {
            "number": number,
            "resources": listed(self.resolve(self.account, event.subjects)),
            "fingerprint": digest,
            "poll": self.poll,
            "answer": deflated(self.redact(sighting.answer)),
        }


# Asked once for each page of a listing: the numbers are one parameter, not one each.
_KNOWN = {
    dialect: select(
        EVENT.c.number, EVENT.c.fingerprint, EVENT.c.missed_polls, EVENT.c.gone_at
    ).where(EVENT.c.number.in_(text(source)))
    for dialect, source in (
        ("sqlite", "SELECT value FROM json_each(:numbers)"),
        ("postgresql", "SELECT value::bigint FROM json_array_elements_text(:numbers ::json)"),
    )
}
_MISSED = select(
    EVENT.c.account,
    EVENT.c.kind,
    EVENT.c.native_id,
    EVENT.c.occurrence,
    EVENT.c.start,
    EVENT.c.end,
    EVENT.c.missed_polls,
    EVENT.c.missed_since,
    EVENT.c.subjects,
    EVENT.c.series,
).where(EVENT.c.number.in_(bindparam("numbers", expanding=True)))


def _absent(row: Any, now: int) -> Absent:
    key = Key(row.account, Kind(row.kind), row.native_id, row.occurrence)
    since = now if row.missed_since is None else row.missed_since
    home = (*json.loads(row.subjects), row.series)
    return Absent(key, Span(row.start, row.end), row.missed_polls + 1, since, home)


def within(window: Span) -> Any:
    """The condition for events that `window` shows: see `Span.shows`."""
    return within_bounds(window.start, window.end)


def within_bounds(start: Any, end: Any) -> Any:
    """The same for bounds that a statement is given when it is asked."""
    proper = (EVENT.c.start < end) & (EVENT.c.end > start)
    point = (EVENT.c.start == EVENT.c.end) & (EVENT.c.start == start)
    return proper | point


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    """As many values at a time as one statement takes."""
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some
