"""`calsync demo`: the daemon against the built-in sandbox, nothing to configure."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from worker import log
from worker.app import Calsync
from worker.cli import conflicts, sync
from worker.cli.ending import CannotServe, until_stopped
from worker.cli.run import daemon, stopping
from worker.cli.sandbox import port, serving
from worker.cli.terminal import console
from worker.config import load
from worker.domain.feed import Detail, NameTaken, Scope
from worker.engine.poll import PollReport

SEED = 1


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--once", action="store_true", help="one full cycle, print the report, end")
    parser.add_argument(
        "--port", type=port, default=0, metavar="N", help="of the report (default: any free one)"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the data there")
    parser.add_argument(
        "--push",
        choices=("off", "plan", "apply"),
        default=os.environ.get("CALSYNC_WORKER__PUSH") or "plan",
        help="plan: show what would be written to the simulated vendors (default); apply: write it",
    )


def main(chosen: Namespace) -> int:
    """Show it; conflicts are what it is there to show, so they are no failure."""
    log.configure("warning", "auto")
    with _directory(chosen.data) as directory, serving(0, SEED) as (server, world):
        token = secrets.token_urlsafe(24)
        path = directory / "config.toml"
        text = _pushing(world.config(server.bases), chosen.push)
        listen = f'\n[server]\nlisten = "127.0.0.1:{chosen.port or free_port()}"\n'
        _write_privately(path, f'{text}{listen}admin_token = "{token}"\n')
        config = load(path, {})
        if chosen.once:
            app = Calsync(config)
            try:
                _once(app)
            finally:
                app.close()
            return 0
        with daemon(config, _once) as (app, web, _):
            out = console()
            out.print(f"\nReport:  http://127.0.0.1:{web.port}/  (log in with: {token})")
            out.print(
                f"Sandbox: {server.address}/_sandbox/ (POST /_sandbox/act moves the world on)"
            )
            for what, address in _addresses(app):
                out.print(f"Feed:    {address}  ({what})", soft_wrap=True)
            if chosen.push == "plan":
                out.print("Plan:    what would be held where is on the page “Plan”.")
            out.print("The demo polls on until you press Ctrl-C.")
            sys.stdout.flush()
            until_stopped(stopping(app))
            return 0


# What is taken in one account is held in the others, as far as they take holds at all.
HOLDS = """
[[holds]]
resource = "*"
from = ["*"]
to = ["clinic", "studio", "coaching"]
"""


def _pushing(text: str, push: str) -> str:
    """The sandbox's configuration with holds. Nobody is there to approve a first run."""
    first = "\n[brakes]\nfirst_run = false\n" if push == "apply" else ""
    text = text.replace("[worker]\n", f'[worker]\npush = "{push}"\n', 1)
    return f"{text}{first}{HOLDS}"


def _addresses(app: Calsync) -> Iterator[tuple[str, str]]:
    """The feeds of a demo; one whose data was kept has them already, under lost addresses."""
    for name, scope, what in (
        ("demo-all", Scope.ALL, "all calendars"),
        ("demo-conflicts", Scope.CONFLICTS, "the conflicts"),
    ):
        try:
            yield what, app.feeds.open(name, scope, "", Detail.FULL).address
        except NameTaken:
            yield what, app.feeds.rotate(name).address


def _once(app: Calsync) -> None:
    """One full cycle with progress, then the report."""
    accounts = app.cycle.accounts
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        transient=True,
        disable=not sys.stderr.isatty(),
        console=Console(stderr=True),
        redirect_stdout=False,
    ) as progress:
        waiting = set(accounts)
        task = progress.add_task(f"polling {len(accounts)} vendors", total=len(accounts))

        def told(report: PollReport) -> None:
            waiting.discard(report.account)
            # The lines go to standard output and the spinner does not: one at a time.
            progress.stop()
            sync.tell(report)
            progress.update(
                task, advance=1, description=f"waiting for {', '.join(sorted(waiting))}"
            )
            if waiting:
                progress.start()

        app.sync((), told)
    console().print()
    conflicts.show(app, app.report())


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def _directory(kept: Path | None) -> Iterator[Path]:
    if kept:
        try:
            kept.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise CannotServe(f"{kept}: {error.strerror}") from None
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="calsync-demo-") as name:
        yield Path(name)


def _write_privately(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
