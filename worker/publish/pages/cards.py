"""A finding in short, as lists show it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from worker.domain.conflict.finding import GROUP_OF, PRESSING, Finding, FindingState, Group
from worker.domain.conflict.register import LONGEST_NOTE
from worker.domain.conflict.report import Report, Reported, Verdict
from worker.domain.span import Span
from worker.publish.pages.kinds import label, timed
from worker.publish.pages.words import (
    Zones,
    counted,
    length,
    moment,
    short_day,
    start_in,
    tamed,
    tamed_finding,
)
from worker.publish.sentences import sentence, who


@dataclass(frozen=True, slots=True)
class Card:
    """One finding. `zone` is that of its subject; `span` is the clash, of `timed` ones only."""

    id: str
    label: str
    band: str
    score: int
    subject: str
    timed: bool
    span: Span
    zone: str
    starts: str
    sentence: str
    accounts: tuple[str, ...]
    state: str
    owner: str
    note: str
    age: str
    doubt: str
    again: tuple[tuple[str, str], ...] = ()  # (id, when) of the same on other days
    new: bool = False  # since the reader's last visit


def card(
    one: Reported,
    zones: Zones,
    now: int,
    again: Sequence[Reported] = (),
    new: Collection[str] = (),
) -> Card:
    """A finding as lists show it; `again` are those that are the same on other days.

    `new` are the ids of the findings that the reader has not seen.
    """
    finding = tamed_finding(one.finding)
    return Card(
        id=finding.id,
        label=label(finding.kind, finding.flags),
        band=one.severity.band,
        score=one.severity.score,
        subject=who(finding.subject),
        timed=timed(finding),
        span=finding.span,
        zone=zones.of(finding),
        starts=start_in(finding.span, now) if timed(finding) else "",
        sentence=sentence(finding),
        accounts=accounts_of(finding),
        state=state(one, zones.of(finding)),
        owner=tamed(one.life.owner),
        note=tamed(one.life.note, LONGEST_NOTE),
        age=length(now - one.life.first_seen),
        doubt=one.doubt if one.verdict is Verdict.UNKNOWN else "",
        again=tuple(
            (other.finding.id, short_day(other.finding.span.start, zones.of(finding)))
            for other in again
        ),
        new=finding.id in new,
    )


def state(one: Reported, zone: str) -> str:
    """Its state in words; open is not worth a word."""
    match one.life.state:
        case FindingState.OPEN:
            return ""
        case FindingState.SNOOZED | FindingState.ACCEPTED if one.life.snoozed_until:
            return f"{one.life.state} until {moment(one.life.snoozed_until, zone)}"
        case FindingState.REOPENED:
            return f"reopened, {counted(one.life.reopened, 'time')}"
        case other:
            return str(other)


def accounts_of(finding: Finding) -> tuple[str, ...]:
    """The accounts whose word it rests on, or that it is about."""
    if finding.accounts or timed(finding):
        return finding.accounts
    return (finding.subject.id.partition("/")[0],)


def pressing(report: Report, group: Group) -> list[Reported]:
    """The findings of a group that still ask for somebody, the worst first."""
    return [
        one
        for one in report.findings
        if one.life.state in PRESSING and GROUP_OF[one.finding.kind] is group
    ]
