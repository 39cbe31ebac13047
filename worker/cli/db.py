"""`calsync db`: the store."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from worker.cli.opening import configured
from worker.store import schema, upkeep
from worker.store.database import Database


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs.add_parser("upgrade", help="bring the schema up to date")
    copy = verbs.add_parser("backup", help="copy the store to a new file, also while it is in use")
    copy.add_argument("file", type=Path, metavar="FILE")
    verbs.add_parser("verify", help="is the store sound")


def main(chosen: Namespace) -> int:
    """Do one thing with the store; 1 where it is not sound."""
    database = Database(configured(chosen).database)
    try:
        match chosen.verb:
            case "upgrade":
                schema.ensure(database)
                sys.stdout.write(f"{database.shown}: schema {schema.HEAD}\n")
            case "backup":
                size = upkeep.backup(database, chosen.file)
                sys.stdout.write(f"{chosen.file}: {size} bytes\n")
            case _:
                problems = list(upkeep.verify(database))
                for problem in problems:
                    sys.stdout.write(f"{database.shown}: {problem}\n")
                if not problems:
                    sys.stdout.write(f"{database.shown}: sound\n")
                return 1 if problems else 0
    finally:
        database.close()
    return 0
