"""The calendar: a day or a week of each resource as pictures, many days as a heat map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from markupsafe import Markup

from worker.domain.conflict.finding import PRESSING
from worker.domain.conflict.report import Reported
from worker.domain.event import Kind, Role, Trait, role
from worker.domain.hours import hours_of
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.publish.agenda import Cell, Line, Shown, View, cells, doubt, unread
from worker.publish.pages.cards import state
from worker.publish.pages.kinds import label
from worker.publish.pages.template import Frame, render
from worker.publish.pages.words import Zones, civil_day, counted, hours, tamed
from worker.publish.timeline import (
    Bar,
    Mark,
    Row,
    Scale,
    axis_picture,
    patterns,
    row_picture,
    scale,
)

TONES = "abcdef"  # of accounts, in their order; a seventh looks like the first
MOST_TOLD = 1_500  # rows of the table below the pictures


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: `days` around `day`. No `resources` or `accounts` means all."""

    view: View
    day: date
    days: tuple[date, ...]
    today: date
    resources: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    page: int = 1

    def address(self, **other: object) -> str:
        """The address of the same with something else in it, from the calendar's own on."""
        said = {
            "view": self.view,
            "date": f"{self.day:%Y-%m-%d}",
            "days": str(len(self.days)) if self.view is View.HEAT else "",
            "resource": self.resources,
            "account": self.accounts,
            **other,
        }
        return (
            f"/calendar?{urlencode({name: one for name, one in said.items() if one}, doseq=True)}"
        )


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the table that says what the pictures show."""

    who: str
    span: Span
    zone: str
    title: str
    account: str
    status: str
    clashes: tuple[tuple[str, str], ...]  # (id, words)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One resource: its name and picture, the address of its week (or day), what is unknown."""

    id: str
    name: str
    address: str
    picture: Markup
    clashes: int
    unknown: str


@dataclass(frozen=True, slots=True)
class Wall:
    """The resources whose times are told by one clock, below the hours of that clock."""

    zone: str
    axis: Markup
    rows: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class HeatCell:
    """A day of a resource in the heat map: a number, the worst band, and the words for both."""

    address: str
    band: str
    count: int
    unknown: str
    words: str


def calendar_page(
    frame: Frame,
    asked: Asked,
    shown: Shown,
    lines: Sequence[Line],
    zones: Zones,
    *,
    pages: int,
    cut: bool,
    names: Mapping[str, str],
    accounts: Sequence[str],
) -> str:
    """The page of what `asked` names. `cut`: there are more events than are shown."""
    heat = asked.view is View.HEAT
    tones = {one: TONES[number % len(TONES)] for number, one in enumerate(accounts)}
    return render(
        "calendar.html",
        frame,
        "calendar",
        asked=asked,
        heading=_heading(asked),
        steps=_steps(asked),
        views=_views(asked),
        names=names,
        accounts=[(one, tones[one]) for one in accounts],
        headers=_headers(asked, shown),
        walls=() if heat else _walls(frame, asked, shown, lines, tones),
        rows=[_heat_row(asked, shown, line) for line in lines] if heat else (),
        told=() if heat else _told(lines),
        patterns=Markup(patterns()),  # noqa: S704 - no text of anybody's in it
        doubtful=[one.account for one in shown.sources if not one.trusted],
        pages=[(number, asked.address(page=number)) for number in range(1, pages + 1)],
        cut=cut,
        now=shown.now,
        zone=zones.default,
    )


def _heading(asked: Asked) -> str:
    first, last = asked.days[0], asked.days[-1]
    if first == last:
        return civil_day(first)
    begins = f"{first.day} {first:%B}" if first.month != last.month else str(first.day)
    year = f" {first:%Y}" if first.year != last.year else ""
    return f"{begins}{year} – {last.day} {last:%B %Y}"


def _steps(asked: Asked) -> list[tuple[str, str]]:
    """(words, address): back, to today, and on."""
    apart = timedelta(days=len(asked.days))
    return [
        ("Earlier", asked.address(date=f"{asked.days[0] - apart:%Y-%m-%d}")),
        ("Today", asked.address(date="")),
        ("Later", asked.address(date=f"{asked.days[0] + apart:%Y-%m-%d}")),
    ]


def _views(asked: Asked) -> list[tuple[str, str, bool]]:
    """(words, address, whether it is this one)."""
    count = len(asked.days)
    return [
        ("Day", asked.address(view=View.DAY, days=""), asked.view is View.DAY),
        ("Week", asked.address(view=View.WEEK, days=""), asked.view is View.WEEK),
        *(
            (
                f"{many} days",
                asked.address(view=View.HEAT, days=many),
                asked.view is View.HEAT and count == many,
            )
            for many in (14, 30)
        ),
    ]


def _headers(asked: Asked, shown: Shown) -> list[tuple[str, str, str, bool]]:
    """Above the days: (weekday, day, address, whether it is today)."""
    return [
        (
            f"{day:%a}",
            f"{day.day} {day:%b}" if day == asked.days[0] or day.day == 1 else str(day.day),
            asked.address(view=View.DAY, days="", date=f"{day:%Y-%m-%d}"),
            day == asked.today,
        )
        for day in shown.days
    ]


def _walls(
    frame: Frame, asked: Asked, shown: Shown, lines: Sequence[Line], tones: Mapping[str, str]
) -> list[Wall]:
    by_zone: dict[str, list[Line]] = {}
    for line in lines:
        by_zone.setdefault(line.zone, []).append(line)
    walls = []
    for zone, some in by_zone.items():
        spans = [one.event.span for line in some for one in line.events]
        spans += [one.finding.span for line in some for one in line.findings]
        days = scale(shown.days, zone, spans)
        drawn = [_drawn(frame, asked, shown, line, days, tones) for line in some]
        axis = Markup(axis_picture(days, shown.now))  # noqa: S704 - hours only
        walls.append(Wall(zone, axis, tuple(drawn)))
    return walls


def _drawn(
    frame: Frame,
    asked: Asked,
    shown: Shown,
    line: Line,
    days: Scale,
    tones: Mapping[str, str],
) -> Drawn:
    name = tamed(line.resource.name) or line.resource.id
    row = Row(
        name=f"row-{line.resource.id}",
        title=f"{name}: {counted(len(line.events), 'event')}",
        told="The table below says the same.",
        # What the vendors sell first: holds lie below it.
        bars=tuple(
            _bar(one, line.zone, tones, asked.view)
            for one in sorted(line.events, key=lambda one: one.event.ours)
        ),
        marks=tuple(_mark(frame, one, line.zone) for one in line.findings),
        closed=_closed(line, days),
        unread=unread(line, shown),
    )
    other = View.WEEK if asked.view is View.DAY else View.DAY
    return Drawn(
        id=line.resource.id,
        name=name,
        address=asked.address(view=other, days="", resource=[line.resource.id], page=""),
        picture=Markup(row_picture(row, days, shown.now)),  # noqa: S704 - every text is escaped
        clashes=sum(one.life.state in PRESSING for one in line.findings),
        unknown=doubt(line, shown),
    )


def _bar(one: Stored, zone: str, tones: Mapping[str, str], view: View) -> Bar:
    event = one.event
    title = _called(one)
    kinds = [f"tone-{tones.get(event.key.account, TONES[0])}", str(event.status)]
    kinds += ["ours"] if event.ours else []
    kinds += ["block"] if event.key.kind is Kind.BLOCK and not event.ours else []
    kinds += ["tentative"] if Trait.TENTATIVE in event.traits else []
    kinds += ["free"] if role(event) is Role.FREE else []
    return Bar(
        span=event.span,
        kind=" ".join(kinds),
        words=f"{hours(event.span, zone)} {title} ({event.key.account}, {_status(one)})",
        label=f"{title} · {event.key.account}" if view is View.DAY else "",
    )


def _called(one: Stored) -> str:
    unnamed = "Hold" if one.event.ours else one.event.key.native_id
    return tamed(one.event.title, 80) or tamed(unnamed, 80)


def _status(one: Stored) -> str:
    event = one.event
    words = [str(event.status)]
    words += ["tentative"] if Trait.TENTATIVE in event.traits else []
    words += ["takes no time"] if role(event) is Role.FREE else []
    words += ["a hold of ours"] if event.ours else []
    return ", ".join(words)


def _mark(frame: Frame, one: Reported, zone: str) -> Mark:
    finding, life = one.finding, state(one, zone)
    settled = one.life.state not in PRESSING
    words = (
        f"{label(finding.kind, finding.flags)}, {one.severity.band}, {hours(finding.span, zone)}"
    )
    return Mark(
        span=finding.span,
        band="settled" if settled else str(one.severity.band),
        words=f"{words}, {life}" if life else words,
        link=f"{frame.prefix}/conflicts/{finding.id}",
    )


def _closed(line: Line, days: Scale) -> tuple[Span, ...]:
    """What of the days lies outside of the resource's hours; nothing where none are configured."""
    if not line.resource.hours:
        return ()
    open_hours = hours_of(line.resource.hours)
    return tuple(span for part in days.parts for span in open_hours.beyond(part, line.zone))


def _told(lines: Sequence[Line]) -> list[Told]:
    rows = []
    for line in lines:
        clashes: dict[object, list[tuple[str, str]]] = {}
        for found in line.findings:
            for member in found.finding.members:
                words = label(found.finding.kind, found.finding.flags)
                clashes.setdefault(member.key, []).append((found.finding.id, words))
        rows += [
            Told(
                who=tamed(line.resource.name) or line.resource.id,
                span=one.event.span,
                zone=line.zone,
                title=_called(one),
                account=one.event.key.account,
                status=_status(one),
                clashes=tuple(clashes.get(one.event.key, ())),
            )
            for one in line.events
        ]
    return rows[:MOST_TOLD]


def _heat_row(asked: Asked, shown: Shown, line: Line) -> tuple[str, str, list[HeatCell]]:
    """(name, address, cells)."""
    name = tamed(line.resource.name) or line.resource.id
    week = asked.address(view=View.WEEK, days="", resource=[line.resource.id], page="")
    return name, week, [_heat_cell(asked, line, cell, name) for cell in cells(line, shown)]


def _heat_cell(asked: Asked, line: Line, cell: Cell, name: str) -> HeatCell:
    count = len(cell.findings)
    said = f"{counted(count, 'finding')}, the worst {cell.band}" if count else "nothing found"
    said += f"; not certain: {cell.unknown}" if cell.unknown else ""
    day = f"{cell.day:%Y-%m-%d}"
    return HeatCell(
        address=asked.address(
            view=View.DAY, days="", date=day, resource=[line.resource.id], page=""
        ),
        band=str(cell.band or ""),
        count=count,
        unknown=cell.unknown,
        words=f"{name}, {cell.day:%a} {cell.day.day} {cell.day:%b}: {said}",
    )
