"""One Cliniko account: what it shows, single records, and what its key may do."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from worker import __version__
from worker.domain.event import Event, Key
from worker.domain.listing import Confirmation, Coverage, Cursor, Presence
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import HOUR, Span
from worker.vendors.base import Access, Capabilities, Rejected, Seams, Walk
from worker.vendors.cliniko import drafts, mapping, report
from worker.vendors.cliniko.listing import NotAllowed, Reader, explain
from worker.vendors.cliniko.patients import Patients
from worker.vendors.cliniko.progress import place_of
from worker.vendors.cliniko.settings import ClinikoSettings
from worker.vendors.cliniko.walk import PATHS, Walker, plain
from worker.vendors.cliniko.wire import Conflicts
from worker.vendors.cliniko.writing import Writing, objects
from worker.vendors.http import Outlet
from worker.vendors.rows import document
from worker.vendors.writer import Telling

PACE = (180, 60.0)  # Cliniko allows a user 200 calls a minute
FULL_EVERY = HOUR


class Cliniko:
    """One account at Cliniko. What is written tells nobody, but by a person's approval."""

    capabilities = Capabilities(read=True, create=True, move=True, remove=True, hold=True)
    compares = "practitioner"

    def __init__(self, account: str, settings: ClinikoSettings, seams: Seams) -> None:
        key = settings.api_key.get_secret_value()
        credentials = "Basic " + base64.b64encode(f"{key}:".encode()).decode()
        self.account = account
        self.zone = settings.timezone or seams.zone
        self._settings = settings
        self._clock = seams.clock
        self._outlet = Outlet(
            seams,
            base_url=settings.origin,
            root="/v1",
            authorise=lambda: {"Authorization": credentials},
            pacer=seams.pacers.named(f"cliniko:{settings.login}", PACE),
            explain=explain,
            headers={"User-Agent": f"calsync/{__version__} ({settings.contact})"},
        )
        self._reader = Reader(self._outlet)
        patients = Patients(account, self._reader, seams.clock) if settings.match_patients else None
        self._walker = Walker(account, self._reader, seams.clock, patients)
        self._writing = Writing(
            account, settings.business_id, self._outlet, self._reader, self._walker
        )

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        """All of the window; or what changed, while the last full walk is less than an hour ago."""
        start = self._resumable(window, since)
        if since is None or start is None:
            return Walk(Coverage.FULL, self._walker.full(window))
        return Walk(Coverage.CHANGES, self._walker.changes(window, since.window, start))

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:  # noqa: ARG002
        """Ask for one event by id, archived ones included; a 404 is believed when it is double."""
        if not plain(key.native_id):
            return Confirmation(key, Presence.UNKNOWN)
        try:
            row = self._walker.found(key)
        except (Rejected, NotAllowed):
            return Confirmation(key, Presence.UNKNOWN)
        if row is None:
            return Confirmation(key, Presence.GONE)
        return self._walker.confirmation(key, row)

    def conflicts(self, key: Key) -> bool:
        """Whether Cliniko says that anything conflicts with this event; it does not say what.

        Raises VendorError; Vanished where the event is not there, or has no such question.
        """
        if not plain(key.native_id):
            raise Rejected("an event with this id cannot be asked for")
        reply = self._outlet.get(f"{PATHS[key.kind]}/{key.native_id}/conflicts")
        return document(reply, Conflicts).conflicts.exist

    def refuses(self, intent: Intent) -> str:
        """Why Cliniko cannot have this; empty where it can. No request is made."""
        return self._writing.refuses(intent)

    def shape(self, intent: Intent) -> Intent:
        """The same without what Cliniko cannot keep: a title and a location of its own."""
        return drafts.shape(intent)

    def create(self, intent: Intent) -> Written:
        """Make an unavailable block or a group appointment. Raises as `Writer` says."""
        return self._writing.create(intent)

    def update(self, key: Key, intent: Intent) -> Written:
        """Change a hold or copy of ours. Raises as `Writer` says."""
        return self._writing.update(key, intent)

    def delete(self, key: Key, reason: str) -> None:  # noqa: ARG002
        """Archive a hold or copy of ours. Raises as `Writer` says."""
        self._writing.delete(key)

    def probe(self, intent: Intent) -> Written | None:
        """What an interrupted write left behind. Raises as `Writer` says."""
        return self._writing.probe(intent)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """Move an appointment or block. Raises as `Settling` says."""
        return self._writing.move(event, span, telling)

    def end(self, event: Event, reason: str, telling: Telling) -> None:  # noqa: ARG002
        """Cancel an individual appointment, archive anything else. Raises as `Settling` says."""
        self._writing.end(event, telling)

    def objects(self, event: Event, to: Span | None, telling: Telling) -> str:  # noqa: ARG002
        """What people have places in is changed only where they may be told. See `Foreseeing`."""
        return objects(event, telling)

    def redact(self, answer: bytes) -> bytes:
        """The answer without people, notes and bearer links."""
        return mapping.redact(answer)

    def check(self) -> Access:
        """Which lists the key may read, and which practitioners and businesses there are."""
        return report.access(self._reader, self._settings)

    def close(self) -> None:
        """Drop the connections."""
        self._outlet.close()

    def _resumable(self, window: Span, since: Cursor | None) -> int | None:
        """Where a walk over changes may begin; None where only a full one will do."""
        if since is None or not self._walker.incremental or window.start < since.window.start:
            return None
        if not 0 <= self._clock.now() - since.full_at < FULL_EVERY:
            return None
        return place_of(since.text)
