"""An event as the store remembers it: with its history's number and the resources it occupies."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.event import Event


@dataclass(frozen=True, slots=True)
class Stored:
    """`event.people` are keyed hashes here. Instants are epoch seconds.

    `missed` counts the complete polls in a row that did not show it.
    """

    event: Event
    vendor: str
    resources: tuple[str, ...]
    revision: int
    created_at: int
    updated_at: int
    poll: int
    missed: int = 0
    gone_at: int | None = None
