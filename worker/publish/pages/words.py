"""Times, lengths and vendor text in the form in which people read them on a page."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlsplit

from worker.domain.conflict.finding import Finding, Member
from worker.domain.conflict.report import Report, SourceState
from worker.domain.instants import local
from worker.domain.span import DAY, HOUR, MINUTE, Span

LONGEST_TITLE = 160
LONGEST_URL = 2000

_GLUE = "\N{NO-BREAK SPACE}"

# Letters that are not seen but reorder, hide or join what is around them.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_ODD = frozenset(' "<>`{}|^')  # no address has them unless somebody wants something
_JOINERS = frozenset("\u200c\u200d")  # needed to write Persian, Hindi and many emoji


@dataclass(frozen=True, slots=True)
class Zones:
    """Whose clock times are shown by: a resource's own, else `default`."""

    default: str
    by_resource: Mapping[str, str] = field(default_factory=dict)

    def of(self, finding: Finding) -> str:
        """The zone of a finding's subject."""
        return self.by_resource.get(finding.subject.id, self.default)

    def of_any(self, resources: Iterable[str]) -> str:
        """The zone of the first of these resources that has one."""
        known = (self.by_resource[one] for one in resources if one in self.by_resource)
        return next(known, self.default)


def tamed(text: str, longest: int = LONGEST_TITLE) -> str:
    """Vendor text on one line, without letters that spoof or break the line, and not too long."""
    some = text[: longest * 4]
    # Nearly all text is plain, and there is much of it.
    seen = some if some.isascii() and some.isprintable() else "".join(map(_seen, some))
    line = " ".join(seen.split())
    return f"{line[: longest - 1]}…" if len(line) > longest else line


def tamed_finding(finding: Finding) -> Finding:
    """The same finding with titles, names and evidence that can be put into a sentence."""
    subject = replace(finding.subject, name=tamed(finding.subject.name))
    members = tuple(replace(one, title=tamed(one.title, 80)) for one in finding.members)
    evidence = tuple((name, _tamed_value(value)) for name, value in finding.evidence)
    return replace(finding, subject=subject, members=members, evidence=evidence)


def _tamed_value(value: object) -> object:
    """A piece of evidence: text, a list of texts, or something that needs no taming."""
    match value:
        case str():
            return tamed(value)
        case list() | tuple():
            return type(value)(_tamed_value(one) for one in value)
        case _:
            return value


def vendor_link(member: Member) -> str:
    """The vendor's screen for an event, or empty."""
    return plain_link(member.url)


def plain_link(address: object) -> str:
    """A vendor's address, or empty: only what a browser just opens."""
    url = address if isinstance(address, str) else ""
    if len(url) > LONGEST_URL or not (url.isascii() and url.isprintable()) or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
        named = parts.hostname
    except ValueError:
        return ""
    plain = parts.scheme in ("http", "https") and named and "@" not in parts.netloc
    return url if plain and _ODD.isdisjoint(url) else ""


def clock_time(seconds: int, zone: str) -> str:
    """`09:30` in `zone`."""
    return f"{local(seconds, zone):%H:%M}"


def zone_name(seconds: int, zone: str) -> str:
    """What the zone is called at an instant: `CET`, or its offset where it has no name."""
    name = local(seconds, zone).tzname() or zone
    return f"UTC{name}" if name[0] in "+-" else name


def day(seconds: int, zone: str) -> str:
    """`Monday 2 March 2026` in `zone`."""
    return civil_day(local(seconds, zone))


def civil_day(day: date) -> str:
    """`Monday 2 March 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day(seconds: int, zone: str) -> str:
    """`Mon 2 Mar` in `zone`, never broken over two lines."""
    moment = local(seconds, zone)
    return f"{moment:%a}{_GLUE}{moment.day}{_GLUE}{moment:%b}"


def moment(seconds: int, zone: str) -> str:
    """`Mon 2 Mar, 09:30 CET`."""
    name = zone_name(seconds, zone)
    return f"{short_day(seconds, zone)}, {clock_time(seconds, zone)}{_GLUE}{name}"


def hours(span: Span, zone: str) -> str:
    """`09:30–10:15 CET`; the end's day where it is another one, both zones where they differ."""
    start, end = local(span.start, zone), local(span.end, zone)
    last = "" if start.date() == end.date() else f"{short_day(span.end, zone)} "
    first, second = zone_name(span.start, zone), zone_name(span.end, zone)
    changed = "" if first == second else f"{_GLUE}{first}"
    return f"{start:%H:%M}{changed}–{last}{end:%H:%M}{_GLUE}{second}"


def when(span: Span, zone: str) -> str:
    """`Mon 2 Mar, 09:30–10:15 CET`."""
    return f"{short_day(span.start, zone)}, {hours(span, zone)}"


def length(seconds: int) -> str:
    """A length of time as people say it: `12 s`, `4 min`, `3 h 20 min`, `2 days`."""
    seconds = max(0, seconds)
    if seconds < 90:
        return f"{seconds} s"
    if seconds < 90 * MINUTE:
        return f"{seconds // MINUTE} min"
    if seconds < 36 * HOUR:
        minutes = seconds % HOUR // MINUTE
        return f"{seconds // HOUR} h {minutes} min" if minutes else f"{seconds // HOUR} h"
    return counted(round(seconds / DAY), "day")


def distance(seconds: int) -> str:
    """`in 3 h 20 min`, `now`, or `41 min ago`: `seconds` from now, negative for the past."""
    if seconds > 0:
        return f"in {length(seconds)}"
    return "now" if seconds > -MINUTE else f"{length(-seconds)} ago"


def start_in(span: Span, now: int) -> str:
    """`starts in 3 h`, `going on now`, `over since 2 h`."""
    if now < span.start:
        return f"starts in {length(span.start - now)}"
    return "going on now" if now < span.end else f"over since {length(now - span.end)}"


def counted(number: int, word: str) -> str:
    """`1 conflict`, `1,284 events`."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def freshness(source: SourceState, now: int) -> str:
    """`2 min ago, complete`, in words that say what is wrong."""
    if source.polled_at is None:
        return "never read completely"
    age = "just now" if now - source.polled_at < MINUTE else f"{length(now - source.polled_at)} ago"
    match source.complete, source.stale:
        case True, False:
            return f"{age}, complete"
        case True, True:
            return f"{age}, stale"
        case False, True:
            return f"last complete {age}, stale"
        case _:
            return f"last complete {age}, newest listing incomplete"


def proof(report: Report, conflicts: int, zone: str) -> str:
    """What a verdict rests on: `0 conflicts: 1,284 events, 5 of 5 sources fresh at 10:02 CET`."""
    fresh = sum(source.trusted for source in report.sources)
    at = f"{clock_time(report.checked_at, zone)} {zone_name(report.checked_at, zone)}"
    return (
        f"{counted(conflicts, 'conflict')}: {counted(report.events, 'event')}, "
        f"{fresh} of {counted(len(report.sources), 'source')} fresh at {at}"
    )


def _seen(letter: str) -> str:
    if letter in "\t\n\r":
        return " "
    if unicodedata.category(letter) in _UNSEEN and letter not in _JOINERS:
        return "\N{REPLACEMENT CHARACTER}"
    return letter
