"""Holds of ours as blocks: made and taken away, never changed.

https://developers.acuityscheduling.com/reference/post-blocks

A block cannot be edited. To change a hold, a new one is made first and then the old one is taken
away, so that the time is never free between the two. What if it breaks off there?

1. The answer to the making is lost: Ambiguous. A probe finds the new one by its mark and its time,
   or, where nothing was made, the old one with its old time.
2. The new one stands, and the old one may not be gone: Ambiguous, too, whatever the error was. The
   probe prefers the new one, whose key is another than the one that was to be changed: that tells
   its caller to take the old one away. If the change is asked for again instead, the new one is
   found before anything is sent, and only the old one is taken away.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.domain import marker
from worker.domain.event import Event, Key
from worker.domain.reconcile.holds import TITLE
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.acuity import mapping, sources, wire
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.mapping import Context, Unreadable
from worker.vendors.acuity.sending import (
    answered,
    beforehand,
    calendar_of,
    chosen,
    gathered,
    halfway,
    looking,
    path_of,
    written,
    zone_of,
)
from worker.vendors.acuity.whole import Ask, Reading
from worker.vendors.base import Ambiguous, Rejected, Vanished
from worker.vendors.http import Outlet
from worker.vendors.rows import document

SEARCHED = 7  # days on both sides: staff may have moved it, and zones cut days differently


class Blocks:
    """The blocks of one account, as far as they are written. Errors as in `Writer`."""

    def __init__(self, account: str, zone: str, outlet: Outlet, catalogue: Catalogue) -> None:
        self._account = account
        self._zone = zone
        self._outlet = outlet
        self._catalogue = catalogue

    def create(self, intent: Intent) -> Written:
        """POST one; its notes say what it is and carry the mark."""
        notes = f"{TITLE} {marker.mark(intent.link)}"
        return self._post(calendar_of(intent.calendar), intent.span, notes, intent.timezone)

    def update(self, key: Key, intent: Intent) -> Written:
        """The new one first, unless it stands already; then the old one goes."""
        with beforehand():
            there = self._find(intent, intent.span)
        if there is None:
            there = self.create(intent)
        if there.key != key:
            with halfway("its new block was made"):
                self.delete(key)
                self._see_gone(key)
        return there

    def delete(self, key: Key) -> None:
        """DELETE one: 204 and nothing else. What is gone already is fine."""
        try:
            self._outlet.write("DELETE", path_of("blocks", key.native_id))
        except Vanished:
            return

    def probe(self, intent: Intent) -> Written | None:
        """The block with the mark: that of the wanted time, else the only one. None: no block.

        Raises Nonsense where nothing can be told.
        """
        return self._find(intent)

    def move(self, event: Event, span: Span) -> Written:
        """Give somebody's block another time, with all that its notes say.

        It has no mark to be found by. So one that stands there already, in that calendar with
        those notes, is taken for what an interrupted move left behind.
        """
        subject = next(iter(event.subjects), "")
        if not calendar_of(subject):
            raise Rejected("the block's calendar is not known, so it cannot be moved")
        with beforehand():
            row = self._one(event.key)
            if mapping.repeats(row):
                raise Rejected("a block that repeats can only be moved on Acuity's own pages")
            rows, _ = self._rows(subject, span)
        alike = (one for one, notes in rows if notes == (row.notes or ""))
        there = next((one for one in alike if one.event.span == span), None)
        if there is None:
            there = self._post(calendar_of(subject), span, row.notes or "", event.timezone)
        if there.key != event.key:
            with halfway("its new block was made"):
                self.delete(event.key)
        return there

    def _post(self, calendar: str, span: Span, notes: str, zone: str) -> Written:
        where = zone_of(self._catalogue, calendar, zone or self._zone)
        body: dict[str, Any] = {
            "start": written(span.start, where),
            "end": written(span.end, where),
            "calendarID": int(calendar),
            "notes": notes,
        }
        reply = self._outlet.write("POST", "/blocks", json=body)
        row = answered(reply, wire.Block)
        try:
            return self._written(row)
        except Unreadable as error:
            trouble = f"{reply.where} answered with a block that makes no sense: {error}"
        raise Ambiguous(trouble)

    def _see_gone(self, key: Key) -> None:
        """Two blocks for one hold must not stay: the answer to a DELETE is not believed alone."""
        with suppress(Vanished):
            self._one(key)
            raise Ambiguous("its old block is still shown")

    def _one(self, key: Key) -> wire.Block:
        return document(self._outlet.get(path_of("blocks", key.native_id)), wire.Block)

    def _find(self, intent: Intent, span: Span | None = None) -> Written | None:
        """The block with the mark; only one of this `span`, where one is given."""
        rows, doubt = self._rows(intent.calendar, intent.span)
        marked = (one for one, _ in rows if one.event.mark == intent.link)
        return chosen((one for one in marked if span in (None, one.event.span)), intent, doubt)

    def _rows(self, subject: str, span: Span) -> tuple[list[tuple[Written, str]], str]:
        """The blocks of a calendar around `span` with their notes, and what may be missing."""
        reading = Reading(sources.blocks(self._outlet, self._catalogue), sources.MOST)

        def read(row: wire.Block) -> tuple[Written, str] | None:
            one = self._written(row)
            return (one, row.notes or "") if subject in one.event.subjects else None

        with looking():
            return gathered(reading.parts(_around(span, calendar_of(subject))), read)

    def _written(self, row: wire.Block) -> Written:
        context = Context(self._account, self._zone, zones=self._catalogue.known)
        event = mapping.block(row, context)
        return Written(event.key, event)


def _around(span: Span, calendar: str) -> Ask:
    first = datetime.fromtimestamp(span.start, UTC).date() - timedelta(days=SEARCHED)
    last = datetime.fromtimestamp(span.end, UTC).date() + timedelta(days=SEARCHED)
    return Ask(first, last, (("calendarID", calendar),))
