"""One finding with all that is known of it: picture, members, severity, freshness, evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.conflict.finding import Finding, Member
from worker.domain.conflict.report import Reported, SourceState
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.publish.pages.cards import accounts_of, card
from worker.publish.pages.kinds import counts_at_once, timed
from worker.publish.pages.template import Frame, render
from worker.publish.pages.today import SourceLine, source_line
from worker.publish.pages.words import (
    Zones,
    counted,
    moment,
    tamed,
    tamed_finding,
    vendor_link,
    zone_name,
)
from worker.publish.pictures import Clash, Lane, lanes_picture

LONGEST_ANSWER = 20_000


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the store keeps of a member: None where the event is no longer known."""

    member: Member
    stored: Stored | None
    answer: bytes | None


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A member as the table shows it."""

    id: str
    title: str
    account: str
    vendor: str
    status: str
    span: Span
    people: str
    place: str
    link: str
    answer: str


def finding_page(
    frame: Frame,
    reported: Reported,
    evidence: Sequence[Evidence],
    sources: Sequence[SourceState],
    vendors: Mapping[str, str],
    zones: Zones,
    now: int,
) -> str:
    """The page of one finding; `vendors` maps accounts to the names of their vendors."""
    plain = tamed_finding(reported.finding)
    members = [_line(one, vendors) for one in evidence]
    zone = zones.of(plain)
    return render(
        "finding.html",
        frame,
        "conflicts",
        card=card(reported, zones, now),
        zone=zone,
        zone_now=zone_name(plain.span.start if timed(plain) else now, zone),
        picture=_picture(reported, evidence, zone, now),
        members=members,
        linked=any(line.link for line in members),
        terms=reported.severity.terms,
        sources=_sources(reported, sources, now),
        life=_life(reported, zone),
        note=tamed(reported.life.note, 1000),
        caption=_caption(plain),
        facts=_facts(plain, zone),
    )


def _picture(
    reported: Reported, evidence: Sequence[Evidence], zone: str, now: int
) -> Markup | None:
    """Drawn element by element: every text in it is escaped where it is written."""
    finding = reported.finding
    if not evidence or not timed(finding):
        return None
    clash = Clash(finding.span, _marked(finding), zone)
    return Markup(lanes_picture([_lane(one) for one in evidence], clash, now))  # noqa: S704


def _marked(finding: Finding) -> str:
    minutes = counted(finding.overlap_minutes, "minute")
    return f"{minutes}, {finding.peak} at once" if counts_at_once(finding) else minutes


def _caption(finding: Finding) -> str:
    events = counted(len(finding.members), "event")
    if not counts_at_once(finding):
        return events
    minutes = counted(finding.overlap_minutes, "minute")
    possible = f"{finding.limit} {'is' if finding.limit == 1 else 'are'} possible"
    return f"{events}, overlapping for {minutes}; {finding.peak} at once where {possible}"


def _facts(finding: Finding, zone: str) -> list[tuple[str, str]]:
    """The evidence of the finding itself, as detection measured it."""
    return [
        (name.replace("_", " "), _fact(name, value, zone))
        for name, value in finding.evidence
        if value not in (None, [], ())
    ]


def _fact(name: str, value: object, zone: str) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int() if name in ("peak_start", "peak_end"):
            return moment(value, zone)
        case int():
            return f"{value:,}"
        case list() | tuple():
            return tamed(", ".join(str(part) for part in value), 400)
        case _:
            return tamed(str(value), 400)


def _lane(one: Evidence) -> Lane:
    member, event = one.member, one.stored.event if one.stored else None
    return Lane(
        title=member.title or f"{member.key.kind} {member.key.native_id}",
        account=member.key.account,
        status=member.status,
        span=member.span,
        pad_before=event.pad_before if event else 0,
        pad_after=event.pad_after if event else 0,
        tentative=member.tentative,
        ours=bool(event and event.ours),
    )


def _line(one: Evidence, vendors: Mapping[str, str]) -> MemberLine:
    member = one.member
    return MemberLine(
        id=member.key.id,
        title=tamed(member.title) or f"{member.key.kind} {tamed(member.key.native_id)}",
        account=member.key.account,
        vendor=vendors.get(member.key.account, ""),
        status=f"{member.status}, tentative" if member.tentative else member.status,
        span=member.span,
        people=_people(one),
        place=tamed(one.stored.event.location) if one.stored else "",
        link=vendor_link(member),
        answer=_answer(one.answer),
    )


def _people(one: Evidence) -> str:
    there = one.member.attendees
    capacity = one.stored.event.capacity if one.stored else None
    if capacity is not None and capacity > 1:
        return f"{there} of {capacity}"
    return str(there) if there else "none"


def _answer(answer: bytes | None) -> str:
    """What the vendor said, indented for reading, without letters that spoof."""
    if answer is None:
        return ""
    try:
        text = json.dumps(json.loads(answer), ensure_ascii=False, indent=2)
    except ValueError:
        text = answer.decode("utf-8", "replace")
    lines = "\n".join(_indented(line) for line in text.splitlines())
    return f"{lines[:LONGEST_ANSWER]}\n…" if len(lines) > LONGEST_ANSWER else lines


def _indented(line: str) -> str:
    bare = line.lstrip(" ")
    return " " * (len(line) - len(bare)) + tamed(bare, LONGEST_ANSWER)


def _sources(reported: Reported, sources: Sequence[SourceState], now: int) -> list[SourceLine]:
    known = {one.account: one for one in sources}
    return [
        source_line(known[account], now)
        if account in known
        else SourceLine(account, trusted=False, words="no longer configured")
        for account in accounts_of(reported.finding)
    ]


def _life(reported: Reported, zone: str) -> list[tuple[str, str]]:
    life = reported.life
    told = [
        ("State", str(life.state)),
        ("First seen", moment(life.first_seen, zone)),
        ("Last confirmed", moment(life.last_confirmed, zone)),
    ]
    if life.reopened:
        told.append(("Reopened", counted(life.reopened, "time")))
    if life.snoozed_until:
        told.append(("Snoozed until", moment(life.snoozed_until, zone)))
    if life.resolved_at:
        told.append(("Resolved", moment(life.resolved_at, zone)))
    if life.owner:
        told.append(("Owner", tamed(life.owner)))
    return told
