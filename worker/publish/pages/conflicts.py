"""The list of conflicts: day by day, resource by resource, filtered by the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from worker.domain.conflict.finding import GROUP_OF, FindingKind, FindingState, Group
from worker.domain.conflict.report import Report
from worker.domain.conflict.selection import Selection
from worker.domain.conflict.severity import ORDER
from worker.publish import grouping
from worker.publish.grouping import sections
from worker.publish.pages.cards import Card, card, pressing
from worker.publish.pages.kinds import GROUPS, label
from worker.publish.pages.template import Frame, render
from worker.publish.pages.today import sources
from worker.publish.pages.words import Zones, civil_day, counted, proof, tamed
from worker.publish.sentences import who

MOST_CARDS = 400
EVERYTHING = Selection((), (), ())

Option = tuple[str, str]  # value, words


@dataclass(frozen=True, slots=True)
class Field:
    """One filter of the form."""

    name: str
    words: str
    empty: str
    options: tuple[Option, ...]
    chosen: Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """A civil day with the findings of each subject; what has no day of its own comes last."""

    words: str
    subjects: tuple[tuple[str, tuple[Card, ...]], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The findings of one question."""

    name: str
    words: str
    count: int
    days: tuple[Day, ...]


def conflicts_page(
    frame: Frame,
    report: Report,
    chosen: Selection,
    names: Mapping[str, str],
    accounts: Sequence[str],
    zones: Zones,
) -> str:
    """The page over a report whose findings are already filtered; `names` are of resources."""
    return render(
        "conflicts.html",
        frame,
        "conflicts",
        verdict=report.verdict,
        summary=_summary(report, chosen, zones.default),
        doubtful=[one for one in sources(report, report.checked_at) if not one.trusted],
        fields=_fields(chosen, names, accounts),
        since=chosen.since,
        zone=zones.default,
        filtered=chosen != EVERYTHING,
        parts=_parts(report, zones),
        cut=max(0, len(report.findings) - MOST_CARDS),
    )


def _summary(report: Report, chosen: Selection, zone: str) -> str:
    if chosen == EVERYTHING:
        return proof(report, len(pressing(report, Group.SCHEDULE)), zone)
    return f"{counted(len(report.findings), 'finding')} with these filters"


def _parts(report: Report, zones: Zones) -> list[Part]:
    """Question by question and day by day; within a day the worst come first."""
    shown = report.findings[:MOST_CARDS]
    parts = []
    for section in sections(shown, zones.of):
        days = sorted(section.days, key=lambda one: one.day or date.max)
        parts.append(
            Part(
                name=section.group,
                words=GROUPS[section.group],
                count=sum(GROUP_OF[one.finding.kind] is section.group for one in shown),
                days=tuple(_day(one, zones, report.checked_at) for one in days),
            )
        )
    return parts


def _day(grouped: grouping.Day, zones: Zones, now: int) -> Day:
    return Day(
        words=civil_day(grouped.day) if grouped.day else "At all times",
        subjects=tuple(
            (
                tamed(who(of.subject)),
                tuple(card(row.first, zones, now, row.repeats) for row in of.rows),
            )
            for of in grouped.subjects
        ),
    )


def _fields(chosen: Selection, names: Mapping[str, str], accounts: Sequence[str]) -> list[Field]:
    kinds = tuple((str(kind), label(kind)) for kind in FindingKind)
    states = (*((str(one), str(one)) for one in FindingState), ("all", "all of them"))
    bands = tuple((str(band), f"{band} and above") for band in ORDER)
    severity = (chosen.min_severity,) if chosen.min_severity else ()
    return [
        Field("resource", "Who or what", "everybody", tuple(names.items()), chosen.resources),
        Field("account", "Account", "any", tuple((one, one) for one in accounts), chosen.accounts),
        Field("kind", "Kind", "any", kinds, chosen.kinds),
        Field("min_severity", "Severity", "any", bands, severity),
        Field("state", "State", "not resolved", states, chosen.states),
    ]
