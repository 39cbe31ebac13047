"""Acuity's endpoints: how an account is asked, and what its answers add up to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import httpx

from worker.domain.conflict.openings import Opening
from worker.domain.event import Event, Key, Kind
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor, Presence, Sighting
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import DAY, Span
from worker.vendors.acuity import availability, inspection, mapping, sifting, sources, wire
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.classes import Classes
from worker.vendors.acuity.errors import Refused, explaining
from worker.vendors.acuity.mapping import Context, Unreadable
from worker.vendors.acuity.settings import API_ROOT, AcuitySettings
from worker.vendors.acuity.whole import Ask, Part, Reading
from worker.vendors.acuity.writing import Writing, objects
from worker.vendors.answers import Reply
from worker.vendors.base import (
    Access,
    Capabilities,
    EventError,
    Nonsense,
    Seams,
    Vanished,
    Walk,
)
from worker.vendors.http import Outlet
from worker.vendors.redaction import redacted
from worker.vendors.rows import Row, bad_row, document
from worker.vendors.transport import deadline
from worker.vendors.writer import Telling

WINDOW_DAYS = 30  # one question for so many days; more where they are too full
MARGIN = 1  # day: in which zone minDate and maxDate are cut is not documented
BLOCKS_BACK = 92  # days: whether minDate means the end or the start of a long block is not either
CLASS_SEARCH = 7  # days around where a class was last seen
LIMITS = (8, 1.0)  # a bit below the published ten a second per IP address

T = TypeVar("T", wire.Appointment, wire.Block)


class Acuity:
    """One account at Acuity Scheduling."""

    capabilities = Capabilities(create=True, move=True, remove=True, hold=True)

    def __init__(self, account: str, settings: AcuitySettings, seams: Seams) -> None:
        self.account = account
        self.zone = settings.timezone or seams.zone
        host = httpx.URL(settings.base_url).netloc.decode()
        self._settings = settings
        self._outlet = Outlet(
            seams,
            base_url=settings.base_url,
            root=API_ROOT,
            authorise=lambda: {"Authorization": _authorisation(settings)},
            # Counted per IP address, so for all accounts at once.
            pacer=seams.pacers.named(f"acuity:{host}", LIMITS),
            explain=explaining(_login(settings), seams.clock.now),
        )
        self._catalogue = Catalogue(self._outlet)
        self._writing = Writing(account, self.zone, self._outlet, self._catalogue)

    def fetch(self, window: Span, since: Cursor | None) -> Walk:  # noqa: ARG002 - see below
        """Everything in `window`: the vendor tells no changes, so a cursor is of no use."""
        return Walk(Coverage.FULL, self._batches(window))

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:  # noqa: ARG002
        """Ask for one appointment or block by id, for a class by its rows around `last`.

        An appointment that has meanwhile become a place in a class is gone as an event of its own.
        """
        if not self._catalogue.types:
            self._catalogue.refresh()
        match key.kind:
            case Kind.SINGLE:
                return self._confirm_one(key, "/appointments/", wire.Appointment, mapping.single)
            case Kind.BLOCK:
                return self._confirm_one(key, "/blocks/", wire.Block, mapping.block)
            case Kind.GROUP:
                return self._confirm_class(key, last)
            case _:
                return Confirmation(key, Presence.UNKNOWN)

    def free(
        self, event: Event, answer: bytes | None, search: Span, within: float
    ) -> Sequence[Opening] | None:
        """Acuity's own free times for an appointment, or classes of the same type with room."""
        with deadline(within):
            return availability.openings(self._outlet, event, answer, search, self.zone)

    def refuses(self, intent: Intent) -> str:
        """Why there can be no such hold or copy, as a sentence."""
        return self._writing.refuses(intent)

    def shape(self, intent: Intent) -> Intent:
        """The same in whole minutes, as Acuity keeps it."""
        return self._writing.shape(intent)

    def create(self, intent: Intent) -> Written:
        """A block or an appointment with our mark, by one POST."""
        return self._writing.create(intent)

    def update(self, key: Key, intent: Intent) -> Written:
        """A hold by a new block before the old one goes, an appointment by its own endpoints."""
        return self._writing.update(key, intent)

    def delete(self, key: Key, reason: str) -> None:  # noqa: ARG002 - nobody is told, so no reason
        """Delete a block, cancel an appointment."""
        self._writing.delete(key)

    def probe(self, intent: Intent) -> Written | None:
        """What carries the mark around its time, cancelled appointments apart."""
        return self._writing.probe(intent)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """Reschedule an appointment; make a block anew."""
        return self._writing.move(event, span, telling)

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        """Cancel an appointment, delete a block: neither can be taken back."""
        self._writing.end(event, reason, telling)

    def objects(self, event: Event, to: Span | None, telling: Telling) -> str:  # noqa: ARG002
        """A class can be neither moved nor cancelled as a whole. See `Foreseeing`."""
        return objects(event)

    def redact(self, answer: bytes) -> bytes:
        """The answer without names, contacts, notes, forms, certificates and links."""
        return redacted(answer, wire.SHOWN)

    def check(self) -> Access:
        """Say what the login may read. Raises VendorError where nothing at all can be read."""
        return inspection.inspect(self._outlet, self._settings, self._catalogue)

    def close(self) -> None:
        """Drop the connections."""
        self._outlet.close()

    def _batches(self, window: Span) -> Iterator[Batch]:
        yield Batch(gaps=self._catalogue.refresh())
        yield from self._appointments(window)
        yield from self._blocks(window)
        # A split by calendar that could not know them all proves nothing.
        yield Batch(gaps=self._catalogue.trouble())

    def _appointments(self, window: Span) -> Iterator[Batch]:
        source = sources.appointments(self._outlet, self._catalogue)
        reading = Reading(source, sources.MOST)
        first, last = _days(window, MARGIN + self._catalogue.longest_days(), MARGIN)
        for ask in _stretches(first, last):
            classes = Classes()
            for part in reading.parts(ask):
                yield sifting.appointments(part, classes, self._context(part), window)
            # All rows of a class begin together: with its days read, a class is whole.
            seen, quarantined = classes.seen(self._context(Part()))
            shown = tuple(one for one in seen if window.shows(one.event.span))
            yield Batch(sightings=shown, quarantined=tuple(quarantined))

    def _blocks(self, window: Span) -> Iterator[Batch]:
        reading = Reading(sources.blocks(self._outlet, self._catalogue), sources.MOST)
        ask = Ask(*_days(window, BLOCKS_BACK, MARGIN))
        try:
            for part in reading.parts(ask):
                yield sifting.blocks(part, self._context(part), window, _asked(ask))
        except (EventError, Refused) as error:
            yield Batch(gaps=(f"{error}: blocks were not read",))

    def _context(self, part: Part[T]) -> Context:
        if not all(row.value.zone for row in part.rows):
            self._catalogue.zones()
        return Context(self.account, self.zone, self._catalogue.types, self._catalogue.known)

    def _confirm_one(
        self, key: Key, path: str, model: type[T], event_of: Callable[[T, Context], Event]
    ) -> Confirmation:
        if not key.native_id.isascii() or not key.native_id.isalnum():
            return Confirmation(key, Presence.UNKNOWN)  # would lead to another path
        try:
            reply = self._outlet.get(path + key.native_id)
        except Vanished:
            return Confirmation(key, Presence.GONE)
        except EventError:
            return Confirmation(key, Presence.UNKNOWN)
        row = _read(reply, model, key)
        if row is None:
            return Confirmation(key, Presence.PRESENT)
        if wire.text_of(row.id) != key.native_id:
            return Confirmation(key, Presence.UNKNOWN)
        if isinstance(row, wire.Appointment) and mapping.class_of(row):
            return Confirmation(key, Presence.GONE)
        part = Part((Row(row, reply.body),))
        try:
            event = event_of(row, self._context(part))
        except Unreadable:
            return Confirmation(key, Presence.PRESENT)
        return Confirmation(key, Presence.PRESENT, Sighting(event, reply.body))

    def _confirm_class(self, key: Key, last: Span) -> Confirmation:
        """Look for the class's rows where they were: Acuity cannot be asked for a class.

        A class is known by its rows only. If a reading that is whole shows none of them there, then
        nobody has a place in it at that time, wherever else it may be: as this event it is gone.
        """
        source = sources.appointments(self._outlet, self._catalogue)
        classes, context, doubts = Classes(), self._context(Part()), False
        ask = Ask(*_days(last, CLASS_SEARCH, CLASS_SEARCH))
        for part in Reading(source, sources.MOST).parts(ask):
            self._context(part)
            for row in part.rows:
                if mapping.class_of(row.value) == key.native_id:
                    classes.add(row)
            doubts = doubts or bool(part.gaps or part.bad)
        seen, quarantined = classes.seen(context)
        if seen or quarantined:
            whole = seen[0] if seen and not doubts else None
            return Confirmation(key, Presence.PRESENT, whole)
        doubts = doubts or bool(self._catalogue.trouble())
        return Confirmation(key, Presence.UNKNOWN if doubts else Presence.GONE)


def _read(reply: Reply, model: type[T], key: Key) -> T | None:
    """The row, or None where it is the right one but makes no sense. Raises Nonsense."""
    try:
        return document(reply, model)
    except Nonsense:
        if bad_row(reply.body, "").text("id") == key.native_id:
            return None
        raise


def _authorisation(settings: AcuitySettings) -> str:
    if settings.access_token is not None:
        return f"Bearer {settings.access_token.get_secret_value()}"
    key = settings.api_key.get_secret_value() if settings.api_key else ""
    return "Basic " + b64encode(f"{settings.user_id}:{key}".encode()).decode()


def _login(settings: AcuitySettings) -> str:
    if settings.access_token is not None:
        return "the access_token (connect the account again: such tokens cannot be refreshed)"
    return "user_id with api_key"


def _days(span: Span, before: int, after: int) -> tuple[date, date]:
    """The UTC days of `span` and so many more: a day is enough for any zone on Earth."""
    first = datetime.fromtimestamp(span.start, UTC).date() - timedelta(days=before)
    return first, datetime.fromtimestamp(span.end, UTC).date() + timedelta(days=after)


def _stretches(first: date, last: date) -> Iterator[Ask]:
    """Stretches of 30 days that share a day, should the last one turn out to be left out."""
    while (last - first).days > WINDOW_DAYS:
        end = first + timedelta(days=WINDOW_DAYS)
        yield Ask(first, end)
        first = end
    yield Ask(first, last)


def _asked(ask: Ask) -> Span:
    start = datetime(ask.first.year, ask.first.month, ask.first.day, tzinfo=UTC).timestamp()
    return Span(int(start) - DAY, int(start) + (ask.days + 2) * DAY)
