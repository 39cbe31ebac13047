"""One TIMIFY account: which lists are asked for, and what their rows become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from worker.domain.event import Event, Key, Kind
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor, Presence, Sighting
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.base import (
    Access,
    Capabilities,
    EventError,
    NeedsPerson,
    Nonsense,
    Seams,
    Vanished,
    Walk,
)
from worker.vendors.rows import BadRow, Page, Row
from worker.vendors.timify import drafts
from worker.vendors.timify.access import look_around
from worker.vendors.timify.directory import Directory
from worker.vendors.timify.harvest import Harvest
from worker.vendors.timify.mapping import (
    Setting,
    Stretch,
    Unreadable,
    events,
    may_have_others,
    stretches,
)
from worker.vendors.timify.paging import Budget, PagedList, by_id
from worker.vendors.timify.place import Place
from worker.vendors.timify.records import PATH, Records, asked_for, plain, slices
from worker.vendors.timify.redact import without_people
from worker.vendors.timify.session import Session
from worker.vendors.timify.settings import Settings
from worker.vendors.timify.timeshifts import Timeshifts
from worker.vendors.timify.wire import Appointment
from worker.vendors.timify.writing import Writing
from worker.vendors.writer import Telling

MOST_REMEMBERED = 10_000


class Timify:
    """One company's appointments and denied times; there is no feed of changes.

    What is written tells nobody, but by a person's approval.
    """

    capabilities = Capabilities(read=True, create=True, move=True, remove=True, hold=True)

    def __init__(self, account: str, settings: Settings, seams: Seams) -> None:
        self.account = account
        self.zone = settings.timezone or seams.zone
        self._settings = settings
        self._clock = seams.clock
        self._session = Session(seams, settings)
        self._directory = Directory(self._session, seams.clock, settings.company_id)
        self._timeshifts = Timeshifts(self._session, self._directory)
        self._is_assumed_zone = settings.timezone is None
        self._records = Records(self._session, self._directory, self._setting)
        place = Place(seams.clock, self._settled)
        self._writing = Writing(self._session, self._records, place)
        self._has_others: dict[str, tuple[str, bool]] = {}

    def fetch(self, window: Span, since: Cursor | None) -> Walk:  # noqa: ARG002  # no change feed
        """All that the company shows in `window`, read in slices of at most 30 days."""
        return Walk(Coverage.FULL, self._walk(window))

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:  # noqa: ARG002
        """Ask for one record by its id; for a block, the list of the days it was last seen on."""
        self._learn_zone()
        if key.kind is Kind.BLOCK:
            return self._timeshifts.confirm(key, last, self._setting())
        if not plain(key.native_id):
            return Confirmation(key, Presence.UNKNOWN)
        try:
            row = self._records.one(key.native_id)
        except Vanished:
            return Confirmation(key, Presence.GONE)
        except (EventError, Nonsense):
            return Confirmation(key, Presence.UNKNOWN)
        return self._confirmed(key, row) if row else Confirmation(key, Presence.UNKNOWN)

    def refuses(self, intent: Intent) -> str:
        """Why no such hold or copy can stand here; empty where it can."""
        return drafts.refuses(intent)

    def shape(self, intent: Intent) -> Intent:
        """Outward onto the five-minute grid of the company's clocks; titles as one line."""
        return drafts.shape(intent, self.zone)

    def create(self, intent: Intent) -> Written:
        """Make an appointment of ours. Raises as `Writer` says."""
        return self._writing.create(intent)

    def update(self, key: Key, intent: Intent) -> Written:
        """Change a hold or copy of ours. Raises as `Writer` says."""
        return self._writing.update(key, intent)

    def delete(self, key: Key, reason: str) -> None:  # noqa: ARG002  # nobody is told
        """Delete a hold or copy of ours. Raises as `Writer` says."""
        self._writing.delete(key)

    def probe(self, intent: Intent) -> Written | None:
        """What an interrupted write left behind. Raises as `Writer` says."""
        return self._writing.probe(intent)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """Move an appointment, as a person approved. Raises as `Settling` says."""
        return self._writing.move(event, span, telling)

    def end(self, event: Event, reason: str, telling: Telling) -> None:  # noqa: ARG002  # no field
        """Delete an appointment, as a person approved. Raises as `Settling` says."""
        self._writing.end(event, telling)

    def redact(self, answer: bytes) -> bytes:
        """A record without secrets and people."""
        return without_people(answer)

    def check(self) -> Access:
        """What the app may read, and whether the zone is right."""
        self._learn_zone()
        now = self._clock.now()
        return look_around(
            self._session, self._directory, self._timeshifts, self._settings, self.zone, now
        )

    def close(self) -> None:
        """Drop the connections."""
        self._session.close()

    def _walk(self, window: Span) -> Iterator[Batch]:
        self._learn_zone()
        budget = Budget()
        seen: set[int] = set()
        days = tuple(slices(window, self.zone))
        for first, last in days:
            params = asked_for((first, last), self.zone)
            found = PagedList(self._session.get, PATH, params, Appointment, budget, by_id)
            for page in found.pages():
                yield self._batch(page, window, seen)
            if found.gaps:
                yield Batch(gaps=found.gaps)
        yield from self._timeshifts.walk(window, days, self._setting(), budget)

    def _batch(self, page: Page[Appointment], window: Span, seen: set[int]) -> Batch:
        """A page's new rows: a record comes again, unchanged, in each slice that it reaches."""
        harvest = Harvest(f"GET {PATH}")
        setting = self._setting()
        for bad in page.bad:
            harvest.set_aside(_kind(bad), bad.text("id") or None, bad.reason, bad.answer)
        for row in page.rows:
            mark = hash(row.answer)
            if mark in seen:
                continue
            seen.add(mark)
            record = row.value
            try:
                harvest.add(self._events(record, setting, window), row.answer)
            except Unreadable as error:
                kind = Kind.GROUP if record.is_course else Kind.SINGLE
                harvest.set_aside(kind, record.id, str(error), row.answer)
        return harvest.batch()

    def _events(self, record: Appointment, setting: Setting, window: Span) -> Iterator[Event]:
        pieces = stretches(record)
        self._directory.note(record.resources or ())
        if not any(window.shows(piece.span) for piece in pieces):
            return iter(())
        alone = not self._is_one_of_several(record, pieces)
        return events(record, pieces, setting, window.shows, alone)

    def _is_one_of_several(self, record: Appointment, pieces: list[Stretch]) -> bool:
        """Whether a series that shows a single stretch has others: only the record itself tells.

        The answer is remembered for as long as the record does not change.
        """
        if not may_have_others(record, pieces):
            return False
        native_id, version = str(record.id), str(record.timestamp or record.updated_at or "")
        known = self._has_others.get(native_id)
        if known and version and known[0] == version:
            return known[1]
        if len(self._has_others) >= MOST_REMEMBERED:
            self._has_others.clear()
        answer = self._shows_several(native_id)
        self._has_others[native_id] = (version, answer)
        return answer

    def _shows_several(self, native_id: str) -> bool:
        # Where it cannot be told, the occurrence keeps its day as its name.
        if not plain(native_id):
            return True
        try:
            row = self._records.one(native_id)
            return row is None or len(stretches(row.value)) > 1
        except (EventError, NeedsPerson, Nonsense, Unreadable):
            return True

    def _confirmed(self, key: Key, row: Row[Appointment]) -> Confirmation:
        try:
            shown = self._records.events(row)
        except Unreadable:
            return Confirmation(key, Presence.UNKNOWN)
        for event in shown:
            if event.key == key:
                return Confirmation(key, Presence.PRESENT, Sighting(event, row.answer))
        return Confirmation(key, Presence.GONE)

    def _learn_zone(self) -> None:
        """Use the company's own zone unless the operator named one."""
        if self._settings.timezone is None and (zone := self._directory.zone()):
            self.zone, self._is_assumed_zone = zone, False

    def _settled(self) -> Setting:
        self._session.ready()  # else a wrong secret would look like an unknown zone
        self._learn_zone()
        return self._setting()

    def _setting(self) -> Setting:
        return Setting(
            self.account,
            self.zone,
            self._clock.now(),
            self._directory.external,
            self._is_assumed_zone,
        )


def _kind(bad: BadRow) -> Kind | None:
    match bad.fields.get("isCourse"):
        case True:
            return Kind.GROUP
        case False:
            return Kind.SINGLE
        case _:
            return None
