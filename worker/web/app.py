"""The web application: every route in one table, closed by default."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from worker.app import Calsync
from worker.domain.conflict.register import Verb
from worker.store.database import StoreError
from worker.web.access import Access
from worker.web.answers import refused
from worker.web.api import Api
from worker.web.calendar import Calendar
from worker.web.clocks import Clocks
from worker.web.counters import Counted, Counters
from worker.web.decisions import Decisions
from worker.web.door import Cookie, Door, asset, place
from worker.web.doorway import Doorway, Entry, Who
from worker.web.feeds import FeedOffice
from worker.web.guard import HEADERS, NO_STORE, Guard
from worker.web.health import Readiness, Schedule, alive
from worker.web.hosts import Hosts
from worker.web.metrics import Metrics
from worker.web.openapi import openapi
from worker.web.planning import PlanOffice
from worker.web.refusal import Refusal
from worker.web.reports import Reports
from worker.web.subscribing import PATH, Subscriptions
from worker.web.visits import Visits

log = structlog.get_logger()

API = "/api/v1"
FAULT = "Something went wrong here. The log says where."


def build(app: Calsync, schedule: Schedule, counters: Counters | None = None) -> Starlette:
    """The pages, the documents and the probes over an app and the clockwork that polls for it."""
    counters = counters or Counters()
    server = app.config.server
    prefix = urlsplit(server.public_url).path
    hosts = Hosts(server.listen, server.public_url)
    cookie = Cookie.under(server.public_url)
    access = Access(server.admin_token, app.clock)
    clocks, visits = Clocks(app), Visits(f"{cookie.name}_seen", secure=cookie.secure)
    entries = [
        Entry("GET", "/metrics", Metrics(app, schedule, counters).scrape, Who.ANYONE),
        *_open(Readiness(app, schedule), Door(access, cookie, prefix)),
        *_pages(Reports(app, prefix, clocks, visits), Calendar(app, prefix, clocks)),
        *_documents(Api(app, schedule, prefix)),
        *_decisions(Decisions(app, prefix)),
        *_feeds(FeedOffice(app, prefix)),
        *_writing(PlanOffice(app, prefix, clocks)),
    ]
    feeds = Subscriptions(app.feeds, counters)
    explain = _explained(prefix)
    web = Starlette(
        routes=[
            Route(PATH, feeds, methods=["GET"]),  # first: it is asked for the most by far
            Route("/healthz", alive),
            *_routes(entries, Doorway(access, hosts, cookie.name)),
        ],
        middleware=[
            Middleware(Counted, counters=counters),
            Middleware(Guard, hosts=hosts, prefix=prefix),
        ],
        exception_handlers=dict.fromkeys((Refusal, HTTPException, StoreError, Exception), explain),
    )
    # A redirect to the path without its slash would name the scheme and host that a proxy hides.
    web.router.redirect_slashes = False
    return web


def _open(readiness: Readiness, door: Door) -> Iterable[Entry]:
    return (
        Entry("GET", "/readyz", readiness.ready, Who.ANYONE),
        Entry("GET", "/static/{name}", asset, Who.ANYONE),
        Entry("GET", "/login", door.login_page, Who.ANYONE),
        Entry("POST", "/login", door.login, Who.ANYONE),
        Entry("GET", "/logout", door.logout_page),
        Entry("POST", "/logout", door.logout),
    )


def _pages(reports: Reports, calendar: Calendar) -> Iterable[Entry]:
    return (
        Entry("GET", "/", reports.today),
        Entry("GET", "/conflicts", reports.conflicts),
        Entry("GET", "/conflicts/{id}", reports.conflict),
        Entry("GET", "/calendar", calendar.calendar),
        Entry("GET", "/accounts", reports.accounts),
    )


def _documents(api: Api) -> Iterable[Entry]:
    return (
        Entry("GET", f"{API}/events", api.events),
        Entry("GET", f"{API}/conflicts", api.conflicts),
        Entry("GET", f"{API}/conflicts/{{id}}", api.conflict),
        Entry("GET", f"{API}/accounts", api.accounts),
        Entry("POST", f"{API}/accounts/{{id}}/poll", api.poll),
        Entry("POST", f"{API}/accounts/{{id}}/pause", api.pause),
        Entry("POST", f"{API}/accounts/{{id}}/resume", api.resume),
        Entry("GET", f"{API}/openapi.json", openapi),
    )


def _decisions(decisions: Decisions) -> Iterable[Entry]:
    return (
        Entry("POST", f"{API}/conflicts/{{id}}/{verb}", decisions.handler(verb)) for verb in Verb
    )


def _feeds(office: FeedOffice) -> Iterable[Entry]:
    return (
        Entry("GET", "/feeds", office.page),
        Entry("GET", f"{API}/feeds", office.listed),
        Entry("POST", f"{API}/feeds", office.add),
        Entry("POST", f"{API}/feeds/{{name}}/rotate", office.rotate),
        Entry("POST", f"{API}/feeds/{{name}}/revoke", office.revoke),
    )


def _writing(office: PlanOffice) -> Iterable[Entry]:
    return (
        Entry("GET", "/plans", office.plans_page),
        Entry("GET", "/runs", office.runs_page),
        Entry("GET", f"{API}/plan", office.plan),
        Entry("GET", f"{API}/runs", office.runs),
        Entry("POST", f"{API}/plan/{{hash}}/apply", office.apply),
        Entry("POST", f"{API}/plan/{{hash}}/approve", office.approve),
        Entry("POST", f"{API}/runs/{{id}}/undo", office.undo),
        Entry("POST", f"{API}/conflicts/{{id}}/resolve", office.resolve),
    )


def _routes(entries: Sequence[Entry], doorway: Doorway) -> list[Route]:
    by_path: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        by_path.setdefault(entry.path, {})[entry.method] = entry
    return [
        Route(path, _endpoint(by_method, doorway), methods=list(by_method))
        for path, by_method in by_path.items()
    ]


def _endpoint(
    by_method: Mapping[str, Entry], doorway: Doorway
) -> Callable[[Request], Awaitable[Response]]:
    """Requests are let in on the loop and handled in a thread, because handlers may block."""

    async def endpoint(request: Request) -> Response:
        entry = by_method["GET" if request.method == "HEAD" else request.method]
        call = await doorway.let_in(entry, request)
        return await run_in_threadpool(entry.handler, call)

    return endpoint


def _explained(prefix: str) -> Callable[[Request, Exception], Response]:
    """What becomes of exceptions: words in the asker's form, and no data."""

    def explain(request: Request, error: Exception) -> Response:
        refusal = _refusal(error)
        return refused(refusal, request.headers, prefix, _asked(request))

    return explain


def _refusal(error: Exception) -> Refusal:
    match error:
        case Refusal():
            return error
        case HTTPException(status_code=404):
            return Refusal(404, "There is nothing at this address.")
        case HTTPException():
            return Refusal(error.status_code, error.detail, error.headers)
        case StoreError():
            log.error("store.failed", error=str(error))
            return Refusal(503, "The store does not answer. The log says why.")
        case _:
            # Told outside of the guard, which adds these to every other answer.
            return Refusal(500, FAULT, {**HEADERS, "Cache-Control": NO_STORE})


def _asked(request: Request) -> str:
    """Where a person goes on to after logging in."""
    if request.method != "GET":
        return ""
    query = request.url.query
    return place(f"{request.url.path}?{query}" if query else request.url.path)
