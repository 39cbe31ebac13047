"""Canvas's JSON, as far as calsync reads it. Keys may be absent where others have null."""

from __future__ import annotations

import msgspec


class Named(msgspec.Struct, frozen=True, gc=False):
    """A user or a student group: only its number matters here."""

    id: int | str


class Reservation(msgspec.Struct, frozen=True, gc=False):
    """A child event: somebody's place in a slot."""

    id: int | str | None = None
    workflow_state: str | None = None
    context_code: str | None = None
    user: Named | None = None
    group: Named | None = None


class Slot(msgspec.Struct, frozen=True, gc=False):
    """An appointment: a calendar event whose context is an appointment group.

    `participants_per_appointment` and `available_slots` are absent, not null, where a slot has no
    limit. `reserve_url` is on every slot of a full answer: it tells that the others are left out.
    """

    id: int | str
    start_at: str | None = None
    end_at: str | None = None
    workflow_state: str | None = None
    title: str | None = None
    description: str | None = None
    location_name: str | None = None
    html_url: str | None = None
    reserve_url: str | None = None
    child_events: list[Reservation] | None = None
    child_events_count: int | None = None
    participants_per_appointment: int | None = None
    available_slots: int | None = None
    parent_event_id: int | str | None = None
    appointment_group_id: int | str | None = None
    all_context_codes: str | None = None
    effective_context_code: str | None = None


class Group(msgspec.Struct, frozen=True):
    """An appointment group: a sign-up sheet with its slots, still raw.

    `appointments` is None where the answer did not carry them at all.
    """

    id: int | str
    title: str | None = None
    description: str | None = None
    location_name: str | None = None
    location_address: str | None = None
    start_at: str | None = None
    updated_at: str | None = None
    workflow_state: str | None = None
    context_codes: list[str] | str | None = None  # slots have theirs as one text with commas
    all_context_codes: list[str] | str | None = None
    appointments_count: int | None = None
    participants_per_appointment: int | None = None
    min_appointments_per_participant: int | None = None
    max_appointments_per_participant: int | None = None
    participant_type: str | None = None
    participant_visibility: str | None = None
    allow_observer_signup: bool | None = None
    appointments: list[msgspec.Raw] | None = None
