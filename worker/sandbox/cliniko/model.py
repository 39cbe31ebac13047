"""The rows of a Cliniko account; ids are texts, instants whole seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["group", "individual", "block"]
COLLECTIONS: dict[Kind, str] = {
    "group": "group_appointments",
    "individual": "individual_appointments",
    "block": "unavailable_blocks",
}


@dataclass(slots=True)
class Row:
    """What every row has. `archived_at` and `deleted_at` are two states kept side by side."""

    id: str
    created_at: int
    updated_at: int
    archived_at: int | None = field(default=None, kw_only=True)
    deleted_at: int | None = field(default=None, kw_only=True)

    @property
    def is_gone(self) -> bool:
        """Tell whether the row was archived under either name."""
        return self.archived_at is not None or self.deleted_at is not None


@dataclass(slots=True)
class Business(Row):
    """A location. Its zone may be unset."""

    name: str
    zone: str | None


@dataclass(slots=True)
class Practitioner(Row):
    """Somebody who treats; an inactive one is listed elsewhere."""

    first_name: str
    last_name: str
    active: bool = True


@dataclass(slots=True)
class AppointmentType(Row):
    """What is booked: it gives appointments their name, duration and places."""

    name: str
    minutes: int
    max_attendees: int


@dataclass(slots=True)
class Patient(Row):
    """Somebody who is treated."""

    first_name: str
    last_name: str
    email: str | None = None
    date_of_birth: str | None = None


@dataclass(slots=True)
class BlockType(Row):
    """Why somebody is unavailable."""

    name: str


@dataclass(frozen=True, slots=True)
class RepeatRule:
    """How a booking repeats: every `interval` days, weeks or months, `count` times."""

    type: Literal["Daily", "Weekly", "Monthly"]
    count: int
    interval: int = 1


@dataclass(slots=True)
class Booking(Row):
    """A group appointment, an individual appointment or an unavailable block."""

    kind: Kind
    business_id: str
    practitioner_id: str
    starts_at: int
    ends_at: int
    appointment_type_id: str | None = None
    patient_id: str | None = None
    block_type_id: str | None = None
    max_attendees: int | None = None
    notes: str | None = None
    repeat_rule: RepeatRule | None = None
    repeated_from_id: str | None = None
    cancelled_at: int | None = None
    cancellation_reason: int | None = None
    cancellation_note: str | None = None

    @property
    def is_live(self) -> bool:
        """Tell whether the time is taken."""
        return not self.is_gone and self.cancelled_at is None


@dataclass(slots=True)
class Attendee(Row):
    """A patient's place in an appointment."""

    kind: Kind
    booking_id: str
    patient_id: str
    notes: str | None = None
    arrived: bool | None = None
    patient_case_id: str | None = None
    cancelled_at: int | None = None
    cancellation_reason: int | None = None
    cancellation_note: str | None = None

    @property
    def is_active(self) -> bool:
        """Tell whether the patient is expected."""
        return not self.is_gone and self.cancelled_at is None


@dataclass(frozen=True, slots=True)
class Hours:
    """A practitioner's weekly hours at a business: ISO weekday, local minutes of the day."""

    business_id: str
    practitioner_id: str
    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Key:
    """Whom an API key speaks for: a role limited to one practitioner sees only their bookings."""

    user_id: str
    practitioner_id: str | None = None
    forbidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Notification:
    """One message that Cliniko would have sent to one patient."""

    at: int
    kind: str
    about: str
    to: str
