"""`calsync sync`: one cycle now."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace

from rich.text import Text

from worker.app import Calsync
from worker.cli.names import unknown
from worker.cli.opening import opened
from worker.cli.terminal import STYLES, console
from worker.domain.conflict.finding import PRESSING
from worker.domain.instants import iso
from worker.engine.poll import PollReport, Result


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--account", action="append", default=[], metavar="ID", help="only this one"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(chosen: Namespace) -> int:
    """Poll, detect, tell; 1 where an account is not fine."""
    with opened(chosen) as app:
        if trouble := unknown(app, chosen.account):
            sys.stderr.write(f"calsync: {trouble}\n")
            return 2
        told = (lambda _report: None) if chosen.json else tell
        reports = app.sync(list(dict.fromkeys(chosen.account)), told)
        if chosen.json:
            sys.stdout.write(
                json.dumps(_document(app, reports), ensure_ascii=False, indent=2) + "\n"
            )
        else:
            summarise(app)
        return 0 if all(report.fine for report in reports) else 1


def summarise(app: Calsync) -> None:
    """The cycle in one line: events, findings, verdict."""
    report = app.report()
    pressing = [one for one in report.findings if one.life.state in PRESSING]
    fresh = sum(source.trusted for source in report.sources)
    line = Text(f"{report.events} events, {fresh} of {len(report.sources)} sources fresh: ")
    line.append(f"{len(pressing)} findings, verdict ")
    line.append(report.verdict, STYLES.get(report.verdict, ""))
    console().print(line)


def tell(report: PollReport) -> None:
    """What became of one account, in a line."""
    line = Text(f"{report.account:<16} ")
    line.append(f"{report.result:<11}", STYLES.get(report.result, ""))
    if report.polled:
        one = report.polled
        line.append(f" {one.rows} rows, {one.created} new, {one.changed} changed, {one.gone} gone")
    if report.reason:
        line.append(f" ({report.reason})")
    if report.brake:
        line.append(f" [brake: {report.brake}]", "yellow")
    if report.result is not Result.COMPLETE and report.health.wait_until:
        line.append(f", waiting: no call before {iso(report.health.wait_until)}")
    console().print(line)


def _document(app: Calsync, reports: list[PollReport]) -> dict[str, object]:
    report = app.report()
    return {
        "schema": "calsync/sync/1",
        "accounts": [_account(one) for one in reports],
        "verdict": report.verdict,
        "events": report.events,
        "conflicts": sum(one.life.state in PRESSING for one in report.findings),
    }


def _account(report: PollReport) -> dict[str, object]:
    polled = report.polled
    return {
        "id": report.account,
        "result": report.result,
        "reason": report.reason or None,
        "brake": report.brake or None,
        "rows": polled.rows if polled else 0,
        "created": polled.created if polled else 0,
        "changed": polled.changed if polled else 0,
        "gone": polled.gone if polled else 0,
        "next_poll": iso(max(report.health.next_at, report.health.wait_until or 0)),
    }
