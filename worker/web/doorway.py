"""From a raw request to a call that may be handled: access, origin, form, CSRF token."""

from __future__ import annotations

import asyncio
import hmac
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
FORM = "application/x-www-form-urlencoded"

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
    """The fields of a form; a field that is given twice counts as its last value."""
    body = await _body(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not body or kind != FORM:
        return {}
    try:
        return dict(
            parse_qsl(
                body.decode(),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=MOST_FIELDS,
            )
        )
    except ValueError:
        raise Refusal(400, "The form cannot be read.") from None


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
