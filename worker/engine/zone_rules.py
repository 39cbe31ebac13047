"""Which edition of the world's time zone rules local times are read by."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pathlib import Path

_HEAD = "# version "


@cache
def edition() -> str:
    """The edition in use (`2026f`); empty where the system does not tell."""
    return edition_in(zoneinfo.TZPATH)


def edition_in(places: Sequence[str]) -> str:
    """The edition that zones are read from where these folders are searched, the first one first.

    The package `tzdata` serves only where none of them holds zones, as `zoneinfo` has it.
    """
    for place in places:
        if (Path(place) / "UTC").exists():
            return _told(Path(place))
    return str(import_module("tzdata").IANA_VERSION)


def _told(place: Path) -> str:
    """By `tzdata.zi`, or by the file that some systems keep instead."""
    try:
        with (place / "tzdata.zi").open(encoding="utf-8") as lines:
            return next(lines, "").removeprefix(_HEAD).strip()[:20]
    except OSError:
        pass
    try:
        return (place / "+VERSION").read_text(encoding="utf-8").strip()[:20]
    except OSError:
        return ""
