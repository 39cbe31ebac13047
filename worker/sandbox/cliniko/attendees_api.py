"""The endpoints of attendees: patients' places in appointments."""

from __future__ import annotations

from worker.sandbox.cliniko.bookings_api import cancellation
from worker.sandbox.cliniko.call import NO_CONTENT, Call
from worker.sandbox.cliniko.errors import BLANK, not_found, unprocessable
from worker.sandbox.cliniko.model import Attendee, Booking
from worker.sandbox.exchange import Response

EDITABLE = ("arrived", "notes", "patient_case_id")


def index(call: Call) -> Response:
    """List the places in all bookings that the key's role shows."""
    rows = [place for booking in call.bookings() for place in call.diary.places(booking)]
    return call.listing.page(call.resources["attendees"], rows)


def of_group(call: Call) -> Response:
    """List the places in one class: deprecated, yet still what its link shows."""
    places = call.diary.places(call.booking("group"))
    return call.listing.page(call.resources["attendees"], places)


def of_individual(call: Call) -> Response:
    """List the one place in an appointment."""
    places = call.diary.places(call.booking("individual"))
    return call.listing.page(call.resources["attendees"], places)


def show(call: Call) -> Response:
    """Show one place."""
    return call.listing.one(call.resources["attendees"], _place(call))


def create(call: Call) -> Response:
    """Give a patient a place in a class."""
    body = call.body()
    booking = call.diary.bookings.get(("group", str(body.get("booking_id"))))
    patient = call.diary.patients.get(str(body.get("patient_id")))
    missing = {}
    if booking is None or booking.is_gone:
        missing["booking"] = BLANK
    if patient is None or patient.is_gone:
        missing["patient"] = BLANK
    if booking is None or patient is None or missing:
        raise unprocessable(missing)
    _check_room(call, booking)
    row_id = call.diary.add_attendee(booking.id, patient.id)
    row = call.diary.attendees[row_id]
    _edit(call, row)
    return call.created("attendees", row_id, call.render.attendee(row))


def _check_room(call: Call, booking: Booking) -> None:
    taken = len(call.diary.active_places(booking))
    full = booking.max_attendees is not None and taken >= booking.max_attendees
    if full and call.diary.quirks.full_group_refuses:
        raise unprocessable({"base": "The group appointment is full"})


def update(call: Call) -> Response:
    """Change what may be changed of a place: never whose it is, or where."""
    row = _live(call)
    _edit(call, row)
    row.updated_at = call.diary.now()
    return Response.of(call.render.attendee(row))


def _edit(call: Call, row: Attendee) -> None:
    body = call.body()
    for name in EDITABLE:
        if name in body:
            setattr(row, name, body[name])


def archive(call: Call) -> Response:
    """Archive a place."""
    row = _place(call)
    if not row.is_gone:
        call.diary.archive_attendee(row.id)
    elif call.diary.quirks.archive_again_status == 404:
        raise not_found()
    return NO_CONTENT


def cancel(call: Call) -> Response:
    """Cancel a place in a class, with those in its later repeats where that is asked."""
    row = _live(call)
    if row.kind != "group":
        raise unprocessable({"base": "Only attendees of group appointments can be cancelled"})
    reason, note = cancellation(call)
    rows = [row]
    if call.body().get("apply_to_repeats"):
        booking = call.diary.bookings[row.kind, row.booking_id]
        for other in call.diary.series_from(booking):
            places = call.diary.active_places(other)
            rows += [place for place in places if place.patient_id == row.patient_id]
    for each in rows:
        call.diary.cancel_attendee(each.id, reason, note)
    return NO_CONTENT


def _live(call: Call) -> Attendee:
    row = _place(call)
    if row.is_gone:
        raise not_found()
    return row


def _place(call: Call) -> Attendee:
    row = call.diary.attendees.get(call.path_ids[0])
    if row is None:
        raise not_found()
    booking = call.diary.bookings[row.kind, row.booking_id]
    if call.key.practitioner_id not in (None, booking.practitioner_id):
        raise not_found()
    return row
