"""What vendors said when they were asked about one of their events."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select

from worker.domain.conflict.testimony import Word
from worker.store.database import Database
from worker.store.recording import chunks
from worker.store.tables import TESTIMONY


class Words:
    """Keeps the last word on each event, by the event's number."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, numbers: Collection[int]) -> dict[int, Word]:
        """What was last said of these events; nothing of those that were never asked about."""
        found: dict[int, Word] = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                rows = connection.execute(select(TESTIMONY).where(TESTIMONY.c.event.in_(some)))
                for row in rows.mappings():
                    values = {name: row[name] for name in Word.__dataclass_fields__}
                    found[row["event"]] = Word(**values)
        return found

    def keep(self, words: Mapping[int, Word]) -> None:
        """Remember these in place of what was said before."""
        if not words:
            return
        rows = [
            {"event": number, **{name: getattr(word, name) for name in Word.__dataclass_fields__}}
            for number, word in words.items()
        ]
        with self._database.writing() as connection:
            for some in chunks(words):
                connection.execute(delete(TESTIMONY).where(TESTIMONY.c.event.in_(some)))
            connection.execute(insert(TESTIMONY), rows)
