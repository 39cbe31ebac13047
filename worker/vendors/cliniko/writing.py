"""What is written to Cliniko: holds as unavailable blocks, copies as group appointments.

Nothing at Cliniko recognises a request that is sent again, and overlaps are never refused: so every
write is sent once, and what became of an interrupted one is found out by its mark in the notes.
The interface has no switch for messages to patients; whether the practice sends any is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from worker.domain import marker
from worker.domain.event import Event, Key, Kind
from worker.domain.instants import iso
from worker.domain.listing import Sighting
from worker.domain.reconcile.intent import Intent, Purpose, Written
from worker.domain.span import DAY, Span
from worker.vendors.answers import Reply
from worker.vendors.base import Ambiguous, Nonsense, Rejected, TryLater, Vanished, VendorError
from worker.vendors.cliniko import drafts
from worker.vendors.cliniko.listing import (
    Listing,
    Missing,
    NotAllowed,
    Question,
    Reader,
    Refused,
    Unfilterable,
)
from worker.vendors.cliniko.walk import PATHS, Walker, plain
from worker.vendors.cliniko.wire import Booking, text_of
from worker.vendors.http import Outlet
from worker.vendors.rows import Page, Row, document
from worker.vendors.writer import Telling

MARGIN = 2 * DAY  # around the time of what is looked for: people may have moved it meanwhile
OTHER = 50  # the reason for a cancellation that is none of the patient's
_KINDS = {Purpose.HOLD: Kind.BLOCK, Purpose.COPY: Kind.GROUP}


class Writing:
    """Implements `Writer` and `Settling` for one account; `business` is the configured one."""

    def __init__(
        self, account: str, business: str | None, outlet: Outlet, reader: Reader, walker: Walker
    ) -> None:
        self._account = account
        self._business = business
        self._outlet = outlet
        self._reader = reader
        self._walker = walker

    def refuses(self, intent: Intent) -> str:
        """See `Writer`."""
        return drafts.refuses(intent, self._business)

    def create(self, intent: Intent) -> Written:
        """One POST; whatever is unclear about its answer makes it ambiguous."""
        draft = drafts.drafted(intent, self._business)
        reply = self._sent("POST", PATHS[draft.kind], draft.body())
        return self._shown(draft.kind, reply)

    def update(self, key: Key, intent: Intent) -> Written:
        """PATCH what differs. A group that people attend keeps its time: see `_disturbs`."""
        draft = drafts.drafted(intent, self._business)
        if key.kind is not draft.kind:
            raise Rejected("a hold is an unavailable block, and a copy a group appointment", "kind")
        row = self._present(key)
        there = self._event(key, row)
        if there.mark not in ("", intent.link):
            raise Rejected("it carries the mark of another hold or copy", "mark")
        if there.span != draft.span:
            _disturbs(there, Telling.NOBODY)
        return self._patched(key, draft.change(row.value, intent.link))

    def delete(self, key: Key) -> None:
        """Archive it, unless somebody has a place in it."""
        if key.kind not in _KINDS.values():
            raise Rejected("no hold or copy is of this kind", "kind")
        try:
            there = self._event(key, self._present(key))
        except Vanished:
            return
        _disturbs(there, Telling.NOBODY)
        self._archive(key)

    def probe(self, intent: Intent) -> Written | None:
        """All records of its kind and practitioner around its time, archived ones left out."""
        draft = drafts.drafted(intent, self._business)
        found = self._marked(draft, intent.link)
        exact = [one for one in found if one.event.span == draft.span]
        match found, exact:
            case _, [sighting]:
                return Written(sighting.event.key, sighting.event)
            case [sighting], _:
                return Written(sighting.event.key, sighting.event)
            case [], _:
                return None
            case _:
                raise Nonsense("several records carry the mark of one: a person must say which")

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """PATCH both times of an appointment or block."""
        row = self._present(event.key)
        _disturbs(self._event(event.key, row), telling)
        return self._patched(event.key, drafts.times(span))

    def end(self, event: Event, telling: Telling) -> None:
        """Cancel an individual appointment, for good; archive everything else."""
        key = event.key
        try:
            there = self._event(key, self._present(key))
        except Vanished:
            return
        _disturbs(there, telling)
        if key.kind is Kind.SINGLE:
            # Later ones of its series stay. The note is the practice's record: no name goes there.
            body = {
                "cancellation_reason": OTHER,
                "cancellation_note": "Cancelled through calsync",
                "apply_to_repeats": False,
            }
            self._removed("PATCH", f"{PATHS[key.kind]}/{key.native_id}/cancel", body)
        else:
            self._archive(key)

    def _archive(self, key: Key) -> None:
        self._removed("POST", f"{PATHS[key.kind]}/{key.native_id}/archive", None)

    def _removed(self, method: str, path: str, body: Mapping[str, object] | None) -> None:
        with suppress(Vanished):  # somebody was faster; archiving what is archived may be a 404
            self._sent(method, path, body)

    def _patched(self, key: Key, body: Mapping[str, object]) -> Written:
        reply = self._sent("PATCH", f"{PATHS[key.kind]}/{key.native_id}", body)
        written = self._shown(key.kind, reply)
        if written.key != key:
            raise Ambiguous(f"{reply.where} answered with another record")
        return written

    def _sent(self, method: str, path: str, body: Mapping[str, object] | None) -> Reply:
        """Send a write, once. A key that lacks this right may still read: it is not broken."""
        try:
            return self._outlet.write(method, path, json=body)
        except NotAllowed as error:
            raise Rejected(str(error), "role") from None
        except Vanished as error:
            if method == "POST" and path in PATHS.values():
                raise Rejected(f"{error}: it does not know this list", "path") from None
            raise

    def _shown(self, kind: Kind, reply: Reply) -> Written:
        """What the answer to a write shows, read as every poll reads it.

        Related names are looked up for it, after the write: no failure there says that nothing was
        carried out.
        """
        try:
            row = Row(document(reply, Booking), reply.body.strip())
            event = self._event(Key(self._account, kind, text_of(row.value.id)), row)
        except TryLater as error:
            raise Ambiguous(f"{reply.where}: {error}", wait=error.wait) from None
        except (VendorError, ValueError):
            raise Ambiguous(f"{reply.where} answered something that cannot be read") from None
        return Written(event.key, event)

    def _present(self, key: Key) -> Row[Booking]:
        """The record as it stands. Raises Vanished where it is archived, cancelled or not there."""
        if key.kind not in PATHS or not plain(key.native_id):
            raise Rejected("Cliniko has no record with this id", "kind")
        try:
            row = self._walker.one(key.kind, key.native_id)
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None
        if not isinstance(row, Row):
            raise TryLater("the record cannot be read, and was left as it is", untouched=True)
        if row.value.hidden:
            raise Vanished("the record is archived or cancelled")
        return row

    def _event(self, key: Key, row: Row[Booking]) -> Event:
        try:
            sighting = self._walker.confirmation(key, row).sighting
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None
        if sighting is None:
            raise TryLater("the record makes no sense, and was left as it is", untouched=True)
        return sighting.event

    def _marked(self, draft: drafts.Draft, link: str) -> list[Sighting]:
        bounds = (
            ("starts_at", f">={iso(draft.span.start - MARGIN)}"),
            ("starts_at", f"<={iso(draft.span.start + MARGIN)}"),
        )
        own = (("practitioner_id", f"={draft.ids['practitioner_id']}"), *bounds)
        try:
            return self._read(draft, link, Question(PATHS[draft.kind], own))
        except Refused:
            # More to read, and as good an answer: what is told apart is told by its mark.
            return self._read(draft, link, Question(PATHS[draft.kind], bounds))

    def _read(self, draft: drafts.Draft, link: str, question: Question) -> list[Sighting]:
        """What carries the mark. Raises VendorError where not all of the list could be read."""
        listing = Listing(self._reader, question, Booking)
        found: dict[str, Sighting] = {}
        unread = 0
        try:
            for page in listing:
                unread += len(page.bad)
                found |= self._carriers(page, draft.kind, link)
        except (Missing, NotAllowed, Unfilterable) as error:
            raise Nonsense(f"{error}: so nothing can be looked for") from None
        if listing.gaps:
            raise Nonsense(listing.gaps[0])
        if unread and not found:
            raise Nonsense(f"GET …{question.path} shows {unread} rows that cannot be read")
        return list(found.values())

    def _carriers(self, page: Page[Booking], kind: Kind, link: str) -> dict[str, Sighting]:
        found: dict[str, Sighting] = {}
        for row in page.rows:
            if row.value.hidden or marker.find(row.value.notes) != link:
                continue
            key = Key(self._account, kind, text_of(row.value.id))
            sighting = self._walker.confirmation(key, row).sighting
            if sighting is None:
                raise Nonsense("a record with the mark makes no sense")
            found[key.native_id] = sighting
        return found


def objects(event: Event, telling: Telling) -> str:
    """Why an event is neither moved nor ended; empty where it may be."""
    if event.attendees and telling is Telling.NOBODY:
        return (
            "people have a place in it, and Cliniko may tell them: change it in Cliniko, or "
            "approve that they are told"
        )
    return ""


def _disturbs(event: Event, telling: Telling) -> None:
    """Raise Rejected where a change may reach people who need not be told.

    Cliniko's interface cannot keep a practice's messages from being sent.
    """
    if words := objects(event, telling):
        raise Rejected(words, "attended")
