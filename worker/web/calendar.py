"""The calendar: who is taken when, by which account, and what clashes there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.datastructures import QueryParams
from starlette.responses import Response

from worker.app import Calsync
from worker.domain.conflict.report import Reported
from worker.domain.instants import EARLIEST, LATEST, local
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource
from worker.publish import agenda
from worker.publish.agenda import Line, Shown, View
from worker.publish.pages.calendar import Asked, calendar_page
from worker.publish.pages.words import Zones
from worker.publish.timeline import day_span
from worker.store.agenda import Agenda
from worker.web.answers import document, page
from worker.web.call import Call
from worker.web.clocks import ZONE, Clocks
from worker.web.filters import among, filled, one_of, only
from worker.web.framing import frame
from worker.web.refusal import Refusal

ROWS = {View.DAY: 40, View.WEEK: 40, View.HEAT: 150}  # resources on one page
MOST_STAYS = 4_000
DAYS = ("14", "30")  # of the heat map
_PAGE = re.compile("[1-9][0-9]{0,3}", re.ASCII)
PARAMETERS = ("view", "date", "days", "resource", "account", "page", ZONE)


# A month within the instants that events can have, on any wall.
_FIRST = local(EARLIEST + 31 * DAY, "UTC").date()
_LAST = local(LATEST - 62 * DAY, "UTC").date()


@dataclass(frozen=True, slots=True)
class _Page:
    """The resources of one page of the calendar, and how many pages there are."""

    resources: tuple[Resource, ...]
    pages: int


class Calendar:
    """`/calendar`. `prefix` is the path of `public_url`."""

    def __init__(self, app: Calsync, prefix: str, clocks: Clocks) -> None:
        self._app = app
        self._prefix = prefix
        self._clocks = clocks
        self._agenda = Agenda(app.store.database)

    def calendar(self, call: Call) -> Response:
        """`/calendar`, and the document behind it."""
        zones = self._clocks.zones(call)
        query = filled(call.query)
        asked = self._asked(query, zones)
        here = self._page(asked)
        shown = Shown(
            asked.view,
            asked.days,
            self._app.now,
            self._app.settings.window(self._app.now),
            self._app.sources(),
        )
        lines, cut = self._lines(asked, here.resources, zones)
        if call.wants_json:
            return document(agenda.document(lines, shown, self._app.vendor_names))
        html = calendar_page(
            frame(call, self._prefix, self._clocks),
            asked,
            shown,
            lines,
            zones,
            pages=here.pages,
            cut=cut,
            names={one.id: one.name for one in self._app.config.resources},
            accounts=tuple(self._app.config.accounts),
        )
        return page(html)

    def _asked(self, query: QueryParams, zones: Zones) -> Asked:
        only(query, PARAMETERS)
        view = View(one_of(query, "view", tuple(View)) or View.WEEK)
        today = local(self._app.now, zones.default).date()
        day = _day(query) or today
        count = int(one_of(query, "days", DAYS) or DAYS[0])
        return Asked(
            view=view,
            day=day,
            days=_days(view, day, count),
            today=today,
            resources=among(query, "resource", [one.id for one in self._app.config.resources]),
            accounts=among(query, "account", list(self._app.config.accounts)),
            page=_number(query),
        )

    def _page(self, asked: Asked) -> _Page:
        wanted = [
            one
            for one in self._app.config.resources
            if not asked.resources or one.id in asked.resources
        ]
        many = ROWS[asked.view]
        pages = max(1, -(-len(wanted) // many))
        if asked.page > pages:
            raise Refusal(404, f"page: there are only {pages}.")
        return _Page(tuple(wanted[(asked.page - 1) * many : asked.page * many]), pages)

    def _lines(
        self, asked: Asked, resources: Sequence[Resource], zones: Zones
    ) -> tuple[list[Line], bool]:
        """A line for each resource, and whether there is more than can be shown."""
        places = {one.id: zones.of_any([one.id]) for one in resources}
        window = _around(asked.days, set(places.values()) or {zones.default})
        events: dict[str, list[Stored]] = {id_: [] for id_ in places}
        cut = False
        if asked.view is not View.HEAT:
            stays = list(self._agenda.stays(list(places), window, MOST_STAYS + 1))
            cut = len(stays) > MOST_STAYS
            for id_, one in stays[:MOST_STAYS]:
                if not asked.accounts or one.event.key.account in asked.accounts:
                    events[id_].append(one)
        found = self._findings(asked, window)
        lines = [
            Line(one, places[one.id], tuple(events[one.id]), tuple(found.get(one.id, ())))
            for one in resources
        ]
        return lines, cut

    def _findings(self, asked: Asked, window: Span) -> dict[str, list[Reported]]:
        standing = [
            one
            for one in agenda.timed(self._app.standing(window))
            if not asked.accounts or set(asked.accounts) & set(one.finding.accounts)
        ]
        bound = self._agenda.resources_of(agenda.members_elsewhere(standing))
        return agenda.by_resource(standing, bound)


def _days(view: View, day: date, count: int) -> tuple[date, ...]:
    count = {View.DAY: 1, View.WEEK: 7}.get(view, count)
    return tuple(day + timedelta(days=number) for number in range(count))


def _around(days: Sequence[date], zones: set[str]) -> Span:
    """From the first instant of the first day to the last of the last, on any of these walls."""
    return Span(
        min(day_span(days[0], zone).start for zone in zones),
        max(day_span(days[-1], zone).end for zone in zones),
    )


def _day(query: QueryParams) -> date | None:
    """Raises Refusal (400)."""
    values = query.getlist("date")
    if not values:
        return None
    if len(values) == 1 and len(values[0]) == 10:
        try:
            day = date.fromisoformat(values[0])
        except ValueError:
            day = date.min
        if _FIRST <= day <= _LAST:
            return day
    raise Refusal(400, "date: one date (2026-03-02) is needed")


def _number(query: QueryParams) -> int:
    """Raises Refusal (400)."""
    values = query.getlist("page") or ["1"]
    if len(values) > 1 or not _PAGE.fullmatch(values[0]):
        raise Refusal(400, "page: a number from 1 is needed")
    return int(values[0])
