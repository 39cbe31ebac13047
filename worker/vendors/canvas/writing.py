"""Copies at a Canvas site: made, kept equal, taken away and found again by their mark."""

from __future__ import annotations

from worker.domain.event import Key
from worker.domain.instants import iso
from worker.domain.reconcile.intent import Intent, Purpose, Written
from worker.vendors.base import Ambiguous, Nonsense, Rejected, Vanished, VendorError
from worker.vendors.canvas import drafts, mapping
from worker.vendors.canvas.desk import Desk, Place
from worker.vendors.canvas.mapping import Unreadable
from worker.vendors.canvas.paging import pages
from worker.vendors.canvas.reading import GROUPS, MANAGEABLE
from worker.vendors.canvas.wire import Group

RESERVED = "people have reserved it, and Canvas would not tell them, or tell them unasked"


class Writing:
    """Implements `Writer` for one account; `codes` are the courses that it is limited to."""

    def __init__(self, desk: Desk, codes: tuple[str, ...]) -> None:
        self._desk = desk
        self._codes = codes

    def refuses(self, intent: Intent) -> str:
        """See `Writer`."""
        return drafts.refuses(intent, self._codes)

    def shape(self, intent: Intent) -> Intent:
        """See `Writer`; a hold, which Canvas cannot have, stays as it is."""
        return drafts.shape(intent) if intent.purpose is Purpose.COPY else intent

    def create(self, intent: Intent) -> Written:
        """One POST, with the slot in it. Canvas tells people only where the rule publishes it."""
        if why := self.refuses(intent):
            raise Rejected(why, "details")
        draft = drafts.shape(intent)
        try:
            reply = self._desk.send("POST", GROUPS, drafts.created(draft))
        except Vanished as error:
            raise Rejected(f"{error}: does the course exist?", "context_codes") from None
        return self._desk.afterwards(self._desk.made(reply), span=draft.span)

    def update(self, key: Key, intent: Intent) -> Written:
        """Its time by the slot, all else by the group: two requests at most, each sent once.

        Moving tells nobody, and publishing does, as the rule says. A slot that somebody has
        reserved keeps its time.
        """
        draft = drafts.shape(intent)
        place = self._desk.place(key)
        if place.event.mark not in ("", draft.link):
            raise Rejected("it carries the mark of another copy", "mark")
        fields = drafts.changed(draft, place.whole.of, place.whole.group)
        moves = place.event.span != draft.span
        if moves and place.reserved:
            raise Rejected(RESERVED, "reserved")
        if moves:
            self._desk.change_slot(
                key, {"start_at": iso(draft.span.start), "end_at": iso(draft.span.end)}
            )
        if fields:
            try:
                self._desk.change_group(place.whole.of.id, fields)
            except Ambiguous:
                raise
            except VendorError as error:
                if not moves:
                    raise
                raise Ambiguous(f"the time was changed, the rest was not: {error}") from None
        return self._desk.afterwards(place.whole.of.id, key.native_id)

    def delete(self, key: Key, reason: str) -> None:
        """DELETE its group; only its slot where somebody has added others there.

        Canvas tells all who could have booked it of the end of a published group: that is done
        only where a rule published it.
        """
        try:
            place = self._desk.place(key)
        except Vanished:
            return
        if place.reserved:
            raise Rejected(RESERVED, "reserved")
        if not place.whole.alone:
            self._desk.delete_slot(key, reason)
            return
        _check_quiet(place)
        self._desk.delete_group(place.whole, reason)

    def probe(self, intent: Intent) -> Written | None:
        """By its mark in the list of all manageable groups, unpublished and past ones included."""
        link = intent.link
        found, is_long = self._carriers(link)
        if not found and is_long:
            # Numbered pages drift: a group deleted meanwhile moves another one out of sight.
            found, _ = self._carriers(link)
        slots = [written for group in sorted(found) for written in self._slots(group, link)]
        exact = [one for one in slots if one.event.span == intent.span]
        match slots, exact:
            case _, [one]:
                return one
            case [one], _:
                return one
            case [], _:
                return None
            case _:
                raise Nonsense("several slots carry the mark of one copy: a person must say which")

    def _carriers(self, link: str) -> tuple[set[str], bool]:
        """The groups with the mark, and whether the list has more than one page."""
        gaps: list[str] = []
        found: set[str] = set()
        unread = count = 0
        params = (*MANAGEABLE, ("per_page", "100"))
        for _, page in pages(self._desk.outlet, GROUPS, params, Group, gaps):
            count += 1
            unread += len(page.bad)
            for row in page.rows:
                try:
                    of = mapping.sheet(self._desk.account, row.value)
                except Unreadable:
                    unread += 1
                    continue
                if of.mark == link:
                    found.add(of.id)
        if gaps and not found:
            raise Nonsense(gaps[0])
        if unread and not found:
            raise Nonsense(f"GET {GROUPS} shows {unread} groups that cannot be read")
        return found, count > 1

    def _slots(self, group: str, link: str) -> list[Written]:
        try:
            whole = self._desk.whole(group)
        except Vanished:
            return []
        if whole.of.mark != link:
            return []
        if not whole.events:
            raise Nonsense(f"appointment group {group} has the mark, and no slot that can be read")
        return [Written(event.key, event) for event in whole.events.values()]


def _check_quiet(place: Place) -> None:
    """Raise Rejected where people would be told of a group's end without a rule that says so."""
    if place.whole.unread:
        raise Rejected("its group has slots that cannot be read", "unread")
    if place.whole.of.state == "active" and not drafts.may_tell(place.whole.group.description):
        raise Rejected(
            "somebody published it, and Canvas would tell all who could have booked it: "
            "delete it in Canvas, or approve that they are told",
            "published",
        )
