"""What can be said of whole accounts: pages, rows set aside, calendars, times without a zone."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Collection

from sqlalchemy import and_, bindparam, func, or_, select

from worker.domain.event import Kind, Role, Status, Trait
from worker.domain.listing import Quarantined, Template
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.store.database import Database
from worker.store.events import SELECT_EVENT, numbered_rows, stored
from worker.store.recording import chunks, within, within_bounds
from worker.store.tables import EVENT, QUARANTINE, TEMPLATE


class Survey:
    """Reads what findings about accounts rest on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def templates(self, account: str) -> list[Template]:
        """The booking pages that an account showed last."""
        with self._database.reading() as connection:
            return [
                Template(
                    native_id=row.native_id,
                    name=row.name,
                    active=row.active,
                    subjects=tuple(json.loads(row.subjects)),
                    blind=tuple(json.loads(row.blind)),
                    url=row.url,
                )
                for row in connection.execute(_TEMPLATES, {"account": account})
            ]

    def quarantined(self, account: str) -> list[Quarantined]:
        """The rows of an account that made no sense when last seen, redacted."""
        with self._database.reading() as connection:
            return [
                Quarantined(
                    kind=Kind(row.kind) if row.kind else None,
                    native_id="" if row.native_id.startswith("?") else row.native_id,
                    reason=row.reason,
                    answer=zlib.decompress(row.answer),
                )
                for row in connection.execute(_QUARANTINED, {"account": account})
            ]

    def unbound(self, account: str, window: Span) -> dict[tuple[str, ...], int]:
        """How many events of an account occupy no resource, by their subjects."""
        values = {"account": account, "start": window.start, "end": window.end}
        with self._database.reading() as connection:
            counted = Counter(connection.execute(_UNBOUND, values).scalars())
        return {tuple(json.loads(text)): count for text, count in counted.items()}

    def subjects(self, account: str) -> frozenset[str]:
        """All that an account names its calendars by, as far as its events tell."""
        with self._database.reading() as connection:
            rows = connection.execute(_SUBJECTS, {"account": account}).scalars()
            return frozenset(name for text in rows for name in json.loads(text))

    def naive(self, account: str, window: Span) -> list[int]:
        """The numbers of the events that came with a wall time and without any zone."""
        values = {"account": account, "start": window.start, "end": window.end}
        with self._database.reading() as connection:
            return list(connection.execute(_NAIVE, values).scalars())

    def records_of(self, numbers: Collection[int]) -> list[Stored]:
        """All stretches of the records that these events are stretches of."""
        found: dict[int, Stored] = {}
        with self._database.reading() as connection:
            for some in chunks(numbers):
                records = {tuple(row) for row in connection.execute(_RECORDS, {"numbers": some})}
                for account, kind, native_id in records:
                    same = and_(
                        EVENT.c.account == account,
                        EVENT.c.kind == kind,
                        EVENT.c.native_id == native_id,
                    )
                    rows = connection.execute(SELECT_EVENT.where(same)).all()
                    found.update(numbered_rows(rows))
        return list(found.values())

    def around(self, one: Stored) -> list[Stored]:
        """The other events of the same account that share time with this one."""
        query = SELECT_EVENT.where(
            EVENT.c.account == one.event.key.account,
            EVENT.c.role != Role.NONE,
            EVENT.c.number != one.event.key.number,
            EVENT.c.start < one.event.span.end,
            EVENT.c.end > one.event.span.start,
        )
        with self._database.reading() as connection:
            return [stored(row) for row in connection.execute(query)]

    def repeating(self) -> list[int]:
        """One stretch of each record that stands for several."""
        query = (
            select(func.min(EVENT.c.number))
            .where(EVENT.c.occurrence != "")
            .group_by(EVENT.c.account, EVENT.c.kind, EVENT.c.native_id)
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def telling(self, numbers: Collection[int] | None, window: Span) -> list[Stored]:
        """Of these events (of all, if None), those that something may be said of by themselves.

        Rosters beyond their places, cancelled ones with people on them, ambiguous times.
        """
        query = _TELLING.where(within(window))
        if numbers is None:
            with self._database.reading() as connection:
                return [stored(row) for row in connection.execute(query)]
        found: list[Stored] = []
        with self._database.reading() as connection:
            for some in chunks(numbers):
                rows = connection.execute(_TELLING_OF, {"numbers": some})
                found.extend(one for one in map(stored, rows) if window.shows(one.event.span))
        return found


# Asked in each detection: building a statement costs more than it takes to answer it.
_OF_ACCOUNT = EVENT.c.account == bindparam("account")
_SHOWN = within_bounds(bindparam("start"), bindparam("end"))
_TEMPLATES = (
    select(TEMPLATE)
    .where(TEMPLATE.c.account == bindparam("account"))
    .order_by(TEMPLATE.c.native_id)
)
_QUARANTINED = (
    select(QUARANTINE)
    .where(QUARANTINE.c.account == bindparam("account"))
    .order_by(QUARANTINE.c.native_id)
)
_UNBOUND = select(EVENT.c.subjects).where(
    _OF_ACCOUNT,
    EVENT.c.resources == "[]",
    EVENT.c.role.not_in([str(Role.NONE), str(Role.OURS)]),
    _SHOWN,
)
_SUBJECTS = select(EVENT.c.subjects).where(_OF_ACCOUNT).distinct()
_NAIVE = (
    select(EVENT.c.number)
    .where(
        _OF_ACCOUNT,
        EVENT.c.traits.contains(f'"{Trait.NAIVE_TIME}"', autoescape=True),
        EVENT.c.status != Status.CANCELLED,
        _SHOWN,
    )
    .order_by(EVENT.c.number)
)
_RECORDS = (
    select(EVENT.c.account, EVENT.c.kind, EVENT.c.native_id)
    .where(EVENT.c.number.in_(bindparam("numbers", expanding=True)), EVENT.c.occurrence != "")
    .distinct()
)
_TELLING = SELECT_EVENT.where(
    or_(
        EVENT.c.attendees > EVENT.c.capacity,
        and_(EVENT.c.status == Status.CANCELLED, EVENT.c.attendees > 0),
        EVENT.c.traits.contains(f'"{Trait.AMBIGUOUS_TIME}"', autoescape=True),
    )
)
_TELLING_OF = _TELLING.where(EVENT.c.number.in_(bindparam("numbers", expanding=True)))
