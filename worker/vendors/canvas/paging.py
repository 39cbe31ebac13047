"""Canvas's paging: opaque addresses in a `Link` header, followed as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

from worker.vendors.answers import Reply
from worker.vendors.base import Nonsense, Rejected, Vanished
from worker.vendors.bodies import TooLarge
from worker.vendors.http import Outlet, Params
from worker.vendors.rows import Page, page

MOST_PAGES = 10_000
MOST_WITHOUT_NEWS = 20  # pages in a row that bring no row which was not seen before
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[^\s;,=<>]+\s*=\s*(?:\"[^\"]*\"|[^\s;,<>]*))*)")
_REL = re.compile(r"(?:^|;)\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,]*))", re.IGNORECASE)

T = TypeVar("T")


def pages(
    outlet: Outlet, path: str, params: Params, model: type[T], gaps: list[str]
) -> Iterator[tuple[Reply, Page[T]]]:
    """Each page of a list, with the answer that it came in.

    What keeps the walk from being whole is added to `gaps`. Raises VendorError; a list that does
    not exist is Nonsense, never an empty one.
    """
    where = f"GET {path}"
    try:
        reply = outlet.get(path, params)
    except (Vanished, Rejected) as error:
        raise Nonsense(f"{error}: is base_url the address of a Canvas site?") from error
    visited: set[str] = set()
    news = _News()
    for _ in range(MOST_PAGES):
        found = page(reply, model)
        yield reply, found
        link = _onward(reply, len(found.rows) + len(found.bad), params, gaps)
        if not link:
            return
        if link in visited or not news.brought_by(reply.body):
            gaps.append(f"{where}: the pages lead in a circle")
            return
        visited.add(link)
        turned = _followed(outlet, link, where, gaps)
        if turned is None:
            return
        reply = turned
    gaps.append(f"{where}: more than {MOST_PAGES} pages")


def links(header: str) -> list[tuple[str, str]]:
    """The (relation, address) pairs of a `Link` header; nothing for what cannot be read."""
    found: list[tuple[str, str]] = []
    for match in _LINK.finditer(header):
        rel = _REL.search(match.group(2))
        words = ((rel.group(1) or rel.group(2) or "") if rel else "").lower().split()
        if address := match.group(1).strip():
            found += [(word, address) for word in words]
    return found


class _News:
    """Tells pages that say something from an endless row of the same ones."""

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._stale = 0

    def brought_by(self, body: bytes) -> bool:
        digest = hash(body)
        self._stale = self._stale + 1 if digest in self._seen else 0
        self._seen.add(digest)
        return self._stale < MOST_WITHOUT_NEWS


def _onward(reply: Reply, rows: int, params: Params, gaps: list[str]) -> str:
    """The address of the next page, or nothing at the end of the list."""
    header = reply.headers.get("link", "")
    found = links(header)
    following = dict.fromkeys(address for rel, address in found if rel == "next")
    if len(following) > 1:
        gaps.append(f"{reply.where}: the Link header names two different next pages")
    if following:
        return _completed(_absolute(reply, next(iter(following))), params)
    if header and (not found or "next" in header.lower()):
        gaps.append(f"{reply.where}: the Link header cannot be read")
    elif not header and rows >= _asked(params):
        gaps.append(f"{reply.where}: a full page came without a Link header")
    elif _stops_short(found):
        gaps.append(f"{reply.where}: the list ended before its last page")
    return ""


def _absolute(reply: Reply, address: str) -> str:
    try:
        return urljoin(reply.path, address)
    except ValueError:
        return address


def _asked(params: Params) -> int:
    return int(dict(params).get("per_page", "10"))


def _stops_short(found: list[tuple[str, str]]) -> bool:
    """Whether there is a numbered last page behind this one, without a way there."""
    numbers = dict(found)
    here, last = _number(numbers.get("current")), _number(numbers.get("last"))
    return here is not None and last is not None and last > here


def _number(address: str | None) -> int | None:
    try:
        values = parse_qs(urlsplit(address or "").query).get("page", [])
    except ValueError:
        return None
    return int(values[0]) if values and values[0].isdecimal() and len(values[0]) < 10 else None


def _completed(address: str, params: Params) -> str:
    """The address with those of our parameters that it lost.

    Old sites forget them, and then page 2 is that of another list: one of scope `reservable`.
    """
    try:
        kept = {name for name, _ in parse_qsl(urlsplit(address).query, keep_blank_values=True)}
    except ValueError:
        return address
    lost = [(name, value) for name, value in params if name not in kept]
    if not lost:
        return address
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(lost)}"


def _followed(outlet: Outlet, link: str, where: str, gaps: list[str]) -> Reply | None:
    try:
        return outlet.follow(link)
    except (Vanished, Rejected):
        gaps.append(f"{where}: a page of the list is gone")
    except Nonsense as error:
        if isinstance(error, TooLarge):
            raise
        gaps.append(f"{where}: {error}")
    return None
