"""When a calendar is free, as clients see it: hours, paddings, other appointments, blocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.acuity import queries, render, times
from worker.sandbox.acuity.refusals import Refused, bad_request, refused
from worker.sandbox.acuity.state import AppointmentType, Calendar, Session, Site, as_id
from worker.sandbox.exchange import Request, Response

Busy = tuple[int, int]


def check_advance(site: Site, start: int, text: object) -> None:
    """Raises Refused if a client may not book that soon or that late."""
    ahead = start - site.clock.now()
    if ahead < site.settings.min_hours * 3600:
        raise refused("not_available_min_hours_in_advance", text)
    if ahead > site.settings.max_days * 86_400:
        raise refused("not_available_max_days_in_advance", text)


def is_free(
    site: Site,
    kind: AppointmentType,
    calendar: Calendar,
    start: int,
    minutes: int,
    ignored: Iterable[int] = (),
) -> bool:
    """Whether an appointment fits: inside the hours, and clear of everything with paddings."""
    end = start + minutes * 60
    if not _is_open(calendar, start, end):
        return False
    begin, last = start - kind.before * 60, end + kind.after * 60
    return not any(
        first < last and begin < until for first, until in _busy(site, calendar, set(ignored))
    )


def joinable(site: Site, kind: AppointmentType, start: int, calendar_id: int | None) -> Session:
    """The class at that instant with a place left; raises LookupError if there is none."""
    for session in site.sessions.values():
        if session.type_id != kind.id or session.start != start:
            continue
        right_calendar = calendar_id in (None, session.calendar_id)
        if right_calendar and sum(1 for _ in site.rows_of(session)) < (kind.class_size or 1):
            return session
    raise LookupError(start)


def dates(site: Site, request: Request) -> Response:
    """GET /availability/dates?month=&appointmentTypeID=."""
    given = dict(request.params())
    kind = site.type(given.get("appointmentTypeID"))
    days = [day for day in _month(given) if any(_open_slots(site, kind, given, day))]
    return Response.of([{"date": day.isoformat()} for day in days])


def slots(site: Site, request: Request) -> Response:
    """GET /availability/times?date=&appointmentTypeID=; steps as long as the type."""
    given = dict(request.params())
    kind = site.type(given.get("appointmentTypeID"))
    day = times.read_day(given.get("date", ""))
    if day is None:
        raise bad_request('The parameter "date" is required.')
    ignored = [value for key, value in request.params() if key.startswith("ignoreAppointmentIDs")]
    ids = {as_id(value) or 0 for value in ignored}
    found: dict[int, tuple[int, ZoneInfo]] = {}
    for start, calendar in _open_slots(site, kind, given, day, ids):
        where = times.zone(given.get("timezone")) or calendar.zone
        found[start] = (found.get(start, (0, where))[0] + 1, where)
    return Response.of(
        [
            {"time": times.written(start, where), "slotsAvailable": count}
            for start, (count, where) in sorted(found.items())
        ]
    )


def classes(site: Site, request: Request) -> Response:
    """GET /availability/classes?month=: classes to come that have a place left."""
    given = dict(request.params())
    days = set(_month(given))
    wanted_type, wanted_calendar = given.get("appointmentTypeID"), given.get("calendarID")
    rows = []
    for one in sorted(site.sessions.values(), key=lambda session: (session.start, session.id)):
        where = times.zone(given.get("timezone")) or site.calendars[one.calendar_id].zone
        row = render.session(site, one, where)
        if (
            datetime.fromtimestamp(one.start, where).date() in days
            and one.start > site.clock.now()
            and (not wanted_type or as_id(wanted_type) == one.type_id)
            and (not wanted_calendar or as_id(wanted_calendar) == one.calendar_id)
            and (row["slotsAvailable"] > 0 or queries.is_on(given, "includeUnavailable"))
        ):
            rows.append(row)
    return Response.of(rows)


def check_times(site: Site, request: Request) -> Response:
    """POST /availability/check-times: one question or an array of them, echoed with `valid`."""
    body = queries.json_body(request)
    if isinstance(body, dict):
        return Response.of(_checked(site, body))
    if isinstance(body, list) and all(isinstance(question, dict) for question in body):
        return Response.of([_checked(site, question) for question in body])
    raise bad_request("The request body must be a JSON object or an array of them.")


def _checked(site: Site, question: Mapping[str, Any]) -> dict[str, Any]:
    try:
        _check(site, question)
    except Refused as no:
        return {**question, "valid": False, "error": no.code}
    return {**question, "valid": True}


def _check(site: Site, question: Mapping[str, Any]) -> None:
    kind = site.type(question.get("appointmentTypeID"))
    calendar = site.calendar(question.get("calendarID", kind.calendar_ids[0]))
    text = question.get("datetime")
    if not text:
        raise refused("required_datetime")
    start = times.read(text, calendar.zone)
    if start is None:
        raise refused("invalid_datetime", text)
    check_advance(site, start, text)
    if kind.kind == "service":
        free = is_free(site, kind, calendar, start, kind.duration)
    else:
        try:
            joinable(site, kind, start, calendar.id)
            free = True
        except LookupError:
            free = False
    if not free:
        raise refused("not_available", text)


def _open_slots(
    site: Site,
    kind: AppointmentType,
    given: Mapping[str, str],
    day: date,
    ignored: Iterable[int] = (),
) -> Iterable[tuple[int, Calendar]]:
    chosen = given.get("calendarID")
    calendars = [site.calendar(chosen)] if chosen else _calendars(site, kind)
    for calendar in calendars:
        opens, closes = calendar.hours.get(day.isoweekday(), (0, 0))
        for minute in range(opens, closes - kind.duration + 1, kind.duration):
            start = times.at_minute(day, minute, calendar.zone)
            if start - site.clock.now() < site.settings.min_hours * 3600:
                continue
            if is_free(site, kind, calendar, start, kind.duration, ignored):
                yield start, calendar


def _calendars(site: Site, kind: AppointmentType) -> list[Calendar]:
    return [site.calendars[id_] for id_ in kind.calendar_ids]


def _month(given: Mapping[str, str]) -> list[date]:
    first = times.read_day(f"{given.get('month', '')}-01")
    if first is None:
        raise bad_request('The parameter "month" is required.')
    days = (first + timedelta(days=offset) for offset in range(31))
    return [day for day in days if day.month == first.month]


def _is_open(calendar: Calendar, start: int, end: int) -> bool:
    local = datetime.fromtimestamp(start, calendar.zone)
    opens, closes = calendar.hours.get(local.isoweekday(), (0, 0))
    first = times.at_minute(local.date(), opens, calendar.zone)
    return first <= start and end <= times.at_minute(local.date(), closes, calendar.zone)


def _busy(site: Site, calendar: Calendar, ignored: set[int]) -> Iterable[Busy]:
    for one in site.appointments.values():
        is_live = not one.canceled and one.id not in ignored and one.class_id is None
        if one.calendar_id == calendar.id and is_live:
            kind = site.types[one.type_id]
            yield one.start - kind.before * 60, one.end + kind.after * 60
    for session in site.sessions.values():
        if session.calendar_id == calendar.id:
            kind = site.types[session.type_id]
            end = session.start + session.minutes * 60
            yield session.start - kind.before * 60, end + kind.after * 60
    for block in site.blocks.values():
        if block.calendar_id == calendar.id:
            yield block.start, block.end
