"""What Acuity's rows mean: wire in, events out. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain import marker
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.instants import instant, is_zone, local_instant
from worker.domain.span import MINUTE, Span
from worker.vendors.acuity import wire
from worker.vendors.acuity.wire import text_of
from worker.vendors.text import line

LONGEST_DURATION = 366 * 24 * 60  # minutes: beyond a year it is no appointment's length
_MARKED = re.compile(r"\[calsync[ :][0-9a-f]*\]", re.IGNORECASE)
_NO_TYPE = wire.AppointmentType(id="")
_NO_NUMBERS = {"NaN", "Infinity", "-Infinity"}  # JSON knows none of them, some writers do
_NOTHING_REPEATS = {b"null", b"false", b"0", b'""', b'"0"', b"[]", b"{}"}


class Unreadable(ValueError):
    """A row that makes no sense; the message names members and never quotes them."""


@dataclass(frozen=True, slots=True)
class Context:
    """What rows refer to: the account, its zone, its types, and the zones of its calendars.

    `zones` matter only to rows that tell no zone of their own.
    """

    account: str
    zone: str
    types: Mapping[str, wire.AppointmentType] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)

    def type_of(self, row: wire.Appointment) -> wire.AppointmentType:
        """The row's type; one that says nothing where it is not known."""
        return self.types.get(text_of(row.type_id), _NO_TYPE)


@dataclass(frozen=True, slots=True)
class _When:
    start: int
    end: int
    zone: str
    traits: tuple[Trait, ...] = ()

    def span(self) -> Span:
        if self.end < self.start:
            raise Unreadable("end lies before start")
        return Span(self.start, self.end)


def class_of(row: wire.Appointment) -> str:
    """The class that the row is a place in, or nothing."""
    text = text_of(row.class_id)
    return "" if text == "0" else text


def native_id(value: wire.Id) -> str:
    """An id as text. Raises Unreadable for what no id can be."""
    try:
        text = str(value)
    except ValueError:  # Python writes out at most 4,300 digits
        raise Unreadable("id is too long") from None
    if not text or len(text) > 300 or not text.isprintable() or text in _NO_NUMBERS:
        raise Unreadable("id is empty, too long, no number or holds control characters")
    return text


def single(row: wire.Appointment, context: Context) -> Event:
    """A booking of one client. Raises Unreadable."""
    when = _when(row, context)
    kind = context.type_of(row)
    traits = (*when.traits, Trait.NO_SHOW) if row.no_show else when.traits
    # Copies of ours carry their title, with the mark, where others have the client's name.
    is_copy = bool(marker.find(row.last_name))
    return Event(
        key=Key(context.account, Kind.SINGLE, native_id(row.id)),
        status=Status.CANCELLED if row.canceled else Status.BOOKED,
        span=when.span(),
        timezone=when.zone,
        title=line(unmarked(row.last_name)) if is_copy else line(row.title),
        location="" if is_copy else line(row.location),
        subjects=_subjects(row.calendar_id),
        attendees=0 if row.canceled else 1,
        people=() if row.canceled else _people([row]),
        pad_before=max(0, kind.padding_before or 0),
        pad_after=max(0, kind.padding_after or 0),
        traits=tuple(sorted(traits)),
        mark=marker.find(row.notes) or marker.find(row.last_name),
    )


def group(class_id: str, rows: Sequence[wire.Appointment], context: Context) -> Event:
    """A class, seen through the rows of those who booked a place. Raises Unreadable.

    Cancelled rows stay listed and are no attendees. Where rows disagree on the time, that of most
    active rows counts: one client's add-ons may lengthen that client's row.
    """
    active = [row for row in rows if not row.canceled]
    row, when = _leading(active or rows, context)
    kind = context.type_of(row)
    size = kind.class_size
    marks = {marker.find(each.notes) for each in rows}
    return Event(
        key=Key(context.account, Kind.GROUP, native_id(class_id)),
        status=Status.BOOKED if active else Status.OFFERED,
        span=when.span(),
        timezone=when.zone,
        title=line(row.title),
        location=line(row.location),
        subjects=_subjects(row.calendar_id),
        capacity=size if size and size > 0 else None,
        attendees=len(active),
        people=_people(active),
        pad_before=max(0, kind.padding_before or 0),
        pad_after=max(0, kind.padding_after or 0),
        traits=tuple(sorted(when.traits)),
        mark=marks.pop() if len(marks) == 1 else "",
    )


def block(row: wire.Block, context: Context) -> Event:
    """Time taken without a customer. Raises Unreadable."""
    start, zone, traits = _instant("start", row.start, row.zone, row.calendar_id, context)
    end, _, _ = _instant("end", row.end, row.zone, row.calendar_id, context)
    mark = marker.find(row.notes)
    if repeats(row):
        traits = (*traits, Trait.SERIES)
    return Event(
        key=Key(context.account, Kind.BLOCK, native_id(row.id)),
        status=Status.HELD,
        span=_When(start, end, zone).span(),
        timezone=zone,
        title="" if mark else line(row.notes),
        subjects=_subjects(row.calendar_id),
        traits=tuple(sorted(traits)),
        mark=mark,
    )


def repeats(row: wire.Block) -> bool:
    """Whether the row says in any way that it stands for more than one stretch of time."""
    return bytes(row.recurring).strip() not in _NOTHING_REPEATS


def unmarked(text: str | None) -> str:
    """A text without anything that looks like a mark of ours."""
    return _MARKED.sub("", text or "").strip()


def _leading(rows: Sequence[wire.Appointment], context: Context) -> tuple[wire.Appointment, _When]:
    """The time that most of the rows give, and the first row that gives it."""
    times: dict[int, _When] = {}
    trouble: Unreadable | None = None
    for index, row in enumerate(rows):
        try:
            times[index] = _when(row, context)
        except Unreadable as error:
            trouble = error
    if not times:
        raise trouble or Unreadable("the class has no rows")
    votes = Counter((when.start, when.end) for when in times.values())
    most = max(votes.values())
    start, end = min(span for span, count in votes.items() if count == most)
    first = next(i for i, when in times.items() if (when.start, when.end) == (start, end))
    return rows[first], times[first]


def _when(row: wire.Appointment, context: Context) -> _When:
    """The row's time. The end is computed: `endTime` is a text for people, without date or zone."""
    start, zone, traits = _instant("datetime", row.datetime, row.zone, row.calendar_id, context)
    minutes = row.duration if row.duration is not None else context.type_of(row).duration
    if minutes is None:
        raise Unreadable("duration is missing, and the appointment type tells none")
    if not 0 <= minutes <= LONGEST_DURATION:
        raise Unreadable("duration is negative or longer than a year")
    return _When(start, start + minutes * MINUTE, zone, traits)


def _instant(
    name: str, text: str, zone: str | None, calendar: wire.Id | None, context: Context
) -> tuple[int, str, tuple[Trait, ...]]:
    """A written time as an instant, the zone to show beside it, and what is odd about it.

    A wall time is read in its calendar's zone, which may differ from the account's and from the
    client's (`timezone`, which is never used).
    """
    known = (zone if is_zone(zone) else "") if zone else context.zones.get(text_of(calendar), "")
    if len(text) <= len("2026-06-30"):
        raise Unreadable(f"{name} is no date with a time")
    try:
        if text[-1] in "zZ" or "+" in text[10:] or "-" in text[10:]:
            return instant(text), known, ()
        # An unknown zone's name is tried as it is, and refused: another zone would be a guess.
        seconds, ambiguous = local_instant(text, known or zone or context.zone)
    except ValueError:
        raise Unreadable(f"{name} cannot be read as a time, or its zone is not known") from None
    traits = (Trait.AMBIGUOUS_TIME,) if ambiguous else ()
    return seconds, known, traits if known else (*traits, Trait.NAIVE_TIME)


def _subjects(calendar: wire.Id | None) -> tuple[str, ...]:
    text = text_of(calendar)
    return (f"calendar:{text}",) if text else ()


def _people(rows: Sequence[wire.Appointment]) -> tuple[str, ...]:
    # Acuity numbers no clients: who leaves no e-mail address cannot be told apart.
    addresses = {(row.email or "").strip().lower() for row in rows}
    return tuple(sorted(f"email:{address}" for address in addresses if address))
