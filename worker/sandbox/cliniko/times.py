"""How Cliniko writes and reads instants, and how a series steps through local days."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.sandbox.cliniko.model import RepeatRule


def stamp(seconds: int | None) -> str | None:
    """Write an instant: UTC, whole seconds, `Z`."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: object) -> int:
    """Read an ISO time, one without an offset as UTC; raises ValueError."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def step(start: int, rule: RepeatRule, position: int, zone: str) -> int:
    """Return where the start of a series lies after `position` steps, at one local hour."""
    first = datetime.fromtimestamp(start, ZoneInfo(zone))
    match rule.type:
        case "Daily":
            moved = first + timedelta(days=rule.interval * position)
        case "Weekly":
            moved = first + timedelta(weeks=rule.interval * position)
        case "Monthly":
            moved = _months_later(first, rule.interval * position)
    return int(moved.timestamp())


def _months_later(first: datetime, months: int) -> datetime:
    """Keep the day of the month, or the last one of a shorter month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day)
