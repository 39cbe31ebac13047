"""Lengths and moments as people write them, in a configuration, in a command or on a page."""

from __future__ import annotations

import re
from datetime import date, datetime

from worker.domain.instants import instant, midnight, wall
from worker.domain.span import DAY, HOUR, MINUTE

_UNITS = {"s": 1, "m": MINUTE, "h": HOUR, "d": DAY}
_LENGTH = re.compile(r"([0-9]{1,9})([smhd])")


def length(text: str) -> int:
    """The seconds of a length such as `90s`, `5m`, `12h`, `30d`. Raises ValueError."""
    match = _LENGTH.fullmatch(text)
    if not match:
        raise ValueError("a length is a number and one of s, m, h, d")
    return int(match[1]) * _UNITS[match[2]]


def moment(text: str, zone: str = "") -> int:
    """The epoch seconds of a date (its first instant), or of a time.

    Without a `zone` a date is one in UTC, and a time needs an offset; with one, both are read by
    its clocks unless they say otherwise. Raises ValueError.
    """
    if len(text) == 10:
        return midnight(date.fromisoformat(text), zone or "UTC")
    if not zone:
        return instant(text)
    read = datetime.fromisoformat(text)
    return instant(text) if read.tzinfo else wall(read, zone)[0]
