"""The endpoints of the three kinds of bookings, and of their union."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.sandbox.cliniko.call import NO_CONTENT, Call
from worker.sandbox.cliniko.drafts import Draft
from worker.sandbox.cliniko.errors import BLANK, not_found, unprocessable
from worker.sandbox.cliniko.model import COLLECTIONS, Booking, Kind
from worker.sandbox.exchange import Response

Endpoint = Callable[[Call], Response]
CANCELLATION_REASONS = frozenset({10, 20, 30, 31, 40, 50, 60})


@dataclass(frozen=True, slots=True)
class BookingsApi:
    """The endpoints of one kind; a booking that overlaps another is accepted by design."""

    kind: Kind

    @property
    def collection(self) -> str:
        """The name of the list, and of its path."""
        return COLLECTIONS[self.kind]

    def index(self, call: Call) -> Response:
        """List the bookings of this kind."""
        return call.listing.page(call.resources[self.collection], call.bookings(self.kind))

    def show(self, call: Call) -> Response:
        """Show one."""
        return call.listing.one(call.resources[self.collection], call.booking(self.kind))

    def create(self, call: Call) -> Response:
        """Enter one, with its repeats; nothing recognises a request that is sent again."""
        row = Draft(call.diary, self.kind, call.body()).create()
        call.diary.enter(row)
        return call.created(self.collection, row.id, call.render.booking(row))

    def update(self, call: Call) -> Response:
        """Change the given columns of one row, and of no other of its series."""
        row = self._changeable(call)
        Draft(call.diary, self.kind, call.body()).update(row)
        return Response.of(call.render.booking(row))

    def archive(self, call: Call) -> Response:
        """Archive one row."""
        row = call.booking(self.kind)
        if not row.is_gone:
            call.diary.archive(self.kind, row.id)
        elif call.diary.quirks.archive_again_status == 404:
            raise not_found()
        return NO_CONTENT

    def conflicts(self, call: Call) -> Response:
        """Tell whether anything overlaps, and not what."""
        row = self._changeable(call)
        return Response.of({"conflicts": {"exist": call.diary.conflicting(row)}})

    def _changeable(self, call: Call) -> Booking:
        row = call.booking(self.kind)
        if row.is_gone:
            raise not_found()
        return row


def cancel_individual(call: Call) -> Response:
    """Cancel an appointment, with the later ones of its series where that is asked."""
    row = call.booking("individual")
    if row.is_gone:
        raise not_found()
    reason, note = cancellation(call)
    rows = [row]
    if call.body().get("apply_to_repeats"):
        rows += call.diary.series_from(row)
    for each in rows:
        call.diary.cancel_appointment(each.id, reason, note)
    return NO_CONTENT


def cancellation(call: Call) -> tuple[int, str | None]:
    """Read why something is cancelled; the reason is required."""
    body = call.body()
    reason = body.get("cancellation_reason")
    if reason is None:
        raise unprocessable({"cancellation_reason": BLANK})
    if reason not in CANCELLATION_REASONS:
        raise unprocessable({"cancellation_reason": "is not included in the list"})
    return int(reason), body.get("cancellation_note")


def list_all(call: Call) -> Response:
    """List the bookings of all kinds."""
    return call.listing.page(call.resources["bookings"], call.bookings())


def show_any(call: Call) -> Response:
    """Show the booking of whichever kind has the id."""
    rows = [row for row in call.bookings() if row.id == call.path_ids[0]]
    if not rows:
        raise not_found()
    return call.listing.one(call.resources["bookings"], rows[0])
