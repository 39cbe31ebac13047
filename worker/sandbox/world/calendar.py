"""Local days and clock changes: everything in the world is placed relative to now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = 86400
HOME = "Europe/Berlin"
_STUDIO_ZONES = (
    HOME,
    "America/New_York",
    "Australia/Sydney",
    "America/Santiago",
    "Africa/Casablanca",
    "Africa/Cairo",
)
_LONGEST_WAIT = 2 * 366 * DAY
_OPENS, _CLOSES = 8, 17


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A zone, the instant of its next change, and by how many seconds the wall clock moves."""

    zone: str
    at: int
    shift: int


def clock_change(now: float) -> ClockChange:
    """The change that the studio's series crosses.

    The first of a few zones that changes its clocks 5 to 80 days from now. Between mid-May and
    early June no zone does: then it is the earliest change after that, beyond the window.
    """
    found = [
        change
        for zone in _STUDIO_ZONES
        if (change := _next_change(zone, int(now) + 5 * DAY)) is not None
    ]
    near = [change for change in found if change.at < now + 80 * DAY]
    return near[0] if near else min(found, key=lambda change: change.at)


def _next_change(name: str, after: int) -> ClockChange | None:
    """None where the zone's rules, as this machine knows them, end before another change."""
    zone = ZoneInfo(name)
    before = _offset(zone, after)
    low = after
    while _offset(zone, low + DAY) == before:
        low += DAY
        if low > after + _LONGEST_WAIT:
            return None
    high = low + DAY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return ClockChange(name, high, int((_offset(zone, high) - before).total_seconds()))


def _offset(zone: ZoneInfo, instant: int) -> timedelta:
    return datetime.fromtimestamp(instant, zone).utcoffset() or timedelta(0)


class Days:
    """Turns "so many days from the first one, at this time" into instants, in the home zone.

    The first day is today, or tomorrow when little of today's opening hours is left.
    """

    def __init__(self, now: float) -> None:
        self._zone = ZoneInfo(HOME)
        self.now = int(now)
        half_hours = -(-(self.now + 2 * 3600) // 1800)
        local = datetime.fromtimestamp(half_hours * 1800, self._zone)
        if local.hour < _OPENS:
            local = datetime.combine(local.date(), time(9), self._zone)
        elif local.hour >= _CLOSES:
            local = datetime.combine(local.date() + timedelta(days=1), time(9), self._zone)
        self.first = local.date()
        self.soon = int(local.timestamp())

    def at(self, day: int, hour: int, minute: int = 0) -> int:
        """The instant that the home zone's wall clock shows on that day."""
        wall = datetime.combine(self.date(day), time(hour, minute), self._zone)
        return int(wall.timestamp())

    def date(self, day: int) -> date:
        """The local date so many days from the first one."""
        return self.first + timedelta(days=day)

    def weekday_after(self, day: int, weekday: int) -> int:
        """The first day from `day` on that falls on that weekday (Monday is 0)."""
        return day + (weekday - self.date(day).weekday()) % 7


def weekly(start: int, count: int, zone: str) -> list[int]:
    """Instants a week apart on the wall clock of a zone."""
    first = datetime.fromtimestamp(start, ZoneInfo(zone))
    wall = first.replace(tzinfo=None)
    return [
        int((wall + timedelta(weeks=week)).replace(tzinfo=first.tzinfo).timestamp())
        for week in range(count)
    ]


def local_date(instant: int, zone: str) -> date:
    """The date on the wall of that zone."""
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).date()


def midnight(day: date, zone: str) -> int:
    """The instant at which a day begins in that zone."""
    return int(datetime.combine(day, time(0), ZoneInfo(zone)).timestamp())


def local_clock(instant: int, zone: str) -> str:
    """`HH:MM` on the wall of that zone."""
    return f"{datetime.fromtimestamp(instant, ZoneInfo(zone)):%H:%M}"
