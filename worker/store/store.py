"""The whole store: one object per sort of fact, over one database."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from worker.store import schema
from worker.store.accounts import Accounts
from worker.store.database import Busy, Database, Misplaced, StoreError, Unfit
from worker.store.events import Events
from worker.store.figures import Figures
from worker.store.findings import Findings
from worker.store.links import Links
from worker.store.outbox import Outbox
from worker.store.plans import Plans
from worker.store.polls import Polls
from worker.store.routing import Routing
from worker.store.sealed import SealedDatabase
from worker.store.survey import Survey
from worker.store.tables import POLL, QUARANTINE
from worker.store.words import Words


@dataclass(frozen=True, slots=True)
class PollFact:
    """A finished poll, for freshness and reports. Epoch seconds."""

    id: int
    account: str
    started_at: int
    finished_at: int | None
    complete: bool
    coverage: str
    reason: str
    rows: int
    created: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class QuarantineFact:
    """A row set aside, with the redacted answer that made no sense."""

    account: str
    kind: str
    native_id: str
    reason: str
    answer: bytes
    first_at: int


class Store:
    """Opens the database at `url`, and brings its schema up to date."""

    def __init__(self, url: str, database: Database | None = None) -> None:
        self.sealed = ""  # why nothing can be written; empty while it can
        self.database = database or _ensured(Database(url))
        self.accounts = Accounts(self.database)
        self.events = Events(self.database)
        self.figures = Figures(self.database)
        self.findings = Findings(self.database)
        self.links = Links(self.database)
        self.outbox = Outbox(self.database)
        self.plans = Plans(self.database)
        self.routing = Routing(self.database)
        self.polls = Polls(self.database)
        self.survey = Survey(self.database)
        self.words = Words(self.database)

    @classmethod
    def at(cls, url: str) -> Store:
        """The store at `url`: to be read only where it can no longer be written, see `sealed`.

        Raises StoreError where it cannot be read either, and for a store of another version.
        """
        try:
            return cls(url)
        except (Misplaced, Busy, Unfit):
            raise
        except StoreError as error:
            store = _readable(cls, url, str(error))
            if store is None:
                raise
            return store

    def attempt(self, change: Callable[[], object]) -> None:
        """Make a change that reports do without; where it fails, `sealed` says why."""
        try:
            change()
        except Busy:
            raise
        except StoreError as error:
            self.sealed = self.sealed or str(error)

    def enrol(self, accounts: Mapping[str, tuple[str, str]]) -> None:
        """Make sure that accounts are known, by id with vendor and scope. Raises StoreError."""

        def register() -> None:
            for id_, (vendor, scope) in accounts.items():
                self.accounts.register(id_, vendor, scope)

        self.attempt(register)
        if self.sealed and not accounts.keys() <= self.accounts.all().keys():
            raise StoreError(self.sealed)

    def last_polls(self) -> dict[str, PollFact]:
        """The newest finished poll of each account."""
        newest = (
            select(func.max(POLL.c.id))
            .where(POLL.c.finished_at.is_not(None))
            .group_by(POLL.c.account)
        )
        with self.database.reading() as connection:
            rows = connection.execute(select(POLL).where(POLL.c.id.in_(newest))).mappings()
            return {row["account"]: _poll(row) for row in rows}

    def recent_polls(self, most: int) -> list[PollFact]:
        """The newest polls of all accounts, the newest first."""
        query = select(POLL).order_by(POLL.c.id.desc()).limit(most)
        with self.database.reading() as connection:
            return [_poll(row) for row in connection.execute(query).mappings()]

    def quarantine(self) -> list[QuarantineFact]:
        """Every row that made no sense when last seen."""
        with self.database.reading() as connection:
            rows = connection.execute(
                select(QUARANTINE).order_by(QUARANTINE.c.account, QUARANTINE.c.native_id)
            )
            return [
                QuarantineFact(
                    account=row.account,
                    kind=row.kind,
                    native_id=row.native_id,
                    reason=row.reason,
                    answer=zlib.decompress(row.answer),
                    first_at=row.first_at,
                )
                for row in rows
            ]

    def answers(self) -> bool:
        """Whether the database answers at all; raises StoreError where it does not."""
        with self.database.reading() as connection:
            return bool(connection.execute(select(1)).scalar_one())

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def _ensured(database: Database) -> Database:
    try:
        schema.ensure(database)
    except StoreError:
        database.close()
        raise
    return database


def _readable(kind: type[Store], url: str, reason: str) -> Store | None:
    """The store that can still be read, if it can and is of this version."""
    if not url.startswith("sqlite:"):
        return None
    try:
        database = SealedDatabase(url, reason)
        if schema.current(database) != schema.HEAD:
            return None
    except (StoreError, OSError):
        return None
    store = kind(url, database)
    store.sealed = reason
    return store


def _poll(row: Any) -> PollFact:
    names = PollFact.__dataclass_fields__
    return PollFact(**{name: row[name] for name in names})
