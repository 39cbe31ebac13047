"""Private feeds: who may fetch them, who did, what they last held, and what they show."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from worker.domain.event import Role
from worker.domain.feed import Detail, Farewell, Feed, Fetch, NameTaken, NoSuchFeed, Scope
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.recording import chunks, within
from worker.store.tables import (
    EVENT,
    FEED,
    FEED_CONTENT,
    FEED_ENDED,
    FEED_FETCH,
    HISTORY,
    OCCUPANCY,
)


@dataclass(frozen=True, slots=True)
class Registry:
    """Every feed by the digest of its token, and the digests of those that ended openly."""

    feeds: Mapping[str, Feed]
    ended: frozenset[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a feed last held. Epoch seconds: since when, and until when it was known to be right."""

    etag: str
    modified_at: int
    true_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """Which events a feed shows; those of all resources if that is None.

    Cancelled ones are shown if they were known before, and changed since `cancelled_since`.
    """

    accounts: Collection[str]
    resources: Collection[str] | None
    window: Span
    roles: Collection[Role]
    cancelled_since: int


def digest(token: str) -> str:
    """What is kept of a token: it has 256 bits of chance, so nobody guesses it from this."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Feeds:
    """Reads and changes the feeds. Tokens come in as digests only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def registry(self) -> Registry:
        """All that decides who may fetch what."""
        with self._database.reading() as connection:
            rows = connection.execute(select(FEED).order_by(FEED.c.name))
            feeds = {row.token: _feed(row) for row in rows}
            return Registry(feeds, frozenset(connection.execute(_ENDED).scalars()))

    def add(self, feed: Feed, token: str) -> None:
        """A new feed. Raises NameTaken."""
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(FEED).values(**_columns(feed), token=token))
            except IntegrityError:
                raise NameTaken(f"there is a feed {feed.name} already") from None

    def rotate(self, name: str, token: str, now: int) -> Feed:
        """Give a feed another token; the former one opens nothing from now on.

        Who fetched it by the former address is forgotten. Raises NoSuchFeed.
        """
        with self._database.writing() as connection:
            _known(connection, name)
            which = FEED.c.name == name
            connection.execute(update(FEED).where(which).values(token=token, rotated_at=now))
            connection.execute(delete(FEED_FETCH).where(FEED_FETCH.c.feed == name))
            return _feed(_known(connection, name))

    def revoke(self, name: str, farewell: Farewell, now: int) -> None:
        """End a feed, and forget all about it but what its subscribers are told.

        Raises NoSuchFeed.
        """
        with self._database.writing() as connection:
            row = _known(connection, name)
            connection.execute(delete(FEED).where(FEED.c.name == name))
            connection.execute(delete(FEED_FETCH).where(FEED_FETCH.c.feed == name))
            connection.execute(delete(FEED_CONTENT).where(FEED_CONTENT.c.feed == name))
            if farewell is Farewell.GONE:
                connection.execute(insert(FEED_ENDED).values(token=row.token, at=now))

    def fetches(self) -> dict[str, list[Fetch]]:
        """Who fetched each feed, the newest first."""
        found: dict[str, list[Fetch]] = {}
        query = select(FEED_FETCH).order_by(FEED_FETCH.c.at.desc(), FEED_FETCH.c.client)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                found.setdefault(row.feed, []).append(Fetch(row.client, row.at))
        return found

    def remember(self, fetched: Mapping[tuple[str, str], int], kept: Mapping[str, Kept]) -> None:
        """Keep the newest fetch of each (feed, client), and what feeds hold now.

        What belongs to a feed that was revoked meanwhile is dropped.
        """
        with self._database.writing() as connection:
            names = set(connection.execute(select(FEED.c.name)).scalars())
            for (name, client), at in fetched.items():
                if name in names:
                    _fetched(connection, name, client, at)
            for name, content in kept.items():
                if name in names:
                    _keep(connection, name, content)

    def kept(self, name: str) -> Kept | None:
        """What a feed last held; None where nothing was kept yet."""
        query = select(FEED_CONTENT).where(FEED_CONTENT.c.feed == name)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Kept(row.etag, row.modified_at, row.true_at, zlib.decompress(row.body))

    def events(self, shown: Shown) -> Sequence[tuple[int, int, str]]:
        """(number, revision, resources as JSON) of the events of a feed, in order of start."""
        cancelled = (
            (EVENT.c.role == Role.NONE)
            & (EVENT.c.revision > 1)
            & (EVENT.c.updated_at >= shown.cancelled_since)
        )
        present = EVENT.c.role.in_([str(role) for role in shown.roles])
        if shown.resources is not None:
            bound = select(OCCUPANCY.c.event).where(OCCUPANCY.c.resource.in_(shown.resources))
            present &= EVENT.c.number.in_(bound)
            cancelled &= _names_any(shown.resources)
        query = (
            select(EVENT.c.number, EVENT.c.revision, EVENT.c.resources)
            .where(
                EVENT.c.account.in_(shown.accounts),
                EVENT.c.mark == "",
                within(shown.window),
                present | cancelled,
            )
            .order_by(EVENT.c.start, EVENT.c.end, EVENT.c.number)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query)
            # Asked after each change of the store: rows come as the driver's own tuples.
            return list(rows.cursor.fetchall()) if rows.cursor else []

    def revisions(self, numbers: Iterable[int]) -> dict[int, tuple[int, int]]:
        """The revision of each of these events, and when it was made."""
        columns = (EVENT.c.number, EVENT.c.revision, EVENT.c.updated_at)
        found = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                query = select(*columns).where(EVENT.c.number.in_(some))
                for number, revision, updated_at in connection.execute(query):
                    found[number] = (revision, updated_at)
        return found

    def steps(self) -> dict[str, tuple[int, int]]:
        """How many steps each finding's life has had, and when the last one was."""
        query = select(HISTORY.c.finding, func.count(), func.max(HISTORY.c.at)).group_by(
            HISTORY.c.finding
        )
        with self._database.reading() as connection:
            return {finding: (count, at) for finding, count, at in connection.execute(query)}


_ENDED = select(FEED_ENDED.c.token)


def _names_any(resources: Collection[str]) -> Any:
    """Cancelled events occupy nothing: their resources stand in the event itself."""
    either: Any = None
    for name in resources:
        named = EVENT.c.resources.contains(f'"{name}"', autoescape=True)
        either = named if either is None else either | named
    return either


def _known(connection: Connection, name: str) -> Any:
    row = connection.execute(select(FEED).where(FEED.c.name == name)).first()
    if row is None:
        raise NoSuchFeed(f"there is no feed {name}")
    return row


def _feed(row: Any) -> Feed:
    return Feed(
        row.name, Scope(row.scope), row.of, Detail(row.detail), row.created_at, row.rotated_at
    )


def _columns(feed: Feed) -> dict[str, Any]:
    return {
        "name": feed.name,
        "scope": str(feed.scope),
        "of": feed.of,
        "detail": str(feed.detail),
        "created_at": feed.created_at,
        "rotated_at": feed.rotated_at,
    }


def _fetched(connection: Connection, name: str, client: str, at: int) -> None:
    which = (FEED_FETCH.c.feed == name) & (FEED_FETCH.c.client == client)
    known = connection.execute(select(FEED_FETCH.c.at).where(which)).scalar_one_or_none()
    if known is None:
        connection.execute(insert(FEED_FETCH).values(feed=name, client=client, at=at))
    elif known < at:
        connection.execute(update(FEED_FETCH).where(which).values(at=at))


def _keep(connection: Connection, name: str, content: Kept) -> None:
    connection.execute(delete(FEED_CONTENT).where(FEED_CONTENT.c.feed == name))
    connection.execute(
        insert(FEED_CONTENT).values(
            feed=name,
            etag=content.etag,
            modified_at=content.modified_at,
            true_at=content.true_at,
            body=zlib.compress(content.body, 6),
        )
    )
