"""What a copy rule's `create` table may say for TIMIFY."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.domain import marker

PALETTE = (
    "#82a774",
    "#b22e53",
    "#ebb65d",
    "#95c5a6",
    "#b26492",
    "#cc9e52",
    "#8ebec3",
    "#a476ca",
    "#e5774c",
    "#7684ca",
    "#5d5a79",
    "#8b8b8b",
    "#c46f4e",
    "#7b6161",
    "#6882b0",
    "#385f87",
)
LONGEST_NOTES = 1000
_IDS = ("service_id", "external_service_id")
_KEYS = frozenset({*_IDS, "color", "reserve", "combination_services", "max_participants", "notes"})


def trouble(details: Mapping[str, Any]) -> str:
    """What is wrong with it, as a sentence; empty where nothing is."""
    if unknown := sorted(details.keys() - _KEYS):
        known = ", ".join(sorted(_KEYS))
        return f"create has unknown keys: {', '.join(unknown)}; TIMIFY takes {known}."
    for name in _IDS:
        if name in details and not _is_id(details[name]):
            return f"create.{name} must be the id of a service, as TIMIFY shows it."
    if all(name in details for name in _IDS):
        return "create.service_id and create.external_service_id exclude each other."
    if details.get("color", PALETTE[0]) not in PALETTE:
        return f"create.color must be one of TIMIFY's: {', '.join(PALETTE)}."
    if not isinstance(details.get("reserve", False), bool):
        return "create.reserve must be true or false."
    places = details.get("max_participants", 1)
    if isinstance(places, bool) or not isinstance(places, int) or places < 1:
        return "create.max_participants must be a whole number from 1."
    notes = details.get("notes", "")
    if not isinstance(notes, str) or len(notes) > LONGEST_NOTES or marker.find(notes):
        return f"create.notes must be text of at most {LONGEST_NOTES} characters, without a mark."
    return _combination(details)


def _combination(details: Mapping[str, Any]) -> str:
    if "combination_services" not in details:
        return ""
    if "service_id" not in details:
        return "create.combination_services needs create.service_id, the first of the services."
    parts = details["combination_services"]
    if isinstance(parts, list | tuple) and parts and all(map(_is_part, parts)):
        return ""
    return (
        "create.combination_services must be a list of tables with service_id, and duration in "
        "minutes that 5 divides."
    )


def _is_part(part: object) -> bool:
    if not isinstance(part, Mapping) or part.keys() != {"service_id", "duration"}:
        return False
    length = part["duration"]
    is_number = isinstance(length, int) and not isinstance(length, bool)
    return _is_id(part["service_id"]) and is_number and length > 0 and length % 5 == 0


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 300 and value.isprintable()
