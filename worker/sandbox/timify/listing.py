"""GET /v1/appointments: which rows a window, a set of ids or a resource filter lets through."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import bodies, render, times
from worker.sandbox.timify.refusals import Refused
from worker.sandbox.timify.state import Appointment, Company, Site
from worker.sandbox.timify.stretches import Stretch, stretches

Window = tuple[int, int]


def appointments(site: Site, request: Request, company: Company) -> Response:
    """One page; refuses a call without ids and without a whole pair of dates or times."""
    given = dict(request.params())
    ids = bodies.listed(request, "ids")
    window = _window(site, company, given)
    if window is None and not ids:
        raise Refused("from_date and to_date are required")
    wanted = _resources(request, company)
    rows = []
    for one in _ordered(site, company):
        if (ids and one.id not in ids) or (wanted is not None and not _binds(one, wanted)):
            continue
        pieces = _shown(site, one, window)
        if pieces is not None:
            rows.append((one, pieces))
    shown: list[dict[str, Any]] = [render.appointment(site, one, pieces) for one, pieces in rows]
    return bodies.page(shown, request, site.quirks.list_envelope, site.quirks.largest_page)


def _window(site: Site, company: Company, given: dict[str, str]) -> Window | None:
    days = _pair(given, "from_date", "to_date")
    clocks = _pair(given, "from_time", "to_time")
    where = _zone(site, company, given)
    if clocks and (site.quirks.both_windows == "times" or not days):
        begin, end = times.wall(clocks[0]), times.wall(clocks[1])
        _check_length(site, begin, end)
    elif days:
        begin, end = _midnight(days[0]), _midnight(days[1])
        # The cap counts the days as named, whether or not the last one is included.
        _check_length(site, begin, end)
        end += timedelta(days=1 if site.quirks.to_date == "inclusive" else 0)
    else:
        return None
    return _loose_instant(begin, where), _loose_instant(end, where)


def _pair(given: dict[str, str], first: str, second: str) -> tuple[str, str] | None:
    one, other = given.get(first), given.get(second)
    if bool(one) != bool(other):
        raise Refused(f"{first} and {second} must be provided together")
    return (one, other) if one and other else None


def _midnight(text: str) -> datetime:
    return datetime.combine(times.day(text), datetime.min.time())


def _check_length(site: Site, begin: datetime, end: datetime) -> None:
    if end < begin:
        raise Refused("the interval ends before it begins")
    if end - begin > timedelta(days=site.quirks.range_cap_days):
        raise Refused(f"date interval cannot exceed {site.quirks.range_cap_days} days")


def _loose_instant(wall: datetime, where: ZoneInfo) -> int:
    return int(wall.replace(tzinfo=where).timestamp())


def _zone(site: Site, company: Company, given: dict[str, str]) -> ZoneInfo:
    match site.quirks.window_zone:
        case "utc":
            return ZoneInfo("UTC")
        case "parameter" if given.get("timezone"):
            return times.zone(given["timezone"])
        case _:
            return company.zone


def _resources(request: Request, company: Company) -> set[str] | None:
    ids = bodies.listed(request, "resource_ids")
    external = bodies.listed(request, "external_resource_ids", "resource_external_ids")
    if not ids and not external:
        return None
    known = company.resources.values()
    return {*ids, *(one.id for one in known if one.external_id in external)}


def _binds(one: Appointment, wanted: set[str]) -> bool:
    bound = set(one.resource_ids)
    for batch in one.batches:
        bound.update(batch.resource_ids or ())
    return not bound.isdisjoint(wanted)


def _shown(site: Site, one: Appointment, window: Window | None) -> list[Stretch] | None:
    """The bookings that the row carries, or None if the row is outside the window."""
    pieces = stretches(one)
    if window is None:
        return pieces
    inside = [piece for piece in pieces if _is_inside(site, piece, window)]
    if not inside:
        return None
    return inside if site.quirks.bookings_in_list == "window" else pieces


def _is_inside(site: Site, piece: Stretch, window: Window) -> bool:
    begin, end = window
    if site.quirks.window_match == "start":
        return begin <= piece.begin < end
    return piece.begin < end and piece.end > begin


def _ordered(site: Site, company: Company) -> list[Appointment]:
    newest_first = site.quirks.list_order == "newest"
    if newest_first:
        return sorted(
            site.of_company(company), key=lambda one: (one.created_at, one.id), reverse=True
        )
    return sorted(site.of_company(company), key=lambda one: (one.start, one.id))
