"""Full walks and walks over changes: which lists are read, in which order, and what they prove."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from worker.domain.event import Key, Kind, Status
from worker.domain.instants import iso
from worker.domain.listing import Batch, Confirmation, Presence, Sighting
from worker.domain.span import DAY, MINUTE, Span
from worker.vendors.base import Clock, Nonsense, Rejected, StartOver, Vanished
from worker.vendors.cliniko import mapping
from worker.vendors.cliniko.directory import Directory
from worker.vendors.cliniko.listing import (
    WITH_ARCHIVED,
    WITH_CANCELLED,
    Filters,
    Listing,
    Missing,
    NotAllowed,
    Reader,
    Refused,
    Unfilterable,
)
from worker.vendors.cliniko.patients import Patients
from worker.vendors.cliniko.progress import Errand, Found, Progress
from worker.vendors.cliniko.roster import Rosters
from worker.vendors.cliniko.wire import Booking, text_of
from worker.vendors.rows import BadRow, Page, Row, bad_row, document

MARGIN = DAY  # asked for beyond the window; what does not belong is dropped here
OVERLAP = 5 * MINUTE  # re-read: changes of one second, and those that came while a list was read
ASKED_TOGETHER = 40
ASKED_SINGLY = 25

PATHS: Mapping[Kind, str] = {
    Kind.GROUP: "/group_appointments",
    Kind.SINGLE: "/individual_appointments",
    Kind.BLOCK: "/unavailable_blocks",
}
FLAGS: Mapping[Kind, Filters] = {
    Kind.GROUP: WITH_ARCHIVED,
    Kind.SINGLE: WITH_CANCELLED,
    Kind.BLOCK: WITH_ARCHIVED,
}
CHANGES = ("updated_at", "archived_at", "deleted_at", "cancelled_at")


class Walker:
    """Reads one account's lists; `incremental` turns false once the vendor cannot tell changes."""

    def __init__(
        self, account: str, reader: Reader, clock: Clock, patients: Patients | None
    ) -> None:
        self.incremental = True
        self._account = account
        self._reader = reader
        self._directory = Directory(reader, clock)
        self._rosters = Rosters(reader)
        self._patients = patients

    def one(self, kind: Kind, native_id: str) -> Row[Booking] | BadRow:
        """One record, archived ones included. Raises Vanished, Rejected or another VendorError."""
        return self._record(PATHS[kind], FLAGS[kind], native_id)

    def found(self, key: Key) -> Row[Booking] | BadRow | None:
        """The same, or None where it is nowhere. Raises Rejected or another VendorError.

        A 404 is believed when the union says so, too: a server may know the union only.
        """
        try:
            return self.one(key.kind, key.native_id)
        except Vanished:
            pass
        try:
            row = self._record("/bookings", WITH_CANCELLED, key.native_id)
        except (Vanished, Rejected, NotAllowed):
            return None
        if isinstance(row, Row) and mapping.kind_of(row.value) is not key.kind:
            return None
        return row

    def confirmation(self, key: Key, row: Row[Booking] | BadRow) -> Confirmation:
        """What a record by id says of the event that was asked for."""
        found = Found()
        match row:
            case BadRow():
                same = row.text("id") == key.native_id
                return Confirmation(key, Presence.PRESENT if same else Presence.UNKNOWN)
            case Row() if str(row.value.id) != key.native_id:
                return Confirmation(key, Presence.UNKNOWN)
        names = self._directory.names([row])
        rosters = self._rosters.of([row.value]) if key.kind is Kind.GROUP else {}
        self._map(found, key.kind, [row], names, rosters)
        return Confirmation(key, Presence.PRESENT, next(iter(self._matched(found.sightings)), None))

    def _record(self, path: str, flags: Filters, native_id: str) -> Row[Booking] | BadRow:
        reply = self._reader.one(f"{path}/{native_id}", flags)
        try:
            return Row(document(reply, Booking), reply.body.strip())
        except Nonsense as error:
            bad = bad_row(reply.body.strip(), str(error))
            if bad.text("id"):
                return bad
            raise

    def full(self, window: Span) -> Iterator[Batch]:
        """All of the window, and what the vendor shows as cancelled around it.

        Iterating raises VendorError, never an EventError.
        """
        self._reader.forget()
        self._rosters.start()
        if self._patients:
            self._patients.start_over()
        progress = Progress(window)
        errand = Errand(_around(window))
        # The union first: a group made meanwhile is then in the list of groups for certain.
        yield from self._occupied(progress, errand)
        yield from self._groups(progress, errand)
        if not progress.answered:
            raise progress.refusals[0]
        if missing := progress.promised - progress.groups:
            progress.gaps.append(
                f"GET …/bookings shows {len(missing)} group appointments that "
                "GET …/group_appointments does not"
            )
            yield from self._again(progress, missing)
        yield from self._renamed(progress)
        yield self._end(progress)

    def changes(self, window: Span, before: Span, start: int) -> Iterator[Batch]:
        """What changed since `start`, and what the window shows beyond the window `before`.

        Iterating raises VendorError, never an EventError; StartOver where changes cannot be asked.
        """
        self._rosters.start()
        if self._patients:
            self._patients.start()
        progress = Progress(window, newest=start)
        since = start - OVERLAP
        # Whether archiving or cancelling moves `updated_at` is not documented: each is asked for.
        for name in CHANGES:
            yield from self._changed(progress, Errand(((name, f">={iso(since)}"),), name, since))
        if not progress.answered:
            raise progress.refusals[0]
        if window.end > before.end:
            # What begins in the time that the window has gained need not have changed.
            gained = (f">={iso(before.end - MINUTE)}", f"<{iso(window.end)}")
            strip = Errand(tuple(("starts_at", bound) for bound in gained))
            yield from self._occupied(progress, strip)
            yield from self._groups(progress, strip)
        joined = self._rosters.changed_since(since)
        if joined is None:
            # Attendees cannot be asked for changes, and need not move their group's `updated_at`.
            yield from self._groups(progress, Errand((("ends_at", f">{iso(window.start)}"),)))
        progress.promised |= joined or set()
        yield from self._again(progress, progress.promised - progress.groups)
        yield from self._renamed(progress)
        yield self._end(progress)

    def _changed(self, progress: Progress, errand: Errand) -> Iterator[Batch]:
        for read in (self._occupied, self._groups):
            try:
                yield from read(progress, errand)
            except Unfilterable as error:
                if errand.changed_by != "updated_at":
                    continue  # the state then shows by `updated_at`, or in the next full walk
                self.incremental = False
                raise StartOver(str(error)) from None

    def _occupied(self, progress: Progress, errand: Errand) -> Iterator[Batch]:
        """Individual appointments and unavailable blocks, by their union or one by one."""
        try:
            yield from self._read(progress, errand, "/bookings", WITH_CANCELLED, None)
        except (Missing, NotAllowed):
            yield from self._tolerant(progress, errand, Kind.SINGLE)
            yield from self._tolerant(progress, errand, Kind.BLOCK)

    def _groups(self, progress: Progress, errand: Errand) -> Iterator[Batch]:
        yield from self._tolerant(progress, errand, Kind.GROUP)

    def _tolerant(self, progress: Progress, errand: Errand, kind: Kind) -> Iterator[Batch]:
        """One kind's own list; that it cannot be read is a gap, as long as others can."""
        fields = {"", "updated_at", *(name for name, _ in FLAGS[kind])}
        if errand.changed_by not in fields:
            return
        try:
            yield from self._read(progress, errand, PATHS[kind], FLAGS[kind], kind)
        except (Missing, NotAllowed) as error:
            progress.missed(error)

    def _read(
        self, progress: Progress, errand: Errand, path: str, flags: Filters, kind: Kind | None
    ) -> Iterator[Batch]:
        identify = None if kind else _identified
        listing = Listing(self._reader, errand.question(path, flags), Booking, identify)
        for page in listing:
            progress.note(listing, page)
            if any(errand.ignored_for(row.value) for row in page.rows):
                raise Unfilterable(f"GET …{path} ignores the filter on {errand.changed_by}")
            if kind is None:
                yield self._of_union(progress, errand, page)
            else:
                yield self._of_kind(progress, errand, page, kind)
        progress.gaps += listing.gaps

    def _of_union(self, progress: Progress, errand: Errand, page: Page[Booking]) -> Batch:
        """The union's page without its groups: their own list is read for them."""
        single: list[Row[Booking]] = []
        blocks: list[Row[Booking]] = []
        for row in page.rows:
            match mapping.kind_of(row.value):
                case Kind.GROUP:
                    if self._promises(progress, errand, row):
                        progress.promised.add(text_of(row.value.id))
                case Kind.SINGLE:
                    single.append(row)
                case _:
                    blocks.append(row)
        names = self._directory.names([*single, *blocks])
        found = Found()
        for kind, rows in ((Kind.SINGLE, single), (Kind.BLOCK, blocks)):
            self._map(found, kind, rows, names, {})
        return self._batch(progress, errand, found, page.bad, None)

    def _promises(self, progress: Progress, errand: Errand, row: Row[Booking]) -> bool:
        """Whether the list of groups must show this group, too."""
        try:
            event = mapping.sighting(self._account, Kind.GROUP, row, mapping.Names()).event
        except ValueError:
            return False
        if errand.changed_by:
            return True
        return event.status is not Status.CANCELLED and progress.window.shows(event.span)

    def _of_kind(
        self, progress: Progress, errand: Errand, page: Page[Booking], kind: Kind
    ) -> Batch:
        rows: list[Row[Booking]] = list(page.rows)
        names = self._directory.names(rows)
        found = Found()
        self._map(found, kind, rows, names, {})
        if kind is Kind.GROUP:
            found = self._with_attendees(progress, errand, found, rows, names)
            progress.groups |= {row.text("id") for row in page.bad}
            progress.groups |= {item.event.key.native_id for item in found.sightings}
            progress.groups |= {item.native_id for item in found.quarantined}
        return self._batch(progress, errand, found, page.bad, kind)

    def _with_attendees(
        self,
        progress: Progress,
        errand: Errand,
        found: Found,
        rows: list[Row[Booking]],
        names: mapping.Names,
    ) -> Found:
        """The same, with the attendees of those groups that the walk will show."""
        wanted = {
            item.event.key.native_id
            for item in found.sightings
            if errand.wants(item.event, progress.window)
        }
        asked = [row.value for row in rows if str(row.value.id) in wanted]
        rosters = self._rosters.of(asked)
        again = Found()
        self._map(again, Kind.GROUP, rows, names, rosters)
        return again

    def _map(
        self,
        found: Found,
        kind: Kind,
        rows: Iterable[Row[Booking]],
        names: mapping.Names,
        rosters: Mapping[str, mapping.Roster],
    ) -> None:
        for row in rows:
            try:
                roster = rosters.get(text_of(row.value.id)) if rosters else None
                found.sightings.append(mapping.sighting(self._account, kind, row, names, roster))
            except ValueError as error:
                found.quarantined.append(mapping.senseless(row, kind, str(error)))

    def _batch(
        self,
        progress: Progress,
        errand: Errand,
        found: Found,
        bad: Iterable[BadRow],
        kind: Kind | None,
    ) -> Batch:
        quarantined = [*found.quarantined, *(mapping.quarantined(row, kind) for row in bad)]
        if any(not row.native_id for row in quarantined):
            progress.gaps.append("a row came without an id that can be read")
        wanted = (item for item in found.sightings if errand.wants(item.event, progress.window))
        return Batch(tuple(self._matched(wanted)), tuple(quarantined))

    def _matched(self, sightings: Iterable[Sighting]) -> Iterable[Sighting]:
        return self._patients.matched(sightings) if self._patients else sightings

    def _renamed(self, progress: Progress) -> Iterator[Batch]:
        """Read those events again that show somebody by a reference that is not theirs any more.

        What the walk shows last of an event is what counts; so one walk never leaves a person
        with two references. Where patients cannot be asked for, the next full walk heals it.
        """
        turned = self._patients.renamed() if self._patients else []
        for start in range(0, len(turned), ASKED_TOGETHER):
            chunk = ",".join(turned[start : start + ASKED_TOGETHER])
            errand = Errand((*_around(progress.window), ("patient_ids", f"~{chunk}")))
            try:
                yield from self._occupied(progress, errand)
                yield from self._groups(progress, errand)
            except (Refused, Unfilterable):
                return

    def _again(self, progress: Progress, ids: set[str]) -> Iterator[Batch]:
        """Read some groups by their ids: their attendees changed, or their list forgot them."""
        wanted = sorted(identifier for identifier in ids if plain(identifier))
        for start in range(0, len(wanted), ASKED_TOGETHER):
            chunk = wanted[start : start + ASKED_TOGETHER]
            errand = Errand((("id", "=" + ",".join(chunk)),), only=frozenset(chunk))
            try:
                yield from self._read(
                    progress, errand, PATHS[Kind.GROUP], FLAGS[Kind.GROUP], Kind.GROUP
                )
            except (Missing, NotAllowed, Refused, Unfilterable):
                yield from self._singly(progress, chunk)

    def _singly(self, progress: Progress, ids: list[str]) -> Iterator[Batch]:
        """The same, one call each: only for so many that the others still get their turn."""
        errand = Errand((), only=frozenset(ids))
        for identifier in ids[:ASKED_SINGLY]:
            try:
                row = self.one(Kind.GROUP, identifier)
            except (Vanished, Rejected, NotAllowed):
                continue  # no group at all: individual appointments have attendees, too
            match row:
                case Row():
                    yield self._of_kind(progress, errand, Page((row,), ()), Kind.GROUP)
                case BadRow():
                    yield self._of_kind(progress, errand, Page((), (row,)), Kind.GROUP)
        if len(ids) > ASKED_SINGLY:
            progress.gaps.append(
                f"GET …{PATHS[Kind.GROUP]} cannot be asked for several ids, and "
                f"{len(ids) - ASKED_SINGLY} groups were not asked for one by one"
            )

    def _end(self, progress: Progress) -> Batch:
        gaps = tuple(dict.fromkeys((*progress.gaps, *self._rosters.gaps)))
        # A cursor after gaps would step over what was not seen.
        return Batch(gaps=gaps, cursor=None if gaps or not self.incremental else progress.cursor())


def _around(window: Span) -> Filters:
    return (
        ("starts_at", f"<{iso(window.end + MARGIN)}"),
        ("ends_at", f">{iso(window.start - MARGIN)}"),
    )


def plain(native_id: str) -> bool:
    """Whether an id may be a part of an address; all that Cliniko gave out so far may."""
    return native_id.isascii() and native_id.isalnum() and len(native_id) <= 40


def _identified(booking: Booking) -> str:
    # Ids look shared between the kinds of the union, but nobody promises it.
    return f"{mapping.kind_of(booking)}:{text_of(booking.id)}"
