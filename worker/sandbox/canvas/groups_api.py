"""The appointment_groups endpoints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.sandbox.canvas import errors
from worker.sandbox.canvas.call import Call
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, Participant
from worker.sandbox.canvas.paging import paginate
from worker.sandbox.canvas.params import instant, texts, truthy, whole
from worker.sandbox.canvas.scheduler import Invalid
from worker.sandbox.exchange import Response

TEXT_KEYS = ("title", "description", "location_name", "location_address")
NUMBER_KEYS = (
    "participants_per_appointment",
    "min_appointments_per_participant",
    "max_appointments_per_participant",
)
PERMITTED = frozenset(
    {
        *TEXT_KEYS,
        *NUMBER_KEYS,
        "participant_visibility",
        "allow_observer_signup",
        "cancel_reason",
        "sub_context_codes",
        "new_appointments",
        "context_codes",
    }
)


def index(call: Call) -> Response:
    """List the groups of a scope: by default those that the caller can sign up for."""
    include = call.include
    groups = [group for group in _scoped(call) if _is_current(call, group)]
    page, link = paginate(call.request, groups, lambda group: (group.id,), call.site.quirks)
    body = []
    for group in page:
        # Past slots stay out even with include_past_appointments: that flag selects groups.
        slots = _future(call, group) if "appointments" in include else None
        body.append(call.render.group(group, include, slots))
    return Response.of(body, 200, link)


def _scoped(call: Call) -> list[AppointmentGroup]:
    manageable = call.params.get("scope") == "manageable"
    right = call.caller.manages if manageable else call.caller.may_reserve
    groups = [group for _, group in sorted(call.site.groups.items()) if right(group)]
    codes = texts(call.params.get("context_codes"))
    if not codes:
        return groups
    return [g for g in groups if any(f"course_{course}" in codes for course in g.course_ids)]


def _is_current(call: Call, group: AppointmentGroup) -> bool:
    if truthy(call.params.get("include_past_appointments")):
        return True
    if group.end_at is None:
        return call.params.get("scope") == "manageable"
    return group.end_at >= call.site.now()


def _future(call: Call, group: AppointmentGroup) -> list[CalendarEvent]:
    now = call.site.now()
    return [slot for slot in call.site.slots(group.id) if slot.end_at > now]


def show(call: Call) -> Response:
    """Show one group, with all slots to those who manage it and the future ones to others."""
    group = call.group()
    everything = call.caller.manages(group)
    slots = call.site.slots(group.id) if everything else _future(call, group)
    return Response.of(call.render.group(group, call.include, slots))


def create(call: Call) -> Response:
    """Create a group: 201. Slots that overlap, no right, no course: refused as Canvas does."""
    fields = call.root("appointment_group")
    courses = _courses(call, fields)
    _check_courses(call, courses)
    if call.site.quirks.title_required and not fields.get("title"):
        raise _invalid(call, Invalid("title", "title is required"))
    settings = {"title": None} | _settings(call, fields, courses)
    sections, categories = _sub_contexts(call, fields)
    try:
        created = call.site.add_group(
            settings.pop("title"),
            courses,
            slots=_pairs(call, fields.get("new_appointments")),
            state="active" if truthy(fields.get("publish")) else "pending",
            sections=sections,
            category=categories[0] if categories and len(courses) == 1 else None,
            **settings,
        )
    except Invalid as invalid:
        raise _invalid(call, invalid) from None
    group = call.site.groups[created]
    return Response.of(_with_new(call, group, call.site.slots(created)), 201)


def _check_courses(call: Call, courses: list[int]) -> None:
    if not courses:
        if call.site.quirks.unknown_context_status == 500:
            raise errors.broken()
        raise errors.not_found()
    if not all(call.site.teaches(call.user.id, [course]) for course in courses):
        raise errors.forbidden(call.site.quirks)
    if any(call.site.courses[course].concluded for course in courses):
        raise errors.error("cannot create an appointment group for a concluded course", 400)


def update(call: Call) -> Response:
    """Edit a group and add slots; nothing here moves or removes a slot."""
    group = call.managed_group()
    fields = call.root("appointment_group")
    # Honoured as exactly the text "1": JSON true, 1 or "true" do nothing.
    publishes = fields.get("publish") == "1"
    rest = {key: value for key, value in fields.items() if key in PERMITTED}
    if not rest and not publishes:
        raise errors.missing("appointment_group")
    courses = _courses(call, rest)
    if not all(call.site.teaches(call.user.id, [course]) for course in courses):
        raise errors.forbidden(call.site.quirks)
    settings = _settings(call, rest, [*group.course_ids, *courses])
    pairs = _pairs(call, rest.get("new_appointments"))
    try:
        created = call.site.update_group(
            group.id,
            slots=pairs,
            courses=courses,
            sections=_sub_contexts(call, rest)[0],
            **settings,
        )
    except Invalid as invalid:
        raise _invalid(call, invalid) from None
    if publishes:
        _publish(call, group)
    return Response.of(_with_new(call, group, created))


def _publish(call: Call, group: AppointmentGroup) -> None:
    if group.workflow_state == "active" and call.site.quirks.republish == "error":
        raise errors.broken()
    call.site.publish(group.id)


def destroy(call: Call) -> Response:
    """Delete a group with its slots and reservations; a second time it is 403."""
    group = call.managed_group()
    call.site.delete_group(group.id)
    return Response.of(call.render.group(group))


def users(call: Call) -> Response:
    """List the people who may sign up or did; none for a group of student groups."""
    return _participants(call, "User")


def groups(call: Call) -> Response:
    """List the student groups that may sign up or did; none for a group of single users."""
    return _participants(call, "Group")


def _participants(call: Call, kind: str) -> Response:
    group = call.group()
    everyone = call.site.possible(group) if group.participant_type == kind else set()
    registered = {
        row.participant
        for slot in call.site.slots(group.id)
        for row in call.site.reservations(slot.id)
    }
    match call.params.get("registration_status"):
        case "registered":
            everyone &= registered
        case "unregistered":
            everyone -= registered
    rows = sorted(everyone, key=lambda who: _by_name(call, who))
    page, link = paginate(call.request, rows, lambda who: _by_name(call, who), call.site.quirks)
    return Response.of([call.render.participant(who, group) for who in page], 200, link)


def _by_name(call: Call, who: Participant) -> tuple[str, int]:
    if who.type == "User":
        return call.site.users[who.id].sortable_name.casefold(), who.id
    return call.site.student_groups[who.id].name.casefold(), who.id


def next_appointment(call: Call) -> Response:
    """Return the first slot that the caller could still take, in an array of one or none."""
    wanted = {whole(text) for text in texts(call.params.get("appointment_group_ids"))}
    groups = [
        group
        for group in call.site.groups.values()
        if (not wanted or group.id in wanted) and call.caller.may_reserve(group)
    ]
    free = [slot for group in groups for slot in _future(call, group) if _is_free(call, slot)]
    first = sorted(free, key=lambda slot: (slot.start_at, slot.id))[:1]
    return Response.of([call.render.slot(slot) for slot in first])


def _is_free(call: Call, slot: CalendarEvent) -> bool:
    if slot.start_at <= call.site.now() or call.caller.own(slot) is not None:
        return False
    limit = call.site.limit(slot)
    return limit is None or len(call.site.reservations(slot.id)) < limit


def _with_new(
    call: Call, group: AppointmentGroup, created: Iterable[CalendarEvent]
) -> dict[str, Any]:
    document = call.render.group(group)
    slots = [call.render.slot(slot) for slot in created]
    return document | ({"new_appointments": slots} if slots else {})


def _courses(call: Call, fields: dict[str, Any]) -> list[int]:
    """Read the course codes; unknown ones drop out."""
    codes = texts(fields.get("context_codes"))
    numbers = [whole(code.removeprefix("course_")) for code in codes]
    return [number for number in numbers if number is not None and number in call.site.courses]


def _sub_contexts(call: Call, fields: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Read sections and group categories out of the sub context codes."""
    sections, categories = [], []
    for code in texts(fields.get("sub_context_codes")):
        number = whole(code.rpartition("_")[2])
        if number is None:
            continue
        if code.startswith("course_section_") and number in call.site.sections:
            sections.append(number)
        if code.startswith("group_category_") and number in call.site.categories:
            categories.append(number)
    return sections, categories


def _settings(call: Call, fields: dict[str, Any], courses: Iterable[int]) -> dict[str, Any]:
    settings: dict[str, Any] = {key: fields[key] for key in TEXT_KEYS if key in fields}
    settings |= {key: whole(fields[key]) for key in NUMBER_KEYS if key in fields}
    if len(str(settings.get("title") or "")) > 255:
        raise _invalid(call, Invalid("title", "is too long (maximum is 255 characters)"))
    visibility = fields.get("participant_visibility")
    if visibility is not None:
        if visibility not in ("private", "protected"):
            raise _invalid(call, Invalid("participant_visibility", "is not included in the list"))
        settings["participant_visibility"] = visibility
    if truthy(fields.get("allow_observer_signup")):
        if not all(call.site.courses[course].observers for course in courses):
            raise errors.error("observer sign-up is not allowed in this course", 403)
        settings["allow_observer_signup"] = True
    elif "allow_observer_signup" in fields:
        settings["allow_observer_signup"] = False
    return settings


def _pairs(call: Call, value: Any) -> list[tuple[int, int]]:
    """Read start and end of new slots; a pair that lacks either is skipped in silence."""
    entries = list(value.values()) if isinstance(value, dict) else value
    zone = call.user.time_zone if call.site.quirks.naive_times == "user" else "UTC"
    pairs = []
    for entry in entries if isinstance(entries, list) else []:
        moments = [instant(text, zone) for text in texts(entry)[:2]]
        match moments:
            case [int(start), int(end)]:
                pairs.append((start, end))
    return pairs


def _invalid(call: Call, invalid: Invalid) -> errors.Refused:
    return errors.invalid(invalid.attribute, invalid.message, call.site.quirks.validation_type)
