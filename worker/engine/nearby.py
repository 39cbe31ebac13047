"""What a change of a few events can have to do with: their neighbours, where they are and were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker.domain.conflict.sweep import Stay
from worker.domain.span import DAY, Span
from worker.store.store import Store

FEW = 20  # events; of more, the whole time of their resources is looked at


@dataclass(frozen=True, slots=True)
class Nearby:
    """A part of a resource's time that has nothing to do with the rest of it.

    `numbers` are the events there; `stretches` hold them, and the places that were asked for.
    """

    numbers: frozenset[int]
    stretches: tuple[Span, ...]


def nearby(
    store: Store, resources: Sequence[str], slack: int, places: Iterable[Span], window: Span
) -> Nearby:
    """The neighbours of `places`, where events of these resources are or were (`Events.places`).

    What clashes, or comes too close, overlaps when all that is needed around it is added. Followed
    from stay to stay as long as they overlap or touch, that leads to a chain which no finding
    reaches out of. A change alters nothing but the chains that the event leaves, joins or parts,
    and each of them touches a place where it was or is. All events of a chain are meant, also those
    that clash with nothing any more: what a block had covered may lie outside hours by itself.
    """
    numbers: set[int] = set()
    stretches: list[Span] = []
    for place in _united(span.widened(slack, 0) for span in places):
        reach, stays = _chain(store, resources, slack, place, window)
        numbers.update(number for _, _, number in stays)
        stretches.append(reach)
    return Nearby(frozenset(numbers), tuple(stretches))


def _chain(
    store: Store, resources: Sequence[str], slack: int, place: Span, window: Span
) -> tuple[Span, list[Stay[int]]]:
    """Everything that hangs together with `place`: how far it reaches, and its stays in order."""
    asked = place.widened(DAY, DAY)
    while True:
        stays = store.events.touching(resources, slack, asked, window)
        reach = _reach(stays, place)
        if asked.start < reach.start and reach.end < asked.end:
            return reach, [stay for stay in stays if _touches(stay, reach)]
        asked = reach.widened(DAY, DAY)


def _reach(stays: Sequence[Stay[int]], place: Span) -> Span:
    """`place` grown by each of the stays that it touches, over and over."""
    reach = place
    while True:
        before = reach
        for stay in stays:
            if _touches(stay, reach):
                reach = Span(min(reach.start, stay[0]), max(reach.end, stay[1]))
        if reach == before:
            return reach


def _touches(stay: Stay[int], stretch: Span) -> bool:
    return stay[0] <= stretch.end and stay[1] >= stretch.start


def _united(places: Iterable[Span]) -> Iterator[Span]:
    """The same places, with those that overlap or touch as one."""
    current: Span | None = None
    for place in sorted(places):
        if current and place.start <= current.end:
            current = Span(current.start, max(current.end, place.end))
            continue
        if current:
            yield current
        current = place
    if current:
        yield current
