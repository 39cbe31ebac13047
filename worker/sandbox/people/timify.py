"""People at a TIMIFY branch: appointments; a timeshift can only be taken away."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from worker.sandbox.people.thing import Impossible, Thing, first, texts, told
from worker.sandbox.timify import Timify
from worker.sandbox.timify.state import Appointment


class TimifyHand:
    """Kinds: `appointment`, `timeshift`. What was deleted leaves no trace."""

    def __init__(self, site: Timify) -> None:
        self._site = site

    def things(self) -> list[Thing]:
        """The records of every branch."""
        rows = self._site.site
        shifts = [
            Thing("timify", "timeshift", one.id, 0, 0, texts(one.denial_reason))
            for one in rows.timeshifts.values()
        ]
        return [self._thing(one) for one in rows.appointments.values()] + shifts

    def move(self, thing: Thing, start: int) -> None:
        """To another start; customers are told, as the web page does."""
        self._site.move(self._row(thing).id, start)

    def cancel(self, thing: Thing) -> None:
        """The same as to delete it."""
        self.delete(thing)

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """`title` and `notes`."""
        given = {name: str(wish[name] or "") for name in ("title", "notes") if name in wish}
        self._site.edit(self._row(thing).id, **given)

    def delete(self, thing: Thing) -> None:
        """For good."""
        if thing.kind == "timeshift":
            self._site.unblock(thing.id)
        else:
            self._site.remove(thing.id)

    def duplicate(self, thing: Thing, start: int) -> str:
        """With its texts; ids of integrations belong to the original."""
        old, rows = self._row(thing), self._site.site
        new = deepcopy(old)
        new.id, new.rescheduling_secret = rows.mongo_id(), rows.secret()
        new.start, new.external_id, new.import_event_id = start, "", None
        new.created_at = new.updated_at = rows.clock.now()
        rows.appointments[new.id] = new
        return new.id

    def create(self, wish: Mapping[str, Any]) -> str:
        """An appointment without customers for `resource` (default: the first one)."""
        return self._book(wish, ())

    def book(self, wish: Mapping[str, Any]) -> str:
        """A customer's appointment, or a place in group event `id`."""
        if "id" not in wish:
            return self._book(wish, (str(wish.get("name", "Pia Example")),))
        one = self._site.site.appointments.get(str(wish["id"]))
        if one is None or not one.is_course or one.participants >= one.max_participants:
            raise Impossible("no place in such a group event")
        self._site.join(one.id, str(wish.get("name", "Pia Example")))
        return one.id

    def _book(self, wish: Mapping[str, Any], customers: tuple[str, ...]) -> str:
        company = self._site.site.companies[self._site.company_id]
        start = told(wish, "start")
        return self._site.book(
            str(wish.get("title", "Busy")),
            start,
            (told(wish, "end") - start) // 60,
            (str(wish.get("resource") or first(company.resources, "resource")),),
            customers=customers,
            notes=str(wish.get("notes", "")),
        )

    def _row(self, thing: Thing) -> Appointment:
        if thing.kind != "appointment":
            raise Impossible("a timeshift can only be deleted")
        return self._site.site.appointments[thing.id]

    def _thing(self, one: Appointment) -> Thing:
        text = texts(one.title, one.notes, one.external_id)
        end = one.start + one.duration * 60
        return Thing("timify", "appointment", one.id, one.start, end, text)
