"""The state of a simulator as values: kept, put back, compared, and applied in part."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy, deepcopy
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

_CONTAINERS = (dict, list, set, deque)
_PASSED = frozenset({"_routes", "_resources", "_spent", "recent", "tokens"})  # no diary in them
_MISSING = object()
R = TypeVar("R")
Change = tuple[str, Any, Any]
"""Name of a container, key of the row in it, and the row as it was (`None`: there was none)."""


def lock_of(simulator: Any) -> AbstractContextManager[Any]:
    """The lock around all of a simulator's state; one of its own if it has none."""
    found: AbstractContextManager[Any] | None = getattr(simulator, "lock", None)
    return found or getattr(simulator, "_lock", None) or threading.RLock()


class Snapshot:
    """A simulator's rows as they are now: its containers, and those of its `site`."""

    def __init__(self, simulator: Any) -> None:
        self._simulator = simulator
        with lock_of(simulator):
            now = {name: value for name, _, value in _containers(simulator)}
            self.rows: dict[str, Any] = _again(simulator, now)

    def is_of(self, simulator: Any) -> bool:
        """Whether it was taken of this very simulator."""
        return self._simulator is simulator

    def restore(self) -> None:
        """Put every container back as it was; the containers themselves stay the same objects."""
        with lock_of(self._simulator):
            rows = _again(self._simulator, self.rows)
            for name, _, value in list(_containers(self._simulator)):
                if name in rows:
                    _refill(value, rows[name])

    def changes(self, later: Snapshot) -> list[Change]:
        """The rows in which `later` differs, each with its state here."""
        found: list[Change] = []
        for name, before in self.rows.items():
            after = later.rows.get(name)
            if isinstance(before, dict) and isinstance(after, dict):
                keys = [*before, *(key for key in after if key not in before)]
                found += [
                    (name, key, before.get(key))
                    for key in keys
                    if before.get(key, _MISSING) != after.get(key, _MISSING)
                ]
        return found


@dataclass(frozen=True, slots=True)
class Difference:
    """What one request did to a simulator: to be taken back now and applied later."""

    simulator: Any
    before: Snapshot
    after: Snapshot

    def apply(self) -> bool:
        """Add the new rows; change and drop those that are still there. False if none was."""
        done = False
        with lock_of(self.simulator):
            after = _again(self.simulator, self.after.rows)
            now = {name: value for name, _, value in _containers(self.simulator)}
            for name, key, old in self.before.changes(self.after):
                container = now[name]
                if old is not None and key not in container and not isinstance(old, list):
                    continue
                done = True
                if key in after[name]:
                    container[key] = _merged(container.get(key), after[name][key])
                else:
                    del container[key]
            for name, before in self.before.rows.items():
                if isinstance(before, list):
                    now[name].extend(after[name][len(before) :])
        return done


def while_restored(simulator: Any, old: Snapshot, ask: Callable[[], R]) -> R:
    """Ask a simulator as if it still were in an old state; what it does meanwhile is forgotten.

    Raises ValueError where the old state is that of another simulator.
    """
    if not old.is_of(simulator):
        raise ValueError("this is the state of another simulator")
    with lock_of(simulator):
        now = Snapshot(simulator)
        try:
            old.restore()
            return ask()
        finally:
            now.restore()


def overlaid(stale: Any, before: Any, after: Any) -> Any:
    """A stale row with only the fields that changed between two newer states of it."""
    result = copy(stale)
    for one in fields(after):
        if getattr(before, one.name) != getattr(after, one.name):
            object.__setattr__(result, one.name, getattr(after, one.name))
    return result


def live(simulator: Any, name: str) -> Any:
    """The container that `Snapshot.changes` names."""
    return next(value for known, _, value in _containers(simulator) if known == name)


def _containers(simulator: Any) -> Iterator[tuple[str, Any, Any]]:
    yield from _of("self", simulator, vars(simulator))
    site = getattr(simulator, "site", None)
    if is_dataclass(site):
        yield from _of("site", site, {one.name: getattr(site, one.name) for one in fields(site)})


def _of(prefix: str, owner: Any, attributes: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, value in attributes.items():
        if isinstance(value, _CONTAINERS) and name not in _PASSED:
            yield f"{prefix}.{name}", owner, value


def _kept_alive(simulator: Any) -> Iterator[Any]:
    """What copies share with the original: the simulator, its clock, lock, chance and settings."""
    yield simulator
    site = getattr(simulator, "site", None)
    names = [one.name for one in fields(site)] if is_dataclass(site) else []
    for value in (*vars(simulator).values(), *(getattr(site, name) for name in names)):
        if not isinstance(value, _CONTAINERS):
            yield value


def _again(simulator: Any, rows: dict[str, Any]) -> dict[str, Any]:
    return deepcopy(rows, {id(kept): kept for kept in _kept_alive(simulator)})


def _refill(value: Any, rows: Any) -> None:
    value.clear()
    if isinstance(value, dict | set):
        value.update(rows)
    else:
        value.extend(rows)


def _merged(now: Any, then: Any) -> Any:
    """Lists of ids grow; everything else is replaced."""
    if isinstance(now, list) and isinstance(then, list):
        return [*now, *(one for one in then if one not in now)]
    return then
