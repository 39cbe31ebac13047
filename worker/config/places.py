"""Rooms: what only they can have, which lies in which, and how long the way between two is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from worker.config.checks import unknown
from worker.config.models import ResourceSettings
from worker.config.problems import Problems, joined, shown
from worker.config.values import Duration

_TIME = Duration("0s", "7d")
_PAIR = 'is no pair of rooms; write two ids with a blank between them: "hall lab"'


def check_places(
    resources: Mapping[str, ResourceSettings], known: Collection[str], problems: Problems
) -> None:
    """What is for rooms may be told of rooms only, and a room lies in another one, in no circle.

    `resources` are those that can be read, `known` the ids of all.
    """
    for key, resource in resources.items():
        for name in _of_rooms(resource):
            if resource.kind != "room":
                problems.add(joined("resources", key, name), 'is for resources of kind "room" only')
        if resource.kind == "room" and resource.within:
            _check_within(key, resource.within, resources, known, problems)


def _of_rooms(resource: ResourceSettings) -> Iterator[str]:
    if resource.within:
        yield "within"
    if resource.seats is not None:
        yield "seats"
    if resource.virtual:
        yield "virtual"


def _check_within(
    key: str,
    outer: str,
    resources: Mapping[str, ResourceSettings],
    known: Collection[str],
    problems: Problems,
) -> None:
    path = joined("resources", key, "within")
    if outer not in known:
        problems.add(path, unknown(outer, known, "resource"))
    elif outer in resources and resources[outer].kind != "room":
        problems.add(path, f"must name a room, and {shown(outer)} is none")
    elif key in (circle := _outwards(outer, resources)):
        trail = [key, *circle[: circle.index(key) + 1]]
        # Told once for a circle, of the room that comes first in the alphabet.
        if key == min(trail):
            problems.add(path, f"goes in a circle: {' in '.join(shown(room) for room in trail)}")


def _outwards(room: str, resources: Mapping[str, ResourceSettings]) -> list[str]:
    """The room and the places around it, each once."""
    found = [room]
    while room in resources and (room := resources[room].within) and room not in found:
        found.append(room)
    return found


def read_travel(
    table: object, resources: Mapping[str, Any], problems: Problems
) -> dict[tuple[str, str], int]:
    """Seconds by the ids of two rooms, sorted. `resources` are the tables of all, by id."""
    if not isinstance(table, dict):
        problems.add("travel", 'must be a table of lines such as "hall lab" = "15m"')
        return {}
    found: dict[tuple[str, str], int] = {}
    for key, value in table.items():
        path = joined("travel", key)
        pair = _pair(key, resources, path, problems)
        if pair in found:
            problems.add(path, "is told for the other direction, too; one is enough")
        elif pair:
            try:
                found[pair] = _TIME.read(value)
            except ValueError as error:
                problems.add(path, str(error))
    return found


def _pair(
    key: str, resources: Mapping[str, Any], path: str, problems: Problems
) -> tuple[str, str] | None:
    rooms = sorted(key.split())
    if len(rooms) != 2 or rooms[0] == rooms[1]:
        problems.add(path, _PAIR)
        return None
    for room in rooms:
        if room not in resources:
            problems.add(path, unknown(room, resources, "resource"))
        elif not _is_room(resources[room]):
            problems.add(path, f"must name two rooms, and {shown(room)} is none")
        else:
            continue
        return None
    return rooms[0], rooms[1]


def _is_room(table: object) -> bool:
    """What is not even a table has been complained of already."""
    return not isinstance(table, dict) or table.get("kind") == "room"
