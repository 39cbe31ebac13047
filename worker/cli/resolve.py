"""`calsync resolve`: a person approves a way out of a finding; it becomes a part of the plan."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from worker.app import Calsync
from worker.cli.events import moment
from worker.cli.life import operator
from worker.cli.opening import opened
from worker.cli.terminal import console
from worker.domain.conflict.register import NoSuch
from worker.domain.reconcile.wish import ACTIONS, NotPossible, Wish


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("id", metavar="ID", help="of the finding, or its first digits")
    parser.add_argument("action", choices=ACTIONS, help="what to do")
    parser.add_argument("event", metavar="EVENT", help="the id of the event that gives way")
    parser.add_argument("--to", type=moment, metavar="TIME", help="move: when it is to begin")
    parser.add_argument(
        "--notify",
        action="store_true",
        help="let the vendor tell the people concerned; nobody is told otherwise",
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="why; kept with the run")


def main(chosen: Namespace) -> int:
    """Keep the approval; it is carried out with the next plan."""
    with opened(chosen) as app:
        try:
            return _kept(app, chosen)
        except NoSuch as error:
            sys.stderr.write(f"calsync: {error}\n")
            return 2
        except NotPossible as error:
            sys.stderr.write(f"calsync: {chosen.event}: {error}\n")
            return 1


def _kept(app: Calsync, chosen: Namespace) -> int:
    reported = app.explain(chosen.id).reported
    if reported is None:
        raise NoSuch(f"{chosen.id} is an event: name the finding that it is in")
    wish = Wish(
        action=chosen.action,
        key=chosen.event,
        to=chosen.to,
        tells=chosen.notify,
        by=operator(),
        why=chosen.note,
    )
    app.writing.resolve(wish, reported.finding.id)
    told = "the people concerned may be told" if chosen.notify else "nobody is told"
    console().print(f"Approved: {chosen.action} {chosen.event}; {told}. See `calsync plan`.")
    return 0
