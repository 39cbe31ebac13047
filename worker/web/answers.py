"""What is sent back: documents, pages, other places to go, and refusals in the asker's form."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from worker.publish.pages import door
from worker.web.call import JSON, reads_pages
from worker.web.refusal import Refusal


def document(content: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON document; what JSON does not know (NaN) is an error of ours, not of the reader."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Response(text.encode(), status, media_type=JSON)


def page(html: str, status: int = 200) -> Response:
    """A page; whether it or its document is sent depends on `Accept`."""
    return HTMLResponse(html, status, headers={"Vary": "Accept, Cookie"})


def sent_on(location: str) -> Response:
    """To another page, by GET. `location` is a path of ours."""
    return Response(status_code=303, headers={"Location": location})


def refused(refusal: Refusal, headers: Headers, prefix: str, asked: str = "") -> Response:
    """The refusal as a page for people and as JSON for programs; 401 offers the login.

    `asked` is where a person goes on after logging in.
    """
    if not reads_pages(headers):
        answer = document({"error": refusal.message}, refusal.status)
    elif refusal.status == 401:
        answer = page(door.login(prefix, asked=asked), refusal.status)
    else:
        answer = page(door.refusal(prefix, refusal.status, refusal.message), refusal.status)
    answer.headers.update(refusal.headers)
    return answer
