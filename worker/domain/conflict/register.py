"""The life of findings: what one detection means for what was known before it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.domain.conflict.finding import Finding, FindingState


@dataclass(frozen=True, slots=True)
class Life:
    """What the register keeps of a finding besides what detection says. Epoch seconds."""

    state: FindingState
    first_seen: int
    last_confirmed: int
    resolved_at: int | None = None
    reopened: int = 0
    snoozed_until: int | None = None
    note: str = ""
    owner: str = ""
    predecessor: str | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """A finding of the register."""

    finding: Finding
    life: Life


@dataclass(frozen=True, slots=True)
class Step:
    """A change to write: the finding as it is now, its life, and what happened, in one word."""

    finding: Finding
    life: Life
    what: str  # found | confirmed | reopened | resolved | passed | snooze_over


def follow(
    known: Mapping[str, Known],
    found: Iterable[Finding],
    *,
    now: int,
    trusted: Collection[str],
) -> Sequence[Step]:
    """The steps that bring the register in line with a detection.

    `known` are the findings of exactly the subjects that were looked at, by id. `trusted` are
    the accounts whose newest listing is fresh and complete: a finding ends only where all its
    sources are among them.
    """
    by_id = {finding.id: finding for finding in found}
    steps = [_seen(known.get(id_), finding, now) for id_, finding in by_id.items()]
    for id_, before in known.items():
        if id_ in by_id or before.life.state is FindingState.RESOLVED:
            continue
        if all(account in trusted for account in before.finding.accounts):
            steps.append(Step(before.finding, _resolved(before.life, now), "resolved"))
    return steps


def passed(known: Iterable[Known], now: int) -> Sequence[Step]:
    """The steps for findings whose time has gone by: nobody can do anything about them now."""
    return [
        Step(one.finding, _resolved(one.life, now), "passed")
        for one in known
        if one.life.state is not FindingState.RESOLVED
    ]


def _seen(before: Known | None, finding: Finding, now: int) -> Step:
    if before is None:
        return Step(finding, Life(FindingState.OPEN, now, now), "found")
    life = replace(before.life, last_confirmed=now)
    if life.state is FindingState.RESOLVED:
        life = replace(
            life, state=FindingState.REOPENED, resolved_at=None, reopened=life.reopened + 1
        )
        return Step(finding, life, "reopened")
    if life.state is FindingState.SNOOZED and now >= (life.snoozed_until or 0):
        life = replace(life, state=FindingState.OPEN, snoozed_until=None)
        return Step(finding, life, "snooze_over")
    return Step(finding, life, "confirmed")


def _resolved(life: Life, now: int) -> Life:
    return replace(life, state=FindingState.RESOLVED, resolved_at=now, snoozed_until=None)
