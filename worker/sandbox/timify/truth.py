"""What is true at TIMIFY, in the words of calsync's contract; read from state, not from answers.

Identities: an appointment's events have its id as `native_id`, and as occurrence "" if it stands
for one stretch, else the recurring day, else the booking id. A recurring record of several batches
has one day more than once, and so falls back to booking ids as well. Of the bookings that one
stretch has with several resources, the smallest id speaks for it. A denied timeshift has its id as
`native_id`, and as occurrence "" if it is one window on one day, else the day, followed by
`#0`, `#1`, ... in time order if it denies several windows a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from worker.sandbox.timify import times
from worker.sandbox.timify.state import Appointment, Company, Site, Timeshift
from worker.sandbox.timify.stretches import Stretch, stretches


def events(site: Site, company: Company) -> list[dict[str, Any]]:
    """Every event of one branch; physically deleted records are none."""
    now = site.clock.now()
    found = [
        event for one in site.of_company(company) for event in _of_appointment(one, company, now)
    ]
    for shift in site.timeshifts.values():
        if shift.company_id == company.id:
            found.extend(_of_timeshift(shift, company))
    return found


def denied_windows(shift: Timeshift) -> list[tuple[date, int, int, int]]:
    """Day, index of the window in time order, and its first and last minute of that day."""
    windows = sorted(set(shift.denial_times)) or [(0, 1440)]
    length = (shift.last - shift.first).days + 1
    return [
        (shift.first + timedelta(days=offset), index, begin, end)
        for offset in range(length)
        for index, (begin, end) in enumerate(windows)
    ]


def _of_appointment(one: Appointment, company: Company, now: float) -> Iterator[dict[str, Any]]:
    pieces = stretches(one)
    per_day = Counter(piece.day for piece in pieces)
    for piece in pieces:
        yield {
            "native_id": one.id,
            "occurrence": _occurrence(piece, len(pieces), per_day),
            "kind": "group" if one.is_course else "single",
            "status": _status(one, now),
            "start": times.utc(piece.begin),
            "end": times.utc(piece.end),
            "timezone": company.timezone,
            "title": one.title.strip(),
            "location": "",
            "capacity": one.max_participants if one.is_course else None,
            "attendees": _attendees(one, now),
            "pad_before": piece.before,
            "pad_after": piece.after,
            "subjects": _subjects(company, piece.resource_ids),
        }


def _occurrence(piece: Stretch, count: int, per_day: Counter[date | None]) -> str:
    if count == 1:
        return ""
    if piece.day is not None and per_day[piece.day] == 1:
        return piece.day.isoformat()
    return min(piece.booking_ids())


def _status(one: Appointment, now: float) -> str:
    if one.is_course and one.participants == 0:
        return "offered"
    if one.reserved_until is not None and one.reserved_until > now:
        return "held"
    return "booked"


def _attendees(one: Appointment, now: float) -> int:
    if one.is_course:
        return one.participants
    least = 1 if _status(one, now) == "booked" else 0
    return max(least, len(one.customers))


def _subjects(company: Company, resource_ids: tuple[str, ...]) -> list[str]:
    bound = {f"resource:{id_}" for id_ in resource_ids}
    for id_ in resource_ids:
        resource = company.resources.get(id_)
        if resource is not None and resource.external_id:
            bound.add(f"external:{resource.external_id}")
    return sorted(bound)


def _of_timeshift(shift: Timeshift, company: Company) -> Iterator[dict[str, Any]]:
    if shift.denial_reason is None:
        return
    windows = denied_windows(shift)
    several_a_day = len(set(shift.denial_times)) > 1
    for day, index, begin, end in windows:
        several = f"{day.isoformat()}#{index}" if several_a_day else day.isoformat()
        yield {
            "native_id": shift.id,
            "occurrence": several if len(windows) > 1 else "",
            "kind": "block",
            "status": "held",
            "start": times.utc(times.on_day(day, begin, company.zone)),
            "end": times.utc(times.on_day(day, end, company.zone)),
            "timezone": company.timezone,
            "title": "",
            "location": "",
            "capacity": None,
            "attendees": 0,
            "pad_before": 0,
            "pad_after": 0,
            "subjects": _subjects(company, (shift.resource_id,)),
        }
