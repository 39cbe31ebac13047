"""The front door of the simulated Canvas: credentials, rate limit, routes, and the truth."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from worker.sandbox.canvas import errors, events_api, groups_api
from worker.sandbox.canvas.call import Call
from worker.sandbox.canvas.caller import Caller
from worker.sandbox.canvas.directory import atomic
from worker.sandbox.canvas.errors import Refused
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, Token
from worker.sandbox.canvas.params import read_params, stamp
from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.canvas.render import Renderer, string_ids
from worker.sandbox.canvas.scheduler import Scheduler
from worker.sandbox.canvas.throttle import Throttle
from worker.sandbox.exchange import Clock, Request, Response

STRING_IDS = "application/json+canvas-string-ids"
Endpoint = Callable[[Call], Response]

GROUPS = "/api/v1/appointment_groups"
EVENTS = "/api/v1/calendar_events"
ROUTES: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", GROUPS, groups_api.index),
    ("POST", GROUPS, groups_api.create),
    ("GET", f"{GROUPS}/next_appointment", groups_api.next_appointment),
    ("GET", f"{GROUPS}/:id", groups_api.show),
    ("PUT", f"{GROUPS}/:id", groups_api.update),
    ("DELETE", f"{GROUPS}/:id", groups_api.destroy),
    ("GET", f"{GROUPS}/:id/users", groups_api.users),
    ("GET", f"{GROUPS}/:id/groups", groups_api.groups),
    ("GET", EVENTS, events_api.index),
    ("GET", f"{EVENTS}/:id", events_api.show),
    ("PUT", f"{EVENTS}/:id", events_api.update),
    ("DELETE", f"{EVENTS}/:id", events_api.destroy),
    ("POST", f"{EVENTS}/:id/reservations", events_api.reserve),
    ("POST", f"{EVENTS}/:id/reservations/:participant_id", events_api.reserve),
    ("GET", f"{EVENTS}/:id/participants", events_api.participants),
)


def _compiled() -> list[tuple[str, str, re.Pattern[str], Endpoint]]:
    return [
        (verb, template, re.compile(re.sub(r":\w+", "([^/]+)", template)), endpoint)
        for verb, template, endpoint in ROUTES
    ]


class Canvas(Scheduler):
    """A Canvas site over HTTP. `token` belongs to the instructor who teaches every course."""

    name = "canvas"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        token: str = "canvas-instructor-token",  # noqa: S107 - opens nothing but this sandbox
        quirks: Quirks | None = None,
    ) -> None:
        super().__init__(clock, seed, token, quirks or Quirks())
        self._throttle = Throttle(clock, self.quirks)
        self._routes = _compiled()

    def handle(self, request: Request) -> Response:
        """Answer one request; while it waits its turn it weighs on its token's bucket."""
        key = _credential(request)
        admitted = self._throttle.admits(key)
        cost = self.quirks.request_cost if admitted else 0.0
        try:
            response = self._answered(request, key) if admitted else self._throttle.refusal()
        finally:
            remaining = self._throttle.settle(key, cost)
        return self._finished(request, response, remaining, cost)

    def _finished(
        self, request: Request, response: Response, remaining: float, cost: float
    ) -> Response:
        body = response.body
        if STRING_IDS in request.headers.get("accept", "") and response.status < 400:
            body = Response.of(string_ids(json.loads(body))).body
        headers = [*response.headers, ("X-Rate-Limit-Remaining", f"{remaining:.4f}")]
        if cost:
            headers.append(("X-Request-Cost", f"{cost:.4f}"))
        if self.quirks.header_case == "lower":
            headers = [(name.lower(), value) for name, value in headers]
        return Response(response.status, body, tuple(headers))

    @atomic
    def _answered(self, request: Request, credential: str) -> Response:
        try:
            return self._routed(request, self._token(credential))
        except Refused as refused:
            return refused.response

    def _token(self, credential: str) -> Token:
        if not credential:
            raise errors.unauthenticated()
        token = self.tokens.get(credential)
        if token is None:
            raise errors.bad_token("Invalid access token.")
        if token.state == "revoked":
            raise errors.bad_token("Revoked access token.")
        if token.state == "expired":
            expired = stamp(token.expired_at)
            raise errors.bad_token("Expired access token.", expired_at=expired)
        return token

    def _routed(self, request: Request, token: Token) -> Response:
        path = unquote(request.path).removesuffix(".json")
        for verb, template, pattern, endpoint in self._routes:
            found = pattern.fullmatch(path)
            if verb == request.method and found:
                self._check_scope(token, f"url:{verb}|{template}")
                return endpoint(self._call(request, token, found.groups()))
        raise errors.not_found()

    def _check_scope(self, token: Token, scope: str) -> None:
        if token.scopes is not None and scope not in token.scopes:
            raise errors.insufficient_scope(self.quirks)

    def _call(self, request: Request, token: Token, path_ids: tuple[str, ...]) -> Call:
        try:
            params = read_params(request)
        except ValueError:
            raise errors.malformed() from None
        caller = Caller(self, self.users[token.user_id])
        render = Renderer(self, caller, request.base)
        return Call(self, request, params, path_ids, caller, render)

    @atomic
    def truth(self) -> list[dict[str, Any]]:
        """Return every slot that exists or existed, in the words of the contract."""
        return [
            self._true(group, slot)
            for _, group in sorted(self.groups.items())
            for slot in self.all_slots(group.id)
        ]

    def _true(self, group: AppointmentGroup, slot: CalendarEvent) -> dict[str, Any]:
        attendees = len(self.reservations(slot.id))
        courses = [f"course:{course}" for course in group.course_ids]
        return {
            "native_id": str(slot.id),
            "occurrence": "",
            "kind": "slot",
            "status": _status(group, slot, attendees),
            "start": stamp(slot.start_at),
            "end": stamp(slot.end_at),
            "timezone": "",
            "title": group.title or "",
            "location": group.location_name or "",
            "capacity": self.limit(slot),
            "attendees": attendees,
            "pad_before": 0,
            "pad_after": 0,
            "subjects": sorted([f"group:{group.id}", *courses]),
        }


def _status(group: AppointmentGroup, slot: CalendarEvent, attendees: int) -> str:
    if "deleted" in (group.workflow_state, slot.workflow_state):
        return "cancelled"
    if attendees:
        return "booked"
    return "held" if group.workflow_state == "pending" else "offered"


def _credential(request: Request) -> str:
    """Find the token: in the header, else in the query or the body as `access_token`."""
    kind, _, credential = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return credential.strip()
    try:
        params = read_params(request)
    except ValueError:
        return ""
    return str(params.get("access_token") or "")
