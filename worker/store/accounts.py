"""Accounts: their health, cursor and read brakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update

from worker.domain.health import Health, Trouble
from worker.domain.listing import Cursor
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.tables import ACCOUNT


@dataclass(frozen=True, slots=True)
class Account:
    """What the store knows of an account. `brake` is the read brake that is on (`B3`), if any."""

    id: str
    vendor: str
    scope: str
    health: Health
    cursor: Cursor | None
    brake: str
    brake_reason: str


class Accounts:
    """Reads and changes what is known of accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, account: str, vendor: str, scope: str) -> None:
        """Make sure that the account is known.

        Where it now points to another vendor, tenant or login (`scope`), its cursor means nothing
        any more and is dropped.
        """
        with self._database.writing() as connection:
            known = connection.execute(
                select(ACCOUNT.c.vendor, ACCOUNT.c.scope).where(ACCOUNT.c.id == account)
            ).first()
            if known is None:
                values = account_values(Health())
                connection.execute(
                    insert(ACCOUNT).values(
                        id=account,
                        vendor=vendor,
                        scope=scope,
                        cursor_start=0,
                        cursor_end=0,
                        full_at=0,
                        brake="",
                        brake_reason="",
                        **values,
                    )
                )
            elif (known.vendor, known.scope) != (vendor, scope):
                connection.execute(
                    update(ACCOUNT)
                    .where(ACCOUNT.c.id == account)
                    .values(vendor=vendor, scope=scope, cursor=None, full_at=0)
                )

    def all(self) -> dict[str, Account]:
        """Every account that was ever registered, by id."""
        with self._database.reading() as connection:
            rows = connection.execute(_ALL).mappings()
            return {row["id"]: _account(row) for row in rows}

    def change_health(self, account: str, change: Callable[[Health], Health]) -> Health:
        """Apply a pure change to an account's health; raises KeyError for an unknown account."""
        with self._database.writing() as connection:
            row = (
                connection.execute(select(ACCOUNT).where(ACCOUNT.c.id == account))
                .mappings()
                .first()
            )
            if row is None:
                raise KeyError(account)
            health = change(_health(row))
            connection.execute(
                update(ACCOUNT).where(ACCOUNT.c.id == account).values(account_values(health))
            )
            return health


# Asked many times in each poll: building a statement costs more than it takes to answer it.
_ALL = select(ACCOUNT).order_by(ACCOUNT.c.id)


def account_values(health: Health) -> dict[str, Any]:
    """A health as columns."""
    return {
        "next_at": health.next_at,
        "failures": health.failures,
        "trouble": health.trouble,
        "error": health.error,
        "attempted_at": health.attempted_at,
        "complete_at": health.complete_at,
        "wait_until": health.wait_until,
        "throttles": health.throttles,
        "paused": health.paused,
    }


def _health(row: Any) -> Health:
    return Health(
        next_at=row["next_at"],
        failures=row["failures"],
        trouble=Trouble(row["trouble"]) if row["trouble"] else None,
        error=row["error"],
        attempted_at=row["attempted_at"],
        complete_at=row["complete_at"],
        wait_until=row["wait_until"],
        throttles=row["throttles"],
        paused=row["paused"],
    )


def _account(row: Any) -> Account:
    cursor = None
    if row["cursor"] is not None:
        window = Span(row["cursor_start"], row["cursor_end"])
        cursor = Cursor(row["cursor"], window, row["full_at"])
    return Account(
        id=row["id"],
        vendor=row["vendor"],
        scope=row["scope"],
        health=_health(row),
        cursor=cursor,
        brake=row["brake"],
        brake_reason=row["brake_reason"],
    )
