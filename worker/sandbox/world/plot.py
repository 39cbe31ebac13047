"""Keeps account of what is meant to be wrong, and of what only looks as if it were."""

from __future__ import annotations

from worker.sandbox.world.calendar import ClockChange, Days
from worker.sandbox.world.diary import Diary, Entry
from worker.sandbox.world.model import NearMiss, Planted, Subject

RESOURCE, LOCATION = "RESOURCE_DOUBLE", "LOCATION_DOUBLE"
EVENT: Subject = ("event", "")


class Plot:
    """The story so far. Times of day are fixed, so that only days depend on now."""

    def __init__(self, diary: Diary, days: Days, change: ClockChange) -> None:
        self.planted: list[Planted] = []
        self.near_misses: list[NearMiss] = []
        self.diary = diary
        self.days = days
        self.change = change
        self._known: dict[str, tuple[Entry, ...]] = {}

    def entries(self, name: str) -> tuple[Entry, ...]:
        """What a planted finding or a near miss was made of, as it was made."""
        return self._known[name]

    def twice(
        self,
        name: str,
        resource: str,
        *entries: Entry,
        kind: str = RESOURCE,
        preventable: bool = False,
    ) -> Planted:
        """A resource is taken by all members at once."""
        return self.at_once(name, kind, ("resource", resource), *entries, preventable=preventable)

    def at_once(
        self, name: str, kind: str, subject: Subject, *entries: Entry, preventable: bool = False
    ) -> Planted:
        """It is wrong from the last start to the first end of its members."""
        start = max(entry.start for entry in entries)
        end = min(entry.end for entry in entries)
        if start >= end:
            raise ValueError(f"{name}: the members have no time in common")
        return self.keep(name, kind, subject, entries, start, end, preventable=preventable)

    def whole(self, name: str, kind: str, subject: Subject, *entries: Entry) -> Planted:
        """It is wrong from the first start to the last end of its members."""
        start = min(entry.start for entry in entries)
        end = max(entry.end for entry in entries)
        return self.keep(name, kind, subject, entries, start, end)

    def between(self, name: str, kind: str, resource: str, before: Entry, after: Entry) -> Planted:
        """The time between two members is too short."""
        subject = ("resource", resource)
        return self.keep(name, kind, subject, (before, after), before.end, after.start)

    def keep(
        self,
        name: str,
        kind: str,
        subject: Subject,
        entries: tuple[Entry, ...] = (),
        start: int = 0,
        end: int = 0,
        *,
        preventable: bool = False,
    ) -> Planted:
        """Note a finding as it is to be reported."""
        self._known[name] = entries
        members = tuple(sorted(entry.member for entry in entries))
        found = Planted(name, kind, subject, members, start, end, preventable)
        self.planted.append(found)
        return found

    def miss(self, name: str, why: str, *entries: Entry) -> None:
        """Note what is no finding, and why."""
        self._known[name] = entries
        self.near_misses.append(NearMiss(name, why, tuple(entry.member for entry in entries)))
