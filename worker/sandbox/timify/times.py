"""TIMIFY's notations of time: zone-less text in requests, UTC text in answers."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.sandbox.timify.refusals import Refused

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def zone(name: object) -> ZoneInfo:
    """The IANA zone of that name; refuses anything else."""
    if not isinstance(name, str) or not name:
        raise Refused("timezone must be an IANA name")
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as unknown:
        raise Refused("timezone must be an IANA name") from unknown


def day(text: object) -> date:
    """A `YYYY-MM-DD`; refuses anything else."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise Refused("dates must be YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise Refused("dates must be YYYY-MM-DD") from wrong


def wall(text: object) -> datetime:
    """A `YYYY-MM-DD HH:mm` on the five-minute grid, still without a zone."""
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        raise Refused("times must be YYYY-MM-DD HH:mm")
    try:
        read = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Refused("times must be YYYY-MM-DD HH:mm") from wrong
    if read.minute % 5:
        raise Refused("minutes must be divisible by 5")
    return read


def clock_minutes(text: object) -> int:
    """`HH:mm` (or `24:00`) as minutes since midnight."""
    if not isinstance(text, str) or not _CLOCK.fullmatch(text):
        raise Refused("times of day must be HH:mm")
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def instant(naive: datetime, where: ZoneInfo) -> int:
    """Seconds since the epoch of a wall time; of two possible instants the earlier one.

    Raises Refused for a wall time that the zone skips.
    """
    seconds = int(naive.replace(tzinfo=where).timestamp())
    if datetime.fromtimestamp(seconds, where).replace(tzinfo=None) != naive:
        raise Refused("this time does not exist in that timezone")
    return seconds


def on_day(chosen: date, minutes: int, where: ZoneInfo) -> int:
    """The instant `minutes` after that day's midnight by the wall clock; gaps shift forward."""
    later, minutes = divmod(minutes, 1440)
    clock = time(minutes // 60, minutes % 60)
    whole = datetime.combine(chosen + timedelta(days=later), clock, tzinfo=where)
    return int(whole.timestamp())


def utc(seconds: float) -> str:
    """`2024-04-17T18:25:00Z`."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(seconds: float, where: ZoneInfo) -> datetime:
    """The wall time in a zone, without the zone."""
    return datetime.fromtimestamp(int(seconds), where).replace(tzinfo=None)
