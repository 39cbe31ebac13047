"""The calendar_events endpoints: slots and reservations, one by one or within a window."""

from __future__ import annotations

from datetime import time
from typing import Any

from worker.sandbox.canvas import errors
from worker.sandbox.canvas.call import Call
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent
from worker.sandbox.canvas.paging import paginate
from worker.sandbox.canvas.params import bound, instant, texts, today, truthy, whole
from worker.sandbox.canvas.scheduler import Invalid, Unreservable
from worker.sandbox.exchange import Response

MOST_CONTEXT_CODES = 10
LONGEST_COMMENT = 255
END_OF_DAY = time(23, 59, 59)
Window = tuple[int, int]


def index(call: Call) -> Response:
    """List slots with their reservations in a window, which is today unless it is told."""
    codes = texts(call.params.get("context_codes"))[:MOST_CONTEXT_CODES]
    window = _window(call)
    found: dict[int, CalendarEvent] = {}
    for code in codes or [f"user_{call.user.id}"]:
        found |= {event.id: event for event in _of_context(call, code, window)}
    rows = sorted(found.values(), key=lambda event: (event.start_at, event.id))
    page, link = paginate(
        call.request, rows, lambda event: (event.start_at, event.id), call.site.quirks
    )
    excluded = texts(call.params.get("excludes"))
    include = frozenset() if "child_events" in excluded else frozenset({"child_events"})
    body = [
        call.render.slot(row, include) if row.parent_id is None else call.render.reservation(row)
        for row in page
    ]
    return Response.of(body, 200, link)


def _window(call: Call) -> Window | None:
    """Read the window; None when it is switched off, and with it all manageable slots."""
    if truthy(call.params.get("all_events")) or truthy(call.params.get("undated")):
        return None
    zone = call.user.time_zone
    first, last = today(call.site.now(), zone)
    start = _bound(call, "start_date", time(), first)
    end = _bound(call, "end_date", END_OF_DAY, max(last, start))
    return start, end


def _bound(call: Call, name: str, edge: time, default: int) -> int:
    value = call.params.get(name)
    if not value:
        return default
    try:
        return bound(str(value), call.user.time_zone, edge=edge)
    except ValueError:
        raise errors.bad_field(name, "Invalid date or invalid datetime for " + name) from None


def _of_context(call: Call, code: str, window: Window | None) -> list[CalendarEvent]:
    kind, _, tail = code.rpartition("_")
    number = whole(tail)
    site, user = call.site, call.user.id
    if kind == "user" and number == user:
        return [row for row in _own(call) if window is None or _touches(row, window)]
    if kind == "course" and number is not None and site.belongs(user, number):
        groups = [g for g in site.groups.values() if number in g.course_ids]
        return _slots(call, [g for g in groups if call.caller.manages(g)], window)
    if kind == "appointment_group" and number in site.groups:
        group = site.groups[number]
        if call.caller.reads(group):
            return _slots(call, [group], window)
    raise errors.forbidden(site.quirks)


def _own(call: Call) -> list[CalendarEvent]:
    return [
        row
        for row in call.site.events.values()
        if row.parent_id is not None and row.workflow_state != "deleted" and call.caller.owns(row)
    ]


def _slots(
    call: Call, groups: list[AppointmentGroup], window: Window | None
) -> list[CalendarEvent]:
    """Return the slots of groups whose *cached* range meets the window: stale after a move."""
    if window is None:
        return []
    start, end = window
    return [
        slot
        for group in groups
        if group.start_at is not None and group.end_at is not None
        if group.start_at <= end and group.end_at >= start
        for slot in call.site.slots(group.id)
        if _touches(slot, window)
    ]


def _touches(event: CalendarEvent, window: Window) -> bool:
    return event.start_at <= window[1] and event.end_at >= window[0]


def show(call: Call) -> Response:
    """Show a slot or a reservation, also a deleted one while its group lives."""
    return Response.of(_document(call, call.event(), call.include))


def _document(call: Call, event: CalendarEvent, include: frozenset[str]) -> dict[str, Any]:
    if event.parent_id is not None:
        return call.render.reservation(event)
    return call.render.slot(event, include | {"child_events"})


def update(call: Call) -> Response:
    """Move a slot or edit the few things that are its own; the rest is reverted in silence."""
    event = _manageable(call)
    fields = call.root("calendar_event")
    if event.parent_id is not None or event.workflow_state == "deleted":
        raise errors.forbidden(call.site.quirks)
    if "context_code" in fields and fields["context_code"] not in _context_codes(call, event):
        raise errors.said("the context of an appointment cannot be changed", 400)
    start = _moment(call, fields, "start_at", event.start_at)
    end = _moment(call, fields, "end_at", event.end_at)
    if (start, end) != (event.start_at, event.end_at):
        _move(call, event, start, end)
    edits: dict[str, Any] = {}
    if "description" in fields:
        edits["description"] = fields["description"]
    if "participants_per_appointment" in fields:
        edits["participants_per_appointment"] = whole(fields["participants_per_appointment"])
    if edits:
        call.site.edit_slot(event.id, **edits)
    return Response.of(call.render.slot(event, frozenset({"child_events"})))


def _move(call: Call, slot: CalendarEvent, start: int, end: int) -> None:
    if slot.workflow_state == "locked" and not call.site.quirks.locked_slots_move:
        raise errors.forbidden(call.site.quirks)
    try:
        call.site.move(slot.id, start, end)
    except Invalid as invalid:
        kind = call.site.quirks.validation_type
        raise errors.invalid(invalid.attribute, invalid.message, kind) from None


def _context_codes(call: Call, event: CalendarEvent) -> list[str]:
    group = call.site.groups[event.group_id]
    return [f"appointment_group_{group.id}", *(f"course_{c}" for c in group.course_ids)]


def _moment(call: Call, fields: dict[str, Any], name: str, default: int) -> int:
    if name not in fields:
        return default
    moment = instant(fields[name], call.user.time_zone)
    if moment is None:
        raise errors.invalid(name, f"{name} is invalid", call.site.quirks.validation_type)
    return moment


def _manageable(call: Call) -> CalendarEvent:
    event = call.event()
    if not call.caller.manages(call.site.groups[event.group_id]):
        raise errors.forbidden(call.site.quirks)
    return event


def destroy(call: Call) -> Response:
    """Delete a slot (its managers) or a reservation (its owner and the managers)."""
    event = call.event()
    if event.workflow_state == "deleted":
        raise errors.forbidden(call.site.quirks)
    if event.parent_id is None:
        _manageable(call)
        call.site.delete_slot(event.id)
        return Response.of(call.render.slot(event))
    managed = call.caller.manages(call.site.groups[event.group_id])
    if not managed and event.start_at < call.site.now():
        raise errors.said("past appointments cannot be cancelled", 403)
    call.site.cancel(event.id)
    return Response.of(call.render.reservation(event))


def reserve(call: Call) -> Response:
    """Reserve a slot: 200 with the reservation, or 400 with a bare array of reasons."""
    slot = call.event()
    if slot.parent_id is not None:
        raise errors.unreservable("not an appointment", [])
    group = call.site.groups[slot.group_id]
    managed = call.caller.manages(group)
    if slot.workflow_state == "deleted" or not (managed or call.caller.may_reserve(group)):
        raise errors.forbidden(call.site.quirks)
    if not managed and slot.start_at < call.site.now():
        raise errors.said("past appointments cannot be reserved", 403)
    comments = call.params.get("comments")
    if len(str(comments or "")) > LONGEST_COMMENT:
        kind = call.site.quirks.validation_type
        raise errors.invalid("comments", "is too long (maximum is 255 characters)", kind)
    try:
        row = _reserve(call, slot, _participant_id(call, group), comments)
    except Unreservable as refusal:
        standing = [call.render.reservation(row) for row in refusal.standing]
        raise errors.unreservable(refusal.message, standing) from None
    document = call.render.reservation(call.site.events[row])
    return Response.of(document)


def _reserve(call: Call, slot: CalendarEvent, participant_id: int, comments: str | None) -> int:
    group = call.site.groups[slot.group_id]
    replacing: list[CalendarEvent] = []
    if truthy(call.params.get("cancel_existing")):
        replacing = [
            row
            for other in call.site.slots(group.id)
            for row in call.site.reservations(other.id)
            if row.participant is not None and row.participant.id == participant_id
        ]
    return call.site.reserve(slot.id, participant_id, comments=comments, replacing=replacing)


def _participant_id(call: Call, group: AppointmentGroup) -> int:
    """Return who is signed up: managers may name anyone eligible, others only themselves."""
    named = call.id(1) if len(call.path_ids) > 1 else whole(call.params.get("participant_id"))
    if named is not None and call.caller.manages(group):
        if named not in {who.id for who in call.site.possible(group)}:
            raise Unreservable("invalid participant")
        return named
    own = call.caller.participant(group)
    if own is None or named not in (None, own.id):
        raise Unreservable("invalid participant")
    return own.id


def participants(call: Call) -> Response:
    """List the people of a slot by name, to those who may see its reservations."""
    slot = call.event()
    rows = call.caller.visible(slot)
    user_ids = {
        user
        for row in rows
        if row.participant is not None
        for user in call.site.people(row.participant)
    }
    users = sorted(
        (call.site.users[user] for user in user_ids), key=lambda user: (user.name, user.id)
    )
    page, link = paginate(call.request, users, lambda user: (user.name, user.id), call.site.quirks)
    return Response.of([call.render.display(user) for user in page], 200, link)
