"""What Cliniko's documentation leaves open, as switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Quirks:
    """One field per fact that is not known for certain; `rate_limit = None` lifts the limit."""

    rate_limit: int | None = 200
    """Requests per user and minute."""
    retry_after: bool = False
    """Clients assume a `Retry-After` beside the documented `X-RateLimit-Reset`."""
    contact_required: bool = True
    """A `User-Agent` without an e-mail address: the documentation threatens to block it."""
    json_accept_required: bool = True
    """`Accept: application/json` is demanded; without it the request is not acceptable."""
    put_accepted: bool = True
    """The older documentation updated with PUT, today's with PATCH."""
    per_page_out_of_range: Literal["clamp", "default", "refuse"] = "clamp"
    """`per_page` outside of 1 to 100."""
    bare_q: Literal["ignore", "filter", "refuse"] = "ignore"
    """`q` without brackets: seen to be ignored, so that the whole history came back."""
    archiving: Literal["both", "archived_at", "deleted_at"] = "both"
    """Which columns an archived row carries; each hides it unless that column is filtered."""
    by_id_hides_archived: bool = True
    """An archived row is 404 by id, unless the query filters its column."""
    archive_again_status: Literal[204, 404] = 404
    """Archiving what is archived already."""
    archiving_bumps_updated_at: bool = True
    """An old sample shows `updated_at` equal to `deleted_at`."""
    async_bump_after: int = 0
    """Background jobs move `updated_at` this many seconds after a write; 0 for never."""
    attendee_bumps_booking: bool = False
    """Whether a change of an attendee moves the group appointment's `updated_at`."""
    cancelled_patients_listed: bool = False
    """Whether `patient_ids` still holds patients who cancelled."""
    full_group_refuses: bool = True
    """Whether an attendee above `max_attendees` is refused."""
    max_attendees_bounds: tuple[int, int] = (2, 99)
    """Both bounds of the documented range are rendered as exclusive: ( 1 .. 100 )."""
    patch_keeps: Literal["end", "duration"] = "end"
    """What a PATCH of `starts_at` alone leaves as it was."""
    repeats_counted: Literal["besides_first", "with_first"] = "besides_first"
    """What `number_of_repeats` counts."""
    children_carry_rule: bool = False
    """Whether the repeats of a series show its `repeat_rule`."""
    repeats_keep: Literal["wall_clock", "utc"] = "wall_clock"
    """Whether a series keeps its local hour across a change to summer time."""
    no_repeat_rule: Literal["null", "empty"] = "null"
    """Old samples show `{}` where there is no rule."""
    root_repeated_from: Literal["null", "absent"] = "null"
    """How a row that repeats nothing shows `repeated_from`."""
    conflicts_link: Literal["present", "null"] = "present"
    """The schema allows null."""
    attendees_link: Literal["nested", "list"] = "nested"
    """Newer links name the list with the id in a percent-encoded filter."""
    colliding_ids: bool = False
    """Every table counts on its own from one same number: ids of different kinds are equal."""
    id_type: Literal["string", "number"] = "string"
    """Old versions showed ids as JSON numbers."""
    unknown_related_status: Literal[422, 500] = 422
    """A related id that does not exist: historically Cliniko failed on it."""
    available_times_see_blocks: bool = True
    """Available times were reported to ignore unavailable blocks."""
