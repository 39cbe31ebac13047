"""Holds, copies and withdrawals of ours, as last agreed with their targets."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, false, func, outerjoin, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.domain.event import Event, Key, Kind, Role, Status
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.reconcile.links import STANDING, Link, LinkState, Shown, Still
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.push_tables import LINK
from worker.store.recording import chunks
from worker.store.tables import EVENT
from worker.store.values import (
    event_document,
    event_of,
    intent_document,
    intent_of,
    packed,
    unpacked,
)


@dataclass(frozen=True, slots=True)
class Agreed:
    """What belongs to a link and is rarely looked at.

    `intent` as it was last written (shaped), `base` the event that its target showed then. For a
    withdrawal, `base` is the slot that was taken off.
    """

    intent: Intent | None = None
    base: Event | None = None

    @property
    def home(self) -> tuple[str, ...]:
        """Subjects and series, for vendors that cannot be asked by id alone."""
        return (*self.base.subjects, self.base.series) if self.base else ()


class Links:
    """Reads and changes what is remembered of what is ours."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Link]:
        """Every link, in no order."""
        with self._database.reading() as connection:
            return [_link(row) for row in connection.execute(_LIGHT)]

    def one(self, id_: str) -> Link | None:
        """The link with this id."""
        with self._database.reading() as connection:
            row = connection.execute(_ONE, {"one": id_}).first()
            return _link(row) if row else None

    def some(self, ids: Collection[str]) -> list[Link]:
        """The links with these ids."""
        found: list[Link] = []
        with self._database.reading() as connection:
            for chosen in chunks(ids):
                rows = connection.execute(_LIGHT.where(LINK.c.id.in_(chosen)))
                found += [_link(row) for row in rows]
        return found

    def standing(self) -> tuple[list[Still], list[Link]]:
        """Every link: first those of holds and copies that stand as they were last agreed on.

        That is what their accounts show; whether they are still wanted so is for the planner.
        """
        undisturbed = (
            (LINK.c.state == str(LinkState.AGREED))
            & (LINK.c.purpose != str(Purpose.WITHDRAWAL))
            & (EVENT.c.revision == LINK.c.revision)
            & ~_GONE
        )
        query = select(*_STILL, func.coalesce(undisturbed, false())).select_from(_SHOWN_AS)
        with self._database.reading() as connection:
            rows = connection.execute(query).fetchall()
        still = [Still._make(row[:-1]) for row in rows if row[-1]]
        return still, self.some([row[0] for row in rows if not row[-1]])

    def unseen(self, written_until: int, now: int) -> list[Link]:
        """What should stand and was not shown by its account's newest listing.

        Only what was written up to `written_until`, and ends after `now`.
        """
        query = _LIGHT.select_from(_SHOWN_AS).where(
            LINK.c.state.in_([str(LinkState.AGREED), str(LinkState.REFUSED)]),
            LINK.c.number != 0,
            LINK.c.written_at <= written_until,
            LINK.c.end > now,
            EVENT.c.number.is_(None) | _GONE,
        )
        with self._database.reading() as connection:
            return [_link(row) for row in connection.execute(query)]

    def agreed(self, ids: Collection[str]) -> dict[str, Agreed]:
        """What these links were last agreed on."""
        found: dict[str, Agreed] = {}
        query = select(LINK.c.id, LINK.c.intent, LINK.c.base)
        with self._database.reading() as connection:
            for some in chunks(ids):
                for row in connection.execute(query.where(LINK.c.id.in_(some))):
                    intent = intent_of(unpacked(row.intent))
                    found[row.id] = Agreed(intent, event_of(unpacked(row.base)))
        return found

    def shown(self, numbers: Collection[int]) -> dict[int, Shown]:
        """What accounts show or showed of ours, by event number."""
        found: dict[int, Shown] = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                for row in connection.execute(_SHOWN.where(EVENT.c.number.in_(some))):
                    found[row.number] = Shown(*row)
        return found

    def strays(self) -> dict[str, tuple[Shown, ...]]:
        """What carries a mark of ours, and no link has by its number; by mark."""
        linked = select(LINK.c.number).where(LINK.c.number != 0)
        query = _SHOWN.where(
            EVENT.c.role == Role.OURS, EVENT.c.mark != "", EVENT.c.number.not_in(linked)
        )
        found: dict[str, tuple[Shown, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(query):
                one = Shown(*row)
                found[one.mark] = (*found.get(one.mark, ()), one)
        return found

    def seen(self, revisions: Mapping[str, int]) -> None:
        """Remember that these links' echoes are true of these revisions of our stored events."""
        if not revisions:
            return
        change = (
            update(LINK).where(LINK.c.id == bindparam("one")).values(revision=bindparam("seen"))
        )
        rows = [{"one": id_, "seen": revision} for id_, revision in sorted(revisions.items())]
        with self._database.writing() as connection:
            connection.execute(change, rows)

    def counts(self) -> dict[str, int]:
        """How many holds and copies of ours stand at each account, as far as we know."""
        query = (
            select(LINK.c.target, func.count())
            .where(LINK.c.state.in_(sorted(str(state) for state in STANDING)))
            .group_by(LINK.c.target)
        )
        with self._database.reading() as connection:
            return {target: count for target, count in connection.execute(query)}  # noqa: C416

    def forget(self, ids: Collection[str]) -> None:
        """Remember nothing of these any more."""
        if ids:
            with self._database.writing() as connection:
                for some in chunks(ids):
                    connection.execute(delete(LINK).where(LINK.c.id.in_(some)))

    def keep(self, link: Link, agreed: Agreed) -> None:
        """Remember a link, in a transaction of its own."""
        with self._database.writing() as connection:
            keep(connection, link, agreed)

    def mark(self, ids: Collection[str], state: LinkState, trouble: str, now: int) -> None:
        """Change the state of these links, and say why."""
        if ids:
            with self._database.writing() as connection:
                for some in chunks(ids):
                    connection.execute(
                        update(LINK)
                        .where(LINK.c.id.in_(some))
                        .values(state=str(state), trouble=trouble, since=now)
                    )


def keep(connection: Connection, link: Link, agreed: Agreed | None) -> None:
    """Insert a link or replace what is known of it; without `agreed`, that part stays."""
    values = _values(link) if agreed is None else row_of_link(link, agreed)
    stays = ("id",) if agreed is not None else ("id", "intent", "base")
    statement = _upsert(connection.dialect.name, stays)
    connection.execute(statement, {"intent": "", "base": "", **values})


@cache  # one is sent for each write: to build it costs more than to carry it out
def _upsert(dialect: str, stays: tuple[str, ...]) -> sqlite.Insert | postgresql.Insert:
    """Inserts a whole row, or replaces all of it but what `stays`."""
    statement = sqlite.insert(LINK) if dialect == "sqlite" else postgresql.insert(LINK)
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={one.name: statement.excluded[one.name] for one in LINK.c if one.name not in stays},
    )


def row_of_link(link: Link, agreed: Agreed) -> dict[str, Any]:
    """A whole row of the table of links."""
    return _values(link) | {
        "intent": packed(intent_document(agreed.intent)),
        "base": packed(event_document(agreed.base)),
    }


def drop(connection: Connection, ids: Iterable[str]) -> None:
    """Forget links within a transaction."""
    for some in chunks(ids):
        connection.execute(delete(LINK).where(LINK.c.id.in_(some)))


def linked_ids(connection: Connection, account: str) -> dict[tuple[str, str], str]:
    """(kind, native id) of everything at an account that a link of ours stands for."""
    query = select(LINK.c.kind, LINK.c.native_id, LINK.c.id).where(
        LINK.c.target == account, LINK.c.number != 0, LINK.c.state != str(LinkState.WITHDRAWN)
    )
    return {(kind, native_id): id_ for kind, native_id, id_ in connection.execute(query)}


_LIGHT = select(
    LINK.c.id,
    LINK.c.purpose,
    LINK.c.target,
    LINK.c.calendar,
    LINK.c.resource,
    LINK.c.origin,
    LINK.c.start,
    LINK.c.end,
    LINK.c.digest,
    LINK.c.state,
    LINK.c.kind,
    LINK.c.native_id,
    LINK.c.occurrence,
    LINK.c.number,
    LINK.c.echo,
    LINK.c.revision,
    LINK.c.written_at,
    LINK.c.writes,
    LINK.c.retry_at,
    LINK.c.trouble,
    LINK.c.since,
)
_ONE = _LIGHT.where(LINK.c.id == bindparam("one"))
_GONE = EVENT.c.gone_at.is_not(None) | (EVENT.c.status == Status.CANCELLED)
_SHOWN = select(EVENT.c.number, EVENT.c.account, EVENT.c.mark, EVENT.c.revision, _GONE)
_SHOWN_AS = outerjoin(LINK, EVENT, EVENT.c.number == LINK.c.number)
_STILL = tuple(LINK.c[name] for name in Still._fields)
_STATES = {str(state): state for state in LinkState}
_KINDS = {str(kind): kind for kind in Kind}


def _link(row: Any) -> Link:
    """A row of `_LIGHT`; read by position, for there may be a hundred thousand."""
    id_, purpose, target, calendar, resource, origin, start, end, digest, state, *rest = row
    kind, native_id, occurrence, number, echo, revision, written_at, writes, *rest = rest
    return Link(
        id_,
        purpose,
        target,
        calendar,
        resource,
        origin,
        Span(start, end),
        digest,
        _STATES[state],
        Key(target, _KINDS[kind], native_id, occurrence) if number else None,
        number,
        echo,
        revision,
        written_at,
        tuple(json.loads(writes)) if writes != "[]" else (),
        *rest,
    )


def _values(link: Link) -> dict[str, Any]:
    key = link.key
    return {
        "id": link.id,
        "purpose": link.purpose,
        "target": link.target,
        "calendar": link.calendar,
        "resource": link.resource,
        "origin": link.origin,
        "start": link.span.start,
        "end": link.span.end,
        "digest": link.digest,
        "state": str(link.state),
        "kind": key.kind.value if key else "",
        "native_id": key.native_id if key else "",
        "occurrence": key.occurrence if key else "",
        "number": key.number if key else 0,
        "echo": link.echo,
        "revision": link.revision,
        "written_at": link.written_at,
        "writes": json.dumps(link.writes),
        "retry_at": link.retry_at,
        "trouble": link.trouble,
        "since": link.since,
    }
