"""The whole store: one object per sort of fact, over one database."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from worker.store import schema
from worker.store.accounts import Accounts
from worker.store.database import Database, StoreError
from worker.store.events import Events
from worker.store.figures import Figures
from worker.store.findings import Findings
from worker.store.links import Links
from worker.store.outbox import Outbox
from worker.store.plans import Plans
from worker.store.polls import Polls
from worker.store.routing import Routing
from worker.store.survey import Survey
from worker.store.tables import POLL, QUARANTINE


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

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        try:
            schema.ensure(self.database)
        except StoreError:
            self.database.close()
            raise
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


def _poll(row: Any) -> PollFact:
    names = PollFact.__dataclass_fields__
    return PollFact(**{name: row[name] for name in names})
