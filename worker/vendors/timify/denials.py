"""From TIMIFY's timeshifts to blocks: a denial is one window on each of its days, in local time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.instants import local, midnight, wall
from worker.domain.span import Span
from worker.vendors.timify.mapping import Setting, Unreadable, identity, subjects
from worker.vendors.timify.wire import DayWindow, Timeshift

REASONS = frozenset({"BLOCKER", "VACATION", "SICK"})
ONE_DAY = timedelta(days=1)

Clock = tuple[str, str]  # begin and end of a window by the wall; empty texts for a whole day


@dataclass(frozen=True, slots=True)
class Denial:
    """A resource's denied time: the same windows on each day from `first` to `last`, inclusive."""

    native_id: str
    resource: str
    first: date
    last: date
    windows: tuple[Clock, ...]

    @property
    def is_one(self) -> bool:
        """Whether it stands for a single stretch of time."""
        return self.first == self.last and len(self.windows) == 1


def denial(row: Timeshift) -> Denial | None:
    """The denial that a timeshift is; None for working time. Raises Unreadable."""
    reason = row.denial_reason or row.denial_reason_as_sent
    times = row.denial_times or row.denial_times_as_sent or []
    if not reason and not times:
        return None
    if reason not in REASONS:
        raise Unreadable("its denialReason is none that is known")
    first, last = _day(row.first or row.day, "from"), _day(row.last or row.day, "to")
    if last < first:
        raise Unreadable("to is before from")
    sent = row.resource_id if row.resource_id is not None else row.resource_id_as_sent
    nested = row.resource.id if row.resource else None
    return Denial(
        native_id=identity(row.id),
        resource=identity(nested if sent is None else sent, "resourceId"),
        first=first,
        last=last,
        windows=tuple(sorted({_window(one) for one in times})) or (("", ""),),
    )


def blocks(
    denials: Sequence[Denial],
    setting: Setting,
    near: Span,
    wanted: Callable[[Span], bool],
) -> Iterator[Event]:
    """The events of one timeshift, shown as one row or several: those whose spans are wanted.

    Only days that touch `near` are looked at: a denial may go on for years.
    """
    parts = tuple(dict.fromkeys(denials))
    several = not parts[0].is_one or len({(one.first, one.last, one.windows) for one in parts}) > 1
    for day, windows in sorted(_days(parts, near, setting.zone).items()):
        for number, window in enumerate(sorted(windows)):
            span, traits = _span(day, window, setting.zone)
            if not wanted(span):
                continue
            if setting.is_assumed_zone:
                traits = (*traits, Trait.NAIVE_TIME)
            name = f"{day.isoformat()}#{number}" if len(windows) > 1 else day.isoformat()
            occurrence = name if several else ""
            yield Event(
                key=Key(setting.account, Kind.BLOCK, parts[0].native_id, occurrence),
                status=Status.HELD,
                span=span,
                timezone=setting.zone,
                subjects=subjects(windows[window], setting.external),
                traits=tuple(sorted(traits)),
            )


def _days(
    parts: Iterable[Denial], near: Span, zone: str
) -> dict[date, dict[Clock, tuple[str, ...]]]:
    """The resources of each window of each day that touches `near`."""
    found: dict[date, dict[Clock, tuple[str, ...]]] = {}
    for part in parts:
        day = max(part.first, local(near.start, zone).date() - ONE_DAY)
        last = min(part.last, local(near.end, zone).date() + ONE_DAY)
        while day <= last:
            windows = found.setdefault(day, {})
            for window in part.windows:
                windows[window] = (*windows.get(window, ()), part.resource)
            day += ONE_DAY
    return found


def _span(day: date, window: Clock, zone: str) -> tuple[Span, tuple[Trait, ...]]:
    begin, end = window
    if not begin:
        return Span(midnight(day, zone), midnight(day + ONE_DAY, zone)), (Trait.ALL_DAY,)
    start, unclear_start = _instant(day, begin, zone)
    stop, unclear_end = _instant(day, end, zone)
    # Across the hour that a clock is put back, or skips, a window may lose its length.
    traits = (Trait.AMBIGUOUS_TIME,) if unclear_start or unclear_end else ()
    return Span(start, max(start, stop)), traits


def _instant(day: date, text: str, zone: str) -> tuple[int, bool]:
    if text == "24:00":
        return midnight(day + ONE_DAY, zone), False
    return wall(datetime.combine(day, time.fromisoformat(text)), zone)


def _window(row: DayWindow) -> Clock:
    begin, end = _clock(row.begin), _clock(row.end)
    if end <= begin:
        raise Unreadable("one of its denialTimes ends before it begins")
    return begin, end


def _clock(text: str | None) -> str:
    """The time of day in full, so that texts compare as times do."""
    if text == "24:00":
        return text
    try:
        clock = time.fromisoformat(text or "")
    except ValueError:
        clock = None
    if clock is None or clock.tzinfo is not None:
        raise Unreadable("one of its denialTimes is no time of day")
    return clock.isoformat()


def _day(text: str | None, member: str) -> date:
    # A date may come with a stray Z, or as its midnight: only the day is meant.
    day, rest = (text or "")[:10], (text or "")[10:]
    if rest.removesuffix("Z") in ("", "T00:00:00", "T00:00:00.000"):
        with suppress(ValueError):
            return date.fromisoformat(day)
    raise Unreadable(f"its {member} is no day")
