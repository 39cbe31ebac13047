"""People at a Canvas site: slots, reservations and whole groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.canvas import Canvas
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent
from worker.sandbox.canvas.scheduler import Invalid, Unreservable
from worker.sandbox.people.thing import Impossible, Thing, first, texts, told


class CanvasHand:
    """Kinds: `slot`, `reservation`, `group`."""

    def __init__(self, site: Canvas) -> None:
        self._site = site

    def things(self) -> list[Thing]:
        """Slots and reservations, then groups."""
        events = [self._event(one) for one in self._site.events.values()]
        return events + [self._group(one) for one in self._site.groups.values()]

    def move(self, thing: Thing, start: int) -> None:
        """A slot moves alone; a group moves with all of its slots."""
        match thing.kind:
            case "slot":
                self._move(int(thing.id), start, start + thing.end - thing.start)
            case "group":
                shift = start - thing.start
                slots = self._site.slots(int(thing.id))
                for slot in slots if shift < 0 else reversed(slots):
                    self._move(slot.id, slot.start_at + shift, slot.end_at + shift)
            case _:
                raise Impossible("a reservation moves with its slot")

    def cancel(self, thing: Thing) -> None:
        """The same as to delete it."""
        self.delete(thing)

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """A slot's title is its group's."""
        named = {"title": "title", "notes": "description"}
        fields = {column: wish[name] for name, column in named.items() if name in wish}
        if thing.kind == "group":
            self._site.update_group(int(thing.id), **fields)
            return
        event = self._site.events[int(thing.id)]
        if "title" in fields:
            self._site.update_group(event.group_id, title=fields.pop("title"))
        self._site.edit_slot(event.id, **fields)

    def delete(self, thing: Thing) -> None:
        """The last slot takes its group along."""
        match thing.kind:
            case "slot":
                self._site.delete_slot(int(thing.id))
            case "group":
                self._site.delete_group(int(thing.id))
            case _:
                self._site.cancel(int(thing.id))

    def duplicate(self, thing: Thing, start: int) -> str:
        """A slot joins its own group, after the last one if the time is taken there."""
        if thing.kind == "group":
            return str(self._copy_group(self._site.groups[int(thing.id)]))
        if thing.kind != "slot":
            raise Impossible("a reservation cannot be copied")
        old = self._site.events[int(thing.id)]
        long = thing.end - thing.start
        taken = [(slot.start_at, slot.end_at) for slot in self._site.slots(old.group_id)]
        if any(begin < start + long and start < end for begin, end in taken):
            start = max(end for _, end in taken)
        slot_id = self._site.add_slot(old.group_id, start, start + long)
        self._site.edit_slot(slot_id, description=old.description)
        return str(slot_id)

    def create(self, wish: Mapping[str, Any]) -> str:
        """A slot in `group` (default: the first one)."""
        group = int(wish.get("group") or first(self._site.groups, "appointment group"))
        try:
            slot = self._site.add_slot(group, told(wish, "start"), told(wish, "end"))
        except Invalid as no:
            raise Impossible(str(no)) from None
        self._site.edit_slot(slot, **({"description": wish["notes"]} if "notes" in wish else {}))
        return str(slot)

    def book(self, wish: Mapping[str, Any]) -> str:
        """Somebody who may (or `user`) signs up for slot `id`."""
        slot = self._site.events.get(int(wish.get("id") or 0))
        if slot is None:
            raise Impossible("name the slot as id")
        group = self._site.groups[slot.group_id]
        free = [who.id for who in sorted(self._site.possible(group))]
        try:
            return str(self._site.reserve(slot.id, int(wish.get("user") or (free or [0])[0])))
        except Unreservable as no:
            raise Impossible(no.message) from None

    def _move(self, slot_id: int, start: int, end: int) -> None:
        try:
            self._site.move(slot_id, start, end)
        except Invalid as no:
            raise Impossible(str(no)) from None

    def _copy_group(self, old: AppointmentGroup) -> int:
        """Under the same text, with the live slots, published as it was."""
        return self._site.add_group(
            old.title,
            old.course_ids,
            slots=[(slot.start_at, slot.end_at) for slot in self._site.slots(old.id)],
            state=old.workflow_state,
            sections=old.section_ids,
            category=old.category_id,
            description=old.description,
            location_name=old.location_name,
            participants_per_appointment=old.participants_per_appointment,
        )

    def _event(self, one: CalendarEvent) -> Thing:
        kind = "slot" if one.parent_id is None else "reservation"
        text = texts(one.title, one.description, one.comments)
        alive = one.workflow_state != "deleted"
        return Thing("canvas", kind, str(one.id), one.start_at, one.end_at, text, alive)

    def _group(self, one: AppointmentGroup) -> Thing:
        slots = self._site.slots(one.id)
        start = min((slot.start_at for slot in slots), default=0)
        end = max((slot.end_at for slot in slots), default=0)
        text, alive = texts(one.title, one.description), one.workflow_state != "deleted"
        return Thing("canvas", "group", str(one.id), start, end, text, alive)
