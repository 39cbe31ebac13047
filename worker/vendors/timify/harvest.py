"""What the rows of a page became: events, rows set aside, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from worker.domain.event import Event, Kind
from worker.domain.listing import Batch, Quarantined, Sighting
from worker.vendors.timify.mapping import Unreadable, identity
from worker.vendors.timify.wire import Id


@dataclass(slots=True)
class Harvest:
    """Collects one batch; `where` is the call whose rows these are."""

    where: str
    sightings: list[Sighting] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    def add(self, events: Iterable[Event], answer: bytes) -> None:
        """Take in what was read from `answer`; nothing of it if reading raises Unreadable."""
        self.sightings += [Sighting(event, answer) for event in events]

    def set_aside(self, kind: Kind | None, id_: Id | None, reason: str, answer: bytes) -> None:
        """Take in a row that makes no sense. Whose row it is must be known to miss nothing else."""
        try:
            native_id = identity(id_)
        except Unreadable:
            native_id = ""
            self.gaps.append(f"{self.where} showed a row without a usable id")
        self.quarantined.append(Quarantined(kind, native_id, reason, answer))

    def batch(self) -> Batch:
        """All of it."""
        return Batch(tuple(self.sightings), tuple(self.quarantined), gaps=tuple(self.gaps))
