"""Pages of a list and the `Link` header that leads from one to the next."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from worker.sandbox.canvas.errors import not_found
from worker.sandbox.canvas.params import whole
from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.exchange import Request

Row = TypeVar("Row")
DEFAULT_PER_PAGE = 10
MOST_PER_PAGE = 100
HEADER_CAP = 6 * 1024
ORDER = ("current", "next", "prev", "first", "last")
PRIORITY = ("next", "last", "prev", "current", "first")
DROPPED = frozenset({"page", "per_page", "access_token", "api_key"})


def paginate(
    request: Request,
    rows: Sequence[Row],
    sort_key: Callable[[Row], tuple[Any, ...]],
    quirks: Quirks,
) -> tuple[Sequence[Row], tuple[str, str]]:
    """Cut the asked page out of sorted rows; returns it with its `Link` header."""
    asked = dict(request.params())
    per_page = _per_page(asked.get("per_page"))
    if quirks.paging == "bookmark":
        page, relations = _bookmarked(rows, sort_key, asked.get("page", "first"), per_page)
    else:
        page, relations = _numbered(rows, asked.get("page", "1"), per_page)
    if not quirks.link_last:
        relations.pop("last", None)
    links = {rel: _address(request, quirks, token, per_page) for rel, token in relations.items()}
    return page, ("Link", _header(links))


def _per_page(asked: str | None) -> int:
    """Clamp silently, as Canvas does."""
    number = whole(asked) if asked else None
    return DEFAULT_PER_PAGE if number is None else min(max(number, 1), MOST_PER_PAGE)


def _numbered(
    rows: Sequence[Row], asked: str, per_page: int
) -> tuple[Sequence[Row], dict[str, str]]:
    number = whole(asked)
    if number is None or number < 1:
        raise not_found()
    last = max(1, -(-len(rows) // per_page))
    relations = {"current": str(number), "first": "1", "last": str(last)}
    if number < last:
        relations["next"] = str(number + 1)
    if number > 1:
        relations["prev"] = str(number - 1)
    return rows[(number - 1) * per_page : number * per_page], relations


def _bookmarked(
    rows: Sequence[Row],
    sort_key: Callable[[Row], tuple[Any, ...]],
    asked: str,
    per_page: int,
) -> tuple[Sequence[Row], dict[str, str]]:
    """Go on after the row that a bookmark names; a page number just means the first page."""
    after = _read_bookmark(asked)
    left = [row for row in rows if after is None or sort_key(row) > after]
    page = left[:per_page]
    relations = {"current": asked if after else "first", "first": "first"}
    if len(left) > per_page:
        relations["next"] = _write_bookmark(sort_key(page[-1]))
    return page, relations


def _write_bookmark(key: tuple[Any, ...]) -> str:
    return "bookmark:" + base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _read_bookmark(token: str) -> tuple[Any, ...] | None:
    if not token.startswith("bookmark:"):
        return None
    text = token.removeprefix("bookmark:")
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        raise not_found() from None
    return tuple(key)


def _address(request: Request, quirks: Quirks, page: str, per_page: int) -> str:
    """Build an address; `scope` stands in it twice, once in the base and once as an echo."""
    echoed = [(key, value) for key, value in request.params() if key not in DROPPED]
    scope = [(key, value) for key, value in echoed if key == "scope"]
    pairs = [*scope, *sorted(echoed)] if quirks.link_keeps_params else []
    query = urlencode([*pairs, ("page", page), ("per_page", str(per_page))], safe=":")
    return f"{request.base}{request.path}?{query}"


def _header(links: dict[str, str]) -> str:
    """Join the relations without a space, dropping the least wanted ones above the cap."""
    kept: set[str] = set()
    size = 0
    for rel in PRIORITY:
        if rel in links and size + len(links[rel]) + 20 <= HEADER_CAP:
            kept.add(rel)
            size += len(links[rel]) + 20
    return ",".join(f'<{links[rel]}>; rel="{rel}"' for rel in ORDER if rel in kept)
