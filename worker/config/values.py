"""How single values are written: durations, bounded numbers, names of zones, ids."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from worker.config.suggestions import close
from worker.domain.written import length

ID = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Duration:
    """Marks an int field as seconds that are written like "90s", within bounds written so, too."""

    least: str
    most: str

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Read text and check the bounds before pydantic sees an int."""
        return core_schema.no_info_before_validator_function(self.read, handler(source))

    def read(self, value: object) -> int:
        """The seconds that `value` stands for. Raises ValueError."""
        with suppress(ValueError):
            seconds = length(value) if isinstance(value, str) else -1
            if length(self.least) <= seconds <= length(self.most):
                return seconds
        raise ValueError(f'must be a duration from "{self.least}" to "{self.most}", such as "90s"')


@dataclass(frozen=True, slots=True)
class Between:
    """Marks a number field as lying between two bounds, both allowed."""

    least: float
    most: float

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the type and the bounds in one step, so that one sentence can say both."""
        whole = source is int
        word = "a whole number" if whole else "a number"

        def read(value: object) -> object:
            fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
            if fits and self.least <= value <= self.most:  # type: ignore[operator]
                return value
            raise ValueError(f"must be {word} from {self.least:g} to {self.most:g}")

        return core_schema.no_info_before_validator_function(read, handler(source))


# What people write for the zone they are in, which no calendar can rely on: an abbreviation has no
# daylight saving time, or stands for several zones.
_ABBREVIATIONS = {
    "AEST": "Australia/Sydney",
    "BST": "Europe/London",
    "CDT": "America/Chicago",
    "CEST": "Europe/Berlin",
    "CET": "Europe/Berlin",
    "CST": "America/Chicago",
    "CST6CDT": "America/Chicago",
    "EDT": "America/New_York",
    "EET": "Europe/Helsinki",
    "EST": "America/New_York",
    "EST5EDT": "America/New_York",
    "GB": "Europe/London",
    "GMT": "Europe/London",
    "HST": "Pacific/Honolulu",
    "IST": "Asia/Kolkata",
    "JST": "Asia/Tokyo",
    "MDT": "America/Denver",
    "MET": "Europe/Berlin",
    "MEZ": "Europe/Berlin",
    "MSK": "Europe/Moscow",
    "MST": "America/Denver",
    "MST7MDT": "America/Denver",
    "NZ": "Pacific/Auckland",
    "PDT": "America/Los_Angeles",
    "PRC": "Asia/Shanghai",
    "PST": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles",
    "WET": "Europe/Lisbon",
    "Z": "UTC",
}


def zone(name: str) -> str:
    """The name itself, if it is an IANA zone written exactly. Raises ValueError with the nearest.

    Abbreviations are refused although some of them are in the IANA database.
    """
    if name == "UTC" or (name in _zones() and name not in _ABBREVIATIONS):
        return name
    advice = _likely_zone(name)
    hint = f"; did you mean {advice}?" if advice else ""
    raise ValueError(f"must be an IANA time zone such as Europe/Berlin, written exactly{hint}")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    short = {name for name in available_timezones() if "/" not in name and name.isupper()}
    return frozenset(available_timezones() - short - {"Factory", "localtime"}) | {"UTC"}


def _likely_zone(name: str) -> str:
    if name.upper() in _ABBREVIATIONS:
        return _ABBREVIATIONS[name.upper()]
    folded = {known.lower(): known for known in sorted(_zones())}
    words = name.strip().replace(" ", "_").lower()
    if words in folded:
        return folded[words]
    cities = {known.rpartition("/")[2]: folded[known] for known in folded}
    found = close(words, folded) or close(words, cities)
    return folded.get(found) or cities.get(found, "")
