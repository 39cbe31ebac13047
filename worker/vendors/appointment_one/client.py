"""An Appointment.one account: few calls, no paging, and no list of appointments to rely on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.domain.event import Event, Key, Kind
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor, Presence, Sighting
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.appointment_one.access import access
from worker.vendors.appointment_one.reading import Reading
from worker.vendors.appointment_one.records import listed
from worker.vendors.appointment_one.refusals import explain
from worker.vendors.appointment_one.settings import ORIGIN, AppointmentOneSettings, is_id
from worker.vendors.appointment_one.writing import Writing, immovable, kept
from worker.vendors.base import Access, Capabilities, Rejected, Seams, Vanished, Walk
from worker.vendors.http import Outlet
from worker.vendors.redaction import redacted
from worker.vendors.writer import Telling

_KEPT = frozenset({
    "id", "time_start", "duration_mins", "is_cancelled", "date_added", "status", "visibility",
    "duration", "free_busy_calendars", "rel", "verbs",
})  # fmt: skip


class AppointmentOne:
    """One API key. Every listing is a full one: no record says when it was changed.

    Nothing can be made or moved; appointments can be deleted where the key may write.
    """

    capabilities = Capabilities(read=True, remove=True)

    def __init__(self, account: str, settings: AppointmentOneSettings, seams: Seams) -> None:
        self.account = account
        self.zone = settings.timezone or seams.zone
        self._pages = tuple(dict.fromkeys(settings.events))
        self._appointments = tuple(dict.fromkeys(settings.appointments))
        self._lists_appointments = settings.list_appointments
        key = settings.api_key.get_secret_value()
        self._outlet = Outlet(
            seams,
            base_url=settings.base_url or ORIGIN,
            root="/api/v1",
            authorise=lambda: {"Authorization": key},  # no scheme word: `Bearer` is refused
            explain=explain,
        )
        self._writing = Writing(account, self._outlet)

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        """Read pages, calendars and known appointments; `since` has no use here."""
        del since
        return Walk(Coverage.FULL, self._walk(window))

    def _walk(self, window: Span) -> Iterator[Batch]:
        reading = Reading(self.account, self._outlet)
        yield reading.templates(self._pages)
        gaps: list[str] = []
        numbers = (*self._appointments, *self._discovered(gaps))
        yield Batch(gaps=tuple(gaps))
        yield from reading.appointments(numbers, window)

    def _discovered(self, gaps: list[str]) -> tuple[str, ...]:
        if not self._lists_appointments:
            return ()
        try:
            return listed(self._outlet, "appointment", gaps)
        except (Vanished, Rejected):
            return ()

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:
        """Ask for one appointment: 404 is the vendor's word that there is none any more."""
        del last, within
        if key.kind is not Kind.SINGLE or key.occurrence or not is_id(key.native_id):
            return Confirmation(key, Presence.UNKNOWN)
        try:
            found = Reading(self.account, self._outlet).appointment(key.native_id)
        except Rejected:
            return Confirmation(key, Presence.UNKNOWN)
        if found is None:
            return Confirmation(key, Presence.GONE)
        sighting = found if isinstance(found, Sighting) else None
        return Confirmation(key, Presence.PRESENT, sighting)

    def refuses(self, intent: Intent) -> str:
        """Nothing can be made here; the sentence names the way that remains."""
        return self._writing.refuses(intent)

    def shape(self, intent: Intent) -> Intent:
        """As it is: there is nothing that the vendor would keep of it."""
        return intent

    def create(self, intent: Intent) -> Written:  # noqa: ARG002 - whatever it is
        """Raises Rejected."""
        return self._writing.make()

    def update(self, key: Key, intent: Intent) -> Written:  # noqa: ARG002 - whatever it is
        """Raises Rejected."""
        return self._writing.make()

    def delete(self, key: Key, reason: str) -> None:  # noqa: ARG002 - whatever it is
        """Raises Rejected: nothing here is ours."""
        kept(key)

    def probe(self, intent: Intent) -> Written | None:  # noqa: ARG002 - whatever it is
        """None: what was never sent is certainly not there."""
        return None

    def move(self, event: Event, span: Span, telling: Telling) -> Written:  # noqa: ARG002
        """Raises Rejected."""
        return immovable(event, span)

    def end(self, event: Event, reason: str, telling: Telling) -> None:  # noqa: ARG002 - no place
        """Delete an appointment, where its link `self` offers that and people may be told."""
        self._writing.end(event, telling)

    def remove_page(self, native_id: str) -> None:
        """Delete a booking page: only where a person approved that very deletion.

        Gone already is fine. Errors as in `Writer`: Rejected also where the key may only read.
        """
        self._writing.remove_page(native_id)

    def redact(self, answer: bytes) -> bytes:
        """Times, states and ids; not the subject, which often names the customer."""
        return redacted(answer, _KEPT)

    def check(self) -> Access:
        """What the key shows, and which pages can be booked over taken time."""
        return access(self._outlet, self._pages, self._appointments)

    def close(self) -> None:
        """Drop the connections."""
        self._outlet.close()
