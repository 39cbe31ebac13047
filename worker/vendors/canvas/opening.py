"""The next slot of the same sign-up sheet that is still to be had, as Canvas says.

https://canvas.instructure.com/doc/api/appointment_groups.html#method.appointment_groups.next_appointment
"""

from __future__ import annotations

from worker.domain.conflict.openings import Opening
from worker.domain.event import Event
from worker.domain.span import Span
from worker.vendors.canvas import mapping
from worker.vendors.canvas.mapping import Unreadable
from worker.vendors.canvas.reading import GROUPS
from worker.vendors.canvas.wire import Slot
from worker.vendors.http import Outlet
from worker.vendors.rows import page

_OF_GROUP = "group:"


def next_slot(outlet: Outlet, event: Event, search: Span) -> tuple[Opening, ...] | None:
    """The next slot of the event's group in `search` that has room: one or none. One call.

    None for a slot that nobody has reserved, for one without a group, and where Canvas names
    nothing at all. Raises VendorError.

    Canvas names only what the token's own user could reserve. An instructor's token, which is what
    reading the groups takes, can reserve nothing as a rule, and is told of no slot: an empty
    answer says nothing about the group. It helps where the user is a participant as well (a tutor
    who is also enrolled), and then that user's own reservations are left out.
    """
    group = event.series.removeprefix(_OF_GROUP)
    if not event.attendees or not group or group == event.series:
        return None
    reply = outlet.get(f"{GROUPS}/next_appointment", (("appointment_group_ids[]", group),))
    told = page(reply, Slot)
    if not told.rows and not told.bad:
        return None
    found = [_opening(row.value) for row in told.rows if _is_other(row.value, event, group)]
    inside = [one for one in found if one and search.start <= one.span.start < search.end]
    return tuple(sorted(inside, key=lambda one: (one.span, one.native_id)))


def _is_other(slot: Slot, event: Event, group: str) -> bool:
    """Whether it is another slot of the same group, and not one that is gone or full."""
    of = slot.appointment_group_id
    return (
        str(slot.id) != event.key.native_id
        and (of is None or str(of) == group)
        and slot.workflow_state != "deleted"
        and slot.available_slots != 0
    )


def _opening(slot: Slot) -> Opening | None:
    try:
        return Opening(mapping.span(slot), mapping.identifier(slot.id), slot.available_slots)
    except Unreadable:
        return None
