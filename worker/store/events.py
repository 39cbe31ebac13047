"""Events as they are now: looked up, listed, and bound to resources."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    CursorResult,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    update,
)

from worker.domain.event import Event, Key, Kind, Role, Status, Trait, numbered
from worker.domain.span import MINUTE, Span
from worker.domain.stored import Stored
from worker.store.database import Database
from worker.store.polls import occupy
from worker.store.recording import chunks, within
from worker.store.tables import ACCOUNT, EVENT, META, OCCUPANCY, PARTICIPATION, REVISION

Resolve = Callable[[str, Sequence[str]], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events to list; empty fields select nothing away."""

    accounts: Collection[str] = ()
    resources: Collection[str] = ()
    window: Span | None = None
    statuses: Collection[Status] = ()


class Events:
    """Reads the current events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, wanted: Wanted) -> Iterator[Stored]:
        """The events asked for, in order of start; read as they are consumed."""
        query = SELECT_EVENT.order_by(EVENT.c.start, EVENT.c.end, EVENT.c.number)
        if wanted.accounts:
            query = query.where(EVENT.c.account.in_(wanted.accounts))
        if wanted.statuses:
            query = query.where(EVENT.c.status.in_([str(s) for s in wanted.statuses]))
        if wanted.window:
            query = query.where(within(wanted.window))
        if wanted.resources:
            bound = select(OCCUPANCY.c.event).where(OCCUPANCY.c.resource.in_(wanted.resources))
            # Cancelled events occupy nothing: their resources stand in the event itself.
            asked = [
                EVENT.c.resources.contains(f'"{name}"', autoescape=True)
                for name in wanted.resources
            ]
            cancelled = EVENT.c.role == Role.NONE
            either = EVENT.c.number.in_(bound)
            for like in asked:
                either = either | (cancelled & like)
            query = query.where(either)
        with self._database.reading() as connection:
            yield from map(stored, connection.execution_options(yield_per=500).execute(query))

    def by_number(self, numbers: Collection[int]) -> dict[int, Stored]:
        """The events with these numbers, as far as they exist."""
        found: dict[int, Stored] = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                found.update(numbered_rows(connection.execute(_BY_NUMBER, {"numbers": some}).all()))
        return found

    def by_id(self, id_: str) -> Stored | None:
        """The event with this id (16 hex digits); None for text that is no id of any."""
        try:
            number = numbered(id_)
        except ValueError:
            return None
        return self.by_number([number]).get(number)

    def answer(self, number: int) -> bytes | None:
        """The redacted JSON that an event's current state was read from; None if not kept."""
        with self._database.reading() as connection:
            packed = connection.execute(
                select(EVENT.c.answer).where(EVENT.c.number == number)
            ).scalar_one_or_none()
        return zlib.decompress(packed) if packed else None

    def stays(
        self, resource: str, window: Span, roles: Collection[Role]
    ) -> Iterator[tuple[int, int, int]]:
        """(start, end, number) of what occupies a resource in `window`, in order of start."""
        query = (
            select(OCCUPANCY.c.start, OCCUPANCY.c.end, OCCUPANCY.c.event)
            .where(
                OCCUPANCY.c.resource == resource,
                OCCUPANCY.c.start < window.end,
                OCCUPANCY.c.end > window.start,
                OCCUPANCY.c.role.in_([str(role) for role in roles]),
            )
            .order_by(OCCUPANCY.c.start, OCCUPANCY.c.event)
        )
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=2000).execute(query)
            for start, end, number in rows:  # noqa: UP028 - a plain tuple for each
                yield start, end, number

    def occupied(self, resource: str, window: Span) -> Sequence[tuple[int, int, int, str]]:
        """(start, end, number, role) of what occupies a resource in `window`."""
        with self._database.reading() as connection:
            return _plain(connection.execute(_OCCUPIED, _values([resource], window)))

    def padded(
        self, asked: Iterable[tuple[Sequence[str], int]], window: Span
    ) -> Iterator[Sequence[tuple[int, int, int]]]:
        """For each (resources, slack) asked for: (start, end, number) of what occupies these.

        A stay is as long as the event with all that it needs around it, and `slack` seconds before
        it. Sorted; what occupies several of the resources comes several times.
        """
        with self._database.reading() as connection:
            for resources, slack in asked:
                query = _PADDED if len(resources) == 1 else _PADDED_IN_ANY
                values = _values(resources, window) | {"slack": slack}
                yield sorted(_plain(connection.execute(query, values)))

    def touching(
        self, resources: Sequence[str], slack: int, stretch: Span, window: Span
    ) -> Sequence[tuple[int, int, int]]:
        """Those of the same stays that share an instant with `stretch`, or touch it."""
        values = {"slack": slack, "first": stretch.start, "last": stretch.end}
        with self._database.reading() as connection:
            rows = connection.execute(_TOUCHING, _values(resources, window) | values)
            return sorted(_plain(rows))

    def places(self, numbers: Collection[int]) -> frozenset[Span]:
        """Where in time these events are, and ever were, each with all that it needs around it."""
        found: set[Span] = set()
        with self._database.reading() as connection:
            for some in chunks(numbers):
                values = {"numbers": some}
                found.update(_needed(*row) for row in connection.execute(_PLACES, values))
                for text in connection.execute(_FORMER, values).scalars():
                    former = json.loads(text)
                    found.add(_needed(*(former[name] for name in _PLACED)))
        return frozenset(found)

    def people_of(self, numbers: Collection[int]) -> frozenset[str]:
        """The people (keyed hashes) on the rosters of those of these events that take time."""
        found: set[str] = set()
        with self._database.reading() as connection:
            for some in chunks(numbers):
                query = select(PARTICIPATION.c.person).where(PARTICIPATION.c.event.in_(some))
                found.update(connection.execute(query).scalars())
        return frozenset(found)

    def attended(self, person: str, window: Span) -> Iterator[tuple[int, int, int]]:
        """(start, end, number) of what somebody is expected at in `window`, in order of start."""
        query = _ATTENDED.where(PARTICIPATION.c.person == person)
        for _, start, end, number in self._attendances(query, window):
            yield start, end, number

    def attendances(self, window: Span) -> Iterator[tuple[str, int, int, int]]:
        """The same of everybody: (person, start, end, number), in order of person and start."""
        yield from self._attendances(_ATTENDED, window)

    def limited(self, people: Collection[str] | None) -> dict[int, Stored]:
        """The events that these people (all, if None) attend and that limit how many one takes.

        All such events of each of them; of others on the same rosters only these.
        """
        found: dict[int, Stored] = {}
        limiting = EVENT.c.max_per_person.is_not(None) | (EVENT.c.min_per_person > 1)
        query = SELECT_EVENT.where(EVENT.c.series != "", limiting)
        attended = PARTICIPATION.c.event
        with self._database.reading() as connection:
            for some in [None] if people is None else chunks(people):
                theirs = query
                if some is not None:
                    mine = select(attended).where(PARTICIPATION.c.person.in_(some))
                    theirs = query.where(EVENT.c.number.in_(mine))
                found.update(numbered_rows(connection.execute(theirs).all()))
        return found

    def _attendances(self, query: Any, window: Span) -> Iterator[tuple[str, int, int, int]]:
        here = (PARTICIPATION.c.start < window.end) & (PARTICIPATION.c.end > window.start)
        ordered = query.where(here).order_by(
            PARTICIPATION.c.person, PARTICIPATION.c.start, PARTICIPATION.c.event
        )
        with self._database.reading() as connection:
            rows = connection.execution_options(yield_per=2000).execute(ordered)
            for person, start, end, number in rows:  # noqa: UP028 - a plain tuple for each
                yield person, start, end, number

    def count(self, window: Span) -> dict[str, int]:
        """How many events that are not cancelled each account has in `window`."""
        query = (
            select(EVENT.c.account, func.count())
            .where(EVENT.c.status != Status.CANCELLED, within(window))
            .group_by(EVENT.c.account)
        )
        with self._database.reading() as connection:
            return {account: count for account, count in connection.execute(query)}  # noqa: C416

    def rebind(self, digest: str, resolve: Resolve) -> bool:
        """Bind every event anew where the configured bindings (by `digest`) have changed."""
        with self._database.writing() as connection:
            known = connection.execute(
                select(META.c.value).where(META.c.name == "bindings")
            ).scalar_one_or_none()
            if known == digest:
                return False
            rows = connection.execute(
                select(EVENT.c.number, EVENT.c.account, EVENT.c.subjects, EVENT.c.resources)
            )
            rebound = [
                {"which": row.number, "bound": bound}
                for row in rows
                if (bound := json.dumps(resolve(row.account, json.loads(row.subjects))))
                != row.resources
            ]
            if rebound:
                connection.execute(
                    update(EVENT)
                    .where(EVENT.c.number == bindparam("which"))
                    .values(resources=bindparam("bound")),
                    rebound,
                )
            connection.execute(delete(OCCUPANCY))
            occupy(connection, EVENT.c.role != Role.NONE)
            connection.execute(delete(META).where(META.c.name == "bindings"))
            connection.execute(insert(META).values(name="bindings", value=digest))
            return True


_ATTENDED = select(
    PARTICIPATION.c.person, PARTICIPATION.c.start, PARTICIPATION.c.end, PARTICIPATION.c.event
)
_PLACED = ("start", "end", "pad_before", "pad_after")
_PLACES = select(*(EVENT.c[name] for name in _PLACED)).where(
    EVENT.c.number.in_(bindparam("numbers", expanding=True))
)
_FORMER = select(REVISION.c.state).where(REVISION.c.event.in_(bindparam("numbers", expanding=True)))

# Asked for each of thousands of resources: statements are ready, and rows come as the driver's.
_OCCUPYING = OCCUPANCY.c.role.in_(
    [literal_column(f"'{role}'") for role in (Role.TAKEN, Role.OFFERED, Role.BLOCK)]
)
_HERE = (
    (OCCUPANCY.c.start < bindparam("until")) & (OCCUPANCY.c.end > bindparam("since")) & _OCCUPYING
)
_OF_ONE = _HERE & (OCCUPANCY.c.resource == bindparam("resource"))
_OF_ANY = _HERE & OCCUPANCY.c.resource.in_(bindparam("resources", expanding=True))
_FROM = OCCUPANCY.c.start - OCCUPANCY.c.before - bindparam("slack", type_=BigInteger)
_TO = OCCUPANCY.c.end + OCCUPANCY.c.after
_OCCUPIED = select(OCCUPANCY.c.start, OCCUPANCY.c.end, OCCUPANCY.c.event, OCCUPANCY.c.role).where(
    _OF_ONE
)
_PADDED = select(_FROM, _TO, OCCUPANCY.c.event).where(_OF_ONE)
_PADDED_IN_ANY = select(_FROM, _TO, OCCUPANCY.c.event).where(_OF_ANY)
_TOUCHING = _PADDED_IN_ANY.where(bindparam("last") >= _FROM, bindparam("first") <= _TO)


def _values(resources: Sequence[str], window: Span) -> dict[str, Any]:
    return {
        "resource": resources[0],
        "resources": resources,
        "since": window.start,
        "until": window.end,
    }


def _plain(rows: CursorResult[Any]) -> list[Any]:
    """All rows as the driver's own tuples: for numbers and texts there is nothing to convert."""
    if rows.cursor is None:
        raise TypeError("a statement that returns rows is expected")
    return list(rows.cursor.fetchall())


def _needed(start: int, end: int, pad_before: int, pad_after: int) -> Span:
    return Span(start, end).widened(pad_before * MINUTE, pad_after * MINUTE)


# All but what detection and reports never look at: answers and fingerprints are most of a row.
SELECT_EVENT = select(
    EVENT.c.number,
    EVENT.c.account,
    EVENT.c.kind,
    EVENT.c.native_id,
    EVENT.c.occurrence,
    EVENT.c.status,
    EVENT.c.start,
    EVENT.c.end,
    EVENT.c.timezone,
    EVENT.c.title,
    EVENT.c.location,
    EVENT.c.subjects,
    EVENT.c.capacity,
    EVENT.c.attendees,
    EVENT.c.people,
    EVENT.c.pad_before,
    EVENT.c.pad_after,
    EVENT.c.url,
    EVENT.c.series,
    EVENT.c.min_per_person,
    EVENT.c.max_per_person,
    EVENT.c.traits,
    EVENT.c.mark,
    ACCOUNT.c.vendor,
    EVENT.c.resources,
    EVENT.c.revision,
    EVENT.c.created_at,
    EVENT.c.updated_at,
    EVENT.c.poll,
    EVENT.c.missed_polls,
    EVENT.c.gone_at,
).join(ACCOUNT, ACCOUNT.c.id == EVENT.c.account, isouter=True)

_BY_NUMBER = SELECT_EVENT.where(EVENT.c.number.in_(bindparam("numbers", expanding=True)))


def numbered_rows(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, Stored]]:
    """Rows of `SELECT_EVENT` as values of the domain, each with its number."""
    for row in rows:
        yield row[0], stored(row)


def stored(row: Sequence[Any]) -> Stored:
    """A row of `SELECT_EVENT` as a value of the domain; read by position, for there are many."""
    _, account, kind, native_id, occurrence, status, start, end, timezone, title, *rest = row
    location, subjects, capacity, attendees, people, pad_before, pad_after, url, *rest = rest
    series, min_per_person, max_per_person, traits, mark, vendor, resources, *life = rest
    event = Event(
        Key(account, _KINDS[kind], native_id, occurrence),
        _STATUSES[status],
        Span(start, end),
        timezone,
        title,
        location,
        _texts(subjects),
        capacity,
        attendees,
        _texts(people),
        pad_before,
        pad_after,
        url,
        series,
        min_per_person,
        max_per_person,
        tuple(map(Trait, _texts(traits))),
        mark,
    )
    return Stored(event, vendor or "", _texts(resources), *life)


_KINDS = {str(kind): kind for kind in Kind}
_STATUSES = {str(status): status for status in Status}


@lru_cache(maxsize=4096)
def _texts(packed: str) -> tuple[str, ...]:
    """A stored list; most events share theirs with others."""
    return tuple(json.loads(packed))
