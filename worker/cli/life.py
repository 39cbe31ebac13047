"""`calsync ack`, `snooze`, `accept`, `reopen`: what people say of a finding."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from worker.app import Calsync
from worker.cli.opening import opened
from worker.cli.terminal import console, visible
from worker.domain.conflict.ending import FORMS, Ending, ending
from worker.domain.conflict.ending import until as ends
from worker.domain.conflict.register import Known, NoSuch, NotPossible, Verb
from worker.domain.instants import iso
from worker.publish.sentences import sentence


def options(parser: ArgumentParser) -> None:
    """What each of the four takes."""
    parser.add_argument("id", metavar="ID", help="of the finding, or its first digits (6 or more)")
    parser.add_argument(
        "--until",
        type=end,
        metavar="TIME",
        help="snooze, accept: a date (UTC), an ISO 8601 time, or how long from now (12h, 3d); "
        "a snooze lasts a day otherwise, an acceptance for good",
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="why; kept in its history")


def end(text: str) -> Ending:
    """When it ends. Raises ArgumentTypeError."""
    try:
        return ending(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not {FORMS}") from None


def main(chosen: Namespace) -> int:
    """Say it; 1 where the finding is in no state for it, 2 where there is no such finding."""
    with opened(chosen) as app:
        verb = Verb(chosen.command)
        try:
            known = _say(app, verb, chosen)
        except NoSuch as error:
            sys.stderr.write(f"calsync: {error}\n")
            return 2
        except NotPossible as error:
            sys.stderr.write(f"calsync: {chosen.id}: {error}\n")
            return 1
    console().print(_told(known), markup=False)
    return 0


def _say(app: Calsync, verb: Verb, chosen: Namespace) -> Known:
    until = ends(verb, chosen.until, app.now)
    match verb:
        case Verb.ACKNOWLEDGE:
            return app.acknowledge(chosen.id, operator(), chosen.note, until)
        case Verb.SNOOZE:
            return app.snooze(chosen.id, operator(), chosen.note, until)
        case Verb.ACCEPT:
            return app.accept(chosen.id, operator(), chosen.note, until)
        case Verb.REOPEN:
            return app.reopen(chosen.id, operator(), chosen.note, until)


def operator() -> str:
    """Who sits at this command line, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have no name.
        return "command line"


def _told(known: Known) -> str:
    life = known.life
    until = f" until {iso(life.snoozed_until)}" if life.snoozed_until else ""
    return f"{known.finding.id} {life.state}{until}: {visible(sentence(known.finding))}"
