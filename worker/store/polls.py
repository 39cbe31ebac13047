"""Polls: begun, and finished in one transaction that shows everything they learnt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.absence import Absent
from worker.domain.event import Role, Status
from worker.domain.health import Health
from worker.domain.listing import Coverage, Cursor
from worker.domain.span import MINUTE, Span
from worker.store.accounts import account_values
from worker.store.asides import forget_asides, keep_asides
from worker.store.database import Database
from worker.store.links import linked_ids
from worker.store.participation import each, seat, unseat
from worker.store.recording import Recording, chunks
from worker.store.tables import (
    ACCOUNT,
    EVENT,
    META,
    OCCUPANCY,
    POLL,
    REVISION,
    STAGED,
)

# The columns of an event that its revisions remember.
STATE = (
    "status",
    "start",
    "end",
    "timezone",
    "title",
    "location",
    "subjects",
    "capacity",
    "attendees",
    "people",
    "pad_before",
    "pad_after",
    "url",
    "series",
    "traits",
    "mark",
)
COPIED = tuple(c.name for c in STAGED.columns)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a poll ended: the health it leaves, and whether it may be believed as a whole."""

    health: Health
    coverage: Coverage
    complete: bool
    reason: str = ""
    cursor: Cursor | None = None
    absent: tuple[Absent, ...] = ()  # missed, but not yet believed to be gone
    gone: tuple[Absent, ...] = ()  # confirmed gone by the vendor
    brake: str = ""
    brake_reason: str = ""

    @property
    def whole(self) -> bool:
        """Whether what was not shown is not there."""
        return self.complete and self.coverage is Coverage.FULL


@dataclass(frozen=True, slots=True)
class Polled:
    """What a finished poll did to the store.

    `touched` are the resources to look at again, `people` (keyed hashes) those on its rosters,
    `events` the numbers of the events that it brought, changed or believed gone.
    """

    poll: int
    rows: int
    created: int
    changed: int
    gone: int
    touched: frozenset[str]
    people: frozenset[str] = frozenset()
    events: frozenset[int] = frozenset()


class Polls:
    """Begins and finishes polls."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        account: str,
        window: Span,
        now: int,
        *,
        resolve: Callable[[str, Sequence[str]], tuple[str, ...]],
        redact: Callable[[bytes], bytes],
        zones: str = "",
    ) -> Recording:
        """Open a poll; what an earlier one of this account left behind unfinished is dropped.

        `zones` is the edition of the zone rules by which it reads local times.
        """
        with self._database.writing() as connection:
            _drop_unfinished(connection, account)
            poll = _opened(connection, account, window, now, zones)
            key = connection.execute(select(META.c.value).where(META.c.name == "key")).scalar_one()
            linked = linked_ids(connection, account)
        return Recording(
            database=self._database,
            poll=poll,
            account=account,
            key=bytes.fromhex(key),
            window=window,
            resolve=resolve,
            redact=redact,
            linked=linked,
        )

    def finish(self, recording: Recording, ending: Ending, now: int) -> Polled:
        """Show what the poll learnt, and its effect on the account: all of it, or nothing."""
        with self._database.writing() as connection:
            recording.stage(connection)
            touched = _touched(connection, recording, ending)
            created, changed, people = _merge(connection, recording, now)
            gone = [one.key.number for one in ending.gone]
            people |= believe_gone(connection, gone, recording.poll, now)
            _count_absences(connection, recording, ending, now)
            if ending.whole:
                forget_asides(connection, recording)
            keep_asides(connection, recording, now)
            _keep_account(connection, recording.account, ending)
            connection.execute(
                update(POLL)
                .where(POLL.c.id == recording.poll)
                .values(
                    finished_at=now,
                    coverage=ending.coverage,
                    complete=ending.complete,
                    reason=ending.reason or _braked(ending),
                    rows=recording.tally.rows,
                    created=created,
                    changed=changed,
                    gone=len(ending.gone),
                )
            )
        return Polled(
            poll=recording.poll,
            rows=recording.tally.rows,
            created=created,
            changed=changed,
            gone=len(ending.gone),
            touched=touched,
            people=frozenset(people),
            events=frozenset(recording.staged) | {one.key.number for one in ending.gone},
        )


def _braked(ending: Ending) -> str:
    """What a listing that is complete is not believed for."""
    return f"{ending.brake}: {ending.brake_reason}" if ending.brake else ""


def _drop_unfinished(connection: Connection, account: str) -> None:
    connection.execute(delete(STAGED).where(STAGED.c.account == account))
    unfinished = (POLL.c.account == account) & POLL.c.finished_at.is_(None)
    connection.execute(
        update(POLL)
        .where(unfinished)
        .values(finished_at=POLL.c.started_at, reason="the process ended during this poll")
    )


def _opened(connection: Connection, account: str, window: Span, now: int, zones: str) -> int:
    row = connection.execute(
        insert(POLL)
        .values(
            account=account,
            started_at=now,
            window_start=window.start,
            window_end=window.end,
            coverage=Coverage.FULL,
            complete=False,
            reason="",
            rows=0,
            created=0,
            changed=0,
            gone=0,
            zones=zones,
        )
        .returning(POLL.c.id)
    )
    return int(row.scalar_one())


def _mine(recording: Recording) -> Any:
    return STAGED.c.account == recording.account


def _touched(connection: Connection, recording: Recording, ending: Ending) -> frozenset[str]:
    """Every resource that an event of this poll had before, or has now."""
    found: set[str] = set()
    here = select(STAGED.c.number).where(_mine(recording))
    queries = [
        select(STAGED.c.resources).where(_mine(recording)).distinct(),
        select(EVENT.c.resources).where(EVENT.c.number.in_(here)).distinct(),
    ]
    gone = [absent.key.number for absent in ending.gone]
    queries += [
        select(EVENT.c.resources).where(EVENT.c.number.in_(some)).distinct()
        for some in chunks(gone)
    ]
    for query in queries:
        for text in connection.execute(query).scalars():
            found.update(json.loads(text))
    return frozenset(found)


def _merge(connection: Connection, recording: Recording, now: int) -> tuple[int, int, set[str]]:
    """Move what is staged into the events, and what it replaces into their revisions."""
    if not recording.staged:
        return 0, 0, set()
    differs = (EVENT.c.fingerprint != STAGED.c.fingerprint) | EVENT.c.gone_at.is_not(None)
    replaced = (
        select(EVENT.c.number)
        .join(STAGED, STAGED.c.number == EVENT.c.number)
        .where(_mine(recording), differs)
    )
    changed = _remember(connection, EVENT.c.number.in_(replaced), now)
    _upsert(connection, recording, now)
    numbers = select(STAGED.c.number).where(_mine(recording))
    connection.execute(delete(OCCUPANCY).where(OCCUPANCY.c.event.in_(numbers)))
    occupy(connection, EVENT.c.number.in_(numbers))
    people = seat(connection, numbers)
    _clear(connection, recording)
    return recording.tally.created, changed, people


def _clear(connection: Connection, recording: Recording) -> None:
    """Empty the staging table: as a whole, which costs next to nothing, where nobody shares it."""
    others = select(STAGED.c.account).where(STAGED.c.account != recording.account).limit(1)
    everything = delete(STAGED)
    alone = connection.execute(others).first() is None
    connection.execute(everything if alone else everything.where(_mine(recording)))


def _upsert(connection: Connection, recording: Recording, now: int) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    extra = ("revision", "created_at", "updated_at", "missed_polls")
    source = select(
        *(STAGED.c[name] for name in COPIED), literal(1), literal(now), literal(now), literal(0)
    ).where(_mine(recording))
    statement = dialect.insert(EVENT).from_select((*COPIED, *extra), source)
    newer = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["number"],
        set_={
            **{name: newer[name] for name in COPIED if name != "number"},
            "revision": EVENT.c.revision + 1,
            "updated_at": now,
            "missed_polls": 0,
            "missed_since": None,
            "gone_at": None,
        },
        where=(EVENT.c.fingerprint != newer.fingerprint) | EVENT.c.gone_at.is_not(None),
    )
    connection.execute(statement)


def _remember(connection: Connection, which: Any, now: int) -> int:
    """Write the present state of these events into their history."""
    columns = (EVENT.c.number, EVENT.c.revision, EVENT.c.poll, EVENT.c.answer)
    rows = connection.execute(select(*columns, *(EVENT.c[name] for name in STATE)).where(which))
    count = 0
    for some in rows.mappings().partitions(500):
        count += len(some)
        connection.execute(
            insert(REVISION),
            [
                {
                    "event": row["number"],
                    "revision": row["revision"],
                    "replaced_at": now,
                    "poll": row["poll"],
                    "answer": row["answer"],
                    "state": json.dumps({name: row[name] for name in STATE}),
                }
                for row in some
            ],
        )
    return count


def occupy(connection: Connection, which: Any) -> None:
    """List these events under each of their resources, unless they are cancelled."""
    resource = each(connection, EVENT.c.resources)
    source = (
        select(
            resource.c.value,
            EVENT.c.start,
            EVENT.c.end,
            EVENT.c.role,
            EVENT.c.number,
            EVENT.c.pad_before * MINUTE,
            EVENT.c.pad_after * MINUTE,
        )
        .select_from(EVENT)
        .join(resource, literal(True))
        .where(which, EVENT.c.role != Role.NONE)
    )
    names = ("resource", "start", "end", "role", "event", "before", "after")
    connection.execute(insert(OCCUPANCY).from_select(names, source))


def believe_gone(
    connection: Connection, gone: Iterable[int], poll: int | None, now: int
) -> set[str]:
    """End these events (by number), as their vendor says; returns who was on their rosters.

    `poll` is the one that asked; None where the vendor said so after a write of ours.
    """
    people: set[str] = set()
    for some in chunks(gone):
        which = EVENT.c.number.in_(some)
        _remember(connection, which, now)
        connection.execute(
            update(EVENT)
            .where(which)
            .values(
                status=Status.CANCELLED,
                role=Role.NONE,
                gone_at=now,
                updated_at=now,
                revision=EVENT.c.revision + 1,
                poll=EVENT.c.poll if poll is None else poll,
            )
        )
        connection.execute(delete(OCCUPANCY).where(OCCUPANCY.c.event.in_(some)))
        people |= unseat(connection, some)
    return people


def _count_absences(connection: Connection, recording: Recording, ending: Ending, now: int) -> None:
    for some in chunks(absent.key.number for absent in ending.absent):
        connection.execute(
            update(EVENT)
            .where(EVENT.c.number.in_(some))
            .values(
                missed_polls=EVENT.c.missed_polls + 1,
                missed_since=func.coalesce(EVENT.c.missed_since, now),
            )
        )
    for some in chunks(recording.returned):
        connection.execute(
            update(EVENT).where(EVENT.c.number.in_(some)).values(missed_polls=0, missed_since=None)
        )


def _keep_account(connection: Connection, account: str, ending: Ending) -> None:
    values = account_values(ending.health)
    del values["paused"]  # a person's word, and maybe newer than the beginning of this poll
    values |= {"brake": ending.brake, "brake_reason": ending.brake_reason}
    if ending.cursor:
        values |= {
            "cursor": ending.cursor.text,
            "cursor_start": ending.cursor.window.start,
            "cursor_end": ending.cursor.window.end,
            "full_at": ending.cursor.full_at,
        }
    connection.execute(update(ACCOUNT).where(ACCOUNT.c.id == account).values(values))
