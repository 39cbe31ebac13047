"""How a class is put together from the rows of those who booked a place in it."""

from __future__ import annotations

from worker.domain.event import Kind
from worker.domain.listing import Quarantined, Sighting
from worker.vendors.acuity import mapping, wire
from worker.vendors.acuity.mapping import Context, Unreadable
from worker.vendors.rows import Row


class Classes:
    """The rows of the classes of some days, kept until those days are read to the end.

    A row that comes again, in another answer of the same walk, replaces the one before.
    """

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Row[wire.Appointment]]] = {}

    def add(self, row: Row[wire.Appointment]) -> None:
        """Keep a row that has a class."""
        rows = self._rows.setdefault(mapping.class_of(row.value), {})
        rows[wire.text_of(row.value.id)] = row

    def seen(self, context: Context) -> tuple[list[Sighting], list[Quarantined]]:
        """Each class once, with the JSON array of its rows."""
        sightings: list[Sighting] = []
        quarantined: list[Quarantined] = []
        for class_id, rows in self._rows.items():
            answer = b"[" + b",".join(row.answer for row in rows.values()) + b"]"
            try:
                event = mapping.group(class_id, [row.value for row in rows.values()], context)
            except Unreadable as error:
                # Its rows' ids were checked before: only the class itself can be odd here.
                quarantined.append(Quarantined(Kind.GROUP, class_id, str(error), answer))
            else:
                sightings.append(Sighting(event, answer))
        return sightings, quarantined
