"""A finding in short, as lists show it."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.conflict.finding import PRESSING, FindingState
from worker.domain.conflict.report import Report, Reported, Verdict
from worker.domain.span import Span
from worker.publish.pages.words import Zones, counted, length, moment, start_in, tamed_finding
from worker.publish.sentences import sentence

_LABELS = {
    "RESOURCE_DOUBLE": "Double booking",
    "LOCATION_DOUBLE": "Room taken twice",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One finding; `zone` is that of its subject, `note` what is to be known beside the sentence.

    `span` is the clash.
    """

    id: str
    label: str
    band: str
    score: int
    subject: str
    span: Span
    zone: str
    starts: str
    sentence: str
    accounts: tuple[str, ...]
    state: str
    age: str
    doubt: str


def card(one: Reported, zones: Zones, now: int) -> Card:
    """A finding as lists show it."""
    finding = tamed_finding(one.finding)
    return Card(
        id=finding.id,
        label=label(finding.kind, finding.flags),
        band=one.severity.band,
        score=one.severity.score,
        subject=finding.subject.name or finding.subject.id,
        span=finding.span,
        zone=zones.of(finding),
        starts=start_in(finding.span, now),
        sentence=sentence(finding),
        accounts=finding.accounts,
        state=state(one, zones.default),
        age=length(now - one.life.first_seen),
        doubt=one.doubt if one.verdict is Verdict.UNKNOWN else "",
    )


def label(kind: str, flags: tuple[str, ...]) -> str:
    """What a kind is called, with how far it has come."""
    name = _LABELS.get(kind, kind.replace("_", " ").capitalize())
    if "preventable" in flags:
        return f"{name}, can still be prevented"
    if "offered_only" in flags:
        return f"{name}, of open offers only"
    return name


def state(one: Reported, zone: str) -> str:
    """Its state in words; open is not worth a word."""
    match one.life.state:
        case FindingState.OPEN:
            return ""
        case FindingState.SNOOZED if one.life.snoozed_until:
            return f"snoozed until {moment(one.life.snoozed_until, zone)}"
        case FindingState.REOPENED:
            return f"reopened, {counted(one.life.reopened, 'time')}"
        case other:
            return str(other)


def pressing(report: Report) -> list[Reported]:
    """The findings that still ask for somebody, the worst first."""
    return [one for one in report.findings if one.life.state in PRESSING]
