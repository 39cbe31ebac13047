"""Opening hours: weekly windows of wall-clock time, and when they leave an event outside."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from worker.domain.instants import local
from worker.domain.span import DAY, HOUR, MINUTE, Span

WEEK = 7 * DAY
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIME = r"([01][0-9]|2[0-4]):([0-5][0-9])"
_WINDOW = re.compile(rf"([A-Za-z, -]{{3,60}}?) +{_TIME} ?- ?{_TIME}", re.ASCII)
_MONDAY = 4 * DAY  # the first Monday of 1970, on any wall


@dataclass(frozen=True, slots=True)
class Hours:
    """When something is available: `windows` are seconds since Monday 00:00 on the wall.

    They are sorted, and neither overlap nor touch. An instant lies within the hours if the clock
    on the wall then shows a time in one of them: so a day of 23 hours has one hour less where the
    hour that is left out was in a window, and one of 25 hours one more.
    """

    windows: tuple[tuple[int, int], ...]

    def beyond(self, span: Span, zone: str) -> tuple[Span, ...]:
        """The parts of `span` outside the hours on walls of `zone`, in order, none of them empty.

        Raises ValueError for an unknown zone.
        """
        found: list[Span] = []
        for start, end, offset in _offsets(span, zone):
            for closed_from, closed_to in self._closed(start + offset, end + offset):
                part = Span(closed_from - offset, closed_to - offset)
                if found and found[-1].end == part.start:
                    part = Span(found.pop().start, part.end)
                found.append(part)
        return tuple(found)

    def _closed(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The same for seconds on the wall, as if they had been counted there since 1970."""
        week = start - (start - _MONDAY) % WEEK
        at = start
        while week < end:
            for opens, closes in self.windows:
                if week + closes <= at:
                    continue
                if at < min(week + opens, end):
                    yield at, min(week + opens, end)
                at = max(at, week + closes)
            week += WEEK
        if at < end:
            yield at, end


@lru_cache(maxsize=1024)
def hours_of(texts: tuple[str, ...]) -> Hours:
    """Read windows such as `Mon-Fri 09:00-17:00`, `Sat,Sun 10:00-24:00` or `Fri 22:00-02:00`.

    What ends at or before its start ends on the day after. Raises ValueError with a sentence.
    """
    found = sorted(part for text in texts for part in _parts(text))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        if merged and start <= merged[-1][1]:
            before, until = merged.pop()
            merged.append((before, max(until, end)))
        else:
            merged.append((start, end))
    return Hours(tuple(merged))


def _parts(text: str) -> Iterable[tuple[int, int]]:
    match = _WINDOW.fullmatch(text.strip())
    if not match:
        raise ValueError('must be days and times such as "Mon-Fri 09:00-17:00"')
    start, end = _seconds(match[2], match[3]), _seconds(match[4], match[5])
    if start in (end, DAY):
        raise ValueError('must end later than it starts; a whole day is "00:00-24:00"')
    length = (end - start) % DAY or DAY
    for day in _days(match[1]):
        first = day * DAY + start
        if first + length <= WEEK:
            yield first, first + length
        else:  # from Sunday into Monday
            yield first, WEEK
            yield 0, first + length - WEEK


def _seconds(hours: str, minutes: str) -> int:
    seconds = int(hours) * HOUR + int(minutes) * MINUTE
    if seconds > DAY:
        raise ValueError("must hold times from 00:00 to 24:00")
    return seconds


def _days(text: str) -> Iterator[int]:
    """The days in `Mon-Fri`, `Sat,Sun` or `Fri-Mon`, Monday being 0."""
    for part in text.split(","):
        first, dash, last = part.partition("-")
        day = _day(first)
        yield day
        while dash and day != _day(last):
            day = (day + 1) % 7
            yield day


def _day(word: str) -> int:
    name = word.strip().capitalize()
    if name not in DAYS:
        raise ValueError(f"must name days as {', '.join(DAYS[:-1])} or {DAYS[-1]}")
    return DAYS.index(name)


def _offsets(span: Span, zone: str) -> Iterator[tuple[int, int, int]]:
    """(start, end, seconds ahead of UTC) of each stretch in which the offset stays the same."""
    start = at = span.start
    offset = _offset(start, zone)
    while at < span.end:
        # A day at a time: clocks are not put forward and back again within one.
        after = min(at + DAY, span.end)
        if _offset(after - 1, zone) == offset:
            at = after
            continue
        change = _change(at, after, offset, zone)
        yield start, change, offset
        start = at = change
        offset = _offset(start, zone)
    if start < span.end:
        yield start, span.end, offset


def _change(start: int, end: int, offset: int, zone: str) -> int:
    """The first instant in the stretch at which the offset is another one."""
    instants = range(start, end)
    return start + bisect_left(instants, True, key=lambda one: _offset(one, zone) != offset)


def _offset(instant: int, zone: str) -> int:
    ahead = local(instant, zone).utcoffset()
    return int(ahead.total_seconds()) if ahead else 0
