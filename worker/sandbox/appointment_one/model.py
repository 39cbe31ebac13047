"""What an Appointment.one account holds, and how its API writes it down."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

AREAS = frozenset({"appointments", "events", "groups"})
"""The areas over which a key is read-only or read/write (FAQ: API key management)."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where the vendor's pages are silent. Defaults are the likelier reading.

    `deleted_event`: a deleted booking page is still read with status `deleted` (the enumeration
    has it), or 404. `lists_deleted`: the list, which shows no status, still has it.
    `deleted_appointment`: after its DELETE an appointment is 404, or still read as cancelled.
    `error_body`: errors come without a body, or with `{}`. `list_limit`: the list stops there, so
    that `count` falls short of `total_count`; no paging parameter is public. `lists_appointments`:
    GET /appointment exists, by symmetry with the other two lists. `login_page`: every call gets
    the website's login page with 200.
    """

    deleted_event: Literal["status", "404"] = "status"
    lists_deleted: bool = False
    deleted_appointment: Literal["404", "cancelled"] = "404"
    error_body: Literal["empty", "object"] = "empty"
    list_limit: int | None = None
    lists_appointments: bool = False
    login_page: bool = False


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: which areas it may write, and whether it still works."""

    write: frozenset[str] = AREAS
    active: bool = True


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail that the vendor would send; `about` is an appointment's id."""

    time: float
    kind: str
    about: str


@dataclass(slots=True)
class Calendar:
    """A connected calendar; its id is an e-mail address."""

    email: str
    type: str
    default: bool
    state: str
    added: int

    def document(self) -> dict[str, Any]:
        """As GET /calendar/ID shows it."""
        return {
            "id": self.email,
            "type": self.type,
            "default": self.default,
            "state": self.state,
            "date_added": str(self.added),
            "links": [_self_link("calendar", self.email)],
        }

    def row(self) -> dict[str, Any]:
        """As the list shows it: the same fields."""
        return self.document()


@dataclass(slots=True)
class BookingPage:
    """What the vendor calls an event: a template with a duration and no time of its own."""

    slug: str
    name: str
    added: int
    status: str = "active"
    visibility: str = "public"
    location: str = ""
    bio: str = "<p><br></p>"
    description: str = ""
    minutes: int = 30
    attendees: list[str] = field(default_factory=list)
    calendars: list[str] = field(default_factory=list)
    invitation_title: str | None = None
    invitation_body: str | None = None

    def document(self, owner: str) -> dict[str, Any]:
        """As GET /event/ID shows it: numbers as text, attendees as JSON within a text."""
        public = f"https://www.appointment.one/{owner}/{self.slug}"
        return {
            "id": self.slug,
            "name": self.name,
            "status": self.status,
            "date_added": str(self.added),
            "visibility": self.visibility,
            "location": self.location,
            "bio": self.bio,
            "url": self.slug,
            "attendees": json.dumps(self.attendees),
            "invitation_title": self.invitation_title,
            "invitation_body": self.invitation_body,
            "description": self.description,
            "duration": str(self.minutes),
            "free_busy_calendars": list(self.calendars),
            "links": [
                _self_link("event", self.slug),
                {"rel": "public", "href": public, "verbs": ["GET"]},
            ],
        }

    def row(self) -> dict[str, Any]:
        """As the list shows it: neither status nor anything else of substance."""
        return {"id": self.slug, "name": self.name, "links": [_self_link("event", self.slug)]}


@dataclass(slots=True)
class Appointment:
    """A time that somebody booked through a page; `start` in seconds since the epoch."""

    id: str
    page: str
    subject: str
    requester_name: str
    requester_email: str
    attendees: list[str]
    start: int
    minutes: int
    added: int
    cancelled: bool = False
    deleted: bool = False

    def document(self) -> dict[str, Any]:
        """As GET /appointment/ID shows it. Its `event` link offers the DELETE of the page."""
        return {
            "id": self.id,
            "attendees": list(self.attendees),
            "subject": self.subject,
            "requester_name": self.requester_name,
            "requester_email": self.requester_email,
            "time_start": str(self.start),
            "duration_mins": str(self.minutes),
            "date_added": str(self.added),
            "is_cancelled": self.cancelled,
            "links": [
                _self_link("appointment", self.id),
                {"rel": "event", "href": f"/api/v1/event/{self.page}", "verbs": ["GET", "DELETE"]},
            ],
        }

    def row(self) -> dict[str, Any]:
        """As a list would show it; none is documented."""
        return {
            "id": self.id,
            "subject": self.subject,
            "links": [_self_link("appointment", self.id)],
        }

    def truth(self, calendars: list[str]) -> dict[str, Any]:
        """In calsync's words. The vendor tells neither zone, place nor capacity."""
        return {
            "native_id": self.id,
            "occurrence": "",
            "kind": "single",
            "status": "cancelled" if self.cancelled else "booked",
            "start": _instant(self.start),
            "end": _instant(self.start + self.minutes * 60),
            "timezone": "",
            "title": self.subject,
            "location": "",
            "capacity": None,
            "attendees": max(1, len(self.attendees)),
            "pad_before": 0,
            "pad_after": 0,
            "subjects": sorted([f"event:{self.page}", *(f"calendar:{one}" for one in calendars)]),
        }


def _self_link(kind: str, name: str) -> dict[str, Any]:
    verbs = ["GET", "DELETE"]
    return {"rel": "self", "href": f"/api/v1/{kind}/{name}", "verbs": verbs}


def _instant(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
