"""Reading requests: JSON objects, list parameters, flags, and the two spellings of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.refusals import Refused

_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")
_TRUE = frozenset({True, "true", "1"})
_KEPT = frozenset({"importEventId"})


def json_object(request: Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body counts as an empty one."""
    if not request.body:
        return {}
    try:
        read = request.json()
    except ValueError as broken:
        raise Refused("the body is not JSON") from broken
    if not isinstance(read, dict):
        raise Refused("the body must be a JSON object")
    return read


def listed(request: Request, *names: str) -> list[str]:
    """Values of a list parameter, repeated, with brackets, or separated by commas."""
    wanted = {*names, *(f"{name}[]" for name in names)}
    values = [value for key, value in request.params() if key in wanted]
    return [part for value in values for part in value.split(",") if part]


def number(text: str | None) -> int:
    """A count in the query; absent and unreadable ones count as 0, as the vendor's do."""
    return int(text) if text and text.isascii() and text.isdigit() else 0


def audiences(given: Mapping[str, Any], default: frozenset[str]) -> frozenset[str]:
    """Whom the `has_notify_*` flags name; those that are not given follow the default."""
    chosen = set()
    for audience in ("customers", "resources"):
        flag = given.get(f"has_notify_{audience}")
        if (audience in default) if flag is None else is_true(flag):
            chosen.add(audience)
    return frozenset(chosen)


def is_true(flag: object) -> bool:
    """A flag from a body or a query."""
    return isinstance(flag, bool | int | str) and flag in _TRUE


def snake_keys(row: Any, quirks: Quirks) -> Any:
    """An imported row in snake_case; keys in a spelling that is not understood drop out."""
    match row:
        case dict():
            kept = ((_key(key, quirks), value) for key, value in row.items())
            return {key: snake_keys(value, quirks) for key, value in kept if key is not None}
        case list():
            return [snake_keys(value, quirks) for value in row]
        case _:
            return row


def _key(key: str, quirks: Quirks) -> str | None:
    if key in _KEPT:
        return key
    snake = _HUMP.sub(r"_\1", key).lower()
    is_camel = snake != key
    if quirks.import_keys == "snake" and is_camel:
        return None
    if quirks.import_keys == "camel" and "_" in key:
        return None
    return snake


def page(
    rows: list[dict[str, Any]], request: Request, envelope: str, largest: int = 10_000
) -> Response:
    """One page of a listing; `page` and `limit` count only when both are above 0."""
    given = dict(request.params())
    wanted, limit = number(given.get("page")), number(given.get("limit"))
    if not (wanted and limit):
        wanted, limit = 1, 10_000
    limit = min(limit, largest)
    shown = rows[(wanted - 1) * limit : wanted * limit]
    document: dict[str, Any] = {"data": shown}
    if envelope != "bare":
        document["total"] = len(rows)
    if envelope == "meta":
        document["meta"] = {
            "page": wanted,
            "limit": limit,
            "totalItems": len(rows),
            "totalPages": -(-len(rows) // limit),
        }
    return Response.of({**document, "status": 1})
