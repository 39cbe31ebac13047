"""What is written to TIMIFY: holds by its import, copies one by one, what a person approved.

An import is keyed by our own id: it is the one way to make something that is safe to repeat. It
is carried out later, and done once it is seen. Every time that was written is read back: a company
that understands wall times differently from what its zone says is not written to.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from worker.domain.event import Event, Key, Kind
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.answers import Reply
from worker.vendors.base import (
    Ambiguous,
    NeedsPerson,
    Nonsense,
    Rejected,
    TryLater,
    Vanished,
    VendorError,
)
from worker.vendors.rows import Row, document
from worker.vendors.timify import drafts
from worker.vendors.timify.drafts import Draft
from worker.vendors.timify.mapping import Unreadable, attended, external_mark
from worker.vendors.timify.place import Place
from worker.vendors.timify.records import PATH, Records, plain
from worker.vendors.timify.session import Session
from worker.vendors.timify.wire import Appointment, Made
from worker.vendors.writer import Telling

Given = TypeVar("Given")
Found = TypeVar("Found")

PATIENCE = (0.0, 1.0, 2.0)  # seconds before each look for what was imported


class _TakenBack(NeedsPerson):
    """What was made came out wrong, and is gone again."""


class Writing:
    """Implements `Writer` and `Settling` for one company."""

    def __init__(self, session: Session, records: Records, place: Place) -> None:
        self._session = session
        self._records = records
        self._place = place
        self._is_slow = False  # what was imported last was not seen within our patience
        self._unseen: dict[str, Span] = {}  # what was imported by link, and not seen since

    def create(self, intent: Intent) -> Written:
        """Make a hold by an import, a copy by a request of its own."""
        draft = drafts.drafted(intent, self._place.written_zone())
        if draft.is_hold:
            return self._imported(draft)
        if draft.reserves:
            return self._won(draft)
        return self._posted(draft, ())

    def update(self, key: Key, intent: Intent) -> Written:
        """PATCH what differs. What people attend keeps its time."""
        draft = drafts.drafted(intent, self._place.written_zone())
        row = self._present(key)
        there = self._only(row)
        if there.mark not in ("", intent.link):
            raise Rejected("it carries the mark of another hold or copy", "mark")
        body = draft.change(row.value, there)
        if not body:
            return Written(there.key, there)
        if there.span != draft.span:
            _undisturbed(row.value)
        return self._patched(there, body, draft.span, draft.zone)

    def delete(self, key: Key) -> None:
        """Delete it for good, unless somebody has a place in it."""
        try:
            row = self._present(key)
        except Vanished:
            return
        self._only(row)
        _undisturbed(row.value)
        self._removed((key.native_id,), Telling.NOBODY)

    def probe(self, intent: Intent) -> Written | None:
        """All records around its time, then the one with our external id, wherever it is."""
        zone = self._place.zone()
        span = drafts.rounded(intent.span, zone)
        rows = self._records.carriers(intent.link, span)
        if not rows and (row := self._records.named(external_mark(intent.link))):
            rows = [row]
        found = [(row, self._sole(row)) for row in rows]
        exact = [one for one in found if one[1].span == span]
        match exact or found:
            case []:
                return None
            case [(row, event)]:
                # Only what we wait for: else somebody may have entered ours anew elsewhere.
                awaited = self._unseen.pop(intent.link, None) == span
                if awaited and _is_misread(row.value, event.span, span, zone):
                    self._take_back(row.value, event.span, span, ())
                return Written(event.key, event)
            case _:
                raise Nonsense("several records carry the mark of one: a person must say which")

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """PATCH the start of an appointment; its length only where it is to be another."""
        zone = self._place.written_zone()
        if drafts.rounded(span, zone) != span:
            raise Rejected(
                "TIMIFY keeps times by steps of five minutes, and none that the clocks show twice",
                "grid",
            )
        there = self._whole(event)
        body: dict[str, Any] = {**drafts.when(span, zone), **drafts.flags(telling)}
        if there.span.seconds != span.seconds:
            body["duration"] = drafts.minutes(span)
        return self._patched(there, body, span, zone)

    def end(self, event: Event, telling: Telling) -> None:
        """Delete an appointment for good."""
        with suppress(Vanished):
            self._whole(event)
            self._removed((event.key.native_id,), telling)

    def _imported(self, draft: Draft) -> Written:
        unclear: VendorError = Ambiguous("the import was accepted, and is carried out later")
        try:
            self._sent("POST", f"{PATH}/import/bulk", draft.imported())
        except Ambiguous as error:
            if error.wait is not None:
                raise
            unclear = error
        for seconds in PATIENCE[:1] if self._is_slow else PATIENCE:
            if seconds:
                self._place.clock.sleep(seconds)
            row = _after(self._records.named, external_mark(draft.link))
            if row is None:
                continue
            event = _after(self._sole, row)
            if event.span == draft.span:
                self._is_slow = False
                return Written(event.key, event)
            if _is_misread(row.value, event.span, draft.span, draft.zone):
                self._take_back(row.value, event.span, draft.span, ())
        self._is_slow = True
        self._unseen[draft.link] = draft.span
        raise unclear

    def _won(self, draft: Draft) -> Written:
        """Reserve the slot, write it, and let the reservation go; it runs out by itself, too."""
        reply = self._sent("POST", f"{PATH}/reservation", draft.reservation())
        id_ = _made(reply)
        row = self._shown(id_)
        event = _after(self._sole, row)
        if event.span.start != draft.span.start:
            self._take_back(row.value, event.span, draft.span, ())
        try:
            written = self._posted(draft, (id_,))
        except _TakenBack:
            raise  # and the reservation with it
        except VendorError as error:
            if not _is_to_wait(error):
                self._release(id_)
            raise
        self._release(id_)
        return written

    def _release(self, id_: str) -> None:
        with suppress(VendorError):
            self._removed((id_,), Telling.NOBODY)

    def _posted(self, draft: Draft, reserved: tuple[str, ...]) -> Written:
        path = f"{PATH}/multiple" if draft.combined else PATH
        try:
            reply = self._sent("POST", path, draft.body())
        except Rejected as error:
            # The external id is taken: by what an earlier try made, or somebody's slot is.
            there = self._earlier(draft) if error.code == "conflict" else None
            if there is None:
                raise
            return there
        row = self._shown(_made(reply))
        event = _after(self._sole, row)
        if event.span.start != draft.span.start:
            self._take_back(row.value, event.span, draft.span, reserved)
        return Written(event.key, event)

    def _earlier(self, draft: Draft) -> Written | None:
        with suppress(VendorError):
            return self.probe(draft.intent)
        return None

    def _patched(self, there: Event, body: dict[str, Any], span: Span, zone: str) -> Written:
        self._sent("PATCH", f"{PATH}/{there.key.native_id}", body)
        row = self._shown(there.key.native_id)
        event = _after(self._sole, row)
        if event.span != span and event.span == there.span:
            raise Ambiguous("what was to be moved is still shown at its old time")
        late = event.span.start - span.start
        if late and late == drafts.misread(span.start, zone):
            raise Ambiguous(self._place.distrust(event.span, span))
        return Written(event.key, event)

    def _take_back(
        self, record: Appointment, shown: Span, sent: Span, others: tuple[str, ...]
    ) -> NoReturn:
        """Undo what came out at another time than was sent, where nobody has touched it since."""
        if record.updated_by is not None or attended(record):
            raise Ambiguous("it stands at another time than was sent, and somebody changed it")
        words = self._place.distrust(shown, sent)
        try:
            self._removed((str(record.id), *others), Telling.NOBODY)
        except VendorError as error:
            raise Ambiguous(f"{words}; it could not be taken back: {error}") from None
        raise _TakenBack(f"{words}; it was taken back")

    def _removed(self, ids: tuple[str, ...], telling: Telling) -> None:
        told = drafts.flags(telling)
        if len(ids) > 1:
            self._sent("POST", f"{PATH}/delete/bulk", {"ids": list(ids), **told})
            return
        # Where the flags belong is told nowhere: they go where either reading finds them.
        params = [(name, str(value).lower()) for name, value in told.items()]
        with suppress(Vanished):  # somebody was faster
            self._session.write("DELETE", f"{PATH}/{ids[0]}", params=params, json=told)

    def _sent(self, method: str, path: str, body: dict[str, Any]) -> Reply:
        try:
            return self._session.write(method, path, json=body)
        except Vanished as error:
            if method == "POST":
                raise Rejected(f"{error}: this company's TIMIFY does not know it", "path") from None
            raise

    def _present(self, key: Key) -> Row[Appointment]:
        """The record as it stands. Raises Vanished, and TryLater where it cannot be told."""
        if key.kind is Kind.BLOCK:
            raise Rejected("TIMIFY's timeshifts can be read only: change it in TIMIFY", "kind")
        if not plain(key.native_id):
            raise Rejected("TIMIFY has no record with this id", "id")
        try:
            row = self._records.one(key.native_id)
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None
        if row is None:
            raise TryLater("the record cannot be read, and was left as it is", untouched=True)
        return row

    def _only(self, row: Row[Appointment]) -> Event:
        """The one event that a record stands for. Raises Rejected where it is one of several."""
        if row.value.recurring is not None or row.value.chain_id:
            raise Rejected(
                "it belongs to a series, of which TIMIFY may change other dates, too: "
                "change it in TIMIFY",
                "series",
            )
        try:
            found = self._records.events(row)
        except Unreadable as error:
            raise TryLater(f"the record makes no sense: {error}", untouched=True) from None
        if len(found) != 1:
            raise Rejected("it is one of several parts of one record: change it in TIMIFY", "parts")
        return found[0]

    def _sole(self, row: Row[Appointment]) -> Event:
        try:
            found = self._records.events(row)
        except Unreadable as error:
            raise Nonsense(f"a record of ours makes no sense: {error}") from None
        if len(found) != 1:
            raise Nonsense("a record of ours stands for several times: somebody made it a series")
        return found[0]

    def _whole(self, event: Event) -> Event:
        """An event as it stands, if it is all of its record."""
        there = self._only(self._present(event.key))
        if there.key != event.key:
            raise Rejected("it is another sort of event by now", "kind")
        return there

    def _shown(self, id_: str) -> Row[Appointment]:
        """What stands there after a write."""
        row = _after(self._records.one, id_) if plain(id_) else None
        if row is None:
            raise Ambiguous("what was written cannot be read back")
        return row


def _is_misread(record: Appointment, shown: Span, sent: Span, zone: str) -> bool:
    """Whether a record stands just where its wall time read as UTC leads, and nobody moved it."""
    late = shown.start - sent.start
    return bool(late) and record.updated_by is None and late == drafts.misread(sent.start, zone)


def _is_to_wait(error: VendorError) -> bool:
    """Whether the vendor wants no further call now."""
    throttled = isinstance(error, TryLater) and error.throttled
    return throttled or (isinstance(error, Ambiguous) and error.wait is not None)


def _undisturbed(record: Appointment) -> None:
    """Raise Rejected where people would have to be told."""
    if attended(record):
        raise Rejected(
            "people have a place in it: change it in TIMIFY, or approve that they are told",
            "attended",
        )


def _after(read: Callable[[Given], Found], given: Given) -> Found:
    """Read after a write: no failure there says that nothing was carried out."""
    try:
        return read(given)
    except TryLater as error:
        raise Ambiguous(f"it could not be read back: {error}", wait=error.wait) from None
    except VendorError as error:
        raise Ambiguous(f"it could not be read back: {error}") from None


def _made(reply: Reply) -> str:
    try:
        made = document(reply, Made).data
    except Nonsense:
        made = None
    if made is None or made.id is None:
        raise Ambiguous(f"{reply.where} answered without the id of what it made")
    return str(made.id)
