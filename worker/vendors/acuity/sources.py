"""Acuity's two lists as sources that can be read whole."""

from __future__ import annotations

from datetime import date

from worker.domain.instants import instant
from worker.vendors.acuity import wire
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.settings import API_ROOT
from worker.vendors.acuity.whole import Ask, Filter, Source
from worker.vendors.acuity.wire import text_of
from worker.vendors.base import EventError, Nonsense
from worker.vendors.http import Outlet, Params
from worker.vendors.rows import Page, page

MOST = 1000  # rows asked for at once; much larger values were reported to time out


def appointments(outlet: Outlet, catalogue: Catalogue) -> Source[wire.Appointment]:
    """Cancelled ones included, which the list hides by default; without the intake forms."""
    always = [("showall", "true"), ("excludeForms", "true")]

    def ask(what: Ask, direction: str) -> Page[wire.Appointment]:
        params = [*_query(what), *always, ("direction", direction)]
        try:
            return page(outlet.get("/appointments", params), wire.Appointment)
        except EventError as error:
            # Never an empty list: every account has this one.
            raise Nonsense(f"{error}: is base_url right?") from None

    return Source(
        where=f"GET {API_ROOT}/appointments",
        forwards=lambda what: ask(what, "ASC"),
        backwards=lambda what: ask(what, "DESC"),
        moment=lambda row: _moment(row.datetime),
        day=lambda row: _day(row.datetime),
        identity=lambda row: text_of(row.id),
        filters=(
            Filter("calendarID", catalogue.calendar_ids, lambda row: text_of(row.calendar_id)),
            Filter("appointmentTypeID", catalogue.type_ids, lambda row: text_of(row.type_id)),
        ),
    )


def blocks(outlet: Outlet, catalogue: Catalogue) -> Source[wire.Block]:
    """Blocks know no order that could be asked for. Raises EventError where they are refused."""
    return Source(
        where=f"GET {API_ROOT}/blocks",
        forwards=lambda what: page(outlet.get("/blocks", _query(what)), wire.Block),
        backwards=None,
        moment=lambda row: _moment(row.start),
        day=lambda row: _day(row.start),
        identity=lambda row: text_of(row.id),
        filters=(
            Filter("calendarID", catalogue.calendar_ids, lambda row: text_of(row.calendar_id)),
        ),
    )


def _query(what: Ask) -> Params:
    return [
        ("minDate", what.first.isoformat()),
        ("maxDate", what.last.isoformat()),
        ("max", str(MOST)),
        *what.filters,
    ]


def _moment(text: str) -> int | None:
    try:
        return instant(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
