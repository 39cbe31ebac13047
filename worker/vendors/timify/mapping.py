"""From a TIMIFY record to events: one record stands for as many as it has stretches of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.instants import instant
from worker.domain.marker import find
from worker.domain.span import MINUTE, Span
from worker.vendors.text import line
from worker.vendors.timify.wire import Appointment, Booking, Customer, Id

LONGEST_ID = 300
_EXTERNAL = re.compile(r"calsync-([0-9a-f]{24})", re.IGNORECASE)


class Unreadable(Exception):
    """A record that makes no sense; the message names members, never what they hold."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a record is read against.

    `external` tells a resource's external id, or an empty text. `now` is in epoch seconds.
    `is_assumed_zone` says that the company's zone is not known, so that wall times are a guess.
    """

    account: str
    zone: str
    now: float
    external: Callable[[str], str]
    is_assumed_zone: bool = False


@dataclass(slots=True)
class Stretch:
    """One stretch of time of a record, without its paddings (minutes), for all its resources."""

    span: Span
    day: str
    booking: str
    is_part: bool  # of a split appointment: there are others, shown here or not
    before: int = 0
    after: int = 0
    resources: set[str] = field(default_factory=set)


def identity(value: Id | None, member: str = "id") -> str:
    """An id exactly as it was given, as text. Raises Unreadable where it can be none."""
    text = "" if value is None else str(value)
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable():
        raise Unreadable(f"its {member} is no usable id")
    return text


def external_mark(link: str) -> str:
    """The external id of a hold or copy of ours: it lasts where notes are edited."""
    return f"calsync-{link}"


def marked(record: Appointment) -> str:
    """The link id that the record carries in its notes, title or external id; else empty."""
    external = _text(record.external_id)
    named = _EXTERNAL.fullmatch(external)
    return (
        find(record.notes)
        or find(record.title)
        or find(external)
        or (named.group(1).lower() if named else "")
    )


def attended(record: Appointment) -> bool:
    """Whether somebody has a place in it."""
    people = record.customers or record.single_customers
    return bool(people) or bool(record.is_course and _participants(record))


def stretches(record: Appointment) -> list[Stretch]:
    """The record's stretches in time order; bookings of several resources at one time are one.

    Raises Unreadable where any of them cannot be told: half a record would name its parts anew.
    """
    if not record.bookings:
        span = _from_duration(record.start_date, record.duration, "startDate")
        before, after = _pad(record.duration_before), _pad(record.duration_after)
        return [Stretch(span, "", "", False, before, after)]
    found: dict[tuple[Span, str], Stretch] = {}
    for booking in record.bookings:
        one = _stretch(record, booking)
        known = found.setdefault((one.span, one.day), one)
        if known is not one:
            _unite(known, one)
    return sorted(found.values(), key=lambda one: (one.span, one.day, one.booking))


def may_have_others(record: Appointment, pieces: list[Stretch]) -> bool:
    """Whether the record may stand for more than the one stretch that a list shows of it.

    Nothing public says whether a listed series carries all its bookings or those asked for.
    """
    rule = record.recurring
    return (
        len(pieces) == 1
        and pieces[0].day != ""
        and rule is not None
        and rule.repeat_times != 1
        and bool(rule.frequency or rule.repeat_times)
    )


def events(
    record: Appointment,
    pieces: list[Stretch],
    setting: Setting,
    wanted: Callable[[Span], bool],
    alone: bool,
) -> Iterator[Event]:
    """The events of those stretches whose spans are wanted.

    `alone` says that a single stretch is all that the record has.
    """
    native_id = identity(record.id)
    kind = Kind.GROUP if record.is_course else Kind.SINGLE
    mark = marked(record)
    status = _status(record, setting.now, mark)
    series = _series(record)
    people = _people(record, setting.account)
    if mark and not series:
        pieces = _joined(pieces)
    unnamed = _resources_without_bookings(record)
    for occurrence, piece in _named(pieces, alone).items():
        if wanted(piece.span):
            yield Event(
                key=Key(setting.account, kind, native_id, occurrence),
                status=status,
                span=piece.span,
                timezone=setting.zone,
                title=line(record.title),
                subjects=_subjects(record, piece.resources | unnamed, setting),
                capacity=_capacity(record),
                attendees=_attendees(record, status),
                people=people,
                pad_before=piece.before,
                pad_after=piece.after,
                series=series,
                traits=(Trait.SERIES,) if series else (),
                mark=mark,
            )


def _named(pieces: list[Stretch], alone: bool) -> dict[str, Stretch]:
    """The stretches by their names: their day where it has no other, else their booking's id."""
    if alone and len(pieces) == 1 and not pieces[0].is_part:
        return {"": pieces[0]}
    days = Counter(piece.day for piece in pieces)
    named = {
        piece.day if piece.day and days[piece.day] == 1 else piece.booking: piece
        for piece in pieces
    }
    if "" in named or len(named) < len(pieces):
        raise Unreadable("its bookings cannot be told apart by day or id")
    return named


def _joined(pieces: list[Stretch]) -> list[Stretch]:
    """One stretch where all adjoin: combined services of ours are one event, as their origin is."""
    first, last = pieces[0], pieces[-1]
    gaps = any(one.span.end != two.span.start for one, two in pairwise(pieces))
    if gaps or len(pieces) == 1:
        return pieces
    whole = Stretch(Span(first.span.start, last.span.end), "", "", False, first.before, last.after)
    whole.resources = set().union(*(one.resources for one in pieces))
    return [whole]


def _status(record: Appointment, now: float, mark: str) -> Status:
    if record.is_course and _participants(record) == 0:
        return Status.OFFERED
    if record.reserved_until is None:
        # What we made without a customer keeps time, and nobody booked it.
        return Status.HELD if mark and not attended(record) else Status.BOOKED
    if _instant(record.reserved_until, "reservedUntil") > now:
        return Status.HELD
    # A reservation that ran out is over. If somebody is on it, it became a booking, and the
    # vendor merely left the old date behind.
    taken = _participants(record) if record.is_course else len(record.customers or ())
    return Status.BOOKED if taken else Status.CANCELLED


def _participants(record: Appointment) -> int:
    if record.participants is None:
        return len(record.customers or ())
    return max(record.participants, 0)


def _capacity(record: Appointment) -> int | None:
    # A course has room for one at least: 0 is what an unset number looks like.
    room = record.max_participants or 0
    return room if record.is_course and room > 0 else None


def _attendees(record: Appointment, status: Status) -> int:
    if record.is_course:
        return _participants(record)
    return max(len(record.customers or ()), 1 if status is Status.BOOKED else 0)


def _people(record: Appointment, account: str) -> tuple[str, ...]:
    if not record.customers and not record.single_customers:
        return ()
    rows = [*(record.customers or ()), *(record.single_customers or ())]
    return tuple(sorted({ref for row in rows if (ref := _person(row, account))}))


def _person(row: Customer | int | str | None, account: str) -> str:
    match row:
        case Customer(email=str(address)) if "@" in address:
            return f"email:{address.strip().lower()}"
        case Customer(id=number) if number is not None:
            return f"{account}/customer:{number}"
        case int() | str():
            return f"{account}/customer:{row}"
        case _:
            return ""


def _series(record: Appointment) -> str:
    rule = record.recurring
    if rule is not None and (rule.frequency or rule.repeat_times):
        return f"recurring:{record.id}"
    return f"chain:{record.chain_id}" if record.chain_id else ""


def _resources_without_bookings(record: Appointment) -> set[str]:
    """Who is busy by the record's own word, but has no booking of its own: busy in all of them."""
    named = {_text(booking.resource_id) for booking in record.bookings or ()}
    return {_text(one.id) for one in record.resources or () if one.id is not None} - named


def _subjects(record: Appointment, resources: Iterable[str], setting: Setting) -> tuple[str, ...]:
    shown = {_text(one.id): _text(one.external_id) for one in record.resources or ()}
    return subjects(resources, lambda id_: shown.get(id_) or setting.external(id_))


def subjects(resources: Iterable[str], external: Callable[[str], str]) -> tuple[str, ...]:
    """How bindings may name these resources, sorted."""
    found = set()
    for id_ in resources:
        found.add(f"resource:{id_}")
        if name := external(id_):
            found.add(f"external:{name}")
    return tuple(sorted(found))


def _stretch(record: Appointment, booking: Booking) -> Stretch:
    before, after = _pads(record, booking)
    return Stretch(
        span=_span(record, booking, before, after),
        day=_day(booking.recurring_day),
        booking="" if booking.id is None else identity(booking.id, "bookings[].id"),
        is_part=booking.is_first_batch is False or booking.is_last_batch is False,
        before=before,
        after=after,
        resources=set() if booking.resource_id is None else {str(booking.resource_id)},
    )


def _unite(one: Stretch, other: Stretch) -> None:
    # The least id speaks for all, so that the order of the rows does not matter.
    one.booking = min(filter(None, (one.booking, other.booking)), default="")
    one.before = max(one.before, other.before)
    one.after = max(one.after, other.after)
    one.is_part = one.is_part or other.is_part
    one.resources |= other.resources


def _pads(record: Appointment, booking: Booking) -> tuple[int, int]:
    """The booking's own paddings, else the record's at its outer ends."""
    before, after = booking.duration_before, booking.duration_after
    if before is None:
        before = 0 if booking.is_first_batch is False else record.duration_before
    if after is None:
        after = 0 if booking.is_last_batch is False else record.duration_after
    return _pad(before), _pad(after)


def _pad(minutes: int | None) -> int:
    if minutes is not None and not 0 <= minutes <= 100_000:
        raise Unreadable("a padding is no sensible number of minutes")
    return minutes or 0


def _span(record: Appointment, booking: Booking, before: int, after: int) -> Span:
    interval = booking.interval
    if interval is None or interval.begin is None or interval.end is None:
        start = booking.start_date or (interval.begin if interval else None)
        length = record.duration if booking.duration is None else booking.duration
        return _from_duration(start, length, "bookings[].startDate")
    begin = _instant(interval.begin, "bookings[].interval.begin")
    end = _instant(interval.end, "bookings[].interval.end")
    pads = (before + after) * MINUTE
    if pads and end - begin == _core(record, booking, before + after) * MINUTE + pads:
        begin, end = begin + before * MINUTE, end - after * MINUTE
    return _ordered(begin, end, "bookings[].interval")


def _core(record: Appointment, booking: Booking, pads: int) -> int:
    """The minutes of a booking without paddings, to tell whether its interval includes them."""
    if booking.duration is not None:
        return booking.duration
    if booking.duration_total is not None:
        return booking.duration_total - pads
    return record.duration or 0


def _from_duration(start: str | None, minutes: int | None, member: str) -> Span:
    if minutes is None or not -1 < minutes <= 1_000_000:
        raise Unreadable("its duration is no sensible number of minutes")
    begin = _instant(start, member)
    return Span(begin, begin + minutes * MINUTE)


def _ordered(begin: int, end: int, member: str) -> Span:
    if end < begin:
        raise Unreadable(f"{member} ends before it begins")
    return Span(begin, end)


def _instant(text: str | None, member: str) -> int:
    try:
        return instant(text or "")
    except ValueError:
        raise Unreadable(f"{member} is no time with an offset") from None


def _day(text: str | None) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise Unreadable("bookings[].recurringDay is no day") from None


def _text(value: Id | None) -> str:
    return "" if value is None else str(value)
