"""The lane picture of a clash as SVG: one lane per event, the overlap as a column through them.

Widths are shares of whatever room there is and heights are pixels, so that letters keep their size
on a phone. Colours come from the page's style sheet, by class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from worker.domain.event import Status
from worker.domain.instants import local, zone_of
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.publish.drawing import hatching, line, markup, picture, rect, text
from worker.publish.pages.words import clock_time, counted, hours, short_day, tamed

MOST_LANES = 12
LONGEST_LABEL = 32

_TOP, _LANE, _BAR, _AXIS, _FOOT = 30, 52, 20, 24, 20
_LEFT, _WIDTH = 1.0, 98.0  # per cent
_STEPS = (
    *(minutes * MINUTE for minutes in (5, 10, 15, 30)),
    *(hours * HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * DAY for days in (1, 2, 7, 14, 28)),
)
_MOST_TICKS = 6


@dataclass(frozen=True, slots=True)
class Lane:
    """One event of the picture; paddings are minutes."""

    title: str
    account: str
    status: Status
    span: Span
    pad_before: int = 0
    pad_after: int = 0
    tentative: bool = False
    ours: bool = False

    @property
    def whole(self) -> Span:
        """The event with the time that it needs before and after."""
        return self.span.widened(self.pad_before * MINUTE, self.pad_after * MINUTE)


@dataclass(frozen=True, slots=True)
class Clash:
    """What is marked: when, with which words, and whose clock tells the times."""

    span: Span
    words: str
    zone: str


def lanes_picture(lanes: Sequence[Lane], clash: Clash, now: int) -> str:
    """The picture as an `svg` element. Text in it is escaped; the page needs nothing else."""
    return _Picture(lanes, clash, now).drawn()


class _Picture:
    def __init__(self, lanes: Sequence[Lane], clash: Clash, now: int) -> None:
        self._lanes = lanes[:MOST_LANES]
        self._hidden = max(0, len(lanes) - MOST_LANES)
        self._clash = clash
        self._now = now
        self._window = window(self._lanes, clash.span)
        self._floor = _TOP + _LANE * len(self._lanes)
        self._axes = [clash.zone]
        if self._offset(self._window.start) != self._offset(self._window.end):
            self._axes.append("UTC")  # the clocks change within the picture

    def drawn(self) -> str:
        height = self._floor + _AXIS * len(self._axes) + _FOOT
        told = f"Marked is {hours(self._clash.span, self._clash.zone)}: {self._clash.words}. "
        root = picture(
            "lanes",
            height,
            "lanes",
            f"{counted(len(self._lanes), 'event')} on one time axis",
            f"{told}The table below says the same.",
        )
        self._patterns(root)
        self._grid(root)
        self._column(root)
        for index, lane in enumerate(self._lanes):
            self._lane(root, index, lane)
        self._present(root)
        return markup(root)

    def _patterns(self, root: Element) -> None:
        defs = SubElement(root, "defs")
        for name in ("held", "pad", "ours"):
            hatching(defs, name)

    def _grid(self, root: Element) -> None:
        for row, zone in enumerate(self._axes):
            y = self._floor + _AXIS * row + 16
            for tick in ticks(self._window, self._clash.zone):
                x = self._x(tick)
                if row == 0:
                    line(root, "grid", x, _TOP - 4, self._floor + 4)
                text(root, "text", _tick_name(tick, zone, self._window), x=x, y=y, kind="tick")
        names = " and ".join(self._axes)
        more = f" · {self._hidden} more in the table" if self._hidden else ""
        foot = self._floor + _AXIS * len(self._axes) + 14
        text(root, "text", f"Times in {names}{more}", x=_LEFT, y=foot, kind="foot")

    def _column(self, root: Element) -> None:
        x, width = self._stretch(self._clash.span)
        rect(root, "clash", x, width, _TOP - 4, self._floor - _TOP + 8)
        line(root, "edge", x, _TOP - 4, self._floor + 4)
        line(root, "edge", x + width, _TOP - 4, self._floor + 4)
        middle = x + width / 2
        # At the rims the words begin or end with the column, or they would be cut off on a phone.
        match middle:
            case _ if middle < 25:
                kind, at = "over", x
            case _ if middle > 75:
                kind, at = "over end", x + width
            case _:
                kind, at = "over middle", middle
        text(root, "text", self._clash.words, x=at, y=16, kind=kind)

    def _lane(self, root: Element, index: int, lane: Lane) -> None:
        top = _TOP + _LANE * index
        text(root, "text", tamed(lane.title, LONGEST_LABEL), x=_LEFT, y=top + 14, kind="lane-title")
        words = f"{tamed(lane.account)} · {_status(lane)}"
        text(root, "text", words, x=_LEFT + _WIDTH, y=top + 14, kind="lane-note end")
        if lane.whole != lane.span:
            x, width = self._stretch(lane.whole)
            rect(root, "pad", x, width, top + 20 + 4, _BAR - 8)
        x, width = self._stretch(lane.span)
        tentative = " tentative" if lane.tentative else ""
        ours = " ours" if lane.ours else ""
        bar = rect(root, f"bar {lane.status}{tentative}{ours}", x, width, top + 20, _BAR)
        bar.set("rx", "3")
        if lane.span.overlaps(self._clash.span) and not lane.ours:
            self._strike(root, lane, top + 20)
        if lane.span.start < self._window.start:
            text(root, "text", "‹", x=_LEFT + 0.5, y=top + 35, kind="more")
        if lane.span.end > self._window.end:
            text(root, "text", "›", x=_LEFT + _WIDTH - 0.5, y=top + 35, kind="more end")

    def _strike(self, root: Element, lane: Lane, y: int) -> None:
        """The part of a bar that is the trouble; what is only offered is not taken, so outlined."""
        clash = self._clash.span
        shared = Span(max(lane.span.start, clash.start), min(lane.span.end, clash.end))
        x, width = self._stretch(shared)
        rect(root, f"struck {lane.status}", x, width, y, _BAR)

    def _present(self, root: Element) -> None:
        if not self._window.start <= self._now <= self._window.end:
            return
        x = self._x(self._now)
        line(root, "now", x, _TOP - 8, self._floor + 4)
        text(root, "text", "now", x=x, y=self._floor + 2, kind="now-word")

    def _x(self, instant: int) -> float:
        share = (instant - self._window.start) / self._window.seconds
        return _LEFT + _WIDTH * min(1.0, max(0.0, share))

    def _stretch(self, span: Span) -> tuple[float, float]:
        x = self._x(span.start)
        return x, max(0.3, self._x(span.end) - x)

    def _offset(self, instant: int) -> object:
        return local(instant, self._clash.zone).utcoffset()


def window(lanes: Sequence[Lane], clash: Span) -> Span:
    """What is shown: all of it, but no more beside the clash than lets the clash be seen."""
    reach = max(2 * HOUR, 3 * clash.seconds)
    wholes = [lane.whole for lane in lanes] or [clash]
    start = max(clash.start - reach, min(clash.start, *(one.start for one in wholes)))
    end = min(clash.end + reach, max(clash.end, *(one.end for one in wholes)))
    rim = max(MINUTE, (end - start) // 20)
    return Span(start - rim, end + rim)


def ticks(shown: Span, zone: str) -> Iterator[int]:
    """Round times of the zone's clock within a stretch, at most as many as a phone can show."""
    step = next((one for one in _STEPS if shown.seconds // one < _MOST_TICKS), _STEPS[-1])
    offset = zone_of(zone).utcoffset(local(shown.start, zone))
    ahead = int(offset.total_seconds()) if offset else 0
    tick = -(-(shown.start + ahead) // step) * step - ahead
    while tick <= shown.end:
        yield tick
        tick += step


def _tick_name(tick: int, zone: str, shown: Span) -> str:
    at = clock_time(tick, zone)
    if zone == "UTC":
        return f"{at}Z"
    if shown.seconds > DAY:
        return short_day(tick, zone) if at == "00:00" else at
    return at


def _status(lane: Lane) -> str:
    words = [str(lane.status)]
    if lane.tentative:
        words.append("tentative")
    if lane.ours:
        words.append("a hold of ours")
    return ", ".join(words)
