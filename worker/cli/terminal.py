"""How tables and times look in a terminal; colour only where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from worker.domain.instants import local

STYLES = {
    "critical": "bold red",
    "high": "red",
    "medium": "yellow",
    "low": "cyan",
    "info": "dim",
    "conflict": "bold red",
    "unknown": "bold yellow",
    "clear": "green",
    "fresh": "green",
    "complete": "green",
    "stale": "yellow",
    "incomplete": "yellow",
    "waiting": "yellow",
    "paused": "dim",
    "failing": "red",
    "failed": "red",
    "needs_attention": "bold red",
    "booked": "bold",
    "cancelled": "dim strike",
}


def console() -> Console:
    """Standard output; as wide as it needs to be where nobody's window limits it."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    # FORCE_COLOR and its like, common in pipelines, must not colour what a program reads.
    return Console(highlight=False, width=400, soft_wrap=True, force_terminal=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """A plain table; words with a meaning are coloured, and no text is read as markup."""
    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column, overflow="fold", no_wrap=not sys.stdout.isatty())
    for row in rows:
        grid.add_row(*(styled(item) for item in row))
    return grid


def styled(item: object) -> Text:
    """A cell's text."""
    text = "" if item is None else str(item)
    return Text(visible(text), style=STYLES.get(text, ""))


def visible(text: str) -> str:
    """Vendor text without anything that a terminal would act on."""
    return "".join(c if c.isprintable() else "�" for c in text)


def day(seconds: int, zone: str) -> str:
    """`Mon 2 Mar 2026` in `zone`."""
    moment = local(seconds, zone)
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def clock_time(seconds: int, zone: str) -> str:
    """`09:30` in `zone`."""
    return f"{local(seconds, zone):%H:%M}"


def span(start: int, end: int, zone: str) -> str:
    """`Mon 2 Mar 2026 09:30–10:15 CET`; the end's day only where it is another one."""
    last = "" if local(start, zone).date() == local(end, zone).date() else f"{day(end, zone)} "
    name = local(start, zone).tzname()
    return f"{day(start, zone)} {clock_time(start, zone)}–{last}{clock_time(end, zone)} {name}"


def ago(seconds: int | None) -> str:
    """A length of time as people say it: `12 s`, `4 min`, `3 h 20 min`, `2 d`."""
    if seconds is None:
        return "never"
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * 60:
        return f"{seconds // 60} min"
    if seconds < 36 * 3600:
        minutes = seconds % 3600 // 60
        return f"{seconds // 3600} h {minutes} min" if minutes else f"{seconds // 3600} h"
    return f"{seconds // 86_400} d"
