"""What is over for more than a year is forgotten: nobody undoes, adopts or compares it any more.

Events stay, however old: what is ours is known by them, and what was, too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import (
    Connection,
    String,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from worker.domain.conflict.finding import FindingState
from worker.domain.reconcile.record import OutboxState
from worker.domain.span import DAY
from worker.store.push_tables import APPROVAL, LINK, OUTBOX, RESOLUTION, RUN
from worker.store.recording import chunks
from worker.store.tables import EVENT, FINDING, HISTORY, META, NOTICE, REVISION
from worker.store.values import action_of, unpacked

KEPT = 400 * DAY
_FORGOTTEN = "forgotten_writes"
_SETTLED = (OutboxState.CONFIRMED, OutboxState.REJECTED, OutboxState.DEFERRED)


def forget(connection: Connection, now: int) -> None:
    """Drop what ended more than 400 days before `now`, in the transaction of `connection`."""
    edge = now - KEPT
    _forget_states(connection, edge)
    _forget_findings(connection, edge)
    _forget_runs(connection, edge)
    _forget_resolutions(connection, edge)
    connection.execute(delete(APPROVAL).where(APPROVAL.c.until < edge, APPROVAL.c.at < edge))


def forgotten_writes(connection: Connection) -> Counter[tuple[str, str]]:
    """How many writes of runs that were forgotten ended how, by account and outcome."""
    text = connection.execute(select(META.c.value).where(META.c.name == _FORGOTTEN)).scalar()
    return Counter({(account, state): count for account, state, count in json.loads(text or "[]")})


def _forget_states(connection: Connection, edge: int) -> None:
    """Former states of events that are long over."""
    over = select(EVENT.c.number).where(EVENT.c.end < edge)
    connection.execute(
        delete(REVISION).where(REVISION.c.replaced_at < edge, REVISION.c.event.in_(over))
    )


def _forget_findings(connection: Connection, edge: int) -> None:
    """Findings that were resolved, with their lives."""
    query = select(FINDING.c.id).where(
        FINDING.c.state == str(FindingState.RESOLVED),
        FINDING.c.resolved_at < edge,
        FINDING.c.end < edge,
    )
    for some in chunks(connection.execute(query).scalars().all()):
        connection.execute(delete(HISTORY).where(HISTORY.c.finding.in_(some)))
        abouts = [f"finding:{id_}" for id_ in some]
        connection.execute(delete(NOTICE).where(NOTICE.c.about.in_(abouts)))
        connection.execute(
            update(FINDING).where(FINDING.c.predecessor.in_(some)).values(predecessor=None)
        )
        connection.execute(delete(FINDING).where(FINDING.c.id.in_(some)))


def _forget_runs(connection: Connection, edge: int) -> None:
    """Whole runs, where nothing that they wrote stands, is in doubt, or is still to come."""
    # That an account was ever written to is known by its last write.
    last = select(func.max(OUTBOX.c.id)).where(OUTBOX.c.state == "confirmed")
    needed = select(OUTBOX.c.run).where(
        or_(
            OUTBOX.c.state.not_in(map(str, _SETTLED)),
            OUTBOX.c.done_at >= edge,
            OUTBOX.c.link.in_(select(LINK.c.id)),
            OUTBOX.c.id.in_(last.group_by(OUTBOX.c.target)),
        )
    )
    query = select(RUN.c.id).where(RUN.c.finished_at < edge, RUN.c.id.not_in(needed))
    over = [run for run in connection.execute(query).scalars() if _is_over(connection, run, edge)]
    for some in chunks(over):
        rows = connection.execute(
            select(OUTBOX.c.target, OUTBOX.c.state).where(OUTBOX.c.run.in_(some))
        )
        _count(connection, [(row.target, row.state) for row in rows])
        connection.execute(delete(OUTBOX).where(OUTBOX.c.run.in_(some)))
        connection.execute(delete(RUN).where(RUN.c.id.in_(some)))


def _forget_resolutions(connection: Connection, edge: int) -> None:
    """Approvals that are used up, and named by no write; the newest stays, so does its number."""
    named = select(OUTBOX.c.link).where(OUTBOX.c.link.like("resolution:%"))
    connection.execute(
        delete(RESOLUTION).where(
            RESOLUTION.c.state != "open",
            RESOLUTION.c.at < edge,
            RESOLUTION.c.id.not_in(select(func.max(RESOLUTION.c.id))),
            literal("resolution:").concat(cast(RESOLUTION.c.id, String)).not_in(named),
        )
    )


def _is_over(connection: Connection, run: str, edge: int) -> bool:
    actions = connection.execute(select(OUTBOX.c.action).where(OUTBOX.c.run == run)).scalars()
    return all(action_of(unpacked(action)).span.end < edge for action in actions)


def _count(connection: Connection, writes: Iterable[tuple[str, str]]) -> None:
    """Counters that watchers read must never fall."""
    counts = forgotten_writes(connection) + Counter(writes)
    rows = [[account, state, count] for (account, state), count in sorted(counts.items())]
    connection.execute(delete(META).where(META.c.name == _FORGOTTEN))
    connection.execute(insert(META).values(name=_FORGOTTEN, value=json.dumps(rows)))
