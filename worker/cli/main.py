"""The commands and their options. Nothing heavy is imported before a command is chosen."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from worker import __version__

# command -> (module below worker.cli, one line of help)
COMMANDS = {
    "run": ("run", "the daemon: polls on schedule, detects conflicts, serves reports"),
    "sync": ("sync", "one cycle now: poll, detect, plan, and push where that is allowed"),
    "demo": ("demo", "the daemon against five simulated vendors, nothing to configure"),
    "sandbox": ("sandbox", "the five simulated vendors alone, to rehearse against"),
    "init": ("init", "a first configuration: asks which vendors, writes it with secret files"),
    "check": ("check", "is the configuration right, and what may each account do"),
    "accounts": ("accounts", "how each account fares: age, failures, next poll"),
    "events": ("events", "the events of all accounts, in one form"),
    "conflicts": ("conflicts", "the double bookings, the worst first"),
    "explain": ("explain", "everything about one finding or event"),
    "ack": ("life", "somebody is on a finding"),
    "snooze": ("life", "leave a finding for a while"),
    "accept": ("life", "a finding may stay"),
    "reopen": ("life", "a finding is a matter again"),
    "healthcheck": ("healthcheck", "does the daemon do its work: for containers and scripts"),
    "plan": ("plan", "what would be written now, and why; sends nothing"),
    "apply": ("plan", "write exactly the plan with this hash"),
    "approve": ("plan", "let what a brake keeps back of a plan pass"),
    "runs": ("runs", "what was written, and what came of it"),
    "undo": ("runs", "what takes a run back, and with --apply doing so"),
    "resolve": ("resolve", "approve a way out of a finding: it becomes a part of the plan"),
    "feeds": ("feeds", "private calendar feeds: add, list, rotate, revoke"),
    "bundle": ("bundle", "what whoever helps needs to see, without secrets and people"),
    "db": ("db", "the store: bring it up to date, back it up, verify it"),
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with code 2."""
        sys.stderr.write(f"{self.prog}: {message} (see `{self.prog} --help`)\n")
        sys.exit(2)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    parser, names = _parser(), list(arguments)
    chosen = _command(names)
    command = None
    if chosen:
        command = importlib.import_module(f"worker.cli.{COMMANDS[chosen][0]}")
        command.options(parser.commands[chosen])
    options = parser.root.parse_args(names)
    if command is None or options.command is None:
        parser.root.print_help()
        return 0 if not names else 2
    return _guarded(command.main, options)


def _command(names: Sequence[str]) -> str | None:
    """The first word that is a command, and not the name of a configuration file."""
    before = ""
    for name in names:
        is_file = before == "-c" or (len(before) > 2 and "--config".startswith(before))
        if name in COMMANDS and not is_file:
            return name
        before = name
    return None


class _Parsers:
    def __init__(self, root: Parser, commands: dict[str, Parser]) -> None:
        self.root = root
        self.commands = commands


def _parser() -> _Parsers:
    root = Parser(
        prog="calsync",
        description="Finds double bookings across booking systems, and keeps calendars in step.",
        epilog="Try `calsync demo` first: it needs no configuration.",
    )
    root.add_argument("--version", action="version", version=f"calsync {__version__}")
    config = Parser(add_help=False)
    holders: tuple[tuple[Parser, object], ...] = (
        (root, _default_config()),
        (config, argparse.SUPPRESS),
    )
    for holder, default in holders:
        holder.add_argument(
            "-c",
            "--config",
            metavar="FILE",
            type=Path,
            default=default,
            help="the configuration (default: $CALSYNC_CONFIG, else ./config.toml)",
        )
    sub = root.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands = {
        name: sub.add_parser(name, help=line, description=line, parents=[config])
        for name, (_, line) in COMMANDS.items()
    }
    return _Parsers(root, commands)


def _default_config() -> Path:
    return Path(os.environ.get("CALSYNC_CONFIG") or "config.toml")


def _guarded(main: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run a command; what an operator can mend is one line, not a traceback."""
    from worker.cli.ending import CannotServe
    from worker.config import ConfigError
    from worker.store.database import Misplaced, StoreError

    try:
        return main(options)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except Misplaced as error:
        sys.stderr.write(f"{options.config}: worker.database: {error}\n")
        return 2
    except (StoreError, CannotServe) as error:
        sys.stderr.write(f"calsync: {error}\n")
        return 1
    except BrokenPipeError:
        # The reader of a pipe has seen enough; Python would complain again while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
