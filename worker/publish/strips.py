"""The freshness strip: how an account's polls of the last day went, as SVG and as stretches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from worker.domain.instants import local
from worker.domain.span import DAY, MINUTE, Span
from worker.publish.drawing import line, markup, picture, rect, text
from worker.publish.pages.words import counted
from worker.publish.pictures import ticks

BIN = 10 * MINUTE  # polls that are nearer to each other than this share a mark
HEIGHT, AXIS = 20, 18


class Went(StrEnum):
    """How a poll went, the best first."""

    COMPLETE = "complete"
    BRAKED = "braked"  # complete, but a brake does not believe it
    PARTIAL = "partial"  # some rows came, and not all
    FAILED = "failed"  # none did


_HEIGHTS = {Went.COMPLETE: 8, Went.BRAKED: 14, Went.PARTIAL: 14, Went.FAILED: HEIGHT}
_WORST = {went: number for number, went in enumerate(Went)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One poll: when (epoch seconds), and what came of it."""

    at: int
    complete: bool
    rows: int
    reason: str = ""

    @property
    def went(self) -> Went:
        """In one word."""
        if self.complete:
            return Went.BRAKED if self.reason else Went.COMPLETE
        return Went.PARTIAL if self.rows else Went.FAILED


@dataclass(frozen=True, slots=True)
class Stretch:
    """Polls in a row that went alike; `reason` is what was said last."""

    span: Span
    went: Went
    polls: int
    reason: str


def stretches(outcomes: Iterable[Outcome]) -> list[Stretch]:
    """Polls in order, told in as few lines as they went differently."""
    found = []
    for went, group in groupby(outcomes, key=lambda one: one.went):
        alike = list(group)
        span = Span(alike[0].at, alike[-1].at)
        found.append(Stretch(span, went, len(alike), alike[-1].reason))
    return found


def told(outcomes: Sequence[Outcome]) -> str:
    """`700 polls in 24 h: 690 complete, 10 failed`."""
    if not outcomes:
        return "No poll in 24 h"
    counts = [(went, sum(one.went is went for one in outcomes)) for went in Went]
    parts = ", ".join(f"{count} {went}" for went, count in counts if count)
    return f"{counted(len(outcomes), 'poll')} in 24 h: {parts}"


def strip_picture(name: str, title: str, outcomes: Sequence[Outcome], zone: str, now: int) -> str:
    """The strip as an `svg` element, now at its right; `name` begins its ids."""
    day = Span(now - DAY, now)
    root = picture("strip", HEIGHT + AXIS, name, title, told(outcomes))
    rect(root, "ground", 0, 100, HEIGHT // 2 - 1, 2)
    for span, went in _marks(outcomes, day):
        x, width = _x(span.start, day), _x(span.end, day) - _x(span.start, day)
        high = _HEIGHTS[went]
        rect(root, str(went), x, width, (HEIGHT - high) // 2, high)
    for tick in ticks(day, zone):
        x = _x(tick, day)
        line(root, "grid", x, HEIGHT, HEIGHT + 4)
        if 3 < x < 97:
            text(root, "text", f"{local(tick, zone):%H:%M}", x=x, y=HEIGHT + 15, kind="tick")
    return markup(root)


def _marks(outcomes: Iterable[Outcome], day: Span) -> Iterator[tuple[Span, Went]]:
    """The worst of each bin; bins side by side that are alike are one mark."""
    worst: dict[int, Went] = {}
    for one in outcomes:
        number = max(0, one.at - day.start) // BIN
        worst[number] = max(worst.get(number, one.went), one.went, key=_WORST.__getitem__)
    begun: tuple[int, int, Went] | None = None
    for number, went in sorted(worst.items()):
        if begun and begun[1] == number and begun[2] is went:
            begun = (begun[0], number + 1, went)
            continue
        if begun:
            yield _mark(begun, day)
        begun = (number, number + 1, went)
    if begun:
        yield _mark(begun, day)


def _mark(begun: tuple[int, int, Went], day: Span) -> tuple[Span, Went]:
    first, after, went = begun
    start = min(day.start + first * BIN, day.end - MINUTE)
    return Span(start, min(day.start + after * BIN, day.end)), went


def _x(instant: int, day: Span) -> float:
    return (instant - day.start) * 100 / day.seconds
