"""What is written to an Acuity account: holds as blocks, and what each request may say."""

from __future__ import annotations

from dataclasses import replace

from worker.domain.event import Event, Key, Kind
from worker.domain.reconcile.intent import Intent, Purpose, Written
from worker.domain.span import Span
from worker.vendors.acuity.blocks import Blocks
from worker.vendors.acuity.bookings import Bookings
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.sending import calendar_of, on_minutes
from worker.vendors.base import Rejected
from worker.vendors.http import Outlet
from worker.vendors.writer import Telling


class Writing:
    """Implements `Writer` and `Settling` for one account."""

    def __init__(self, account: str, zone: str, outlet: Outlet, catalogue: Catalogue) -> None:
        self._blocks = Blocks(account, zone, outlet, catalogue)
        self._bookings = Bookings(account, zone, outlet, catalogue)

    def refuses(self, intent: Intent) -> str:
        """See `Writer`."""
        if not calendar_of(intent.calendar):
            return "Acuity needs a calendar of its own for this, such as calendar:42."
        match intent.purpose:
            case Purpose.HOLD:
                return ""
            case Purpose.COPY:
                return self._bookings.refuses(intent)
            case _:
                return "Acuity has no open slots that could be taken off."

    def shape(self, intent: Intent) -> Intent:
        """Whole minutes; a hold says nothing but its time."""
        if intent.purpose is Purpose.COPY:
            return self._bookings.shape(intent)
        return replace(
            intent, span=on_minutes(intent.span), title="", location="", capacity=None, details={}
        )

    def create(self, intent: Intent) -> Written:
        """One POST."""
        shaped = self.shape(intent)
        if intent.purpose is Purpose.COPY:
            return self._bookings.create(shaped)
        return self._blocks.create(shaped)

    def update(self, key: Key, intent: Intent) -> Written:
        """A block is made anew, an appointment keeps its id."""
        shaped = self.shape(intent)
        if key.kind is Kind.BLOCK:
            return self._blocks.update(key, shaped)
        return self._bookings.update(key, shaped)

    def delete(self, key: Key) -> None:
        """A block is deleted, an appointment cancelled: for good, and telling nobody."""
        match key.kind:
            case Kind.BLOCK:
                self._blocks.delete(key)
            case Kind.SINGLE:
                self._bookings.cancel(key, "", Telling.NOBODY)
            case _:
                raise Rejected(_CLASS)

    def probe(self, intent: Intent) -> Written | None:
        """By its mark, around its time."""
        shaped = self.shape(intent)
        if intent.purpose is Purpose.COPY:
            return self._bookings.probe(shaped)
        return self._blocks.probe(shaped)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """An appointment keeps its id, a block does not."""
        if span.seconds != event.span.seconds:
            raise Rejected("Acuity moves appointments and blocks, and cannot change their length")
        match event.key.kind:
            case Kind.SINGLE:
                return self._bookings.move(event, span, telling)
            case Kind.BLOCK:
                return self._blocks.move(event, span)
            case _:
                raise Rejected(_CLASS)

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        """Cancel an appointment, for good; delete a block."""
        match event.key.kind:
            case Kind.SINGLE:
                self._bookings.cancel(event.key, reason, telling)
            case Kind.BLOCK:
                self._blocks.delete(event.key)
            case _:
                raise Rejected(_CLASS)


def objects(event: Event) -> str:
    """Why an event is neither moved nor ended; empty where it may be."""
    return "" if event.key.kind in (Kind.SINGLE, Kind.BLOCK) else _CLASS


_CLASS = (
    "a class as a whole can only be moved or cancelled on Acuity's own pages; its interface knows "
    "the places of single people"
)
