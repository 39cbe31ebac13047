"""The documents over HTTP, and the verbs of accounts."""

from __future__ import annotations

from starlette.responses import Response

from worker.app import Calsync
from worker.domain.health import Health, paused, resumed
from worker.domain.instants import iso
from worker.domain.overview import AccountView
from worker.publish import documents
from worker.web.answers import document, sent_on
from worker.web.call import Call
from worker.web.filters import nothing, wanted_events, wanted_findings
from worker.web.health import Schedule
from worker.web.refusal import Refusal
from worker.web.reports import conflicts_document, explained_document, explained_finding


class Api:
    """Everything below `/api/v1`. After a verb, a browser is sent back to the page it came from."""

    def __init__(self, app: Calsync, schedule: Schedule, prefix: str) -> None:
        self._app = app
        self._schedule = schedule
        self._prefix = prefix

    def events(self, call: Call) -> Response:
        """`GET /events`."""
        wanted = wanted_events(call.query, self._app)
        return document(documents.events(self._app.events(wanted)))

    def conflicts(self, call: Call) -> Response:
        """`GET /conflicts`."""
        wanted = wanted_findings(call.query, self._app)
        report = wanted.of(self._app.report(wanted.wanted))
        return document(conflicts_document(self._app, report))

    def conflict(self, call: Call) -> Response:
        """`GET /conflicts/{id}`."""
        nothing(call.query)
        return document(
            explained_document(self._app, *explained_finding(self._app, call.params["id"]))
        )

    def accounts(self, call: Call) -> Response:
        """`GET /accounts`."""
        nothing(call.query)
        return document(documents.accounts(self._app.accounts(), self._app.now))

    def poll(self, call: Call) -> Response:
        """`POST /accounts/{id}/poll`: at the next tick, unless its vendor forbids it."""
        view = self._account(call)
        if view.health.paused:
            raise Refusal(409, f"{view.id} is paused. Resume it first.")
        if view.health.waits(self._app.now) and view.health.wait_until:
            reason = f"The vendor of {view.id} asked for no calls before "
            raise Refusal(409, f"{reason}{iso(view.health.wait_until)}.")
        self._schedule.poll_soon(view.id)
        return self._done(call, f"{view.id} is polled now. Reload in a moment to see.", 202)

    def pause(self, call: Call) -> Response:
        """`POST /accounts/{id}/pause`."""
        id_ = self._account(call).id
        self._app.store.accounts.change_health(id_, paused)
        return self._done(call, f"{id_} is paused: it is not polled until you resume it.", 200)

    def resume(self, call: Call) -> Response:
        """`POST /accounts/{id}/resume`."""
        id_ = self._account(call).id

        def change(health: Health) -> Health:
            return resumed(health, self._app.now)

        self._app.store.accounts.change_health(id_, change)
        return self._done(call, f"{id_} is resumed.", 200)

    def _account(self, call: Call) -> AccountView:
        nothing(call.query)
        id_ = call.params["id"]
        found = next((one for one in self._app.accounts() if one.id == id_), None)
        if found is None:
            raise Refusal(404, "There is no such account.")
        return found

    def _done(self, call: Call, notice: str, status: int) -> Response:
        if call.session and call.from_a_page:
            call.session.notice = notice
            return sent_on(f"{self._prefix}/accounts")
        account = documents.account(self._account(call), self._app.now)
        return document({"schema": "calsync/account/1", **account}, status)
