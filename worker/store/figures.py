"""How much there is of what, for those who watch over the daemon."""

from __future__ import annotations

from sqlalchemy import func, select

from worker.domain.span import Span
from worker.store.database import Database
from worker.store.recording import within
from worker.store.tables import EVENT


class Figures:
    """Reads counts, and never what is counted."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
