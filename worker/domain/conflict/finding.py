"""A finding: one wrong thing with a name, a subject, members and a place in time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Any

from worker.domain.event import Key, Status
from worker.domain.span import Span


class FindingKind(StrEnum):
    """The names of docs/findings.md."""

    RESOURCE_DOUBLE = "RESOURCE_DOUBLE"
    LOCATION_DOUBLE = "LOCATION_DOUBLE"


class Group(StrEnum):
    """Which question a kind belongs to, and so which tab of the report."""

    SCHEDULE = "schedule"
    SYSTEM = "system"
    TRUST = "trust"


GROUP_OF = {
    FindingKind.RESOURCE_DOUBLE: Group.SCHEDULE,
    FindingKind.LOCATION_DOUBLE: Group.SCHEDULE,
}


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
    """Whose time it is: `type` is resource, place, person, event or account."""

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
        return tuple(sorted({member.key.account for member in self.members}))
