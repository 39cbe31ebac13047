"""From a raw request to a call that may be handled: access, origin, body, CSRF token."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from worker.web.access import Access, Session
from worker.web.call import Call
from worker.web.hosts import Hosts
from worker.web.refusal import Refusal

LARGEST_BODY = 16 * 1024
SLOWEST_BODY = 10.0  # seconds from head to end
MOST_FIELDS = 20
UNREADABLE = "The body cannot be read: a form or a JSON object is needed, with texts as values."

# What no store takes as text: control characters but for those of lines, and halves of letters.
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

Handler = Callable[[Call], Response]


class Who(StrEnum):
    """Whom a route serves."""

    ANYONE = "anyone"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Entry:
    """One method of one path. Whatever does not say otherwise is for admins."""

    method: str
    path: str
    handler: Handler
    who: Who = Who.ADMIN


class Doorway:
    """Lets requests in, or raises Refusal. `cookie` is the name of the session's cookie."""

    def __init__(self, access: Access, hosts: Hosts, cookie: str) -> None:
        self._access = access
        self._hosts = hosts
        self._cookie = cookie

    async def let_in(self, entry: Entry, request: Request) -> Call:
        """The call to handle."""
        address = request.client.host if request.client else ""
        authorization = request.headers.get("authorization")
        session = None
        if entry.who is Who.ADMIN:
            cookie = request.cookies.get(self._cookie, "")
            session = self._access.admitted(address, authorization, cookie)
        form: Mapping[str, str] = {}
        if entry.method == "POST":
            if authorization is None or entry.who is Who.ANYONE:
                self._check_origin(request)
            form = await _form(request)
            if session:
                _check_csrf(session, form.get("csrf") or request.headers.get("x-csrf-token", ""))
        return Call(
            path=request.url.path,
            address=address,
            params=request.path_params,
            query=request.query_params,
            headers=request.headers,
            form=form,
            session=session,
        )

    def _check_origin(self, request: Request) -> None:
        origin = request.headers.get("origin")
        if origin is not None and not self._hosts.same_origin(origin):
            raise Refusal(403, "Changes are taken from this server's own pages only.")


def _check_csrf(session: Session, token: str) -> None:
    if not hmac.compare_digest(token.encode(), session.csrf.encode()):
        raise Refusal(403, "The page was too old, or not ours. Open it again and repeat the step.")


async def _form(request: Request) -> Mapping[str, str]:
    """The fields of a body; one that is given twice counts as its last value."""
    body = await _body(request)
    if not body:
        return {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        match kind:
            case "application/x-www-form-urlencoded":
                return _plain(_pairs(body))
            case "application/json":
                return _plain(_members(body))
    except (ValueError, RecursionError):
        raise Refusal(400, UNREADABLE) from None
    raise Refusal(415, "A body is taken as a form or as JSON.")


def _pairs(body: bytes) -> Mapping[str, object]:
    pairs = parse_qsl(
        body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS
    )
    return dict(pairs)


def _members(body: bytes) -> Mapping[str, object]:
    """Of a JSON object; null is as good as nothing."""
    read = json.loads(body.decode())
    if not isinstance(read, dict) or len(read) > MOST_FIELDS:
        raise ValueError("no object, or a large one")
    return {name: value for name, value in read.items() if value is not None}


def _plain(fields: Mapping[str, object]) -> Mapping[str, str]:
    """Fields that are text which can be kept and shown. Raises ValueError."""
    plain = {}
    for name, value in fields.items():
        if not isinstance(value, str) or _UNFIT.search(name) or _UNFIT.search(value):
            raise ValueError("no text")
        plain[name] = value
    return plain


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(SLOWEST_BODY):
            async for piece in request.stream():
                body += piece
                if len(body) > LARGEST_BODY:
                    raise Refusal(413, "That is more than any form of this server.")
    except TimeoutError:
        raise Refusal(408, "The request took too long to arrive.") from None
    except ClientDisconnect:
        raise Refusal(400, "The request broke off.") from None
    return bytes(body)
