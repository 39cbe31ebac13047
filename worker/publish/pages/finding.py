"""One finding with all that is known of it: picture, members, severity, freshness, evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.conflict.finding import Member
from worker.domain.conflict.report import Reported, SourceState
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.publish.pages.cards import card
from worker.publish.pages.template import Frame, render
from worker.publish.pages.today import SourceLine, source_line
from worker.publish.pages.words import (
    Zones,
    counted,
    moment,
    start_in,
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
    zone = zones.of(plain)
    return render(
        "finding.html",
        frame,
        "conflicts",
        card=card(reported, zones, now),
        zone=zone,
        zone_now=zone_name(plain.span.start, zone),
        starts=start_in(plain.span, now),
        picture=_picture(reported, evidence, zone, now),
        members=[_line(one, vendors) for one in evidence],
        terms=reported.severity.terms,
        sources=_sources(reported, sources, now),
        life=_life(reported, zone),
        note=tamed(reported.life.note, 1000),
        overlap=counted(plain.overlap_minutes, "minute"),
        peak=plain.peak,
        limit=plain.limit,
    )


def _picture(reported: Reported, evidence: Sequence[Evidence], zone: str, now: int) -> Markup:
    """Drawn element by element: every text in it is escaped where it is written."""
    clash = Clash(reported.finding.span, reported.finding.peak, zone)
    return Markup(lanes_picture([_lane(one) for one in evidence], clash, now))  # noqa: S704


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
        for account in reported.finding.accounts
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
