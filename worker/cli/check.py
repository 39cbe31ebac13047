"""`calsync check`: is the configuration right, and what may each account do."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from rich.text import Text

from worker.cli.opening import configured, opened
from worker.cli.terminal import console
from worker.config import Config


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--offline", action="store_true", help="the configuration only")


def main(chosen: Namespace) -> int:
    """Check; 1 where an account does not work as configured."""
    if chosen.offline:
        config = configured(chosen)
        counted = f"{len(config.accounts)} accounts, {len(config.resources)} resources"
        console().print(f"{config.path}: {counted}: fine")
        return 0
    out = console()
    fine = True
    with opened(chosen) as app:
        if not app.config.accounts:
            sys.stderr.write(
                f"{app.config.path}: accounts: there is none yet; add one to poll it\n"
            )
            return 1
        for one in app.check():
            fine = fine and one.fine
            head = Text(f"{one.account} ({one.vendor}): ", "bold")
            head.append("works", "green") if one.fine else head.append("does not work", "red")
            if one.access:
                head.append(f" as {one.access.who}")
            out.print(head)
            for note in one.access.notes if one.access else ():
                out.print(Text(f"  {note}"))
            out.print(Text(f"  {written(app.config, one.account)}"))
            for problem in one.access.problems if one.access else (one.error,):
                out.print(Text(f"  {problem}", "red"))
    return 0 if fine else 1


def written(config: Config, account: str) -> str:
    """What calsync writes at an account, as things are configured now."""
    targets = {
        *(target for rule in config.holds for target in rule.targets),
        *(rule.target for rule in config.copies),
    }
    push = config.worker.push
    if account not in targets:
        return "calsync only reads here: no rule writes; what a person approves is the exception"
    if push == "apply":
        return "calsync writes holds or copies here, as far as no brake keeps them back"
    return f'calsync only reads here: push = "{push}", so holds and copies are not written'
