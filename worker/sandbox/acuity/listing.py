"""GET /appointments: newest first, cut at `max` without a word, cancelled rows hidden."""

from __future__ import annotations

import re
from collections.abc import Mapping

from worker.sandbox.acuity import queries, render
from worker.sandbox.acuity.state import Appointment, Site, as_id
from worker.sandbox.exchange import Request, Response

_DEFAULT_MAX = 100


def appointments(site: Site, request: Request) -> Response:
    """A bare array; nothing tells whether it is complete."""
    given = dict(request.params())
    windows = {
        calendar.id: queries.window(site, given, calendar) for calendar in site.calendars.values()
    }
    rows = [
        one
        for one in site.appointments.values()
        if _is_wanted(one, given) and _is_inside(one, windows[one.calendar_id])
    ]
    newest_first = given.get("direction", "DESC").upper() != "ASC"
    rows.sort(key=lambda one: (one.start, one.id), reverse=newest_first)
    limit = queries.cap(given, _DEFAULT_MAX, site.quirks.max_ceiling)
    shown = [render.row(site, one) for one in rows[:limit]]
    if queries.is_on(given, "excludeForms"):
        for row in shown:
            del row["forms"]
    return Response.of(shown)


def _is_inside(one: Appointment, window: tuple[int, int]) -> bool:
    return window[0] <= one.start < window[1]


def _is_wanted(one: Appointment, given: Mapping[str, str]) -> bool:
    if not queries.is_on(given, "showall") and one.canceled != queries.is_on(given, "canceled"):
        return False
    calendar, kind = given.get("calendarID"), given.get("appointmentTypeID")
    if calendar and as_id(calendar) != one.calendar_id:
        return False
    if kind and as_id(kind) != one.type_id:
        return False
    return _is_client(one, given)


def _is_client(one: Appointment, given: Mapping[str, str]) -> bool:
    named = {"firstName": one.first_name, "lastName": one.last_name, "email": one.email}
    if any(given[key].lower() != value.lower() for key, value in named.items() if given.get(key)):
        return False
    if given.get("phone") and _digits(given["phone"]) != _digits(one.phone):
        return False
    asked = {key: value for key, value in given.items() if key.startswith("field:")}
    return all(one.answers.get(as_id(key[6:]) or 0) == value for key, value in asked.items())


def _digits(phone: str) -> str:
    return re.sub(r"[^0-9]", "", phone)
