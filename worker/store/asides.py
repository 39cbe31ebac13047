"""What a listing holds beside events: rows set aside, and booking pages."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, delete, insert, select

from worker.domain.event import Key, Kind
from worker.store.recording import Recording
from worker.store.tables import QUARANTINE, TEMPLATE

Name = tuple[str, str]  # kind (may be empty) and native id


def forget_asides(connection: Connection, recording: Recording) -> None:
    """After a listing of everything: what it does not hold beside events is no more."""
    connection.execute(delete(TEMPLATE).where(TEMPLATE.c.account == recording.account))
    gone = _before(connection, recording).keys() - recording.quarantined.keys()
    _forget(connection, recording, gone)


def keep_asides(connection: Connection, recording: Recording, now: int) -> None:
    """Keep what this poll set aside, since when, and the booking pages that it saw."""
    before = _before(connection, recording)
    _forget(connection, recording, [name for name in before if _readable(recording, name)])
    if recording.quarantined:
        _forget(connection, recording, before.keys() & recording.quarantined.keys())
        rows = [
            {
                "account": recording.account,
                "kind": kind,
                "native_id": native_id,
                "reason": reason,
                "answer": answer,
                "first_at": before.get((kind, native_id), now),
                "last_at": now,
                "poll": recording.poll,
            }
            for (kind, native_id), (reason, answer) in recording.quarantined.items()
        ]
        connection.execute(insert(QUARANTINE), rows)
    _keep_templates(connection, recording, now)


def _before(connection: Connection, recording: Recording) -> dict[Name, int]:
    """What was set aside until now, and since when."""
    rows = connection.execute(_ASIDE, {"account": recording.account})
    return {(kind, native_id): first_at for kind, native_id, first_at in rows}


def _readable(recording: Recording, name: Name) -> bool:
    """Whether this poll has shown as an event what made no sense before."""
    kind, native_id = name
    kinds = [Kind(kind)] if kind else list(Kind)
    return any(Key(recording.account, one, native_id).number in recording.seen for one in kinds)


_ASIDE = select(QUARANTINE.c.kind, QUARANTINE.c.native_id, QUARANTINE.c.first_at).where(
    QUARANTINE.c.account == bindparam("account")
)


def _forget(connection: Connection, recording: Recording, names: Iterable[Name]) -> None:
    rows = [{"which_kind": kind, "which_id": native_id} for kind, native_id in names]
    if rows:
        connection.execute(
            delete(QUARANTINE).where(
                QUARANTINE.c.account == recording.account,
                QUARANTINE.c.kind == bindparam("which_kind"),
                QUARANTINE.c.native_id == bindparam("which_id"),
            ),
            rows,
        )


def _keep_templates(connection: Connection, recording: Recording, now: int) -> None:
    mine = TEMPLATE.c.account == recording.account
    for template in recording.templates.values():
        connection.execute(delete(TEMPLATE).where(mine, TEMPLATE.c.native_id == template.native_id))
        connection.execute(
            insert(TEMPLATE).values(
                account=recording.account,
                native_id=template.native_id,
                name=template.name,
                active=template.active,
                subjects=json.dumps(template.subjects),
                blind=json.dumps(template.blind),
                url=template.url,
                seen_at=now,
            )
        )
