"""Detection over the store: only the touched resources are looked at again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from worker.domain.conflict.double import COUNTED, double
from worker.domain.conflict.finding import Finding
from worker.domain.conflict.register import follow, passed
from worker.domain.conflict.sweep import Run, runs
from worker.domain.instants import LATEST
from worker.domain.span import Span
from worker.domain.subject import Resource
from worker.store.store import Store

DETECT_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detection changed in the register."""

    found: int = 0
    reopened: int = 0
    resolved: int = 0
    standing: int = 0


def detect(
    store: Store,
    resources: Iterable[Resource],
    *,
    since: int,
    now: int,
    trusted: Collection[str],
) -> Detected:
    """Look at these resources again, from `since` on, and bring the register in line.

    `trusted` are the accounts whose newest listing is fresh and complete.
    """
    with store.database.locked("detect", DETECT_WAIT):
        return _detect(store, tuple(resources), since, now, trusted)


def _detect(
    store: Store, resources: tuple[Resource, ...], since: int, now: int, trusted: Collection[str]
) -> Detected:
    window = Span(since, LATEST)
    known = store.findings.of_subjects([f"resource:{resource.id}" for resource in resources])
    known = {id_: entry for id_, entry in known.items() if entry.finding.span.end > since}
    found = [one for resource in resources for one in doubles_of(store, resource, window)]
    steps = [
        *follow(known, found, now=now, trusted=trusted),
        *passed(store.findings.ended_before(since), now),
    ]
    store.findings.write(steps, now)
    tally = [step.what for step in steps]
    return Detected(
        found=tally.count("found"),
        reopened=tally.count("reopened"),
        resolved=tally.count("resolved"),
        standing=len(found),
    )


def doubles_of(store: Store, resource: Resource, window: Span) -> Iterator[Finding]:
    """The double bookings of one resource: swept by numbers, only the clashing are loaded."""
    stays = store.events.stays(resource.id, window, COUNTED)
    clashes = list(runs(stays, resource.parallel))
    events = store.events.by_number({number for run in clashes for number in run.members})
    for run in clashes:
        members = tuple(events[number].event for number in run.members)
        yield double(
            resource, Run(run.start, run.end, members, run.peak, run.peak_start, run.peak_end)
        )
