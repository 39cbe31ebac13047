"""The conflicts themselves as a calendar: each clash at the time at which it happens."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.conflict.finding import GROUP_OF, PRESSING, FindingState, Group
from worker.domain.conflict.register import Known
from worker.domain.feed import Detail
from worker.publish.ical import Part
from worker.publish.ical_lines import address, component, lasting, plain, stamps, text
from worker.publish.pages.kinds import label, timed
from worker.publish.pages.words import tamed, tamed_finding
from worker.publish.sentences import sentence, who

LONGEST_SUMMARY = 200
LONGEST_SENTENCE = 2000


@dataclass(frozen=True, slots=True)
class Clash:
    """A finding for a calendar: how often and when (epoch seconds) what it says was changed.

    `zone` is whose clock it is told by, `address` the page about it.
    """

    known: Known
    sequence: int
    changed_at: int
    zone: str
    address: str


def shows(known: Known) -> bool:
    """Whether a finding has a place in a calendar: a clash in time that asks for somebody.

    What was resolved is shown as cancelled; what somebody snoozed or accepted is not shown.
    """
    asked = known.life.state in PRESSING or known.life.state is FindingState.RESOLVED
    finding = known.finding
    return asked and GROUP_OF[finding.kind] is Group.SCHEDULE and timed(finding)


def finding_part(clash: Clash, detail: Detail) -> Part:
    """One finding; `busy` names its kind only."""
    finding = tamed_finding(clash.known.finding)
    times, zone = lasting(finding.span, clash.zone)
    kind = label(finding.kind, finding.flags)
    named = kind if detail is Detail.BUSY else f"{kind}: {who(finding.subject)}"
    resolved = clash.known.life.state is FindingState.RESOLVED
    lines = [
        plain("UID", f"finding-{finding.id}@calsync"),
        stamps(clash.changed_at, clash.sequence),
        times,
        text("SUMMARY", tamed(named, LONGEST_SUMMARY)),
        plain("STATUS", "CANCELLED" if resolved else "CONFIRMED"),
        plain("TRANSP", "TRANSPARENT"),  # a conflict takes nobody's time by itself
    ]
    if detail is Detail.FULL:
        lines.append(text("DESCRIPTION", tamed(sentence(finding), LONGEST_SENTENCE)))
        lines.append(address("URL", clash.address))
    return Part(component(lines), zone)
