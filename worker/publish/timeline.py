"""A resource's time as SVG: the events of its accounts, what clashes, and holds of ours.

A day or a week lies along one axis, the nights that nobody uses left out. Widths are per cent and
heights are pixels, as in the lane picture; colours come from the page's style sheet, by class.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.etree.ElementTree import Element, SubElement

from worker.domain.instants import local, midnight, wall
from worker.domain.span import HOUR, Span
from worker.publish.drawing import hatching, line, markup, picture, rect, text

BAR, GAP, RIM, AXIS = 20, 4, 8, 20
_USUAL = (8, 18)  # hours that are always shown
_LONGEST_LABEL = 60
_FEWEST_LETTERS = 3
_LETTERS_A_PER_CENT = 1.25  # of about 870 pixels, letters of 7
_TWO_LINES = 54  # of words beside the picture: the name, and how much is wrong
_SEEN = 0.6  # per cent that a clash has at least, so that a finger meets it


@dataclass(frozen=True, slots=True)
class Bar:
    """One event. `kind` are classes, `words` are told where it is pointed at, `label` is on it."""

    span: Span
    kind: str
    words: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A clash: how bad, in which words, and the address of its page."""

    span: Span
    band: str
    words: str
    link: str


@dataclass(frozen=True, slots=True)
class Row:
    """All of one resource that is shown. `name` begins ids, `title` is what a reader is told.

    `closed` is time outside of its hours, `unread` what calsync does not look at.
    """

    name: str
    title: str
    told: str
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...] = ()
    closed: tuple[Span, ...] = ()
    unread: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """Days side by side, each equally wide; `parts` are what is shown of them, in order."""

    parts: tuple[Span, ...]
    zone: str

    def pieces(self, span: Span) -> Iterator[tuple[float, float]]:
        """(x, width) in per cent of what of a stretch lies in the parts; a point is a hair."""
        for index, part in enumerate(self.parts):
            if part.shows(span):
                start = self._x(index, max(span.start, part.start))
                yield start, max(0.15, self._x(index, min(span.end, part.end)) - start)

    def x(self, instant: int) -> float | None:
        """Where an instant is, in per cent; None where it is not shown."""
        for index, part in enumerate(self.parts):
            if part.start <= instant < part.end:
                return self._x(index, instant)
        return None

    def _x(self, index: int, instant: int) -> float:
        part = self.parts[index]
        share = (instant - part.start) / part.seconds
        return (index + share) * 100 / len(self.parts)


def scale(days: Sequence[date], zone: str, spans: Iterable[Span]) -> Scale:
    """The days on walls of `zone`, with those hours of which one is used on some day.

    What lasts for a day and longer does not count: it would show every night.
    """
    first, last = _USUAL
    wholes = [day_span(day, zone) for day in days]
    for span in spans:
        for day, whole in zip(days, wholes, strict=True):
            if whole.shows(span) and not (span.start <= whole.start and whole.end <= span.end):
                first = min(first, _hours(max(span.start, whole.start), day, zone))
                last = max(last, _hours(min(span.end, whole.end) + HOUR - 1, day, zone))
    return Scale(tuple(_part(day, first, last, zone) for day in days), zone)


def day_span(day: date, zone: str) -> Span:
    """A civil day on walls of `zone`: 23 or 25 hours where the clocks change."""
    return Span(midnight(day, zone), midnight(day + timedelta(days=1), zone))


def tracks(spans: Sequence[Span]) -> tuple[int, ...]:
    """For each stretch, the topmost line on which nothing is then, or has been set later.

    In order of start they need no more lines than there are stretches at once.
    """
    until: list[int] = []
    found = []
    for span in spans:
        free = (number for number, end in enumerate(until) if end <= span.start)
        number = next(free, len(until))
        until[number : number + 1] = [max(span.end, span.start + 1)]
        found.append(number)
    return tuple(found)


def row_picture(row: Row, shown: Scale, now: int) -> str:
    """One resource as an `svg` element: closed time, events on lines, clashes through them."""
    lines = tracks([bar.span for bar in row.bars])
    floor = RIM * 2 + (1 + max(lines, default=0)) * (BAR + GAP) - GAP
    floor = max(floor, _TWO_LINES) if row.marks else floor
    root = picture("timeline", floor, row.name, row.title, row.told)
    root.set("role", "group")  # the clashes in it are links
    for kind, spans in (("closed", row.closed), ("unread", row.unread)):
        for x, width in (piece for span in spans for piece in shown.pieces(span)):
            rect(root, kind, x, width, 0, floor)
    _grid(root, shown, floor)
    for bar, number in zip(row.bars, lines, strict=True):
        _bar(root, bar, shown, RIM + number * (BAR + GAP))
    for mark in row.marks:
        _mark(root, mark, shown, floor)
    present = shown.x(now)
    if present is not None:
        line(root, "now", present, 0, floor)
    return markup(root)


def axis_picture(shown: Scale, now: int) -> str:
    """The hours above the rows; readers of the table are told times there."""
    root = Element(
        "svg",
        {"class": "timeline axis", "width": "100%", "height": str(AXIS), "aria-hidden": "true"},
    )
    for instant in _hour_ticks(shown):
        x = shown.x(instant)
        if x is not None:
            at = local(instant, shown.zone)
            text(root, "text", f"{at:%H:%M}", x=x, y=14)
    present = shown.x(now)
    if present is not None:
        line(root, "now", present, 0, AXIS)
    return markup(root)


def patterns() -> str:
    """What the rows are hatched with, once on a page."""
    root = Element("svg", {"class": "patterns", "width": "0", "height": "0", "aria-hidden": "true"})
    defs = SubElement(root, "defs")
    for name in ("pad", "ours", "unread"):
        hatching(defs, name)
    return markup(root)


def _bar(root: Element, bar: Bar, shown: Scale, y: int) -> None:
    for x, width in shown.pieces(bar.span):
        group = SubElement(root, "g", {"class": f"event {bar.kind}"})
        text(group, "title", bar.words)
        rect(group, "bar", x, width, y, BAR).set("rx", "3")
        if label := _fitting(bar.label, width):
            # A picture within the picture, so that the words end where the bar does.
            room = {"x": f"{x:.2f}%", "y": str(y), "width": f"{width:.2f}%", "height": str(BAR)}
            frame = SubElement(group, "svg", room)
            text(frame, "text", label).attrib.update({"x": "5", "y": "14"})


def _fitting(label: str, width: float) -> str:
    """As much of a label as a bar of this width (per cent) has room for on a desk's screen."""
    letters = min(_LONGEST_LABEL, int(width * _LETTERS_A_PER_CENT) - 1)
    if len(label) <= letters:
        return label
    return f"{label[: letters - 1].rstrip(' ·')}…" if letters > _FEWEST_LETTERS else ""


def _mark(root: Element, mark: Mark, shown: Scale, floor: int) -> None:
    for x, narrow in shown.pieces(mark.span):
        width = max(_SEEN, narrow)
        link = SubElement(root, "a", {"href": mark.link, "class": f"mark {mark.band}"})
        link.set("aria-label", mark.words)
        text(link, "title", mark.words)
        rect(link, "column", x, width, 0, floor)
        rect(link, "edge", x, width, 0, 3)
        rect(link, "edge", x, width, floor - 3, 3)


def _grid(root: Element, shown: Scale, floor: int) -> None:
    for instant in _hour_ticks(shown):
        x = shown.x(instant)
        if x is not None:
            line(root, "grid", x, 0, floor)
    for index in range(1, len(shown.parts)):
        line(root, "day", index * 100 / len(shown.parts), 0, floor)


def _hour_ticks(shown: Scale) -> Iterator[int]:
    """Full hours on the wall within each part, the more apart the more days there are."""
    apart = 2 if len(shown.parts) == 1 else 6
    for part in shown.parts:
        day = local(part.start, shown.zone).date()
        for hour in range(apart, 24, apart):
            instant, _ambiguous = wall(datetime.combine(day, time(hour)), shown.zone)
            if part.start < instant < part.end:
                yield instant


def _hours(instant: int, day: date, zone: str) -> int:
    """Full hours on the wall since the beginning of `day`; 24 at its end and beyond."""
    at = local(instant, zone)
    return 24 if at.date() > day else at.hour


def _part(day: date, first: int, last: int, zone: str) -> Span:
    whole = day_span(day, zone)
    start = whole.start if first == 0 else wall(datetime.combine(day, time(first)), zone)[0]
    end = whole.end if last >= 24 else wall(datetime.combine(day, time(last)), zone)[0]
    return Span(max(whole.start, start), min(whole.end, end))
