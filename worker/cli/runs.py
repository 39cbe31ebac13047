"""`calsync runs` and `undo`: what was written, and taking it back."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from worker.app import Calsync
from worker.cli.life import operator
from worker.cli.opening import opened
from worker.cli.plan import tell
from worker.cli.terminal import console, span, table
from worker.domain.instants import iso
from worker.domain.reconcile.record import RunRecord
from worker.engine.reconciler import NoSuchRun
from worker.engine.undoing import Undo, steps
from worker.publish import documents, plans
from worker.store.database import Busy


def options(parser: ArgumentParser) -> None:
    """What the two take."""
    if parser.prog.endswith("undo"):
        parser.add_argument("run", metavar="RUN", help="its id, as `calsync runs` prints it")
        parser.add_argument("--apply", action="store_true", help="do it; else it is only shown")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(chosen: Namespace) -> int:
    """List runs, or take one back."""
    with opened(chosen) as app:
        return _undo(app, chosen) if chosen.command == "undo" else _runs(app, chosen)


def _runs(app: Calsync, chosen: Namespace) -> int:
    found = app.store.outbox.runs()
    if chosen.json:
        sys.stdout.write(documents.text(plans.runs(found)) + "\n")
        return 0
    out = console()
    if not found:
        out.print("Nothing was ever written.")
    for run in found:
        _show_run(app, run)
    return 0


def _show_run(app: Calsync, run: RunRecord) -> None:
    out = console()
    what = f", takes back {run.undoes}" if run.undoes else ""
    out.print(f"Run {run.id} of plan {run.plan}, {iso(run.started_at)}{what}", markup=False)
    rows = [
        (
            entry.action.target,
            entry.action.verb.value,
            span(
                entry.action.span.start,
                entry.action.span.end,
                app.zone_at([entry.action.resource]),
            ),
            entry.outcome,
            entry.detail + (f" (taken back by {entry.taken_back})" if entry.taken_back else ""),
        )
        for entry in run.entries
    ]
    out.print(table(("account", "did", "when", "outcome", ""), rows))


def _undo(app: Calsync, chosen: Namespace) -> int:
    try:
        undo = app.writing.undo(chosen.run)
        if chosen.apply:
            return _carried_out(app, undo, chosen)
    except (NoSuchRun, Busy) as error:
        sys.stderr.write(f"calsync: {error}\n")
        return 2 if isinstance(error, NoSuchRun) else 1
    if chosen.json:
        document = plans.undo(undo.run, undo.hash, list(steps(undo)), undo.lost)
        sys.stdout.write(documents.text(document) + "\n")
        return 0
    out = console()
    rows = [(one.target, one.verb.value, one.why) for one in steps(undo)]
    if rows:
        out.print(table(("account", "would", "why"), rows))
    _tell_lost(undo)
    how = f"Do it with `calsync undo {undo.run} --apply`." if rows else ""
    out.print(how or f"There is nothing of run {undo.run} that can be taken back.")
    return 0


def _carried_out(app: Calsync, undo: Undo, chosen: Namespace) -> int:
    pushed = app.writing.take_back(undo, operator())
    left = app.writing.undo(undo.run)
    if chosen.json:
        run = app.store.outbox.run(pushed.run) if pushed.run else None
        sys.stdout.write(documents.text(plans.runs([run] if run else [])) + "\n")
    else:
        tell(pushed, console())
        _tell_lost(left)
    return 0 if pushed.fine and not left.lost else 1


def _tell_lost(undo: Undo) -> None:
    for action, why in undo.lost:
        console().print(
            f"Cannot be taken back: {action.verb} at {action.target}: {why}", markup=False
        )
