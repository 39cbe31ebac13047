"""The list of conflicts: day by day, resource by resource, filtered by the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.conflict.finding import GROUP_OF, FindingKind, FindingState, Group
from worker.domain.conflict.report import Report
from worker.domain.conflict.severity import ORDER
from worker.domain.instants import local
from worker.publish.pages.cards import Card, card, pressing
from worker.publish.pages.kinds import GROUPS, label
from worker.publish.pages.template import Frame, render
from worker.publish.pages.today import sources
from worker.publish.pages.words import Zones, counted, day, proof

MOST_CARDS = 400

Option = tuple[str, str]  # value, words


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the filters are set to; empty for all."""

    kinds: Sequence[str] = ()
    resources: Sequence[str] = ()
    states: Sequence[str] = ()
    min_severity: str = ""

    @property
    def anything(self) -> bool:
        """Whether something is filtered away."""
        return bool(self.kinds or self.resources or self.states or self.min_severity)


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
    """A civil day, with the findings of each resource in order of time."""

    words: str
    resources: tuple[tuple[str, tuple[Card, ...]], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """The findings of one group; `standing` are those that have no day."""

    name: str
    words: str
    count: int
    days: tuple[Day, ...]
    standing: tuple[Card, ...]


def conflicts_page(
    frame: Frame, report: Report, chosen: Chosen, names: Mapping[str, str], zones: Zones
) -> str:
    """The page over a report whose findings are already filtered."""
    return render(
        "conflicts.html",
        frame,
        "conflicts",
        verdict=report.verdict,
        summary=_summary(report, chosen, zones.default),
        doubtful=[one for one in sources(report, report.checked_at) if not one.trusted],
        fields=_fields(chosen, names),
        filtered=chosen.anything,
        parts=_parts(report, zones),
        cut=max(0, len(report.findings) - MOST_CARDS),
    )


def _summary(report: Report, chosen: Chosen, zone: str) -> str:
    if not chosen.anything:
        return proof(report, len(pressing(report, Group.SCHEDULE)), zone)
    return f"{counted(len(report.findings), 'finding')} with these filters"


def _parts(report: Report, zones: Zones) -> list[Part]:
    cards: dict[Group, list[Card]] = {group: [] for group in GROUPS}
    for one in report.findings[:MOST_CARDS]:
        cards[GROUP_OF[one.finding.kind]].append(card(one, zones, report.checked_at))
    return [
        Part(
            name=group,
            words=GROUPS[group],
            count=len(some),
            days=tuple(_days(one for one in some if one.timed)),
            standing=tuple(one for one in some if not one.timed),
        )
        for group, some in cards.items()
        if some
    ]


def _days(cards: Iterable[Card]) -> list[Day]:
    found: dict[str, dict[str, list[Card]]] = {}
    ordered = sorted(cards, key=lambda one: (local(one.span.start, one.zone).date(), one.span))
    for one in ordered:
        found.setdefault(day(one.span.start, one.zone), {}).setdefault(one.subject, []).append(one)
    return [
        Day(words, tuple((who, tuple(some)) for who, some in groups.items()))
        for words, groups in found.items()
    ]


def _fields(chosen: Chosen, names: Mapping[str, str]) -> list[Field]:
    kinds = tuple((str(kind), label(kind)) for kind in FindingKind)
    states = (*((str(one), str(one)) for one in FindingState), ("all", "all of them"))
    bands = tuple((str(band), f"{band} and above") for band in ORDER)
    severity = (chosen.min_severity,) if chosen.min_severity else ()
    return [
        Field("resource", "Who or what", "everybody", tuple(names.items()), chosen.resources),
        Field("kind", "Kind", "any", kinds, chosen.kinds),
        Field("min_severity", "Severity", "any", bands, severity),
        Field("state", "State", "not resolved", states, chosen.states),
    ]
