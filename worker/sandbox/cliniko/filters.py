"""The `q[]` language: `field:operator value`, with operators that depend on the field's type."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from worker.sandbox.cliniko.errors import bad_request
from worker.sandbox.cliniko.times import instant

FieldType = Literal["datetime", "date", "number", "string", "boolean", "array"]
# Longest first, so that `>=` is not read as `>`. A date-time knows no `=`.
OPERATORS: Mapping[FieldType, tuple[str, ...]] = {
    "datetime": (">=", "<=", "!?", ">", "<", "?", "*"),
    "date": (">=", "<=", "!?", "=", ">", "<", "?"),
    "number": (">=", "<=", "!=", "!?", "=", ">", "<", "?"),
    "string": ("!=", "!?", "~~", "=", "~", "?"),
    "boolean": ("!=", "="),
    "array": ("~",),
}
BARE = frozenset({"?", "!?", "*"})
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class Field:
    """A column that can be filtered: its type, and how to read it off a row."""

    type: FieldType
    read: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """One `q[]`, ready to be asked of rows."""

    field: str
    holds: Callable[[Any], bool]


def parse(texts: Iterable[str], fields: Mapping[str, Field]) -> list[Condition]:
    """Read conditions; anything that Cliniko would not understand is refused with 400."""
    return [_condition(text, fields) for text in texts]


def _condition(text: str, fields: Mapping[str, Field]) -> Condition:
    name, colon, rest = text.partition(":")
    field = fields.get(name)
    if field is None or not colon:
        raise bad_request(f"{name} is not filterable")
    sign = next((sign for sign in OPERATORS[field.type] if rest.startswith(sign)), None)
    value = rest.removeprefix(sign or "")
    if sign is None or (sign in BARE and value):
        raise bad_request(f"Filter operator for {name} is not supported")
    test = _bare(sign) if sign in BARE else _test(name, field.type, sign, value)
    return Condition(name, lambda row: test(field.read(row)))


def _bare(sign: str) -> Callable[[Any], bool]:
    match sign:
        case "?":
            return lambda found: found is not None
        case "!?":
            return lambda found: found is None
        case _:
            return lambda _found: True


def _test(name: str, kind: FieldType, sign: str, value: str) -> Callable[[Any], bool]:
    match kind:
        case "datetime":
            return _ordered(sign, _moment(name, value))
        case "date":
            return _dated(name, sign, value)
        case "number":
            return _numbered(name, sign, value)
        case "string":
            return _written(sign, value)
        case "boolean":
            return _truth(name, sign, value)
        case "array":
            wanted = set(value.split(","))
            return lambda found: bool(wanted & set(found))


def _ordered(sign: str, bound: Any) -> Callable[[Any], bool]:
    return lambda found: found is not None and ORDER[sign](found, bound)


def _moment(name: str, value: str) -> int:
    try:
        return instant(value)
    except ValueError:
        raise bad_request(f"Filter value for {name} must be a datetime") from None


def _dated(name: str, sign: str, value: str) -> Callable[[Any], bool]:
    """Compare dates as text; an asterisk stands for any digit where equality is asked."""
    if not re.fullmatch(r"[\d*]{4}-[\d*]{2}-[\d*]{2}", value):
        raise bad_request(f"Filter value for {name} must be a date")
    if sign == "=":
        pattern = re.compile(value.replace("*", r"\d"))
        return lambda found: found is not None and pattern.fullmatch(found) is not None
    return _ordered(sign, value)


def _numbered(name: str, sign: str, value: str) -> Callable[[Any], bool]:
    parts = value.split(",") if sign == "=" else [value]
    if not all(re.fullmatch(r"-?\d+", part) for part in parts):
        raise bad_request(f"Filter value for {name} must be a number")
    numbers = [int(part) for part in parts]
    if sign == "=":
        return lambda found: found is not None and int(found) in numbers
    if sign == "!=":
        return lambda found: found is not None and int(found) != numbers[0]
    return lambda found: found is not None and ORDER[sign](int(found), numbers[0])


def _written(sign: str, value: str) -> Callable[[Any], bool]:
    match sign:
        case "=":
            return lambda found: bool(found == value)
        case "!=":
            return lambda found: found is not None and found != value
        case "~":
            return lambda found: found is not None and value.casefold() in found.casefold()
        case _:
            parts = (re.escape(part) for part in value.split("%"))
            pattern = re.compile(".*".join(parts), re.IGNORECASE | re.DOTALL)
            return lambda found: found is not None and pattern.fullmatch(found) is not None


def _truth(name: str, sign: str, value: str) -> Callable[[Any], bool]:
    if value not in ("true", "false"):
        raise bad_request(f"Filter value for {name} must be a boolean")
    wanted = (value == "true") == (sign == "=")
    return lambda found: bool(found) is wanted
