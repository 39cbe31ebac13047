"""What holds and copies say at Cliniko, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from worker.domain import marker
from worker.domain.event import Kind
from worker.domain.instants import iso
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import Span
from worker.vendors.base import Rejected
from worker.vendors.cliniko.settings import numeric
from worker.vendors.cliniko.wire import Booking, linked

HELD = "Held by calsync"
COPIED = "Copied by calsync"
# The range is documented as (1..100) without saying whether its ends belong to it. Fewer places
# than wished for oversell nothing; a single one is sent as it is, and refused where it cannot be.
MOST_PLACES = 99
LONGEST_NOTES = 1000

_IDS = ("appointment_type_id", "business_id", "practitioner_id")
_KEYS = frozenset({*_IDS, "max_attendees", "notes"})


@dataclass(frozen=True, slots=True)
class Draft:
    """An intent in Cliniko's words. `ids` are those of related records, under their own names.

    `fixed` names those ids that were stated, by a binding, a rule or the account's settings: only
    they are put right again where somebody changed them.
    """

    kind: Kind
    ids: Mapping[str, str]
    fixed: frozenset[str]
    span: Span
    notes: str
    places: int | None = None

    def body(self) -> dict[str, Any]:
        """What is sent to make one. Without a `repeat_rule`: one is one."""
        body: dict[str, Any] = {**self.ids, **times(self.span), "notes": self.notes}
        if self.places is not None:
            body["max_attendees"] = self.places
        return body

    def change(self, there: Booking, link: str) -> dict[str, Any]:
        """What is sent to make the record `there` equal: what differs, and always both times.

        Notes are people's, too: they are left alone unless our mark is missing in them.
        """
        shown = {
            "appointment_type_id": linked(there.appointment_type),
            "business_id": linked(there.business),
            "practitioner_id": linked(there.practitioner),
        }
        body: dict[str, Any] = {
            name: value
            for name, value in self.ids.items()
            if name in self.fixed & shown.keys() and shown[name] != value
        }
        body |= times(self.span)
        if self.places is not None and self.places != there.max_attendees:
            body["max_attendees"] = self.places
        if marker.find(there.notes) != link:
            body["notes"] = f"{there.notes}\n{marker.mark(link)}" if there.notes else self.notes
        return body


def times(span: Span) -> dict[str, str]:
    """Both times, always: what a PATCH of one does to the other is not documented."""
    return {"starts_at": iso(span.start), "ends_at": iso(span.end)}


def shape(intent: Intent) -> Intent:
    """See `Writer`: what is shown as title and location are the type's and the business's names."""
    if intent.purpose is not Purpose.COPY:
        return replace(intent, title="", location="", capacity=None, details=MappingProxyType({}))
    places = intent.details.get("max_attendees") if intent.capacity is None else intent.capacity
    capacity = min(places, MOST_PLACES) if isinstance(places, int) else None
    return replace(intent, title="", location="", capacity=capacity)


def refuses(intent: Intent, business: str | None) -> str:
    """See `Writer`; `business` is where the account's settings put what says nothing else."""
    match intent.purpose:
        case Purpose.WITHDRAWAL:
            return "Cliniko has no open slots that could be taken off."
        case Purpose.COPY if trouble := _details(intent.details):
            return trouble
        case _:
            pass
    if not _practitioner(intent):
        return (
            "Cliniko keeps the time of practitioners, not of businesses: bind practitioner:… "
            "as well, or instead."
        )
    if not _business(intent, business):
        return (
            "Cliniko wants a business for this, and none is known for this practitioner: set "
            "business_id for the account."
        )
    return ""


def drafted(intent: Intent, business: str | None) -> Draft:
    """The intent in Cliniko's words. Raises Rejected where there are none (see `refuses`)."""
    if trouble := refuses(intent, business):
        raise Rejected(trouble, "impossible")
    intent = shape(intent)
    ids = {
        "business_id": _business(intent, business),
        "practitioner_id": _practitioner(intent),
    }
    fixed = {"practitioner_id"}
    if business or _bound(intent, "business") or "business_id" in intent.details:
        fixed.add("business_id")
    mark = marker.mark(intent.link)
    if intent.purpose is Purpose.HOLD:
        return Draft(Kind.BLOCK, ids, frozenset(fixed), intent.span, f"{HELD} {mark}")
    ids["appointment_type_id"] = str(intent.details["appointment_type_id"])
    fixed.add("appointment_type_id")
    notes = f"{intent.details.get('notes') or COPIED} {mark}"
    return Draft(Kind.GROUP, ids, frozenset(fixed), intent.span, notes, intent.capacity)


def _practitioner(intent: Intent) -> str:
    """A copy rule's, the calendar's, or the only one who works where the calendar is."""
    if "practitioner_id" in intent.details:
        return str(intent.details["practitioner_id"])
    if bound := _bound(intent, "practitioner"):
        return bound
    known = _beside(intent, "practitioner")
    return known[0] if len(known) == 1 and _bound(intent, "business") else ""


def _business(intent: Intent, configured: str | None) -> str:
    if "business_id" in intent.details:
        return str(intent.details["business_id"])
    known = _beside(intent, "business")
    return _bound(intent, "business") or configured or (known[0] if known else "")


def _bound(intent: Intent, word: str) -> str:
    sort, _, identifier = intent.calendar.partition(":")
    return identifier if sort == word else ""


def _beside(intent: Intent, word: str) -> list[str]:
    parts = (text.partition(":") for text in intent.beside)
    return [identifier for sort, _, identifier in parts if sort == word and identifier]


def _details(details: Mapping[str, Any]) -> str:
    """What is wrong with a copy rule's `create` table, as a sentence."""
    if unknown := sorted(details.keys() - _KEYS):
        known = ", ".join(sorted(_KEYS))
        return f"create has unknown keys: {', '.join(unknown)}; Cliniko takes {known}."
    if "appointment_type_id" not in details:
        return "create needs appointment_type_id, the number of a group appointment type."
    for name in _IDS:
        if name in details and not _is_id(details[name]):
            return f"create.{name} must be the number that Cliniko gave it."
    places = details.get("max_attendees", 1)
    if isinstance(places, bool) or not isinstance(places, int) or not 1 <= places <= 100:
        return "create.max_attendees must be a whole number from 1 to 100."
    notes = details.get("notes", "")
    if not isinstance(notes, str) or len(notes) > LONGEST_NOTES or marker.find(notes):
        return f"create.notes must be text of at most {LONGEST_NOTES} characters, without a mark."
    return ""


def _is_id(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    try:
        numeric(str(value))
    except ValueError:
        return False
    return True
