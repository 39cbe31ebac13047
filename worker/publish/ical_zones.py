"""Time zones as VTIMEZONE with yearly rules: the only form that Outlook reads (RFC 5545 3.6.5).

Outlook takes an RDATE in a VTIMEZONE for nothing and shows summer an hour off, so a zone is written
with one rule for each of its two offsets, or not at all: times in zones without such rules, and in
years for which they are not known to hold, are written in UTC, which every client reads right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from worker.domain.instants import is_zone, zone_of
from worker.domain.span import DAY

# The years in which the rules were compared with the zone itself. Before 2025, zones that are
# regular now were not all so; nothing that feeds show is as far away as 2040.
FIRST, LAST = 2025, 2040
_SINCE = int(datetime(FIRST, 1, 1, tzinfo=UTC).timestamp())
_UNTIL = int(datetime(LAST + 1, 1, 1, tzinfo=UTC).timestamp())
_RULES_BEGIN = 1970
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UNIVERSAL = "UTC"


@dataclass(frozen=True, slots=True)
class Change:
    """An instant at which a zone changes its clocks."""

    at: datetime  # by the clocks before the change, naive
    before: timedelta
    after: timedelta
    name: str


@dataclass(frozen=True, slots=True)
class Yearly:
    """A change of every year: the `nth` (-1: last) `weekday` (0: Monday) of `month`."""

    month: int
    nth: int
    weekday: int
    hour: int
    minute: int
    second: int
    before: timedelta
    after: timedelta
    name: str


def moment(seconds: int, zone: str) -> datetime:
    """An instant by the clocks of `zone` if it can be told so, else in UTC.

    An hour that the clocks show twice means its first run to every reader (RFC 5545 3.3.5): the
    second run is told in UTC.
    """
    if not (_SINCE <= seconds < _UNTIL and written(zone)):
        return datetime.fromtimestamp(seconds, UTC)
    local = datetime.fromtimestamp(seconds, zone_of(zone))
    return datetime.fromtimestamp(seconds, UTC) if local.fold else local


def observed(zone: str) -> str:
    """The zone if it can be written, else UTC."""
    return zone if written(zone) else UNIVERSAL


@lru_cache(maxsize=1024)
def written(zone: str) -> bool:
    """Whether times are told by the clocks of this zone; in UTC they are told without rules."""
    return zone != UNIVERSAL and is_zone(zone) and _yearly(zone) is not None


@lru_cache(maxsize=1024)
def rules(zone: str) -> bytes:
    """The VTIMEZONE of a zone that can be written, or of UTC."""
    component = Timezone()
    component.add("tzid", zone)
    for one in _yearly(zone) or ():
        component.add_component(_observance(one))
    if not component.subcomponents:
        component.add_component(_always(zone))
    return bytes(component.to_ical())


def _observance(one: Yearly) -> TimezoneDaylight | TimezoneStandard:
    part = TimezoneDaylight() if one.after > one.before else TimezoneStandard()
    begins = _nth_weekday(_RULES_BEGIN, one.month, one.weekday, one.nth)
    part.add("dtstart", datetime(begins.year, begins.month, begins.day, *_clock(one)))  # noqa: DTZ001
    part.add("tzoffsetfrom", one.before)
    part.add("tzoffsetto", one.after)
    part.add("tzname", one.name)
    weekday = f"{one.nth}{_WEEKDAYS[one.weekday]}"
    part.add("rrule", {"freq": "yearly", "bymonth": one.month, "byday": weekday})
    return part


def _clock(one: Yearly) -> tuple[int, int, int]:
    return one.hour, one.minute, one.second


def _always(zone: str) -> TimezoneStandard:
    local = datetime.fromtimestamp(_SINCE, zone_of(zone))
    part = TimezoneStandard()
    part.add("dtstart", datetime(_RULES_BEGIN, 1, 1))  # noqa: DTZ001 - by the zone's own clock
    part.add("tzoffsetfrom", local.utcoffset())
    part.add("tzoffsetto", local.utcoffset())
    part.add("tzname", local.tzname() or zone)
    return part


@lru_cache(maxsize=1024)
def _yearly(zone: str) -> tuple[Yearly, ...] | None:
    """The rules of a zone, which may be none; None where rules do not describe it."""
    changes = list(_changes(zone_of(zone)))
    found = []
    for wanted in sorted({(change.before, change.after) for change in changes}):
        same = [change for change in changes if (change.before, change.after) == wanted]
        rule = _rule(same)
        if rule is None:
            return None
        found.append(rule)
    return tuple(found) if len(found) in (0, 2) else None


def _rule(changes: list[Change]) -> Yearly | None:
    """What these changes have in common, if that is a rule for every year."""
    first = changes[0]
    places = {(one.at.month, one.at.weekday(), one.at.time(), one.name) for one in changes}
    if [one.at.year for one in changes] != list(range(FIRST, LAST + 1)) or len(places) > 1:
        return None
    for nth in (-1, (first.at.day - 1) // 7 + 1):
        if all(
            _nth_weekday(one.at.year, one.at.month, one.at.weekday(), nth) == one.at.date()
            for one in changes
        ):
            at = first.at
            return Yearly(
                at.month,
                nth,
                at.weekday(),
                at.hour,
                at.minute,
                at.second,
                first.before,
                first.after,
                first.name,
            )
    return None


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The day of a month; in the next one where there is no such day (a fifth Sunday, say)."""
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _changes(zone: ZoneInfo) -> Iterator[Change]:
    before = _SINCE
    for after in range(_SINCE + DAY, _UNTIL + 1, DAY):
        if _offset(before, zone) != _offset(after, zone):
            yield _change(before, after, zone)
        before = after


def _change(before: int, after: int, zone: ZoneInfo) -> Change:
    """The change between two instants, found by halving."""
    old, new = _offset(before, zone), _offset(after, zone)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(middle, zone) == old:
            before = middle
        else:
            after = middle
    at = datetime.fromtimestamp(after, UTC).replace(tzinfo=None) + old
    return Change(at, old, new, datetime.fromtimestamp(after, zone).tzname() or "")


def _offset(seconds: int, zone: ZoneInfo) -> timedelta:
    return datetime.fromtimestamp(seconds, zone).utcoffset() or timedelta()
