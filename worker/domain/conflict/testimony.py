"""The second witness: what a vendor's own check said of a finding's members, and what we saw."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from worker.domain.conflict.finding import GROUP_OF, PRESSING, Finding, FindingState, Group, Member
from worker.domain.event import Status

MOST_QUESTIONS = 20  # in one poll: the question is one call for each event
ASK_AGAIN = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Word:
    """What came of asking a vendor about one of its events, at `at` (epoch seconds).

    `says`: whether it counts a conflict; None where it gave no answer, and `why` tells the reason.
    `sees` is how many of the account's events overlapped this one by our picture of the calendars
    that the vendor compares, and `revision` the state of the event that both were about.
    """

    revision: int
    at: int
    says: bool | None
    sees: int = 0
    why: str = ""

    @property
    def agrees(self) -> bool | None:
        """Whether both say the same; None where the vendor said nothing."""
        return None if self.says is None else self.says == bool(self.sees)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A member with its vendor's word on it, or with why there is none (`unasked`)."""

    member: Member
    word: Word | None
    unasked: str = ""
    outdated: bool = False  # the event has changed since it was asked about


def opinions(
    finding: Finding,
    state: FindingState,
    words: Mapping[int, Word],
    revisions: Mapping[int, int],
    opinionated: Collection[str],
    now: int,
) -> tuple[Opinion, ...]:
    """What there is of a second witness for each member, in their order.

    `words` and `revisions` by the number of the event; `opinionated` are the accounts whose
    vendors check for conflicts themselves.
    """
    found = []
    for member in finding.members:
        number = member.key.number
        word = words.get(number)
        if word is None or member.key.account not in opinionated:
            why = _unasked(finding, state, member, opinionated, now)
            found.append(Opinion(member, None, why))
        else:
            changed = revisions.get(number, word.revision) != word.revision
            found.append(Opinion(member, word, outdated=changed))
    return tuple(found)


def asked_about(finding: Finding, state: FindingState, account: str, now: int) -> list[Member]:
    """The members of a finding that their own vendor is asked about.

    Those of pressing schedule findings that are this account's, and neither cancelled nor over.
    """
    return [
        member
        for member in finding.members
        if member.key.account == account
        and not any(holds(finding, state, member, now) for holds, _ in _EXEMPT)
    ]


def _unasked(
    finding: Finding,
    state: FindingState,
    member: Member,
    opinionated: Collection[str],
    now: int,
) -> str:
    if member.key.account not in opinionated:
        return "its vendor has no check of its own that could be asked"
    for holds, words in _EXEMPT:
        if holds(finding, state, member, now):
            return words
    return (
        "its turn has not come: its vendor is asked after each complete poll, about "
        f"{MOST_QUESTIONS} events at most"
    )


_Exempt = Callable[[Finding, FindingState, Member, int], bool]
_EXEMPT: tuple[tuple[_Exempt, str], ...] = (
    (
        lambda finding, _state, _member, _now: GROUP_OF[finding.kind] is not Group.SCHEDULE,
        "vendors are asked about what is in two places only",
    ),
    (
        lambda _finding, state, _member, _now: state not in PRESSING,
        "vendors are asked about findings that ask for somebody only",
    ),
    (
        lambda _finding, _state, member, _now: member.status is Status.CANCELLED,
        "it is cancelled",
    ),
    (lambda _finding, _state, member, now: member.span.end <= now, "it is over"),
)
