"""The outbox: every write, durable before it is sent, and what came of it.

One process writes at a time. Whoever begins takes a fence; a process that was stopped meanwhile and
wakes up again finds another one, and can record nothing any more, so it sends nothing either.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from worker.domain.event import Event
from worker.domain.reconcile.links import Link
from worker.domain.reconcile.plan import REMOVING, Action, Verb
from worker.domain.reconcile.record import OPEN, OutboxState, RunRecord, WriteRecord
from worker.domain.span import DAY
from worker.store.database import Busy, Database
from worker.store.links import Agreed, drop, keep
from worker.store.polls import believe_gone
from worker.store.push_tables import OUTBOX, RESOLUTION, RUN
from worker.store.tables import META, POLL
from worker.store.values import (
    action_document,
    action_of,
    event_document,
    event_of,
    packed,
    unpacked,
)

FENCE = "push_fence"
PUSH_LOCK = "push"


class Deposed(Busy):
    """Another process has begun to write: this one must not go on."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the outbox is: who leads, and how many writes are in each state, by account.

    Writes only move on: between two that are equal nothing was written, nor became of anything.
    """

    fence: int
    states: frozenset[tuple[str, str, int]]


class Outbox:
    """Begins, moves on and lists writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def progress(self) -> Progress:
        """How far the outbox is now: to be read before the picture that a plan is made from."""
        with self._database.reading() as connection:
            return _progress(connection)

    def lead(self, since: Progress | None = None) -> int:
        """Take the fence: from now on only the caller may record writes. Hold `PUSH_LOCK`.

        Runs whose process ended before them are closed at the last that is known of them.
        Raises Deposed where anything was written since `since`: a plan from before knows nothing
        of that, and would write it once more.
        """
        with self._database.writing() as connection:
            now = _progress(connection)
            if since is not None and since != now:
                raise Deposed("another process has written since this plan was made: look again")
            fence = now.fence + 1
            connection.execute(delete(META).where(META.c.name == FENCE))
            connection.execute(insert(META).values(name=FENCE, value=str(fence)))
            connection.execute(_CLOSE)
            return fence

    def begin(self, fence: int, plan: str, by: str, now: int, undoes: str = "") -> str:
        """Open a run and return its id: 8 hex digits."""
        id_ = secrets.token_hex(4)
        with self._database.writing() as connection:
            _stand(connection, fence)
            connection.execute(
                insert(RUN).values(
                    id=id_, plan=plan, by=by, undoes=undoes, started_at=now, finished_at=None
                )
            )
        return id_

    def unfinished(self) -> bool:
        """Whether a run was begun and not closed: it goes on, or its process ended before it."""
        with self._database.reading() as connection:
            query = select(RUN.c.id).where(RUN.c.finished_at.is_(None)).limit(1)
            return connection.execute(query).first() is not None

    def finish(self, run: str, now: int) -> None:
        """Close a run."""
        with self._database.writing() as connection:
            connection.execute(update(RUN).where(RUN.c.id == run).values(finished_at=now))

    def intend(self, fence: int, run: str, action: Action, now: int) -> int:
        """Make a write durable before anything of it is sent; returns its number."""
        with self._database.writing() as connection:
            _stand(connection, fence)
            row = connection.execute(
                _INTEND,
                {
                    "run": run,
                    "action_id": action.id,
                    "verb": action.verb.value,
                    "target": action.target,
                    "link": action.link,
                    "native_id": action.key.native_id if action.key else "",
                    "state": str(OutboxState.INTENT),
                    "notifies": action.notifies,
                    "action": packed(action_document(action)),
                    "before": "",
                    "after": "",
                    "detail": "",
                    "poll": 0,
                    "sent_at": now,
                    "taken_back": "",
                },
            )
            return int(row.scalar_one())

    def send(self, fence: int, entry: int, action: Action, before: Event | None, now: int) -> None:
        """The last thing before a request: from here on only the vendor knows. Raises Deposed."""
        with self._database.writing() as connection:
            _stand(connection, fence)
            connection.execute(
                _SEND,
                {
                    "entry": entry,
                    "account": action.target,
                    "stood": packed(event_document(before)),
                    "now": now,
                },
            )

    def settle(
        self,
        fence: int,
        entry: int,
        state: OutboxState,
        detail: str,
        now: int,
        *,
        link: tuple[Link, Agreed | None] | None = None,
        forget: Collection[str] = (),
        after: Event | None = None,
        ended: int = 0,
    ) -> None:
        """Record what came of a write, and what is remembered of its link, in one transaction.

        `ended` is the number of an event that its vendor says is gone now: the next listing
        must not wonder where it is.
        """
        done = state not in OPEN
        with self._database.writing() as connection:
            _stand(connection, fence)
            connection.execute(
                _SETTLE,
                {
                    "entry": entry,
                    "outcome": str(state),
                    "said": detail,
                    "done": now if done else None,
                    "shows": None if after is None else packed(event_document(after)),
                    "native": None if after is None else after.key.native_id,
                },
            )
            if link is not None:
                keep(connection, *link)
            drop(connection, forget)
            if ended:
                believe_gone(connection, [ended], None, now)
            _close_resolution(connection, entry, state, detail)

    def open(self) -> list[WriteRecord]:
        """Writes that are not done: begun before a crash, or with an answer that was lost."""
        return self._entries(OUTBOX.c.state.in_([str(state) for state in OPEN]))

    def unresolvable(self) -> list[WriteRecord]:
        """Writes of which nobody can tell whether they were carried out."""
        return self._entries(OUTBOX.c.state == str(OutboxState.NEEDS_REVIEW))

    def doubtful(self, links: Collection[str]) -> list[Action]:
        """What was sent for these links and is not settled, or cannot be."""
        if not links:
            return []
        states = [str(state) for state in (*OPEN, OutboxState.NEEDS_REVIEW)]
        entries = self._entries(OUTBOX.c.state.in_(states))
        return [entry.action for entry in entries if entry.action.link in links]

    def runs(self, most: int = 50) -> list[RunRecord]:
        """The newest runs first, each with its writes."""
        with self._database.reading() as connection:
            rows = connection.execute(
                select(RUN).order_by(RUN.c.started_at.desc(), RUN.c.id).limit(most)
            ).all()
        return [self._run(row) for row in rows]

    def run(self, id_: str) -> RunRecord | None:
        """The run with this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(RUN).where(RUN.c.id == id_)).first()
        return self._run(row) if row else None

    def take_back(self, entries: Iterable[int], run: str) -> None:
        """Note that these writes were taken back by another run."""
        with self._database.writing() as connection:
            connection.execute(
                update(OUTBOX).where(OUTBOX.c.id.in_(list(entries))).values(taken_back=run)
            )

    def unread(self) -> frozenset[str]:
        """The accounts that were written to, and not read completely since.

        A picture older than the last write is no ground for the next one. Polls are told apart by
        their numbers, for clocks may stand still or go back.
        """
        nothing_sent = (OutboxState.INTENT, OutboxState.DEFERRED)
        written = (
            select(OUTBOX.c.target, func.max(OUTBOX.c.poll))
            .where(OUTBOX.c.state.not_in([str(state) for state in nothing_sent]), OUTBOX.c.poll > 0)
            .group_by(OUTBOX.c.target)
        )
        read = (
            select(POLL.c.account, func.max(POLL.c.id))
            .where(POLL.c.complete, POLL.c.finished_at.is_not(None))
            .group_by(POLL.c.account)
        )
        with self._database.reading() as connection:
            newest = {account: poll for account, poll in connection.execute(read)}  # noqa: C416
            return frozenset(
                target
                for target, poll in connection.execute(written)
                if newest.get(target, 0) <= poll
            )

    def removed_since(self, since: int) -> dict[str, int]:
        """How much of ours was taken away from each account since an instant, by itself."""
        query = (
            select(OUTBOX.c.target, func.count())
            .where(
                OUTBOX.c.state == str(OutboxState.CONFIRMED),
                OUTBOX.c.verb.in_([verb.value for verb in REMOVING]),
                OUTBOX.c.link.not_like("resolution:%"),
                OUTBOX.c.done_at > since,
            )
            .group_by(OUTBOX.c.target)
        )
        with self._database.reading() as connection:
            return {target: count for target, count in connection.execute(query)}  # noqa: C416

    def carried_out(self, verbs: Collection[Verb], since: int) -> list[Action]:
        """What of these sorts was carried out since an instant, and not by a person's word."""
        undoing = select(RUN.c.id).where(RUN.c.undoes != "")
        query = select(OUTBOX.c.action).where(
            OUTBOX.c.state == str(OutboxState.CONFIRMED),
            OUTBOX.c.link.not_like("resolution:%"),
            OUTBOX.c.run.not_in(undoing),
            OUTBOX.c.verb.in_([verb.value for verb in verbs]),
            OUTBOX.c.done_at > since,
        )
        with self._database.reading() as connection:
            return [action_of(unpacked(row)) for row in connection.execute(query).scalars()]

    def written(self) -> frozenset[str]:
        """The accounts to which something of ours was ever written."""
        query = select(OUTBOX.c.target).where(OUTBOX.c.state == str(OutboxState.CONFIRMED))
        with self._database.reading() as connection:
            return frozenset(connection.execute(query.distinct()).scalars())

    def states(self) -> dict[tuple[str, str], int]:
        """How many writes are in each state, by (account, state)."""
        with self._database.reading() as connection:
            return {(target, state): count for target, state, count in connection.execute(_STATES)}

    def _run(self, row: Any) -> RunRecord:
        return RunRecord(
            id=row.id,
            plan=row.plan,
            by=row.by,
            undoes=row.undoes,
            started_at=row.started_at,
            finished_at=row.finished_at,
            entries=tuple(self._entries(OUTBOX.c.run == row.id)),
        )

    def _entries(self, which: Any) -> list[WriteRecord]:
        with self._database.reading() as connection:
            rows = connection.execute(select(OUTBOX).where(which).order_by(OUTBOX.c.id))
            return [_entry(row) for row in rows]


# Asked several times for each write: to build a statement costs more than to answer it.
_FENCE = select(META.c.value).where(META.c.name == FENCE)
_LINK_OF = select(OUTBOX.c.link).where(OUTBOX.c.id == bindparam("entry"))
_LAST = select(func.max(func.coalesce(OUTBOX.c.done_at, OUTBOX.c.sent_at))).where(
    OUTBOX.c.run == RUN.c.id
)
_CLOSE = (
    update(RUN)
    .where(RUN.c.finished_at.is_(None))
    .values(finished_at=func.coalesce(_LAST.scalar_subquery(), RUN.c.started_at))
)
_INTEND = insert(OUTBOX).returning(OUTBOX.c.id)
_SEND = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("entry"))
    .values(
        poll=select(func.coalesce(func.max(POLL.c.id), 0))
        .where(POLL.c.account == bindparam("account"))
        .scalar_subquery(),
        state=str(OutboxState.IN_FLIGHT),
        before=bindparam("stood"),
        sent_at=bindparam("now"),
    )
)
_SETTLE = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("entry"))
    .values(
        state=bindparam("outcome"),
        detail=bindparam("said"),
        done_at=func.coalesce(bindparam("done", type_=OUTBOX.c.done_at.type), OUTBOX.c.done_at),
        after=func.coalesce(bindparam("shows", type_=OUTBOX.c.after.type), OUTBOX.c.after),
        native_id=func.coalesce(
            bindparam("native", type_=OUTBOX.c.native_id.type), OUTBOX.c.native_id
        ),
    )
)
_STATES = select(OUTBOX.c.target, OUTBOX.c.state, func.count()).group_by(
    OUTBOX.c.target, OUTBOX.c.state
)


def _fence(connection: Connection) -> int:
    return int(connection.execute(_FENCE).scalar_one_or_none() or 0)


def _progress(connection: Connection) -> Progress:
    states = frozenset((one.target, one.state, one[2]) for one in connection.execute(_STATES))
    return Progress(_fence(connection), states)


def _stand(connection: Connection, fence: int) -> None:
    """Refuse to go on where another process has taken the fence."""
    if _fence(connection) != fence:
        raise Deposed("another calsync process has begun to write; this one stops writing")


def _close_resolution(connection: Connection, entry: int, state: OutboxState, detail: str) -> None:
    """A person's approval is used up once its write is done, whatever came of it."""
    if state in OPEN or state is OutboxState.DEFERRED:
        return
    link = connection.execute(_LINK_OF, {"entry": entry}).scalar_one()
    if not link.startswith("resolution:"):
        return
    done = state is OutboxState.CONFIRMED
    connection.execute(
        update(RESOLUTION)
        .where(RESOLUTION.c.id == int(link.partition(":")[2]))
        .values(state="done" if done else "failed", detail=detail)
    )


def _entry(row: Any) -> WriteRecord:
    return WriteRecord(
        id=row.id,
        run=row.run,
        action=action_of(unpacked(row.action)),
        state=OutboxState(row.state),
        before=event_of(unpacked(row.before)),
        after=event_of(unpacked(row.after)),
        detail=row.detail,
        sent_at=row.sent_at,
        done_at=row.done_at,
        taken_back=row.taken_back,
    )


WITHIN = DAY  # how far back brakes count what was removed
