"""Before any route: which requests are answered at all, and the headers of every answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from worker.web.answers import refused
from worker.web.hosts import Hosts
from worker.web.refusal import Refusal

LONGEST_PATH = 1024
LONGEST_QUERY = 4096
METHODS = frozenset({"GET", "HEAD", "POST"})

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Our own forms are told apart from foreign ones by Origin, which `no-referrer` would hide.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NO_STORE = "no-store"
_ARMOUR = tuple(  # encoded once: every answer gets them
    (name.lower().encode("ascii"), value.encode("ascii"))
    for name, value in {**HEADERS, "Cache-Control": NO_STORE}.items()
)

_PATH = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(rb"(?:[!-$&-~]|%[0-9A-Fa-f]{2})*")
_ABSOLUTE = re.compile(rb"https?://([^/]*)(.*)", re.IGNORECASE)
_SMUGGLED = re.compile(rb"%(?:2f|5c|00|0a|0d|25|2e)", re.IGNORECASE)


class Guard:
    """Wraps the routes; `prefix` is the path of `public_url`, which a proxy may leave in place."""

    def __init__(self, app: ASGIApp, hosts: Hosts, prefix: str) -> None:
        self._app = app
        self._hosts = hosts
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            return
        armed = _armed(send)
        try:
            path = self._checked(scope)
        except Refusal as refusal:
            answer = refused(refusal, Headers(scope=scope), self._prefix)
            await answer(scope, receive, armed)
            return
        await self._app({**scope, "path": path}, receive, armed)

    def _checked(self, scope: Scope) -> str:
        if scope["method"] not in METHODS:
            raise Refusal(405, "This method is not served here.", {"Allow": "GET, HEAD, POST"})
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        if len(raw) > LONGEST_PATH or len(query) > LONGEST_QUERY:
            raise Refusal(414, "The address is too long.")
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if absolute := _ABSOLUTE.fullmatch(raw):
            hosts, raw = [*hosts[1:], absolute[1]], absolute[2] or b"/"
        self._check_host(hosts)
        path = _decoded(raw)
        if not _QUERY.fullmatch(query):
            raise Refusal(400, "The address has characters that must be percent-encoded.")
        return path.removeprefix(self._prefix) or "/" if self._within(path) else path

    def _within(self, path: str) -> bool:
        return path == self._prefix or path.startswith(f"{self._prefix}/")

    def _check_host(self, hosts: Sequence[bytes]) -> None:
        if len(hosts) != 1:
            raise Refusal(400, "A request needs exactly one Host header.")
        try:
            known = self._hosts.known(hosts[0].decode("ascii"))
        except ValueError:
            raise Refusal(400, "The Host header is not a host.") from None
        if not known:
            raise Refusal(
                421,
                "This server does not answer to that name. Set public_url under [server] to the "
                "address that people use.",
            )


def _decoded(raw: bytes) -> str:
    if not _PATH.fullmatch(raw) or _SMUGGLED.search(raw) or b"//" in raw:
        raise Refusal(400, "The address is not one of this server's.")
    segments = raw.split(b"/")
    if b"." in segments or b".." in segments:
        raise Refusal(400, "The address is not one of this server's.")
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "The address is not valid UTF-8.") from None


def _armed(send: Send) -> Send:
    """Add the headers that every answer has, unless the route has said otherwise.

    An answer without content (304) says only that the former one, with its headers, still holds.
    """

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] != 304:
            said = [*message["headers"]]
            names = {name.lower() for name, _ in said}
            said += (pair for pair in _ARMOUR if pair[0] not in names)
            message = {**message, "headers": said}
        await send(message)

    return sending
