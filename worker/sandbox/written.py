"""What a write was about: the collection and id of the object, and the mark in its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from worker.sandbox.exchange import Request, Response

_MARK = re.compile(r"\[calsync[ :]([0-9a-f]{16,64})\]", re.IGNORECASE)
_ROOTS = frozenset({"api", "v1", ""})
_VERBS = frozenset({"import", "delete", "multiple", "reservation", "reservations", "confirm"})


@dataclass(frozen=True, slots=True)
class Written:
    """`object` as `unavailable_blocks/17`, `mark` the hex digits of a link id; either may be ""."""

    object: str = ""
    mark: str = ""


NOBODY = Written()


def mark_in(text: str) -> str:
    """The link id that a text carries, in lower case, or an empty string."""
    found = _MARK.search(text)
    return found[1].lower() if found else ""


def written(request: Request, answer: Response | None) -> Written:
    """Read what a write was about from its path, its body and the vendor's answer."""
    document = _document(answer)
    parts = [part for part in request.path.split("/") if part not in _ROOTS]
    own = parts[1] if len(parts) > 1 and parts[1] not in _VERBS else ""
    made = _made_id(document)
    name = own or made
    body = request.body.decode("utf-8", "replace")
    mark = mark_in(_plain(body)) or mark_in(
        json.dumps(document, ensure_ascii=False) if document else ""
    )
    return Written(f"{parts[0]}/{name}" if parts and name else "", mark)


def _plain(body: str) -> str:
    """A body as text: a form is percent-encoded, JSON has its own escapes only outside ASCII."""
    return body if body.lstrip().startswith(("{", "[")) else unquote_plus(body)


def _document(answer: Response | None) -> Any:
    if answer is None:
        return None
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _made_id(document: Any) -> str:
    if isinstance(document, dict) and isinstance(document.get("data"), dict):
        document = document["data"]
    found = document.get("id") if isinstance(document, dict) else None
    return "" if found is None else str(found)
