"""Who is on which event's roster: kept beside the events, by person and in order of time."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, exists, func, insert, literal, select
from sqlalchemy.dialects import postgresql

from worker.domain.conflict.double import COUNTED
from worker.store.tables import EVENT, PARTICIPATION

ROLES = tuple(sorted(str(role) for role in COUNTED))


def seat(connection: Connection, events: Any) -> set[str]:
    """List these events, as they are now, under each person on their rosters.

    `events` is anything that `in_` takes. Returns the people who are to be looked at again: those
    who were on a roster before, and those who are on one now and have anything to clash with. A
    person whose only event this is needs no second look, unless the event asks for more than one.
    """
    affected = unseat(connection, events)
    person = each(connection, EVENT.c.people)
    source = (
        select(person.c.value, EVENT.c.start, EVENT.c.number, EVENT.c.end)
        .distinct()
        .select_from(EVENT)
        .join(person, literal(True))
        .where(EVENT.c.number.in_(events), EVENT.c.role.in_(ROLES), EVENT.c.people != "[]")
    )
    connection.execute(insert(PARTICIPATION).from_select(_NAMES, source))
    other = PARTICIPATION.alias()
    busy = exists().where(
        other.c.person == PARTICIPATION.c.person, other.c.event != PARTICIPATION.c.event
    )
    demanding = exists().where(EVENT.c.number == PARTICIPATION.c.event, EVENT.c.min_per_person > 1)
    query = select(PARTICIPATION.c.person).where(PARTICIPATION.c.event.in_(events))
    return affected.union(connection.execute(query.where(busy | demanding)).scalars())


def unseat(connection: Connection, events: Any) -> set[str]:
    """Strike these events from everybody's list; returns whose lists they were on."""
    here = PARTICIPATION.c.event.in_(events)
    people = set(connection.execute(select(PARTICIPATION.c.person).where(here)).scalars())
    if people:
        connection.execute(delete(PARTICIPATION).where(here))
    return people


def each(connection: Connection, column: Any) -> Any:
    """The elements of a column of JSON lists, as a table with one column, `value`."""
    if connection.dialect.name == "sqlite":
        return func.json_each(column).table_valued("value")
    return func.json_array_elements_text(column.cast(postgresql.JSON)).table_valued("value")


_NAMES = ("person", "start", "event", "end")
