"""How an answer's JSON becomes rows, one bad row at a time: its neighbours are never lost.

The fast path decodes a whole page strictly. Where that fails, its text is taken apart at its
brackets, and every row is tried for itself: as it stands, then as far as it can be mended.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from worker.vendors import lenient
from worker.vendors.answers import Reply
from worker.vendors.base import Nonsense
from worker.vendors.bodies import TooLarge

MOST_ROWS = 100_000
MOST_VALUES = 500_000  # numbers, texts, lists and objects of one answer: each costs much memory
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)

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
    body = _json(reply)
    try:
        return msgspec.json.decode(body, type=model, strict=False)
    except _UNREADABLE:
        mended = lenient.mended(body)
    if mended is None:
        raise Nonsense(f"{reply.where} answered with broken JSON")
    try:
        return msgspec.json.decode(mended, type=model, strict=False)
    except _UNREADABLE as error:
        trouble = Nonsense(f"{reply.where} answered something unexpected: {_reason(error)}")
    raise trouble


def page(reply: Reply, model: type[T], key: str = "") -> Page[T]:
    """The answer's rows, each as a `model`; numbers and booleans may come as text.

    The rows are the member `key` of the answer, or the answer itself where `key` is empty or the
    answer is an array.
    Raises Nonsense where there is no array, two of them, or one of more than 100,000 rows.
    """
    body = _json(reply)
    raw, rest = _strict_rows(body, key) or _salvaged_rows(reply.where, body, key)
    if len(raw) > MOST_ROWS:
        raise TooLarge(f"{reply.where} answered with more than {MOST_ROWS} rows")
    found = rows_of(raw, model)
    return Page(found.rows, found.bad, rest)


def rows_of(raw: Iterable[bytes], model: type[T]) -> Page[T]:
    """Each piece of JSON as a `model`, the good ones apart from the bad.

    A row that had to be mended is kept as it was read; its `answer` is strict JSON.
    """
    decoder = msgspec.json.Decoder(model, strict=False)
    good: list[Row[T]] = []
    bad: list[BadRow] = []
    for answer in raw:
        try:
            good.append(Row(decoder.decode(answer), answer))
        except _UNREADABLE as error:
            row = _mended_row(answer, decoder, _reason(error))
            (good if isinstance(row, Row) else bad).append(row)  # type: ignore[arg-type]
    return Page(tuple(good), tuple(bad))


def bad_row(answer: bytes, reason: str) -> BadRow:
    """A row set aside for `reason`, with what can still be told of it."""
    fields: dict[str, Any] = {}
    for name, text in _members(answer):
        if text.startswith(("[", "{")):
            continue
        try:
            item = lenient.value(text)
        except ValueError:
            continue
        if isinstance(item, str | int | float):
            fields[name] = item
    return BadRow(reason, fields, answer)


def _mended_row(answer: bytes, decoder: msgspec.json.Decoder[T], reason: str) -> Row[T] | BadRow:
    mended = lenient.mended(answer)
    if mended is None:
        return bad_row(answer, reason)
    try:
        return Row(decoder.decode(mended), mended)
    except _UNREADABLE as error:
        return bad_row(mended, _reason(error))


def _members(answer: bytes) -> list[tuple[str, str]]:
    try:
        return lenient.members(answer.decode("utf-8", "replace"))
    except lenient.Broken:
        return []


def _strict_rows(body: bytes, key: str) -> tuple[list[bytes], dict[str, Any]] | None:
    """The rows as they stand in the answer; None where only a closer look can help."""
    try:
        if not key:
            return [bytes(raw) for raw in msgspec.json.decode(body, type=list[msgspec.Raw])], {}
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if _is_short(members, body):
            return None
        rows = members.pop(key, None)
        if rows is None:
            return None
        elements = msgspec.json.decode(rows, type=list[msgspec.Raw])
        return [bytes(raw) for raw in elements], {
            name: msgspec.json.decode(raw) for name, raw in members.items()
        }
    except _UNREADABLE:
        return None


def _is_short(members: Mapping[str, msgspec.Raw], body: bytes) -> bool:
    """Whether more is missing than blanks: of two members of one name, the first is lost."""
    told = sum(len(name) + len(memoryview(raw)) + 16 for name, raw in members.items())
    return len(body) > told + 64


def _salvaged_rows(where: str, body: bytes, key: str) -> tuple[list[bytes], dict[str, Any]]:
    text = body.decode("utf-8", "replace")
    rest: dict[str, Any] = {}
    try:
        if key and text.startswith("{"):
            text, rest = _list_and_rest(where, text, key)
        if not text.startswith("["):
            raise Nonsense(f"{where} answered without the list that was asked for")
        return [row.encode() for row in lenient.items(text)], rest
    except lenient.Broken:
        raise Nonsense(f"{where} answered with broken JSON") from None


def _list_and_rest(where: str, text: str, key: str) -> tuple[str, dict[str, Any]]:
    lists: list[str] = []
    rest: dict[str, Any] = {}
    for name, member in lenient.members(text):
        if name == key:
            lists.append(member)
            continue
        try:
            rest[name] = lenient.value(member)
        except (ValueError, RecursionError):
            continue  # nobody can have use for it
    if len(lists) > 1:
        raise Nonsense(f"{where} answered with two lists of one name")
    return (lists or [""])[0], rest


def _json(reply: Reply) -> bytes:
    body = reply.body.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        raise Nonsense(f"{reply.where} answered with nothing")
    if body.startswith(b"<"):
        raise Nonsense(f"{reply.where} answered with a web page instead of data")
    # Small answers cannot hold many values, and counting is quick: no bomb is unfolded here.
    if len(body) > MOST_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise TooLarge(f"{reply.where} answered with more than {MOST_VALUES} values")
    return body


# These messages of msgspec's quote what the vendor sent.
_QUOTING = re.compile(
    r"(Invalid enum value|Invalid value|Object contains unknown field) .*?(?= - at `\$[^`]*`\Z|\Z)",
    re.DOTALL,
)


def _reason(error: Exception) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case msgspec.ValidationError():
            return _QUOTING.sub(r"\1", str(error))  # now the field and the types, no value
        case _:
            return "it is no valid JSON"
