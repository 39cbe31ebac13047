"""What is true at Acuity, in the words of calsync's contract; read from state, not from answers.

A class is one event with its `classID` as `native_id`, as long as it ever had a row: a class that
nobody ever joined is in no listing of appointments. People who cancelled are no attendees.
"""

from __future__ import annotations

from typing import Any

from worker.sandbox.acuity import times
from worker.sandbox.acuity.state import Appointment, AppointmentType, Block, Calendar, Session, Site


def events(site: Site) -> list[dict[str, Any]]:
    """Every event of the account, cancelled ones included."""
    rows = site.appointments.values()
    joined = {one.class_id for one in rows}
    return [
        *(_single(site, one) for one in rows if one.class_id is None),
        *(_class(site, one) for one in site.sessions.values() if one.id in joined),
        *(_block(site, one) for one in site.blocks.values()),
    ]


def _single(site: Site, one: Appointment) -> dict[str, Any]:
    calendar, kind = site.calendars[one.calendar_id], site.types[one.type_id]
    return {
        "native_id": str(one.id),
        "kind": "single",
        "status": "cancelled" if one.canceled else "booked",
        "capacity": None,
        "attendees": 0 if one.canceled else 1,
        "location": one.location,
        **_of_type(kind),
        **_when(one.start, one.end, calendar),
    }


def _class(site: Site, one: Session) -> dict[str, Any]:
    calendar, kind = site.calendars[one.calendar_id], site.types[one.type_id]
    attendees = sum(1 for _ in site.rows_of(one))
    return {
        "native_id": str(one.id),
        "kind": "group",
        "status": "booked" if attendees else "offered",
        "capacity": kind.class_size,
        "attendees": attendees,
        "location": one.location,
        **_of_type(kind),
        **_when(one.start, one.start + one.minutes * 60, calendar),
    }


def _block(site: Site, one: Block) -> dict[str, Any]:
    return {
        "native_id": str(one.id),
        "kind": "block",
        "status": "held",
        "capacity": None,
        "attendees": 0,
        "title": one.notes.strip(),
        "location": "",
        "pad_before": 0,
        "pad_after": 0,
        **_when(one.start, one.end, site.calendars[one.calendar_id]),
    }


def _of_type(kind: AppointmentType) -> dict[str, Any]:
    return {"title": kind.name.strip(), "pad_before": kind.before, "pad_after": kind.after}


def _when(start: int, end: int, calendar: Calendar) -> dict[str, Any]:
    return {
        "occurrence": "",
        "start": times.utc(start),
        "end": times.utc(end),
        "timezone": calendar.timezone,
        "subjects": [f"calendar:{calendar.id}"],
    }
