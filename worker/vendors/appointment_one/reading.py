"""One walk over an account: its booking pages, then the appointments whose ids are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from worker.domain.event import Kind, Status
from worker.domain.listing import Batch, Quarantined, Sighting, Template
from worker.domain.span import Span
from worker.vendors.appointment_one import mapping
from worker.vendors.appointment_one.mapping import Unreadable
from worker.vendors.appointment_one.records import Calendars, Pages, listed, record
from worker.vendors.appointment_one.wire import Appointment
from worker.vendors.base import Nonsense, Rejected, Vanished
from worker.vendors.http import Outlet
from worker.vendors.rows import BadRow, Row

BATCH = 100


@dataclass(slots=True)
class Reading:
    """Reads everything once. Raises VendorError."""

    account: str
    outlet: Outlet
    pages: Pages = field(init=False)

    def __post_init__(self) -> None:
        self.pages = Pages(self.outlet)

    def templates(self, slugs: tuple[str, ...]) -> Batch:
        """The booking pages of these ids, or all that the list shows; never an event."""
        gaps: list[str] = []
        calendars = Calendars(self.outlet)
        calendars.load(gaps)
        found = [self._template(slug, calendars) for slug in slugs or self._listed_pages(gaps)]
        return Batch(
            templates=tuple(one for one in found if isinstance(one, Template)),
            quarantined=tuple(one for one in found if isinstance(one, Quarantined)),
            gaps=tuple(gaps),
        )

    def _listed_pages(self, gaps: list[str]) -> tuple[str, ...]:
        try:
            return listed(self.outlet, "event", gaps)
        except (Vanished, Rejected) as error:
            raise Nonsense(f"{error}: is base_url right?") from error

    def _template(self, slug: str, calendars: Calendars) -> Template | Quarantined:
        match self.pages.get(slug):
            case None:
                # The vendor's word that nobody can book through it.
                return Template(native_id=slug, name="", active=False)
            case BadRow(reason=reason, answer=answer):
                return Quarantined(None, slug, f"the booking page: {reason}", answer)
            case Row(value=page, answer=answer):
                try:
                    return mapping.template(slug, page, calendars.blind)
                except Unreadable as error:
                    return Quarantined(None, slug, f"the booking page: {error}", answer)

    def appointments(self, numbers: Iterable[str], window: Span) -> Iterator[Batch]:
        """The appointments of these ids that are in the window, or cancelled.

        One answer that makes no sense is set aside as that appointment's; where all answers are
        such, it is the vendor that does not answer, and the listing is not complete.
        """
        sightings: list[Sighting] = []
        quarantined: list[Quarantined] = []
        asked = tuple(dict.fromkeys(numbers))
        odd = 0
        for number in asked:
            match self.readable(number):
                case Sighting() as sighting if _shown(sighting, window):
                    sightings.append(sighting)
                case Quarantined() as row:
                    quarantined.append(row)
                    odd += 1
            if len(sightings) + len(quarantined) >= BATCH:
                yield Batch(tuple(sightings), tuple(quarantined))
                sightings, quarantined = [], []
        is_deaf = bool(asked) and odd == len(asked)
        gaps = ("GET …/appointment/…: no answer could be read",) if is_deaf else ()
        yield Batch(tuple(sightings), tuple(quarantined), gaps=gaps)

    def readable(self, number: str) -> Sighting | Quarantined | None:
        """The same as `appointment`, with an answer that makes no sense set aside, too."""
        try:
            return self.appointment(number)
        except (Nonsense, Rejected) as error:
            return Quarantined(Kind.SINGLE, number, str(error), b"null")

    def appointment(self, number: str) -> Sighting | Quarantined | None:
        """One appointment; None where the vendor says that it does not exist.

        Raises VendorError where the answer is none about an appointment.
        """
        try:
            found = record(self.outlet, "appointment", number, Appointment)
        except Vanished:
            return None
        if isinstance(found, BadRow):
            return Quarantined(Kind.SINGLE, number, found.reason, found.answer)
        try:
            return self._sighting(number, found)
        except Unreadable as error:
            return Quarantined(Kind.SINGLE, number, str(error), found.answer)

    def _sighting(self, number: str, found: Row[Appointment]) -> Sighting:
        if str(found.value.id) not in ("", number):
            raise Unreadable("id is that of another appointment")
        slug = mapping.page_of(found.value)
        page = self.pages.get(slug) if slug else None
        if isinstance(page, BadRow):
            # Without its page's calendars it would seem to have left everybody's day.
            raise Unreadable(f"its booking page cannot be read: {page.reason}")
        event = mapping.event(self.account, number, found.value, page.value if page else None)
        pieces = [found.answer, *([page.answer] if page else [])]
        return Sighting(event, b"[" + b",".join(pieces) + b"]")


def _shown(sighting: Sighting, window: Span) -> bool:
    return sighting.event.status is Status.CANCELLED or window.shows(sighting.event.span)
