"""Who keeps the time and why, the second witness, and the editions it rests on: in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.domain.conflict.explanation import Explained
from worker.domain.conflict.finding import RULES, Finding, Member
from worker.domain.conflict.precedence import Rule, precedence
from worker.domain.conflict.testimony import Opinion
from worker.publish.pages.facts import Fact
from worker.publish.pages.words import counted, moment, tamed

LONGEST_REASON = 200
NOT_ASKED = "not asked: "
MOST_POLLS = 8

_RULES = {
    Rule.TAKEN_FIRST: "What is taken stays before what is on offer",
    Rule.FIRST_BOOKED: "The first to be booked stays",
    Rule.PERSON: "A person has to say",
}
_INPUTS = {
    "taken": "Taken",
    "offered": "On offer",
    "people": "People in what is taken",
    "limit": "Possible at once",
    "blocks": "Blocks",
    "bookings": "Bookings",
    "members": "Events",
    "peak": "Most at once",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Who wins: the rule, a sentence, what stays and what gives way, and what was looked at."""

    rule: str
    why: str
    needs_human: bool
    stays: tuple[str, ...]
    gives_way: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a member's own vendor said of it, beside what calsync sees.

    `manner` is agrees, disagrees or silent.
    """

    title: str
    account: str
    says: str
    sees: str
    asked: str
    manner: str


def standing(finding: Finding) -> Standing | None:
    """Who wins; None where nothing competes with anything."""
    found = precedence(finding)
    if found is None:
        return None
    return Standing(
        rule=_RULES[found.rule],
        why=found.why,
        needs_human=found.needs_human,
        stays=tuple(_named(one) for one in found.stays),
        gives_way=tuple(_named(one) for one in found.yields),
        inputs=tuple((_INPUTS[name], _plainly(value)) for name, value in found.inputs),
    )


def second_witness(opinions: Sequence[Opinion], zone: str) -> list[Said]:
    """A line for each member."""
    return [_said(one, zone) for one in opinions]


def silence(said: Sequence[Said]) -> str:
    """Why nobody was asked at all, where that has one reason; empty where there is more to tell."""
    reasons = {one.says for one in said}
    asked = any(one.asked for one in said)
    return "" if asked or len(reasons) != 1 else reasons.pop().removeprefix(NOT_ASKED)


def rests_on(explained: Explained) -> list[Fact]:
    """The polls, and the editions of the rules and of the zones, by which it was found."""
    polls = explained.polls
    shown = ", ".join(f"{one.id} ({one.account})" for one in polls[:MOST_POLLS])
    more = len(polls) - MOST_POLLS
    zones = sorted({one.zones for one in polls if one.zones})
    return [
        Fact("Polls", f"{shown} and {more} more" if more > 0 else shown or "none is kept"),
        Fact("Zone rules (tzdata)", ", ".join(zones) or "not told by the system"),
        Fact("Rules of findings", f"edition {RULES}, with the settings {explained.rules[:12]}"),
    ]


def _said(one: Opinion, zone: str) -> Said:
    title, account = _title(one.member), one.member.key.account
    word = one.word
    if word is None:
        return Said(title, account, f"{NOT_ASKED}{one.unasked}", "", "", "silent")
    asked = moment(word.at, zone)
    if one.outdated:
        asked += ", before its last change"
    if word.agrees is None:
        return Said(
            title, account, f"no answer: {tamed(word.why, LONGEST_REASON)}", "", asked, "silent"
        )
    says = "it conflicts with something" if word.says else "it conflicts with nothing"
    sees = f"{counted(word.sees, 'event')} over it there" if word.sees else "nothing over it there"
    return Said(title, account, says, sees, asked, "agrees" if word.agrees else "disagrees")


def _title(member: Member) -> str:
    return tamed(member.title) or f"{member.key.kind} {tamed(member.key.native_id)}"


def _named(member: Member) -> str:
    return f"{_title(member)} ({member.key.account})"


def _plainly(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    return str(value)
