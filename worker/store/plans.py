"""Plans that were shown, what people approved, and what they last agreed to."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from worker.domain.event import Key, Kind
from worker.domain.reconcile.brakes import Approval
from worker.domain.reconcile.plan import Resolution
from worker.domain.span import DAY, Span
from worker.store.database import Database
from worker.store.push_tables import APPROVAL, PLAN, RESOLUTION
from worker.store.tables import META

AGREED = "push_agreed"
BASELINE = "push_baseline"
BRAKES = "push_brakes"
KEPT = 30 * DAY  # how long a plan that was shown can be approved


@dataclass(frozen=True, slots=True)
class Approved:
    """One approval as the log tells it."""

    plan: str
    brake: str
    scope: str
    reason: str
    until: int
    by: str
    at: int


class Plans:
    """Keeps plans, approvals, resolutions and what is agreed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, hash_: str, document: Mapping[str, Any], now: int) -> None:
        """Remember a plan, so that it can be approved by its hash."""
        with self._database.writing() as connection:
            connection.execute(
                delete(PLAN).where((PLAN.c.hash == hash_) | (PLAN.c.created_at < now - KEPT))
            )
            connection.execute(
                insert(PLAN).values(hash=hash_, created_at=now, document=json.dumps(document))
            )

    def kept(self, hash_: str) -> dict[str, Any] | None:
        """A plan that was shown, by its whole hash."""
        with self._database.reading() as connection:
            text = connection.execute(
                select(PLAN.c.document).where(PLAN.c.hash == hash_)
            ).scalar_one_or_none()
        return json.loads(text) if text else None

    def approve(
        self,
        plan: str,
        passed: Collection[Approval],
        reasons: Mapping[tuple[str, str], str],
        by: str,
        now: int,
    ) -> None:
        """Let these pass; `reasons` by brake and scope."""
        with self._database.writing() as connection:
            for one in passed:
                connection.execute(
                    insert(APPROVAL).values(
                        plan=plan,
                        brake=one.brake,
                        scope=one.scope,
                        reason=reasons.get((one.brake, one.scope), ""),
                        actions=json.dumps(sorted(one.actions)),
                        until=one.until,
                        by=by,
                        at=now,
                    )
                )

    def approvals(self, now: int) -> list[Approval]:
        """What people let pass, and still holds."""
        with self._database.reading() as connection:
            rows = connection.execute(select(APPROVAL).where(APPROVAL.c.until > now))
            return [
                Approval(row.brake, row.scope, frozenset(json.loads(row.actions)), row.until)
                for row in rows
            ]

    def log(self, most: int = 100) -> list[Approved]:
        """The newest approvals first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(APPROVAL).order_by(APPROVAL.c.at.desc(), APPROVAL.c.id.desc()).limit(most)
            )
            return [
                Approved(row.plan, row.brake, row.scope, row.reason, row.until, row.by, row.at)
                for row in rows
            ]

    def fact(self, name: str) -> Any:
        """What is remembered under a name (`AGREED`, `BASELINE`, `BRAKES`); None at first."""
        with self._database.reading() as connection:
            text = connection.execute(_FACT, {"name": name}).scalar_one_or_none()
        return json.loads(text) if text else None

    def remember(self, name: str, value: object) -> None:
        """Replace what is remembered under a name."""
        with self._database.writing() as connection:
            connection.execute(delete(META).where(META.c.name == name))
            connection.execute(insert(META).values(name=name, value=json.dumps(value)))

    def resolve(self, wish: Resolution, now: int) -> int:
        """Keep what a person approved for an event; an open one for the same event is replaced."""
        key = wish.key
        with self._database.writing() as connection:
            connection.execute(
                update(RESOLUTION)
                .where(
                    RESOLUTION.c.state == "open",
                    RESOLUTION.c.account == key.account,
                    RESOLUTION.c.kind == key.kind.value,
                    RESOLUTION.c.native_id == key.native_id,
                    RESOLUTION.c.occurrence == key.occurrence,
                )
                .values(state="dropped", detail="another one took its place")
            )
            row = connection.execute(
                insert(RESOLUTION)
                .values(
                    finding=wish.finding,
                    account=key.account,
                    kind=key.kind.value,
                    native_id=key.native_id,
                    occurrence=key.occurrence,
                    to_start=wish.to.start if wish.to else None,
                    to_end=wish.to.end if wish.to else None,
                    withdraw=wish.withdraw,
                    tells=wish.tells,
                    by=wish.by,
                    why=wish.why,
                    at=now,
                    basis=wish.basis,
                    state="open",
                    detail="",
                )
                .returning(RESOLUTION.c.id)
            )
            return int(row.scalar_one())

    def drop(self, id_: int, why: str) -> None:
        """Take an open resolution back."""
        with self._database.writing() as connection:
            connection.execute(
                update(RESOLUTION)
                .where(RESOLUTION.c.id == id_, RESOLUTION.c.state == "open")
                .values(state="dropped", detail=why)
            )

    def resolutions(self) -> list[Resolution]:
        """What people approved, and is not done yet."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(RESOLUTION).where(RESOLUTION.c.state == "open").order_by(RESOLUTION.c.id)
            )
            return [_resolution(row) for row in rows]


_FACT = select(META.c.value).where(META.c.name == bindparam("name"))


def _resolution(row: Any) -> Resolution:
    to = Span(row.to_start, row.to_end) if row.to_start is not None else None
    return Resolution(
        id=row.id,
        finding=row.finding,
        key=Key(row.account, Kind(row.kind), row.native_id, row.occurrence),
        to=to,
        withdraw=bool(row.withdraw),
        tells=bool(row.tells),
        by=row.by,
        why=row.why,
        basis=row.basis,
    )
