"""The reads around appointments: calendars, types, labels, forms, the account itself."""

from __future__ import annotations

from typing import Any

from worker.sandbox.acuity import queries, render, rules
from worker.sandbox.acuity.refusals import refused
from worker.sandbox.acuity.state import Site
from worker.sandbox.exchange import Request, Response


def calendars(site: Site) -> Response:
    """GET /calendars."""
    return Response.of([render.calendar(one) for one in site.calendars.values()])


def types(site: Site, request: Request) -> Response:
    """GET /appointment-types; deleted ones only on request."""
    with_deleted = queries.is_on(dict(request.params()), "includeDeleted")
    shown = [one for one in site.types.values() if with_deleted or not one.deleted]
    return Response.of([render.appointment_type(site, one) for one in shown])


def labels(site: Site) -> Response:
    """GET /labels."""
    return Response.of([render.label(one) for one in site.labels.values()])


def addons(site: Site) -> Response:
    """GET /appointment-addons."""
    return Response.of([render.addon(one) for one in site.addons.values()])


def forms(site: Site) -> Response:
    """GET /forms."""
    return Response.of([render.form(one) for one in site.forms.values()])


def payments(site: Site, id_: str) -> Response:
    """GET /appointments/:id/payments."""
    one = site.appointment(id_)
    if one.amount_paid == "0.00":
        return Response.of([])
    paid = {"amount": one.amount_paid, "appointmentID": one.id, "notes": "", "processor": "other"}
    return Response.of([paid])


def clients(site: Site, request: Request) -> Response:
    """GET /clients: no ids, and phones as they were typed."""
    search = dict(request.params()).get("search", "").lower()
    people: dict[tuple[str, str, str], dict[str, str]] = {}
    for one in site.appointments.values():
        name = (one.first_name, one.last_name, one.phone)
        if search in " ".join((*name, one.email)).lower():
            people[name] = {
                "firstName": one.first_name,
                "lastName": one.last_name,
                "phone": one.phone,
                "email": one.email,
                "notes": "",
            }
    return Response.of(list(people.values()))


def certificates(site: Site) -> Response:
    """GET /certificates."""
    return Response.of([render.certificate(one) for one in site.certificates.values()])


def check_certificate(site: Site, request: Request) -> Response:
    """GET /certificates/check?certificate=&appointmentTypeID=."""
    given = dict(request.params())
    kind = site.type(given.get("appointmentTypeID"))
    found = rules.certificate(site, kind, given)
    if found is None:
        raise refused("invalid_certificate", given.get("certificate", ""))
    return Response.of(render.certificate(found))


def me(site: Site) -> Response:
    """GET /me: how dates are shown, and a capability that is not to be trusted."""
    settings = site.settings
    document: dict[str, Any] = {
        "id": settings.user_id,
        "owner": settings.user_id,
        "email": settings.email,
        "timezone": settings.timezone,
        "firstDayOfWeek": 0,
        "timeFormat": "ampm" if settings.time_format == "ampm" else "military",
        "dateFormat": "%B %e, %Y",
        "currency": "USD",
        "plan": "Premium",
        "planCapabilities": {"is_public": True, "can_use_api": site.quirks.can_use_api},
        "name": "Sandbox",
        "accountType": "admin",
        "isTrial": True,
    }
    return Response.of(document)


def meta() -> Response:
    """GET /meta, which needs no credentials: where webhooks come from."""
    return Response.of({"hooks": ["192.0.2.0/28"]})
