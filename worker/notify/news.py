"""What is news to somebody, given what they were told before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.report import Reported
from worker.domain.conflict.severity import Band
from worker.domain.health import State
from worker.domain.overview import AccountView

# A hiccup mends itself: an account is news when it failed this often in a row.
FAILURES = 3

_ASKING = (FindingState.OPEN, FindingState.REOPENED)  # the others have somebody who knows
_RANKS = {Band.CRITICAL: 2, Band.HIGH: 1}
_WORST = 2


@dataclass(frozen=True, slots=True)
class News:
    """One thing to tell. `about` names it in the memory, `told` is what to remember of it.

    Exactly one of `finding` and `account` is what it is about, unless a finding is over that is
    no longer kept; `over` says that a matter told before is none any more. What is not `urgent`
    waits for the digest.
    """

    about: str
    told: str
    urgent: bool
    finding: Reported | None = None
    account: AccountView | None = None
    over: bool = False


def news(
    findings: Iterable[Reported], accounts: Iterable[AccountView], told: Mapping[str, str]
) -> Iterator[News]:
    """What is new: the findings in their order, then the accounts, then what is over.

    `findings` are all that are not resolved. A finding is told once, and again only where it was
    reopened, or has become graver than it was told to be.
    """
    alive = set()
    for one in findings:
        about = f"finding:{one.finding.id}"
        alive.add(about)
        if one.life.state in _ASKING:
            rank = _RANKS.get(one.severity.band, 0)
            if (one.life.reopened, rank) > _heard(told.get(about)):
                yield News(about, f"{one.life.reopened}.{rank}", rank > 0, finding=one)
    yield from _of_accounts(accounts, told)
    for about in sorted(told):
        if about.startswith("finding:") and about not in alive:
            yield News(about, "", urgent=False, over=True)


def _of_accounts(accounts: Iterable[AccountView], told: Mapping[str, str]) -> Iterator[News]:
    for view in accounts:
        about = f"account:{view.id}"
        rank = trouble(view)
        if rank > _heard(told.get(about))[1]:
            yield News(about, f"0.{rank}", urgent=True, account=view)
        elif about in told and view.state is State.FRESH and not rank:
            yield News(about, "", urgent=True, account=view, over=True)


def trouble(view: AccountView) -> int:
    """2: a person must act; 1: it fails, is stale, or a brake is on; 0: nothing to tell."""
    match view.state:
        case State.NEEDS_ATTENTION:
            return _WORST
        case State.PAUSED:
            return 0
        case State.FAILING if view.health.failures >= FAILURES:
            return 1
        case State.STALE if view.health.attempted_at is not None:
            return 1
        case _:
            return 1 if view.brakes else 0


def _heard(told: str | None) -> tuple[int, int]:
    """The episode and the rank that were told; less than any where nothing was."""
    if not told:
        return -1, 0
    episode, _, rank = told.partition(".")
    return int(episode), int(rank)
