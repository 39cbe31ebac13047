"""The rules of the diary: defaults from the type, series, overlaps, who attends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from worker.sandbox.cliniko.model import Attendee, Booking, Kind, Notification, RepeatRule
from worker.sandbox.cliniko.practice import Practice, atomic
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.cliniko.times import step
from worker.sandbox.exchange import Clock

MINUTE = 60
Reference = tuple[Kind, str]


class Diary(Practice):
    """Bookings of three kinds, which share a practitioner's time, and their attendees."""

    def __init__(
        self, clock: Clock, seed: int, api_key: str, account_zone: str, quirks: Quirks
    ) -> None:
        super().__init__(clock, seed, api_key, account_zone, quirks)
        self.bookings: dict[Reference, Booking] = {}
        self.attendees: dict[str, Attendee] = {}
        self._places: dict[Reference, list[Attendee]] = {}

    # adding

    @atomic
    def add_group_appointment(
        self,
        appointment_type: str,
        business: str,
        practitioner: str,
        starts_at: int,
        ends_at: int | None = None,
        *,
        max_attendees: int | None = None,
        notes: str | None = None,
        repeat: RepeatRule | None = None,
    ) -> str:
        """Add a class; its length and places default to its type's. Returns its id."""
        row = self._new("group", business, practitioner, starts_at, ends_at or starts_at)
        row.appointment_type_id, row.notes, row.repeat_rule = appointment_type, notes, repeat
        kind = self.appointment_types[appointment_type]
        row.ends_at = ends_at or starts_at + kind.minutes * MINUTE
        row.max_attendees = max_attendees or kind.max_attendees
        return self.enter(row)

    @atomic
    def add_individual_appointment(
        self,
        appointment_type: str,
        business: str,
        practitioner: str,
        patient: str,
        starts_at: int,
        ends_at: int | None = None,
        *,
        notes: str | None = None,
        repeat: RepeatRule | None = None,
    ) -> str:
        """Add one patient's appointment. Returns its id."""
        row = self._new("individual", business, practitioner, starts_at, ends_at or starts_at)
        row.appointment_type_id, row.patient_id = appointment_type, patient
        row.notes, row.repeat_rule = notes, repeat
        minutes = self.appointment_types[appointment_type].minutes
        row.ends_at = ends_at or starts_at + minutes * MINUTE
        return self.enter(row)

    @atomic
    def add_unavailable_block(
        self,
        business: str,
        practitioner: str,
        starts_at: int,
        ends_at: int,
        *,
        block_type: str | None = None,
        notes: str | None = None,
        repeat: RepeatRule | None = None,
    ) -> str:
        """Take a practitioner's time without a patient. Returns its id."""
        row = self._new("block", business, practitioner, starts_at, ends_at)
        row.block_type_id, row.notes, row.repeat_rule = block_type, notes, repeat
        return self.enter(row)

    def _new(self, kind: Kind, business: str, practitioner: str, start: int, end: int) -> Booking:
        now = self.now()
        row_id = self.new_id(kind)
        return Booking(row_id, now, now, kind, business, practitioner, start, end)

    @atomic
    def draft(self, kind: Kind, fields: dict[str, Any]) -> Booking:
        """Make a booking out of validated fields without entering it yet."""
        now = self.now()
        return Booking(id="", created_at=now, updated_at=now, kind=kind, **fields)

    @atomic
    def enter(self, row: Booking) -> str:
        """Put a booking into the diary, with every repeat as a row of its own."""
        if not row.id:
            row.id = self.new_id(row.kind)
        self._store(row)
        self.repeat(row)
        return row.id

    def _store(self, row: Booking) -> None:
        self.bookings[row.kind, row.id] = row
        self._places[row.kind, row.id] = []
        if row.patient_id is not None:
            self._seat((row.kind, row.id), row.patient_id)

    @atomic
    def repeat(self, row: Booking) -> None:
        """Make the repeats of a series' first row."""
        rule = row.repeat_rule
        if rule is None:
            return
        zone = self._series_zone(row)
        last = rule.count if self.quirks.repeats_counted == "besides_first" else rule.count - 1
        for position in range(1, last + 1):
            start = step(row.starts_at, rule, position, zone)
            child = replace(
                row,
                id=self.new_id(row.kind),
                starts_at=start,
                ends_at=start + row.ends_at - row.starts_at,
                repeated_from_id=row.id,
                repeat_rule=rule if self.quirks.children_carry_rule else None,
            )
            self._store(child)

    def _series_zone(self, row: Booking) -> str:
        if self.quirks.repeats_keep == "utc":
            return "UTC"
        return self.businesses[row.business_id].zone or self.account_zone

    # attendees

    @atomic
    def add_attendee(self, group_appointment_id: str, patient_id: str) -> str:
        """Give a patient a place in a class, and tell them; returns the attendee's id."""
        return self._seat(("group", group_appointment_id), patient_id).id

    def _seat(self, reference: Reference, patient_id: str) -> Attendee:
        now = self.now()
        kind, booking_id = reference
        row = Attendee(self.new_id("attendees"), now, now, kind, booking_id, patient_id)
        self.attendees[row.id] = row
        self._places[reference].append(row)
        self._tell("appointment confirmation", row)
        self._attendance_changed(row)
        return row

    def places(self, booking: Booking) -> list[Attendee]:
        """Return all attendee rows of a booking."""
        return list(self._places[booking.kind, booking.id])

    def active_places(self, booking: Booking) -> list[Attendee]:
        """Return the attendees who are expected."""
        return [row for row in self._places[booking.kind, booking.id] if row.is_active]

    @atomic
    def cancel_attendee(self, attendee_id: str, reason: int = 50, note: str | None = None) -> None:
        """Let a patient cancel their place."""
        row = self.attendees[attendee_id]
        if row.cancelled_at is None:
            self._cancel(row, reason, note)
            self._tell("appointment cancellation", row)
            self._attendance_changed(row)

    @atomic
    def archive_attendee(self, attendee_id: str) -> None:
        """Archive a patient's place."""
        row = self.attendees[attendee_id]
        self.archive_row(row)
        self._attendance_changed(row)

    def _attendance_changed(self, row: Attendee) -> None:
        if self.quirks.attendee_bumps_booking:
            self.bookings[row.kind, row.booking_id].updated_at = self.now()

    def _tell(self, kind: str, row: Attendee) -> None:
        self.notifications.append(Notification(self.now(), kind, row.id, row.patient_id))

    # changing

    @atomic
    def move(self, kind: Kind, booking_id: str, starts_at: int, ends_at: int) -> None:
        """Move a booking of a kind; its repeats stay."""
        row = self.bookings[kind, booking_id]
        row.starts_at, row.ends_at, row.updated_at = starts_at, ends_at, self.now()

    @atomic
    def touch(self, kind: Kind, booking_id: str) -> None:
        """Do what background jobs do: move `updated_at` and nothing else."""
        self.bookings[kind, booking_id].updated_at = self.now()

    @atomic
    def archive(self, kind: Kind, booking_id: str) -> None:
        """Archive a booking; its attendee rows stay as they are."""
        self.archive_row(self.bookings[kind, booking_id])

    @atomic
    def cancel_appointment(
        self, individual_appointment_id: str, reason: int = 50, note: str | None = None
    ) -> None:
        """Cancel one patient's appointment, for good."""
        row = self.bookings["individual", individual_appointment_id]
        if row.cancelled_at is None:
            self._cancel(row, reason, note)
            for place in self.active_places(row):
                self.cancel_attendee(place.id, reason, note)

    def _cancel(self, row: Booking | Attendee, reason: int, note: str | None) -> None:
        row.cancelled_at = row.updated_at = self.now()
        row.cancellation_reason, row.cancellation_note = reason, note

    # reading

    def series_from(self, row: Booking) -> Iterator[Booking]:
        """Yield the live rows of a booking's series that begin with or after it."""
        root = row.repeated_from_id or row.id
        for other in list(self.bookings.values()):
            same = other.kind == row.kind and root in (other.id, other.repeated_from_id)
            if same and other.is_live and other.starts_at >= row.starts_at:
                yield other

    def conflicting(self, row: Booking) -> bool:
        """Tell whether anything else takes the practitioner's time; shared edges do not."""
        return any(
            other is not row
            and other.is_live
            and other.practitioner_id == row.practitioner_id
            and other.starts_at < row.ends_at
            and row.starts_at < other.ends_at
            for other in self.bookings.values()
        )

    def title(self, row: Booking) -> str:
        """Return what a booking is called: its type's name; a block without a type has none."""
        if row.kind == "block":
            return self.block_types[row.block_type_id].name if row.block_type_id else ""
        return self.appointment_types[row.appointment_type_id or ""].name
