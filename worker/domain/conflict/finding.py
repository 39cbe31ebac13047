"""A finding: one wrong thing with a name, a subject, members and a place in time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from worker.domain.event import Key, Status
from worker.domain.span import Span

RULES = 1  # of docs/findings.md: counts up whenever the same events could give other findings


class FindingKind(StrEnum):
    """The names of docs/findings.md."""

    RESOURCE_DOUBLE = "RESOURCE_DOUBLE"
    LOCATION_DOUBLE = "LOCATION_DOUBLE"
    PERSON_DOUBLE = "PERSON_DOUBLE"
    OVER_CAPACITY = "OVER_CAPACITY"
    CAPACITY_MISMATCH = "CAPACITY_MISMATCH"
    BUFFER = "BUFFER"
    TRAVEL = "TRAVEL"
    OUTSIDE_AVAILABILITY = "OUTSIDE_AVAILABILITY"
    UNGUARDED_PAGE = "UNGUARDED_PAGE"
    DUPLICATE = "DUPLICATE"
    LIMIT = "LIMIT"
    ORPHAN = "ORPHAN"
    SYNC_EDIT_EDIT = "SYNC_EDIT_EDIT"
    SYNC_DELETE_EDIT = "SYNC_DELETE_EDIT"
    SYNC_CREATE_CREATE = "SYNC_CREATE_CREATE"
    STALE_SOURCE = "STALE_SOURCE"
    DRIFT = "DRIFT"
    DATA_INVALID = "DATA_INVALID"  # a row that makes no sense, set aside
    DATA_AMBIGUOUS_TIME = "DATA_AMBIGUOUS_TIME"
    DATA_NAIVE_TIME = "DATA_NAIVE_TIME"
    DATA_SELF_OVERLAP = "DATA_SELF_OVERLAP"
    DATA_UNMAPPED = "DATA_UNMAPPED"  # calendars that no resource is bound to
    WITNESS_DISAGREES = "WITNESS_DISAGREES"


class Group(StrEnum):
    """Which question a kind belongs to, and so which tab of the report."""

    SCHEDULE = "schedule"
    SYSTEM = "system"
    TRUST = "trust"


_SYSTEM = {
    FindingKind.ORPHAN,
    FindingKind.SYNC_EDIT_EDIT,
    FindingKind.SYNC_DELETE_EDIT,
    FindingKind.SYNC_CREATE_CREATE,
    FindingKind.STALE_SOURCE,
}
_TRUST = {
    FindingKind.DRIFT,
    FindingKind.DATA_INVALID,
    FindingKind.DATA_AMBIGUOUS_TIME,
    FindingKind.DATA_NAIVE_TIME,
    FindingKind.DATA_SELF_OVERLAP,
    FindingKind.DATA_UNMAPPED,
    FindingKind.WITNESS_DISAGREES,
}


def _group(kind: FindingKind) -> Group:
    if kind in _SYSTEM:
        return Group.SYSTEM
    return Group.TRUST if kind in _TRUST else Group.SCHEDULE


GROUP_OF = {kind: _group(kind) for kind in FindingKind}


class FindingState(StrEnum):
    """The steps of a finding's life."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ACCEPTED = "accepted"
    RESOLVED = "resolved"
    REOPENED = "reopened"


# What still asks for somebody: the states that `--fail-on` and the verdict look at.
PRESSING = frozenset({FindingState.OPEN, FindingState.REOPENED, FindingState.ACKNOWLEDGED})


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose time it is. `type` is resource, person, event, series, account, page or binding.

    The ids of the last two, and of a series, begin with the account's id and a slash.
    """

    type: str
    id: str
    name: str = ""

    @property
    def ref(self) -> str:
        """The text under which findings of a subject are stored and looked up."""
        return f"{self.type}:{self.id}"


@dataclass(frozen=True, slots=True)
class Member:
    """An event as a finding shows it."""

    key: Key
    title: str
    status: Status
    span: Span
    url: str | None = None
    attendees: int = 0
    tentative: bool = False  # or all-day: less certain to clash

    @property
    def is_open(self) -> bool:
        """Whether it is on offer and nobody has it yet."""
        return self.status is Status.OFFERED


@dataclass(frozen=True, slots=True)
class Finding:
    """What detection says; its life (state, age, notes) is the register's.

    `span` is the clash, `peak` how many were there at once, `limit` how many may be.
    """

    kind: FindingKind
    subject: Subject
    span: Span
    members: tuple[Member, ...]
    peak: int = 0
    limit: int = 1
    flags: tuple[str, ...] = ()  # sorted: cross_vendor, preventable, offered_only, ...
    evidence: tuple[tuple[str, Any], ...] = ()

    @property
    def id(self) -> str:
        """A stable id without times, so that a finding's age survives a move: 16 hex digits."""
        members = sorted(
            [key.account, key.kind, key.native_id, key.occurrence]
            for key in (member.key for member in self.members)
        )
        text = json.dumps([self.kind, self.subject.type, self.subject.id, members])
        return blake2b(text.encode(), digest_size=8).hexdigest()

    @property
    def overlap_minutes(self) -> int:
        """Whole minutes of the clash, at least one where there is any."""
        return -(-self.span.seconds // 60)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The sources whose word this rests on, sorted."""
        found = {member.key.account for member in self.members}
        match self.subject.type:
            case "account":
                found.add(self.subject.id)
            case "page" | "binding" | "series":
                found.add(self.subject.id.partition("/")[0])
        if isinstance(account := dict(self.evidence).get("account"), str):
            found.add(account)
        return tuple(sorted(found))
