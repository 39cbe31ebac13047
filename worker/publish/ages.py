"""The age chart: what asks for somebody by how long it has been known, so that neglect shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from worker.domain.conflict.finding import PRESSING
from worker.domain.conflict.report import Reported
from worker.domain.conflict.severity import ORDER, Band
from worker.domain.span import DAY, HOUR
from worker.publish.drawing import markup, picture, rect, text

ROW, BAR = 38, 12
AGES = (
    ("under an hour", HOUR),
    ("under a day", DAY),
    ("1 to 3 days", 3 * DAY),
    ("3 to 7 days", 7 * DAY),
    ("1 to 4 weeks", 28 * DAY),
)
OLDEST = "over 4 weeks"


@dataclass(frozen=True, slots=True)
class Age:
    """The findings of one age band, by severity."""

    words: str
    counts: Counter[Band] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def parts(self) -> tuple[tuple[Band, int], ...]:
        """(severity, how many), the gravest first; only those that there are."""
        return tuple((band, self.counts[band]) for band in ORDER if self.counts[band])


def ages(findings: Iterable[Reported], now: int) -> list[Age]:
    """All age bands, the newest first, with what is open, reopened or acknowledged in each.

    A finding's age is the time since it was first seen, however often it was away meanwhile.
    """
    found = {words: Age(words) for words, _ in (*AGES, (OLDEST, 0))}
    for one in findings:
        if one.life.state in PRESSING:
            found[_band(now - one.life.first_seen)].counts[one.severity.band] += 1
    return list(found.values())


def oldest(findings: Iterable[Reported]) -> Reported | None:
    """What has asked for somebody for the longest; None where nothing does."""
    asking = [one for one in findings if one.life.state in PRESSING]
    return min(asking, key=lambda one: (one.life.first_seen, one.finding.id), default=None)


def age_picture(bars: Sequence[Age]) -> str:
    """A bar for each age band as an `svg` element; its table twin stands beside it."""
    most = max((one.total for one in bars), default=0) or 1
    told = "; ".join(f"{one.words}: {_told(one)}" for one in bars)
    root = picture(
        "ages", len(bars) * ROW, "ages", "Open findings by how long they are known", told
    )
    for number, one in enumerate(bars):
        top = number * ROW
        text(root, "text", one.words, x=0, y=top + 13, kind="name")
        text(root, "text", str(one.total), x=100, y=top + 13, kind="count")
        rect(root, "ground", 0, 100, top + 19, BAR)
        left = 0.0
        for band, count in one.parts:
            width = 100 * count / most
            rect(root, f"part {band}", left, width, top + 19, BAR)
            left += width
    return markup(root)


def _told(one: Age) -> str:
    return ", ".join(f"{count} {band}" for band, count in one.parts) or "none"


def _band(age: int) -> str:
    return next((words for words, end in AGES if age < end), OLDEST)
