"""`calsync conflicts`: the report, in a terminal or for programs."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rich.console import Group
from rich.text import Text

from worker.app import Calsync
from worker.cli.opening import opened
from worker.cli.terminal import STYLES, ago, console, span, table, visible
from worker.domain.conflict.finding import PRESSING, FindingKind, FindingState
from worker.domain.conflict.report import Report, Reported, Verdict
from worker.domain.conflict.severity import FLOORS, Band
from worker.publish import csv, documents
from worker.publish.sentences import sentence

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
)


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
        choices=[*(str(state) for state in FindingState), "all"],
        help="default: all but resolved ones",
    )
    parser.add_argument("--min-severity", choices=bands, metavar="BAND")
    parser.add_argument(
        "--fail-on",
        choices=bands,
        metavar="BAND",
        help="exit 1 if a pressing finding is at or above it, or the verdict is unknown",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="RFC 4180, safe for spreadsheets")


def main(chosen: Namespace) -> int:
    """Print the report; 1 only where `--fail-on` says so."""
    with opened(chosen) as app:
        whole = app.report(_states(chosen))
        report = replace(whole, findings=tuple(_filtered(whole.findings, chosen)))
        if chosen.json:
            document = documents.conflicts(report, app.vendor_names)
            sys.stdout.write(documents.text(document) + "\n")
        elif chosen.csv:
            sys.stdout.write(csv.table(CSV_COLUMNS, (_row(one) for one in report.findings)))
        else:
            show(app, report)
        return _code(whole, chosen.fail_on)


def show(app: Calsync, report: Report) -> None:
    """The report for people: the verdict with its proof, then day by day, the worst first."""
    out = console()
    out.print(_headline(report, app.now))
    zones = {r.id: r.timezone or app.config.worker.timezone for r in app.config.resources}
    default = app.config.worker.timezone
    for one in report.findings:
        out.print()
        out.print(_block(one, zones.get(one.finding.subject.id, default), app.now))


def _headline(report: Report, now: int) -> Text:
    pressing = sum(one.life.state in PRESSING for one in report.findings)
    fresh = sum(source.trusted for source in report.sources)
    line = Text("Verdict: ")
    line.append(report.verdict, STYLES[report.verdict])
    line.append(
        f". {pressing} conflicts among {report.events} events; "
        f"{fresh} of {len(report.sources)} sources fresh and complete."
    )
    for source in report.sources:
        if not source.trusted:
            age = ago(now - source.polled_at) if source.polled_at else "never"
            words = "stale" if source.stale else "incomplete"
            line.append(f"\n  {source.account} is {words} (last complete: {age})", "yellow")
    return line


def _block(one: Reported, zone: str, now: int) -> Group:
    finding = one.finding
    head = Text()
    head.append(f"{one.severity.band.upper()} {one.severity.score}", STYLES[one.severity.band])
    head.append(f"  {span(finding.span.start, finding.span.end, zone)}", "bold")
    head.append(f"  {visible(finding.subject.name or finding.subject.id)}")
    head.append(f"  {one.life.state}, {ago(now - one.life.first_seen)} old, id {finding.id}", "dim")
    body = Text(f"  {visible(sentence(finding))}")
    if one.doubt:
        body.append(f"\n  Not certain: {one.doubt}", "yellow")
    why = "; ".join(f"{term} {points:+d}" for term, points in one.severity.terms)
    members = table(
        ("", "", "", "", ""),
        (
            (
                "   ",
                span(each.span.start, each.span.end, zone),
                each.key.account,
                each.status,
                each.title or each.key.native_id,
            )
            for each in finding.members
        ),
    )
    members.show_header = False
    return Group(head, body, members, Text(f"  Severity: {why}", "dim"))


def _states(chosen: Namespace) -> tuple[FindingState, ...]:
    if "all" in chosen.state:
        return tuple(FindingState)
    return tuple(FindingState(state) for state in chosen.state)


def _filtered(findings: Iterable[Reported], chosen: Namespace) -> Iterator[Reported]:
    floor = FLOORS[Band(chosen.min_severity)] if chosen.min_severity else 0
    for one in findings:
        if chosen.kind and one.finding.kind not in chosen.kind:
            continue
        if chosen.resource and one.finding.subject.id not in chosen.resource:
            continue
        if one.severity.score >= floor:
            yield one


def _code(report: Report, fail_on: str | None) -> int:
    if fail_on is None:
        return 0
    if report.verdict is Verdict.UNKNOWN:
        return 1
    floor = FLOORS[Band(fail_on)]
    grave = (one.severity.score >= floor for one in report.findings if one.life.state in PRESSING)
    return 1 if any(grave) else 0


def _row(one: Reported) -> dict[str, object]:
    document = documents.finding(one, {})
    document |= {
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
