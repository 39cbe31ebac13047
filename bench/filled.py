"""A store as a year of polls would leave it, filled by bulk inserts; and the least such store."""

from __future__ import annotations

import json
import random
import sqlite3
from dataclasses import replace
from itertools import islice
from pathlib import Path

from sqlalchemy import delete, select

from bench.workload import YEAR_END, YEAR_START, Appointment, appointments, calendars, cliniko_row
from worker.domain.conflict.report import SourceState
from worker.domain.event import Event, Key, Kind, Status, fingerprint
from worker.domain.health import Health
from worker.domain.listing import Batch, Coverage, Sighting
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings, Resource
from worker.engine.rules import DetectionRules, Moment
from worker.store.packing import columns, deflated, insert_plainly
from worker.store.polls import Ending, Polled, occupy
from worker.store.store import Store
from worker.store.tables import EVENT, FINDING, HISTORY, META

ACCOUNT = "clinic"
NOW = YEAR_START - DAY
MOMENT = Moment(NOW, NOW - DAY, frozenset({ACCOUNT}))
SOURCES = (SourceState(ACCOUNT, NOW, complete=True, stale=False),)
_AT_ONCE = 10_000


def rules_for(count: int) -> DetectionRules:
    """A person for each calendar of so many events."""
    people = [
        Resource(f"person_{number}", f"Person {number}", bindings=((ACCOUNT, _calendar(number)),))
        for number in range(calendars(count))
    ]
    return DetectionRules({one.id: one for one in people}, Bindings(people))


def opened(path: Path) -> Store:
    """The store in a file; a new one where there is none."""
    return Store(f"sqlite:///{path}")


def fill(path: Path, count: int) -> None:
    """A new store with so many events, each bound to its resource, and no finding yet."""
    store = opened(path)
    store.accounts.register(ACCOUNT, "cliniko", "")
    bindings = rules_for(count).bindings
    with store.database.writing() as connection:
        world = iter(appointments(count))
        key = connection.execute(select(META.c.value).where(META.c.name == "key")).scalar_one()
        while some := list(islice(world, _AT_ONCE)):
            rows = [row_of(one, bindings, bytes.fromhex(key)) for one in some]
            insert_plainly(connection, EVENT, rows)
        occupy(connection, EVENT.c.number.is_not(None))
    store.close()


def fill_least(path: Path, count: int) -> None:
    """One table with nothing but what a sweep needs, and an index in its order."""
    rows = ((one.calendar, one.start, one.end, one.id) for one in appointments(count))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(
        'CREATE TABLE event (calendar INTEGER, start INTEGER, "end" INTEGER, id TEXT)'
    )
    connection.executemany("INSERT INTO event VALUES (?,?,?,?)", rows)
    connection.execute('CREATE INDEX in_order ON event (calendar, start, "end", id)')
    connection.commit()
    connection.close()


def forget_findings(store: Store) -> None:
    """An empty register, as before the first detection."""
    with store.database.writing() as connection:
        connection.execute(delete(HISTORY))
        connection.execute(delete(FINDING))


def some_numbers(store: Store, count: int, chance: random.Random) -> list[int]:
    """The numbers of so many events, from anywhere."""
    found: list[int] = []
    with store.database.reading() as connection:
        while len(found) < count:
            place = chance.randrange(-(2**63), 2**63)
            query = select(EVENT.c.number).where(EVENT.c.number >= place)
            found.extend(connection.execute(query.order_by(EVENT.c.number).limit(1)).scalars())
    return found


def moved(store: Store, rules: DetectionRules, number: int, seconds: int) -> Polled:
    """A poll that shows an event later by so many seconds."""
    event = store.events.by_number([number])[number].event
    later = replace(event, span=Span(event.span.start + seconds, event.span.end + seconds))
    recording = store.polls.begin(
        ACCOUNT,
        Span(YEAR_START, YEAR_END),
        NOW,
        resolve=rules.bindings.resources_of,
        redact=lambda answer: answer,
    )
    recording.add(Batch((Sighting(later, b"{}"),)))
    return store.polls.finish(recording, Ending(Health(), Coverage.CHANGES, complete=True), NOW)


def row_of(one: Appointment, bindings: Bindings, key: bytes) -> dict[str, object]:
    """An appointment as a row of the event table; all of them take time, none is cancelled."""
    event = _event(one)
    resources = bindings.resources_of(ACCOUNT, event.subjects)
    answer = json.dumps(cliniko_row(one, "https://example.org/v1")).encode()
    return new_row(event, key, answer) | {"resources": json.dumps(resources)}


def new_row(event: Event, key: bytes, answer: bytes) -> dict[str, object]:
    """An event that no resource is bound to, as the first poll makes it a row."""
    return columns(event, key) | {
        "number": event.key.number,
        "resources": "[]",
        "fingerprint": fingerprint(event, key),
        "poll": 1,
        "answer": deflated(answer),
        "revision": 1,
        "created_at": NOW,
        "updated_at": NOW,
        "missed_polls": 0,
        "missed_since": None,
        "gone_at": None,
    }


def _event(one: Appointment) -> Event:
    return Event(
        key=Key(ACCOUNT, Kind.SINGLE, one.id),
        status=Status.BOOKED,
        span=Span(one.start, one.end),
        title=one.person,
        subjects=("business:1", _calendar(one.calendar)),
        attendees=1,
        url=f"https://example.org/appointments/{one.id}",
    )


def _calendar(number: int) -> str:
    return f"practitioner:{5_000 + number}"
