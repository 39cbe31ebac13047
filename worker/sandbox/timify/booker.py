"""The booking widget's side: companies, services, availability, reservation and confirmation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import chain
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import bodies, render, rules, times, truth, writing
from worker.sandbox.timify.refusals import Refused, unknown
from worker.sandbox.timify.state import Appointment, Company, Customer, Service, Site
from worker.sandbox.timify.stretches import Stretch, stretches

_DAYS_PER_CALL = 31
_FIELD_IDS = ("name", "email", "phone")


def companies(site: Site, request: Request) -> Response:
    """GET /v1/companies?enterprise_id=."""
    wanted = dict(request.params()).get("enterprise_id")
    rows = [
        _company(one)
        for one in site.companies.values()
        if one.id in site.installed and wanted in (None, "", one.enterprise_id)
    ]
    return Response.of({"data": rows, "status": 1})


def published(site: Site, request: Request) -> Response:
    """GET /v1/booker-services/companies; answers without a token for published branches."""
    given = dict(request.params())
    id_, enterprise = given.get("company_id"), given.get("enterprise_id")
    if not id_ and not enterprise:
        raise Refused("company_id or enterprise_id is required")
    found = [
        one
        for one in site.companies.values()
        if one.published and (one.id == id_ or (enterprise and one.enterprise_id == enterprise))
    ]
    shown = [_attributes(one, bodies.is_true(given.get("with_full_attributes"))) for one in found]
    data = {"companyIds": [one.id for one in found], "companies": shown}
    return Response.of({"data": data, "status": 1})


def services(site: Site, request: Request) -> Response:
    """GET /v1/booker-services/services?company_id=."""
    company = _named(site, dict(request.params()).get("company_id"))
    rows = [render.service_row(one) for one in company.services.values()]
    return Response.of({"data": rows, "status": 1})


def custom_fields(request: Request) -> Response:
    """GET /v1/customers/customfields."""
    return bodies.page(_customer_fields(), request, "meta")


def availabilities(site: Site, request: Request) -> Response:
    """GET /v1/booker-services/availabilities: local and UTC times in one zone-less notation."""
    given = dict(request.params())
    company = _named(site, given.get("company_id"))
    days = [times.day(text) for text in bodies.listed(request, "days")]
    if not days or len(days) > _DAYS_PER_CALL:
        raise Refused("days must name 1 to 31 days")
    offered = rules.service(company, given.get("service_id") or given.get("course_id"))
    chosen = bodies.listed(request, "resource_ids")
    data = _calendar(site, company, offered, days, chosen)
    return Response.of({"data": data, "status": 1})


def reserve(site: Site, request: Request) -> Response:
    """POST /v1/booker-services/reservations: `{company_id, service_id, resource_ids, date, time}`.

    Answers `data.id` and the secret that the confirmation needs.
    """
    body = bodies.json_object(request)
    company = _named(site, body.get("company_id"))
    minute = times.clock_minutes(body.get("time"))
    one = _hold(site, company, {**body, "minute": minute})
    one.is_online = True
    return Response.of({"data": {"id": one.id, "secret": one.secret}, "status": 1})


def reserve_as_staff(site: Site, request: Request, company: Company) -> Response:
    """POST /v1/appointments/reservation: `{date, minute, service_id | title and duration}`."""
    one = _hold(site, company, bodies.json_object(request))
    return writing.shown(site, one, site.quirks.create_status)


def confirm(site: Site, request: Request) -> Response:
    """POST /v1/booker-services/appointments/confirm: a reservation becomes a booking."""
    body = bodies.json_object(request)
    company = _named(site, body.get("company_id"))
    one = site.appointment(company, str(body.get("reservation_id")))
    if one.reserved_until is None or one.secret is None or body.get("secret") != one.secret:
        raise Refused("unknown reservation or wrong secret", 403, "FORBIDDEN")
    given = {
        str(entry.get("id")): str(entry.get("value"))
        for entry in body.get("fields", [])
        if isinstance(entry, dict)
    }
    one.customers = [Customer(site.mongo_id(), *(given.get(key, "") for key in _FIELD_IDS))]
    one.reserved_until = None
    writing.stamp(site, one)
    site.notify("confirmed", one, {"customers"})
    return writing.shown(site, one)


def _named(site: Site, id_: object) -> Company:
    found = site.companies.get(id_) if isinstance(id_, str) else None
    if found is None:
        raise unknown("company")
    return found


def _hold(site: Site, company: Company, body: dict[str, Any]) -> Appointment:
    custom = body.get("title") is not None or body.get("duration") is not None
    if custom == (body.get("service_id") is not None):
        raise Refused("either service_id or both title and duration are required")
    if custom and (not body.get("title") or body.get("duration") is None):
        raise Refused("title and duration are required")
    minute = rules.grid(body.get("minute"), "minute")
    if minute > 1435:
        raise Refused("minute must be in 0-1435")
    day = times.day(body.get("date"))
    given = {key: value for key, value in body.items() if key not in ("date", "datetime")}
    if not custom:
        given["title"] = rules.service(company, body["service_id"]).name
    given["datetime"] = f"{day.isoformat()} {minute // 60:02d}:{minute % 60:02d}"
    given.setdefault("reserve_for", site.quirks.reservation_minutes)
    one = writing.create(site, company, given)
    one.secret = site.secret()
    return one


def _company(one: Company) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "contactEmail": "",
        "phone": {"phone": ""},
        "address": {"city": "", "formatted": ""},
        "onlineStatus": {"isOnline": one.published},
        "timezone": one.timezone,
        "externalId": one.external_id,
        "enterprise": {"name": one.name},
    }


def _attributes(one: Company, full: bool) -> dict[str, Any]:
    brief = {
        "id": one.id,
        "externalId": one.external_id,
        "region": "EUROPE",
        "name": one.name,
        "locale": "en-gb",
        "timezone": one.timezone,
    }
    if not full:
        return brief
    offered = list(one.services.values())
    return {
        **brief,
        "customerFields": _customer_fields(),
        "resources": [
            render.resource_row(resource, index)
            for index, resource in enumerate(one.resources.values(), 1)
        ],
        "services": [render.service_row(service) for service in offered if not service.is_course],
        "groupServices": [render.service_row(service) for service in offered if service.is_course],
    }


def _customer_fields() -> list[dict[str, Any]]:
    types = {"name": "TEXT", "email": "EMAIL", "phone": "PHONE"}
    return [
        {"id": id_, "type": type_, "isMandatoryOnline": True, "translationKey": id_}
        for id_, type_ in types.items()
    ]


def _calendar(
    site: Site, company: Company, offered: Service, days: list[date], chosen: list[str]
) -> dict[str, Any]:
    now = site.clock.now()
    wanted = [id_ for id_ in company.resources if not chosen or id_ in chosen]
    if offered.is_course:
        group_events = _group_events(site, company, offered, days)
        slots = _slots_of(group_events)
    else:
        group_events = []
        slots = _free_slots(site, company, offered, days, wanted)
    on_days = [slot["day"] for slot in slots]
    label = "course" if offered.is_course else "service"
    named = {"id": offered.id, "externalId": offered.external_id, "name": offered.name}
    return {
        "calendarBegin": _written_utc(now + 3600),
        "calendarEnd": _written_utc(now + 365 * 86_400),
        "allocationOffDays": [],
        "selectedResourceIds": chosen,
        "onDays": on_days,
        "offDays": [day.isoformat() for day in days if day.isoformat() not in on_days],
        "slots": slots,
        label: {**named, "duration": offered.duration},
        "groupEvents": group_events,
        "resources": [
            render.resource_row(resource, index)
            for index, resource in enumerate(company.resources.values(), 1)
        ],
        "resourceCategories": [],
    }


def _free_slots(
    site: Site, company: Company, offered: Service, days: list[date], wanted: list[str]
) -> list[dict[str, Any]]:
    slots = []
    for day in days:
        latest = company.closes - offered.duration + 1
        minutes = [
            minute
            for minute in range(company.opens, latest, offered.duration)
            if _has_room(site, company, offered, times.on_day(day, minute, company.zone), wanted)
        ]
        if minutes:
            clock = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes]
            slots.append({"day": day.isoformat(), "times": clock, "minutes": minutes})
    return slots


def _has_room(
    site: Site, company: Company, offered: Service, start: int, wanted: list[str]
) -> bool:
    if start < site.clock.now():
        return False
    begin = start - offered.before * 60
    end = start + (offered.duration + offered.after) * 60
    busy = chain(_booked(site, company), _denied(site, company))
    taken = {id_ for id_, first, last in busy if first < end and last > begin}
    return any(id_ not in taken for id_ in wanted)


def _booked(site: Site, company: Company) -> Iterable[tuple[str, int, int]]:
    for one in site.of_company(company):
        for piece in stretches(one):
            for id_ in piece.resource_ids:
                yield id_, piece.begin - piece.before * 60, piece.end + piece.after * 60


def _denied(site: Site, company: Company) -> Iterable[tuple[str, int, int]]:
    for shift in site.timeshifts.values():
        if shift.company_id == company.id and shift.denial_reason is not None:
            for day, _, begin, end in truth.denied_windows(shift):
                first = times.on_day(day, begin, company.zone)
                yield shift.resource_id, first, times.on_day(day, end, company.zone)


def _group_events(
    site: Site, company: Company, offered: Service, days: list[date]
) -> list[dict[str, Any]]:
    rows = []
    for one in site.of_company(company):
        if not one.is_course or one.service_id != offered.id:
            continue
        for piece in stretches(one):
            local = times.local(piece.begin, company.zone)
            if local.date() in days and piece.begin >= site.clock.now():
                rows.append(_group_event(one, piece, local.strftime("%Y-%m-%d %H:%M")))
    return sorted(rows, key=lambda row: (row["day"], row["time"]))


def _group_event(one: Appointment, piece: Stretch, local: str) -> dict[str, Any]:
    # Day and time are local while the interval, in the same notation, is UTC.
    return {
        "id": one.id,
        "day": local[:10],
        "time": local[11:],
        "maxParticipants": one.max_participants,
        "participantsCount": one.participants,
        "extraPersonsPerParticipant": 0,
        "spotsLeft": one.max_participants - one.participants,
        "duration": (piece.end - piece.begin) // 60,
        "price": one.price,
        "intervals": [
            {
                "recurringDay": None if piece.day is None else piece.day.isoformat(),
                "interval": {"begin": _written_utc(piece.begin), "end": _written_utc(piece.end)},
            }
        ],
    }


def _slots_of(group_events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    days = dict.fromkeys(row["day"] for row in group_events)
    return [
        {
            "day": day,
            "times": [row["time"] for row in group_events if row["day"] == day],
            "minutes": None,
        }
        for day in days
    ]


def _written_utc(seconds: float) -> str:
    return times.utc(seconds)[:16].replace("T", " ")
