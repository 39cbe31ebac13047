"""Who attends a group appointment: asked for many groups at once where the vendor allows it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import Enum

from worker.domain.instants import iso
from worker.vendors.cliniko.listing import (
    WITH_CANCELLED,
    Listing,
    Missing,
    NotAllowed,
    Question,
    Reader,
    Refused,
    Unfilterable,
)
from worker.vendors.cliniko.progress import unchanged
from worker.vendors.cliniko.wire import Attendee, Booking, linked, path_of, text_of, text_or_nothing
from worker.vendors.rows import Page, Row

TOGETHER_AT_MOST = 40  # ids of 19 digits in one address
SAMPLES = 3

Roster = Sequence[Row[Attendee]]


class _Way(Enum):
    """How attendees can be asked for; each falls back to the next, for the process's life."""

    TOGETHER = "booking_id:=1,2,3"
    SINGLY = "booking_id:=1"
    NESTED = "/group_appointments/1/attendees"  # deprecated, though still what the link shows
    CLOSED = "not at all"


class Rosters:
    """Reads attendees; `gaps` collects what could not be read of them."""

    def __init__(self, reader: Reader) -> None:
        self.gaps: list[str] = []
        self._reader = reader
        self._way = _Way.TOGETHER
        self._lists_work = False  # whether one answer has shown the attendees of two groups

    def start(self) -> None:
        """Begin a walk: no gaps yet, and what was not allowed is tried again."""
        self.gaps = []
        if self._way is _Way.CLOSED:
            self._way = _Way.TOGETHER

    def of(self, groups: Sequence[Booking]) -> Mapping[str, Roster]:
        """The attendees of each group by its id; groups are left out where they cannot be read.

        Raises VendorError.
        """
        hints = {text_of(group.id): group.patient_ids != [] for group in groups}
        ids = list(hints)
        found: dict[str, Roster] = {}
        for start in range(0, len(ids), TOGETHER_AT_MOST):
            found |= self._chunk(ids[start : start + TOGETHER_AT_MOST], hints)
        for group in groups:
            self._settle(group, found)
        return found

    def changed_since(self, since: int) -> set[str] | None:
        """The bookings of the attendees that changed; None where that cannot be asked.

        A change of an attendee need not move the `updated_at` of its group.
        """
        ids: set[str] = set()
        for name in ("updated_at", "cancelled_at", "archived_at", "deleted_at"):
            try:
                ids |= self._changed(name, since)
            except (Missing, NotAllowed, Refused, Unfilterable):
                if name == "updated_at":
                    return None
        return ids - {""}

    def _changed(self, name: str, since: int) -> set[str]:
        others = tuple(flag for flag in WITH_CANCELLED if flag[0] != name)
        filters = ((name, f">={iso(since)}"), *others)
        listing = Listing(
            self._reader, Question("/attendees", filters, frozenset({name})), Attendee
        )
        ids: set[str] = set()
        for page in listing:
            if any(unchanged(row.value, name, since) for row in page.rows):
                raise Unfilterable(f"GET …/attendees ignores the filter on {name}")
            self._note_bad(page)
            ids |= {linked(row.value.booking) for row in page.rows if not _elsewhere(row.value)}
        self.gaps += listing.gaps
        return ids

    def _settle(self, group: Booking, found: dict[str, Roster]) -> None:
        """Ask the group itself where its attendees are not the patients that it names.

        An attendee's link need not tell kinds of bookings apart, whose ids may be equal.
        """
        identifier = text_of(group.id)
        roster = found.get(identifier)
        if roster is None or group.patient_ids is None:
            return
        present = Counter(linked(row.value.patient) for row in roster if not row.value.hidden)
        if present - Counter(text_or_nothing(patient) for patient in group.patient_ids):
            own = self._nested(identifier)
            found[identifier] = roster if own is None else own

    def _chunk(self, ids: list[str], hints: Mapping[str, bool]) -> dict[str, Roster]:
        if self._way is _Way.TOGETHER:
            found = self._filtered(ids)
            if found is not None and self._believable(found, hints):
                return found
            self._way = _Way.SINGLY
        return {
            identifier: roster
            for identifier in ids
            if (roster := self._single(identifier)) is not None
        }

    def _believable(self, found: Mapping[str, Roster], hints: Mapping[str, bool]) -> bool:
        """Whether the list of ids was honoured: a vendor may read the first number of it only."""
        shown = [identifier for identifier, roster in found.items() if roster]
        self._lists_work = self._lists_work or len(shown) > 1
        if self._lists_work or len(found) < 2:
            return True
        doubtful = [name for name, roster in found.items() if not roster and hints[name]]
        return not any((self._filtered([name]) or {}).get(name) for name in doubtful[:SAMPLES])

    def _single(self, identifier: str) -> Roster | None:
        if self._way is _Way.SINGLY:
            found = self._filtered([identifier])
            if found is not None:
                return found.get(identifier)
            self._way = _Way.NESTED
        return self._nested(identifier) if self._way is _Way.NESTED else None

    def _filtered(self, ids: list[str]) -> dict[str, Roster] | None:
        """The attendees of `ids`; None where the filter is refused or evidently ignored."""
        filters = (("booking_id", "=" + ",".join(ids)),)
        question = Question("/attendees", filters, frozenset({"booking_id"}))
        listing = Listing(self._reader, question, Attendee)
        shown: dict[str, dict[str, Row[Attendee]]] = {identifier: {} for identifier in ids}
        alone = ids[0] if len(ids) == 1 else ""
        try:
            for page in listing:
                for row in page.rows:
                    booking = linked(row.value.booking) or alone
                    if booking not in shown:
                        return None
                    if not _elsewhere(row.value):
                        shown[booking] |= self._named(row)
                self._note_bad(page)
        except NotAllowed:
            self._way = _Way.CLOSED
            return {}
        except (Missing, Refused, Unfilterable):
            return None
        self.gaps += listing.gaps
        return {identifier: _sorted(rows) for identifier, rows in shown.items()}

    def _nested(self, identifier: str) -> Roster | None:
        path = f"/group_appointments/{identifier}/attendees"
        listing = Listing(self._reader, Question(path), Attendee)
        rows: dict[str, Row[Attendee]] = {}
        try:
            for page in listing:
                for row in page.rows:
                    rows |= self._named(row)
                self._note_bad(page)
        except NotAllowed:
            self._way = _Way.CLOSED
            return None
        except (Missing, Refused):
            return None  # an archived group may hide its attendees, too
        self.gaps += listing.gaps
        return _sorted(rows)

    def _named(self, row: Row[Attendee]) -> dict[str, Row[Attendee]]:
        """The row under its id; nothing but a gap where that cannot be one."""
        try:
            return {text_of(row.value.id): row}
        except ValueError as error:
            self.gaps.append(f"GET …/attendees: one cannot be read: {error}")
            return {}

    def _note_bad(self, page: Page[Attendee]) -> None:
        self.gaps += [f"GET …/attendees: one cannot be read: {row.reason}" for row in page.bad]


def _sorted(rows: Mapping[str, Row[Attendee]]) -> Roster:
    return [rows[identifier] for identifier in sorted(rows)]


def _elsewhere(attendee: Attendee) -> bool:
    # Patients of individual appointments are attendees, too, and ids may be equal across kinds.
    return "/individual_appointments/" in path_of(attendee.booking)
