"""How Cliniko's bookings read as events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from worker.domain import marker
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.instants import instant, is_zone
from worker.domain.listing import Quarantined, Sighting
from worker.domain.span import Span
from worker.vendors.cliniko.wire import (
    Attendee,
    Booking,
    Business,
    Kept,
    KeptAttendee,
    linked,
    path_of,
    text_of,
)
from worker.vendors.redaction import redacted
from worker.vendors.rows import BadRow, Row
from worker.vendors.text import line


@dataclass(frozen=True, slots=True)
class Place:
    """A business: its name, and its IANA zone (empty where unset or unknown)."""

    name: str = ""
    zone: str = ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called: appointment types, businesses and block types by id."""

    types: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    block_types: Mapping[str, str] = field(default_factory=dict)


Roster = Sequence[Row[Attendee]]


def place(business: Business) -> Place:
    """A business as the location of what happens there."""
    name = business.business_name or business.display_name or business.name
    zone = business.time_zone_identifier or ""
    return Place(line(name), zone if is_zone(zone) else "")


def kind_of(row: Booking) -> Kind:
    """What a row of the `bookings` union is: it carries no type tag.

    The path of its conflicts link tells (but the link may be null), else the members that only
    one kind has.
    """
    path = path_of(row.conflicts)
    for part, kind in _PATHS:
        if part in path:
            return kind
    if row.max_attendees is not None:
        return Kind.GROUP
    return Kind.SINGLE if row.patient or row.appointment_type else Kind.BLOCK


_PATHS = (
    ("/individual_appointments/", Kind.SINGLE),
    ("/unavailable_blocks/", Kind.BLOCK),
    ("/group_appointments/", Kind.GROUP),
)


def sighting(
    account: str, kind: Kind, row: Row[Booking], names: Names, roster: Roster | None = None
) -> Sighting:
    """The event that a row shows, with the attendees' rows of a group where they could be read.

    Raises ValueError, naming fields only, for a row that makes no sense.
    """
    booking = row.value
    span = _span(booking)
    where = names.places.get(linked(booking.business), NOWHERE)
    people, count = _people(account, kind, booking, roster)
    if booking.max_attendees is not None and booking.max_attendees < 0:
        raise ValueError("max_attendees is negative")
    event = Event(
        key=Key(account, kind, text_of(booking.id)),
        status=_status(kind, booking, count),
        span=span,
        timezone=where.zone,
        title=_title(kind, booking, names),
        location=where.name,
        subjects=_subjects(booking),
        capacity=booking.max_attendees if kind is Kind.GROUP else None,
        attendees=count,
        people=people,
        series=linked(booking.repeated_from) or linked(booking.repeats),
        traits=(Trait.NO_SHOW,) if booking.did_not_arrive else (),
        mark=marker.find(booking.notes),
    )
    return Sighting(event, _answer(row, roster or ()))


def _span(booking: Booking) -> Span:
    start, end = _instant("starts_at", booking.starts_at), _instant("ends_at", booking.ends_at)
    if end < start:
        raise ValueError("ends_at lies before starts_at")
    return Span(start, end)


def _instant(name: str, text: str | None) -> int:
    if not text:
        raise ValueError(f"{name} is missing")
    try:
        return instant(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{name} is no date-time in UTC that can be read") from None


def _status(kind: Kind, booking: Booking, attendees: int) -> Status:
    if booking.hidden:
        return Status.CANCELLED
    match kind:
        case Kind.BLOCK:
            return Status.HELD
        case Kind.GROUP if not attendees:
            return Status.OFFERED
        case _:
            return Status.BOOKED


def _title(kind: Kind, booking: Booking, names: Names) -> str:
    # Rows have no name of their own, and the patient's name is nobody's business here.
    if kind is Kind.BLOCK:
        return names.block_types.get(linked(booking.unavailable_block_type), "")
    return names.types.get(linked(booking.appointment_type), "")


def _subjects(booking: Booking) -> tuple[str, ...]:
    business, practitioner = linked(booking.business), linked(booking.practitioner)
    if business and practitioner:
        return (f"business:{business}", f"practitioner:{practitioner}")
    if practitioner:
        return (f"practitioner:{practitioner}",)
    return (f"business:{business}",) if business else ()


def _people(
    account: str, kind: Kind, booking: Booking, roster: Roster | None
) -> tuple[tuple[str, ...], int]:
    """References to those who are expected, and how many places they take."""
    match kind:
        case Kind.BLOCK:
            return (), 0
        case Kind.SINGLE:
            if booking.hidden:
                return (), 0
            patient = linked(booking.patient)
            return ((f"{account}/patient:{patient}",) if patient else ()), 1
        case _ if roster is None:
            # The attendees may not be read; this list is the vendor's own statement, too.
            listed = [text_of(patient) for patient in booking.patient_ids or ()]
            return tuple(sorted({f"{account}/patient:{patient}" for patient in listed})), len(
                listed
            )
        case _:
            present = [row.value for row in roster if not row.value.hidden]
            known = {linked(attendee.patient) for attendee in present} - {""}
            return tuple(sorted(f"{account}/patient:{patient}" for patient in known)), len(present)


def quarantined(row: BadRow, kind: Kind | None) -> Quarantined:
    """A row whose JSON does not read as a booking."""
    return Quarantined(kind, row.text("id"), row.reason, row.answer)


def senseless(row: Row[Booking], kind: Kind, reason: str) -> Quarantined:
    """A row that reads as a booking, but as none that could be."""
    try:
        native_id = text_of(row.value.id)
    except ValueError:
        native_id = ""
    return Quarantined(kind, native_id, reason, row.answer)


def _answer(row: Row[Booking], roster: Roster) -> bytes:
    if not roster:
        return row.answer
    return b"[" + b",".join((row.answer, *(attendee.answer for attendee in roster))) + b"]"


_booking = msgspec.json.Decoder(Kept, strict=False)
_attendee = msgspec.json.Decoder(KeptAttendee, strict=False)
_pieces = msgspec.json.Decoder(list[msgspec.Raw])
_encoder = msgspec.json.Encoder()

# For rows that do not read as bookings. Links may lead to patients, so `self` is not among them.
_KEEP = frozenset(
    {
        *("id", "starts_at", "ends_at", "created_at", "updated_at", "max_attendees"),
        *("archived_at", "deleted_at", "cancelled_at"),
        *("number_of_repeats", "repeat_type", "repeating_interval"),
    }
)


def redact(answer: bytes) -> bytes:
    """The answer with only the members of `Kept` and `KeptAttendee`: without people and secrets."""
    try:
        if not answer.startswith(b"["):
            return _encoder.encode(_booking.decode(answer))
        first, *rest = _pieces.decode(answer)
        return _encoder.encode(
            [_booking.decode(first), *(_attendee.decode(piece) for piece in rest)]
        )
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
        return redacted(answer, _KEEP)
