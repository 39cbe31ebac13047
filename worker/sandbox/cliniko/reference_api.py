"""The endpoints of what bookings refer to, of the account, and of free times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.sandbox.cliniko.call import Call
from worker.sandbox.cliniko.diary import MINUTE
from worker.sandbox.cliniko.errors import bad_request, not_found
from worker.sandbox.cliniko.model import AppointmentType, Row
from worker.sandbox.cliniko.times import stamp
from worker.sandbox.exchange import Response

Endpoint = Callable[[Call], Response]
LONGEST_WINDOW = timedelta(days=7)
SEARCHED_WEEKS = 8


def tables(call: Call) -> dict[str, Mapping[str, Row]]:
    """Return the plain tables by the name of their lists."""
    return {
        "businesses": call.diary.businesses,
        "practitioners": call.diary.practitioners,
        "appointment_types": call.diary.appointment_types,
        "unavailable_block_types": call.diary.block_types,
        "patients": call.diary.patients,
    }


def index_of(name: str) -> Endpoint:
    """Return the endpoint that lists a table."""

    def index(call: Call) -> Response:
        rows: Iterable[Row] = tables(call)[name].values()
        if name == "practitioners":
            rows = [row for row in call.diary.practitioners.values() if row.active]
        return call.listing.page(call.resources[name], rows)

    return index


def show_of(name: str) -> Endpoint:
    """Return the endpoint that shows a row of a table; a link to an archived row is 404."""

    def show(call: Call) -> Response:
        row = tables(call)[name].get(call.path_ids[0])
        if row is None:
            raise not_found()
        return call.listing.one(call.resources[name], row)

    return show


def inactive(call: Call) -> Response:
    """List the practitioners who do not practise any more."""
    rows = [row for row in call.diary.practitioners.values() if not row.active]
    return call.listing.page(call.resources["practitioners"], rows)


def user(call: Call) -> Response:
    """Show whom the key speaks for."""
    row_id = call.key.user_id
    document = {
        "id": call.render.id(row_id),
        "first_name": "Avery",
        "last_name": "Account",
        "email": "avery@example.org",
        "role": "administrator" if call.key.practitioner_id is None else "practitioner",
        "time_zone": call.diary.account_zone.rpartition("/")[2].replace("_", " "),
        "active": True,
        "links": {"self": call.render.url(f"users/{row_id}")},
    }
    return Response.of(document)


def settings(call: Call) -> Response:
    """Show the account's settings."""
    zone = call.diary.account_zone
    account = {
        "country": "Australia",
        "subdomain": "sandbox",
        "time_zone": zone.rpartition("/")[2].replace("_", " "),
        "time_zone_identifier": zone,
    }
    return Response.of({"account": account, "shard": call.diary.shard})


def daily_availabilities(call: Call) -> Response:
    """List everybody's weekly hours."""
    return call.listing.paged("daily_availabilities", call.diary.hours, call.render.hours)


def available_times(call: Call) -> Response:
    """List where an appointment could begin: hours less bookings, or classes with room."""
    first, last = _window(call)
    starts = _starts(call, first, last)
    return call.listing.paged(
        "available_times", starts, lambda start: {"appointment_start": stamp(start)}
    )


def next_available_time(call: Call) -> Response:
    """Show the first start within the next weeks, if any."""
    today = datetime.fromtimestamp(call.diary.now(), ZoneInfo(call.diary.account_zone)).date()
    starts = _starts(call, today, today + timedelta(weeks=SEARCHED_WEEKS))
    if not starts:
        raise not_found()
    return Response.of({"appointment_start": stamp(starts[0])})


def _window(call: Call) -> tuple[date, date]:
    """Read the window in days of the account's zone: at most seven, none of them past."""
    params = dict(call.request.params())
    try:
        first, last = (date.fromisoformat(params.get(name, "")) for name in ("from", "to"))
    except ValueError:
        raise bad_request("The time frame is invalid") from None
    now = datetime.fromtimestamp(call.diary.now(), ZoneInfo(call.diary.account_zone))
    if first < now.date() or last < first or last - first > LONGEST_WINDOW:
        raise bad_request("The time frame must be in the future and at most 7 days")
    return first, last


def _starts(call: Call, first: date, last: date) -> list[int]:
    business, practitioner, type_id = call.path_ids
    kind = call.diary.appointment_types.get(type_id)
    known = business in call.diary.businesses and practitioner in call.diary.practitioners
    if kind is None or not known:
        raise not_found()
    zone = ZoneInfo(call.diary.account_zone)
    begin = int(datetime.combine(first, time(), zone).timestamp())
    end = int(datetime.combine(last + timedelta(days=1), time(), zone).timestamp())
    starts = _classes(call, kind) if kind.max_attendees > 1 else _gaps(call, kind, begin, end)
    earliest = max(begin, call.diary.now())
    return sorted(start for start in starts if earliest <= start < end)


def _classes(call: Call, kind: AppointmentType) -> list[int]:
    business, practitioner, type_id = call.path_ids
    return [
        row.starts_at
        for row in call.diary.bookings.values()
        if row.kind == "group"
        and row.is_live
        and row.appointment_type_id == type_id
        and (row.business_id, row.practitioner_id) == (business, practitioner)
        and len(call.diary.active_places(row)) < (row.max_attendees or kind.max_attendees)
    ]


def _gaps(call: Call, kind: AppointmentType, begin: int, end: int) -> list[int]:
    length = kind.minutes * MINUTE
    busy = _busy(call)
    return [
        start
        for opens, closes in _open_hours(call, begin, end)
        for start in range(opens, closes - length + 1, length)
        if not any(taken < start + length and start < until for taken, until in busy)
    ]


def _busy(call: Call) -> list[tuple[int, int]]:
    blocks_count = call.diary.quirks.available_times_see_blocks
    return [
        (row.starts_at, row.ends_at)
        for row in call.diary.bookings.values()
        if row.is_live
        and row.practitioner_id == call.path_ids[1]
        and (row.kind != "block" or blocks_count)
    ]


def _open_hours(call: Call, begin: int, end: int) -> list[tuple[int, int]]:
    """Lay the weekly hours of the path's practitioner over the days, at the business's clock."""
    business, practitioner, _ = call.path_ids
    zone = ZoneInfo(call.diary.businesses[business].zone or call.diary.account_zone)
    day = datetime.fromtimestamp(begin, zone).date() - timedelta(days=1)
    final = datetime.fromtimestamp(end, UTC).date() + timedelta(days=1)
    spans = []
    while day <= final:
        for row in call.diary.hours:
            if (row.business_id, row.practitioner_id) != (business, practitioner):
                continue
            if row.weekday == day.isoweekday():
                spans.append((_at(day, row.opens, zone), _at(day, row.closes, zone)))
        day += timedelta(days=1)
    return spans


def _at(day: date, minutes: int, zone: ZoneInfo) -> int:
    hour, minute = divmod(minutes, 60)
    if hour == 24:
        return _at(day + timedelta(days=1), minute, zone)
    return int(datetime.combine(day, time(hour, minute), zone).timestamp())
