"""The order of a report on paper: what asks what, day by day, subject by subject, worst first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from worker.domain.conflict.finding import GROUP_OF, Finding, Group, Subject
from worker.domain.conflict.report import Reported
from worker.domain.conflict.standing import STANDING
from worker.domain.instants import local

ZoneOf = Callable[[Finding], str]
_K = TypeVar("_K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Row:
    """One finding, and those that are the same again on other days (`repeats`, in order)."""

    first: Reported
    repeats: tuple[Reported, ...] = ()


@dataclass(frozen=True, slots=True)
class Of:
    """What is found of one subject on one day."""

    subject: Subject
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day on the walls of the subjects; None for what has no time of its own."""

    day: date | None
    subjects: tuple[Of, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One of the three questions, which are never mixed."""

    group: Group
    days: tuple[Day, ...]


def sections(findings: Iterable[Reported], zone_of: ZoneOf) -> tuple[Section, ...]:
    """The findings by question, day and subject; each level begins with the worst finding."""
    rows = _rows(findings, zone_of)
    by_group = _gathered(rows, lambda row: GROUP_OF[row.first.finding.kind])
    return tuple(
        Section(group, _days(by_group[group], zone_of)) for group in Group if group in by_group
    )


def _days(rows: Sequence[Row], zone_of: ZoneOf) -> tuple[Day, ...]:
    by_day = _gathered(rows, lambda row: _day(row.first.finding, zone_of))
    return tuple(
        Day(
            day,
            tuple(
                Of(subject, tuple(of))
                for subject, of in _gathered(some, lambda row: row.first.finding.subject).items()
            ),
        )
        for day, some in by_day.items()
    )


def _rows(findings: Iterable[Reported], zone_of: ZoneOf) -> list[Row]:
    """The worst first; the weekly repetitions of one clash in the row of the next of them."""
    ranked = sorted(findings, key=_rank)
    return [
        Row(same[0], tuple(same[1:]))
        for same in _gathered(ranked, lambda one: _sameness(one, zone_of)).values()
    ]


def _rank(one: Reported) -> tuple[object, ...]:
    return (-one.severity.score, one.finding.span, one.finding.id)


def _sameness(one: Reported, zone_of: ZoneOf) -> Hashable:
    """Equal for findings that people would call the same again: all but the date is alike."""
    finding = one.finding
    if STANDING in finding.flags or not finding.members:
        return finding.id
    zone = zone_of(finding)
    start, end = local(finding.span.start, zone), local(finding.span.end, zone)
    members = tuple(
        sorted((m.key.account, m.key.kind, m.title or m.key.id) for m in finding.members)
    )
    times = (start.weekday(), start.time(), end.time())
    return (finding.kind, finding.subject, finding.flags, one.life.state, times, members)


def _day(finding: Finding, zone_of: ZoneOf) -> date | None:
    if STANDING in finding.flags:
        return None
    return local(finding.span.start, zone_of(finding)).date()


_T = TypeVar("_T")


def _gathered(items: Iterable[_T], key: Callable[[_T], _K]) -> dict[_K, list[_T]]:
    """Items by key, in the order in which keys first come up."""
    found: dict[_K, list[_T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found
