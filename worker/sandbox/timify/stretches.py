"""From a record to the stretches of time it stands for: occurrences times batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from worker.sandbox.timify import times
from worker.sandbox.timify.state import Appointment, Recurring

_HORIZON_DAYS = 366 * 6


@dataclass(frozen=True, slots=True)
class Stretch:
    """One busy stretch `[begin, end)` in seconds, without its paddings (minutes).

    `day` is the local day that the occurrence was planned for, None outside a recurring record;
    it stays when the occurrence is moved.
    """

    appointment_id: str
    day: date | None
    batch: int
    last_batch: int
    begin: int
    end: int
    before: int
    after: int
    resource_ids: tuple[str, ...]

    def booking_id(self, resource_id: str | None) -> str:
        """32 hex digits that stay the same as long as the booking exists."""
        text = f"{self.appointment_id}/{self.day}/{self.batch}/{resource_id}"
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def booking_ids(self) -> list[str]:
        """One booking per resource, or a single one if nobody is bound."""
        return [self.booking_id(resource) for resource in self.resource_ids or (None,)]


def stretches(one: Appointment) -> list[Stretch]:
    """All stretches of a record, in the order in which the vendor lists its bookings."""
    return [piece for day, start in _starts(one) for piece in _pieces(one, day, start)]


def recurring_days(rule: Recurring, start: int, limit: int) -> tuple[date, ...]:
    """The local days of a series that begins at `start` (seconds), `limit` at most.

    The series keeps its wall-clock time in the rule's zone across DST changes.
    """
    first = times.local(start, ZoneInfo(rule.timezone)).date()
    wanted = rule.repeat_times if rule.repeat_times is not None else limit
    found: list[date] = []
    for offset in range(_HORIZON_DAYS):
        day = first + timedelta(days=offset)
        if len(found) >= min(wanted, limit) or _is_past_the_end(rule, day):
            break
        if _falls_on(rule, first, day):
            found.append(day)
    return tuple(found)


def _starts(one: Appointment) -> Iterator[tuple[date | None, int]]:
    if one.recurring is None:
        yield None, one.start
        return
    where = ZoneInfo(one.recurring.timezone)
    wall = times.local(one.start, where)
    minutes = wall.hour * 60 + wall.minute
    for day in one.days:
        if day not in one.dropped:
            yield day, one.moved.get(day, times.on_day(day, minutes, where))


def _pieces(one: Appointment, day: date | None, start: int) -> Iterator[Stretch]:
    last = len(one.batches) - 1
    for number, batch in enumerate(one.batches):
        begin = start + batch.offset * 60
        yield Stretch(
            appointment_id=one.id,
            day=day,
            batch=number,
            last_batch=last,
            begin=begin,
            end=begin + batch.minutes * 60,
            before=one.before if number == 0 else 0,
            after=one.after if number == last else 0,
            resource_ids=one.resource_ids if batch.resource_ids is None else batch.resource_ids,
        )


def _is_past_the_end(rule: Recurring, day: date) -> bool:
    ends = (rule.repeat_last_day, rule.max_day)
    return any(end is not None and day > end for end in ends)


def _falls_on(rule: Recurring, first: date, day: date) -> bool:
    match rule.frequency:
        case "DAYS":
            return (day - first).days % rule.period == 0
        case "WEEKS":
            weeks = (_monday(day) - _monday(first)).days // 7
            week_days = rule.week_days or (first.isoweekday(),)
            return weeks % rule.period == 0 and day.isoweekday() in week_days
        case "MONTHS":
            months = (day.year - first.year) * 12 + day.month - first.month
            return months % rule.period == 0 and day.day in (rule.month_days or (first.day,))
        case "YEARS":
            right_year = (day.year - first.year) % rule.period == 0
            right_month = day.month in (rule.year_months or (first.month,))
            return right_year and right_month and day.day in (rule.month_days or (first.day,))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
