"""The register of findings, and the history of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from worker.domain.conflict.finding import (
    Finding,
    FindingKind,
    FindingState,
    Member,
    Subject,
)
from worker.domain.conflict.register import Happening, Known, Life, Step
from worker.domain.event import Key, Kind, Status
from worker.domain.span import Span
from worker.store.database import Database
from worker.store.packing import insert_plainly
from worker.store.tables import FINDING, HISTORY

REGISTER_LOCK = "detect"  # held by whoever reads the register in order to change it
REGISTER_WAIT = 60.0
_FEW = 200  # subjects that are asked for by name; beyond that, all of the kind are looked through


class Findings:
    """Reads and changes the register."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_subjects(self, subjects: Collection[str]) -> dict[str, Known]:
        """Everything known about these subjects (`resource:amy`), by finding id."""
        found: dict[str, Known] = {}
        with self._database.reading() as connection:
            for subject in subjects:
                query = select(FINDING).where(FINDING.c.subject == subject)
                for row in connection.execute(query).mappings():
                    found[row["id"]] = _known(row)
        return found

    def about(
        self, kinds: Collection[FindingKind], subjects: Collection[str] | None = None
    ) -> dict[str, Known]:
        """What is known of these kinds, by finding id; of these subjects only, unless None."""
        if subjects is not None and not subjects:
            return {}
        few = subjects is not None and len(subjects) <= _FEW
        query, values = (_ABOUT_SOME, {"subjects": subjects}) if few else (_ABOUT, {})
        with self._database.reading() as connection:
            rows = connection.execute(query, {"kinds": kinds} | values).mappings()
            wanted = (row for row in rows if subjects is None or row["subject"] in subjects)
            return {row["id"]: _known(row) for row in wanted}

    def touching(
        self, kinds: Collection[FindingKind], subject: str, stretches: Collection[Span]
    ) -> dict[str, Known]:
        """What stands (is not resolved) of these kinds at a subject, in or beside a stretch."""
        with self._database.reading() as connection:
            rows = connection.execute(_STANDING, {"kinds": kinds, "subject": subject}).mappings()
            return {
                row["id"]: _known(row)
                for row in rows
                if any(row["start"] <= one.end and row["end"] >= one.start for one in stretches)
            }

    def ended_before(self, instant: int) -> list[Known]:
        """The findings that are not resolved and whose clash ended before `instant`."""
        with self._database.reading() as connection:
            rows = connection.execute(_ENDED, {"instant": instant}).mappings()
            return [_known(row) for row in rows]

    def within(self, window: Span) -> list[Known]:
        """The findings that are not resolved and whose clash shares time with `window`."""
        values = {"since": window.start, "until": window.end}
        with self._database.reading() as connection:
            rows = connection.execute(_WITHIN, values).mappings()
            return [_known(row) for row in rows]

    def came_up(self, since: int) -> frozenset[str]:
        """The ids of the findings that were found, or came back by themselves, after `since`."""
        with self._database.reading() as connection:
            return frozenset(connection.execute(_CAME_UP, {"since": since}).scalars())

    def standing(self) -> list[Known]:
        """What is not resolved."""
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(_STANDING_ALL).mappings()]

    def all(self) -> dict[str, Known]:
        """The whole register, by finding id."""
        with self._database.reading() as connection:
            rows = connection.execute(select(FINDING)).mappings()
            return {row["id"]: _known(row) for row in rows}

    def recent(self, since: int) -> list[Known]:
        """What is not resolved, and what was resolved since an instant."""
        query = select(FINDING).where(_STANDS | (FINDING.c.resolved_at >= since))
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(query).mappings()]

    def some(self, ids: Collection[str]) -> dict[str, Known]:
        """These few findings, by id, as far as they exist."""
        if not ids:
            return {}
        with self._database.reading() as connection:
            rows = connection.execute(_SOME, {"ids": ids}).mappings()
            return {row["id"]: _known(row) for row in rows}

    def successors(self, id_: str) -> list[str]:
        """The ids of the findings that this one went on as when its members changed."""
        query = select(FINDING.c.id).where(FINDING.c.predecessor == id_).order_by(FINDING.c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def lapsed(self, now: int) -> list[Known]:
        """The findings whose snooze, or acceptance for a while, is over."""
        with self._database.reading() as connection:
            return [_known(row) for row in connection.execute(_LAPSED, {"now": now}).mappings()]

    def history(self, id_: str) -> tuple[Happening, ...]:
        """The life of a finding so far, the oldest first."""
        query = (
            select(HISTORY.c.at, HISTORY.c.what, HISTORY.c.by, HISTORY.c.note)
            .where(HISTORY.c.finding == id_)
            .order_by(HISTORY.c.at, HISTORY.c.id)
        )
        with self._database.reading() as connection:
            return tuple(Happening(*row) for row in connection.execute(query))

    def change(self, id_: str, decide: Callable[[Known], Step], now: int) -> Known:
        """Let a person decide on a finding, with no detection in between.

        Raises KeyError for an unknown id, Busy where a detection takes too long, and whatever
        `decide` raises; then nothing is changed.
        """
        with self._database.locked(REGISTER_LOCK, REGISTER_WAIT):
            step = decide(self.some([id_])[id_])
            self.write([step], now)
            return Known(step.finding, step.life)

    def write(self, steps: Sequence[Step], now: int) -> None:
        """Take in the steps of one detection, all of them or none.

        What a person has said of a finding meanwhile is kept: a mere confirmation touches
        nothing but what was seen, and when; all other steps are made under `REGISTER_LOCK`.
        """
        if not steps:
            return
        named = [(step.finding.id, step) for step in steps]
        with self._database.writing() as connection:
            if found := [_row(id_, step) for id_, step in named if step.what == "found"]:
                insert_plainly(connection, FINDING, found)
            if seen := [_seen(id_, step) for id_, step in named if step.what == "confirmed"]:
                connection.execute(_CONFIRM, seen)
            for id_, step in named:
                if step.what not in ("found", "confirmed"):
                    row = _row(id_, step)
                    connection.execute(update(FINDING).where(FINDING.c.id == id_).values(row))
            if told := [_told(id_, step, now) for id_, step in named if step.what != "confirmed"]:
                connection.execute(insert(HISTORY), told)


# Asked in each detection: building a statement costs more than it takes to answer it.
_ABOUT = select(FINDING).where(FINDING.c.kind.in_(bindparam("kinds", expanding=True)))
_ABOUT_SOME = _ABOUT.where(FINDING.c.subject.in_(bindparam("subjects", expanding=True)))
_SOME = select(FINDING).where(FINDING.c.id.in_(bindparam("ids", expanding=True)))
_STANDS = FINDING.c.state.in_(sorted(set(FindingState) - {FindingState.RESOLVED}))
_STANDING = _ABOUT.where(FINDING.c.subject == bindparam("subject"), _STANDS)
_STANDING_ALL = select(FINDING).where(_STANDS)
_ENDED = select(FINDING).where(FINDING.c.end <= bindparam("instant"), _STANDS)
_WITHIN = select(FINDING).where(
    FINDING.c.start < bindparam("until"), FINDING.c.end > bindparam("since"), _STANDS
)
_CAME_UP = (
    select(HISTORY.c.finding)
    .where(
        HISTORY.c.at > bindparam("since"),
        HISTORY.c.what.in_(("found", "reopened")),
        HISTORY.c.by == "",
    )
    .distinct()
)
_LAPSED = select(FINDING).where(FINDING.c.snoozed_until <= bindparam("now"))
_CONFIRM = (
    update(FINDING)
    .where(FINDING.c.id == bindparam("which"))
    .values(
        start=bindparam("starts"),
        end=bindparam("ends"),
        document=bindparam("says"),
        last_confirmed=bindparam("seen"),
    )
)


def _seen(id_: str, step: Step) -> dict[str, Any]:
    return {
        "which": id_,
        "starts": step.finding.span.start,
        "ends": step.finding.span.end,
        "says": _document(step.finding),
        "seen": step.life.last_confirmed,
    }


def _told(id_: str, step: Step, now: int) -> dict[str, Any]:
    return {"finding": id_, "at": now, "what": step.what, "by": step.by, "note": step.note}


def _row(id_: str, step: Step) -> dict[str, Any]:
    finding, life = step.finding, step.life
    return {
        "id": id_,
        "kind": str(finding.kind),
        "subject": finding.subject.ref,
        "start": finding.span.start,
        "end": finding.span.end,
        "state": str(life.state),
        "document": _document(finding),
        "first_seen": life.first_seen,
        "last_confirmed": life.last_confirmed,
        "resolved_at": life.resolved_at,
        "reopened": life.reopened,
        "snoozed_until": life.snoozed_until,
        "note": life.note,
        "owner": life.owner,
        "predecessor": life.predecessor,
    }


def _document(finding: Finding) -> str:
    return json.dumps(
        {
            "subject": [finding.subject.type, finding.subject.id, finding.subject.name],
            "peak": finding.peak,
            "limit": finding.limit,
            "flags": finding.flags,
            "evidence": finding.evidence,
            "members": [
                [
                    [m.key.account, m.key.kind, m.key.native_id, m.key.occurrence],
                    m.title,
                    m.status,
                    [m.span.start, m.span.end],
                    m.url,
                    m.attendees,
                    m.tentative,
                ]
                for m in finding.members
            ],
        }
    )


def _known(row: Any) -> Known:
    document = json.loads(row["document"])
    finding = Finding(
        kind=FindingKind(row["kind"]),
        subject=Subject(*document["subject"]),
        span=Span(row["start"], row["end"]),
        members=tuple(_member(*values) for values in document["members"]),
        peak=document["peak"],
        limit=document["limit"],
        flags=tuple(document["flags"]),
        evidence=tuple((name, value) for name, value in document["evidence"]),
    )
    life = Life(
        state=FindingState(row["state"]),
        first_seen=row["first_seen"],
        last_confirmed=row["last_confirmed"],
        resolved_at=row["resolved_at"],
        reopened=row["reopened"],
        snoozed_until=row["snoozed_until"],
        note=row["note"],
        owner=row["owner"],
        predecessor=row["predecessor"],
    )
    return Known(finding, life)


def _member(
    key: list[str],
    title: str,
    status: str,
    span: list[int],
    url: str | None,
    attendees: int,
    tentative: bool,
) -> Member:
    account, kind, native_id, occurrence = key
    return Member(
        key=Key(account, Kind(kind), native_id, occurrence),
        title=title,
        status=Status(status),
        span=Span(*span),
        url=url,
        attendees=attendees,
        tentative=tentative,
    )
