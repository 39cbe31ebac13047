"""How much there is of what, for those who watch over the daemon."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import func, select

from worker.domain.reconcile.record import OPEN
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.push_tables import OUTBOX
from worker.store.recording import within
from worker.store.retention import forgotten_writes
from worker.store.tables import EVENT


class Figures:
    """Reads counts, and never what is counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def outbox(self) -> dict[str, int]:
        """How many writes are under way, by state."""
        query = (
            select(OUTBOX.c.state, func.count())
            .where(OUTBOX.c.state.in_([str(state) for state in OPEN]))
            .group_by(OUTBOX.c.state)
        )
        with self._database.reading() as connection:
            found = {state: count for state, count in connection.execute(query)}  # noqa: C416
        return {str(state): found.get(state, 0) for state in OPEN}

    def writes(self) -> dict[tuple[str, str], int]:
        """How many writes ever ended, by account and outcome, those of forgotten runs included."""
        query = (
            select(OUTBOX.c.target, OUTBOX.c.state, func.count())
            .where(OUTBOX.c.state.not_in([str(state) for state in OPEN]))
            .group_by(OUTBOX.c.target, OUTBOX.c.state)
        )
        with self._database.reading() as connection:
            kept = {(target, state): count for target, state, count in connection.execute(query)}
            return dict(forgotten_writes(connection) + Counter(kept))

    def events(self, window: Span) -> dict[tuple[str, str], int]:
        """How many events each account shows in `window`, by account and status."""
        query = (
            select(EVENT.c.account, EVENT.c.status, func.count())
            .where(within(window))
            .group_by(EVENT.c.account, EVENT.c.status)
        )
        with self._database.reading() as connection:
            return {
                (account, status): count for account, status, count in connection.execute(query)
            }
