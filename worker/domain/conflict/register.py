"""The life of findings: what a detection, the clock and a person mean for what was known before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from worker.domain.conflict.finding import Finding, FindingState
from worker.domain.event import Key
from worker.domain.instants import iso

LONGEST_NOTE = 2000


class NotPossible(Exception):
    """What a person asks of a finding cannot be done; the message says why."""


class NoSuch(LookupError):
    """An id stands for nothing, or for several things; the message says which."""


class Verb(StrEnum):
    """What a person can do with a finding."""

    ACKNOWLEDGE = "ack"
    SNOOZE = "snooze"
    ACCEPT = "accept"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Life:
    """What the register keeps of a finding besides what detection says. Epoch seconds.

    `snoozed_until` bounds a snooze, and an acceptance that is meant for a while only.
    """

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
    """A change to write: the finding as it is now, its life, and what happened, in one word.

    The words: found, confirmed, worse, reopened, resolved, replaced, passed, snooze_over, and for
    what people do acknowledged, snoozed, accepted, reopened.
    """

    finding: Finding
    life: Life
    what: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Happening:
    """A step as the history of a finding keeps it; `by` is empty for what detection did."""

    at: int
    what: str
    by: str = ""
    note: str = ""


def follow(
    known: Mapping[str, Known],
    found: Iterable[Finding],
    *,
    now: int,
    trusted: Collection[str],
    since: int = 0,
) -> Sequence[Step]:
    """The steps that bring the register in line with a detection.

    `known` are the findings of exactly the subjects that were looked at, by id. `trusted` are
    the accounts whose newest listing is fresh and complete: a finding ends only where all its
    sources are among them. What ended before `since` was not looked at, and is left to `passed`.

    A finding whose members changed is another one: it opens, and names its predecessor.
    """
    by_id = {finding.id: finding for finding in found}
    ending = {
        id_: one
        for id_, one in known.items()
        if id_ not in by_id
        and one.life.state is not FindingState.RESOLVED
        and one.finding.span.end > since
    }
    origins = _Origins(ending)
    steps = [_seen(known.get(id_), one, origins, now) for id_, one in by_id.items()]
    heirs: dict[str, list[str]] = {}
    for step in steps:
        if step.life.predecessor in ending:
            heirs.setdefault(str(step.life.predecessor), []).append(step.finding.id)
    for id_, before in ending.items():
        if sources_of(before.finding) <= set(trusted):
            note = ", ".join(sorted(heirs.get(id_, ())))
            what = "replaced" if note else "resolved"
            steps.append(Step(before.finding, _resolved(before.life, now), what, note=note))
    return steps


def sources_of(finding: Finding) -> frozenset[str]:
    """The accounts whose fresh and complete word it takes to end a finding.

    What has no members rests on the account that it is about.
    """
    accounts = {*finding.accounts, str(dict(finding.evidence).get("account", ""))}
    match finding.subject.type:
        case "account" | "page" | "binding" | "series":
            accounts.add(finding.subject.id.partition("/")[0])
    return frozenset(accounts - {""})


def passed(known: Iterable[Known], now: int) -> Sequence[Step]:
    """The steps for findings whose time has gone by: nobody can do anything about them now."""
    return [
        Step(one.finding, _resolved(one.life, now), "passed")
        for one in known
        if one.life.state is not FindingState.RESOLVED
    ]


def woken(known: Iterable[Known], now: int) -> Sequence[Step]:
    """The steps for findings whose snooze, or acceptance for a while, is over."""
    return [
        Step(one.finding, as_of(one.life, now), "snooze_over")
        for one in known
        if _over(one.life, now)
    ]


def as_of(life: Life, now: int) -> Life:
    """A life as it is now: a snooze ends by itself, also where nothing is looked at again."""
    return replace(life, state=FindingState.OPEN, snoozed_until=None) if _over(life, now) else life


def decided(
    known: Known, verb: Verb, *, now: int, by: str, note: str = "", until: int | None = None
) -> Step:
    """The step that a person takes. `until` (epoch seconds) bounds a snooze or an acceptance.

    Who takes a finding on becomes its owner. Raises NotPossible.
    """
    life = as_of(known.life, now)
    if len(note) > LONGEST_NOTE:
        raise NotPossible(f"a note has at most {LONGEST_NOTE} characters")
    if until is not None and verb not in (Verb.SNOOZE, Verb.ACCEPT):
        raise NotPossible("only a snooze or an acceptance can end by itself")
    if until is not None and until <= now:
        raise NotPossible(f"{iso(until)} is over already")
    if life.state is FindingState.RESOLVED and verb is not Verb.REOPEN:
        raise NotPossible(
            "it is resolved; there is nothing left to do (reopen it if that is wrong)"
        )
    life = replace(life, note=note or life.note, snoozed_until=until)
    said = note if until is None else f"until {iso(until)}" + (f": {note}" if note else "")
    match verb:
        case Verb.ACKNOWLEDGE:
            after, what = replace(life, state=FindingState.ACKNOWLEDGED, owner=by), "acknowledged"
        case Verb.ACCEPT:
            after, what = replace(life, state=FindingState.ACCEPTED, owner=by), "accepted"
        case Verb.SNOOZE if until is None:
            raise NotPossible("a snooze needs an end")
        case Verb.SNOOZE:
            after, what = replace(life, state=FindingState.SNOOZED), "snoozed"
        case Verb.REOPEN:
            after, what = _reopened_by_hand(life), "reopened"
    return Step(known.finding, after, what, by=by, note=said)


class _Origins:
    """Finds what a new finding grew out of: one of the same sort that ends, and shares members."""

    def __init__(self, ending: Mapping[str, Known]) -> None:
        self._ending = ending
        self._by_member: dict[tuple[str, str, Key], list[str]] = {}
        for id_, one in ending.items():
            for member in one.finding.members:
                place = (one.finding.kind, one.finding.subject.ref, member.key)
                self._by_member.setdefault(place, []).append(id_)

    def of(self, finding: Finding) -> Known | None:
        """The one with the most members in common; the oldest of several."""
        shared: dict[str, int] = {}
        for key in {member.key for member in finding.members}:
            for id_ in self._by_member.get((finding.kind, finding.subject.ref, key), ()):
                shared[id_] = shared.get(id_, 0) + 1
        if not shared:
            return None
        ranked = min(shared, key=lambda id_: (-shared[id_], self._ending[id_].life.first_seen, id_))
        return self._ending[ranked]


def _seen(before: Known | None, finding: Finding, origins: _Origins, now: int) -> Step:
    if before is None:
        origin = origins.of(finding)
        life = Life(FindingState.OPEN, now, now)
        if origin:
            life = replace(life, predecessor=origin.finding.id, owner=origin.life.owner)
        return Step(finding, life, "found")
    life = replace(before.life, last_confirmed=now)
    if life.state is FindingState.RESOLVED:
        return Step(finding, _reopened(life), "reopened")
    if _harm(finding) > _harm(before.finding) and life.state in _SETTLED:
        return Step(finding, _reopened(life), "worse")
    if _over(life, now):
        return Step(finding, as_of(life, now), "snooze_over")
    return Step(finding, life, "confirmed")


# What a person has said holds for the facts of that time.
_SETTLED = (FindingState.ACKNOWLEDGED, FindingState.SNOOZED, FindingState.ACCEPTED)


def _harm(finding: Finding) -> int:
    """0: only offers clash; 1: it can be prevented; 2: it has happened."""
    if "offered_only" in finding.flags:
        return 0
    return 1 if "preventable" in finding.flags else 2


def _over(life: Life, now: int) -> bool:
    asleep = life.state in (FindingState.SNOOZED, FindingState.ACCEPTED)
    return asleep and life.snoozed_until is not None and now >= life.snoozed_until


def _reopened(life: Life) -> Life:
    return replace(
        life,
        state=FindingState.REOPENED,
        resolved_at=None,
        snoozed_until=None,
        reopened=life.reopened + 1,
    )


def _reopened_by_hand(life: Life) -> Life:
    if life.state in (FindingState.OPEN, FindingState.REOPENED):
        return life
    return _reopened(life)


def _resolved(life: Life, now: int) -> Life:
    return replace(life, state=FindingState.RESOLVED, resolved_at=now, snoozed_until=None)
