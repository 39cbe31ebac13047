"""What a person can say of a finding: the forms that its state allows, and what is told after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.register import Known, Life, Verb
from worker.domain.instants import local
from worker.publish.pages.words import tamed

MORNING = time(8)  # of the next day, which a snooze offers


@dataclass(frozen=True, slots=True)
class Way:
    """One form. `ends` is the label of its end, empty where it has none."""

    verb: str
    words: str
    hint: str
    ends: str = ""
    needed: bool = False


_ACKNOWLEDGE = Way(
    Verb.ACKNOWLEDGE,
    "Acknowledge",
    "Somebody is on it, and becomes its owner. It stays in the report.",
)
_SNOOZE = Way(
    Verb.SNOOZE,
    "Snooze",
    "Leave it for now. It opens again by itself then, and before that if it gets worse.",
    ends="Until",
    needed=True,
)
_ACCEPT = Way(
    Verb.ACCEPT,
    "Accept",
    "It may stay as it is. It comes back only if it gets worse.",
    ends="Until (for good if empty)",
)
_REOPEN = Way(Verb.REOPEN, "Reopen", "It asks for somebody again.")

_ASKING = (_ACKNOWLEDGE, _SNOOZE, _ACCEPT)
_ALLOWED = {
    FindingState.OPEN: _ASKING,
    FindingState.REOPENED: _ASKING,
    FindingState.ACKNOWLEDGED: (_SNOOZE, _ACCEPT, _REOPEN),
    FindingState.SNOOZED: (_ACKNOWLEDGE, _SNOOZE, _ACCEPT, _REOPEN),
    FindingState.ACCEPTED: (_ACKNOWLEDGE, _SNOOZE, _REOPEN),
    FindingState.RESOLVED: (_REOPEN,),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """The forms of a finding. `earliest` is now, and as every end by the clocks of `zone`."""

    ways: tuple[Way, ...]
    morning: str
    earliest: str
    zone: str


def decision(life: Life, zone: str, now: int) -> Decision:
    """What may be said of a finding in this state."""
    here = local(now, zone)
    tomorrow = datetime.combine(here.date() + timedelta(days=1), MORNING)
    return Decision(
        ways=_ALLOWED[life.state],
        morning=f"{tomorrow:%Y-%m-%dT%H:%M}",
        earliest=f"{here:%Y-%m-%dT%H:%M}",
        zone=zone,
    )


def told(known: Known, by: str) -> str:
    """What is said once, on the page after."""
    return f"{str(known.life.state).capitalize()} by {tamed(by)}."
