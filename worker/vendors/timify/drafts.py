"""What holds and copies say at TIMIFY, before anything is sent.

Times go out as wall times of the company, on a grid of five minutes, and never as one that the
clocks show twice: a start is moved back to the last time that is surely understood.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from worker.domain import instants, marker
from worker.domain.event import Event
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import MINUTE, Span
from worker.vendors.base import Rejected
from worker.vendors.text import line
from worker.vendors.timify import options
from worker.vendors.timify.mapping import external_mark
from worker.vendors.timify.wire import Appointment
from worker.vendors.writer import Telling

HELD = "Held by calsync"
COPIED = "Copied by calsync"
STEP = 5 * MINUTE
LONGEST_TITLE = 200
HOLD_COLOUR, COPY_COLOUR = "#8b8b8b", "#6882b0"
_LOOKS_LIKE_A_MARK = re.compile(r"\[(?=calsync[ :])", re.IGNORECASE)
_RESOURCES = {"resource": "resource_ids", "external": "external_resource_ids"}


@dataclass(frozen=True, slots=True)
class Draft:
    """An intent in TIMIFY's words; `zone` is the company's."""

    intent: Intent
    zone: str

    @property
    def span(self) -> Span:
        """The time that is to be shown."""
        return self.intent.span

    @property
    def link(self) -> str:
        """The link id."""
        return self.intent.link

    @property
    def is_hold(self) -> bool:
        """Whether it goes by the import, which alone is safe to repeat."""
        return self.intent.purpose is Purpose.HOLD

    @property
    def reserves(self) -> bool:
        """Whether the slot must be won before it is written."""
        return self.intent.details.get("reserve") is True

    @property
    def combined(self) -> list[dict[str, Any]]:
        """The services after the first one."""
        return [dict(part) for part in self.intent.details.get("combination_services", ())]

    def imported(self) -> dict[str, Any]:
        """The body of an import of this one.

        A sibling route documents camelCase for imports, everything else here is in snake_case: each
        key is given in both spellings.
        """
        body = self.body()
        row = {**body, **{_camel(key): value for key, value in body.items()}}
        silence = {**flags(Telling.NOBODY), "skip_emitter": True}
        return {
            "events": [{**row, "importEventId": external_mark(self.link)}],
            **silence,
            **{_camel(key): value for key, value in silence.items()},
        }

    def body(self) -> dict[str, Any]:
        """What is sent to make one: the title always, and that nobody is told."""
        details = self.intent.details
        body: dict[str, Any] = {
            "title": self.intent.title,
            "duration": minutes(self.span),
            "color": details.get("color", HOLD_COLOUR if self.is_hold else COPY_COLOUR),
            "notes": self._notes(),
            "external_id": external_mark(self.link),
            **self._resource(),
            **when(self.span, self.zone),
            **flags(Telling.NOBODY),
        }
        for name in ("service_id", "external_service_id"):
            if name in details:
                body[name] = details[name]
        if self.intent.capacity is not None:
            body |= {"is_course": True, "max_participants": self.intent.capacity, "participants": 0}
        if self.combined:
            body["combination_services"] = self.combined
            body["duration"] -= sum(part["duration"] for part in self.combined)
        return body

    def reservation(self) -> dict[str, Any]:
        """What is sent to win the slot first. It runs out by itself."""
        moment = instants.local(self.span.start, self.zone)
        return {
            "title": f"{HELD} {marker.mark(_reservation(self.link))}",
            "duration": minutes(self.span),
            "date": moment.date().isoformat(),
            "minute": moment.hour * 60 + moment.minute,
            "timezone": self.zone,
            "reserve_for": STEP // MINUTE,
            **self._resource(),
            **flags(Telling.NOBODY),
        }

    def change(self, record: Appointment, there: Event) -> dict[str, Any]:
        """What is sent to make the record equal: what differs, and nothing else of it.

        Raises Rejected where that cannot be said.
        """
        body: dict[str, Any] = {}
        if there.span.start != self.span.start:
            body |= when(self.span, self.zone)
        if there.span.seconds != self.span.seconds:
            if len(record.bookings or ()) > 1 and self.combined:
                raise Rejected("the length of combined services is what it was made with", "length")
            body["duration"] = minutes(self.span)
        # A title that nobody asked for is no reason to take somebody's away.
        if there.title != self.intent.title and (self.is_hold or self.intent.title != COPIED):
            body["title"] = self.intent.title
        if self.intent.calendar not in there.subjects:
            body |= self._resource()
        if self.intent.capacity not in (None, there.capacity):
            body |= {} if record.is_course else {"is_course": True}
            body["max_participants"] = self.intent.capacity
        if not there.mark:
            body |= self._marks(record)
        return body | flags(Telling.NOBODY) if body else body

    def _marks(self, record: Appointment) -> dict[str, str]:
        """Our mark again, beside what people wrote."""
        notes = f"{record.notes}\n{marker.mark(self.link)}" if record.notes else self._notes()
        unset = {} if record.external_id else {"external_id": external_mark(self.link)}
        return {"notes": notes, **unset}

    def _notes(self) -> str:
        said = HELD if self.is_hold else self.intent.details.get("notes") or COPIED
        return f"{said} {marker.mark(self.link)}"

    def _resource(self) -> dict[str, list[str]]:
        word, _, id_ = self.intent.calendar.partition(":")
        return {_RESOURCES[word]: [id_]}


def drafted(intent: Intent, zone: str) -> Draft:
    """The intent in TIMIFY's words. Raises Rejected where there are none (see `refuses`)."""
    if trouble := refuses(intent):
        raise Rejected(trouble, "impossible")
    draft = Draft(shape(intent, zone), zone)
    rest = minutes(draft.span) - sum(part["duration"] for part in draft.combined)
    if rest * MINUTE < STEP:
        raise Rejected("the combined services take longer than the whole event", "length")
    return draft


def refuses(intent: Intent) -> str:
    """See `Writer`."""
    if intent.purpose is Purpose.WITHDRAWAL:
        return "TIMIFY has no open slots that could be taken off."
    word, _, id_ = intent.calendar.partition(":")
    if word not in _RESOURCES or not id_:
        return "TIMIFY keeps the time of resources: bind resource:… or external:…"
    return options.trouble(intent.details) if intent.purpose is Purpose.COPY else ""


def shape(intent: Intent, zone: str) -> Intent:
    """See `Writer`; `zone` is the company's. There is no place for a location.

    One place is a single appointment, more are a course.
    """
    span = rounded(intent.span, zone)
    if intent.purpose is not Purpose.COPY:
        return replace(
            intent,
            span=span,
            title=HELD,
            location="",
            capacity=None,
            details=MappingProxyType({}),
        )
    wished = intent.capacity
    places = intent.details.get("max_participants") if wished is None else wished
    capacity = places if isinstance(places, int) and places > 1 else None
    title = _LOOKS_LIKE_A_MARK.sub("(", line(intent.title, LONGEST_TITLE)) or COPIED
    return replace(intent, span=span, title=title, location="", capacity=capacity)


def rounded(span: Span, zone: str) -> Span:
    """The same stretch on the grid, never shorter, and at least one step long."""
    start = _plain(span.start, zone)
    length = -(-(span.end - start) // STEP) * STEP
    return Span(start, start + max(length, STEP))


def when(span: Span, zone: str) -> dict[str, str]:
    """A start as TIMIFY asks for it: a wall time, and the zone it is meant in."""
    moment = instants.local(span.start, zone)
    return {"datetime": moment.strftime("%Y-%m-%d %H:%M"), "timezone": zone}


def misread(start: int, zone: str) -> int:
    """How many seconds too late a start comes out where its wall time is taken for UTC."""
    offset = instants.local(start, zone).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def minutes(span: Span) -> int:
    """A length as TIMIFY counts."""
    return span.seconds // MINUTE


def flags(telling: Telling) -> dict[str, bool]:
    """Whom the vendor tells, always explicitly: its defaults are not known."""
    tells = telling is Telling.PEOPLE
    return {"has_notify_customers": tells, "has_notify_resources": tells}


def _plain(seconds: int, zone: str) -> int:
    """The last instant up to this one whose wall time is on the grid and shown once only."""
    while True:
        moment = instants.local(seconds, zone)
        over = moment.minute % 5 * MINUTE + moment.second
        if not over and not instants.wall(moment.replace(tzinfo=None), zone)[1]:
            return seconds
        seconds -= over or STEP


def _reservation(link: str) -> str:
    """The mark of what keeps a slot until it is written: ours, and not the thing itself."""
    return blake2b(f"reservation\n{link}".encode(), digest_size=12).hexdigest()


def _camel(key: str) -> str:
    first, *others = key.split("_")
    return first + "".join(map(str.capitalize, others))
