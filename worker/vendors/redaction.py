"""How a vendor's answer is made fit to be kept: by a list of what may stay, not of what must go."""

from __future__ import annotations

import json
import math
from collections.abc import Set
from typing import Any

from worker.vendors import lenient

DEEPEST = 64
LARGEST = 1 << 20  # bytes
HIDDEN = "[redacted]"


def redacted(answer: bytes, keep: Set[str]) -> bytes:
    """The same JSON with every text and number hidden that does not stand under a name in `keep`.

    Nulls and booleans stay: they say nothing about a person that the name alone does not.
    What is no JSON, nested deeper than 64 levels or larger than 1 MiB is hidden as a whole.
    """
    try:
        shown = _shown(_read(answer), keep, False, DEEPEST)
    except (ValueError, RecursionError):
        shown = HIDDEN
    return json.dumps(shown, ensure_ascii=True, separators=(",", ":")).encode()


def _read(answer: bytes) -> Any:
    if len(answer) > LARGEST:
        raise ValueError
    return lenient.whole(json.loads(answer, parse_constant=str, parse_float=_number))


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits  # JSON has no word for the infinite


def _shown(value: Any, keep: Set[str], kept: bool, depth: int) -> Any:
    if depth == 0:
        raise RecursionError
    match value:
        case dict():
            return {
                _name(name): _shown(item, keep, name in keep, depth - 1)
                for name, item in value.items()
            }
        case list():
            return [_shown(item, keep, kept, depth - 1) for item in value]
        case None | bool():
            return value
        case _:
            return value if kept else HIDDEN


def _name(name: str) -> str:
    # Some vendors use free text as member names (form fields): keep only what looks like a name.
    return name if name.isidentifier() and len(name) <= 60 else HIDDEN
