"""CSV for spreadsheets: RFC 4180, and no cell that a spreadsheet would run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

# What starts a formula in some spreadsheet, full-width twins included (ASVS 1.2.10).
_ACTIVE = tuple("=+-@\t\r\n\0＝＋－＠")


def table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A header and a line per row; lists are joined by spaces, None is empty."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    return out.getvalue()


def cell(value: object) -> str:
    """A value as harmless text; numbers stay numbers, also negative ones."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case list() | tuple():
            return cell(" ".join(str(item) for item in value))
        case _:
            text = str(value)
            return f"'{text}" if text.lstrip(" ").startswith(_ACTIVE) else text
