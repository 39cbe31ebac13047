"""People at a Cliniko practice: blocks, group appointments and individual ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from worker.sandbox.cliniko import Cliniko
from worker.sandbox.cliniko.model import Booking, Kind
from worker.sandbox.people.thing import Impossible, Thing, first, texts, told


class ClinikoHand:
    """Kinds: `block`, `group`, `individual`. The only text that people write is the notes."""

    def __init__(self, site: Cliniko) -> None:
        self._site = site

    def things(self) -> list[Thing]:
        """Every booking, archived and cancelled ones included."""
        return [
            Thing(
                "cliniko",
                one.kind,
                one.id,
                one.starts_at,
                one.ends_at,
                texts(one.notes),
                one.is_live,
            )
            for one in self._site.bookings.values()
        ]

    def move(self, thing: Thing, start: int) -> None:
        """To another start."""
        row = self._row(thing)
        self._site.move(row.kind, row.id, start, start + row.ends_at - row.starts_at)

    def cancel(self, thing: Thing) -> None:
        """Only an individual appointment can be cancelled: the others are archived."""
        row = self._row(thing)
        if row.kind == "individual":
            self._site.cancel_appointment(row.id)
        else:
            self._site.archive(row.kind, row.id)

    def edit(self, thing: Thing, wish: Mapping[str, Any]) -> None:
        """The title is the type's; `notes` are the row's own."""
        row = self._row(thing)
        if "title" in wish and row.appointment_type_id:
            self._site.rename_type(row.appointment_type_id, str(wish["title"]))
        if "notes" in wish:
            row.notes = wish["notes"]
        self._site.touch(row.kind, row.id)

    def delete(self, thing: Thing) -> None:
        """Archive it."""
        row = self._row(thing)
        self._site.archive(row.kind, row.id)

    def duplicate(self, thing: Thing, start: int) -> str:
        """A new row with the same notes, never a series."""
        row, now = self._row(thing), self._site.now()
        end = start + row.ends_at - row.starts_at
        return self._site.enter(
            replace(
                row,
                id="",
                starts_at=start,
                ends_at=end,
                cancelled_at=None,
                repeat_rule=None,
                repeated_from_id=None,
                created_at=now,
                updated_at=now,
                archived_at=None,
                deleted_at=None,
            )
        )

    def create(self, wish: Mapping[str, Any]) -> str:
        """An unavailable block for `practitioner` at `business` (defaults: the first ones)."""
        return self._site.add_unavailable_block(
            str(wish.get("business") or first(self._site.businesses, "business")),
            str(wish.get("practitioner") or first(self._site.practitioners, "practitioner")),
            told(wish, "start"),
            told(wish, "end"),
            notes=wish.get("notes"),
        )

    def book(self, wish: Mapping[str, Any]) -> str:
        """A patient takes an individual appointment, or a place in group appointment `id`."""
        site = self._site
        patient = str(wish.get("patient") or first(site.patients, "patient"))
        if "id" in wish:
            if ("group", str(wish["id"])) not in site.bookings:
                raise Impossible("no such group appointment")
            return site.add_attendee(str(wish["id"]), patient)
        return site.add_individual_appointment(
            str(wish.get("type") or first(site.appointment_types, "appointment type")),
            str(wish.get("business") or first(site.businesses, "business")),
            str(wish.get("practitioner") or first(site.practitioners, "practitioner")),
            patient,
            told(wish, "start"),
            notes=wish.get("notes"),
        )

    def _row(self, thing: Thing) -> Booking:
        kinds: dict[str, Kind] = {"block": "block", "group": "group", "individual": "individual"}
        return self._site.bookings[kinds[thing.kind], thing.id]
