"""The other kinds of docs/findings.md, found the slow way: every pair, every five minutes.

Written from definitions alone, as `reference.py` is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import combinations, permutations
from zoneinfo import ZoneInfo

from tests.conflict.reference import counts, is_open, occupies, record
from worker.domain.event import Event, Key

STEP = 300  # seconds; calendars, opening hours and offsets of zones in tests are multiples of it


@dataclass(frozen=True, order=True)
class Gap:
    """Two events that follow each other too soon. All in seconds."""

    before: Key
    after: Key
    gap: int
    need: int
    travel: int


def gaps(
    events: Iterable[Event],
    buffer: int,
    travel: Callable[[Event, Event], int],
) -> list[Gap]:
    """What BUFFER and TRAVEL say: consecutive events with less between them than they need.

    Consecutive: nothing else that counts goes on between them.
    """
    mine = [event for event in events if occupies(event)]
    found = []
    for first, second in permutations(mine, 2):
        gap = second.span.start - first.span.end
        if gap < 0 or record(first) == record(second):
            continue
        if any(e.span.start < second.span.start and first.span.end < e.span.end for e in mine):
            continue
        away = travel(first, second)
        need = max(first.pad_after * 60, second.pad_before * 60, buffer) + away
        if gap < need:
            found.append(Gap(first.key, second.key, gap, need, away))
    return sorted(found)


@dataclass(frozen=True)
class Window:
    """Wall-clock opening hours: from weekday `first` to `last` (Monday is 0), minutes of the day.

    Where `until` is not after `since`, it lies on the following day.
    """

    first: int
    last: int
    since: int
    until: int

    def has(self, weekday: int, minute: int) -> bool:
        """Whether the clock on the wall lies in it."""
        if self.since < self.until:
            return self._on(weekday) and self.since <= minute < self.until
        evening = self._on(weekday) and minute >= self.since
        morning = self._on((weekday - 1) % 7) and minute < self.until
        return evening or morning

    def _on(self, weekday: int) -> bool:
        if self.first <= self.last:
            return self.first <= weekday <= self.last
        return weekday >= self.first or weekday <= self.last


@lru_cache(maxsize=1_000_000)
def clock(instant: int, zone: str) -> tuple[int, int]:
    """The weekday and the minute of the day that a clock on the wall shows."""
    shown = datetime.fromtimestamp(instant, ZoneInfo(zone))
    return shown.weekday(), shown.hour * 60 + shown.minute


@dataclass(frozen=True)
class Unavailable:
    """What is wrong with a booked event: seconds are counted once, `hull` bounds all of them."""

    blocks: tuple[Key, ...]
    blocked: int
    beyond: int
    hull: tuple[int, int]


def outside(
    events: Iterable[Event], windows: Sequence[Window], zone: str
) -> dict[Key, Unavailable]:
    """What OUTSIDE_AVAILABILITY says of booked events, looked at every five minutes."""
    everything = list(events)
    blocks = [event for event in everything if counts(event) and not occupies(event)]
    booked = [event for event in everything if occupies(event) and not is_open(event)]
    judged = {event.key: _unavailable(event, blocks, windows, zone) for event in booked}
    return {key: found for key, found in judged.items() if found}


def _unavailable(
    event: Event, blocks: Sequence[Event], windows: Sequence[Window], zone: str
) -> Unavailable | None:
    moments = range(event.span.start, event.span.end, STEP)
    hit = [block for block in blocks if shared(event, block) > 0]
    blocked = [at for at in moments if any(b.span.start <= at < b.span.end for b in hit)]
    closed = [at for at in moments if windows and not _is_open_at(at, windows, zone)]
    wrong = sorted({*blocked, *closed})
    if not wrong:
        return None
    keys = tuple(sorted(block.key for block in hit))
    hull = (wrong[0], wrong[-1] + STEP)
    return Unavailable(keys, len(blocked) * STEP, len(closed) * STEP, hull)


def _is_open_at(at: int, windows: Sequence[Window], zone: str) -> bool:
    return any(window.has(*clock(at, zone)) for window in windows)


def shared(one: Event, other: Event) -> int:
    """For how many seconds both go on."""
    return max(0, min(one.span.end, other.span.end) - max(one.span.start, other.span.start))


def duplicates(events: Iterable[Event]) -> list[tuple[Key, ...]]:
    """What DUPLICATE says: the same thing, entered in two accounts."""
    mine = [event for event in events if occupies(event)]
    return sorted(
        tuple(sorted((a.key, b.key))) for a, b in combinations(mine, 2) if is_duplicate(a, b)
    )


def is_duplicate(one: Event, other: Event) -> bool:
    """Starts at most five minutes apart, 0.8 of the union in common, and something that ties."""
    if one.key.account == other.key.account:
        return False
    if abs(one.span.start - other.span.start) > 5 * 60:
        return False
    common = shared(one, other)
    union = one.span.seconds + other.span.seconds - common
    if common * 10 < union * 8:
        return False
    same_title = one.title != "" and one.title.casefold() == other.title.casefold()
    return same_page(one, other) or same_title or bool(set(one.people) & set(other.people))


def same_page(one: Event, other: Event) -> bool:
    """The same external id: vendors choose ids independently, so kind and page must agree too."""
    names = [(event.key.kind, event.key.native_id, event.url) for event in (one, other)]
    return one.url is not None and names[0] == names[1]


def over_capacity(event: Event) -> bool:
    """What OVER_CAPACITY says: more people on the roster than the event takes."""
    return occupies(event) and event.capacity is not None and event.attendees > event.capacity


def overfull(event: Event, seats: int) -> bool:
    """What CAPACITY_MISMATCH says of a room: it seats fewer than the event takes, or has."""
    needed = event.attendees if event.capacity is None else event.capacity
    return occupies(event) and needed > seats


def capacities_differ(one: Event, other: Event) -> bool:
    """What CAPACITY_MISMATCH says of a linked pair."""
    if not (occupies(one) and occupies(other)):
        return False
    return None not in (one.capacity, other.capacity) and one.capacity != other.capacity


def limits(events: Iterable[Event]) -> dict[tuple[str, str], tuple[int, int, str]]:
    """What LIMIT says of one series: who, to how many they are in, how many are right, a word.

    Accounts name their series independently.
    """
    mine = [event for event in events if occupies(event)]
    found = {}
    for account in {event.key.account for event in mine}:
        there = [event for event in mine if event.key.account == account]
        most = min((e.max_per_person for e in there if e.max_per_person is not None), default=None)
        least = max((e.min_per_person for e in there if e.min_per_person is not None), default=0)
        for person, times in attendances(there).items():
            if most is not None and times > most:
                found[account, person] = (times, most, "too_many")
            elif times < least:
                found[account, person] = (times, least, "too_few")
    return found


def attendances(events: Iterable[Event]) -> Mapping[str, int]:
    """How often each person is in them."""
    rosters = [set(event.people) for event in events]
    everybody = set().union(*rosters)
    return {person: sum(person in roster for roster in rosters) for person in everybody}


def is_stale(complete_at: int | None, now: int, stale_after: int) -> bool:
    """What STALE_SOURCE says: no complete poll for `stale_after` seconds."""
    return complete_at is None or now > complete_at + stale_after
