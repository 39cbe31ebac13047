"""TIMIFY over HTTP: which route leads where, and in which order a request is judged."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import unquote

from worker.sandbox.exchange import Clock, Request, Response
from worker.sandbox.timify import auth, booker, importing, listing, shifts, truth, writing
from worker.sandbox.timify.desk import Desk
from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.refusals import Refused, unknown
from worker.sandbox.timify.state import Callback, Notification, Site


class Timify(Desk):
    """The simulated vendor; `truth()` and the desk's methods speak of branch `company_id`."""

    name = "timify"

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        app_id: str = "sandbox-app",
        app_secret: str = "sandbox-app-secret",  # noqa: S107  # of an invented account
        company_id: str | None = None,
        company_name: str = "Sandbox Studio",
        timezone: str = "Europe/Berlin",
        quirks: Quirks | None = None,
    ) -> None:
        generator = random.Random(seed)
        site = Site(clock, quirks or Quirks(), generator, app_id, app_secret)
        super().__init__(site, company_id or site.mongo_id())
        self.add_company(company_name, timezone, id_=self.company_id)

    def handle(self, request: Request) -> Response:
        """Answer one request; safe to call from several threads."""
        with self.lock:
            try:
                self._let_time_pass()
                auth.throttle(self.site)
                if self.site.failures:
                    raise self.site.failures.popleft()
                return self._route(request)
            except Refused as no:
                return no.answer(self.site.quirks.failure)

    def truth(self, company_id: str | None = None) -> list[dict[str, Any]]:
        """Every event of a branch (default: the one that the sandbox's account names)."""
        with self.lock:
            self._let_time_pass()
            return truth.events(self.site, self.site.companies[company_id or self.company_id])

    @property
    def notifications(self) -> list[Notification]:
        """Each mail or SMS that the vendor would have sent."""
        return self.site.notifications

    @property
    def callbacks(self) -> list[Callback]:
        """Reports on imports that wait to be delivered."""
        return self.site.callbacks

    def _let_time_pass(self) -> None:
        importing.apply_due(self.site)
        self.site.settle()

    def _route(self, request: Request) -> Response:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        if parts[0] != "v1":
            raise unknown("route")
        site = self.site
        match request.method, parts[1:]:
            case "POST" | "GET", ["auth", "token"]:
                return auth.issue(site, request)
            case "POST", ["auth", "refreshtoken"]:
                return auth.renew(site, request)
            case _, ["booker-services", *rest]:
                return self._booker(request, rest)
            case _, ["appointments" | "timeshifts" | "companies" | "customers", *_]:
                auth.authorise(site, request)
                return self._office(request, parts[1:])
        raise unknown("route")

    def _booker(self, request: Request, rest: list[str]) -> Response:
        match request.method, rest:
            case "GET", ["companies"]:
                return booker.published(self.site, request)
            case "GET", ["services"]:
                auth.authorise(self.site, request)
                return booker.services(self.site, request)
            case "GET", ["availabilities"]:
                return booker.availabilities(self.site, request)
            case "POST", ["reservations"]:
                return booker.reserve(self.site, request)
            case "POST", ["appointments", "confirm"]:
                return booker.confirm(self.site, request)
        raise unknown("route")

    def _office(self, request: Request, parts: list[str]) -> Response:
        if (request.method, parts) == ("GET", ["companies"]):
            return booker.companies(self.site, request)
        company = auth.company(self.site, request)
        match request.method, parts:
            case "GET", ["customers", "customfields"]:
                return booker.custom_fields(request)
            case "GET", ["timeshifts"]:
                return shifts.listed(self.site, request, company)
            case "POST", ["timeshifts"]:
                return shifts.post(self.site, request, company)
            case "DELETE", ["timeshifts", id_]:
                return shifts.delete(self.site, company, id_)
            case "POST", [("appointments" | "timeshifts") as kind, "import", "bulk"]:
                return importing.queue(self.site, request, company, kind)
            case _, ["appointments", *rest]:
                return self._appointments(request, rest)
        raise unknown("route")

    def _appointments(self, request: Request, rest: list[str]) -> Response:
        site, company = self.site, auth.company(self.site, request)
        match request.method, rest:
            case "GET", []:
                return listing.appointments(site, request, company)
            case "POST", []:
                return writing.post(site, request, company)
            case "POST", ["delete", "bulk"]:
                return writing.delete_many(site, request, company)
            case "POST", ["multiple"]:
                return writing.multiple(site, request, company)
            case "POST", ["reservation"]:
                return booker.reserve_as_staff(site, request, company)
            case "GET", [id_]:
                return writing.shown(site, writing.find(site, company, id_, request))
            case "PATCH", [id_]:
                return writing.patch(site, request, company, id_)
            case "DELETE", [id_]:
                return writing.delete(site, request, company, id_)
        raise unknown("route")
