"""People at Appointment.one: what was booked through a page, and the pages themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.people.thing import Impossible, Thing, first, texts, told


class AppointmentOneHand:
    """Kinds: `appointment`, `page`."""

    def __init__(self, site: AppointmentOne) -> None:
        self._site = site

    def things(self) -> list[Thing]:
        """Appointments, then pages, which have no time."""
        name = "appointment_one"
        found = [
            Thing(
                name,
                "appointment",
                one.id,
                one.start,
                one.start + one.minutes * 60,
                texts(one.subject),
                not (one.cancelled or one.deleted),
            )
            for one in self._site.appointments.values()
        ]
        return found + [
            Thing(
                name,
                "page",
                one.slug,
                0,
                0,
                texts(one.name, one.description),
                one.status == "active",
            )
            for one in self._site.pages.values()
        ]

    def move(self, thing: Thing, start: int) -> None:
        """An appointment only."""
        self._site.move(self._appointment(thing), start)

    def cancel(self, thing: Thing) -> None:
        """A page is disabled."""
        if thing.kind == "page":
            self._site.change_event(thing.id, status="disabled")
        else:
            self._site.cancel(thing.id)

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """The subject of an appointment, name and description of a page."""
        if thing.kind == "page":
            named = {"title": "name", "notes": "description"}
            changes = {field: str(wish[key]) for key, field in named.items() if key in wish}
            self._site.change_event(thing.id, **changes)
        else:
            self._site.appointments[thing.id].subject = str(wish.get("title", wish.get("notes")))

    def delete(self, thing: Thing) -> None:
        """A page is marked as deleted; an appointment is cancelled and hidden."""
        if thing.kind == "page":
            self._site.change_event(thing.id, status="deleted")
            return
        if thing.alive:
            self._site.cancel(thing.id)
        self._site.appointments[thing.id].deleted = True

    def duplicate(self, thing: Thing, start: int) -> str:
        """Booked again by the same person."""
        one = self._site.appointments[self._appointment(thing)]
        requester = (one.requester_name, one.requester_email)
        return self._book(one.page, start, requester, one.subject, one.minutes)

    def create(self, wish: Mapping[str, Any]) -> str:
        """The same as to book: the vendor has no other way."""
        return self.book(wish)

    def book(self, wish: Mapping[str, Any]) -> str:
        """Through `page` (default: the first one)."""
        page = str(wish.get("page") or first(self._site.pages, "booking page"))
        requester = (str(wish.get("name", "Pia Example")), "pia@example.org")
        return self._book(page, told(wish, "start"), requester, wish.get("title"), None)

    def _book(
        self,
        page: str,
        start: int,
        requester: tuple[str, str],
        subject: str | None,
        minutes: int | None,
    ) -> str:
        try:
            return self._site.book(
                page, start, requester=requester, subject=subject, minutes=minutes
            )
        except ValueError as no:
            raise Impossible(str(no)) from None

    def _appointment(self, thing: Thing) -> str:
        if thing.kind != "appointment":
            raise Impossible("a page has no time")
        return thing.id
