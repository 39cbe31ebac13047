"""Appointment.one's JSON, as far as calsync reads it. Numbers come as text."""

from __future__ import annotations

import msgspec


class Link(msgspec.Struct, frozen=True):
    """Where else something is. Only addresses of the API are ever read, and none is followed."""

    rel: str = ""
    href: str = ""
    verbs: list[str] = []


class Listed(msgspec.Struct, frozen=True):
    """A row of the list of booking pages or appointments, which says little but the id."""

    id: int | str


class Calendar(msgspec.Struct, frozen=True):
    """A connected calendar; its id is an e-mail address."""

    id: str
    state: str | None = None  # `ok` or `access_error`


class BookingPage(msgspec.Struct, frozen=True):
    """What the vendor calls an event: a template with a duration and no time of its own."""

    id: int | str = ""
    name: str | None = None
    status: str | None = None
    free_busy_calendars: list[str] | str | None = None
    links: list[Link] = []


class Appointment(msgspec.Struct, frozen=True):
    """A time that somebody booked through a page."""

    time_start: int  # seconds since the epoch
    duration_mins: int
    id: int | str = ""
    subject: str | None = None
    attendees: list[str] | str | None = None
    requester_email: str | None = None
    is_cancelled: bool | None = None
    links: list[Link] = []
