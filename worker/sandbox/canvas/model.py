"""The rows of a Canvas site; all instants are whole seconds since the epoch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ParticipantType = Literal["User", "Group"]


@dataclass(frozen=True, slots=True)
class Course:
    """A course; `observers` tells whether observers may sign up for its appointments."""

    id: int
    name: str
    observers: bool = False
    concluded: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a course's students."""

    id: int
    course_id: int
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A person; bounds without a time of day are read in `time_zone`."""

    id: int
    name: str
    time_zone: str
    created_at: int

    @property
    def sortable_name(self) -> str:
        """Family name first, as Canvas sorts people."""
        first, _, last = self.name.rpartition(" ")
        return f"{last}, {first}" if first else self.name


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Somebody's place in a course."""

    course_id: int
    role: Literal["teacher", "student"]
    section_id: int | None


@dataclass(frozen=True, slots=True)
class GroupCategory:
    """A set of student groups within one course."""

    id: int
    course_id: int
    name: str


@dataclass(frozen=True, slots=True)
class StudentGroup:
    """Students who sign up together."""

    id: int
    category_id: int
    name: str
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """An access token; `scopes` is None for one that may do what its user may."""

    user_id: int
    state: Literal["live", "revoked", "expired"] = "live"
    scopes: frozenset[str] | None = None
    expired_at: int | None = None


@dataclass(frozen=True, slots=True, order=True)
class Participant:
    """Who takes a place in a slot: a user or a student group."""

    type: ParticipantType
    id: int

    @property
    def code(self) -> str:
        """The context code, e.g. `user_5`."""
        return f"{self.type.lower()}_{self.id}"


@dataclass(slots=True)
class AppointmentGroup:
    """A sign-up sheet. `start_at` and `end_at` are cached, and stale after a slot was moved."""

    id: int
    title: str | None
    course_ids: list[int]
    created_at: int
    updated_at: int
    description: str | None = None
    location_name: str | None = None
    location_address: str | None = None
    section_ids: list[int] = field(default_factory=list)
    category_id: int | None = None
    workflow_state: Literal["pending", "active", "deleted"] = "pending"
    participants_per_appointment: int | None = None
    min_appointments_per_participant: int | None = None
    max_appointments_per_participant: int | None = None
    participant_visibility: str = "private"
    allow_observer_signup: bool = False
    start_at: int | None = None
    end_at: int | None = None

    @property
    def participant_type(self) -> ParticipantType:
        """Groups sign up where a group category is named, else single users."""
        return "User" if self.category_id is None else "Group"


@dataclass(slots=True)
class CalendarEvent:
    """A slot, or (with a parent and a participant) a reservation of one."""

    id: int
    group_id: int
    start_at: int
    end_at: int
    title: str | None
    created_at: int
    updated_at: int
    description: str | None = None
    location_name: str | None = None
    location_address: str | None = None
    workflow_state: Literal["active", "locked", "deleted"] = "active"
    comments: str | None = None
    parent_id: int | None = None
    participant: Participant | None = None
    own_limit: bool = False
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """One message that Canvas would have sent to one person."""

    at: int
    kind: str
    about: int
    to: int
