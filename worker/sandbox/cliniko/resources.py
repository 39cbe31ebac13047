"""The resources of the account with the columns that each can be filtered by."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from worker.sandbox.cliniko.diary import Diary
from worker.sandbox.cliniko.filters import Field, FieldType
from worker.sandbox.cliniko.listing import Resource
from worker.sandbox.cliniko.model import Kind
from worker.sandbox.cliniko.render import Renderer


def _fields(kind: FieldType, *names: str) -> dict[str, Field]:
    return {name: Field(kind, attrgetter(name)) for name in names}


def build(diary: Diary) -> dict[str, Resource]:
    """Return every resource by the name of its list."""
    common = _fields("datetime", "archived_at", "created_at", "deleted_at")
    common |= _fields("number", "id")
    common["updated_at"] = Field("datetime", diary.shown_updated_at)
    named = common | _fields("string", "name")
    people = common | _fields("string", "first_name", "last_name")
    resources = [
        *(_booking(diary, common)),
        Resource("attendees", common | _attendee_fields(), Renderer.attendee),
        Resource("businesses", common, Renderer.business),
        Resource("practitioners", people, Renderer.practitioner),
        Resource("appointment_types", named, Renderer.appointment_type),
        Resource("unavailable_block_types", named, Renderer.block_type),
        Resource("patients", people | _patient_fields(), Renderer.patient),
    ]
    return {resource.name: resource for resource in resources}


def _attendee_fields() -> dict[str, Field]:
    fields = _fields("number", "booking_id", "patient_id", "patient_case_id")
    return fields | _fields("datetime", "cancelled_at")


def _patient_fields() -> dict[str, Field]:
    return _fields("string", "email") | _fields("date", "date_of_birth")


def _booking(diary: Diary, common: dict[str, Field]) -> list[Resource]:
    booked = common | _fields("datetime", "starts_at", "ends_at")
    booked |= _fields("number", "business_id", "practitioner_id", "repeated_from_id")
    typed = _fields("number", "appointment_type_id")
    cancellable = _fields("datetime", "cancelled_at")
    single = _fields("number", "patient_id")
    patients = {"patient_ids": Field("array", _patient_ids(diary))}
    kind = _fields("number", "block_type_id")["block_type_id"]
    return [
        Resource("group_appointments", booked | typed | patients, Renderer.booking),
        Resource(
            "individual_appointments", booked | typed | cancellable | single, Renderer.booking
        ),
        Resource(
            "unavailable_blocks", booked | {"unavailable_block_type_id": kind}, Renderer.booking
        ),
        Resource("bookings", booked | typed | cancellable | patients, Renderer.in_union),
    ]


def _patient_ids(diary: Diary) -> Callable[[Any], list[str]]:
    return lambda row: [place.patient_id for place in diary.active_places(row)]


KINDS: dict[str, Kind] = {
    "group_appointments": "group",
    "individual_appointments": "individual",
    "unavailable_blocks": "block",
}
