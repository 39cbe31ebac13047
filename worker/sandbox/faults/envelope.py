"""The parts of a vendor's JSON answer that faults work on, found without knowing the vendor."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode

from worker.sandbox.exchange import Request, Response

Row = dict[str, Any]

_NOT_ROWS = frozenset({"links", "meta", "errors"})
_PAGE_LINK = re.compile(r'<([^>]*)>; *rel="next"')
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_TOKEN = re.compile(rb'"@raw:(\d+)@"')


class Page:
    """A successful JSON answer, open for changes; `rows` is None unless it is a list."""

    def __init__(self, response: Response, document: Any) -> None:
        self._response = response
        self._raw: list[bytes] = []
        self.document = document
        self.rows = _rows(document)

    @classmethod
    def read(cls, response: Response) -> Page | None:
        """None unless the answer is a success with a JSON body."""
        if not 200 <= response.status < 300:
            return None
        try:
            return cls(response, json.loads(response.body))
        except ValueError:
            return None

    @classmethod
    def listing(cls, response: Response) -> Page | None:
        """None unless the answer is a list of rows, possibly empty."""
        page = cls.read(response)
        return page if page is not None and page.rows is not None else None

    def raw(self, text: bytes) -> str:
        """A value that appears in the body exactly as `text`, be it JSON or not."""
        self._raw.append(text)
        return f"@raw:{len(self._raw) - 1}@"

    def with_rows(self, rows: Iterable[Row]) -> Response:
        """The answer with these rows in place of its own."""
        if self.rows is not None:
            self.rows[:] = list(rows)
        return self.answer()

    def answer(self) -> Response:
        """The answer with the document as it is now."""
        text = json.dumps(self.document, separators=(",", ":")).encode()
        body = _TOKEN.sub(lambda found: self._raw[int(found[1])], text)
        return replace(self._response, body=body)

    def targets(self) -> list[Row]:
        """The rows, or the one object, that row faults may change; nested rows come after."""
        found = self.rows
        if found is None and isinstance(self.document, dict):
            inner = self.document.get("data")
            found = [inner if isinstance(inner, dict) else self.document]
        outer = list(found or [])
        return outer + [nested for row in outer for nested in _nested(row)]


def _rows(document: Any) -> list[Row] | None:
    if isinstance(document, list):
        return document if all(isinstance(row, dict) for row in document) else None
    if not isinstance(document, dict) or "id" in document:
        return None
    for key, value in document.items():
        if key in _NOT_ROWS or not isinstance(value, list):
            continue
        if all(isinstance(row, dict) for row in value):
            return value
    return None


def _nested(row: Row) -> list[Row]:
    found: list[Row] = []
    for key, value in row.items():
        if key not in _NOT_ROWS and isinstance(value, list):
            found += [inner for inner in value if isinstance(inner, dict) and "id" in inner]
    return found


def pick(random: Random, page: Page) -> Row | None:
    """One row to spoil: half of the time an outer one."""
    targets = page.targets()
    if not targets:
        return None
    outer = len(page.rows) if page.rows else 1
    return random.choice(targets[:outer] if random.random() < 0.5 else targets)


def instants(row: Row) -> list[str]:
    """The keys of a row whose value looks like a date with a time."""
    return [key for key, value in row.items() if isinstance(value, str) and _INSTANT.match(value)]


def page_number(request: Request) -> int:
    """Which page is asked for, 1 being the first; an opaque mark counts as 2."""
    page = dict(request.params()).get("page", "1")
    return int(page) if page.isdecimal() else 2


def with_query(request: Request, **values: str) -> Request:
    """The request with these parameters in place of those of the same name."""
    kept = [(name, value) for name, value in request.params() if name not in values]
    return replace(request, query=urlencode([*kept, *values.items()]))


def without(request: Request, names: frozenset[str]) -> Request | None:
    """The request without these parameters; None if it has none of them."""
    parameters = parse_qsl(request.query, keep_blank_values=True)
    kept = [(name, value) for name, value in parameters if name not in names]
    if len(kept) == len(parameters):
        return None
    return replace(request, query=urlencode(kept))


def next_link(response: Response) -> str | None:
    """The address of the next page, from the `Link` header or the body's `links`."""
    for name, value in response.headers:
        if name.lower() == "link" and (found := _PAGE_LINK.search(value)):
            return found[1]
    page = Page.listing(response)
    links = page.document.get("links") if page and isinstance(page.document, dict) else None
    return links.get("next") if isinstance(links, dict) else None


def with_next(response: Response, address: str | None) -> Response | None:
    """The answer with its next link set or, for None, taken away; None if it knows no such link."""
    for index, (name, value) in enumerate(response.headers):
        if name.lower() == "link":
            link = _relinked(value, address)
            headers = [*response.headers[:index], (name, link), *response.headers[index + 1 :]]
            return replace(response, headers=tuple(headers))
    page = Page.listing(response)
    if page is None or not isinstance(page.document, dict):
        return None
    links = page.document.get("links")
    if not isinstance(links, dict):
        return None
    links.pop("next", None)
    if address is not None:
        links["next"] = address
    return page.answer()


def _relinked(value: str, address: str | None) -> str:
    kept = [part for part in re.split(r",(?=<)", value) if not _PAGE_LINK.search(part)]
    if address is not None:
        kept.insert(1, f'<{address}>; rel="next"')
    return ",".join(kept)
