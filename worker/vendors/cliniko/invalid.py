"""What Cliniko says where it refuses to save a record: one text per field."""

from __future__ import annotations

import msgspec

from worker.vendors.base import Rejected

_FIELDS = (
    *("starts_at", "ends_at", "max_attendees", "notes", "repeat_rule", "cancellation_reason"),
    *("appointment_type", "business", "practitioner", "patient", "unavailable_block_type", "base"),
)


def invalid(where: str, body: bytes) -> Rejected:
    """A 422 in words: the fields that it names, and none of its text."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        answer = None
    errors = answer.get("errors") if isinstance(answer, dict) else None
    named = (
        [name for name in _FIELDS if name in errors or f"{name}_id" in errors]
        if isinstance(errors, dict)
        else []
    )
    if not named:
        return Rejected(f"{where}: Cliniko refuses to save it")
    hint = ""
    if "max_attendees" in named:
        # It says so, too, where the id of the appointment type is mistyped.
        hint = "; is appointment_type_id the id of a type for groups?"
    elif "base" in named:
        hint = " (something that it refers to may be archived)"
    return Rejected(f"{where}: Cliniko refuses {' and '.join(named)}{hint}", named[0])
