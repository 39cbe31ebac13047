"""`/feeds/{token}.ics`: a calendar for whoever has its address, as calendar apps expect one.

The token is the only key: there is no login, no form of the answer to choose, and parameters are
ignored, since some apps add their own. An unknown, a revoked and a malformed token are answered
alike, by the words for any address at which there is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from worker.domain.feed import NoSuchFeed
from worker.feeds.desk import FeedDesk, FeedEnded, Found
from worker.web.clients import client_app
from worker.web.counters import Counters
from worker.web.refusal import Refusal

PATH = "/feeds/{token}.ics"
NOTHING = "There is nothing at this address."
ENDED = "This calendar has ended. Remove it from your calendar app."
MOST_TAGS = 100
_KEPT = "private, no-cache, no-transform"  # asked for again each time, which costs next to nothing


class Subscriptions:
    """Hands out feeds. What is ready is answered on the loop; a thread looks into the store.

    An ASGI app of its own, without the layers around other handlers: most requests only learn that
    nothing has changed, and those layers would cost them more than the answer.
    """

    def __init__(self, desk: FeedDesk, counters: Counters) -> None:
        self._desk = desk
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """`GET` and `HEAD`. Raises Refusal."""
        headers = Headers(scope=scope)
        agent = headers.get("user-agent", "")
        try:
            found, answer = await self._answer(scope["path_params"]["token"], headers)
        except Refusal as refusal:
            self._counters.fed(agent, refusal.status)
            raise
        self._counters.fed(agent, answer.status_code)
        if scope["method"] == "GET":
            self._desk.fetched(found.feed, client_app(agent))
        await answer(scope, receive, send)

    async def _answer(self, token: str, headers: Headers) -> tuple[Found, Response | Unchanged]:
        try:
            found = self._desk.ready(token)
            if found is None:
                found = await run_in_threadpool(self._desk.look, token)
        except NoSuchFeed:
            raise Refusal(404, NOTHING) from None
        except FeedEnded:
            raise Refusal(410, ENDED) from None
        content, packing = found.content, takes_gzip(headers.get("accept-encoding", ""))
        form = "-gz" if packing else ""
        tag = f'"{content.etag}{form}"'
        if unchanged(headers, tag, content.modified_at):
            return found, _unchanged(tag, content.modified_at)
        named = _named(found.feed.name, tag, content.modified_at)
        if not packing:
            return found, _calendar(content.body, named)
        packed = content.packed.ready
        if packed is None:
            packed = await run_in_threadpool(content.packed.of, content.body)
        return found, _calendar(packed, {**named, "Content-Encoding": "gzip"})


class Unchanged:
    """304: only what keeps a client's copy (RFC 9110 15.4.5), ready to be sent again and again."""

    status_code = 304

    def __init__(self, headers: Mapping[str, str]) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._start = {"type": "http.response.start", "status": self.status_code, "headers": raw}

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Say so."""
        await send(self._start)
        await send({"type": "http.response.body", "body": b""})


@lru_cache(maxsize=1024)
def _unchanged(tag: str, modified_at: int) -> Unchanged:
    return Unchanged(_kept(tag, modified_at))


def _kept(tag: str, modified_at: int) -> dict[str, str]:
    """What an answer has, also where it only says that nothing changed."""
    return {
        "ETag": tag,
        "Last-Modified": formatdate(modified_at, usegmt=True),
        "Cache-Control": _KEPT,
        "Vary": "Accept-Encoding",
    }


@lru_cache(maxsize=1024)
def _named(name: str, tag: str, modified_at: int) -> Mapping[str, str]:
    """What an answer with the calendar has."""
    named = {"Content-Disposition": f'inline; filename="{name}.ics"'}
    return {**_kept(tag, modified_at), **named}


def _calendar(body: bytes, headers: Mapping[str, str]) -> Response:
    return Response(body, headers=dict(headers), media_type="text/calendar; charset=utf-8")


def unchanged(headers: Headers, etag: str, modified_at: int) -> bool:
    """Whether the client has it already (RFC 9110 13.2.2): a tag wins over a time.

    A weak tag names the same bytes as the strong one, for some proxies weaken what they pass on.
    """
    if (tags := headers.get("if-none-match")) is not None:
        known = (tag.strip().removeprefix("W/") for tag in tags.split(",", MOST_TAGS)[:MOST_TAGS])
        return any(tag in ("*", etag) for tag in known)
    since = _seconds(headers.get("if-modified-since", ""))
    return since is not None and modified_at <= since


def _seconds(text: str) -> float | None:
    """An HTTP date; None for what is none, and is to be ignored."""
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def takes_gzip(accepted: str) -> bool:
    """Whether gzip was asked for by name (RFC 9110 12.5.3); `*` is no wish for it."""
    for part in accepted.lower().split(",")[:20]:
        coding, _, rest = part.partition(";")
        if coding.strip() == "gzip":
            _, _, rank = rest.partition("q=")
            return _rank(rank) > 0
    return False


def _rank(text: str) -> float:
    try:
        return float(text) if text.strip() else 1.0
    except ValueError:
        return 0.0
