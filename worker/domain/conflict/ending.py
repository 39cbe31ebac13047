"""When what a person has said of a finding ends, as they write it."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.conflict.register import Verb
from worker.domain.instants import LATEST
from worker.domain.span import DAY, MINUTE
from worker.domain.written import length, moment

SNOOZE = DAY  # seconds, where nothing else is said
SHORTEST, LONGEST = MINUTE, 3650 * DAY
FORMS = "a date (2026-03-02), a time with offset (2026-03-02T09:00Z) or a length (12h, 3d)"


@dataclass(frozen=True, slots=True)
class After:
    """So many seconds from when it is said."""

    seconds: int


@dataclass(frozen=True, slots=True)
class At:
    """An instant, in epoch seconds."""

    instant: int


Ending = After | At


def ending(text: str, zone: str = "") -> Ending:
    """Read one of `FORMS`, in `zone` if one is given. Raises ValueError."""
    try:
        seconds = length(text)
    except ValueError:
        at = moment(text, zone)
        if at >= LATEST:
            raise ValueError("the end is beyond the year 2200") from None
        return At(at)
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError("the length is not from 1 minute to 3650 days")
    return After(seconds)


def until(verb: Verb, given: Ending | None, now: int) -> int | None:
    """The instant that is meant at `now`: a snooze ends in any case, an acceptance need not."""
    match given:
        case After(seconds):
            return now + seconds
        case At(instant):
            return instant
        case None:
            return now + SNOOZE if verb is Verb.SNOOZE else None
