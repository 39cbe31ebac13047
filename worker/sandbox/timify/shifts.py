"""Timeshifts: working hours, and denials (BLOCKER, VACATION, SICK) that make a resource busy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import bodies, render, times
from worker.sandbox.timify.refusals import Refused, unknown
from worker.sandbox.timify.state import Company, Resource, Site, Timeshift

_REASONS = ("BLOCKER", "VACATION", "SICK")


def listed(site: Site, request: Request, company: Company) -> Response:
    """GET /v1/timeshifts: by `from` and `to` (both inclusive), or by `day`, and by resource."""
    given = dict(request.params())
    ids = bodies.listed(request, "resource_ids")
    external = bodies.listed(request, "resource_external_ids")
    days = [times.day(text) for text in bodies.listed(request, "day")]
    bounds = _bounds(given)
    rows = [
        render.timeshift(shift)
        for shift in sorted(site.timeshifts.values(), key=lambda one: (one.first, one.id))
        if shift.company_id == company.id
        and _matches_resource(company.resources[shift.resource_id], ids, external)
        and _matches_time(shift, bounds, days)
    ]
    return bodies.page(rows, request, "meta")


def post(site: Site, request: Request, company: Company) -> Response:
    """POST /v1/timeshifts."""
    shift = upsert(site, company, bodies.json_object(request))
    return Response.of({"data": render.timeshift(shift), "status": 1}, site.quirks.create_status)


def delete(site: Site, company: Company, id_: str) -> Response:
    """DELETE /v1/timeshifts/{id}: documented nowhere, so only there when the quirk says so."""
    shift = site.timeshifts.get(id_)
    absent = site.quirks.timeshift_delete == "absent"
    if absent or shift is None or shift.company_id != company.id:
        raise unknown("timeshift")
    del site.timeshifts[id_]
    return Response.of({"status": 1})


def upsert(site: Site, company: Company, body: Mapping[str, Any]) -> Timeshift:
    """A new timeshift, or the known one with that id or import id, replaced as a whole."""
    shift = _read(site, company, body)
    known = _known(site, company, body)
    if known is not None:
        shift.id = known.id
    site.timeshifts[shift.id] = shift
    return shift


def _read(site: Site, company: Company, body: Mapping[str, Any]) -> Timeshift:
    first, last = times.day(body.get("from")), times.day(body.get("to"))
    if last < first:
        raise Refused("to is before from")
    reason = body.get("denial_reason")
    if reason is not None and reason not in _REASONS:
        raise Refused("denial_reason must be one of BLOCKER, VACATION, SICK")
    ignores_work = reason == "BLOCKER"
    key = body.get("importEventId")
    return Timeshift(
        id=site.mongo_id(),
        company_id=company.id,
        resource_id=_resource(company, body).id,
        first=first,
        last=last,
        denial_reason=reason,
        denial_times=_windows(body.get("denial_times")),
        working_times=() if ignores_work else _windows(body.get("working_times")),
        booking_times=() if ignores_work else _windows(body.get("booking_times")),
        import_id=key if isinstance(key, str) else None,
    )


def _known(site: Site, company: Company, body: Mapping[str, Any]) -> Timeshift | None:
    for shift in site.timeshifts.values():
        keys = (shift.id, shift.import_id)
        named = (body.get("id"), body.get("importEventId"))
        if shift.company_id == company.id and any(
            name is not None and name == key for name, key in zip(named, keys, strict=True)
        ):
            return shift
    return None


def _resource(company: Company, body: Mapping[str, Any]) -> Resource:
    own, external = body.get("resource_id"), body.get("external_resource_id")
    if (own is None) == (external is None):
        raise Refused("resource_id or external_resource_id is required")
    for resource in company.resources.values():
        if own == resource.id or (external is not None and external == resource.external_id):
            return resource
    raise Refused("unknown resource")


def _windows(given: object) -> tuple[tuple[int, int], ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise Refused("times must be a list of {begin, end}")
    windows = []
    for one in given:
        begin = times.clock_minutes(one.get("begin"))
        end = times.clock_minutes(one.get("end"))
        if end <= begin:
            raise Refused("a window must end after it begins")
        windows.append((begin, end))
    return tuple(windows)


def _bounds(given: Mapping[str, str]) -> tuple[date, date] | None:
    if not given.get("from") or not given.get("to"):
        return None
    return times.day(given["from"]), times.day(given["to"])


def _matches_time(shift: Timeshift, bounds: tuple[date, date] | None, days: list[date]) -> bool:
    if bounds is not None:
        return shift.first <= bounds[1] and shift.last >= bounds[0]
    return not days or any(shift.first <= day <= shift.last for day in days)


def _matches_resource(resource: Resource, ids: list[str], external: list[str]) -> bool:
    if not ids and not external:
        return True
    return resource.id in ids or resource.external_id in external
