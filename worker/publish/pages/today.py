"""Today: the verdict with its proof, the worst first, and what starts soon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.conflict.finding import Group
from worker.domain.conflict.report import Report, Reported, SourceState, Verdict
from worker.domain.conflict.severity import ORDER
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.publish.ages import Age, age_picture, ages, oldest
from worker.publish.pages.cards import card, pressing
from worker.publish.pages.template import Frame, render
from worker.publish.pages.words import Zones, counted, freshness, length, proof, tamed

MOST_CARDS = 6


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source with its age in words."""

    account: str
    trusted: bool
    words: str


@dataclass(frozen=True, slots=True)
class SoonLine:
    """An event that starts soon; `finding` is the id of a conflict that it is part of."""

    span: Span
    zone: str
    who: str
    title: str
    account: str
    status: str
    finding: str


@dataclass(frozen=True, slots=True)
class Ageing:
    """How long findings have been open: the picture, its table, and the oldest (id, its age)."""

    total: int
    picture: Markup
    bars: tuple[Age, ...]
    oldest: str
    since: str


@dataclass(frozen=True, slots=True)
class Seen:
    """When the reader was here last (epoch seconds), and the ids of what has come up since."""

    at: int
    new: Collection[str]


def today_page(
    frame: Frame,
    report: Report,
    soon: Iterable[Stored],
    zones: Zones,
    names: Mapping[str, str],
    seen: Seen | None = None,
) -> str:
    """The first page. `report` holds all that is not resolved; `names` are those of resources.

    `seen` is None for a reader who was never here, to whom nothing is new.
    """
    asking = pressing(report, Group.SCHEDULE)
    now = report.checked_at
    new = seen.new if seen else ()
    return render(
        "today.html",
        frame,
        "today",
        verdict=report.verdict,
        headline=_headline(report, len(asking)),
        proof=proof(report, len(asking), zones.default),
        doubtful=[one for one in sources(report, now) if not one.trusted],
        sources=sources(report, now),
        bands=_bands(asking),
        cards=[card(one, zones, now, new=new) for one in asking[:MOST_CARDS]],
        seen=seen,
        news=_news(report, seen),
        beside=_beside(report),
        ageing=_ageing(report),
        more=max(0, len(asking) - MOST_CARDS),
        soon=_soon(soon, asking, zones, names),
        now=now,
        zone=zones.default,
    )


def _ageing(report: Report) -> Ageing | None:
    """None where nothing asks for anybody."""
    first = oldest(report.findings)
    if first is None:
        return None
    bars = ages(report.findings, report.checked_at)
    return Ageing(
        total=sum(bar.total for bar in bars),
        picture=Markup(age_picture(bars)),  # noqa: S704 - drawn element by element
        bars=tuple(bars),
        oldest=first.finding.id,
        since=length(report.checked_at - first.life.first_seen),
    )


def _news(report: Report, seen: Seen | None) -> int:
    """How many of all that asks for somebody have come up since the last visit."""
    if seen is None:
        return 0
    asking = [one for group in Group for one in pressing(report, group)]
    return sum(one.finding.id in seen.new for one in asking)


def sources(report: Report, now: int) -> list[SourceLine]:
    """Every source with its age."""
    return [source_line(one, now) for one in report.sources]


def source_line(source: SourceState, now: int) -> SourceLine:
    """One source with its age."""
    return SourceLine(source.account, source.trusted, freshness(source, now))


def _headline(report: Report, asking: int) -> str:
    match report.verdict:
        case Verdict.CONFLICT:
            return f"{counted(asking, 'conflict')} to look at"
        case Verdict.UNKNOWN:
            return "Nothing found, but not everything is known"
        case _:
            return "Nothing is booked twice"


def _bands(asking: Sequence[Reported]) -> list[tuple[str, int]]:
    counts = Counter(one.severity.band for one in asking)
    return [(band, counts[band]) for band in ORDER if counts[band]]


def _beside(report: Report) -> list[tuple[str, str]]:
    """What else asks for somebody: (group, words). It is no conflict, and not counted as one."""
    found = ((group, len(pressing(report, group))) for group in (Group.SYSTEM, Group.TRUST))
    return [(group, counted(number, f"{group} finding")) for group, number in found if number]


def _soon(
    events: Iterable[Stored],
    asking: Iterable[Reported],
    zones: Zones,
    names: Mapping[str, str],
) -> list[SoonLine]:
    clashing = {member.key: one.finding.id for one in asking for member in one.finding.members}
    return [
        SoonLine(
            span=one.event.span,
            zone=zones.of_any(one.resources),
            who=", ".join(tamed(names.get(id_, id_)) for id_ in one.resources),
            title=tamed(one.event.title) or one.event.key.native_id,
            account=one.event.key.account,
            status=one.event.status,
            finding=clashing.get(one.event.key, ""),
        )
        for one in events
    ]
