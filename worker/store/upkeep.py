"""Backing the store up while it is in use, and telling whether it is sound."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import delete, func, insert, select, text, update

from worker.domain.span import DAY
from worker.store import schema
from worker.store.database import Database, StoreError
from worker.store.retention import forget
from worker.store.tables import (
    EVENT,
    META,
    OCCUPANCY,
    PARTICIPATION,
    POLL,
    QUARANTINE,
    REVISION,
    TESTIMONY,
)


def backup(database: Database, target: Path) -> int:
    """Copy the store as it is at one instant to a new file; returns its size in bytes.

    Raises StoreError where the target exists already, or the store is no SQLite file.
    """
    if not database.sqlite:
        raise StoreError("a PostgreSQL store is backed up with pg_dump")
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise StoreError(f"{target} exists already; a backup never overwrites") from None
    except OSError as error:
        raise StoreError(f"{target}: {error.strerror}") from None
    os.close(handle)
    with database.reading() as connection:
        source = connection.connection.driver_connection
        if not isinstance(source, sqlite3.Connection):
            raise StoreError("the store is no SQLite file")
        copy = sqlite3.connect(target)
        try:
            source.backup(copy)
            # A copy is one file: it must not need a log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        finally:
            copy.close()
    return target.stat().st_size


def verify(database: Database) -> Iterator[str]:
    """What is wrong with the store, in sentences; nothing where it is sound."""
    with database.reading() as connection:
        if database.sqlite:
            for row in connection.execute(text("PRAGMA integrity_check(20)")):
                if row[0] != "ok":
                    yield f"the file is damaged: {row[0]}"
            for row in connection.execute(text("PRAGMA foreign_key_check")):
                yield f"a row of {row[0]} points to nothing"
        if (found := schema.current(database)) != schema.HEAD:
            yield schema.told(found)
            return
        for table, whose in ((OCCUPANCY, "resources"), (PARTICIPATION, "people")):
            lost = connection.execute(
                select(func.count())
                .select_from(table)
                .join(EVENT, EVENT.c.number == table.c.event, isouter=True)
                .where(EVENT.c.number.is_(None))
            ).scalar_one()
            if lost:
                yield f"{lost} entries of {whose} belong to no event"
        turned = connection.execute(
            select(func.count()).select_from(EVENT).where(EVENT.c.end < EVENT.c.start)
        ).scalar_one()
        if turned:
            yield f"{turned} events end before they start"


def tidy(database: Database, now: int, keep: int) -> bool:
    """Forget the answers that nobody needs any more, at most once a day; whether it was done.

    Answers of events that ended, and of states that were replaced, more than `keep` seconds ago
    are dropped; so are polls of that age that no event rests on. What events say stays, and what
    was written and found, for more than a year: see `retention`.
    """
    with database.reading() as connection:
        last = connection.execute(select(META.c.value).where(META.c.name == "tidied")).scalar()
    if last is not None and 0 <= now - int(last) < DAY:
        return False
    edge = now - keep
    with database.writing() as connection:
        old = (EVENT.c.end < edge) & EVENT.c.answer.is_not(None)
        connection.execute(update(EVENT).where(old).values(answer=None))
        replaced = (REVISION.c.replaced_at < edge) & REVISION.c.answer.is_not(None)
        connection.execute(update(REVISION).where(replaced).values(answer=None))
        connection.execute(delete(TESTIMONY).where(TESTIMONY.c.at < edge))
        forget(connection, now)
        needed = select(EVENT.c.poll).union(select(REVISION.c.poll), select(QUARANTINE.c.poll))
        newest = select(func.max(POLL.c.id)).group_by(POLL.c.account)
        connection.execute(
            delete(POLL).where(
                POLL.c.finished_at < edge,
                POLL.c.id.not_in(needed),
                POLL.c.id.not_in(newest),
            )
        )
        connection.execute(delete(META).where(META.c.name == "tidied"))
        connection.execute(insert(META).values(name="tidied", value=str(now)))
        return True
