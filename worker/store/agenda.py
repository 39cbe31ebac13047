"""What a calendar shows: the events of some resources in a stretch of time, and recent polls."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.store.database import Database
from worker.store.events import SELECT_EVENT, stored
from worker.store.recording import chunks
from worker.store.tables import EVENT, OCCUPANCY, POLL


@dataclass(frozen=True, slots=True)
class Tick:
    """A finished poll. `rows` came of it; `reason` says why it is not believed, or not wholly."""

    account: str
    at: int  # epoch seconds
    complete: bool
    rows: int
    reason: str


class Agenda:
    """Reads no more than is shown, however much is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stays(
        self, resources: Collection[str], window: Span, most: int
    ) -> Iterator[tuple[str, Stored]]:
        """(resource, event) for all that takes time or marks it in `window`, in order of start.

        Holds of ours are among them, cancelled events are not. At most `most` pairs.
        """
        with self._database.reading() as connection:
            values = {"resources": resources, "since": window.start, "until": window.end}
            for *row, resource in connection.execute(_STAYS.limit(most), values):
                yield resource, stored(row)

    def resources_of(self, numbers: Collection[int]) -> dict[int, tuple[str, ...]]:
        """The resources that these events take the time of; nothing for those that take none."""
        found: dict[int, tuple[str, ...]] = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                for number, resource in connection.execute(_BOUND, {"numbers": some}):
                    found[number] = (*found.get(number, ()), resource)
        return found

    def ticks(self, accounts: Collection[str], since: int) -> list[Tick]:
        """The polls of accounts that were begun at `since` or later and have ended, in order."""
        with self._database.reading() as connection:
            rows = connection.execute(_TICKS, {"accounts": accounts, "since": since})
            return [Tick(*row) for row in rows]


_IN_WINDOW = (OCCUPANCY.c.start < bindparam("until")) & (
    (OCCUPANCY.c.end > bindparam("since"))
    | ((OCCUPANCY.c.end == OCCUPANCY.c.start) & (OCCUPANCY.c.start == bindparam("since")))
)
_STAYS = (
    SELECT_EVENT.add_columns(OCCUPANCY.c.resource)
    .join(OCCUPANCY, OCCUPANCY.c.event == EVENT.c.number)
    .where(OCCUPANCY.c.resource.in_(bindparam("resources", expanding=True)), _IN_WINDOW)
    .order_by(OCCUPANCY.c.start, OCCUPANCY.c.end, OCCUPANCY.c.event, OCCUPANCY.c.resource)
)
_BOUND = (
    select(OCCUPANCY.c.event, OCCUPANCY.c.resource)
    .where(OCCUPANCY.c.event.in_(bindparam("numbers", expanding=True)))
    .order_by(OCCUPANCY.c.event, OCCUPANCY.c.resource)
)
_TICKS = (
    select(POLL.c.account, POLL.c.started_at, POLL.c.complete, POLL.c.rows, POLL.c.reason)
    .where(
        POLL.c.account.in_(bindparam("accounts", expanding=True)),
        POLL.c.started_at >= bindparam("since"),
        POLL.c.finished_at.is_not(None),
    )
    .order_by(POLL.c.started_at, POLL.c.id)
)
