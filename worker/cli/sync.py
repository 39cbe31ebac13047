"""`calsync sync`: one cycle now."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TextColumn
from rich.text import Text

from worker.app import Calsync
from worker.cli.names import unknown
from worker.cli.opening import opened
from worker.cli.plan import tell as tell_writes
from worker.cli.terminal import STYLES, console
from worker.domain.conflict.finding import PRESSING
from worker.domain.instants import iso
from worker.domain.reconcile.plan import Plan
from worker.engine.poll import PollReport, Result
from worker.engine.push import Done, Hear, nobody
from worker.engine.reconciler import Reconciled


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
        with progress() as wrote:
            reports = app.sync(list(dict.fromkeys(chosen.account)), told, wrote)
        if chosen.json:
            sys.stdout.write(
                json.dumps(_document(app, reports), ensure_ascii=False, indent=2) + "\n"
            )
        else:
            summarise(app)
        return 0 if all(report.fine for report in reports) and written(app) else 1


@contextmanager
def progress() -> Iterator[Hear]:
    """Counts writes on standard error where somebody looks: a first run may have hundreds."""
    if not sys.stderr.isatty():
        yield nobody
        return
    with Progress(
        TextColumn("{task.completed} written, {task.fields[account]}"),
        transient=True,
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task("", total=None, account="", visible=False)

        def wrote(done: Done) -> None:
            bar.update(task, advance=1, account=done.action.target, visible=True)

        yield wrote


def written(app: Calsync) -> bool:
    """Whether the writing side did what it was asked to.

    In `plan` mode nothing is asked of it. What a brake keeps back of a whole account is a refusal;
    of single events, it is everyday.
    """
    found = app.reconciled
    if found is None or found.pushed is None:
        return True
    whole = [one for one in found.planned.plan.waiting if "/" not in one.scope]
    return found.pushed.fine and not whole


def summarise(app: Calsync) -> None:
    """The cycle in one line: events, findings, verdict."""
    report = app.report()
    pressing = [one for one in report.findings if one.life.state in PRESSING]
    fresh = sum(source.trusted for source in report.sources)
    line = Text(f"{report.events} events, {fresh} of {len(report.sources)} sources fresh: ")
    line.append(f"{len(pressing)} findings, verdict ")
    line.append(report.verdict, STYLES.get(report.verdict, ""))
    console().print(line)
    if app.reconciled is not None:
        _writes(app.reconciled)


def _writes(found: Reconciled) -> None:
    """What was written, or waits to be; nothing where there is nothing to say."""
    out = console()
    plan = found.planned.plan
    if found.pushed is not None and found.pushed.run:
        tell_writes(found.pushed, out)
    elif plan.actions:
        some = "1 write waits" if len(plan.actions) == 1 else f"{len(plan.actions)} writes wait"
        out.print(f"{some}: see `calsync plan` ({plan.hash})")
    for account, count in sorted(_held(plan).items()):
        out.print(f"{account}: {count}; see `calsync plan`", style="yellow")
    if found.unsettled:
        out.print(f"{found.unsettled} writes are not settled: their answers were lost")


def _held(plan: Plan) -> dict[str, str]:
    """What brakes keep back, by account, in words."""
    kept: dict[str, Counter[str]] = {}
    for refusal in plan.waiting:
        account = refusal.scope.partition("/")[0]
        kept.setdefault(account, Counter())[refusal.brake] += len(refusal.actions)
    return {
        account: ", ".join(f"{count} kept back by {brake}" for brake, count in counts.items())
        for account, counts in kept.items()
    }


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
        "plan": _plan(app.reconciled),
    }


def _plan(found: Reconciled | None) -> dict[str, object] | None:
    """What the writing side came to; None where `push` is off."""
    if found is None:
        return None
    pushed = found.pushed
    outcomes = Counter(str(one.state) for one in pushed.done) if pushed else Counter[str]()
    return {
        "hash": found.planned.plan.hash,
        "actions": len(found.planned.plan.actions),
        "refused": [
            {"brake": one.brake, "scope": one.scope, "reason": one.reason}
            for one in found.planned.plan.refused
        ],
        "run": (pushed.run or None) if pushed else None,
        "outcomes": dict(sorted(outcomes.items())),
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
