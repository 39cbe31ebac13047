"""Acuity over HTTP: which route leads where, and in which order a request is judged."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import unquote

from worker.sandbox.acuity import (
    auth,
    availability,
    blocks,
    catalogue,
    hooks,
    listing,
    render,
    truth,
    writing,
)
from worker.sandbox.acuity.desk import Desk
from worker.sandbox.acuity.limiter import Limiter
from worker.sandbox.acuity.quirks import Quirks
from worker.sandbox.acuity.refusals import Refused, unknown
from worker.sandbox.acuity.state import Delivery, Notification, Settings, Site
from worker.sandbox.acuity.times import TimeFormat
from worker.sandbox.exchange import Clock, Request, Response


class Acuity(Desk):
    """The simulated vendor: one account. Accounts behind one address share a `limiter`."""

    name = "acuity"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        user_id: int = 12345,
        api_key: str = "sandbox-api-key",
        timezone: str = "America/New_York",
        time_format: TimeFormat = "ampm",
        quirks: Quirks | None = None,
        limiter: Limiter | None = None,
    ) -> None:
        chosen = quirks or Quirks()
        settings = Settings(user_id, api_key, timezone, time_format)
        super().__init__(Site(clock, chosen, random.Random(seed), settings))
        self.limiter = limiter or Limiter(chosen.requests_per_second, chosen.concurrent_requests)

    def handle(self, request: Request) -> Response:
        """Answer one request; safe to call from several threads."""
        if not self.limiter.enter(self.site.clock.now()):
            return self._too_many()
        try:
            with self.lock:
                return self._route(request)
        except Refused as no:
            return no.answer()
        finally:
            self.limiter.leave()

    def truth(self) -> list[dict[str, Any]]:
        """Every event of the account."""
        with self.lock:
            return truth.events(self.site)

    @property
    def settings(self) -> Settings:
        """The account's preferences, to be changed at will."""
        return self.site.settings

    @property
    def notifications(self) -> list[Notification]:
        """Each mail or SMS that the vendor would have sent."""
        return self.site.notifications

    @property
    def deliveries(self) -> list[Delivery]:
        """Webhook calls that wait to be made."""
        return self.site.deliveries

    def _too_many(self) -> Response:
        quirks = self.site.quirks
        message = (
            f"Too many requests: at most {quirks.requests_per_second} per second "
            f"and {quirks.concurrent_requests} at a time."
        )
        wait = () if quirks.retry_after is None else (("Retry-After", str(quirks.retry_after)),)
        return Refused("too_many_requests", message, 429).answer(*wait)

    def _route(self, request: Request) -> Response:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        match request.method, parts:
            case "GET", ["oauth2", "authorize"]:
                return auth.authorize_page(self.site, request)
            case "POST", ["oauth2", "token"]:
                return auth.token(self.site, request)
            case "GET", ["api", "v1", "meta"]:
                return catalogue.meta()
            case _, ["api", "v1", *rest]:
                auth.authorise(self.site, request)
                return self._resource(request, rest)
        raise unknown("page")

    def _resource(self, request: Request, rest: list[str]) -> Response:
        match rest:
            case ["appointments", *more]:
                answer = self._appointments(request, more)
            case ["blocks", *more]:
                answer = self._blocks(request, more)
            case ["availability", what]:
                answer = self._availability(request, what)
            case ["webhooks", *more]:
                answer = self._webhooks(request, more)
            case _:
                answer = self._catalogue(request, rest)
        if answer is None:
            raise _no_method(request) if _is_known(rest) else unknown("page")
        return answer

    def _appointments(self, request: Request, more: list[str]) -> Response | None:
        site = self.site
        match request.method, more:
            case "GET", []:
                return listing.appointments(site, request)
            case "POST", []:
                return writing.post(site, request)
            case "GET", [id_]:
                return Response.of(render.single(site, site.appointment(id_)))
            case "PUT", [id_]:
                return writing.put(site, request, id_)
            case "PUT", [id_, "reschedule"]:
                return writing.reschedule(site, request, id_)
            case "PUT", [id_, "cancel"]:
                return writing.cancel(site, request, id_)
            case "GET", [id_, "payments"]:
                return catalogue.payments(site, id_)
        return None

    def _blocks(self, request: Request, more: list[str]) -> Response | None:
        match request.method, more:
            case "GET", []:
                return blocks.listed(self.site, request)
            case "POST", []:
                return blocks.post(self.site, request)
            case "GET", [id_]:
                return blocks.read(self.site, id_)
            case "DELETE", [id_]:
                return blocks.delete(self.site, id_)
        return None

    def _availability(self, request: Request, what: str) -> Response | None:
        match request.method, what:
            case "GET", "dates":
                return availability.dates(self.site, request)
            case "GET", "times":
                return availability.slots(self.site, request)
            case "GET", "classes":
                return availability.classes(self.site, request)
            case "POST", "check-times":
                return availability.check_times(self.site, request)
        return None

    def _webhooks(self, request: Request, more: list[str]) -> Response | None:
        match request.method, more:
            case "GET", []:
                return hooks.listed(self.site)
            case "POST", []:
                return hooks.post(self.site, request)
            case "DELETE", [id_]:
                return hooks.delete(self.site, id_)
        return None

    def _catalogue(self, request: Request, rest: list[str]) -> Response | None:
        if request.method != "GET":
            return None
        match rest:
            case ["calendars"]:
                return catalogue.calendars(self.site)
            case ["appointment-types"]:
                return catalogue.types(self.site, request)
            case ["labels"]:
                return catalogue.labels(self.site)
            case ["appointment-addons"]:
                return catalogue.addons(self.site)
            case ["forms"]:
                return catalogue.forms(self.site)
            case ["clients"]:
                return catalogue.clients(self.site, request)
            case ["certificates"]:
                return catalogue.certificates(self.site)
            case ["certificates", "check"]:
                return catalogue.check_certificate(self.site, request)
            case ["orders"]:
                return Response.of([])
            case ["me"]:
                return catalogue.me(self.site)
        return None


_KNOWN = frozenset(
    {
        *("calendars", "appointment-types", "labels", "appointment-addons", "forms", "clients"),
        *("certificates", "orders", "me", "meta", "appointments", "blocks", "webhooks"),
    }
)


def _is_known(rest: list[str]) -> bool:
    return bool(rest) and rest[0] in _KNOWN and len(rest) < 4


def _no_method(request: Request) -> Refused:
    return Refused("method_not_allowed", f"{request.method} is not allowed here.", 405)
