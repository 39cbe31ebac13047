"""What planning looks at: what occupies resources, and which calendars go together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection

from sqlalchemy import func, select

from worker.domain.event import Kind, Role
from worker.domain.reconcile.holds import Stay
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.tables import EVENT, OCCUPANCY


class Routing:
    """Reads in bulk, as plain rows: there may be a hundred thousand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stays(self, window: Span) -> dict[str, list[Stay]]:
        """What occupies each resource in `window` and is none of ours, in order of start."""
        return self._stays(window, (Role.TAKEN, Role.OFFERED, Role.BLOCK), None)

    def offers(self, accounts: Collection[str], window: Span) -> dict[str, list[Stay]]:
        """The open slots of these accounts by resource, in order of start."""
        return self._stays(window, (Role.OFFERED,), accounts) if accounts else {}

    def companions(self, accounts: Collection[str]) -> dict[tuple[str, str], tuple[str, ...]]:
        """By (account, calendar): what else its events are bound to there, the most frequent first.

        It tells, for instance, at which of several branches somebody works most.
        """
        query = (
            select(EVENT.c.account, EVENT.c.subjects, func.count())
            .where(EVENT.c.account.in_(accounts), EVENT.c.role != Role.NONE)
            .group_by(EVENT.c.account, EVENT.c.subjects)
        )
        found: dict[tuple[str, str], Counter[str]] = {}
        with self._database.reading() as connection:
            for account, packed, count in connection.execute(query):
                subjects = json.loads(packed)
                for one in subjects:
                    others = found.setdefault((account, one), Counter())
                    others.update({other: count for other in subjects if other != one})
        return {where: tuple(name for name, _ in _ranked(each)) for where, each in found.items()}

    def _stays(
        self, window: Span, roles: Collection[Role], accounts: Collection[str] | None
    ) -> dict[str, list[Stay]]:
        query = (
            select(
                OCCUPANCY.c.resource,
                OCCUPANCY.c.event,
                EVENT.c.account,
                OCCUPANCY.c.start,
                OCCUPANCY.c.end,
                EVENT.c.status,
            )
            .join(EVENT, EVENT.c.number == OCCUPANCY.c.event)
            .where(
                OCCUPANCY.c.end > window.start,
                OCCUPANCY.c.start < window.end,
                OCCUPANCY.c.role.in_([str(role) for role in roles]),
            )
            .order_by(OCCUPANCY.c.resource, OCCUPANCY.c.start, OCCUPANCY.c.event)
        )
        if accounts is not None:
            query = query.where(EVENT.c.account.in_(accounts), EVENT.c.kind == Kind.SLOT)
        found: dict[str, list[Stay]] = {}
        with self._database.reading() as connection:
            rows = connection.execute(query)
            for resource, number, account, start, end, status in rows:
                found.setdefault(resource, []).append(Stay(number, account, start, end, status))
        return found


def _ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))
