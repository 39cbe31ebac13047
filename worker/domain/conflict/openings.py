"""What a vendor, asked itself, says of other times for one of its events, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain.conflict.alternatives import PROPOSED
from worker.domain.instants import local
from worker.domain.span import Span


@dataclass(frozen=True, slots=True)
class Opening:
    """Time that a vendor offers by its own calendar.

    `native_id` is the event of the vendor's that takes place then and still has room, for `room`
    more people (None: not told); empty where the time itself is free.
    """

    span: Span
    native_id: str = ""
    room: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """The openings that an account names for one of its events.

    Only those at which everything else is free by what is stored. `note` is why there are none, in
    words that can follow a semicolon.
    """

    openings: tuple[Opening, ...] = ()
    note: str = ""

    @property
    def free(self) -> tuple[Span, ...]:
        """The stretches that are free by the vendor's own calendar."""
        return tuple(one.span for one in self.openings if not one.native_id)

    @property
    def places(self) -> tuple[Opening, ...]:
        """Other events of the same sort that still have room."""
        return tuple(one for one in self.openings if one.native_id)


UNHEARD = Heard()


def fitting(openings: Iterable[Opening], taken: Iterable[Span]) -> tuple[Opening, ...]:
    """The first few `openings`, in order of start, that touch nothing of `taken`.

    Of those that overlap each other the first counts, so that the proposals differ.
    """
    busy = list(taken)
    found: list[Opening] = []
    for one in sorted(openings, key=lambda one: (one.span, one.native_id)):
        if len(found) == PROPOSED:
            break
        if not any(one.span.overlaps(span) for span in (*busy, *(each.span for each in found))):
            found.append(one)
    return tuple(found)


def free_times(account: str, heard: Heard, computed: Sequence[Span], zone: str) -> str:
    """Free times in words, those first that the account's own calendar confirms.

    `computed` are free by what is stored only; all are shown in `zone`.
    """
    sure = heard.free
    more = [one for one in computed if not any(one.overlaps(span) for span in sure)]
    rest = " or ".join(shown(span, zone) for span in more[: PROPOSED - len(sure)])
    if not sure:
        return rest
    told = " or ".join(shown(span, zone) for span in sure)
    told = f"{told} (free by {account}'s own calendar, too)"
    return f"{told}, or else to {rest}" if rest else told


def places(heard: Heard, zone: str) -> str:
    """When others of the same sort have room, in words."""
    return " or ".join(f"{shown(one.span, zone)}{_room(one)}" for one in heard.places)


def shown(span: Span, zone: str) -> str:
    """A stretch of time as people write it: `Tue 3 Mar 10:00–11:00 CET`."""
    start, end = local(span.start, zone), local(span.end, zone)
    return f"{start:%a} {start.day} {start:%b} {start:%H:%M}–{end:%H:%M} {start.tzname()}"


def _room(one: Opening) -> str:
    match one.room:
        case None:
            return ""
        case 1:
            return " (1 place left)"
        case count:
            return f" ({count} places left)"
