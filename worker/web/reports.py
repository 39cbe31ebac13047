"""The pages of the report, each with the document behind it."""

from __future__ import annotations

import re

from starlette.responses import Response

from worker.app import Calsync
from worker.domain.conflict.explanation import Explained
from worker.domain.conflict.register import NoSuch
from worker.domain.conflict.report import Report, Reported
from worker.domain.conflict.standing import STANDING
from worker.domain.event import Status
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.publish import documents
from worker.publish.pages.accounts import Facts, LastPoll, SetAside, accounts_page
from worker.publish.pages.conflicts import conflicts_page
from worker.publish.pages.finding import finding_page
from worker.publish.pages.template import Frame
from worker.publish.pages.today import Seen, today_page
from worker.publish.strips import Outcome
from worker.store.agenda import Agenda
from worker.store.events import Wanted
from worker.web.answers import document, page
from worker.web.call import Call
from worker.web.clocks import ZONE, Clocks
from worker.web.filters import filled, only, wanted_findings, without
from worker.web.framing import frame
from worker.web.refusal import Refusal
from worker.web.visits import Visits

_ID = re.compile("[0-9a-f]{16}")
SOON = DAY  # seconds ahead
MOST_SOON = 8
MOST_NEAR = 200  # events among which holds around a clash are looked for


class Reports:
    """The pages but for the calendar. `prefix` is the path of `public_url`."""

    def __init__(self, app: Calsync, prefix: str, clocks: Clocks, visits: Visits) -> None:
        self._app = app
        self._prefix = prefix
        self._clocks = clocks
        self._visits = visits
        self._agenda = Agenda(app.store.database)
        self._names = {one.id: one.name for one in app.config.resources}

    def today(self, call: Call) -> Response:
        """`/`."""
        only(call.query, (ZONE,))
        zones = self._clocks.zones(call)
        report = self._app.report()
        if call.wants_json:
            return document(conflicts_document(self._app, report))
        now = report.checked_at
        seen = self._seen(call, now)
        soon = self._soon(now)
        answer = page(today_page(self._frame(call), report, soon, zones, self._names, seen))
        self._visits.look(answer, call, now)
        return answer

    def conflicts(self, call: Call) -> Response:
        """`/conflicts`; a field that the form sent empty filters nothing."""
        zones = self._clocks.zones(call)
        chosen = wanted_findings(filled(without(call.query, ZONE)), self._app)
        report = chosen.of(self._app.report(chosen.wanted))
        if call.wants_json:
            return document(conflicts_document(self._app, report))
        html = conflicts_page(
            self._frame(call), report, chosen, self._names, tuple(self._app.config.accounts), zones
        )
        return page(html)

    def conflict(self, call: Call) -> Response:
        """`/conflicts/{id}`, also of what is resolved."""
        only(call.query, (ZONE,))
        zones = self._clocks.zones(call)
        explained, found = explained_finding(self._app, call.params["id"])
        if call.wants_json:
            return document(explained_document(self._app, explained, found))
        html = finding_page(
            self._frame(call),
            explained,
            found,
            self._app.sources(),
            self._app.vendor_names,
            zones,
            self._app.now,
            self._holds(found),
            {one: self._app.writing.able(one) for one in found.finding.accounts},
        )
        return page(html)

    def accounts(self, call: Call) -> Response:
        """`/accounts`."""
        only(call.query, (ZONE,))
        zones = self._clocks.zones(call)
        views, now = self._app.accounts(), self._app.now
        if call.wants_json:
            return document(documents.accounts(views, now))
        facts = Facts(self._last_polls(), self._outcomes(now - DAY), self._aside())
        return page(accounts_page(self._frame(call), views, facts, zones, now))

    def _frame(self, call: Call) -> Frame:
        return frame(call, self._prefix, self._clocks)

    def _seen(self, call: Call, now: int) -> Seen | None:
        since = self._visits.since(call, now)
        return None if since is None else Seen(since, self._app.store.findings.came_up(since))

    def _holds(self, found: Reported) -> list[Stored]:
        """The holds of ours around a finding of a resource."""
        finding = found.finding
        if finding.subject.type != "resource" or STANDING in finding.flags:
            return []
        stays = self._agenda.stays([finding.subject.id], finding.span, MOST_NEAR)
        return [one for _id, one in stays if one.event.ours]

    def _outcomes(self, since: int) -> dict[str, list[Outcome]]:
        """The polls of each account, in order."""
        found: dict[str, list[Outcome]] = {}
        for tick in self._agenda.ticks(list(self._app.config.accounts), since):
            said = Outcome(tick.at, tick.complete, tick.rows, tick.reason)
            found.setdefault(tick.account, []).append(said)
        return found

    def _soon(self, now: int) -> list[Stored]:
        wanted = Wanted(window=Span(now, now + SOON), statuses=(Status.BOOKED, Status.HELD))
        starting = (one for one in self._app.events(wanted) if one.event.span.start >= now)
        return [one for one in starting if not one.event.ours][:MOST_SOON]

    def _last_polls(self) -> dict[str, LastPoll]:
        return {
            id_: LastPoll(
                finished_at=fact.finished_at,
                complete=fact.complete,
                rows=fact.rows,
                created=fact.created,
                changed=fact.changed,
                gone=fact.gone,
            )
            for id_, fact in self._app.store.last_polls().items()
        }

    def _aside(self) -> list[SetAside]:
        return [
            SetAside(row.account, row.kind, row.native_id, row.reason, row.first_at)
            for row in self._app.store.quarantine()
        ]


def explained_finding(app: Calsync, id_: str) -> tuple[Explained, Reported]:
    """All about a finding of the register, resolved ones too. Raises Refusal (404)."""
    try:
        # Addresses are whole ids: a beginning that means one thing today may mean two tomorrow.
        explained = app.explain(id_) if _ID.fullmatch(id_) else None
    except NoSuch:
        explained = None
    if explained is None or explained.reported is None:
        raise Refusal(404, "There is no such finding. It may have been replaced by another.")
    return explained, explained.reported


def conflicts_document(app: Calsync, report: Report) -> documents.Document:
    """A report with its suggestions, as the command line prints it."""
    return documents.conflicts(report, app.vendor_names, app.advice(report))


def explained_document(app: Calsync, explained: Explained, found: Reported) -> documents.Document:
    """One finding as a document of its own, with what its vendors offer instead."""
    return documents.one_finding(explained, found, app.vendor_names)
