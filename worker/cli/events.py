"""`calsync events`: everything that the accounts show, in one form."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from worker.app import Calsync
from worker.cli.names import unknown
from worker.cli.opening import opened
from worker.cli.terminal import console, span, table
from worker.domain.selection import STATUSES, statuses, window
from worker.domain.stored import Stored
from worker.domain.written import moment as read
from worker.publish import csv, documents
from worker.store.events import Wanted

CSV_COLUMNS = tuple(
    """
    id account vendor native_id occurrence kind status start end timezone title location
    resources capacity attendees ours pad_before pad_after url revision updated_at
    """.split()  # noqa: SIM905 - a table's header reads better as one
)


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--account", action="append", default=[], metavar="ID")
    parser.add_argument("--resource", action="append", default=[], metavar="ID")
    parser.add_argument(
        "--from", dest="start", type=moment, metavar="TIME", help="a date (UTC) or ISO 8601 time"
    )
    parser.add_argument(
        "--to", dest="end", type=moment, metavar="TIME", help="up to, not including"
    )
    parser.add_argument(
        "--status",
        choices=STATUSES,
        help="default: all but cancelled ones",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON document")
    form.add_argument("--csv", action="store_true", help="RFC 4180, safe for spreadsheets")


def moment(text: str) -> int:
    """A date (its first instant in UTC) or a time with offset. Raises ArgumentTypeError."""
    try:
        return read(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no date (2026-03-02) and no time with offset (2026-03-02T09:00Z)"
        ) from None


def main(chosen: Namespace) -> int:
    """List the events asked for."""
    with opened(chosen) as app:
        if trouble := unknown(app, chosen.account, chosen.resource):
            sys.stderr.write(f"calsync: {trouble}\n")
            return 2
        found = app.events(_wanted(chosen, app))
        if chosen.json:
            sys.stdout.write(documents.text(documents.events(found)) + "\n")
        elif chosen.csv:
            sys.stdout.write(csv.table(CSV_COLUMNS, (documents.event(one) for one in found)))
        else:
            _show(app, list(found))
    return 0


def _wanted(chosen: Namespace, app: Calsync) -> Wanted:
    return Wanted(
        accounts=chosen.account,
        resources=chosen.resource,
        window=window(chosen.start, chosen.end, app.settings.window(app.now)),
        statuses=statuses(chosen.status or ""),
    )


def _show(app: Calsync, found: list[Stored]) -> None:
    zone = app.config.worker.timezone
    rows = [
        (
            span(one.event.span.start, one.event.span.end, one.event.timezone or zone),
            one.event.key.account,
            one.event.status,
            one.event.title,
            " ".join(one.resources),
            f"{one.event.attendees}/{one.event.capacity}"
            if one.event.capacity
            else one.event.attendees,
            one.event.key.id,
        )
        for one in found
    ]
    console().print(
        table(("when", "account", "status", "title", "resources", "people", "id"), rows)
    )
    console().print(f"{len(rows)} events")
