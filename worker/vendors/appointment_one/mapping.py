"""How Appointment.one's records become events and templates. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import msgspec

from worker.domain import marker
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.instants import EARLIEST, LATEST
from worker.domain.listing import Template
from worker.domain.span import MINUTE, Span
from worker.vendors.appointment_one.wire import Appointment, BookingPage
from worker.vendors.text import line

_STATES = {"active", "disabled", "deleted"}
_PAGE_PATH = re.compile(r"/api/v1/event/([^/]+)/?")
_LONGEST = 400 * 24 * 60  # minutes; nobody's appointment is longer


class Unreadable(ValueError):
    """A record that makes no sense; the message names the field and quotes nothing."""


def template(number: str, page: BookingPage, blind: Callable[[str], bool]) -> Template:
    """A booking page; `blind` tells of a calendar's address whether the vendor cannot read it.

    Raises Unreadable for a status that is none of the documented ones.
    """
    if page.status is not None and page.status not in _STATES:
        raise Unreadable("status is none of active, disabled and deleted")
    addresses = calendars(page)
    return Template(
        native_id=number,
        name=line(page.name),
        active=page.status in ("active", None),
        subjects=tuple(f"calendar:{one}" for one in addresses),
        blind=tuple(f"calendar:{one}" for one in addresses if blind(one)),
        url=_public(page),
    )


def calendars(page: BookingPage) -> tuple[str, ...]:
    """The addresses of the calendars that a page looks at before it offers a time; sorted."""
    return tuple(sorted({one.strip() for one in texts(page.free_busy_calendars) if one.strip()}))


def event(account: str, number: str, found: Appointment, page: BookingPage | None) -> Event:
    """An appointment with the calendars of the page it was booked through. Raises Unreadable."""
    slug = page_of(found)
    shared = calendars(page) if page else ()
    subjects = {*(f"calendar:{one}" for one in shared), *([f"event:{slug}"] if slug else [])}
    guests = texts(found.attendees)
    return Event(
        key=Key(account, Kind.SINGLE, number),
        status=Status.CANCELLED if found.is_cancelled else Status.BOOKED,
        span=_span(found),
        title=line(found.subject),
        subjects=tuple(sorted(subjects)),
        attendees=max(1, len(guests)),
        people=_people([*guests, found.requester_email or ""]),
        mark=marker.find(found.subject),
    )


def page_of(found: Appointment) -> str:
    """The id of the booking page, out of its link: a path of this API. Else an empty string.

    The link also offers DELETE, of the page and not of the appointment: it is never followed.
    """
    for link in found.links:
        if link.rel != "event":
            continue
        try:
            match = _PAGE_PATH.search(urlsplit(link.href).path)
        except ValueError:
            continue
        if match:
            return unquote(match.group(1))
    return ""


def texts(value: list[str] | str | None) -> list[str]:
    """A list of texts, which the vendor writes as an array here and as JSON in a text there.

    Raises Unreadable for a text that is neither empty nor such JSON.
    """
    if isinstance(value, list):
        return value
    if not value or not value.strip():
        return []
    try:
        return msgspec.json.decode(value, type=list[str])
    except msgspec.DecodeError as error:
        raise Unreadable("a list of addresses is no list") from error


def fold(address: str) -> str:
    """An address in the one form in which two of them are compared."""
    return address.strip().casefold()


def _span(found: Appointment) -> Span:
    if not EARLIEST <= found.time_start < LATEST:
        raise Unreadable("time_start lies outside the years 1970 to 2200")
    if not 0 <= found.duration_mins <= _LONGEST:
        raise Unreadable("duration_mins makes no sense")
    return Span(found.time_start, found.time_start + found.duration_mins * MINUTE)


def _people(addresses: list[str]) -> tuple[str, ...]:
    return tuple(sorted({f"email:{one.strip().lower()}" for one in addresses if "@" in one}))


def _public(page: BookingPage) -> str | None:
    hrefs = [link.href for link in page.links if link.rel == "public"]
    return next((one for one in hrefs if one.startswith(("https://", "http://"))), None)
