"""Appointments: copies of ours, and what a person approved for somebody's.

https://developers.acuityscheduling.com/reference/post-appointments
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import MINUTE, Span
from worker.vendors.acuity import drafts, mapping, sources, wire
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.drafts import Draft
from worker.vendors.acuity.mapping import Context, Unreadable
from worker.vendors.acuity.sending import (
    AS_ADMIN,
    QUIETLY,
    answered,
    beforehand,
    calendar_of,
    chosen,
    gathered,
    halfway,
    looking,
    on_minutes,
    path_of,
    written,
    zone_of,
)
from worker.vendors.acuity.whole import Ask, Reading
from worker.vendors.answers import Reply
from worker.vendors.base import Ambiguous, Rejected, Vanished, VendorError
from worker.vendors.http import Outlet
from worker.vendors.rows import document
from worker.vendors.writer import Telling

SEARCHED = 7  # days on both sides: staff may have moved it, and zones cut days differently
LONGEST_TITLE = 100  # characters; how many Acuity keeps of a name is not documented


class Bookings:
    """The appointments of one account, as far as they are written. Errors as in `Writer`."""

    def __init__(self, account: str, zone: str, outlet: Outlet, catalogue: Catalogue) -> None:
        self._account = account
        self._zone = zone
        self._outlet = outlet
        self._catalogue = catalogue

    def refuses(self, intent: Intent) -> str:
        """Why the rule's `create` table makes no appointment, as a sentence."""
        return drafts.trouble(intent.details)

    def shape(self, intent: Intent) -> Intent:
        """Whole minutes, the length that `duration` tells; the title becomes the client's name.

        Acuity's appointments know no capacity, and their place is their calendar's.
        """
        span = on_minutes(intent.span)
        if minutes := drafts.minutes(intent.details):
            span = Span(span.start, span.start + minutes * MINUTE)
        title = drafts.title(intent, LONGEST_TITLE)
        return replace(intent, span=span, title=title, location="", capacity=None)

    def create(self, intent: Intent) -> Written:
        """One POST: as a client where availability is to decide, as an administrator else."""
        draft = Draft(intent)
        with beforehand():
            self._check_type(draft)
        zone = zone_of(self._catalogue, calendar_of(intent.calendar), intent.timezone or self._zone)
        body = draft.body(written(intent.span.start, zone))
        reply = self._outlet.write("POST", "/appointments", params=draft.query(), json=body)
        return self._shown(reply)

    def update(self, key: Key, intent: Intent) -> Written:
        """PUT what the copy rule names and differs, then PUT …/reschedule if the time differs."""
        draft, path = Draft(intent), path_of("appointments", key.native_id)
        with beforehand():
            reply = self._outlet.get(path)
            there, row = document(reply, dict[str, Any]), document(reply, wire.Appointment)
        if row.canceled:
            raise Vanished(f"{reply.where}: it was cancelled, which cannot be taken back")
        now = self._shown(reply)
        if changes := draft.changes(there):
            now = self._shown(self._outlet.write("PUT", path, params=draft.query(), json=changes))
        if now.event.span.start == intent.span.start and intent.calendar in now.event.subjects:
            return now
        if not changes:
            return self._rescheduled(path, intent.span.start, intent.calendar, intent, draft)
        with halfway("its other fields were written"):
            return self._rescheduled(path, intent.span.start, intent.calendar, intent, draft)

    def cancel(self, key: Key, reason: str, telling: Telling) -> None:
        """PUT …/cancel, for good. What is cancelled or gone already is fine."""
        path = path_of("appointments", key.native_id)
        # The body must be an object even where it says nothing.
        note = {"cancelNote": reason} if reason else {}
        try:
            reply = self._outlet.write("PUT", f"{path}/cancel", params=_query(telling), json=note)
        except Vanished:
            return
        except Rejected as error:
            if error.code == "cancel_not_allowed" and self._is_cancelled(path):
                return
            raise
        if not answered(reply, wire.Appointment).canceled:
            raise Ambiguous(f"{reply.where} answered without showing it as cancelled")

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """PUT …/reschedule: the only way to move one; it keeps its id, and its calendar."""
        calendar = calendar_of(next(iter(event.subjects), ""))
        if not calendar:
            raise Rejected("the appointment's calendar is not known, so it cannot be moved")
        zone = zone_of(self._catalogue, calendar, event.timezone or self._zone)
        body = {"datetime": written(span.start, zone), "calendarID": int(calendar)}
        path = f"{path_of('appointments', event.key.native_id)}/reschedule"
        return self._shown(self._outlet.write("PUT", path, params=_query(telling), json=body))

    def probe(self, intent: Intent) -> Written | None:
        """The appointment with the mark that is not cancelled. Raises Nonsense if unclear."""
        reading = Reading(sources.appointments(self._outlet, self._catalogue), sources.MOST)

        def read(row: wire.Appointment) -> Written | None:
            if row.canceled or drafts.link_in(row) != intent.link:
                return None
            if mapping.class_of(row):
                raise Unreadable("what carries the mark is a place in a class")
            return self._event(row)

        with looking():
            found, doubt = gathered(reading.parts(_around(intent.span)), read)
        return chosen(found, intent, doubt)

    def _rescheduled(
        self, path: str, start: int, calendar: str, intent: Intent, draft: Draft
    ) -> Written:
        number = calendar_of(calendar)
        zone = zone_of(self._catalogue, number, intent.timezone or self._zone)
        body = {"datetime": written(start, zone), "calendarID": int(number)}
        reply = self._outlet.write("PUT", f"{path}/reschedule", params=draft.query(), json=body)
        return self._shown(reply)

    def _check_type(self, draft: Draft) -> None:
        if not self._catalogue.types:
            self._catalogue.refresh()
        kind = self._catalogue.types.get(draft.type)
        if kind is None:
            return  # the vendor says whether it knows it
        if kind.sort in ("class", "series"):
            raise Rejected(
                "that type is a class: a copy would take a person's place in it", "class"
            )
        if kind.duration is not None and not draft.addons and kind.duration != draft.minutes:
            raise Rejected(
                f"appointments of that type last {kind.duration} minutes, not {draft.minutes}; "
                "`duration` in the copy rule's `create` says so",
                "duration",
            )

    def _is_cancelled(self, path: str) -> bool:
        try:
            return document(self._outlet.get(path), wire.Appointment).canceled
        except Vanished:
            return True
        except VendorError:
            return False

    def _shown(self, reply: Reply) -> Written:
        """The event in the answer to a write. Raises Ambiguous where there is none."""
        row = answered(reply, wire.Appointment)
        if mapping.class_of(row):
            raise Ambiguous(f"{reply.where} answered with a place in a class")
        try:
            return self._event(row)
        except Unreadable as error:
            trouble = f"{reply.where} answered with an appointment that makes no sense: {error}"
        raise Ambiguous(trouble)

    def _event(self, row: wire.Appointment) -> Written:
        known = self._catalogue
        context = Context(self._account, self._zone, known.types, known.known)
        event = mapping.single(row, context)
        return Written(event.key, event)


def _query(telling: Telling) -> list[tuple[str, str]]:
    return [*AS_ADMIN, *(() if telling is Telling.PEOPLE else QUIETLY)]


def _around(span: Span) -> Ask:
    first = datetime.fromtimestamp(span.start, UTC).date() - timedelta(days=SEARCHED)
    return Ask(first, datetime.fromtimestamp(span.end, UTC).date() + timedelta(days=SEARCHED))
