"""The one thing that Appointment.one lets others do: taking away, and only what a person approved.

Documentation: https://www.appointment.one/faq/P-api_event_details_delete. That an appointment can
be deleted is told only by its own link `self`; where that one does not say so, nothing is sent.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.appointment_one.records import record
from worker.vendors.appointment_one.settings import is_id
from worker.vendors.appointment_one.wire import Appointment, BookingPage
from worker.vendors.base import Ambiguous, NeedsPerson, Nonsense, Rejected, TryLater, Vanished
from worker.vendors.http import Outlet
from worker.vendors.rows import Row
from worker.vendors.writer import Telling

NOTHING = (
    "Appointment.one lets others make and move nothing: write the time into one of the page's "
    "free/busy calendars instead (UNGUARDED_PAGE tells of pages without a working one)."
)


class Writing:
    """Implements `Writer` and `Settling` for one account, as far as there is anything to do."""

    def __init__(self, account: str, outlet: Outlet) -> None:
        self._account = account
        self._outlet = outlet

    def refuses(self, intent: Intent) -> str:
        """Always: see `NOTHING`."""
        del intent
        return NOTHING

    def make(self) -> Written:
        """Raises Rejected, and sends nothing."""
        raise Rejected(NOTHING, "not_offered")

    def end(self, event: Event, telling: Telling) -> None:
        """Delete an appointment; the vendor tells people of it, whatever we say.

        Raises Rejected where the approval says that nobody may be told: there is no switch.
        """
        if telling is not Telling.PEOPLE:
            raise Rejected(
                "Appointment.one may tell those who booked, and cannot be asked not to: approve "
                "this with telling people, or cancel it on its own pages",
                "tells",
            )
        self._remove("appointment", event.key.native_id, Appointment)

    def remove_page(self, native_id: str) -> None:
        """Delete a booking page, for good. Only where a person approved that very deletion.

        For the engine: nothing else calls this, and no action of a plan leads here by itself.
        """
        self._remove("event", native_id, BookingPage)

    def _remove(self, kind: str, number: str, model: type[Appointment] | type[BookingPage]) -> None:
        if not is_id(number):
            raise Rejected("an id that Appointment.one cannot have given was not sent")
        try:
            found = record(self._outlet, kind, number, model)
        except Vanished:
            return
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None
        if not isinstance(found, Row):
            raise Rejected(f"the {kind} cannot be read, so it is not known whether it may go")
        if isinstance(found.value, BookingPage) and found.value.status == "deleted":
            return
        if not offers_delete(found.value, kind, number):
            raise Rejected(f"Appointment.one does not offer to delete this {kind}", "not_offered")
        self._delete(kind, number)

    def _delete(self, kind: str, number: str) -> None:
        try:
            # An own address, never one out of an answer: `event` beside it is the whole page.
            reply = self._outlet.write("DELETE", f"/{kind}/{quote(number, safe='')}")
        except Vanished:
            return
        except NeedsPerson as error:
            # The vendor answers 401, never 403, also where a key that works may only read.
            raise Rejected(str(error), "no_right") from None
        if reply.body.strip().startswith(b"<"):
            raise Ambiguous(f"{reply.where} answered with a web page instead of data")


def offers_delete(found: Appointment | BookingPage, kind: str, number: str) -> bool:
    """Whether the link `self`, to just this record, says that it can be deleted."""
    for link in found.links:
        if link.rel == "self" and "DELETE" in link.verbs:
            try:
                path = unquote(urlsplit(link.href).path)
            except ValueError:
                continue
            if path.rstrip("/").endswith(f"/api/v1/{kind}/{number}"):
                return True
    return False


def immovable(event: Event, span: Span) -> Written:
    """Raises Rejected: only those who booked an appointment can move it."""
    del event, span
    raise Rejected(
        "Appointment.one's interface moves nothing: those who booked an appointment can do so",
        "not_offered",
    )


def kept(key: Key) -> None:
    """Raises Rejected: nothing there is ever a hold or copy of ours, so nothing may be deleted."""
    del key
    raise Rejected("nothing at Appointment.one is ours to take away", "not_offered")
