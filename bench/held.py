"""A store as planning finds it: events of five accounts, and holds that are wanted or stand."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select

from bench.clinic import KEY, Unpaced
from bench.filled import NOW, new_row, opened, row_of
from bench.workload import Appointment, appointments, calendars, iso
from worker import log
from worker.domain.conflict.report import SourceState
from worker.domain.event import Event, Key, Kind, Status, fingerprint
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Purpose, echo
from worker.domain.reconcile.links import Link
from worker.domain.reconcile.plan import Action
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings, Resource
from worker.engine.poll import Source
from worker.engine.push import Pusher, Turns, in_turn
from worker.engine.push_rules import PushRules
from worker.engine.reconciler import Reconciler
from worker.sandbox.cliniko import Cliniko as Simulator
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.clock import VirtualClock
from worker.sandbox.server import SandboxServer
from worker.store.links import Agreed, row_of_link
from worker.store.packing import columns, insert_plainly
from worker.store.polls import occupy
from worker.store.push_tables import LINK
from worker.store.store import Store
from worker.store.tables import EVENT, META
from worker.vendors.base import Seams
from worker.vendors.cliniko import Cliniko
from worker.vendors.cliniko.settings import ClinikoSettings

ACCOUNTS = tuple(f"account_{number}" for number in range(5))
BUSINESS = "1"


class Frozen:
    """A clock whose wall stands still, so that every run plans the same."""

    def now(self) -> float:
        """The day before the workload's year."""
        return float(NOW)

    def monotonic(self) -> float:
        """The machine's own."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Place:
    """An open store and the writing side over it."""

    store: Store
    writing: Reconciler
    pusher: Pusher


def people(count: int) -> list[Resource]:
    """A person for each calendar of so many own events, known to all five accounts."""
    return [
        Resource(
            f"person_{number}",
            f"Person {number}",
            bindings=tuple((account, _calendar(number)) for account in ACCOUNTS),
        )
        for number in range(calendars(count))
    ]


@contextmanager
def place(path: Path, own: int, origin: str, turns: Turns = in_turn) -> Iterator[Place]:
    """The writing side over a store with so many own events; its vendors answer at `origin`."""
    store, clock = opened(path), Frozen()
    seams = Seams(clock, Unpaced(), random.Random(1))
    settings = ClinikoSettings(
        vendor="cliniko",
        base_url=origin,
        api_key=SecretStr(KEY),
        contact="ops@example.org",
        match_patients=False,
    )
    vendors = [Cliniko(account, settings, seams) for account in ACCOUNTS]
    for account in ACCOUNTS:
        store.accounts.register(account, "cliniko", KEY)
    everybody = frozenset(ACCOUNTS)
    rules = PushRules(
        holds=(HoldPolicy("*", everybody, everybody),),
        resources={one.id: one for one in people(own)},
        limits=Limits(first_run=False),
        future=366 * DAY,
    )
    states = [SourceState(account, NOW, complete=True, stale=False) for account in ACCOUNTS]
    sources = [Source(one.account, one, 120) for one in vendors]
    log.configure("info", "json")
    yield Place(
        store,
        Reconciler(store, sources, rules, clock, lambda: states, turns),
        Pusher(store, sources, clock, turns),
    )
    for vendor in vendors:
        vendor.close()
    store.close()


def fill(path: Path, own: int) -> None:
    """A new store with so many own events, a fifth of them at each account, and no hold."""
    store = opened(path)
    bindings = Bindings(people(own))
    key = _key(store)
    with store.database.writing() as connection:
        rows = [
            {
                **row_of(one, bindings, key),
                **_moved(one, ACCOUNTS[index % len(ACCOUNTS)], key),
                "resources": json.dumps([f"person_{one.calendar}"]),
            }
            for index, one in enumerate(appointments(own))
        ]
        insert_plainly(connection, EVENT, rows)
        occupy(connection, EVENT.c.number.is_not(None))
    store.close()


def bodies(own: int, count: int) -> Iterator[dict[str, str]]:
    """So many unavailable blocks, as they are sent to Cliniko: of the first own events."""
    for index, one in enumerate(islice(appointments(own), count)):
        yield {
            "business_id": BUSINESS,
            "practitioner_id": str(5_000 + one.calendar),
            "starts_at": iso(one.start),
            "ends_at": iso(one.end),
            "notes": f"Held by calsync [calsync {index:024x}]",
        }


def settle(store: Store, actions: list[Action]) -> None:
    """All of these holds stand, as if they had been written and read back."""
    key = _key(store)
    shown = [_shown(number, action) for number, action in enumerate(actions)]
    kept = [
        row_of_link(_link(action, event), Agreed(action.intent, event))
        for action, event in zip(actions, shown, strict=True)
    ]
    with store.database.writing() as connection:
        insert_plainly(connection, EVENT, [new_row(event, key, b"{}") for event in shown])
        insert_plainly(connection, LINK, kept)


@contextmanager
def practice(own: int) -> Iterator[str]:
    """A simulated practice with all of these people, without rate limits; yields its origin."""
    clock = VirtualClock(float(NOW))
    site = Simulator(clock, api_key=KEY, quirks=Quirks(rate_limit=None))
    site.add_business("Harbour St", "UTC", native_id=BUSINESS)
    for number in range(calendars(own)):
        site.add_practitioner("Person", str(number), native_id=str(5_000 + number))
    with SandboxServer({"cliniko": site}, clock=clock) as server:
        yield server.bases["cliniko"]


def _moved(one: Appointment, account: str, key: bytes) -> dict[str, object]:
    """What differs where another account shows the appointment."""
    event = Event(
        key=Key(account, Kind.SINGLE, one.id),
        status=Status.BOOKED,
        span=Span(one.start, one.end),
        title=one.person,
        subjects=(f"business:{BUSINESS}", _calendar(one.calendar)),
        attendees=1,
    )
    return {
        **columns(event, key),
        "number": event.key.number,
        "fingerprint": fingerprint(event, key),
    }


def _shown(number: int, action: Action) -> Event:
    intent = action.intent
    assert intent is not None
    return Event(
        key=Key(action.target, Kind.BLOCK, f"ours-{number}"),
        status=Status.HELD,
        span=intent.span,
        subjects=(f"business:{BUSINESS}", intent.calendar),
        mark=intent.link,
    )


def _link(action: Action, event: Event) -> Link:
    intent = action.intent
    assert intent is not None
    return Link(
        id=action.link,
        purpose=Purpose.HOLD,
        target=action.target,
        calendar=intent.calendar,
        resource=action.resource,
        origin=intent.origin.number if intent.origin else 0,
        span=action.span,
        key=event.key,
        number=event.key.number,
        echo=echo(event),
        written_at=NOW - DAY,
        writes=(NOW - 2 * DAY,),
        since=NOW - DAY,
    )


def _key(store: Store) -> bytes:
    with store.database.reading() as connection:
        key = connection.execute(select(META.c.value).where(META.c.name == "key")).scalar_one()
    return bytes.fromhex(key)


def _calendar(number: int) -> str:
    return f"practitioner:{5_000 + number}"
