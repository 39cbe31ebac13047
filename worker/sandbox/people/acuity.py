"""People at an Acuity account: appointments and blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from worker.sandbox.acuity import Acuity
from worker.sandbox.people.thing import Thing, first, texts, told


class AcuityHand:
    """Kinds: `appointment`, `block`. An appointment is never deleted, only cancelled."""

    def __init__(self, site: Acuity) -> None:
        self._site = site

    def things(self) -> list[Thing]:
        """Appointments with cancelled ones, then blocks."""
        rows = self._site.site
        found = [
            Thing(
                "acuity",
                "appointment",
                str(one.id),
                one.start,
                one.end,
                texts(one.notes, *one.answers.values()),
                not one.canceled,
            )
            for one in rows.appointments.values()
        ]
        return found + [
            Thing("acuity", "block", str(one.id), one.start, one.end, texts(one.notes))
            for one in rows.blocks.values()
        ]

    def move(self, thing: Thing, start: int) -> None:
        """The web page can drag a block, which the API cannot."""
        if thing.kind == "appointment":
            self._site.move(int(thing.id), start)
            return
        self._reblock(thing, start=start, end=start + thing.end - thing.start)

    def cancel(self, thing: Thing) -> None:
        """A block is taken away."""
        if thing.kind == "appointment":
            self._site.cancel(int(thing.id))
        else:
            self._site.unblock(int(thing.id))

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """`notes`; the title of an appointment is its type's."""
        if thing.kind == "block":
            self._reblock(thing, notes=str(wish.get("notes", wish.get("title")) or ""))
            return
        if "title" in wish:
            type_id = self._site.site.appointments[int(thing.id)].type_id
            self._site.rename_type(type_id, str(wish["title"]))
        if "notes" in wish:
            self._site.edit(int(thing.id), notes=str(wish["notes"] or ""))

    def delete(self, thing: Thing) -> None:
        """What cancelling does."""
        self.cancel(thing)

    def duplicate(self, thing: Thing, start: int) -> str:
        """The same client, type and notes, or the same block."""
        rows = self._site.site
        if thing.kind == "block":
            block = rows.blocks[int(thing.id)]
            end = start + block.end - block.start
            return str(self._site.block(block.calendar_id, start, end, block.notes))
        old = rows.appointments[int(thing.id)]
        kept = {"first_name", "last_name", "email", "phone", "notes", "location", "minutes"}
        given = {one.name: getattr(old, one.name) for one in fields(old) if one.name in kept}
        new = self._site.book(old.type_id, start, calendar_id=old.calendar_id, **given)
        rows.appointments[new].answers = dict(old.answers)
        return str(new)

    def create(self, wish: Mapping[str, Any]) -> str:
        """A block on `calendar` (default: the first one)."""
        calendar = int(wish.get("calendar") or first(self._site.site.calendars, "calendar"))
        notes = str(wish.get("notes", ""))
        return str(self._site.block(calendar, told(wish, "start"), told(wish, "end"), notes))

    def book(self, wish: Mapping[str, Any]) -> str:
        """A client's appointment of `type`, or a place in class `id`."""
        name = str(wish.get("name", "Pia Example"))
        if "id" in wish:
            return str(self._site.join(int(wish["id"]), name)[0])
        type_id = int(wish.get("type") or first(self._site.site.types, "appointment type"))
        start = told(wish, "start")
        calendar = wish.get("calendar")
        return str(self._site.book(type_id, start, calendar_id=calendar, client=name))

    def _reblock(self, thing: Thing, **changes: Any) -> None:
        with self._site.lock:
            blocks = self._site.site.blocks
            blocks[int(thing.id)] = replace(blocks[int(thing.id)], **changes)
