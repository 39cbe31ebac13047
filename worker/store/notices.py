"""What was told to whom: the memory that keeps people from being told twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from worker.store.database import Database
from worker.store.tables import NOTICE

NOTIFY_LOCK = "notify"  # held by whoever is telling
_ITSELF = ""  # the `about` of a channel's own row


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel fares. Epoch seconds; `sent_at` is 0 where nothing was ever sent."""

    sent_at: int = 0
    digest_at: int = 0
    failures: int = 0
    next_at: int = 0


class Notices:
    """Reads and changes what each channel was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def told(self, channel: str) -> dict[str, str]:
        """How much was said of each finding and account that is not over yet."""
        query = select(NOTICE.c.about, NOTICE.c.told).where(
            NOTICE.c.channel == channel, NOTICE.c.about != _ITSELF
        )
        with self._database.reading() as connection:
            return {about: told for about, told in connection.execute(query)}  # noqa: C416

    def state(self, channel: str) -> ChannelState | None:
        """How a channel fares; None where it was never used."""
        query = select(NOTICE).where(NOTICE.c.channel == channel, NOTICE.c.about == _ITSELF)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        return ChannelState(row["at"], int(row["told"] or 0), row["failures"], row["next_at"])

    def remember(
        self, channel: str, state: ChannelState, said: Mapping[str, str] | None = None, at: int = 0
    ) -> None:
        """Keep a channel's state and what was said over it at `at`, both or neither.

        An empty text forgets what was said: that matter is over.
        """
        rows: list[dict[str, Any]] = [
            {"about": about, "told": told, "at": at, "failures": 0, "next_at": 0}
            for about, told in (said or {}).items()
        ]
        rows.append(
            {
                "about": _ITSELF,
                "told": str(state.digest_at),
                "at": state.sent_at,
                "failures": state.failures,
                "next_at": state.next_at,
            }
        )
        with self._database.writing() as connection:
            _replace(connection, channel, rows)


def _replace(connection: Connection, channel: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        connection.execute(
            delete(NOTICE).where(NOTICE.c.channel == channel, NOTICE.c.about == row["about"])
        )
    kept = [row | {"channel": channel} for row in rows if row["told"] or row["about"] == _ITSELF]
    connection.execute(insert(NOTICE), kept)
