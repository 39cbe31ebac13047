"""Bodies of writes, JSON or form, that faults take words, times or rows out of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from worker.sandbox.exchange import Request, Response
from worker.sandbox.faults.row_fault import ENDS, STARTS
from worker.sandbox.written import mark_in

TEXTS = frozenset({"title", "notes", "description", "subject", "name", "comments", "cancel_reason"})
TIMES = frozenset({*STARTS, *ENDS, "new_appointments", "duration", "timezone"})
_FORM_NAME = re.compile(r"[^\[\]]+")


def without(request: Request, names: frozenset[str]) -> Request | None:
    """The request with no field of these names at any depth; None if it has none."""
    if is_json(request):
        document = request.json()
        kept = _pruned(document, names)
        return None if kept == document else _with(request, kept)
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    left = [pair for pair in pairs if not names & set(_FORM_NAME.findall(pair[0]))]
    if len(left) == len(pairs):
        return None
    return replace(request, body=urlencode(left).encode())


def without_rows(request: Request) -> Request | None:
    """A batch with the second half of its rows taken out; None if it is no batch of two."""
    if not is_json(request):
        return _without_slots(request)
    document = request.json()
    lists = document.values() if isinstance(document, dict) else ()
    batch = next((one for one in lists if isinstance(one, list) and len(one) > 1), None)
    if batch is None:
        return None
    del batch[(len(batch) + 1) // 2 :]
    return _with(request, document)


def is_json(request: Request) -> bool:
    """Whether the body is JSON."""
    try:
        request.json()
    except ValueError:
        return False
    return True


def same_wish(request: Request) -> str:
    """What makes two requests the same wish: the mark in the body, else the whole body."""
    text = request.body.decode("utf-8", "replace")
    plain = text if is_json(request) else " ".join(value for _, value in parse_qsl(text))
    return f"{request.method} {request.path} {mark_in(plain) or text}"


def other_id(response: Response) -> tuple[str, str, Response] | None:
    """An answer about an object under an id that is not its own: its id, the other, the answer."""
    try:
        document = json.loads(response.body)
    except ValueError:
        return None
    row = document.get("data", document) if isinstance(document, dict) else None
    if not isinstance(row, dict) or row.get("id") in (None, ""):
        return None
    own = row["id"]
    text = str(own)
    other = text[:-1] + ("7" if text[-1] != "7" else "3")
    row["id"] = int(other) if isinstance(own, int) else other
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return text, other, replace(response, body=body)


def _pruned(value: Any, names: frozenset[str]) -> Any:
    match value:
        case dict():
            return {key: _pruned(one, names) for key, one in value.items() if key not in names}
        case list():
            return [_pruned(one, names) for one in value]
    return value


def _with(request: Request, document: Any) -> Request:
    return replace(request, body=json.dumps(document).encode())


def _without_slots(request: Request) -> Request | None:
    """Canvas writes the slots of a batch as `…[new_appointments][X][]`."""
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    number: Callable[[str], str] = lambda name: (_FORM_NAME.findall(name) or [""])[-1]  # noqa: E731
    slots = list(dict.fromkeys(number(name) for name, _ in pairs if "[new_appointments]" in name))
    if len(slots) < 2:
        return None
    dropped = set(slots[(len(slots) + 1) // 2 :])
    left = [
        (name, value)
        for name, value in pairs
        if "[new_appointments]" not in name or number(name) not in dropped
    ]
    return replace(request, body=urlencode(left).encode())
