"""Which findings of a report are asked for: the filters of every command, document and page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.report import Report, Reported
from worker.domain.conflict.severity import FLOORS, Band

ALL = "all"
STATES = (*(str(state) for state in FindingState), ALL)
"""What can be asked for as a state."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which findings to show; empty fields select nothing away. `states` empty: not resolved.

    `accounts` are those that a finding rests on. `ids` are the only ones to show, unless None;
    `since` is the instant from which on they came up, for whoever asked so.
    """

    kinds: Sequence[str] = ()
    resources: Sequence[str] = ()
    states: Sequence[str] = ()
    min_severity: str = ""
    accounts: Sequence[str] = ()
    since: int | None = None
    ids: Collection[str] | None = None

    @property
    def wanted(self) -> tuple[FindingState, ...]:
        """The states to ask a report for; empty for its default."""
        if ALL in self.states:
            return tuple(FindingState)
        return tuple(FindingState(state) for state in self.states)

    def of(self, whole: Report) -> Report:
        """The report with the findings that pass; its verdict stays that of the whole."""
        return replace(whole, findings=tuple(self._passing(whole.findings)))

    def _passing(self, findings: Sequence[Reported]) -> Iterator[Reported]:
        floor = FLOORS[Band(self.min_severity)] if self.min_severity else 0
        for one in findings:
            if self.kinds and one.finding.kind not in self.kinds:
                continue
            if self.resources and one.finding.subject.id not in self.resources:
                continue
            if self.accounts and not set(self.accounts) & set(one.finding.accounts):
                continue
            if self.ids is not None and one.finding.id not in self.ids:
                continue
            if one.severity.score >= floor:
                yield one
