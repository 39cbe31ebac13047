"""What a calendar shows of each resource: its events, what is wrong with them, and what is unknown.

Values only: pages draw them, and `document` tells them to programs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from worker.domain.conflict.finding import PRESSING
from worker.domain.conflict.report import Reported, SourceState
from worker.domain.conflict.severity import Band
from worker.domain.conflict.standing import STANDING
from worker.domain.instants import iso
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource
from worker.publish import documents
from worker.publish.timeline import day_span

NOT_READ = "not read"


class View(StrEnum):
    """What is put side by side: the hours of a day, those of a week, or many days as a whole."""

    DAY = "day"
    WEEK = "week"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is looked at. `horizon` is the stretch of time that calsync keeps in step."""

    view: View
    days: tuple[date, ...]
    now: int
    horizon: Span
    sources: tuple[SourceState, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One resource with what is shown of it, on walls of `zone`; the worst finding first."""

    resource: Resource
    zone: str
    events: tuple[Stored, ...] = ()
    findings: tuple[Reported, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a resource: what asks for somebody then, and why more may be wrong (`unknown`)."""

    day: date
    findings: tuple[Reported, ...]
    unknown: str

    @property
    def band(self) -> Band | None:
        """The worst there is."""
        return self.findings[0].severity.band if self.findings else None


def timed(found: Iterable[Reported]) -> list[Reported]:
    """Those that have a place in time; a stale source, say, has none."""
    return [one for one in found if STANDING not in one.finding.flags]


def members_elsewhere(found: Iterable[Reported]) -> set[int]:
    """The numbers of the events by which findings that are not about a resource belong to some."""
    return {
        member.key.number
        for one in found
        if one.finding.subject.type != "resource"
        for member in one.finding.members
    }


def by_resource(
    found: Iterable[Reported], bound: Mapping[int, Sequence[str]]
) -> dict[str, list[Reported]]:
    """Findings under each resource that they are about, in the order given.

    One about a person or an event is under the resources that its events take the time of:
    `bound` names them, by the number of the event.
    """
    placed: dict[str, list[Reported]] = {}
    for one in found:
        subject = one.finding.subject
        names: Collection[str] = [subject.id]
        if subject.type != "resource":
            members = one.finding.members
            names = {name for each in members for name in bound.get(each.key.number, ())}
        for name in names:
            placed.setdefault(name, []).append(one)
    return placed


def cells(line: Line, shown: Shown) -> tuple[Cell, ...]:
    """The days of a resource."""
    doubts = doubt(line, shown)
    pressing = [one for one in line.findings if one.life.state in PRESSING]
    found = []
    for day in shown.days:
        span = day_span(day, line.zone)
        here = tuple(one for one in pressing if span.shows(one.finding.span))
        found.append(Cell(day, here, doubts or ("" if _covers(shown.horizon, span) else NOT_READ)))
    return tuple(found)


def doubt(line: Line, shown: Shown) -> str:
    """Why more may be wrong with a resource than is found, whatever the day; empty if nothing."""
    return "; ".join(_doubts(line.resource, shown.sources))


def unread(line: Line, shown: Shown) -> tuple[Span, ...]:
    """The days of a resource that calsync does not look at."""
    spans = (day_span(day, line.zone) for day in shown.days)
    return tuple(span for span in spans if not _covers(shown.horizon, span))


def _covers(horizon: Span, day: Span) -> bool:
    """Whether a day is looked at; today's hours before the look-back are over anyway."""
    return horizon.start < day.end and day.end <= horizon.end


def _doubts(resource: Resource, sources: Sequence[SourceState]) -> Iterable[str]:
    accounts = dict.fromkeys(account for account, _name in resource.bindings)
    if not accounts:
        yield "bound to no account"
    for source in sources:
        if source.account in accounts and source.stale:
            yield f"{source.account} is stale"
        elif source.account in accounts and not source.complete:
            yield f"the last listing of {source.account} was incomplete"


def document(lines: Sequence[Line], shown: Shown, vendors: dict[str, str]) -> documents.Document:
    """`calsync/calendar/1`; every event and finding once, under each resource by its id."""
    events = {one.event.key.id: one for line in lines for one in line.events}
    findings = {one.finding.id: one for line in lines for one in line.findings}
    return {
        "schema": "calsync/calendar/1",
        "view": shown.view,
        "checked_at": iso(shown.now),
        "days": [f"{day:%Y-%m-%d}" for day in shown.days],
        "sources": [documents.source(one) for one in shown.sources],
        "resources": [_line(line, shown) for line in lines],
        "events": [documents.event(one) for one in events.values()],
        "findings": [documents.finding(one, vendors) for one in findings.values()],
    }


def _line(line: Line, shown: Shown) -> documents.Document:
    return {
        "id": line.resource.id,
        "name": line.resource.name,
        "kind": line.resource.kind,
        "timezone": line.zone,
        "events": [one.event.key.id for one in line.events],
        "findings": [one.finding.id for one in line.findings],
        "days": [
            {
                "day": f"{cell.day:%Y-%m-%d}",
                "band": cell.band,
                "findings": len(cell.findings),
                "unknown": cell.unknown or None,
            }
            for cell in cells(line, shown)
        ],
    }
