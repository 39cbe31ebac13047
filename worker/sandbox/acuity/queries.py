"""Reading requests: JSON bodies, switches, row caps and windows of whole days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from worker.sandbox.acuity import times
from worker.sandbox.acuity.refusals import bad_request
from worker.sandbox.acuity.state import Calendar, Site
from worker.sandbox.exchange import Request

Caller = Literal["client", "admin"]

_OPEN_START = -(2**62)
_OPEN_END = 2**62


def json_body(request: Request) -> Any:
    """The body as JSON; an absent one is an error too, since PUT wants at least `{}`."""
    try:
        return request.json()
    except ValueError as broken:
        raise bad_request("The request body is not valid JSON.") from broken


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; anything else is a bad request."""
    body = json_body(request)
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body


def is_on(given: Mapping[str, str], name: str) -> bool:
    """A switch of the query; the same key in a body means nothing."""
    return given.get(name, "").lower() in ("true", "1")


def caller(given: Mapping[str, str]) -> Caller:
    """As whom the request books: `admin=true` belongs in the query, too."""
    return "admin" if is_on(given, "admin") else "client"


def cap(given: Mapping[str, str], default: int | None, ceiling: int | None) -> int | None:
    """How many rows an answer may have."""
    text = given.get("max", "")
    wanted = int(text) if text.isascii() and text.isdigit() and int(text) > 0 else default
    if ceiling is None or wanted is None:
        return wanted
    return min(wanted, ceiling)


def window(site: Site, given: Mapping[str, str], calendar: Calendar) -> tuple[int, int]:
    """`minDate` and `maxDate` as seconds, both days included."""
    where = site.settings.zone if site.quirks.day_zone == "account" else calendar.zone
    first = _midnight(given.get("minDate"), 0, where)
    last = _midnight(given.get("maxDate"), 1, where)
    return (_OPEN_START if first is None else first, _OPEN_END if last is None else last)


def _midnight(text: str | None, days_later: int, where: ZoneInfo) -> int | None:
    if not text:
        return None
    day = times.read_day(text)
    if day is None:
        raise bad_request("Dates must be given as YYYY-MM-DD.")
    return times.midnight(day + timedelta(days=days_later), where)
