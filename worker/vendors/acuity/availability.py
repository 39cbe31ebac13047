"""When an appointment could take place instead, or which other classes have room, as Acuity says.

https://developers.acuityscheduling.com/reference/get-availability-times,
https://developers.acuityscheduling.com/reference/get-availability-classes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import msgspec

from worker.domain.conflict.openings import Opening
from worker.domain.event import Event, Kind
from worker.domain.instants import instant, is_zone, local
from worker.domain.span import MINUTE, Span
from worker.vendors.acuity import wire
from worker.vendors.acuity.mapping import LONGEST_DURATION
from worker.vendors.acuity.wire import text_of
from worker.vendors.base import EventError
from worker.vendors.http import Outlet, Params
from worker.vendors.redaction import HIDDEN
from worker.vendors.rows import page

MOST_CALLS = 5  # one for each day, or for each month of classes
MOST_NAMED = 60  # openings; who asked keeps those that fit


@dataclass(frozen=True, slots=True)
class _Booked:
    """What the stored answer tells of what was booked, as parameters of a question."""

    type: str
    calendar: str
    addons: tuple[str, ...]

    def params(self) -> list[tuple[str, str]]:
        calendar = [("calendarID", self.calendar)] if self.calendar else []
        return [("appointmentTypeID", self.type), *calendar]


def openings(
    outlet: Outlet, event: Event, answer: bytes | None, search: Span, zone: str
) -> Sequence[Opening] | None:
    """The free times for an appointment, the classes with room for a class; None for a block.

    `zone` is for events that tell none. Raises VendorError: EventError where the stored answer no
    longer tells the type.
    """
    match event.key.kind:
        case Kind.SINGLE:
            ask = _times
        case Kind.GROUP:
            ask = _classes
        case _:
            return None
    where = event.timezone if is_zone(event.timezone) else zone
    found = dict.fromkeys(ask(outlet, event, _booked(answer), search, where))
    inside = [one for one in found if search.start <= one.span.start and one.span.end <= search.end]
    return sorted(inside, key=lambda one: (one.span, one.native_id))[:MOST_NAMED]


def _times(
    outlet: Outlet, event: Event, booked: _Booked, search: Span, zone: str
) -> Iterator[Opening]:
    # Without its own id, an appointment would be in its own way.
    always: Params = [
        *booked.params(),
        ("ignoreAppointmentIDs[]", event.key.native_id),
        *(("addonIDs[]", addon) for addon in booked.addons),
    ]
    for day in _days(search, zone):
        reply = outlet.get("/availability/times", [("date", day.isoformat()), *always])
        for row in page(reply, wire.Time).rows:
            start = _instant(row.value.time)
            # Only times with room are listed; a number that says otherwise is believed.
            if start is not None and (row.value.slots_left is None or row.value.slots_left > 0):
                yield Opening(Span(start, start + event.span.seconds))


def _classes(
    outlet: Outlet, event: Event, booked: _Booked, search: Span, zone: str
) -> Iterator[Opening]:
    for month in _months(search, zone):
        reply = outlet.get("/availability/classes", [("month", month), *booked.params()])
        for row in page(reply, wire.Class).rows:
            one, start = row.value, _instant(row.value.time)
            if start is None or (one.slots_left or 0) <= 0:
                continue
            if text_of(one.id) == event.key.native_id or not _is_of(one, booked):
                continue
            yield Opening(Span(start, start + _length(one, event)), text_of(one.id), one.slots_left)


def _is_of(one: wire.Class, booked: _Booked) -> bool:
    """Whether the filters were kept to: another person's class is no way out."""
    kind, calendar = text_of(one.type_id), text_of(one.calendar_id)
    return kind in ("", booked.type) and (not booked.calendar or calendar in ("", booked.calendar))


def _length(one: wire.Class, event: Event) -> int:
    minutes = one.duration
    if minutes is None or not 0 < minutes <= LONGEST_DURATION:
        return event.span.seconds
    return minutes * MINUTE


def _booked(answer: bytes | None) -> _Booked:
    """Of a class, the first of its rows speaks for all."""
    try:
        told = msgspec.json.decode(answer or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    row = told[0] if isinstance(told, list) and told else told
    fields = row if isinstance(row, dict) else {}
    if not (kind := _id(fields.get("appointmentTypeID"))):
        raise EventError("the answer that told the appointment's type is no longer kept")
    addons = fields.get("addonIDs")
    extra = [_id(each) for each in addons] if isinstance(addons, list) else []
    return _Booked(kind, _id(fields.get("calendarID")), tuple(filter(None, extra)))


def _id(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str) or value == HIDDEN:
        return ""
    return str(value)


def _instant(text: str | None) -> int | None:
    try:
        return instant(text) if text else None
    except ValueError:
        return None


def _days(search: Span, zone: str) -> Iterator[date]:
    """The first few days of `search` in the calendar's zone."""
    first, last = (local(at, zone).date() for at in (search.start, search.end - 1))
    for number in range(min(MOST_CALLS, (last - first).days + 1)):
        yield first + timedelta(days=number)


def _months(search: Span, zone: str) -> Iterator[str]:
    """The months that `search` touches: `2026-03`."""
    first, last = (local(at, zone).date() for at in (search.start, search.end - 1))
    days = range((last - first).days + 1)
    months = dict.fromkeys(f"{first + timedelta(days=number):%Y-%m}" for number in days)
    yield from list(months)[:MOST_CALLS]
