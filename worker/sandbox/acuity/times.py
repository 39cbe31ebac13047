"""Acuity's notations of time: offsets without a colon, display texts, and lenient reading."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

TimeFormat = Literal["ampm", "24"]

_WRITTEN = (
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%dT%H:%M%z",
    "%Y-%m-%d %H:%M:%S%z",
    "%Y-%m-%d %H:%M%z",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %I:%M%p",
    "%B %d, %Y %I:%M%p",
    "%B %d, %Y %H:%M",
)


def read(text: object, where: ZoneInfo) -> int | None:
    """Seconds since the epoch of anything that looks like a time; None if nothing does.

    Stands for the vendor's strtotime: a text without an offset is read in `where`.
    """
    if not isinstance(text, str):
        return None
    for pattern in _WRITTEN:
        try:
            found = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007  # zone follows
        except ValueError:
            continue
        aware = found if found.tzinfo is not None else found.replace(tzinfo=where)
        return int(aware.timestamp())
    return None


def read_day(text: str) -> date | None:
    """The day at the head of a text such as `2026-11-23` or `2026-11-23T10:00:00`."""
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def zone(name: object) -> ZoneInfo | None:
    """The IANA zone of that name, if there is one."""
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def written(seconds: float, where: ZoneInfo) -> str:
    """`2026-06-30T10:00:00+0300`."""
    return datetime.fromtimestamp(int(seconds), where).strftime("%Y-%m-%dT%H:%M:%S%z")


def day_text(seconds: float, where: ZoneInfo) -> str:
    """`June 30, 2026`."""
    local = datetime.fromtimestamp(int(seconds), where)
    return f"{local:%B} {local.day}, {local.year}"


def clock_text(seconds: float, where: ZoneInfo, style: TimeFormat) -> str:
    """`10:00am`, or `10:00` in accounts that count to 24."""
    local = datetime.fromtimestamp(int(seconds), where)
    if style == "24":
        return f"{local:%H:%M}"
    return f"{local.hour % 12 or 12}:{local:%M}{'am' if local.hour < 12 else 'pm'}"


def utc(seconds: float) -> str:
    """`2026-06-30T07:00:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(day: date, where: ZoneInfo) -> int:
    """The instant at which a day begins."""
    return at_minute(day, 0, where)


def at_minute(day: date, minute: int, where: ZoneInfo) -> int:
    """The instant that the wall clock shows so many minutes after midnight."""
    wall = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    return int(wall.replace(tzinfo=where).timestamp())


def long_day_text(seconds: float, where: ZoneInfo) -> str:
    """`Wednesday, July 15, 2026`."""
    local = datetime.fromtimestamp(int(seconds), where)
    return f"{local:%A}, {day_text(seconds, where)}"
