"""The front door of the simulated Cliniko: keys, headers, rate limit, routes, and the truth."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from worker.sandbox.cliniko import attendees_api, bookings_api, reference_api
from worker.sandbox.cliniko.bookings_api import BookingsApi
from worker.sandbox.cliniko.call import Call
from worker.sandbox.cliniko.diary import Diary
from worker.sandbox.cliniko.errors import Refused, denied, not_found, said
from worker.sandbox.cliniko.model import Booking, Key, Kind
from worker.sandbox.cliniko.practice import atomic
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.cliniko.reference_api import Endpoint, index_of, show_of
from worker.sandbox.cliniko.render import Renderer
from worker.sandbox.cliniko.resources import KINDS, build
from worker.sandbox.cliniko.times import stamp
from worker.sandbox.exchange import Clock, Request, Response

WINDOW = 60
CONTACT = re.compile(r"[^\s@()]+@[^\s@()]+\.[^\s@()]+")
EVENT_KINDS: dict[Kind, str] = {"group": "group", "individual": "single", "block": "block"}
Route = tuple[str, str, Endpoint]


def _routes() -> list[tuple[str, str, re.Pattern[str], Endpoint]]:
    routes = [*_booking_routes(), *_attendee_routes(), *_reference_routes()]
    return [
        (verb, path.split("/")[0], re.compile("/v1/" + path.replace(":id", "([^/]+)")), endpoint)
        for verb, path, endpoint in routes
    ]


def _booking_routes() -> list[Route]:
    routes: list[Route] = [
        ("GET", "bookings", bookings_api.list_all),
        ("GET", "bookings/:id", bookings_api.show_any),
        ("PATCH", "individual_appointments/:id/cancel", bookings_api.cancel_individual),
    ]
    for name, kind in KINDS.items():
        api = BookingsApi(kind)
        routes += [
            ("GET", name, api.index),
            ("POST", name, api.create),
            ("GET", f"{name}/:id", api.show),
            ("PATCH", f"{name}/:id", api.update),
            ("DELETE", f"{name}/:id", api.archive),
            ("POST", f"{name}/:id/archive", api.archive),
            ("GET", f"{name}/:id/conflicts", api.conflicts),
        ]
    return routes


def _attendee_routes() -> list[Route]:
    return [
        ("GET", "group_appointments/:id/attendees", attendees_api.of_group),
        ("GET", "individual_appointments/:id/attendees", attendees_api.of_individual),
        ("GET", "attendees", attendees_api.index),
        ("POST", "attendees", attendees_api.create),
        ("GET", "attendees/:id", attendees_api.show),
        ("PATCH", "attendees/:id", attendees_api.update),
        ("DELETE", "attendees/:id", attendees_api.archive),
        ("POST", "attendees/:id/archive", attendees_api.archive),
        ("PATCH", "attendees/:id/cancel", attendees_api.cancel),
    ]


def _reference_routes() -> list[Route]:
    free = "businesses/:id/practitioners/:id/appointment_types/:id"
    routes: list[Route] = [
        ("GET", "practitioners/inactive", reference_api.inactive),
        ("GET", "user", reference_api.user),
        ("GET", "settings", reference_api.settings),
        ("GET", "settings/public", reference_api.settings),
        ("GET", "daily_availabilities", reference_api.daily_availabilities),
        ("GET", f"{free}/available_times", reference_api.available_times),
        ("GET", f"{free}/next_available_time", reference_api.next_available_time),
    ]
    names = ("businesses", "practitioners", "appointment_types", "unavailable_block_types")
    for name in (*names, "patients"):
        routes += [("GET", name, index_of(name)), ("GET", f"{name}/:id", show_of(name))]
    return routes


class Cliniko(Diary):
    """A Cliniko account over HTTP, paths below `/v1`. The shard is what the key ends in."""

    name = "cliniko"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        api_key: str = "c2FuZGJveC1rZXk-au1",
        account_zone: str = "Australia/Melbourne",
        quirks: Quirks | None = None,
    ) -> None:
        super().__init__(clock, seed, api_key, account_zone, quirks or Quirks())
        self._routes = _routes()
        self._resources = build(self)
        self._spent: dict[str, tuple[int, int]] = {}

    @atomic
    def handle(self, request: Request) -> Response:
        """Answer one request."""
        try:
            self._check_headers(request)
            key = self._key(request)
            self._charge(key)
            return self._routed(request, key)
        except Refused as refused:
            return refused.response

    def _check_headers(self, request: Request) -> None:
        agent = request.headers.get("user-agent", "")
        if self.quirks.contact_required and not CONTACT.search(agent):
            raise said("The User-Agent header must hold a contact email address", 403)
        accept = request.headers.get("accept", "")
        if self.quirks.json_accept_required and "application/json" not in accept:
            raise said("The Accept header must be application/json", 406)

    def _key(self, request: Request) -> Key:
        """Find the key in the user name, with or without its shard; the password is blank."""
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            raise denied()
        try:
            text = base64.b64decode(encoded.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            raise denied() from None
        name, _, password = text.partition(":")
        key = self.keys.get(name) or self.keys.get(name.removesuffix(f"-{self.shard}"))
        if key is None or password:
            raise denied()
        return key

    def _charge(self, key: Key) -> None:
        """Count a request against its user's minute; the answer names the end of that minute."""
        limit = self.quirks.rate_limit
        now = self.now()
        started, spent = self._spent.get(key.user_id, (now, 0))
        if now >= started + WINDOW:
            started, spent = now, 0
        if limit is not None and spent >= limit:
            raise Refused(self._throttled(started + WINDOW, now))
        self._spent[key.user_id] = (started, spent + 1)

    def _throttled(self, reset: int, now: int) -> Response:
        headers = [("X-RateLimit-Reset", str(reset))]
        if self.quirks.retry_after:
            headers.append(("Retry-After", str(reset - now)))
        return Response.of({"message": "Rate limit exceeded"}, 429, *headers)

    def _routed(self, request: Request, key: Key) -> Response:
        verb = request.method
        if verb == "PUT" and self.quirks.put_accepted:
            verb = "PATCH"
        for method, resource, pattern, endpoint in self._routes:
            found = pattern.fullmatch(request.path)
            if method == verb and found:
                render = Renderer(self, request.base)
                call = Call(self, request, found.groups(), key, render, self._resources)
                call.allow(resource)
                return endpoint(call)
        raise not_found()

    @atomic
    def truth(self) -> list[dict[str, Any]]:
        """Return every booking that exists or existed, in the words of the contract."""
        return [self._true(row) for row in self.bookings.values()]

    def _true(self, row: Booking) -> dict[str, Any]:
        business = self.businesses[row.business_id]
        attendees = self._attending(row)
        return {
            "native_id": row.id,
            "occurrence": "",
            "kind": EVENT_KINDS[row.kind],
            "status": _status(row, attendees),
            "start": stamp(row.starts_at),
            "end": stamp(row.ends_at),
            "timezone": business.zone or "",
            "title": self.title(row),
            "location": business.name,
            "capacity": row.max_attendees,
            "attendees": attendees,
            "pad_before": 0,
            "pad_after": 0,
            "subjects": sorted(
                [f"business:{row.business_id}", f"practitioner:{row.practitioner_id}"]
            ),
        }

    def _attending(self, row: Booking) -> int:
        match row.kind:
            case "group":
                return len(self.active_places(row))
            case "individual":
                return 1 if row.is_live else 0
            case "block":
                return 0


def _status(row: Booking, attendees: int) -> str:
    if not row.is_live:
        return "cancelled"
    if row.kind == "block":
        return "held"
    return "booked" if attendees else "offered"
