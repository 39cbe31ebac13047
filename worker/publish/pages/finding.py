"""One finding with all that is known of it: picture, members, severity, freshness, evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from markupsafe import Markup

from worker.domain.conflict.explanation import Explained, Witness
from worker.domain.conflict.finding import Finding, Member
from worker.domain.conflict.register import LONGEST_NOTE, Happening, Verb
from worker.domain.conflict.report import Reported, SourceState
from worker.domain.instants import instant, local
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.publish.pages.cards import accounts_of, card
from worker.publish.pages.deciding import decision
from worker.publish.pages.facts import caption, facts, heading, marked
from worker.publish.pages.kinds import timed
from worker.publish.pages.standpoint import rests_on, second_witness, silence, standing
from worker.publish.pages.template import Frame, render
from worker.publish.pages.today import SourceLine, source_line
from worker.publish.pages.ways import Able, ways_out
from worker.publish.pages.words import (
    Zones,
    counted,
    hours,
    moment,
    tamed,
    tamed_finding,
    vendor_link,
    zone_name,
)
from worker.publish.pictures import Clash, Lane, lanes_picture

LONGEST_ANSWER = 20_000


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
    known: str  # since when, by which poll


def finding_page(
    frame: Frame,
    explained: Explained,
    reported: Reported,
    sources: Sequence[SourceState],
    vendors: Mapping[str, str],
    zones: Zones,
    now: int,
    holds: Sequence[Stored] = (),
    able: Able = MappingProxyType({}),
) -> str:
    """The page of one finding; `vendors` maps accounts to the names of their vendors.

    `holds` are ours at the same resource at that time, no members; `able`: see `pages.ways`.
    """
    plain = tamed_finding(reported.finding)
    zone = zones.of(plain)
    members = [_line(member, one, vendors, zone) for member, one in _members(explained)]
    return render(
        "finding.html",
        frame,
        "conflicts",
        card=card(reported, zones, now),
        zone=zone,
        zone_now=zone_name(plain.span.start if timed(plain) else now, zone),
        utc=hours(plain.span, "UTC") if timed(plain) and zone != "UTC" else "",
        address=_calendar(plain, zone),
        commands=_commands(plain.id, reported),
        picture=_picture(reported, explained, holds, zone, now),
        members=members,
        terms=reported.severity.terms,
        sources=_sources(reported, sources, now),
        life=_life(reported, zone),
        **_headings(plain, members),
        **_behind(explained, reported.finding, zone),
        ways=ways_out(explained, able),
        decision=decision(reported.life, zone, now),
        history=[_step(one, zone) for one in explained.history],
        related=[card(one, zones, now) for one in explained.related],
    )


def _headings(plain: Finding, members: Sequence[MemberLine]) -> dict[str, object]:
    linked = any(line.link for line in members)
    return {"heading": heading(plain), "caption": caption(plain), "linked": linked}


def _behind(explained: Explained, finding: Finding, zone: str) -> dict[str, object]:
    """Who wins, what the second witness says, and the evidence."""
    second = second_witness(explained.opinions, zone)
    return {
        "standing": standing(finding),
        "second": second,
        "silence": silence(second),
        "facts": [*facts(finding, zone), *rests_on(explained)],
    }


def _members(explained: Explained) -> list[tuple[Member, Witness]]:
    return [(one.member, one) for one in explained.witnesses if one.member]


def _step(one: Happening, zone: str) -> tuple[str, str, str]:
    """(when, what, the note)."""
    by = f" by {tamed(one.by)}" if one.by else ""
    return moment(one.at, zone), f"{one.what.replace('_', ' ')}{by}", _in_zone(one.note, zone)


def _in_zone(note: str, zone: str) -> str:
    """A note whose end, which the history keeps in UTC, is told by the clocks of `zone`."""
    end, colon, said = note.removeprefix("until ").partition(": ")
    try:
        at = instant(end) if note.startswith("until ") else None
    except ValueError:
        at = None  # somebody's own words
    if at is None:
        return tamed(note, LONGEST_NOTE)
    return f"until {moment(at, zone)}{colon}{tamed(said, LONGEST_NOTE)}"


def _calendar(finding: Finding, zone: str) -> str:
    """The day of a clash in the calendar, for its resource if it is about one; or empty."""
    if not timed(finding):
        return ""
    said = {"view": "day", "date": f"{local(finding.span.start, zone):%Y-%m-%d}"}
    if finding.subject.type == "resource":
        said["resource"] = finding.subject.id
    return f"/calendar?{urlencode(said)}"


def _commands(id_: str, reported: Reported) -> list[str]:
    """What to type at a terminal for the same."""
    verbs = decision(reported.life, "UTC", 0).ways
    ends = {Verb.SNOOZE: " --until 1d"}
    return [
        f"calsync explain {id_}",
        *(f"calsync {way.verb} {id_}{ends.get(Verb(way.verb), '')}" for way in verbs),
    ]


def _picture(
    reported: Reported, explained: Explained, holds: Sequence[Stored], zone: str, now: int
) -> Markup | None:
    """Drawn element by element: every text in it is escaped where it is written."""
    finding = reported.finding
    lanes = [_lane(member, one.stored) for member, one in _members(explained)]
    if not lanes or not timed(finding):
        return None
    lanes += [_hold(one) for one in holds]
    clash = Clash(finding.span, marked(finding), zone)
    return Markup(lanes_picture(lanes, clash, now))  # noqa: S704


def _lane(member: Member, stored: Stored | None) -> Lane:
    event = stored.event if stored else None
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


def _hold(one: Stored) -> Lane:
    event = one.event
    return Lane(
        title=event.title or "Hold",
        account=event.key.account,
        status=event.status,
        span=event.span,
        ours=True,
    )


def _line(member: Member, one: Witness, vendors: Mapping[str, str], zone: str) -> MemberLine:
    return MemberLine(
        id=member.key.id,
        title=tamed(member.title) or f"{member.key.kind} {tamed(member.key.native_id)}",
        account=member.key.account,
        vendor=vendors.get(member.key.account, ""),
        status=f"{member.status}, tentative" if member.tentative else member.status,
        span=member.span,
        people=_people(member, one.stored),
        place=tamed(one.stored.event.location) if one.stored else "",
        link=vendor_link(member),
        answer=_answer(one.answer),
        known=_known(one, zone),
    )


def _known(one: Witness, zone: str) -> str:
    """Since when an event is known, how often it changed, and which poll its state rests on."""
    if one.stored is None:
        return "it is no longer kept"
    stored = one.stored
    words = f"known since {moment(stored.created_at, zone)}"
    if stored.revision > 1:
        changes = counted(stored.revision - 1, "change")
        words += f", {changes}, the last {moment(stored.updated_at, zone)}"
    return f"{words}; read by poll {one.read_by.id}" if one.read_by else words


def _people(member: Member, stored: Stored | None) -> str:
    there = member.attendees
    capacity = stored.event.capacity if stored else None
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
        told.append(("Until", moment(life.snoozed_until, zone)))
    if life.resolved_at:
        told.append(("Resolved", moment(life.resolved_at, zone)))
    if life.owner:
        told.append(("Owner", tamed(life.owner)))
    return told
