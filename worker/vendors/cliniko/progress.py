"""What one walk over a Cliniko account asks for, and what it has learnt beside events."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from worker.domain.event import Event, Status
from worker.domain.instants import EARLIEST, LATEST, instant
from worker.domain.listing import Quarantined, Sighting
from worker.domain.span import Span
from worker.vendors.base import VendorError
from worker.vendors.cliniko.listing import Filters, Listing, Question
from worker.vendors.cliniko.wire import Booking, Stated
from worker.vendors.rows import Page


class Place(msgspec.Struct):
    """The text of a cursor: an instant on the vendor's clock, in epoch seconds."""

    at: int


@dataclass(frozen=True, slots=True)
class Errand:
    """What one reading of the lists is for: a stretch of time, or what changed by one field.

    Changed rows are shown whatever their time: an event that was moved away must not be lost.
    """

    filters: Filters
    changed_by: str = ""
    since: int = 0
    only: frozenset[str] = frozenset()  # some records, by their ids

    def question(self, path: str, flags: Filters) -> Question:
        """The same, asked of one list."""
        others = tuple(flag for flag in flags if flag[0] != self.changed_by)
        needed = {name for name, _ in self.filters} if self.only or self.changed_by else set()
        # Without the filter on patients, a reading of a few events would be one of all.
        needed |= {name for name, _ in self.filters if name == "patient_ids"}
        return Question(path, self.filters + others, frozenset(needed))

    def wants(self, event: Event, window: Span) -> bool:
        """Whether an event that the list showed belongs into the walk."""
        if self.only or self.changed_by or event.status is Status.CANCELLED:
            return True
        return window.shows(event.span)

    def ignored_for(self, booking: Booking) -> bool:
        """Whether this row proves that the vendor did not apply the filter."""
        if self.only:
            return str(booking.id) not in self.only
        return bool(self.changed_by) and unchanged(booking, self.changed_by, self.since)


@dataclass(slots=True)
class Progress:
    """What a walk has found out so far, apart from events."""

    window: Span
    newest: int | None = None
    served_at: int | None = None
    answered: bool = False
    refusals: list[VendorError] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)  # ids that the list of groups has shown
    promised: set[str] = field(default_factory=set)  # ids that the union or attendees speak of

    def note(self, listing: Listing[Booking], page: Page[Booking]) -> None:
        """Remember the clocks that a page shows."""
        self.answered = True
        self.served_at = self.served_at or listing.served_at
        moments = [moment_of(row.value.updated_at) for row in page.rows]
        known = [moment for moment in (self.newest, *moments) if moment is not None]
        self.newest = max(known, default=None)

    def missed(self, error: VendorError) -> None:
        """Remember a list that cannot be read."""
        self.refusals.append(error)
        self.gaps.append(str(error))

    def cursor(self) -> str | None:
        """Where the next walk may begin, on the vendor's clock only.

        The clock of the first answer, or the newest change seen: whichever is earlier, since
        rows may bear a date of tomorrow, and servers may tell a wrong time.
        """
        known = [moment for moment in (self.served_at, self.newest) if moment is not None]
        return msgspec.json.encode(Place(min(known))).decode() if known else None


@dataclass(frozen=True, slots=True)
class Found:
    """What the rows of one page became."""

    sightings: list[Sighting] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)


def unchanged(row: Stated, name: str, since: int) -> bool:
    """Whether a row evidently did not change by the field `name` since then."""
    text = getattr(row, name)
    if not text:
        return name != "updated_at"  # a row without the time of its change proves nothing
    moment = moment_of(text)
    return moment is not None and moment < since


def moment_of(text: str | None) -> int | None:
    """A row's time as epoch seconds; None where there is none that can be read."""
    try:
        return instant(text) if text else None
    except (ValueError, OverflowError):
        return None


def place_of(cursor: str) -> int | None:
    """The instant in a cursor's text; None where it is not one of ours."""
    try:
        place = msgspec.json.decode(cursor, type=Place)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return place.at if EARLIEST < place.at < LATEST else None
