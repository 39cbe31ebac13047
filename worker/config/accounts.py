"""One account's table, read with the settings of the vendor that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.config.addresses import base_url
from worker.config.problems import Problems, joined
from worker.config.suggestions import choice, nearest
from worker.config.validation import Validation
from worker.config.values import zone
from worker.vendors.base import AccountSettings, Entry

_LONGEST = 4096


def read_account(
    table: object,
    path: str,
    vendors: Mapping[str, Entry],
    validation: Validation,
    problems: Problems,
) -> AccountSettings | None:
    """The settings in a table, or None after noting what is wrong with it."""
    if not isinstance(table, dict):
        problems.add(path, "must be a table")
        return None
    entry = entry_of(table, vendors)
    if entry is None:
        problems.add(f"{path}.vendor", _which_vendor(table.get("vendor"), vendors))
        return None
    values: dict[str, Any] = {}
    faulty: set[str] = set()
    for key, value in table.items():
        try:
            values[key] = _plain(key, value)
        except ValueError as error:
            problems.add(joined(path, key), str(error))
            faulty.update((key, key.removesuffix("_file")))
    return validation.read(values, path, entry.settings, excused=faulty)


def entry_of(table: object, vendors: Mapping[str, Entry]) -> Entry | None:
    """The vendor that an account's table names; None where there is no such vendor."""
    name = table.get("vendor") if isinstance(table, dict) else None
    return vendors.get(name) if isinstance(name, str) else None


def _which_vendor(name: object, vendors: Mapping[str, Entry]) -> str:
    allowed = choice(sorted(vendors))
    match name:
        case None:
            return f"is missing; it must be {allowed}"
        case str():
            return f"must be {allowed}; the nearest is {nearest(name, vendors)}"
        case _:
            return f"must be {allowed}, in quotes"


def _plain(key: str, value: object) -> object:
    """The value, if it cannot do harm in a header or lead a credential astray."""
    if not isinstance(value, str):
        return value
    if key == "base_url":
        return base_url(value)
    if key == "timezone":
        return zone(value)
    if not value.isprintable() or len(value) > _LONGEST:
        raise ValueError(f"must be one line of at most {_LONGEST} characters")
    return value
