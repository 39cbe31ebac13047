"""What of a Canvas answer may be kept and shown: the times and the numbers, not the people."""

from __future__ import annotations

from typing import Any

import msgspec

from worker.vendors.redaction import HIDDEN, redacted

_GROUP = frozenset({
    "id", "title", "location_name", "location_address", "start_at", "end_at", "context_codes",
    "all_context_codes", "sub_context_codes", "workflow_state", "appointments_count",
    "participants_per_appointment", "min_appointments_per_participant",
    "max_appointments_per_participant", "participant_visibility", "participant_type",
    "participant_count", "url", "html_url", "created_at", "updated_at",
})  # fmt: skip
_SLOT = _GROUP | {
    "child_events_count", "available_slots", "appointment_group_id", "appointment_group_url",
    "context_code", "effective_context_code", "type", "parent_event_id", "all_day_date",
}  # fmt: skip
_CHILD = frozenset({
    "id", "workflow_state", "parent_event_id", "start_at", "end_at", "created_at", "updated_at",
})  # fmt: skip


def redact(answer: bytes) -> bytes:
    """A sighting's array of a group and a slot, with the reservations but not whose they are."""
    try:
        pieces = msgspec.json.decode(answer, type=list[dict[str, Any]])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return redacted(answer, frozenset())
    shown = [
        msgspec.Raw(_group(piece) if not at else _slot(piece)) for at, piece in enumerate(pieces)
    ]
    return msgspec.json.encode(shown)


def _group(piece: dict[str, Any]) -> bytes:
    return redacted(msgspec.json.encode(piece), _GROUP)


def _slot(piece: dict[str, Any]) -> bytes:
    children = piece.pop("child_events", None)
    shown = redacted(msgspec.json.encode(piece), _SLOT)
    kept = msgspec.json.decode(shown)
    if not isinstance(children, list) or not isinstance(kept, dict):
        return shown  # a piece too large or too deep to look into is hidden as a whole
    raw = redacted(msgspec.json.encode([_child(each) for each in children]), _CHILD)
    return msgspec.json.encode({**kept, "child_events": msgspec.Raw(raw)})


def _child(child: Any) -> Any:
    # A child's user and group are objects with an `id`, too: only its own members may stay.
    if not isinstance(child, dict):
        return HIDDEN
    return {name: value if name in _CHILD else HIDDEN for name, value in child.items()}
