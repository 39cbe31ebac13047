"""How events become rows, many at a time."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

from worker.domain.event import Event, role

LARGEST_NUMBER = 2**31 - 1


def columns(event: Event, key: bytes) -> dict[str, Any]:
    """What an event says, as columns. People are hashed with `key` before they are stored."""
    return {
        "account": event.key.account,
        "kind": event.key.kind.value,
        "native_id": event.key.native_id,
        "occurrence": event.key.occurrence,
        "status": event.status.value,
        "start": event.span.start,
        "end": event.span.end,
        "timezone": event.timezone,
        "title": event.title,
        "location": event.location,
        "subjects": listed(event.subjects),
        "capacity": event.capacity,
        "attendees": event.attendees,
        "people": listed(hashed(event.people, key)),
        "pad_before": event.pad_before,
        "pad_after": event.pad_after,
        "url": event.url,
        "series": event.series,
        "min_per_person": event.min_per_person,
        "max_per_person": event.max_per_person,
        "traits": listed(event.traits),
        "mark": event.mark,
        "role": role(event).value,
    }


@lru_cache(maxsize=4096)
def listed(values: tuple[str, ...]) -> str:
    """A list as it is stored; most events share theirs with others."""
    return json.dumps(values)


def hashed(people: Iterable[str], key: bytes) -> tuple[str, ...]:
    """The people's references as keyed digests: enough to tell whether two are the same."""
    return tuple(
        sorted(
            {
                blake2b(one.encode("utf-8", "surrogatepass"), digest_size=12, key=key).hexdigest()
                for one in people
            }
        )
    )


def deflated(answer: bytes) -> bytes:
    """An answer as it is kept, for `zlib.decompress`.

    Rows are short: a small window and ready-made codes cost half the time of zlib's own choice,
    whose quarter of a megabyte of working memory may be asked of the system anew for each row.
    """
    press = zlib.compressobj(1, zlib.DEFLATED, 12, 5, zlib.Z_FIXED)
    return press.compress(answer) + press.flush()


def unstorable(event: Event) -> str:
    """Why no database can hold this event, if so; an empty string otherwise."""
    numbers = (
        event.capacity,
        event.attendees,
        event.pad_before,
        event.pad_after,
        event.min_per_person,
        event.max_per_person,
    )
    for number in numbers:
        if number is not None and not -LARGEST_NUMBER <= number <= LARGEST_NUMBER:
            return "a number is too large to mean anything"
    texts = (event.timezone, event.title, event.location, event.url or "", event.series, event.mark)
    if not storable(event.key.native_id, event.key.occurrence, *texts):
        return "a text has characters that are none"
    return ""


def storable(*texts: str) -> bool:
    """Whether databases take these texts: no half of a character, and no NUL (PostgreSQL)."""
    joined = "".join(texts)
    if not joined.isascii():
        try:
            joined.encode()
        except UnicodeEncodeError:
            return False
    return "\0" not in joined


def insert_plainly(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that hold every column, in the driver's own types: a third of the usual cost."""
    words, order = _insertion(table, connection.dialect)
    if order:
        connection.exec_driver_sql(words, list(map(itemgetter(*order), rows)))
    else:
        connection.exec_driver_sql(words, [dict(row) for row in rows])


@lru_cache(maxsize=64)
def _insertion(table: Table, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """The statement that inserts a whole row, and the order of its columns, if they have one."""
    compiled = insert(table).compile(dialect=dialect)
    return str(compiled), tuple(compiled.positiontup or ())
