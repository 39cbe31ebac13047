"""Runs the daemon for hours against the sandbox while things break, and judges its steady state.

    python -m scripts.soak --minutes 62              # the figures of docs/proof.md
    python -m scripts.soak --minutes 1440 --seed 7   # a day, other troubles

The daemon and the sandbox are processes of their own and talk over loopback. By a seeded schedule
faults of the catalogue come and go, with quiet stretches between; people act at the vendors' pages;
a feed is fetched every ten seconds and a page every thirty. A sample every ten seconds goes into a
CSV file. SIGINT and SIGTERM end a soak early, with its figures. Linux only: it reads /proc.

Exits with 1 where a bound of the steady state is broken.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from scripts.soak_figures import Ending, Sample, Soak, broken, told
from scripts.soak_site import Site
from worker.cli.demo import free_port

Answer = TypeVar("Answer")

ROOT = Path(__file__).resolve().parent.parent
MB = 1024 * 1024
PAGES = ("/", "/conflicts", "/calendar", "/accounts", "/plans", "/runs", "/feeds")

SETTINGS = """
[server]
listen = "127.0.0.1:{port}"
admin_token = "{token}"

[brakes]
first_run = false

[[holds]]
resource = "*"
from = ["*"]
to = ["clinic", "studio", "coaching"]
"""


def main() -> int:
    """Soak for as long as was asked, and say what it came to."""
    arguments = _arguments()
    directory = Path(tempfile.mkdtemp(prefix="calsync-soak-"))
    print(f"samples and log in {directory}", flush=True)
    soak = Soak()
    with sandbox(directory, arguments.seed) as site, daemon(directory) as (process, port):
        watch = Watch(process, directory, port, Site(site, arguments.seed), soak)
        watch.go(arguments.minutes * 60)
        soak.ending = _ended(process)
        watch.read_log()
    for line in told(soak):
        print(line)
    wrong = broken(soak)
    for line in (*soak.faults[:20], *(f"BROKEN: {words}" for words in wrong)):
        print(line)
    return 1 if wrong else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=62.0)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


@contextmanager
def sandbox(directory: Path, seed: int) -> Iterator[str]:
    """The five vendors in a process of their own; its address. Writes `config.toml`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    written = directory / "sandbox.toml"
    process = _started(
        directory / "sandbox.log",
        *("sandbox", "--port", str(port), "--seed", str(seed), "--write", str(written)),
    )
    try:
        _answers(process, f"{address}/_sandbox/state")
        yield address
    finally:
        _ended(process)


@contextmanager
def daemon(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The daemon and its port. Whatever happens, it is gone afterwards."""
    port, token = free_port(), secrets.token_urlsafe(24)
    worker = 'push = "apply"\npoll_every = "15s"\nlog_format = "json"\n'
    worker += f'database = "sqlite:///{directory}/calsync.db"\n'
    text = (
        (directory / "sandbox.toml")
        .read_text("utf-8")
        .replace("[worker]\n", f"[worker]\n{worker}", 1)
    )
    path = directory / "config.toml"
    path.touch(mode=0o600)
    path.write_text(text + SETTINGS.format(port=port, token=token), "utf-8")
    (directory / "token").touch(mode=0o600)
    (directory / "token").write_text(token, "utf-8")
    process = _started(directory / "daemon.log", "-c", str(path), "run")
    try:
        _answers(process, f"http://127.0.0.1:{port}/readyz")
        yield process, port
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _started(output: Path, *command: str) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "worker", *command],
            cwd=ROOT,
            env=_environment(),
            stdout=file,
            stderr=file,
        )


def _environment() -> dict[str, str]:
    """Ours, without what would configure the daemon besides its file."""
    ours = ("CALSYNC_", "MALLOC_", "GLIBC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _answers(process: subprocess.Popen[bytes], address: str) -> None:
    """Wait until 200 is the answer. Raises RuntimeError if the process ends or takes a minute."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass  # not yet listening
        time.sleep(0.2)
    raise RuntimeError(f"{address} does not answer, code {process.poll()}")


def _ended(process: subprocess.Popen[bytes]) -> Ending:
    """End it as a container engine does; a process that had ended before did so early."""
    if process.poll() is not None:
        return Ending(process.returncode, early=True)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code: int | None = process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        code = None
    return Ending(code, time.monotonic() - began)


@dataclass
class Duty:
    """Something done again and again; `do` returns after how many seconds to do it again."""

    do: Callable[[], float]
    due: float = 0.0


class Watch:
    """Looks at a daemon and uses it as people do."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        directory: Path,
        port: int,
        site: Site,
        soak: Soak,
    ) -> None:
        token = (directory / "token").read_text("utf-8")
        self._process = process
        self._directory = directory
        self._site = site
        self._soak = soak
        self._address = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(
            headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )
        self._over = False
        self._calm_from = 0.0
        self._log_read = 0
        self._lag = 0.0
        self._metrics: dict[str, dict[str, float]] = {}
        self._visits = 0
        self._etag = ""
        self._feed = self._subscribed()
        self._began = time.monotonic()

    def go(self, seconds: float) -> None:
        """All of it, until the time is over, a signal comes or the daemon has ended."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._stop)
        self._calm_from = seconds - 180
        duties = [
            Duty(self._look_at_metrics),
            Duty(self._sample, 2.0),
            Duty(self._fetch, 5.0),
            Duty(self._visit, 7.0),
            Duty(self._deed, 90.0),
            Duty(self._trouble, 120.0),
        ]
        while self._now < seconds and not self._over and self._process.poll() is None:
            duty = min(duties, key=lambda one: one.due)
            time.sleep(max(0.0, duty.due - self._now))
            duty.due = self._now + duty.do()

    def read_log(self) -> None:
        """Count the new lines of level error, and those that tell of an exception."""
        with (self._directory / "daemon.log").open("rb") as file:
            file.seek(self._log_read)
            for raw in file:
                if not raw.endswith(b"\n"):
                    break
                self._log_read += len(raw)
                self._line(raw.decode("utf-8", "replace").strip())

    def _line(self, text: str) -> None:
        try:
            line = json.loads(text)
        except ValueError:
            # Everything that is logged is JSON: this was printed past the log.
            self._soak.faults.append(text)
            return
        if line.get("level") in ("error", "critical"):
            self._soak.events[str(line.get("event"))] += 1
        if "frames" in line:
            self._soak.faults.append(text)

    @property
    def _now(self) -> float:
        return time.monotonic() - self._began

    def _stop(self, _signal: int, _frame: object) -> None:
        self._over = True

    def _subscribed(self) -> str:
        """The address of a new feed."""
        config = str(self._directory / "config.toml")
        made = subprocess.run(
            [sys.executable, "-m", "worker", "feeds", "add", "soak", "-c", config],
            cwd=ROOT,
            env=_environment(),
            capture_output=True,
            check=True,
        )
        return str(made.stdout.decode()).strip()

    def _look_at_metrics(self) -> float:
        answer = self._get(f"{self._address}/metrics", self._soak.pages, {})
        if answer is None or answer.status_code != 200:
            return 2.0
        text = answer.text
        found: dict[str, dict[str, float]] = {}
        for family in text_string_to_metric_families(text):
            for one in family.samples:
                labels = "/".join(one.labels.values())
                found.setdefault(one.name, {})[labels] = one.value
        self._metrics = found
        # It ticks every second: so old a tick is in time.
        lag = max(0.0, found["calsync_schedule_late_seconds"][""] - 1.0)
        self._soak.lags.append(lag)
        self._lag = max(self._lag, lag)
        return 2.0

    def _sample(self) -> float:
        self.read_log()
        self._tried(lambda: self._site.asked(self._soak), None)
        self._soak.outcomes = self._metrics.get("calsync_writes_total", {})
        self._soak.outbox = self._metrics.get("calsync_outbox", {})
        store = self._directory / "calsync.db"
        rss, handles, threads = _resources(self._process.pid)
        sample = Sample(
            at=round(self._now, 1),
            rss=rss,
            handles=handles,
            threads=threads,
            wal=_size(store.with_name("calsync.db-wal")),
            store=_size(store),
            lag=self._lag,
            errors=sum(self._soak.events.values()),
            faults=len(self._soak.faults),
            polls=int(sum(self._metrics.get("calsync_polls_total", {}).values())),
            writes=self._soak.applied,
            active=self._site.active,
        )
        self._lag = 0.0
        self._write(sample)
        self._soak.samples.append(sample)
        return 10.0

    def _write(self, sample: Sample) -> None:
        with (self._directory / "samples.csv").open("a", newline="", encoding="utf-8") as file:
            rows = csv.DictWriter(file, [one.name for one in fields(Sample)])
            if not self._soak.samples:
                rows.writeheader()
            rows.writerow(asdict(sample))

    def _fetch(self) -> float:
        answer = self._get(self._feed, self._soak.feeds, {"If-None-Match": self._etag})
        self._etag = answer.headers.get("etag", "") if answer else ""
        return 10.0

    def _visit(self) -> float:
        page = PAGES[self._visits % len(PAGES)]
        self._visits += 1
        self._get(f"{self._address}{page}", self._soak.pages, {})
        return 30.0

    def _get(self, url: str, codes: Counter[str], headers: dict[str, str]) -> httpx.Response | None:
        try:
            answer = self._client.get(url, headers={k: v for k, v in headers.items() if v})
        except httpx.TransportError as error:
            codes[type(error).__name__] += 1
            return None
        codes[str(answer.status_code)] += 1
        return answer

    def _deed(self) -> float:
        self._soak.deeds[self._tried(self._site.deed, "none")] += 1
        return 20.0

    def _trouble(self) -> float:
        return self._tried(lambda: self._site.trouble(calm=self._now > self._calm_from), 5.0)

    def _tried(self, do: Callable[[], Answer], otherwise: Answer) -> Answer:
        """A sandbox that fails for once does not end a soak of hours; it is told apart."""
        try:
            return do()
        except httpx.HTTPError as error:
            self._soak.deeds[f"sandbox {type(error).__name__}"] += 1
            return otherwise


def _resources(pid: int) -> tuple[float, int, int]:
    """Memory in MB, open handles and threads of a process; see proc(5)."""
    process = Path(f"/proc/{pid}")
    lines = (process / "status").read_text("ascii", "replace").splitlines()
    values = dict(line.split(":", 1) for line in lines)
    handles = len(list((process / "fd").iterdir()))
    return int(values["VmRSS"].split()[0]) / 1024, handles, int(values["Threads"])


def _size(path: Path) -> float:
    try:
        return path.stat().st_size / MB
    except FileNotFoundError:
        return 0.0


if __name__ == "__main__":
    sys.exit(main())
