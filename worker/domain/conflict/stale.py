"""STALE_SOURCE: an account whose picture is too old to judge by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.standing import standing


def stale_sources(sources: Iterable[SourceState], now: int) -> Iterator[Finding]:
    """The accounts without a complete poll for too long, as of `now` (epoch seconds).

    `age_seconds` and `last_complete` (epoch seconds) are None where there never was one; then the
    flag is `never`.
    """
    for source in sources:
        if source.stale:
            last = source.polled_at
            yield standing(
                FindingKind.STALE_SOURCE,
                Subject("account", source.account),
                () if last is not None else ("never",),
                (
                    ("last_complete", last),
                    ("age_seconds", None if last is None else max(0, now - last)),
                ),
            )
