"""How written times become instants: offsets are trusted, wall times need a zone.

Folds and gaps follow RFC 5545 section 3.3.5: in a fold the first occurrence is meant, in a gap the
offset before the gap applies. Both are reported as ambiguous.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Instants outside these bounds cannot be somebody's appointment, and some of them cannot be
# converted to local time at all (year 0001 in a zone east of Greenwich).
EARLIEST = int(datetime(1970, 1, 2, tzinfo=UTC).timestamp())
LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())


def instant(text: str) -> int:
    """Read an ISO 8601 date-time that carries an offset (`Z`, `+03:00`, `+0300`) as epoch seconds.

    Fractions of a second are dropped. Raises ValueError for anything else: a naive time, a date
    alone, a leap second, 24:00, a year outside 1970 to 2200.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("the time has no offset")
    return _checked(int(moment.timestamp() // 1))


def local_instant(text: str, zone: str) -> tuple[int, bool]:
    """Read a wall-clock date-time in `zone` as epoch seconds, and whether it was ambiguous.

    Raises ValueError for a time that cannot be read or that has an offset, and for unknown zones.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("the time already has an offset")
    return wall(moment, zone)


def wall(moment: datetime, zone: str) -> tuple[int, bool]:
    """The instant of a naive wall-clock `moment` in `zone`, and whether a fold or gap was there."""
    rules = zone_of(zone)
    first = moment.replace(tzinfo=rules, fold=0)
    second = moment.replace(tzinfo=rules, fold=1)
    ambiguous = first.utcoffset() != second.utcoffset()
    return _checked(int(first.timestamp() // 1)), ambiguous


def midnight(day: date, zone: str) -> int:
    """The first instant of a civil `day` in `zone`; some zones skip midnight itself."""
    rules = zone_of(zone)
    start = datetime.combine(day, time(), tzinfo=rules)
    # In a gap at midnight the offset before the gap gives an instant that still shows the day
    # before; the day begins where the gap ends, which is the same instant read back.
    seconds = int(start.timestamp())
    while datetime.fromtimestamp(seconds, rules).date() < day:
        seconds += 60
    return seconds


def zone_of(name: str) -> ZoneInfo:
    """The rules of an IANA zone. Raises ValueError for unknown names."""
    return _zone(name)


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone that this installation knows."""
    try:
        _zone(name)
    except ValueError:
        return False
    return True


def iso(seconds: int) -> str:
    """An instant as UTC text with `Z`, the form of every time in the JSON documents."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat() + "Z"


def local(seconds: int, zone: str) -> datetime:
    """An instant as an aware date-time in `zone`."""
    return datetime.fromtimestamp(seconds, zone_of(zone))


def on_the_wall(start: int, end: int, zone: str) -> str:
    """`Tue 3 Mar 2026, 10:30–11:15 CET`: a stretch of time as people in `zone` read it.

    The end's day where it is another one; both names of the zone where clocks change in between.
    """
    first, last = local(start, zone), local(end, zone)
    day = "" if first.date() == last.date() else f"{_day(last.date())}, "
    before, after = _zone_name(first), _zone_name(last)
    changed = "" if before == after else f" {before}"
    return f"{_day(first.date())}, {_clock(first)}{changed}–{day}{_clock(last)} {after}"


def _clock(moment: datetime) -> str:
    return f"{moment.hour:02}:{moment.minute:02}"


def _zone_name(moment: datetime) -> str:
    name = moment.tzname() or ""
    return f"UTC{name}" if name[:1] in "+-" else name


@lru_cache(maxsize=1024)
def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - of UTC; without a zone it is written faster


def _checked(seconds: int) -> int:
    if not EARLIEST <= seconds < LATEST:
        raise ValueError("the time lies outside the years 1970 to 2200")
    return seconds


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # Names are vendor text: ZoneInfo answers oddities such as "..", "" or a directory's name
        # with different errors. All of them mean the same here.
        raise ValueError("the time zone is not known") from None
