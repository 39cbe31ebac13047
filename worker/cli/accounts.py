"""`calsync accounts`: how each account fares."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from worker.cli.opening import opened
from worker.cli.terminal import ago, console, table
from worker.domain.health import State
from worker.publish import documents


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(chosen: Namespace) -> int:
    """Show every account; 1 where one is not fresh."""
    with opened(chosen) as app:
        views, now = app.accounts(), app.now
    if chosen.json:
        sys.stdout.write(documents.text(documents.accounts(views, now)) + "\n")
    else:
        rows = [
            (
                view.id,
                view.vendor,
                view.state,
                ago(now - view.health.complete_at) if view.health.complete_at else "never",
                view.events,
                view.health.failures or "",
                " ".join(view.brakes),
                ago(max(0, max(view.health.next_at, view.health.wait_until or 0) - now)),
                view.health.error or view.brake_reason or _set_aside(view.quarantined),
            )
            for view in views
        ]
        columns = (
            "account",
            "vendor",
            "state",
            "last complete",
            "events",
            "failures",
            "brakes",
            "next in",
            "trouble",
        )
        console().print(table(columns, rows))
    return 0 if all(view.state in (State.FRESH, State.PAUSED) for view in views) else 1


def _set_aside(count: int) -> str:
    return f"{count} unreadable rows set aside" if count else ""
