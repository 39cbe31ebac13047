"""The report: every finding with its life and severity, and what may be concluded from all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from worker.domain.conflict.finding import GROUP_OF, PRESSING, Finding, Group
from worker.domain.conflict.register import Known, Life
from worker.domain.conflict.severity import Severity, Weights, severity


class Verdict(StrEnum):
    """`unknown` is never shown as fine."""

    CONFLICT = "conflict"
    UNKNOWN = "unknown"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class SourceState:
    """How far an account's picture may be trusted. `polled_at`: last complete poll, or None."""

    account: str
    polled_at: int | None
    complete: bool
    stale: bool

    @property
    def trusted(self) -> bool:
        """Whether its newest listing is fresh and complete."""
        return self.complete and not self.stale


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding as a report shows it."""

    finding: Finding
    life: Life
    severity: Severity
    verdict: Verdict
    doubt: str = ""  # why the verdict is unknown


@dataclass(frozen=True, slots=True)
class Report:
    """`events` counts those that are not cancelled, in the window."""

    verdict: Verdict
    checked_at: int
    events: int
    sources: tuple[SourceState, ...]
    findings: tuple[Reported, ...]


def reported(
    known: Known,
    sources: Sequence[SourceState],
    quarantined: Collection[tuple[str, str]],
    now: int,
    weights: Weights,
) -> Reported:
    """Judge one finding by what is known of its sources and members.

    `quarantined` are (account, native id) of rows that could not be read.
    """
    doubt = "; ".join(_doubts(known.finding, sources, quarantined))
    return Reported(
        finding=known.finding,
        life=known.life,
        severity=severity(known.finding, now, weights),
        verdict=Verdict.UNKNOWN if doubt else Verdict.CONFLICT,
        doubt=doubt,
    )


def verdict(findings: Iterable[Reported], sources: Iterable[SourceState]) -> Verdict:
    """`conflict` where a schedule finding is pressing; else what the sources allow to say."""
    for one in findings:
        if GROUP_OF[one.finding.kind] is Group.SCHEDULE and one.life.state in PRESSING:
            return Verdict.CONFLICT
    return Verdict.CLEAR if all(s.trusted for s in sources) else Verdict.UNKNOWN


def worst_first(findings: Iterable[Reported]) -> list[Reported]:
    """In the order in which a person should look at them."""
    return sorted(findings, key=lambda one: (-one.severity.score, one.finding.span, one.finding.id))


def _doubts(
    finding: Finding, sources: Sequence[SourceState], quarantined: Collection[tuple[str, str]]
) -> Iterable[str]:
    by_account = {source.account: source for source in sources}
    for account in finding.accounts:
        source = by_account.get(account)
        if source is None:
            yield f"{account} is no longer configured"
        elif source.stale:
            yield f"{account} is stale"
        elif not source.complete:
            yield f"the last listing of {account} was incomplete"
    for member in finding.members:
        if (member.key.account, member.key.native_id) in quarantined:
            yield f"{member.key.account} shows {member.key.native_id} in an unreadable form"
