"""Writes docs/configuration.md from the models, and from the comments of config.example.toml.

python scripts/configuration_reference.py            writes it
python scripts/configuration_reference.py --check    fails where it is not what it would write
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from worker.config.fields import is_secret, keys
from worker.config.models import RULES, SECTIONS, ResourceSettings
from worker.config.values import Between, Duration
from worker.vendors.registry import VENDORS

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "configuration.md"
_LINE = re.compile(r"#?([a-z_]+) = ([^#]*?)\s*(?:# (.*))?")
_HEADER = re.compile(r"#?\[+([a-z_.0-9]+)\]+")

HEAD = """\
# Configuration

<!-- Written by scripts/configuration_reference.py from the program itself: change it there. -->

One TOML file: `config.toml` here, `$CALSYNC_CONFIG`, or `-c FILE`. `calsync init` writes a first
one, [`config.example.toml`](../config.example.toml) shows every key, `calsync check --offline` says
whether a file is right: a line for each mistake, with the nearest right key.

- **Durations** are `"90s"`, `"5m"`, `"12h"` or `"30d"`.
- **Secrets** (marked *secret*): `KEY_file` names a file that holds the value. A file that every
  user of the machine can read gets a warning. Relative paths count from the configuration file.
- **Environment**: any value, by `CALSYNC_` and its path with two underscores between the parts:
  `CALSYNC_WORKER__PUSH=plan`, `CALSYNC_ACCOUNTS__CLINIC__API_KEY_FILE=/run/secrets/clinic`. It wins
  over the file; an unknown name is an error.
- **Reload**: `kill -HUP` of the daemon reads it anew. A file with mistakes changes nothing and is
  told in the log. What is removed from the file (an account, a part of the window) is never
  deleted anywhere for that.
"""


def written() -> str:
    """The whole page."""
    words = comments()
    parts = [HEAD]
    for name, model in SECTIONS.items():
        parts.append(f"## `[{name}]`\n\n{_about(model)}\n\n{_table(model, words.get(name, {}))}")
    parts.append(
        "## `[accounts.ID]`\n\nOne login at one vendor each, by an id of your choice (`a-z`, "
        "`0-9`, `_`). `vendor` says which of the following it is; `timezone` is for vendors that "
        "tell none, `base_url` the address before the vendor's API path (https; "
        "http for loopback only)."
    )
    for name, entry in VENDORS.items():
        told = _of_vendor(name, words)
        binds = ", ".join(f"`{word}:ID`" if word != "*" else "`*`" for word in entry.bindings)
        parts.append(
            f'### `vendor = "{name}"`\n\n{_about(entry.settings)}\n\n'
            f"{_table(entry.settings, told)}\n\nResources are bound to it by {binds}."
        )
    parts.append(
        "## `[resources.ID]`\n\nWho or what must not be double-booked. Below "
        "`[resources.ID.bindings]`, one key for each account that knows it: "
        '`clinic = "practitioner:17"`, or a list.\n\n'
        f"{_table(ResourceSettings, words.get('resources', {}))}"
    )
    parts.append(
        "## `[travel]`\n\nHow long the way between two rooms is, told once for both directions: "
        '`"hall suite" = "5m"`.'
    )
    for name, model in RULES.items():
        parts.append(f"## `[[{name}]]`\n\n{_about(model)}\n\n{_table(model, words.get(name, {}))}")
    return "\n\n".join(part.strip() for part in parts) + "\n"


def comments() -> dict[str, dict[str, str]]:
    """What the example says of each key, by section; accounts by their vendor."""
    found: dict[str, dict[str, str]] = {}
    section = key = vendor = ""
    for line in (ROOT / "config.example.toml").read_text(encoding="utf-8").splitlines():
        if header := _HEADER.fullmatch(line.strip()):
            section, key, vendor = header[1].partition(".")[0], "", ""
        elif (match := _LINE.fullmatch(line.strip())) and section:
            if match[1] == "vendor":
                vendor = match[2].strip('"')
            home = f"{section}.{vendor}" if vendor else section
            key = match[1].removesuffix("_file")
            found.setdefault(home, {}).setdefault(key, match[3] or "")
        elif key and (more := re.fullmatch(r"\s{20,}#\s+(.*)", line)):
            found[home][key] = f"{found[home][key]} {more[1]}".strip()
        else:
            key = ""
    return found


def _of_vendor(name: str, words: dict[str, dict[str, str]]) -> dict[str, str]:
    return words.get(f"accounts.{name}", {})


def _about(model: type[BaseModel]) -> str:
    return " ".join(line.strip() for line in (model.__doc__ or "").splitlines()).strip()


def _table(model: type[BaseModel], words: dict[str, str]) -> str:
    rows = ["| Key | Takes | Default | |", "|---|---|---|---|"]
    for key, field in keys(model).items():
        if key in ("vendor", "bindings"):
            continue
        cells = (f"`{key}`", _takes(field), _default(field), words.get(key, ""))
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _takes(field: FieldInfo) -> str:
    if is_secret(field):
        return "text, *secret*"
    marks = [*field.metadata, *_inner_marks(field.annotation)]
    for mark in marks:
        if isinstance(mark, Duration):
            return f"{mark.least} to {mark.most}"
        if isinstance(mark, Between):
            return f"{mark.least} to {mark.most}"
    choices = list(_choices(field.annotation))
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    kinds = str(field.annotation)
    for sign, name in (("dict", "a table"), ("tuple", "a list"), ("list", "a list")):
        if sign in kinds:
            return name
    return "true or false" if field.annotation is bool else "text"


def _inner_marks(annotation: Any) -> Iterator[Any]:
    for part in get_args(annotation):
        yield from getattr(part, "__metadata__", ())


def _choices(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from map(str, get_args(annotation))
        return
    for part in get_args(annotation):
        yield from _choices(part)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", (), [], {}):
        return "none"
    if is_secret(field):
        text = value.get_secret_value()
        return f"`{text}`" if text else "none"
    if any(isinstance(mark, Duration) for mark in field.metadata):
        return f"`{_length(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, list | tuple):
        return ", ".join(f"`{one}`" for one in value)
    return f"`{value}`"


def _length(seconds: int) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def main() -> int:
    """Write the page, or compare it."""
    text = written()
    if "--check" in sys.argv[1:]:
        same = TARGET.exists() and TARGET.read_text(encoding="utf-8") == text
        print("current" if same else f"{TARGET.name} is not what {Path(__file__).name} writes")
        return 0 if same else 1
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
