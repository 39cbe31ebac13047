"""Plans and runs over HTTP: what would be written, letting it pass, writing it, taking it back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import structlog
from starlette.responses import Response

from worker.app import Calsync
from worker.domain.conflict.register import NoSuch
from worker.domain.instants import is_zone
from worker.domain.reconcile.wish import NotPossible, Wish
from worker.domain.written import length, moment
from worker.publish import plans
from worker.publish.pages.plans import plans_page, runs_page
from worker.store.database import Busy, StoreError
from worker.web.answers import document, page, sent_on
from worker.web.call import Call
from worker.web.clocks import ZONE, Clocks
from worker.web.decisions import NOBODY
from worker.web.filters import nothing, only
from worker.web.framing import frame
from worker.web.refusal import Refusal

log = structlog.get_logger()

DAY = "24h"
TRUE = ("1", "on", "true", "yes")
BUSY = "Another write is under way. Try again in a moment."


class PlanOffice:
    """After a verb, a browser is sent back to the page that shows what came of it."""

    def __init__(self, app: Calsync, prefix: str, clocks: Clocks) -> None:
        self._app = app
        self._writing = app.writing
        self._prefix = prefix
        self._clocks = clocks

    def plans_page(self, call: Call) -> Response:
        """`/plans`: today's plan."""
        only(call.query, (ZONE,))
        planned = self._writing.look()
        if call.wants_json:
            return document(plans.plan(planned.plan, planned.now))
        html = plans_page(
            frame(call, self._prefix, self._clocks),
            planned.plan,
            self._writing.standing(),
            sorted(planned.unread),
            self._app.config.worker.push,
            self._clocks.zones(call),
            planned.now,
        )
        return page(html)

    def runs_page(self, call: Call) -> Response:
        """`/runs`."""
        only(call.query, (ZONE,))
        found = self._app.store.outbox.runs()
        if call.wants_json:
            return document(plans.runs(found))
        framed = frame(call, self._prefix, self._clocks)
        return page(runs_page(framed, found, self._clocks.zones(call), self._app.now))

    def plan(self, call: Call) -> Response:
        """`GET /api/v1/plan`."""
        nothing(call.query)
        planned = self._writing.look()
        return document(plans.plan(planned.plan, planned.now))

    def runs(self, call: Call) -> Response:
        """`GET /api/v1/runs`."""
        nothing(call.query)
        return document(plans.runs(self._app.store.outbox.runs()))

    def apply(self, call: Call) -> Response:
        """`POST /api/v1/plan/{hash}/apply`: exactly that plan, or 409."""
        _fields(call, "by")
        by = _by(call)
        try:
            planned = self._writing.ready(call.params["hash"])
            if call.session and call.from_a_page:
                return self._begun(call, partial(self._writing.carry_out, planned, by))
            pushed = self._writing.carry_out(planned, by)
        except LookupError as error:
            raise Refusal(409, _sentence(error)) from None
        except Busy:
            raise Refusal(503, BUSY, {"Retry-After": "5"}) from None
        return self._ran(pushed.run)

    def approve(self, call: Call) -> Response:
        """`POST /api/v1/plan/{hash}/approve`, with `for` (24h)."""
        _fields(call, "by", "for")
        try:
            seconds = length(call.form.get("for", "").strip() or DAY)
        except ValueError:
            raise Refusal(400, "for: a length of time such as 24h or 3d is needed") from None
        try:
            passed = self._writing.approve(call.params["hash"], _by(call), seconds)
        except LookupError as error:
            raise Refusal(404, _sentence(error)) from None
        names = ", ".join(dict.fromkeys(f"{one.brake} at {one.scope}" for one in passed))
        if call.session and call.from_a_page:
            call.session.notice = f"Approved: {names}." if names else "Nothing waited for approval."
            return sent_on(f"{self._prefix}/plans")
        planned = self._writing.plan()
        return document(plans.plan(planned.plan, planned.now))

    def undo(self, call: Call) -> Response:
        """`POST /api/v1/runs/{id}/undo`: shown only, or done where `apply` is true."""
        _fields(call, "by", "apply")
        said = call.form.get("apply", "").strip().lower()
        if said not in ("", *TRUE, "0", "off", "false", "no"):
            raise Refusal(400, "apply: true or false is needed")
        try:
            undo = self._writing.undo(call.params["id"])
            if said not in TRUE:
                steps = [action for _, action in undo.actions]
                return document(plans.undo(undo.run, undo.hash, steps, undo.lost))
            if call.session and call.from_a_page:
                return self._begun(call, partial(self._writing.take_back, undo, _by(call)))
            pushed = self._writing.take_back(undo, _by(call))
        except LookupError as error:
            raise Refusal(404, _sentence(error)) from None
        except Busy:
            raise Refusal(503, BUSY, {"Retry-After": "5"}) from None
        return self._ran(pushed.run)

    def resolve(self, call: Call) -> Response:
        """`POST /api/v1/conflicts/{id}/resolve`: an approval that becomes a part of the plan."""
        _fields(call, "by", "action", "event", "to", "zone", "notify", "note")
        form = call.form
        try:
            reported = self._app.explain(call.params["id"]).reported
            to, zone = form.get("to", "").strip(), form.get("zone", "").strip()
            if zone and not is_zone(zone):
                raise Refusal(400, "zone: the name of a time zone (Europe/Berlin) is needed")
            wish = Wish(
                action=form.get("action", "").strip(),
                key=form.get("event", "").strip(),
                to=moment(to, zone) if to else None,
                tells=form.get("notify", "").strip().lower() in TRUE,
                by=_by(call),
                why=form.get("note", "").strip(),
            )
        except NoSuch as error:
            raise Refusal(404, _sentence(error)) from None
        except ValueError:
            raise Refusal(400, "to: a time with its offset is needed") from None
        if reported is None:
            raise Refusal(404, "There is no such finding.")
        try:
            self._writing.resolve(wish, reported.finding.id)
        except NotPossible as error:
            raise Refusal(409, _sentence(error)) from None
        if call.session and call.from_a_page:
            call.session.notice = "Approved. It is a part of the plan now."
            return sent_on(f"{self._prefix}/plans")
        planned = self._writing.plan()
        return document(plans.plan(planned.plan, planned.now))

    def _begun(self, call: Call, job: Callable[[], object]) -> Response:
        """Write in the background: vendors' limits make hundreds of writes take minutes."""
        threading.Thread(target=_carried_out, args=(job,), daemon=True, name="apply").start()
        if call.session:
            call.session.notice = "It is being written. Reload to see how far it is."
        return sent_on(f"{self._prefix}/runs")

    def _ran(self, run: str) -> Response:
        found = self._app.store.outbox.run(run) if run else None
        return document(plans.runs([found] if found else []))


def _carried_out(job: Callable[[], object]) -> None:
    """What goes wrong in the background is logged; what was begun stands in the outbox."""
    try:
        job()
    except Busy as error:
        log.warning("push.busy", error=str(error))
    except StoreError as error:
        log.error("store.failed", error=str(error))


def _fields(call: Call, *names: str) -> None:
    nothing(call.query)
    only(call.form, (*names, "csrf"), "field")


def _by(call: Call) -> str:
    by = call.form.get("by", "").strip()
    if len(by) > 80 or not by.isprintable():
        raise Refusal(400, "by: a name of up to 80 printable characters is needed")
    return by or (call.session.name if call.session and call.session.name else NOBODY)


def _sentence(error: Exception) -> str:
    text = str(error.args[0]) if error.args else "It is not there"
    return f"{text[:1].upper()}{text[1:]}."
