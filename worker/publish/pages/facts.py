"""The evidence of a finding, as detection measured it, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.domain.conflict.finding import Finding, FindingKind
from worker.publish.pages.kinds import LABELS, counts_at_once
from worker.publish.pages.words import counted, moment, plain_link, tamed
from worker.publish.sentences import length

LONGEST_FACT = 400

_NAMES = {
    "peak_start": "Most at once from",
    "peak_end": "Most at once to",
    "gap_seconds": "Time between",
    "need_seconds": "Time needed",
    "after_seconds": "Kept free after the first",
    "before_seconds": "Kept free before the second",
    "buffer_seconds": "Always kept free between",
    "travel_seconds": "To get there",
    "blocked_seconds": "In time that is blocked",
    "outside_hours_seconds": "Outside the hours",
    "age_seconds": "Age",
    "last_complete": "Last read completely",
    "starts_apart": "Starts apart",
    "share": "Time in common",
    "same_id": "The same id",
    "same_title": "The same title",
    "shared_people": "People in both",
    "suppresses": "Told instead of",
    "through": "Taken through",
    "too_many": "Too many by",
    "places": "Places",
    "seats": "Seats",
    "people": "People",
    "attendees": "People still in it",
    "calendars": "Calendars",
    "more_calendars": "More calendars",
    "blind": "Calendars it cannot read",
    "blind_of": "They are those of",
    "unseen": "Looks into no calendar of",
    "url": "Booking page",
    "more_bindings": "More bindings",
    "native_id": "Id at the vendor",
    "vendor_says": "The vendor counts",
    "we_see": "calsync counts",
}
_HEADINGS = {
    FindingKind.BUFFER: "The time between",
    FindingKind.TRAVEL: "The time between",
    FindingKind.LIMIT: "The series",
    FindingKind.OVER_CAPACITY: "The event",
    FindingKind.ORPHAN: "The event",
    FindingKind.DUPLICATE: "Side by side",
    FindingKind.CAPACITY_MISMATCH: "What is concerned",
    FindingKind.OUTSIDE_AVAILABILITY: "What is outside",
}
_INSTANTS = frozenset({"peak_start", "peak_end", "last_complete"})
_TOLD_WHEN_NONE = frozenset({"gap_seconds", "starts_apart", "vendor_says", "we_see"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A piece of evidence; `link` is empty but for an address that a browser may open."""

    name: str
    words: str
    link: str = ""


def facts(finding: Finding, zone: str) -> list[Fact]:
    """What there is to tell; what was measured as nothing is not."""
    return [
        Fact(
            _NAMES.get(name, name.replace("_", " ").capitalize()),
            _words(name, value, zone),
            plain_link(value) if name == "url" else "",
        )
        for name, value in finding.evidence
        if value or (value is not None and name in _TOLD_WHEN_NONE)
    ]


def marked(finding: Finding) -> str:
    """What the picture marks."""
    long = length(finding.span.seconds)
    match finding.kind:
        case kind if counts_at_once(finding) or kind is FindingKind.DATA_SELF_OVERLAP:
            return f"{long}, {finding.peak} at once"
        case FindingKind.BUFFER | FindingKind.TRAVEL:
            return (
                f"{long} between"
                if dict(finding.evidence).get("gap_seconds", 1)
                else "nothing between"
            )
        case FindingKind.OUTSIDE_AVAILABILITY:
            return f"{long} outside"
        case FindingKind.LIMIT:
            return "one series"
        case _:
            return long


def heading(finding: Finding) -> str:
    """What stands above the picture and the table of members."""
    return _HEADINGS.get(
        finding.kind, "The clash" if counts_at_once(finding) else "What is concerned"
    )


def caption(finding: Finding) -> str:
    """What stands above the table of members."""
    events = counted(len(finding.members), "event")
    if not counts_at_once(finding):
        return events
    possible = f"{finding.limit} {'is' if finding.limit == 1 else 'are'} possible"
    long = length(finding.span.seconds)
    return f"{events}, overlapping for {long}; {finding.peak} at once where {possible}"


def _words(name: str, value: Any, zone: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() if name in _INSTANTS:
            return moment(value, zone)
        case int() if name.endswith("_seconds") or name == "starts_apart":
            return length(value) if value else "none"
        case int() if name == "share":
            return f"{value} %"
        case int():
            return f"{value:,}"
        case list() | tuple() if name == "suppresses":
            return ", ".join(_kind(one) for one in value)
        case list() | tuple():
            return tamed(", ".join(str(part) for part in value), LONGEST_FACT)
        case _:
            return tamed(str(value), LONGEST_FACT)


def _kind(name: object) -> str:
    return LABELS[FindingKind(str(name))]
