"""How Canvas reads a request: bracketed form keys, multipart or JSON, loose booleans, times."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from worker.sandbox.exchange import Request

TRUE_WORDS = frozenset({"true", "t", "yes", "y", "on", "1"})
DATE_ONLY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
KEY = re.compile(r"([^\[\]]+)|\[([^\[\]]*)\]")


def read_params(request: Request) -> dict[str, Any]:
    """Merge query and body into nested dicts and lists; raises ValueError on a broken body."""
    pairs = request.params()
    kind = request.headers.get("content-type", "")
    if request.body and kind.startswith("application/json"):
        document = json.loads(request.body)
        if not isinstance(document, dict):
            raise ValueError("the body is not an object")
        return {**nest(pairs), **document}
    if request.body and kind.startswith("multipart/form-data"):
        return nest([*pairs, *_multipart(kind, request.body)])
    if request.body:
        return nest([*pairs, *parse_qsl(request.body.decode(), keep_blank_values=True)])
    return nest(pairs)


def _multipart(kind: str, body: bytes) -> list[tuple[str, str]]:
    head = f"Content-Type: {kind}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise ValueError("the multipart body has no parts")
    fields = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            fields.append((name, payload.decode()))
    return fields


def nest(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Turn `a[b][]=1` into `{"a": {"b": ["1"]}}`."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        steps = [plain or bracketed for plain, bracketed in KEY.findall(key)]
        if steps:
            _insert(tree, steps, value)
    return tree


def _insert(node: dict[str, Any], steps: list[str], value: str) -> None:
    for position, step in enumerate(steps[:-1]):
        if steps[position + 1] == "":
            found = node.setdefault(step, [])
            if isinstance(found, list):
                found.append(value)
            return
        found = node.setdefault(step, {})
        if not isinstance(found, dict):
            return
        node = found
    node[steps[-1]] = value


def texts(value: Any) -> list[str]:
    """Read an array parameter; a single text counts as one entry, anything else as none."""
    match value:
        case str():
            return [value]
        case list():
            return [str(entry) for entry in value]
        case _:
            return []


def truthy(value: Any) -> bool:
    """Read a boolean the way Canvas reads most of them."""
    return str(value).lower() in TRUE_WORDS


def whole(value: Any) -> int | None:
    """Read a whole number; None for a blank or for something else."""
    try:
        return int(str(value))
    except ValueError:
        return None


def instant(value: Any, zone: str) -> int | None:
    """Read an ISO time to epoch seconds, one without an offset in `zone`; None if it is none."""
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp())


def bound(value: str, zone: str, *, edge: time) -> int:
    """Read a bound of a window: a bare date means `edge` of that day in the user's zone.

    Raises ValueError on anything but a date or a time.
    """
    if DATE_ONLY.match(value):
        day = date.fromisoformat(value)
        return int(datetime.combine(day, edge, ZoneInfo(zone)).timestamp())
    moment = instant(value, zone)
    if moment is None:
        raise ValueError(value)
    return moment


def today(now: int, zone: str) -> tuple[int, int]:
    """Return the first and last second of the current day in a zone."""
    day = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
    first = datetime.combine(day, time(), ZoneInfo(zone))
    after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return int(first.timestamp()), int(after.timestamp()) - 1


def stamp(seconds: int | None) -> str | None:
    """Write an instant as Canvas does: UTC, whole seconds, `Z`."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
