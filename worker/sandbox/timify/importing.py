"""Bulk imports: accepted at once, applied later, keyed by id and then by `importEventId`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import bodies, shifts, writing
from worker.sandbox.timify.refusals import Refused
from worker.sandbox.timify.state import Appointment, Callback, Company, Import, Site

Kind = Literal["appointments", "timeshifts"]


def queue(site: Site, request: Request, company: Company, kind: Kind) -> Response:
    """POST /v1/{appointments,timeshifts}/import/bulk; nobody is told by default."""
    body = bodies.json_object(request)
    rows = _rows(site, body, "events" if kind == "appointments" else "timeshifts")
    flags = {**bodies.snake_keys(body, site.quirks), **body}
    audiences = bodies.audiences(flags, frozenset())
    callback = body.get("webhookUrl", body.get("webhook_url"))
    site.imports.append(
        Import(
            due=site.clock.now() + site.quirks.import_delay_seconds,
            company_id=company.id,
            kind=kind,
            rows=tuple(bodies.snake_keys(row, site.quirks) for row in rows),
            audiences=frozenset() if bodies.is_true(flags.get("skip_emitter")) else audiences,
            callback=callback if isinstance(callback, str) else None,
        )
    )
    return Response.of({"status": 1})


def apply_due(site: Site) -> None:
    """Carry out the imports whose time has come, in the order in which they were sent."""
    now = site.clock.now()
    due = [job for job in site.imports if job.due <= now]
    site.imports = [job for job in site.imports if job.due > now]
    for job in due:
        _apply(site, job)


def _rows(site: Site, body: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    rows = body.get(name)
    if rows is None and isinstance(body.get("url"), str):
        secret, rows = site.files.get(body["url"], (None, None))
        if secret is not None and secret != body.get("secret"):
            raise Refused("the file is not accessible")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Refused(f"{name} or url is required")
    return rows


def _apply(site: Site, job: Import) -> None:
    company = site.companies[job.company_id]
    results = []
    for row in job.rows:
        result: dict[str, Any] = {"importEventId": row.get("importEventId")}
        try:
            if job.kind == "appointments":
                one = _upsert(site, company, row, job.audiences)
                results.append({**result, "id": one.id, "status": 1})
            else:
                shift = shifts.upsert(site, company, row)
                results.append({**result, "id": shift.id, "status": 1})
        except Refused as no:
            results.append({**result, "status": 0, "error": {"message": no.message}})
    if job.callback is not None:
        report = {"data": results, "status": 1}
        site.callbacks.append(Callback(site.clock.now(), job.callback, report))


def _upsert(
    site: Site, company: Company, row: Mapping[str, Any], audiences: frozenset[str]
) -> Appointment:
    known = _known(site, company, row)
    if known is not None:
        writing.change(site, company, known, row)
        site.notify("changed", known, audiences)
        return known
    one = writing.create(site, company, row)
    key = row.get("importEventId")
    if isinstance(key, str) and key:
        one.import_event_id = key
        if site.quirks.import_id == "becomes_external_id" and not one.external_id:
            one.external_id = key
    site.notify("created", one, audiences)
    return one


def _known(site: Site, company: Company, row: Mapping[str, Any]) -> Appointment | None:
    own = site.appointments.get(str(row.get("id")))
    if own is not None and own.company_id == company.id:
        return own
    key = row.get("importEventId")
    if not key:
        return None
    return next((one for one in site.of_company(company) if one.import_event_id == key), None)
