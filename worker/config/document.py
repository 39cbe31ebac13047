"""A TOML file as plain tables, or one sentence that says where it breaks off."""

from __future__ import annotations

import codecs
import re
import tomllib
from pathlib import Path
from typing import Any

from worker.config.files import read_regular
from worker.config.problems import ConfigError, shown

_LARGEST = 512 * 1024

# The parser of the standard library needs time that grows with the square of a dotted key's parts.
_ENDLESS_KEY = re.compile(
    r"(?<![\w-])(?:(?:[A-Za-z0-9_-]+|\"[^\"\n]{0,64}\"|'[^'\n]{0,64}')[ \t]*\.[ \t]*){16}"
)
_POSITION = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_HEADER = re.compile(r"^[ \t]*\[+[ \t]*([A-Za-z0-9_.-]+)[ \t]*\]", re.MULTILINE)
_KEY = re.compile(r"[ \t]*([A-Za-z0-9_.-]+)[ \t]*=")


def read_document(path: Path) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError with one line."""
    try:
        text = _decoded(read_regular(path, 4 * _LARGEST + 1)[0])
        return parse(text)
    except OSError as error:
        reason = _reason(error)
    except ValueError as error:
        reason = str(error)
    raise ConfigError([f"{shown(str(path), 300)}: {reason}"])


def parse(text: str) -> dict[str, Any]:
    """The tables of a TOML text. Raises ValueError with a sentence that quotes no value."""
    if len(text) > _LARGEST:
        raise ValueError("is larger than 512 kB; a configuration takes a few")
    if _ENDLESS_KEY.search(text):
        raise ValueError("has a key of too many parts; no key here has more than four")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(_sentence(str(error), text)) from None
    except RecursionError:
        raise ValueError("is not valid TOML: lists or tables are nested too deeply") from None
    except ValueError:
        # int() refuses thousands of digits with an error of its own.
        raise ValueError("is not valid TOML: a number or a date in it is none") from None


def _decoded(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise ValueError("begins with a byte order mark; save it as UTF-8 without one")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not text in UTF-8; save the file as UTF-8") from None


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return (
                "there is no such file; make one with `calsync init`, or name another "
                "with --config or CALSYNC_CONFIG"
            )
        case PermissionError():
            return "the file may not be read by this user"
        case _:
            return f"the file cannot be read ({error.strerror})"


def _sentence(message: str, text: str) -> str:
    """What the parser found, with the key in whose line it found it."""
    match = _POSITION.fullmatch(message)
    if not match:
        return _plainer(message)
    what = _plainer(match[1])
    if not match[2]:
        return f"the end of the file: {what}"
    number = int(match[2])
    key = _key_at(text, number)
    where = f"line {number}, column {match[3]}"
    return f"{key} ({where}): {what}" if key else f"{where}: {what}"


def _plainer(message: str) -> str:
    if message.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate")):
        return "is given twice; once is allowed"
    if message == "Invalid value":
        return "is not a TOML value; text goes in quotes"
    return f"is not valid TOML: {shown(message[:1].lower() + message[1:], 80)}"


def _key_at(text: str, number: int) -> str:
    """The dotted key that stands in a line; empty where the line has no plain one."""
    lines = text.replace("\r\n", "\n").split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    if header := _HEADER.match(line):
        return shown(header[1])
    key = _KEY.match(line)
    if not key:
        return ""
    headers = _HEADER.findall("\n".join(lines[: number - 1]))
    return shown(f"{headers[-1]}.{key[1]}" if headers else key[1], 120)
