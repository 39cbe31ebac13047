"""Webhooks: what Acuity would call, form-encoded and signed over the raw bytes.

https://developers.acuityscheduling.com/docs/webhooks
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlencode, urlsplit

from worker.sandbox.acuity import queries
from worker.sandbox.acuity.refusals import bad_request, unknown
from worker.sandbox.acuity.state import Appointment, Delivery, Hook, Site, as_id
from worker.sandbox.exchange import Request, Response

EVENTS = (
    "appointment.scheduled",
    "appointment.rescheduled",
    "appointment.canceled",
    "appointment.changed",
    "order.completed",
)
_MOST = 25


def fire(site: Site, event: str, one: Appointment) -> None:
    """Queue the calls about an appointment; `changed` comes on top of any other event."""
    names = dict.fromkeys((f"appointment.{event}", "appointment.changed"))
    for name in names:
        for hook in site.hooks.values():
            if hook.event == name:
                site.deliveries.append(_delivery(site, hook, name, one))


def subscribe(site: Site, event: str, target: str) -> Hook:
    """A new subscription, static or dynamic."""
    if event not in EVENTS:
        raise bad_request("Unknown webhook event.")
    if len(site.hooks) >= _MOST:
        raise bad_request("Only 25 webhooks are allowed.")
    _check_target(site, target)
    hook = Hook(site.fresh_id("hook", 1000), event, target, site.settings.api_key)
    site.hooks[hook.id] = hook
    return hook


def listed(site: Site) -> Response:
    """GET /webhooks."""
    return Response.of([_row(hook) for hook in site.hooks.values()])


def post(site: Site, request: Request) -> Response:
    """POST /webhooks with `{event, target}`."""
    body = queries.json_object(request)
    return Response.of(_row(subscribe(site, str(body.get("event")), str(body.get("target")))))


def delete(site: Site, id_: str) -> Response:
    """DELETE /webhooks/:id."""
    if site.hooks.pop(as_id(id_) or 0, None) is None:
        raise unknown("webhook")
    return Response(204)


def _check_target(site: Site, target: str) -> None:
    try:
        parts = urlsplit(target)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError as broken:
        raise bad_request("Invalid webhook target.") from broken
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("Invalid webhook target.")
    if site.quirks.hook_ports is not None and port not in site.quirks.hook_ports:
        raise bad_request("Webhook targets must use port 443 or 80.")


def _delivery(site: Site, hook: Hook, name: str, one: Appointment) -> Delivery:
    action = name if site.quirks.action == "prefixed" else name.partition(".")[2]
    body = urlencode(
        {
            "action": action,
            "id": one.id,
            "calendarID": one.calendar_id,
            "appointmentTypeID": one.type_id,
        }
    ).encode()
    seal = base64.b64encode(hmac.new(hook.key.encode(), body, hashlib.sha256).digest()).decode()
    headers = (
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("X-Acuity-Signature", seal),
    )
    return Delivery(site.clock.now(), hook.target, headers, body)


def _row(hook: Hook) -> dict[str, object]:
    return {"id": hook.id, "event": hook.event, "target": hook.target, "status": hook.status}
