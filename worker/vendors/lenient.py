"""JSON that is not quite JSON: taken apart without being read, and read without being believed.

A vendor's answer may hold `NaN`, numbers without end, half of a character, brackets 100,000 deep.
Taking the text apart first keeps each such oddity within the one row that has it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

LONGEST_NUMBER = 300  # digits; no vendor's id has more
# A string, a character of structure, or a quote that opens a string which never ends. The
# quantifiers give nothing back: text without end costs neither memory nor time twice.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},"]', re.DOTALL)
_MEMBER = re.compile(r'\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*:(.*)', re.DOTALL)
_WHITE = " \t\r\n"


class Broken(ValueError):
    """The text cannot be taken apart: a bracket or a quote is never closed, or something follows.

    Nothing of the text is in the error.
    """


def items(text: str) -> list[str]:
    """The texts of an array's elements. Raises Broken for what is no array."""
    return [piece.strip(_WHITE) for piece in _pieces(text, "[", "]")]


def members(text: str) -> list[tuple[str, str]]:
    """The names and texts of an object's members, in their order. Raises Broken."""
    found: list[tuple[str, str]] = []
    for piece in _pieces(text, "{", "}"):
        match = _MEMBER.fullmatch(piece)
        if match is None:
            raise Broken
        found.append((_name(match[1]), match[2].strip(_WHITE)))
    return found


def value(text: str) -> Any:
    """What the text stands for. Raises ValueError and RecursionError.

    Numbers that are none or without end become something that no field of a row takes for its
    value. Halves of characters are replaced.
    """
    found = json.loads(
        text, strict=False, parse_constant=_unusable, parse_int=_integer, parse_float=_float
    )
    return whole(found) if "\\ud" in text.lower() else found


def whole(found: Any) -> Any:
    """The same with halves of characters replaced: they are no text anywhere else."""
    match found:
        case str():
            return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [whole(item) for item in found]
        case dict():
            return {whole(name): whole(item) for name, item in found.items()}
        case _:
            return found


def mended(answer: bytes) -> bytes | None:
    """Strict JSON that says the same as far as it can be said, if anything can."""
    try:
        return json.dumps(
            value(answer.decode("utf-8", "replace")), allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError):
        return None


def _pieces(text: str, opening: str, closing: str) -> Iterator[str]:
    text = text.strip(_WHITE)
    if not text.startswith(opening):
        raise Broken
    depth, begin = 0, 1
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "[" | "{":
                depth += 1
            case "," if depth == 1:
                yield text[begin : token.start()]
                begin = token.end()
            case "]" | "}":
                depth -= 1
                if depth == 0:
                    if token[0] != closing or token.end() != len(text):
                        raise Broken
                    if begin > 1 or text[1 : token.start()].strip(_WHITE):
                        yield text[begin : token.start()]
                    return
            case '"':
                raise Broken
    raise Broken


def _name(quoted: str) -> str:
    try:
        return str(value(quoted))
    except ValueError:
        return quoted  # an escape that is none: as good a name as any that nobody asks for


def _unusable(_constant: str = "") -> list[list[None]]:
    # Not null, which a field may be, and no text, of which "NaN" is a float's and anybody's title.
    return [[]]


def _integer(digits: str) -> int | list[list[None]]:
    return int(digits) if len(digits) <= LONGEST_NUMBER else _unusable()


def _float(digits: str) -> float | list[list[None]]:
    number = float(digits)
    return number if math.isfinite(number) else _unusable()
