"""How bad a finding is: the sum of terms that are printed beside it, capped to 0 to 100."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.span import DAY, HOUR


class Band(StrEnum):
    """What the sum is called."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


FLOORS = {Band.CRITICAL: 80, Band.HIGH: 60, Band.MEDIUM: 40, Band.LOW: 20, Band.INFO: 0}
ORDER = tuple(FLOORS)  # the gravest first


@dataclass(frozen=True, slots=True)
class Weights:
    """The points of `[severity]`."""

    base_double_booked: int = 60
    base_double_preventable: int = 35
    base_double_offered: int = 10
    base_over_capacity: int = 50
    base_unguarded_page: int = 45
    base_outside_availability: int = 40
    base_sync: int = 40
    base_stale_source: int = 40
    base_duplicate: int = 30
    base_orphan: int = 30
    base_witness_disagrees: int = 25
    base_buffer: int = 20
    base_drift: int = 20
    base_limit: int = 15
    base_data: int = 15
    starts_within_2h: int = 25
    starts_within_24h: int = 15
    starts_within_7d: int = 5
    per_person: int = 2
    people_at_most: int = 10
    cross_vendor: int = 10
    tentative: int = -15


@dataclass(frozen=True, slots=True)
class Severity:
    """A score with the terms that make it up, in words."""

    score: int
    terms: tuple[tuple[str, int], ...]

    @property
    def band(self) -> Band:
        """The band that the score falls into."""
        return next(band for band, floor in FLOORS.items() if self.score >= floor)


def severity(finding: Finding, now: int, weights: Weights) -> Severity:
    """Weigh a finding as of `now` (epoch seconds)."""
    terms = tuple(term for term in _terms(finding, now, weights) if term[1])
    return Severity(max(0, min(100, sum(points for _, points in terms))), terms)


def _terms(finding: Finding, now: int, weights: Weights) -> Iterator[tuple[str, int]]:
    yield _base(finding, weights)
    yield _soon(finding, now, weights)
    people = _people(finding)
    yield (
        f"{people} people affected" if people != 1 else "1 person affected",
        min(people * weights.per_person, weights.people_at_most),
    )
    if "cross_vendor" in finding.flags:
        yield "in different systems, so that none of them can see it", weights.cross_vendor
    if any(member.tentative for member in finding.members):
        yield "one of them is tentative or all-day", weights.tentative


def _people(finding: Finding) -> int:
    if finding.subject.type == "person":
        return 1
    return sum(member.attendees for member in finding.members)


def _base(finding: Finding, weights: Weights) -> tuple[str, int]:
    if finding.kind in _DOUBLES:
        if "offered_only" in finding.flags:
            return "only open offers clash", weights.base_double_offered
        if "preventable" in finding.flags:
            return "a booking clashes with an open offer", weights.base_double_preventable
        return "booked twice", weights.base_double_booked
    words, field = _BASES[finding.kind]
    if finding.kind in _CLOSE and "offered_only" in finding.flags:
        return f"{words}, of open offers only", weights.base_double_offered
    return words, getattr(weights, field)


_DOUBLES = (
    FindingKind.RESOURCE_DOUBLE,
    FindingKind.LOCATION_DOUBLE,
    FindingKind.PERSON_DOUBLE,
)
_CLOSE = (FindingKind.BUFFER, FindingKind.TRAVEL)
_BASES = {
    FindingKind.OVER_CAPACITY: ("more people than places", "base_over_capacity"),
    FindingKind.CAPACITY_MISMATCH: ("systems disagree on the places", "base_over_capacity"),
    FindingKind.UNGUARDED_PAGE: ("a page can be booked over taken time", "base_unguarded_page"),
    FindingKind.OUTSIDE_AVAILABILITY: ("outside availability", "base_outside_availability"),
    FindingKind.SYNC_EDIT_EDIT: ("changed on both sides", "base_sync"),
    FindingKind.SYNC_DELETE_EDIT: ("deleted here, changed there", "base_sync"),
    FindingKind.SYNC_CREATE_CREATE: ("made on both sides", "base_sync"),
    FindingKind.STALE_SOURCE: ("a source is stale", "base_stale_source"),
    FindingKind.DUPLICATE: ("entered twice", "base_duplicate"),
    FindingKind.ORPHAN: ("what it belongs to is gone", "base_orphan"),
    FindingKind.WITNESS_DISAGREES: ("the vendor's own check differs", "base_witness_disagrees"),
    FindingKind.BUFFER: ("too little time between", "base_buffer"),
    FindingKind.TRAVEL: ("too little time to get there", "base_buffer"),
    FindingKind.DRIFT: ("the vendor keeps another value", "base_drift"),
    FindingKind.LIMIT: ("too many or too few for one person", "base_limit"),
    FindingKind.DATA_INVALID: ("data that makes no sense", "base_data"),
    FindingKind.DATA_AMBIGUOUS_TIME: ("an ambiguous time", "base_data"),
    FindingKind.DATA_NAIVE_TIME: ("a time without a zone", "base_data"),
    FindingKind.DATA_SELF_OVERLAP: ("a series overlaps itself", "base_data"),
    FindingKind.DATA_UNMAPPED: ("calendars bound to no resource", "base_data"),
}


def _soon(finding: Finding, now: int, weights: Weights) -> tuple[str, int]:
    if "standing" in finding.flags:
        return "true now, and of no time of its own", 0
    ahead = finding.span.start - now
    if finding.span.end <= now:
        return "over", 0
    if ahead <= 2 * HOUR:
        return "starts within 2 hours", weights.starts_within_2h
    if ahead <= DAY:
        return "starts within 24 hours", weights.starts_within_24h
    if ahead <= 7 * DAY:
        return "starts within 7 days", weights.starts_within_7d
    return "starts later than in 7 days", 0
