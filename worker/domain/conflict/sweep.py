"""Where more is going on at once than there is room for: one pass over stays in order of start."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
Stay = tuple[int, int, T]  # start, end, who


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """A maximal stretch at every instant of which more than the limit were there.

    `members` are all who cover part of it, in order of start. `peak` is how many were there at
    once at most; `peak_start` and `peak_end` bound the first maximal stretch in which they were.
    """

    start: int
    end: int
    members: tuple[T, ...]
    peak: int
    peak_start: int
    peak_end: int


def runs(stays: Iterable[Stay[T]], limit: int = 1) -> Iterator[Run[T]]:
    """Every run among half-open `stays`, which come sorted by start; in order of start.

    Stays that touch do not overlap, and do not split a run that goes on through the instant at
    which they meet. Empty stays occupy nothing. O(n log n) within clusters, O(n) outside.
    """
    for cluster in clusters(stays):
        if len(cluster) == 2 and limit == 1:
            yield _both(*cluster)
        elif len(cluster) > limit:
            yield from _runs_in(cluster, limit)


def clusters(stays: Iterable[Stay[T]]) -> Iterator[list[Stay[T]]]:
    """Chains of stays that overlap or touch, as far as two of a chain do overlap."""
    cluster: list[Stay[T]] = []
    until = 0
    crowded = False
    for stay in stays:
        start, end, _ = stay
        if start >= end:
            continue
        if not cluster or start > until:
            if crowded:
                yield cluster
            cluster = [stay]
            until = end
            crowded = False
            continue
        cluster.append(stay)
        crowded = crowded or start < until
        until = max(until, end)
    if crowded:
        yield cluster


def _both(one: Stay[T], other: Stay[T]) -> Run[T]:
    """The run of two stays that overlap: most runs are that simple."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return Run(start, end, (one[2], other[2]), 2, start, end)


def _runs_in(cluster: Sequence[Stay[T]], limit: int) -> Iterator[Run[T]]:
    stretches = list(_stretches(cluster, limit))
    starts = [stretch[0] for stretch in stretches]
    ends = [stretch[1] for stretch in stretches]
    members: list[list[T]] = [[] for _ in stretches]
    for start, end, who in cluster:
        for index in range(bisect_right(ends, start), bisect_left(starts, end)):
            members[index].append(who)
    for (start, end, peak, peak_start, peak_end), who_all in zip(stretches, members, strict=True):
        yield Run(start, end, tuple(who_all), peak, peak_start, peak_end)


def _stretches(cluster: Sequence[Stay[T]], limit: int) -> Iterator[tuple[int, int, int, int, int]]:
    """(start, end, peak, peak start, peak end) of each run, from the changes at each instant."""
    changes: dict[int, int] = defaultdict(int)
    for start, end, _ in cluster:
        changes[start] += 1
        changes[end] -= 1
    # Where as many come as go nothing changes: such an instant splits neither a run nor its peak.
    instants = sorted(instant for instant, change in changes.items() if change)
    crowd = 0
    opened: int | None = None
    peak = peak_start = peak_end = 0
    for instant, following in zip(instants, [*instants[1:], instants[-1]], strict=True):
        crowd += changes[instant]
        if crowd > limit and opened is None:
            opened, peak = instant, 0
        if opened is not None and crowd > peak:
            peak, peak_start, peak_end = crowd, instant, following
        if opened is not None and crowd <= limit:
            yield opened, instant, peak, peak_start, peak_end
            opened = None
