"""Where Acuity's documents are silent: one switch per open question, each with a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Quirks:
    """Readings of what is not certain about Acuity's API; the defaults are the likelier ones."""

    max_ceiling: int | None = 1000
    """Largest `max` that a listing honours; beyond it, rows are dropped without a word."""

    day_zone: Literal["account", "calendar"] = "account"
    """Zone in which `minDate` and `maxDate` are cut."""

    naive_zone: Literal["calendar", "account"] = "calendar"
    """Zone of a datetime without an offset in a write."""

    blocks_default_max: int | None = 100
    """Rows of GET /blocks without `max`; None: all of them, as one connector believes."""

    blocks_match: Literal["overlap", "start"] = "overlap"
    """Whether a block is in a window when it overlaps it, or when it starts in it."""

    admin_required: frozenset[str] = frozenset()
    """Client attributes that even an admin must send, of firstName, lastName, email."""

    cancel_again: Literal["refused", "accepted"] = "refused"
    """What a second cancellation of one appointment meets."""

    class_id: Literal["number", "text"] = "number"
    """How `classID` is written; old clients declare text."""

    can_use_api: bool = False
    """What `/me` says; a trial account said False while every call worked."""

    action: Literal["bare", "prefixed"] = "bare"
    """How webhooks spell their action: `scheduled` or `appointment.scheduled`."""

    hook_ports: frozenset[int] | None = frozenset({80, 443})
    """Ports that a webhook may point to; None: any, for rehearsals on one machine."""

    requests_per_second: int | None = 10
    """Published limit, counted per IP address; None lifts it."""

    concurrent_requests: int | None = 20
    """Published limit, counted per IP address; None lifts it."""

    retry_after: int | None = None
    """Seconds in the Retry-After of a 429; none is promised."""
