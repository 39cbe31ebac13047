"""What was done: runs and their writes, as they are told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.domain.event import Event
from worker.domain.reconcile.plan import Action


class OutboxState(StrEnum):
    """The life of one write. The last five are outcomes."""

    INTENT = "intent"  # durable; surely not sent
    IN_FLIGHT = "in_flight"  # about to be sent, or sent: after a restart nobody knows
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    AMBIGUOUS = "ambiguous"
    NEEDS_REVIEW = "needs_review"
    DEFERRED = "deferred"


OPEN = (OutboxState.INTENT, OutboxState.IN_FLIGHT, OutboxState.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class WriteRecord:
    """One write as the outbox remembers it. Epoch seconds.

    `before` is what stood there, `after` what its vendor showed afterwards, `taken_back` the run
    that took it back.
    """

    id: int
    run: str
    action: Action
    state: OutboxState
    before: Event | None
    after: Event | None
    detail: str
    sent_at: int
    done_at: int | None
    taken_back: str

    @property
    def outcome(self) -> str:
        """What became of it: one that is not settled yet is ambiguous to whoever asks now."""
        unsettled = self.state in (OutboxState.INTENT, OutboxState.IN_FLIGHT)
        return str(OutboxState.AMBIGUOUS if unsettled else self.state)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One execution of a plan with its writes, in the order in which they were begun."""

    id: str
    plan: str
    by: str
    undoes: str
    started_at: int
    finished_at: int | None
    entries: tuple[WriteRecord, ...]
