"""How the rows of an answer become a batch: events, rows set aside, and gaps."""

from __future__ import annotations

from worker.domain.event import Event, Kind, Status
from worker.domain.listing import Batch, Quarantined, Sighting
from worker.domain.span import Span
from worker.vendors.acuity import mapping, wire
from worker.vendors.acuity.classes import Classes
from worker.vendors.acuity.mapping import Context, Unreadable
from worker.vendors.acuity.settings import API_ROOT
from worker.vendors.acuity.whole import Part
from worker.vendors.rows import BadRow

_REPEATS = (
    f"GET {API_ROOT}/blocks gave a repeating block outside of the days asked for: "
    "its other times are not known"
)


def appointments(
    part: Part[wire.Appointment], classes: Classes, context: Context, window: Span
) -> Batch:
    """Single bookings as events; rows with a class are added to `classes`."""
    sightings: list[Sighting] = []
    aside = [_bad_appointment(bad) for bad in part.bad]
    for row in part.rows:
        class_id = mapping.class_of(row.value)
        try:
            if class_id:
                mapping.native_id(row.value.id)
                mapping.native_id(class_id)
                classes.add(row)
                continue
            event = mapping.single(row.value, context)
        except Unreadable as error:
            kind = Kind.GROUP if class_id else Kind.SINGLE
            aside.append(_aside(kind, class_id or row.value.id, str(error), row.answer))
        else:
            if _belongs(event, window):
                sightings.append(Sighting(event, row.answer))
    return _batch("appointments", part.gaps, sightings, aside)


def blocks(part: Part[wire.Block], context: Context, window: Span, asked: Span) -> Batch:
    """Blocks as events. `asked` is the time asked for, with what zones may add to it."""
    sightings: list[Sighting] = []
    aside = [_aside(Kind.BLOCK, bad.text("id"), bad.reason, bad.answer) for bad in part.bad]
    gaps = part.gaps
    for row in part.rows:
        try:
            event = mapping.block(row.value, context)
        except Unreadable as error:
            aside.append(_aside(Kind.BLOCK, row.value.id, str(error), row.answer))
            continue
        if _belongs(event, window):
            sightings.append(Sighting(event, row.answer))
        if mapping.repeats(row.value) and not asked.shows(event.span):
            gaps = (*gaps, _REPEATS)
    return _batch("blocks", gaps, sightings, aside)


def _belongs(event: Event, window: Span) -> bool:
    # A cancelled appointment is told wherever it is: it may have been moved before.
    return event.status is Status.CANCELLED or window.shows(event.span)


def _bad_appointment(bad: BadRow) -> Quarantined:
    class_id = bad.text("classID")
    if class_id and class_id != "0":
        return _aside(Kind.GROUP, class_id, bad.reason, bad.answer)
    return _aside(Kind.SINGLE, bad.text("id"), bad.reason, bad.answer)


def _aside(kind: Kind, native_id: wire.Id, reason: str, answer: bytes) -> Quarantined:
    try:
        known = mapping.native_id(native_id)
    except Unreadable:
        known = ""
    return Quarantined(kind, known, reason, answer)


def _batch(
    path: str, gaps: tuple[str, ...], sightings: list[Sighting], aside: list[Quarantined]
) -> Batch:
    if any(not row.native_id for row in aside):
        gaps = (*gaps, f"GET {API_ROOT}/{path} gave a row whose id cannot be read")
    return Batch(tuple(sightings), tuple(aside), gaps=tuple(dict.fromkeys(gaps)))
