"""When an event that is no longer shown may be believed to be gone (brakes B1 to B4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain.event import Key
from worker.domain.listing import Coverage, Listing
from worker.domain.span import Span


@dataclass(frozen=True, slots=True)
class Absent:
    """A live event that the newest listing does not show; earlier absences counted in."""

    key: Key
    span: Span
    polls: int  # complete polls without it, this one included
    since: int  # when it was first missed, epoch seconds
    within: tuple[str, ...] = ()  # its subjects and series, as last seen


@dataclass(frozen=True, slots=True)
class AbsenceRules:
    """The thresholds of `[brakes]`; `absence_for` in seconds."""

    absence_polls: int = 2
    absence_for: int = 600
    vanish_share: float = 0.2
    vanish_at_least: int = 5


@dataclass(frozen=True, slots=True)
class Judgement:
    """Which absences to ask the vendor about now, and the brake that stops all of them, if any."""

    ask: tuple[Absent, ...] = ()
    brake: str = ""
    reason: str = ""


def counts(listing: Listing) -> bool:
    """Whether a listing says anything about what it does not show (B1)."""
    return listing.complete and listing.coverage is Coverage.FULL


def judge(
    absent: Sequence[Absent], *, live: int, rows: int, now: int, rules: AbsenceRules
) -> Judgement:
    """Weigh the absences of one complete listing of an account.

    `live` is how many live events were known in the window before it, `rows` how many rows of
    any sort the listing had. Nothing vanishes by this alone: what is asked about must still be
    confirmed gone by the vendor.
    """
    if not absent:
        return Judgement()
    if live and not rows:
        return Judgement(
            brake="B2", reason=f"the listing is empty, but {live} live events were known"
        )
    line = max(rules.vanish_at_least, int(rules.vanish_share * live))
    if len(absent) > line:
        return Judgement(
            brake="B3",
            reason=f"{len(absent)} of {live} live events vanished at once; {line} are allowed",
        )
    return Judgement(ask=tuple(_ripe(absent, now, rules)))


def _ripe(absent: Iterable[Absent], now: int, rules: AbsenceRules) -> Iterable[Absent]:
    for one in absent:
        if one.polls >= rules.absence_polls and now - one.since >= rules.absence_for:
            yield one
