"""Answers Appointment.one's API as its FAQ pages describe it, and offers what its website does."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from random import Random
from typing import Any
from urllib.parse import unquote

from worker.sandbox.appointment_one.model import (
    AREAS,
    Appointment,
    BookingPage,
    Calendar,
    Key,
    Notification,
    Quirks,
)
from worker.sandbox.exchange import Clock, Request, Response

_HTML = ("Content-Type", "text/html; charset=UTF-8")
_LOGIN = (
    b"<!DOCTYPE html><html><head><title>Appointment.one</title></head><body>Login</body></html>"
)
_WRITE_AREA = {"event": "events", "appointment": "appointments", "calendar": "events"}


class AppointmentOne:
    """One user's account. `api_key` may read and write; `issue_key` makes lesser ones."""

    name = "appointment_one"
    answers_head = True

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        api_key: str = "ao-key",
        owner: str = "test",
        quirks: Quirks | None = None,
    ) -> None:
        self.notifications: list[Notification] = []
        self._clock = clock
        self._random = Random(f"{seed}/appointment_one")
        self._owner = owner
        self._quirks = quirks or Quirks()
        self._keys = {api_key: Key()}
        self._pages: dict[str, BookingPage] = {}
        self._calendars: dict[str, Calendar] = {}
        self._appointments: dict[str, Appointment] = {}
        self._lock = threading.RLock()

    # What the website offers.

    @property
    def pages(self) -> dict[str, BookingPage]:
        """The booking pages by slug, deleted ones included."""
        return self._pages

    @property
    def appointments(self) -> dict[str, Appointment]:
        """What was booked, by id, deleted ones included."""
        return self._appointments

    def issue_key(self, key: str, *, write: Iterable[str] = ()) -> None:
        """Add a key that may read everything and write these areas (`AREAS`)."""
        areas = frozenset(write)
        if not areas <= AREAS:
            raise ValueError(f"the areas are {', '.join(sorted(AREAS))}")
        with self._lock:
            self._keys[key] = Key(areas)

    def revoke_key(self, key: str) -> None:
        """Disable a key, at once."""
        with self._lock:
            self._keys[key] = Key(frozenset(), active=False)

    def add_calendar(
        self,
        email: str,
        *,
        provider: str = "Google Apps",
        default: bool = False,
        state: str = "ok",
    ) -> str:
        """Connect a calendar; `provider` is Google Apps, Office 365 or Exchange."""
        with self._lock:
            self._calendars[email] = Calendar(email, provider, default, state, self._now())
        return email

    def set_calendar_state(self, email: str, state: str) -> None:
        """`ok`, or `access_error` when the vendor can no longer read it."""
        with self._lock:
            self._calendars[email].state = state

    def add_event(self, slug: str, name: str, *, calendars: Iterable[str] = (), **rest: Any) -> str:
        """Publish a booking page; `rest` are further fields of `BookingPage`.

        The slug of a deleted page may be used again: then `date_added` tells them apart.
        """
        with self._lock:
            taken = self._pages.get(slug)
            if taken is not None and taken.status != "deleted":
                raise ValueError("that slug is in use")
            page = BookingPage(slug, name, self._now(), calendars=list(calendars), **rest)
            self._pages[slug] = page
        return slug

    def change_event(self, slug: str, **changes: Any) -> None:
        """Edit a page: any field of `BookingPage`, e.g. `status="disabled"`."""
        with self._lock:
            for name, value in changes.items():
                setattr(self._pages[slug], name, value)

    def book(
        self,
        slug: str,
        start: int,
        *,
        requester: tuple[str, str],
        subject: str | None = None,
        guests: Iterable[str] = (),
        minutes: int | None = None,
    ) -> str:
        """Book a time (epoch seconds) through a page; `requester` is name and e-mail.

        Returns the appointment's id, which the vendor tells in the invitation and in no list.
        Raises ValueError if the page is not active.
        """
        with self._lock:
            page = self._pages[slug]
            if page.status != "active":
                raise ValueError("the page takes no bookings")
            name, email = requester
            appointment = Appointment(
                id=f"{self._random.getrandbits(128):032x}",
                page=slug,
                subject=subject or page.invitation_title or f"{page.name} with {name}",
                requester_name=name,
                requester_email=email,
                attendees=list(dict.fromkeys([email, *page.attendees, *guests])),
                start=start,
                minutes=minutes or page.minutes,
                added=self._now(),
            )
            self._appointments[appointment.id] = appointment
            self._notify("invitation", appointment.id)
            return appointment.id

    def cancel(self, appointment_id: str) -> None:
        """Cancel it on the website: it stays readable."""
        with self._lock:
            self._appointments[appointment_id].cancelled = True
            self._notify("cancellation", appointment_id)

    def move(self, appointment_id: str, start: int) -> None:
        """Give it another start (epoch seconds)."""
        with self._lock:
            self._appointments[appointment_id].start = start
            self._notify("update", appointment_id)

    # What the API offers.

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if self._quirks.login_page or not request.path.startswith("/api/"):
            return Response(200, _LOGIN, (_HTML,))
        with self._lock:
            key = self._keys.get(request.headers.get("authorization", ""))
            if key is None or not key.active:
                return self._error(401)
            return self._route(request, key)

    def _route(self, request: Request, key: Key) -> Response:
        match request.path.split("/"):
            case ["", "api", "v1", kind] if kind in _WRITE_AREA:
                return self._list(kind) if request.method == "GET" else self._error(405)
            case ["", "api", "v1", kind, name] if kind in _WRITE_AREA:
                return self._one(request.method, kind, unquote(name), key)
        return self._error(404)

    def _list(self, kind: str) -> Response:
        match kind:
            case "event":
                rows = [page.row() for page in self._pages.values() if self._is_listed(page)]
            case "calendar":
                rows = [calendar.row() for calendar in self._calendars.values()]
            case _ if not self._quirks.lists_appointments:
                return self._error(404)
            case _:
                rows = [one.row() for one in self._appointments.values() if self._readable(one)]
        shown = rows[: self._quirks.list_limit]
        link = {"rel": "self", "href": f"/api/v1/{kind}", "verbs": ["GET"]}
        return Response.of(
            {f"{kind}s": shown, "count": len(shown), "total_count": len(rows), "links": [link]}
        )

    def _one(self, method: str, kind: str, name: str, key: Key) -> Response:
        if method not in {"GET", "DELETE"}:
            return self._error(405)
        document = self._read(kind, name)
        if document is None:
            return self._error(404)
        if method == "GET":
            return Response.of(document)
        if _WRITE_AREA[kind] not in key.write:
            return self._error(401)  # the FAQ names 401, never 403, for a missing right
        if not self._remove(kind, name):
            return self._error(404)
        return Response.of({"id": name, "status": "deleted"})

    def _read(self, kind: str, name: str) -> dict[str, Any] | None:
        match kind:
            case "event":
                page = self._pages.get(name)
                return page.document(self._owner) if page and self._is_shown(page) else None
            case "calendar":
                calendar = self._calendars.get(name)
                return calendar.document() if calendar else None
        appointment = self._appointments.get(name)
        return appointment.document() if appointment and self._readable(appointment) else None

    def _remove(self, kind: str, name: str) -> bool:
        match kind:
            case "event":
                gone = self._pages[name].status == "deleted"
                self._pages[name].status = "deleted"
                return not gone
            case "calendar":
                del self._calendars[name]
                return True
        appointment = self._appointments[name]
        if appointment.deleted:
            return False
        appointment.deleted = appointment.cancelled = True
        self._notify("cancellation", name)
        return True

    def truth(self) -> list[dict[str, Any]]:
        """The appointments; a booking page is never an event."""
        with self._lock:
            return [
                one.truth(self._calendars_of(one.page))
                for one in self._appointments.values()
                if self._readable(one)
            ]

    def _calendars_of(self, slug: str) -> list[str]:
        page = self._pages.get(slug)
        return list(page.calendars) if page is not None and self._is_shown(page) else []

    def _is_shown(self, page: BookingPage) -> bool:
        return page.status != "deleted" or self._quirks.deleted_event == "status"

    def _is_listed(self, page: BookingPage) -> bool:
        return page.status != "deleted" or (self._quirks.lists_deleted and self._is_shown(page))

    def _readable(self, appointment: Appointment) -> bool:
        return not appointment.deleted or self._quirks.deleted_appointment == "cancelled"

    def _error(self, status: int) -> Response:
        if self._quirks.error_body == "object":
            return Response.of({}, status)
        return Response(status)

    def _notify(self, kind: str, about: str) -> None:
        self.notifications.append(Notification(self._clock.now(), kind, about))

    def _now(self) -> int:
        return int(self._clock.now())
