"""What people call each kind of finding."""

from __future__ import annotations

from collections.abc import Sequence

from worker.domain.conflict.finding import Finding, FindingKind, Group
from worker.domain.conflict.standing import STANDING

_BY_COUNT = frozenset(
    {FindingKind.RESOURCE_DOUBLE, FindingKind.LOCATION_DOUBLE, FindingKind.PERSON_DOUBLE}
)

LABELS = {
    FindingKind.RESOURCE_DOUBLE: "Double booking",
    FindingKind.LOCATION_DOUBLE: "Room taken twice",
    FindingKind.PERSON_DOUBLE: "Expected in two places",
    FindingKind.OVER_CAPACITY: "More people than places",
    FindingKind.CAPACITY_MISMATCH: "Numbers of places differ",
    FindingKind.BUFFER: "Too little time between",
    FindingKind.TRAVEL: "Too little time to get there",
    FindingKind.OUTSIDE_AVAILABILITY: "Outside available hours",
    FindingKind.UNGUARDED_PAGE: "Unguarded booking page",
    FindingKind.DUPLICATE: "Entered twice",
    FindingKind.LIMIT: "Too many or too few",
    FindingKind.ORPHAN: "Left behind",
    FindingKind.SYNC_EDIT_EDIT: "Changed on both sides",
    FindingKind.SYNC_DELETE_EDIT: "Deleted here, changed there",
    FindingKind.SYNC_CREATE_CREATE: "Made on both sides",
    FindingKind.STALE_SOURCE: "Stale source",
    FindingKind.DRIFT: "Not what was written",
    FindingKind.DATA_INVALID: "Unreadable row",
    FindingKind.DATA_AMBIGUOUS_TIME: "Ambiguous time",
    FindingKind.DATA_NAIVE_TIME: "Times without a zone",
    FindingKind.DATA_SELF_OVERLAP: "Overlaps itself",
    FindingKind.DATA_UNMAPPED: "Calendars bound to nobody",
    FindingKind.WITNESS_DISAGREES: "The vendor sees it differently",
}

GROUPS = {
    Group.SCHEDULE: "Schedule",
    Group.SYSTEM: "System",
    Group.TRUST: "Trust",
}
"""Three questions that are never mixed: who is double-booked, does it work, are we right."""


def label(kind: FindingKind, flags: Sequence[str] = ()) -> str:
    """What a kind is called, with how far it has come."""
    name = LABELS[kind]
    if "preventable" in flags:
        return f"{name}, can still be prevented"
    if "offered_only" in flags:
        return f"{name}, of open offers only"
    return name


def timed(finding: Finding) -> bool:
    """Whether it has a place in time; a stale source, say, has none."""
    return STANDING not in finding.flags


def counts_at_once(finding: Finding) -> bool:
    """Whether it is about how many events are there at the same time."""
    return finding.kind in _BY_COUNT
