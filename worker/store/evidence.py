"""What an abbreviated id means, and which polls a stored event rests on."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select

from worker.domain.conflict.explanation import PollWord
from worker.store.database import Database
from worker.store.recording import chunks
from worker.store.tables import EVENT, FINDING, POLL

SHORTEST_PREFIX = 6  # hex digits
_DIGITS = frozenset("0123456789abcdef")
_MOST = 10  # matches told; more would not help anybody


class Evidence:
    """Looks up what findings and events are told by, and what they rest on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def finding_ids(self, prefix: str) -> list[str]:
        """The ids of findings that begin with `prefix`, a few at most."""
        query = select(FINDING.c.id).where(FINDING.c.id.between(prefix, prefix + "g"))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(FINDING.c.id).limit(_MOST)).scalars())

    def event_numbers(self, prefix: str) -> list[int]:
        """The numbers of events whose ids begin with `prefix`, a few at most."""
        first, last = _range(prefix)
        query = select(EVENT.c.number).where(EVENT.c.number.between(first, last))
        with self._database.reading() as connection:
            return list(connection.execute(query.order_by(EVENT.c.number).limit(_MOST)).scalars())

    def polls(self, ids: Collection[int]) -> dict[int, PollWord]:
        """These polls, as far as they are still known."""
        found: dict[int, PollWord] = {}
        names = PollWord.__dataclass_fields__
        with self._database.reading() as connection:
            for some in chunks(ids):
                rows = connection.execute(select(POLL).where(POLL.c.id.in_(some))).mappings()
                found |= {
                    row["id"]: PollWord(**{name: row[name] for name in names}) for row in rows
                }
        return found

    def newest_polls(self) -> dict[str, PollWord]:
        """The last finished poll of each account."""
        newest = (
            select(func.max(POLL.c.id))
            .where(POLL.c.finished_at.is_not(None))
            .group_by(POLL.c.account)
        )
        with self._database.reading() as connection:
            ids = list(connection.execute(newest).scalars())
        return {poll.account: poll for poll in self.polls(ids).values()}


def is_prefix(text: str) -> bool:
    """Whether a text can stand for an id: 6 to 16 hexadecimal digits."""
    return SHORTEST_PREFIX <= len(text) <= 16 and _DIGITS.issuperset(text)


def _range(prefix: str) -> tuple[int, int]:
    """The first and last signed number whose id begins with `prefix`."""
    return _signed(prefix.ljust(16, "0")), _signed(prefix.ljust(16, "f"))


def _signed(digits: str) -> int:
    return int.from_bytes(bytes.fromhex(digits), "big", signed=True)
