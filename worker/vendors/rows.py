"""How an answer's JSON becomes rows, one bad row at a time: its neighbours are never lost.

The fast path decodes a whole page strictly. Where that fails, the page is read leniently (`NaN`,
numbers of any length, lone surrogates, bytes that are no UTF-8) and every row is tried for itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from worker.vendors.base import Nonsense
from worker.vendors.http import Reply

MOST_ROWS = 100_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row(Generic[T]):
    """A row that could be read, and the JSON that it was read from."""

    value: T
    answer: bytes


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be read. `fields` holds its scalar members, for what they are worth."""

    reason: str
    fields: dict[str, Any]
    answer: bytes

    def text(self, name: str) -> str:
        """A member as an id would be written, or an empty string where there is no usable one."""
        value = self.fields.get(name)
        if isinstance(value, bool):
            return ""
        if isinstance(value, int):
            return str(value)
        return value if isinstance(value, str) and 0 < len(value) <= 300 else ""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The rows of one answer, in its order within each of the two tuples.

    `rest` holds the other members of the object around the rows: totals, links to other pages.
    """

    rows: tuple[Row[T], ...]
    bad: tuple[BadRow, ...]
    rest: Mapping[str, Any] = field(default_factory=dict)


def document(reply: Reply, model: type[T]) -> T:
    """The whole answer as one `model`. Raises Nonsense where it is something else."""
    try:
        return msgspec.json.decode(_json(reply), type=model, strict=False)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    try:
        return msgspec.convert(_lenient(reply), type=model, strict=False)
    except msgspec.ValidationError as error:
        raise Nonsense(f"{reply.where} answered something unexpected: {error}") from None


def page(reply: Reply, model: type[T], key: str = "") -> Page[T]:
    """The answer's rows, each as a `model`; numbers and booleans may come as text.

    The rows are the member `key` of the answer, or the answer itself where `key` is empty.
    Raises Nonsense where there is no array, or one of more than 100,000 rows.
    """
    raw, rest = _strict_rows(reply, key) or _lenient_rows(reply, key)
    if len(raw) > MOST_ROWS:
        raise Nonsense(f"{reply.where} answered with more than {MOST_ROWS} rows")
    found = rows_of(raw, model)
    return Page(found.rows, found.bad, rest)


def rows_of(raw: Iterable[bytes], model: type[T]) -> Page[T]:
    """Each piece of JSON as a `model`, the good ones apart from the bad."""
    decoder = msgspec.json.Decoder(model, strict=False)
    good: list[Row[T]] = []
    bad: list[BadRow] = []
    for answer in raw:
        try:
            good.append(Row(decoder.decode(answer), answer))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            bad.append(bad_row(answer, _reason(error)))
    return Page(tuple(good), tuple(bad))


def bad_row(answer: bytes, reason: str) -> BadRow:
    """A row set aside for `reason`, with what can still be told of it."""
    try:
        value = msgspec.json.decode(answer)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        value = None
    members = value.items() if isinstance(value, dict) else ()
    fields = {name: item for name, item in members if isinstance(item, str | int | float)}
    return BadRow(reason, fields, answer)


def _strict_rows(reply: Reply, key: str) -> tuple[list[bytes], dict[str, Any]] | None:
    """The rows as they stand in the answer; None where only leniency can help."""
    body = _json(reply)
    try:
        if not key:
            return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])], {}
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        rows = members.pop(key, None)
        if rows is None:
            return None
        elements = msgspec.json.decode(rows, type=list[msgspec.Raw])
        return [bytes(raw) for raw in elements], {
            name: msgspec.json.decode(raw) for name, raw in members.items()
        }
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _lenient_rows(reply: Reply, key: str) -> tuple[list[bytes], dict[str, Any]]:
    value = _lenient(reply)
    rest: dict[str, Any] = {}
    if key and isinstance(value, dict):
        rest = {name: item for name, item in value.items() if name != key}
        value = value.get(key)
    if not isinstance(value, list):
        raise Nonsense(f"{reply.where} answered without the list that was asked for")
    return [_encoded(row) for row in value], rest


def _json(reply: Reply) -> bytes:
    body = reply.body.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        raise Nonsense(f"{reply.where} answered with nothing")
    if body.startswith(b"<"):
        raise Nonsense(f"{reply.where} answered with a web page instead of data")
    return body


def _lenient(reply: Reply) -> Any:
    text = _json(reply).decode("utf-8", errors="replace")
    try:
        return _whole(json.loads(text, parse_constant=str, parse_int=_integer))
    except (ValueError, RecursionError):
        raise Nonsense(f"{reply.where} answered with broken JSON") from None


def _integer(digits: str) -> int | str:
    # No vendor has ids above 64 bits; longer ones stay text, which their fields then refuse.
    return int(digits) if len(digits) <= 19 else digits[:400]


def _whole(value: Any) -> Any:
    """The same value with lone surrogates replaced: half a character is no text anywhere else."""
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [_whole(item) for item in value]
        case dict():
            return {_whole(name): _whole(item) for name, item in value.items()}
        case _:
            return value


def _encoded(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _reason(error: Exception) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case msgspec.ValidationError():
            return str(error)  # names the field and the types, never the value
        case _:
            return "it is no valid JSON"
