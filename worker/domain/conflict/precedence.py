"""Who keeps the time, by which rule and from what; or why only a person can say.

Which record is right a rule may decide. Which person loses a booking it may not: taken time is
never taken from anybody by a rule, so two bookings always need a human.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from worker.domain.conflict.finding import Finding, FindingKind, Member
from worker.domain.event import Kind


class Rule(StrEnum):
    """What decides."""

    TAKEN_FIRST = "taken_before_offered"  # what somebody has stays, what is still open gives way
    FIRST_BOOKED = "first_to_be_booked"  # everything is open: whichever is booked first stays
    PERSON = "person"  # no rule may say


@dataclass(frozen=True, slots=True)
class Precedence:
    """`why` is a sentence; `inputs` are what the rule looked at, for those who check it."""

    rule: Rule
    why: str
    stays: tuple[Member, ...] = ()
    yields: tuple[Member, ...] = ()
    inputs: tuple[tuple[str, Any], ...] = ()

    @property
    def needs_human(self) -> bool:
        """Whether only a person can say."""
        return self.rule is Rule.PERSON


def precedence(finding: Finding) -> Precedence | None:
    """Who wins; None for findings in which nothing competes with anything."""
    rule = _RULES.get(finding.kind)
    return rule(finding) if rule else None


def _of_time(finding: Finding) -> Precedence:
    taken = tuple(member for member in finding.members if not member.is_open)
    offers = tuple(member for member in finding.members if member.is_open)
    inputs = (
        ("taken", len(taken)),
        ("offered", len(offers)),
        ("people", [member.attendees for member in taken]),
        ("limit", finding.limit),
    )
    if not taken:
        why = "Nothing is taken yet: whichever is booked first stays, and the rest gives way."
        return Precedence(Rule.FIRST_BOOKED, why, yields=offers, inputs=inputs)
    if offers and not _happened(finding, taken):
        why = "What is taken stays; what is still open gives way, since nobody has it yet."
        return Precedence(Rule.TAKEN_FIRST, why, stays=taken, yields=offers, inputs=inputs)
    why = f"Needs a human, because {_held(taken)}: no rule takes a booking away from anybody."
    return Precedence(Rule.PERSON, why, yields=offers, inputs=inputs)


def _happened(finding: Finding, taken: tuple[Member, ...]) -> bool:
    """Whether what is taken clashes by itself, without any open offer."""
    if "happened" in finding.flags or "preventable" in finding.flags:
        return "happened" in finding.flags
    return len(taken) > max(1, finding.limit)


def _held(taken: tuple[Member, ...]) -> str:
    with_people = sum(member.attendees > 0 for member in taken)
    if len(taken) == 1:
        return "the only one in it is taken"
    number = "both" if len(taken) == 2 else f"all {len(taken)}"
    if with_people == len(taken):
        return f"{number} are taken, each with people in it"
    return f"{number} are taken"


def _outside(finding: Finding) -> Precedence:
    blocks = [member for member in finding.members if member.key.kind is Kind.BLOCK]
    why = (
        "Needs a human, because a booking and a person's own block claim the same time, and either "
        "may be meant."
        if blocks
        else "Needs a human, because a booking lies outside the hours, and either may be right."
    )
    inputs = (("blocks", len(blocks)), ("bookings", len(finding.members) - len(blocks)))
    return Precedence(Rule.PERSON, why, inputs=inputs)


def _person(why: str) -> Callable[[Finding], Precedence]:
    def rule(finding: Finding) -> Precedence:
        inputs = (("members", len(finding.members)), ("peak", finding.peak))
        return Precedence(Rule.PERSON, f"Needs a human, because {why}.", inputs=inputs)

    return rule


_RULES: Mapping[FindingKind, Callable[[Finding], Precedence]] = {
    FindingKind.RESOURCE_DOUBLE: _of_time,
    FindingKind.LOCATION_DOUBLE: _of_time,
    FindingKind.PERSON_DOUBLE: _of_time,
    FindingKind.BUFFER: _of_time,
    FindingKind.TRAVEL: _of_time,
    FindingKind.OUTSIDE_AVAILABILITY: _outside,
    FindingKind.DUPLICATE: _person(
        "no system tells in which of them the booking was made first, and one may be the only one "
        "that the person knows of"
    ),
    FindingKind.OVER_CAPACITY: _person("no rule says whose place is given up"),
    FindingKind.CAPACITY_MISMATCH: _person("either number of places may be the right one"),
    FindingKind.LIMIT: _person("only the person concerned can say which of the places to keep"),
    FindingKind.SYNC_EDIT_EDIT: _person(
        "both sides were changed since they last agreed, and either change may be meant"
    ),
    FindingKind.SYNC_DELETE_EDIT: _person(
        "one side took it away and the other changed it, and either may be meant"
    ),
    FindingKind.SYNC_CREATE_CREATE: _person(
        "more than one entry carries the same mark, and which is ours cannot be told"
    ),
}
