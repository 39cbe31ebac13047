"""Faults of one row's times (C…): odd instants, odd forms, odd stamps of change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Incident, alter
from worker.sandbox.faults.envelope import Page, Row, instants
from worker.sandbox.faults.row_fault import ENDS, STARTS, put, row_fault

_STAMPS = ("updated_at", "updatedAt", "created_at", "createdAt", "datetimeCreated", "date_added")


@row_fault(
    "C15",
    "odd times",
    *("end before start", "end is start", "days long", "year 1", "1969", "2038", "9999"),
)
def odd_times(incident: Incident, _page: Page, row: Row) -> bool:
    """Strikes on rows with a start; those without an end get a duration of the same kind."""
    start = _start(row)
    if start is None:
        return False
    years = {"year 1": "0001", "1969": "1969", "2038": "2038", "9999": "9999"}
    if incident.variant in years:
        row[start] = years[incident.variant] + row[start][4:]
        return True
    minutes = {"end before start": -60, "end is start": 0, "days long": 4000}[incident.variant]
    if not put(row, ENDS, _moved(row[start], minutes)):
        row["duration"] = str(minutes) if isinstance(row.get("duration"), str) else minutes
    return True


@row_fault(
    "C16",
    "times of another form",
    *("naive", "wrong offset", "abbreviation", "leap second", "24:00", "gap", "fold", "zone"),
)
def odd_forms(incident: Incident, _page: Page, row: Row) -> bool:
    """Also a zone that no database knows."""
    if incident.variant == "zone":
        return put(row, ("timezone", "calendarTimezone", "time_zone_identifier"), "Mars/Olympus")
    names = instants(row)
    if not names:
        return False
    naive = row[names[0]][:19]
    row[names[0]] = {
        "naive": naive,
        "wrong offset": f"{naive}+23:59",
        "abbreviation": f"{naive} EST",
        "leap second": f"{naive[:10]}T23:59:60Z",
        "24:00": f"{naive[:10]}T24:00:00Z",
        "gap": "2027-03-28T02:30:00",
        "fold": "2026-10-25T02:30:00",
    }[incident.variant]
    return True


@row_fault("C17", "a whole day", "midnight", "date", "last minute")
def whole_day(incident: Incident, _page: Page, row: Row) -> bool:
    """As midnight UTC, as a bare date, or as 00:00 to 23:59."""
    start = _start(row)
    if start is None:
        return False
    day = row[start][:10]
    row[start] = day if incident.variant == "date" else f"{day}T00:00:00Z"
    ends = {"date": day, "last minute": f"{day}T23:59:00Z"}
    put(row, ENDS, ends.get(incident.variant, _moved(f"{day}T00:00:00Z", 1440)))
    return True


@row_fault("C19", "an odd stamp of change", "backwards", "future", "absent", "equal")
def odd_stamp(incident: Incident, page: Page, row: Row) -> bool:
    """A day back, a day ahead, none, or one and the same for all rows."""
    name = next((name for name in _STAMPS if isinstance(row.get(name), str)), None)
    if name is None:
        return False
    now = datetime.fromtimestamp(incident.now, UTC)
    match incident.variant:
        case "absent":
            del row[name]
        case "equal":
            for other in page.targets():
                put(other, (name,), row[name])
        case "backwards":
            row[name] = f"{now - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        case _:
            row[name] = f"{now + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    return True


@alter("C20", "stamps of a clock that is off", "300", "-300")
def skewed_stamps(incident: Incident, response: Response) -> Response | None:
    """By the seconds of the variant, in all rows."""
    page = Page.read(response)
    if page is None:
        return None
    struck = False
    for row in page.targets():
        for name in _STAMPS:
            if isinstance(row.get(name), str) and row[name].endswith("Z"):
                row[name] = _moved(row[name], int(incident.variant) / 60)
                struck = True
    return page.answer() if struck else None


@alter("C23", "times rounded to five minutes")
def rounded(_incident: Incident, response: Response) -> Response | None:
    """In all rows; strikes only if one is off the grid."""
    page = Page.read(response)
    if page is None:
        return None
    struck = False
    for row in page.targets():
        for name in instants(row):
            if row[name][15] not in "05" and name not in _STAMPS:
                row[name] = f"{row[name][:15]}{'0' if row[name][15] < '5' else '5'}{row[name][16:]}"
                struck = True
    return page.answer() if struck else None


def _start(row: Row) -> str | None:
    """The key of the start, where it is a date with a time and not seconds since the epoch."""
    return next((name for name in STARTS if name in instants(row)), None)


def _moved(instant: str, minutes: float) -> str:
    """The instant so many minutes later, in the form `…Z`, or with the offset that it came with."""
    moment = datetime.fromisoformat(instant) + timedelta(minutes=minutes)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}"
    return text + ("Z" if instant.endswith("Z") else f"{moment:%z}")
