"""Creating, changing and deleting appointments; deletion is physical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as attributes
from dataclasses import replace
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import bodies, render, rules, times
from worker.sandbox.timify.refusals import Refused
from worker.sandbox.timify.state import Appointment, Batch, Company, Recurring, Site
from worker.sandbox.timify.stretches import recurring_days

_TITLELESS = ("service_id", "external_service_id", "duration", "duration_pattern")


def find(site: Site, company: Company, id_: str, request: Request) -> Appointment:
    """The record that a path names, by TIMIFY's id or with `external=1` by the external one."""
    if dict(request.params()).get("external") == "1":
        return site.by_external_id(company, id_)
    if request.method == "GET" and site.quirks.external_lookup == "either":
        known = site.appointments.get(id_)
        if known is not None and known.company_id == company.id:
            return known
        return site.by_external_id(company, id_)
    return site.appointment(company, id_)


def shown(site: Site, one: Appointment, status: int = 200) -> Response:
    """One record in its envelope."""
    return Response.of({"data": render.appointment(site, one), "status": 1}, status)


def post(site: Site, request: Request, company: Company) -> Response:
    """POST /v1/appointments."""
    body = bodies.json_object(request)
    one = create(site, company, body)
    audiences = bodies.audiences(body, site.quirks.default_notify)
    _remember_flags(one, audiences)
    site.notify("created", one, audiences)
    return shown(site, one, site.quirks.create_status)


def patch(site: Site, request: Request, company: Company, id_: str) -> Response:
    """PATCH /v1/appointments/{id}: only what is sent changes."""
    one = find(site, company, id_, request)
    body = bodies.json_object(request)
    change(site, company, one, body)
    site.notify("changed", one, bodies.audiences(body, site.quirks.default_notify))
    return shown(site, one)


def delete(site: Site, request: Request, company: Company, id_: str) -> Response:
    """DELETE /v1/appointments/{id}; flags are read from the query and from a body."""
    one = find(site, company, id_, request)
    flags = {**bodies.json_object(request), **dict(request.params())}
    site.notify("cancelled", one, bodies.audiences(flags, site.quirks.default_notify))
    del site.appointments[one.id]
    return Response.of({"data": {"id": one.id}, "status": 1})


def delete_many(site: Site, request: Request, company: Company) -> Response:
    """POST /v1/appointments/delete/bulk; nobody is told by default, unknown ids are passed over."""
    body = bodies.json_object(request)
    ids = body.get("ids")
    if not isinstance(ids, list) or not ids or not all(isinstance(id_, str) for id_ in ids):
        raise Refused("ids must be a list")
    audiences = bodies.audiences(body, frozenset())
    for id_ in dict.fromkeys(ids):
        one = site.appointments.get(id_)
        if one is None or one.company_id != company.id:
            continue
        silence = "skip_single_emitter" if one.recurring is None else "skip_multiple_emitter"
        if not bodies.is_true(body.get(silence)):
            site.notify("cancelled", one, audiences)
        del site.appointments[id_]
    return Response.of({"status": 1})


def create(site: Site, company: Company, body: Mapping[str, Any]) -> Appointment:
    """A new record (the first one, if the body repeats and series are chains); overlaps pass."""
    read = rules.fields(site, company, body)
    # Both service ids would be needed to omit the title, and they exclude each other.
    if not read.get("title") and not all(body.get(name) for name in _TITLELESS):
        raise Refused("title is required")
    _complete(company, body, read)
    external = read.get("external_id", "")
    taken = any(other.external_id == external for other in site.of_company(company))
    if external and taken and site.quirks.duplicate_external_id == "refused":
        raise Refused("external_id is taken", 409, "CONFLICT")
    if "recurring" in read and site.quirks.recurring_create == "chain":
        return chain(site, company, read)
    return add(site, company, read)


def change(site: Site, company: Company, one: Appointment, body: Mapping[str, Any]) -> None:
    """Apply a partial update and stamp it; nothing changes if any key is refused."""
    read = rules.fields(site, company, body)
    if one.is_course or read.get("is_course"):
        _check_course(read, one.max_participants)
    if site.quirks.array_patch == "merge" and "resource_ids" in read:
        read["resource_ids"] = tuple(dict.fromkeys(one.resource_ids + read["resource_ids"]))
    start = read.pop("start", None)
    for name, value in read.items():
        setattr(one, name, value)
    if start is not None:
        reschedule(site, one, start)
    if "recurring" in read:
        _plan_days(site, one)
    stamp(site, one)


def stamp(site: Site, one: Appointment) -> None:
    """Mark a record as edited now; the stamp never stands still between two edits."""
    one.updated_at = max(site.clock.now(), one.updated_at + 0.001)
    one.updated_by = "Sandbox Owner"


def add(site: Site, company: Company, read: Mapping[str, Any]) -> Appointment:
    """Store a record from checked attributes."""
    now = site.clock.now()
    known = {attribute.name for attribute in attributes(Appointment)}
    one = Appointment(
        id=site.mongo_id(),
        company_id=company.id,
        created_at=now,
        updated_at=now,
        rescheduling_secret=site.secret(),
        **{name: value for name, value in read.items() if name in known},
    )
    _plan_days(site, one)
    site.appointments[one.id] = one
    return one


def chain(site: Site, company: Company, read: Mapping[str, Any]) -> Appointment:
    """The other series model: one record per occurrence, linked by a chain id."""
    rule: Recurring = read["recurring"]
    where = times.zone(rule.timezone)
    wall = times.local(read["start"], where)
    minutes = wall.hour * 60 + wall.minute
    chain_id = site.mongo_id()
    single = {name: value for name, value in read.items() if name != "recurring"}
    links = [
        add(
            site,
            company,
            {**single, "start": times.on_day(day, minutes, where), "chain_id": chain_id},
        )
        for day in recurring_days(rule, read["start"], site.quirks.series_limit)
    ]
    if not links:
        raise Refused("the series has no occurrence")
    return links[0]


def _complete(company: Company, body: Mapping[str, Any], read: dict[str, Any]) -> None:
    if "start" not in read:
        raise Refused("datetime is required")
    service = company.services.get(read.get("service_id", ""))
    if service is not None:
        read.setdefault("batches", (Batch(0, service.duration),))
        read.setdefault("before", service.before)
        read.setdefault("after", service.after)
        read.setdefault("color", service.color)
        read.setdefault("price", service.price)
    if "batches" not in read:
        raise Refused("duration is required")
    if read.get("is_course"):
        if "max_participants" not in body:
            raise Refused("max_participants must be at least 1")
        _check_course(read, read["max_participants"])


def _check_course(read: Mapping[str, Any], capacity: int) -> None:
    if read.get("participants", 0) > read.get("max_participants", capacity):
        raise Refused("participants exceed max_participants")


def reschedule(site: Site, one: Appointment, start: int) -> None:
    """Another start; whether a series moves as a whole is an open question."""
    if one.recurring is None or site.quirks.series_patch == "every":
        one.start = start
        one.moved.clear()
        one.dropped.clear()
        _plan_days(site, one)
        return
    first = next((day for day in one.days if day not in one.dropped), None)
    if first is not None:
        one.moved[first] = start


def _plan_days(site: Site, one: Appointment) -> None:
    if one.recurring is not None:
        one.days = recurring_days(one.recurring, one.start, site.quirks.series_limit)


def _remember_flags(one: Appointment, audiences: frozenset[str]) -> None:
    one.notify_customers = "customers" in audiences
    one.notify_resources = "resources" in audiences


def multiple(site: Site, request: Request, company: Company) -> Response:
    """POST /v1/appointments/multiple: the primary service, then each combined one after it."""
    body = bodies.json_object(request)
    for name in ("service_id", "duration", "timezone", "combination_services"):
        if not body.get(name):
            raise Refused(f"{name} is required")
    times.zone(body["timezone"])
    if (body.get("deep_link") or {"type": "PRIVATE"}).get("type") != "PRIVATE":
        raise Refused("deep link type must be PRIVATE")
    primary = rules.service(company, body["service_id"])
    parts = _parts(company, body["combination_services"])
    one = create(site, company, {"title": primary.name, **body})
    one.batches = _one_after_another(one.batches, parts)
    one.combination = {"services": [{"serviceId": id_, "duration": long} for id_, long in parts]}
    audiences = bodies.audiences(body, site.quirks.default_notify)
    _remember_flags(one, audiences)
    site.notify("created", one, audiences)
    return shown(site, one, site.quirks.create_status)


def _parts(company: Company, given: object) -> list[tuple[str, int]]:
    if not isinstance(given, list):
        raise Refused("combination_services must be a list")
    parts = []
    for part in given:
        if not isinstance(part, Mapping):
            raise Refused("combination_services must hold objects")
        id_ = rules.service(company, part.get("service_id")).id
        parts.append((id_, rules.grid(part.get("duration"), "duration", least=5)))
    return parts


def _one_after_another(
    batches: tuple[Batch, ...], parts: list[tuple[str, int]]
) -> tuple[Batch, ...]:
    joined = list(batches)
    for _, minutes in parts:
        last = joined[-1]
        joined.append(replace(last, offset=last.offset + last.minutes, minutes=minutes))
    return tuple(joined)
