"""`calsync conflicts`: the report, in a terminal or for programs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from rich.table import Table
from rich.text import Text

from worker.app import Calsync
from worker.cli.names import unknown
from worker.cli.opening import opened
from worker.cli.terminal import STYLES, ago, console, span, table, visible
from worker.domain.conflict.finding import PRESSING, Finding, FindingKind, Group
from worker.domain.conflict.report import Report, Reported, Verdict
from worker.domain.conflict.selection import STATES, Selection
from worker.domain.conflict.severity import FLOORS, Band
from worker.domain.conflict.standing import STANDING
from worker.domain.conflict.suggestions import Suggestion, suggestions
from worker.domain.instants import iso
from worker.domain.stored import Stored
from worker.publish import csv, documents
from worker.publish.grouping import Day, Row, sections
from worker.publish.sentences import counted, sentence, who

CSV_COLUMNS = (
    "id",
    "kind",
    "verdict",
    "score",
    "band",
    "state",
    "subject",
    "start",
    "end",
    "peak",
    "limit",
    "overlap_minutes",
    "members",
    "first_seen",
    "last_confirmed",
    "sentence",
    "suggestion",
)
TITLES = {
    Group.SCHEDULE: "Schedule: who or what is in two places",
    Group.SYSTEM: "System: what keeps calsync from working",
    Group.TRUST: "Trust: where the picture may be wrong",
}
MOST_SUGGESTED = 2  # `explain` shows all
MOST_REPEATS = 5  # of one clash that are named; the rest is counted


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    bands = [str(band) for band in Band]
    parser.add_argument(
        "--kind", action="append", default=[], choices=[str(k) for k in FindingKind]
    )
    parser.add_argument("--resource", action="append", default=[], metavar="ID")
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        choices=STATES,
        help="default: all but resolved ones",
    )
    parser.add_argument("--min-severity", choices=bands, metavar="BAND")
    parser.add_argument(
        "--fail-on",
        choices=bands,
        metavar="BAND",
        help="exit 1 if a pressing finding among those asked for is at or above it, "
        "or the verdict is unknown",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="RFC 4180, safe for spreadsheets")


def main(chosen: Namespace) -> int:
    """Print the report; 1 only where `--fail-on` says so."""
    with opened(chosen) as app:
        if trouble := unknown(app, resources=chosen.resource):
            sys.stderr.write(f"calsync: {trouble}\n")
            return 2
        asked = Selection(chosen.kind, chosen.resource, chosen.state, chosen.min_severity or "")
        whole = app.report(asked.wanted)
        report = asked.of(whole)
        if chosen.json:
            document = documents.conflicts(report, app.vendor_names, app.advice(report))
            sys.stdout.write(documents.text(document) + "\n")
        elif chosen.csv:
            advice = app.advice(report)
            rows = (_row(one, advice) for one in report.findings)
            sys.stdout.write(csv.table(CSV_COLUMNS, rows))
        else:
            show(app, report)
        # What a band hides may still fail: only what was not asked about is left out.
        return _code(replace(asked, min_severity="").of(whole), chosen.fail_on)


def show(app: Calsync, report: Report) -> None:
    """The report for people: the verdict with its proof, then day by day, the worst first."""
    out = console()
    out.print(_headline(report, app.now))
    advice = app.advice(report)
    numbers = {m.key.number for one in report.findings for m in one.finding.members}
    events = app.store.events.by_number(numbers)
    for section in sections(report.findings, app.zone_of):
        out.print(Text(f"\n{TITLES[section.group]}", "bold underline"))
        for day in section.days:
            for line in _day(app, day, advice, events):
                out.print(line)


def _day(
    app: Calsync, day: Day, advice: documents.Advice, events: Mapping[int, Stored]
) -> Iterator[Table | Text]:
    for of in day.subjects:
        name = visible(who(of.subject))
        date = f"{day.day:%a} {day.day.day} {day.day:%b %Y}, " if day.day else ""
        yield Text(f"\n{date}{name}", "bold")
        for row in of.rows:
            one = row.first.finding
            found = advice.get(one.id) or suggestions(one)
            yield _block(row, app.zone_of(one), app.now)
            yield _members(app, one, events)
            yield _ending(row.first, found)


def _headline(report: Report, now: int) -> Text:
    """The verdict with what it rests on: an empty report proves itself."""
    pressing = sum(one.life.state in PRESSING for one in report.findings)
    fresh = sum(source.trusted for source in report.sources)
    line = Text("Verdict: ")
    line.append(report.verdict, STYLES[report.verdict])
    line.append(
        f". {pressing} findings among {report.events} events; "
        f"{fresh} of {len(report.sources)} sources fresh and complete at {iso(report.checked_at)}."
    )
    for source in report.sources:
        age = f"{ago(now - source.polled_at)} ago" if source.polled_at else "never"
        if source.trusted:
            line.append(f"\n  {source.account}: complete {age}", "dim")
        else:
            words = "stale" if source.stale else "incomplete"
            line.append(f"\n  {source.account} is {words} (last complete: {age})", "yellow")
    return line


def when(finding: Finding, zone: str, now: int) -> str:
    """The clash in local time with its zone, and how far ahead it is."""
    if STANDING in finding.flags:
        return "at all times"
    start, end = finding.span.start, finding.span.end
    ahead = f"in {ago(start - now)}" if start > now else "over" if end <= now else "under way"
    return f"{span(start, end, zone)} ({ahead})"


def _block(row: Row, zone: str, now: int) -> Text:
    one, finding = row.first, row.first.finding
    text = Text("  ")
    text.append(f"{one.severity.band.upper()} {one.severity.score}", STYLES[one.severity.band])
    text.append(f"  {finding.kind}  {when(finding, zone, now)}", "bold")
    text.append(f"  {one.life.state}, {ago(now - one.life.first_seen)} old, id {finding.id}", "dim")
    text.append(f"\n    {visible(sentence(finding))}")
    if one.doubt:
        text.append(f"\n    Not certain: {one.doubt}", "yellow")
    if row.repeats:
        text.append(f"\n    The same again: {_repeats(row, zone)}", "dim")
    return text


def _ending(one: Reported, found: Sequence[Suggestion]) -> Text:
    text = Text()
    for each in found[:MOST_SUGGESTED]:
        told = " (people may be told)" if each.notifies else ""
        text.append(f"    Suggestion: {visible(each.effect)}{told}\n")
    why = "; ".join(f"{term} {points:+d}" for term, points in one.severity.terms)
    return text.append(f"    Severity: {why}", "dim")


def _repeats(row: Row, zone: str) -> str:
    named = [
        f"{span(one.finding.span.start, one.finding.span.end, zone)} (id {one.finding.id})"
        for one in row.repeats[:MOST_REPEATS]
    ]
    more = len(row.repeats) - len(named)
    return "; ".join([*named, f"and {more} times more"] if more else named)


def _members(app: Calsync, finding: Finding, events: Mapping[int, Stored]) -> Table:
    zone = app.zone_of(finding)
    names = {resource.id: resource.name for resource in app.config.resources}
    rows = []
    for each in finding.members:
        stored = events.get(each.key.number)
        place = stored.event.location if stored else ""
        occupied = [names.get(id_, id_) for id_ in stored.resources] if stored else []
        rows.append(
            (
                "     ",
                span(each.span.start, each.span.end, zone),
                each.key.account,
                each.status,
                each.title or each.key.native_id,
                counted(each.attendees, "person", "people"),
                ", ".join(dict.fromkeys([*occupied, *([place] if place else [])])),
            )
        )
    members = table(("",) * 7, rows)
    members.show_header = False
    return members


def _code(report: Report, fail_on: str | None) -> int:
    if fail_on is None:
        return 0
    if report.verdict is Verdict.UNKNOWN:
        return 1
    floor = FLOORS[Band(fail_on)]
    grave = (one.severity.score >= floor for one in report.findings if one.life.state in PRESSING)
    return 1 if any(grave) else 0


def _row(one: Reported, advice: documents.Advice) -> dict[str, object]:
    document = documents.finding(one, {}, advice)
    document |= {
        "sentence": sentence(one.finding),
        "suggestion": next((each["effect"] for each in document["suggestions"]), ""),
        "score": one.severity.score,
        "band": one.severity.band,
        "subject": one.finding.subject.id,
        "members": [
            f"{m.key.account}:{m.key.kind}:{m.key.native_id}"
            + (f":{m.key.occurrence}" if m.key.occurrence else "")
            for m in one.finding.members
        ],
    }
    return document
