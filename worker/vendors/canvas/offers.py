"""Slots that are not ours: taken off and offered again, moved or ended as a person approved."""

from __future__ import annotations

from worker.domain.event import Event, Kind
from worker.domain.instants import iso
from worker.domain.reconcile.intent import Written
from worker.domain.span import Span
from worker.vendors.base import Rejected, Vanished
from worker.vendors.canvas.desk import Desk, Place, Whole
from worker.vendors.canvas.drafts import times
from worker.vendors.writer import Telling

_OF_GROUP = "group:"
_TELLS = "Canvas tells the people concerned: approve that they are told, or do it in Canvas"


class Offers:
    """Implements `Withdrawing` and `Settling` for one account."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def withdraw(self, event: Event, reason: str) -> None:
        """DELETE an open slot, as it stands there now: the slot and its group are read first.

        Canvas tells those who have a place, and nobody has one; somebody who takes one between the
        reading and the request loses it, and is told so. `own_places`: a slot with another number
        of places than its group's could not be put back as it was.
        """
        place = self._desk.place(event.key)
        if place.event.span != event.span:
            raise Rejected("it was moved meanwhile", "moved")
        if place.reserved:
            raise Rejected("somebody has reserved it meanwhile", "reserved")
        if place.whole.alone:
            raise Rejected("it is the last slot of its group, which would go with it", "last")
        if place.event.capacity != place.whole.of.limit:
            raise Rejected("its number of places is its own, not its group's", "own_places")
        self._desk.delete_slot(event.key, reason)

    def offer(self, event: Event) -> Written:
        """PUT a slot of the same time into its group: a new one, with another id.

        Where the group is published, Canvas tells all who could book it (and their observers).
        What stands at that time already, from an earlier try or by somebody's hand, is taken for
        it.
        """
        group = event.series.removeprefix(_OF_GROUP) if event.series.startswith(_OF_GROUP) else ""
        there = self._standing(group, event.span)
        if there:
            return there
        try:
            self._desk.change_group(group, {"new_appointments": times(event.span)})
        except Rejected:
            if there := self._standing(group, event.span):
                return there
            raise
        return self._desk.afterwards(group, span=event.span)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """PUT both times of a slot. Its reservations go along; Canvas can tell nobody of that."""
        del telling
        place = self._desk.place(event.key)
        if span.seconds != place.event.span.seconds:
            raise Rejected("moving it would change its length", "length")
        if place.event.span != span:
            times_ = {"start_at": iso(span.start), "end_at": iso(span.end)}
            self._desk.change_slot(event.key, times_)
        return self._desk.afterwards(place.whole.of.id, event.key.native_id)

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        """DELETE a slot with its reservations, a reservation, or a group (with its last slot).

        Canvas tells those who lose a place, and of a published group's end all who could have had
        one. With Telling.NOBODY, what would tell anybody is refused with the code `tells`.
        """
        key = event.key
        try:
            if key.kind is Kind.GROUP:
                self._end_group(self._desk.whole(key.native_id), reason, telling)
            elif self._desk.row(key).parent_event_id is not None:
                _check(telling, tells=True)
                self._desk.delete_slot(key, reason)
            else:
                self._end_slot(self._desk.place(key), reason, telling)
        except Vanished:
            return

    def _end_slot(self, place: Place, reason: str, telling: Telling) -> None:
        if place.whole.alone and not place.whole.unread:
            self._end_group(place.whole, reason, telling)
            return
        public = place.whole.alone and place.whole.of.state == "active"
        _check(telling, tells=place.reserved or public)
        self._desk.delete_slot(place.event.key, reason)

    def _end_group(self, whole: Whole, reason: str, telling: Telling) -> None:
        taken = any(one.attendees for one in whole.events.values())
        public = whole.of.state == "active"
        _check(telling, tells=taken or public or whole.unread > 0)
        self._desk.delete_group(whole, reason)

    def _standing(self, group: str, span: Span) -> Written | None:
        event = self._desk.whole(group).at(span)
        return Written(event.key, event) if event else None


def _check(telling: Telling, *, tells: bool) -> None:
    if tells and telling is Telling.NOBODY:
        raise Rejected(_TELLS, "tells")
