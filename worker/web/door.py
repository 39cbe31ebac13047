"""Logging in and out, and the files that pages refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.responses import Response

from worker.publish.pages import door
from worker.publish.pages.template import ASSETS
from worker.web.access import SESSION_LASTS, UNSET, Access
from worker.web.answers import page, sent_on
from worker.web.call import Call
from worker.web.filters import nothing
from worker.web.framing import frame
from worker.web.refusal import Refusal

_PLACE = re.compile(r"/(?:[a-z0-9._-]+/)*[a-z0-9._-]*(?:\?[A-Za-z0-9._~&=%+:-]*)?")


@dataclass(frozen=True, slots=True)
class Cookie:
    """The session's cookie. `secure`: browsers send it over https only."""

    name: str
    secure: bool

    @classmethod
    def under(cls, public_url: str) -> Cookie:
        """The cookie for a server that people reach at `public_url` (empty: not told)."""
        if public_url.startswith("https://"):
            # The prefix keeps other hosts of the domain from planting one.
            return cls("__Host-calsync", secure=True)
        return cls("calsync_session", secure=False)


class Door:
    """Trades the token for a cookie, and ends sessions."""

    def __init__(self, access: Access, cookie: Cookie, prefix: str) -> None:
        self._access = access
        self._cookie = cookie
        self._prefix = prefix

    def login_page(self, call: Call) -> Response:
        """`GET /login`."""
        if self._access.closed:
            raise Refusal(403, UNSET)
        nothing(call.query)
        return page(door.login(self._prefix))

    def login(self, call: Call) -> Response:
        """`POST /login` with the token, and where to go next."""
        asked = place(call.form.get("next", ""))
        try:
            name, _session = self._access.log_in(call.address, call.form.get("token", ""))
        except Refusal as refusal:
            if refusal.status == 403 or not call.from_a_page:
                raise
            answer = page(
                door.login(self._prefix, asked=asked, trouble=refusal.message), refusal.status
            )
            answer.headers.update(refusal.headers)
            return answer
        answer = sent_on(f"{self._prefix}{asked or '/'}")
        answer.set_cookie(
            self._cookie.name,
            name,
            max_age=int(SESSION_LASTS),
            path="/",
            secure=self._cookie.secure,
            httponly=True,
            samesite="strict",
        )
        return answer

    def logout_page(self, call: Call) -> Response:
        """`GET /logout`: a button, since leaving is a change."""
        return page(door.logout(frame(call, self._prefix)))

    def logout(self, call: Call) -> Response:
        """`POST /logout`."""
        if call.session:
            self._access.log_out(call.session)
        answer = sent_on(f"{self._prefix}/login")
        answer.delete_cookie(
            self._cookie.name,
            path="/",
            secure=self._cookie.secure,
            httponly=True,
            samesite="strict",
        )
        return answer


def asset(call: Call) -> Response:
    """A style sheet or picture; kept for ever by those who ask for the version that it is."""
    found = ASSETS.get(call.params["name"])
    if found is None:
        raise Refusal(404, "There is no such file.")
    version = call.query.get("v")
    kept = "public, max-age=31536000, immutable" if version == found.digest else "no-cache"
    headers = {"Cache-Control": kept, "ETag": f'"{found.digest}"'}
    if call.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.type, headers=headers)


def place(text: str) -> str:
    """A page of ours to go on to, or empty: never another site's."""
    if len(text) > 1000 or not _PLACE.fullmatch(text) or text.startswith(("/login", "/logout")):
        return ""
    return text
