"""Creating, updating, moving and cancelling appointments; nothing is ever deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.acuity import availability, hooks, queries, render, rules
from worker.sandbox.acuity.refusals import Refused, refused
from worker.sandbox.acuity.state import (
    Appointment,
    AppointmentType,
    Calendar,
    Notification,
    Session,
    Site,
    as_id,
)
from worker.sandbox.exchange import Request, Response

_FIRST_ID = 1_722_092_000
_NAMES = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
    "phone": "phone",
}


def post(site: Site, request: Request) -> Response:
    """POST /appointments: 200 with the whole object; there is no idempotency key."""
    given = dict(request.params())
    body = queries.json_object(request)
    caller = queries.caller(given)
    kind = site.type(body.get("appointmentTypeID"))
    zone = rules.client_zone(body, site.settings.timezone)
    rules.required(site, body, caller)
    if caller == "client":
        rules.check_email(body)
        rules.check_answers(site, kind, body)
        rules.check_complete(site, kind, body)
    coupon = rules.certificate(site, kind, body)
    calendar, start, session = rules.place(site, kind, body, caller)
    one = add(
        site,
        kind,
        calendar,
        start,
        session,
        minutes=(session.minutes if session else kind.duration) + rules.extra_minutes(site, body),
        timezone=zone,
        answers=rules.answers(site, kind, body),
        certificate=None if coupon is None else coupon.code,
        addon_ids=[id_ for raw in body.get("addonIDs") or [] if (id_ := as_id(raw)) is not None],
        notes=str(body.get("notes") or "") if caller == "admin" else "",
        scheduled_by=site.settings.email if caller == "admin" else None,
        **{name: str(body.get(key) or "") for key, name in _NAMES.items()},
    )
    one.label_id = _label(site, body, None)
    one.wants_sms = body.get("smsOptIn") is True
    if coupon is not None and coupon.uses is not None:
        coupon.uses -= 1
    if kind.kind == "series" and session is not None:
        _join_the_rest(site, kind, one)
    announce(site, "scheduled", one, given)
    return Response.of(render.single(site, one))


def put(site: Site, request: Request, id_: str) -> Response:
    """PUT /appointments/:id: a whitelist; a time or a calendar in the body is ignored."""
    one = site.appointment(id_)
    caller = queries.caller(dict(request.params()))
    body = queries.json_object(request)
    kind = site.types[one.type_id]
    if caller == "client":
        rules.check_email(body)
        rules.check_answers(site, kind, body)
    coupon = rules.certificate(site, kind, body) if caller == "admin" else None
    for key, name in _NAMES.items():
        if body.get(key) is not None:
            setattr(one, name, str(body[key]))
    one.answers.update(rules.answers(site, kind, body))
    one.label_id = _label(site, body, one.label_id)
    if isinstance(body.get("smsOptIn"), bool):
        one.wants_sms = body["smsOptIn"]
    if caller == "admin" and body.get("notes") is not None:
        one.notes = str(body["notes"])
    if coupon is not None:
        one.certificate = coupon.code
    hooks.fire(site, "changed", one)
    return Response.of(render.single(site, one))


def reschedule(site: Site, request: Request, id_: str) -> Response:
    """PUT /appointments/:id/reschedule: the only way to move; the id stays."""
    given = dict(request.params())
    one = site.appointment(id_)
    body = queries.json_object(request)
    caller = queries.caller(given)
    kind = site.types[one.type_id]
    if one.canceled:
        raise Refused("reschedule_canceled", "Canceled appointments cannot be rescheduled.")
    if kind.kind == "series":
        raise Refused("reschedule_series", "Appointments in a series cannot be rescheduled.")
    if caller == "client":
        if not site.settings.clients_may_reschedule:
            raise Refused("reschedule_not_allowed", "Clients may not reschedule.")
        _check_early(site, one, "reschedule")
    zone = rules.client_zone(body, one.timezone)
    calendar, start, session = _new_place(site, kind, one, body, caller)
    one.calendar_id, one.start, one.timezone = calendar.id, start, zone
    if session is not None or one.class_id is not None:
        one.class_id = None if session is None else session.id
    announce(site, "rescheduled", one, given)
    return Response.of(render.single(site, one))


def cancel(site: Site, request: Request, id_: str) -> Response:
    """PUT /appointments/:id/cancel: needs a JSON object as body, and cannot be taken back."""
    given = dict(request.params())
    one = site.appointment(id_)
    body = queries.json_object(request)
    caller = queries.caller(given)
    if one.canceled and site.quirks.cancel_again == "refused":
        raise Refused("cancel_not_allowed", "This appointment is already canceled.")
    if caller == "client":
        if not site.settings.clients_may_cancel:
            raise Refused("cancel_not_allowed", "Clients may not cancel.")
        _check_early(site, one, "cancel")
    was_canceled, one.canceled = one.canceled, True
    one.no_show = caller == "admin" and body.get("noShow") is True
    if not was_canceled:
        announce(site, "canceled", one, given)
    return Response.of(render.single(site, one))


def add(
    site: Site,
    kind: AppointmentType,
    calendar: Calendar,
    start: int,
    session: Session | None,
    **attributes: Any,
) -> Appointment:
    """Store a new row, unannounced; `attributes` are those of Appointment."""
    one = Appointment(
        id=site.fresh_id("appointment", _FIRST_ID),
        type_id=kind.id,
        calendar_id=calendar.id,
        start=start,
        created_at=site.clock.now(),
        token=site.secret(),
        price=kind.price,
        location=calendar.location if session is None else session.location,
        class_id=None if session is None else session.id,
        **attributes,
    )
    site.appointments[one.id] = one
    return one


def announce(site: Site, event: str, one: Appointment, given: Mapping[str, str]) -> None:
    """Call the webhooks, and tell the client unless the query says `noEmail`."""
    if not queries.is_on(given, "noEmail"):
        now = site.clock.now()
        if one.email:
            site.notifications.append(Notification(now, event, one.id, "email"))
        if one.wants_sms and one.phone:
            site.notifications.append(Notification(now, event, one.id, "sms"))
    hooks.fire(site, event, one)


def _join_the_rest(site: Site, kind: AppointmentType, first: Appointment) -> None:
    """Whoever books a series is in all of its later meetings."""
    for session in sorted(site.sessions.values(), key=lambda one: one.start):
        if session.type_id == kind.id and session.start > first.start:
            add(
                site,
                kind,
                site.calendars[session.calendar_id],
                session.start,
                session,
                minutes=session.minutes,
                timezone=first.timezone,
                **{name: getattr(first, name) for name in _NAMES.values()},
            )


def _new_place(
    site: Site,
    kind: AppointmentType,
    one: Appointment,
    body: Mapping[str, Any],
    caller: queries.Caller,
) -> tuple[Calendar, int, Session | None]:
    """Absent `calendarID`: the same calendar; null: any that is free."""
    asked = {"calendarID": one.calendar_id, **body}
    if asked["calendarID"] is None and caller == "admin":
        asked["calendarID"] = one.calendar_id
    if kind.kind != "service" or caller == "admin":
        return rules.place(site, kind, asked, caller)
    wanted = asked["calendarID"]
    choices = kind.calendar_ids if wanted is None else [site.calendar(wanted).id]
    start = rules.start(site, asked, site.calendars[choices[0]])
    availability.check_advance(site, start, asked["datetime"])
    for id_ in choices:
        calendar = site.calendars[id_]
        if availability.is_free(site, kind, calendar, start, one.minutes, {one.id}):
            return calendar, start, None
    raise refused("not_available", asked["datetime"])


def _check_early(site: Site, one: Appointment, verb: str) -> None:
    if one.start - site.clock.now() < site.settings.change_hours * 3600:
        raise Refused(f"{verb}_too_close", f"It is too late to {verb} this appointment.")


def _label(site: Site, body: Mapping[str, Any], current: int | None) -> int | None:
    """Labels come as a list, of which only the first counts; an empty one takes the label off."""
    sent = body.get("labels")
    if not isinstance(sent, list):
        return current
    first = sent[0] if sent else None
    id_ = as_id(first.get("id")) if isinstance(first, Mapping) else None
    return id_ if id_ in site.labels else None
