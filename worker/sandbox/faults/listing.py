"""Faults of listings and paging (L…): rows that go missing, come twice, or belong to others."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from worker.sandbox.exchange import Request, Response
from worker.sandbox.faults.catalogue import Incident, alter, ask, instead
from worker.sandbox.faults.envelope import (
    Page,
    Row,
    next_link,
    page_number,
    with_next,
    with_query,
    without,
)

_TOTALS = ("total_entries", "total_count", "count", "total", "totalItems", "totalPages")
_FILTERS = frozenset(
    {
        *("q[]", "context_codes[]", "scope", "minDate", "maxDate", "from_date", "to_date"),
        *("from_time", "to_time", "calendarID", "appointmentTypeID", "resource_ids", "ids"),
        *("start_date", "end_date", "business_id", "practitioner_id"),
    }
)
_ENDED = ("archived_at", "deleted_at", "cancelled_at", "canceled", "is_cancelled")


@alter("L01", "empty list with 200")
def emptied(_incident: Incident, response: Response) -> Response | None:
    """No row, no next page, totals of 0."""
    page = Page.listing(response)
    if page is None:
        return None
    _set_totals(page.document, lambda _total: 0)
    return _unlinked(page.with_rows([]))


@alter("L02", "empty page in the middle")
def hollow(_incident: Incident, response: Response) -> Response | None:
    """No row, but the next link stays. Strikes only where there is a next page."""
    page = Page.listing(response)
    if page is None or next_link(response) is None:
        return None
    return page.with_rows([])


@alter("L03", "last pages missing")
def cut_short(incident: Incident, response: Response) -> Response | None:
    """From the second page on there is no next link, and totals claim what was sent."""
    if page_number(incident.request) < 2:
        return None
    return with_next(response, None)


@alter("L04", "first page only, without a next link", "total kept", "total of the page")
def first_only(incident: Incident, response: Response) -> Response | None:
    """Totals stay, or agree with the rows sent."""
    if next_link(response) is None:
        return None
    if incident.variant == "total of the page":
        page = Page.listing(response)
        if page is not None:
            _set_totals(page.document, lambda _total: len(page.rows or ()))
            response = page.answer()
    return with_next(response, None)


@alter("L05", "next link that leads back", "itself", "first")
def looping(incident: Incident, response: Response) -> Response | None:
    """To the page itself or to the first one; where a vendor knows no link, nothing happens."""
    if next_link(response) is None:
        return None
    request = incident.request
    if incident.variant == "first":
        request = with_query(request, page="1")
    return with_next(response, f"{request.base}{request.path}?{request.query}")


@alter("L06", "next link that never ends")
def endless(incident: Incident, response: Response) -> Response | None:
    """Every page has a next one, and repeats rows that were seen once there are no more."""
    page = Page.listing(response)
    if page is None:
        return None
    if page.rows:
        incident.memory["rows"] = list(page.rows)
    else:
        response = page.with_rows(incident.memory.get("rows", []))
    request = with_query(incident.request, page=str(page_number(incident.request) + 1))
    return with_next(response, f"{request.base}{request.path}?{request.query}")


@ask("L07", "pages smaller than asked for", "1", "2", "7")
def small_pages(incident: Incident) -> Request | None:
    """The variant is the size. Strikes where a page size is known: `per_page`, `limit`, `max`."""
    names = {name for name, _ in incident.request.params()}
    for name in ("per_page", "limit", "max"):
        if name in names:
            return with_query(incident.request, **{name: incident.variant})
    return None


@alter("L08", "duplicate rows", "in the page", "across pages")
def doubled(incident: Incident, response: Response) -> Response | None:
    """Every row twice, or each page beginning with the last row of the one before."""
    page = Page.listing(response)
    if page is None or not page.rows:
        return None
    rows = list(page.rows)
    if incident.variant == "in the page":
        return page.with_rows([row for row in rows for _ in range(2)])
    earlier = incident.memory.get("last", rows[0])
    incident.memory["last"] = rows[-1]
    return page.with_rows([earlier, *rows])


@alter("L09", "rows missing across pages", "first", "last", "any")
def skipped(incident: Incident, response: Response) -> Response | None:
    """One row of the page is not sent, as when rows shift during the walk; totals stay."""
    page = Page.listing(response)
    if page is None or not page.rows:
        return None
    rows = list(page.rows)
    index = {"first": 0, "last": -1, "any": incident.random.randrange(len(rows))}[incident.variant]
    rows.pop(index)
    return page.with_rows(rows)


@alter("L10", "another order of rows")
def shuffled(incident: Incident, response: Response) -> Response | None:
    """Drawn anew for every page."""
    page = Page.listing(response)
    if page is None or not page.rows or len(page.rows) < 2:
        return None
    return page.with_rows(incident.random.sample(page.rows, len(page.rows)))


@alter("L11", "total that lies", "high", "low", "absent", "text")
def wrong_total(incident: Incident, response: Response) -> Response | None:
    """Strikes only where the vendor states a total."""
    page = Page.listing(response)
    if page is None:
        return None
    changes: dict[str, Callable[[int], Any]] = {
        "high": lambda total: total + 37,
        "low": lambda total: max(0, total - 1),
        "absent": lambda _total: None,
        "text": str,
    }
    return page.answer() if _set_totals(page.document, changes[incident.variant]) else None


@ask("L12", "filters ignored")
def unfiltered(incident: Incident) -> Request | None:
    """Rows of other dates, calendars and courses appear."""
    return without(incident.request, _FILTERS)


@ask("L13", "filter with another end", "maxDate", "to_date", "end_date")
def other_end(incident: Incident) -> Request | None:
    """The last day of the range is left out, as if its end were exclusive."""
    parameters = dict(incident.request.params())
    name = incident.variant
    if name not in parameters or parameters[name][:10].count("-") != 2:
        return None
    try:
        day = date.fromisoformat(parameters[name][:10]) - timedelta(days=1)
    except ValueError:
        return None
    return with_query(incident.request, **{name: day.isoformat() + parameters[name][10:]})


@alter("L14", "ended rows vanish instead of being flagged")
def unflagged(_incident: Incident, response: Response) -> Response | None:
    """Archived, deleted and cancelled rows are not sent."""
    page = Page.listing(response)
    if page is None or page.rows is None:
        return None
    alive = [row for row in page.rows if not any(row.get(key) for key in _ENDED)]
    return None if len(alive) == len(page.rows) else page.with_rows(alive)


@ask("L15", "ended rows listed without being asked for")
def flagged(incident: Incident) -> Request | None:
    """Archived rows (Cliniko) and cancelled ones (Acuity) come with the default listing."""
    names = {name for name, _ in incident.request.params()}
    if incident.request.path.endswith("/appointments") and "minDate" in names:
        return with_query(incident.request, showall="true")
    if not incident.request.path.startswith("/v1/") or "per_page" not in names:
        return None
    extra = urlencode({"q[]": "archived_at:*"})
    return replace(incident.request, query=f"{incident.request.query}&{extra}")


@alter("L16", "listed, but 404 when asked for by id")
def listed_but_missing(_incident: Incident, response: Response) -> Response | None:
    """Strikes on reads of one object only."""
    page = Page.read(response)
    if page is None or page.rows is not None:
        return None
    return Response.of({"message": "Not found"}, 404)


@alter("L17", "listing that does not yet know the last write")
def behind(incident: Incident, response: Response) -> Response | None:
    """Option `seconds`: how long after a write the earlier listing is shown, 30 by default."""
    if incident.request.method not in {"GET", "HEAD"}:
        incident.memory["written"] = incident.now
        return None
    if Page.listing(response) is None:
        return None
    key = f"{incident.request.path}?{incident.request.query}"
    written = incident.memory.get("written", float("-inf"))
    if incident.now - written < incident.number("seconds", 30) and key in incident.memory:
        stale: Response = incident.memory[key]
        return stale
    incident.memory[key] = response
    return None


@alter("L18", "listing that falls back to an older state")
def regressed(incident: Incident, response: Response) -> Response | None:
    """Every other time the same page is asked for, its first answer is given again."""
    if Page.listing(response) is None:
        return None
    key = f"{incident.request.path}?{incident.request.query}"
    if key not in incident.memory:
        incident.memory[key] = [response, 0]
        return None
    kept = incident.memory[key]
    kept[1] += 1
    return kept[0] if kept[1] % 2 else None


@instead("L19", "cursor that has expired", "410", "400", "404")
def expired_cursor(incident: Incident) -> Response | None:
    """Strikes from the second page on."""
    if page_number(incident.request) < 2:
        return None
    return Response.of({"message": "The cursor has expired"}, int(incident.variant))


@alter("L20", "next link with an absurd cursor")
def absurd_cursor(incident: Incident, response: Response) -> Response | None:
    """Page 2 to the power of 63, less one."""
    if next_link(response) is None:
        return None
    request = with_query(incident.request, page=str(2**63 - 1))
    return with_next(response, f"{request.base}{request.path}?{request.query}")


@alter("L21", "paging field under another name")
def renamed(_incident: Incident, response: Response) -> Response | None:
    """`Link` becomes `X-Link`; `links`, `meta` and totals get another name."""
    headers = tuple(
        ("X-Link" if name == "Link" else name, value) for name, value in response.headers
    )
    if headers != response.headers:
        return replace(response, headers=headers)
    page = Page.listing(response)
    if page is None or not isinstance(page.document, dict):
        return None
    for name in ("links", "meta", *_TOTALS):
        if name in page.document:
            page.document[f"paging_{name}"] = page.document.pop(name)
    return page.answer()


@alter("L22", "listing of another tenant")
def foreign(_incident: Incident, response: Response) -> Response | None:
    """Rows of the same shape, each with an id that was never seen."""
    page = Page.listing(response)
    if page is None or not page.rows:
        return None
    return page.with_rows([{**row, "id": _other_id(row.get("id"))} for row in page.rows])


@alter("L23", "account emptied or cut down", "empty", "403", "402")
def suspended(incident: Incident, response: Response) -> Response | None:
    """Every list is empty, or every read is refused."""
    if incident.variant == "empty":
        return emptied(incident, response)
    return Response.of({"message": "The account is suspended"}, int(incident.variant))


@alter("L24", "slow erosion")
def eroding(incident: Incident, response: Response) -> Response | None:
    """A further share of the rows disappears with every walk. Option `share`: 0.01 by default."""
    page = Page.listing(response)
    if page is None or page.rows is None:
        return None
    if page_number(incident.request) == 1:
        incident.memory["lost"] = incident.memory.get("lost", 0.0) + incident.number("share", 0.01)
    lost = incident.memory.get("lost", 0.0)
    return page.with_rows([row for row in page.rows if _fate(row) >= lost])


def _fate(row: Row) -> float:
    return zlib.crc32(str(row.get("id")).encode()) / 2**32


def _other_id(value: Any) -> Any:
    match value:
        case int():
            return value + 7_000_000
        case str() if value.isdecimal():
            return str(int(value) + 7_000_000)
        case str():
            return f"{value[::-1]}"
    return value


def _set_totals(document: Any, change: Callable[[int], Any]) -> bool:
    """Change every stated total; a change to None takes it away. False if there is none."""
    if not isinstance(document, dict):
        return False
    changed = False
    for holder in (document, document.get("meta")):
        if not isinstance(holder, dict):
            continue
        for name in [name for name in _TOTALS if isinstance(holder.get(name), int)]:
            holder[name] = change(holder[name])
            if holder[name] is None:
                del holder[name]
            changed = True
    return changed


def _unlinked(response: Response) -> Response:
    return with_next(response, None) or response
