"""No secret and no person turns up where operators, probes and strangers look (promise S-4)."""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
import structlog

from tests.canaries import found
from tests.e2e.rehearsal import SharedClock
from worker import log
from worker.app import Calsync
from worker.cli.main import run
from worker.config import load
from worker.engine.schedule import Schedule
from worker.sandbox.clock import VirtualClock
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world
from worker.web.app import build
from worker.web.server import WebServer

NOW = 1_795_000_000.0
TOKEN = "c4n4ry-admin-token-8d1f"
CANARY = "c4n4ry/5ecret+word é"

OPEN = ("/healthz", "/readyz", "/metrics", "/login", "/", "/nothing", "/static/x")
PERSONAL = {
    *("email", "phone", "firstname", "lastname", "first_name", "last_name", "patient_name"),
    *("phone_number", "notes", "note", "client_name", "customer", "replyto"),
}
FAULTS = ("H17", "H20", "C05", "C16", "H09")


@pytest.mark.parametrize(
    "leak",
    [
        CANARY,
        f"error at https://example.org/?key={quote(CANARY, safe='')}&x=1",
        base64.b64encode(CANARY.encode()).decode(),
        base64.b64encode(f"user:{CANARY}:more".encode()).decode(),
        base64.b64encode(f"u:{CANARY}:more".encode()).decode(),
        base64.urlsafe_b64encode(f"usr:{CANARY}".encode()).decode(),
        CANARY.encode().hex(),
        CANARY.encode().hex().upper(),
        json.dumps({"a": CANARY}),
        json.dumps(json.dumps({"a": CANARY})),
        repr({"a": CANARY}),
        repr(CANARY.encode()),
        html.escape(f"<b>{CANARY}</b>"),
        "".join(f"&#{ord(letter)};" for letter in CANARY),
        CANARY[:8] + "\n    " + CANARY[8:],
        CANARY.upper(),
        CANARY[::-1],
        f"x{CANARY}x",
        quote_plus(CANARY),
        "\x1b[31m" + CANARY + "\x1b[0m",
    ],
)
def test_the_scanner_finds_planted_leaks(leak: str) -> None:
    assert found(f"2026-11-28 error {leak} end", {CANARY}) == {CANARY}


def test_the_scanner_finds_nothing_where_nothing_is() -> None:
    assert found("2026-11-28 poll.done account=clinic rows=12", {CANARY, TOKEN}) == set()


class Overheard(httpx.BaseTransport):
    """The real way out; keeps what vendors say of people, and what they are sent of secrets."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.people: set[str] = set()
        self.secrets: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for name in ("authorization", "x-api-key", "appid", "appsecret", "app-secret"):
            if value := request.headers.get(name):
                self.secrets.add(value.split()[-1])
        answer = self._inner.handle_request(request)
        body = answer.read()
        with contextlib.suppress(ValueError, RecursionError):
            self._listen(json.loads(body))
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)

    def close(self) -> None:
        self._inner.close()

    def _listen(self, value: Any, key: str = "") -> None:
        match value:
            case dict():
                for name, part in value.items():
                    self._listen(part, str(name).lower())
            case list():
                for part in value:
                    self._listen(part, key)
            case str() if key in PERSONAL and len(value.strip()) >= 6:
                self.people.add(value.strip())


@dataclass
class Scene:
    """Everything that was said while a world full of people was polled, with and without faults."""

    log: io.StringIO
    directory: Path
    overheard: Overheard
    app: Calsync
    web: WebServer

    @property
    def canaries(self) -> set[str]:
        named_so = {"Account"}  # a login that a vendor calls by a word of ours
        return (self.overheard.people - named_so) | self.overheard.secrets | {TOKEN}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    directory = tmp_path_factory.mktemp("canaries")
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    heard = io.StringIO()
    log.configure("debug", "json", heard)
    clock = VirtualClock(NOW)
    world = build_world(clock, 1, limits=Limits.LIFTED)
    overheard = Overheard()
    with SandboxServer(world.simulators, clock=clock) as server:
        path = directory / "config.toml"
        text = world.config(server.bases) + f'\n[server]\nadmin_token = "{TOKEN}"\n'
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        app = Calsync(load(path, {}), clock=SharedClock(clock), transport=overheard, seed=1)
        schedule = Schedule(app.cycle, app.store, app.clock)
        web = WebServer(build(app, schedule), "127.0.0.1", 0)
        web.start()
        for fault in (None, *FAULTS):
            if fault:
                server.faults.on(fault)
            clock.advance(3600)
            for account in app.config.accounts:
                schedule._poll(account)
            server.faults.off()
        list(app.check())
        yield Scene(heard, directory, overheard, app, web)
        web.stop()
        app.close()
    overheard.close()
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level, logging.raiseExceptions = before


def test_there_is_enough_to_be_found(scene: Scene) -> None:
    assert len(scene.overheard.people) > 100
    assert len(scene.overheard.secrets) >= 5
    assert len(scene.log.getvalue().splitlines()) >= 40
    assert any("@" in value for value in scene.overheard.people)


def test_no_line_of_the_log_tells_of_a_secret_or_a_person(scene: Scene) -> None:
    text = scene.log.getvalue()
    for fault in ("source.down", "source.up", "poll.done"):
        assert fault in text
    assert found(text, scene.canaries) == set()


def test_no_probe_metric_or_error_page_tells_of_a_secret_or_a_person(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = f"http://127.0.0.1:{scene.web.port}"
    person = min(scene.overheard.people)
    pages = []
    with httpx.Client(base_url=origin, trust_env=False, timeout=20) as client:
        for accept in ("text/html", "application/json"):
            headers = {"Accept": accept}
            pages.extend(client.get(path, headers=headers) for path in OPEN)
            wrong = {**headers, "Authorization": f"Bearer {TOKEN}x"}
            pages.append(client.get("/api/v1/accounts", headers=wrong))
            pages.append(client.post("/login", data={"token": person}, headers=headers))

            def broken() -> None:
                raise ValueError(f"{person} {TOKEN}")

            monkeypatch.setattr(scene.app, "accounts", broken)
            right = {**headers, "Authorization": f"Bearer {TOKEN}"}
            # A connection on which something went wrong is closed.
            fault = httpx.get(f"{origin}/api/v1/accounts", headers=right, trust_env=False)
            monkeypatch.undo()
            assert fault.status_code == 500
            pages.append(fault)
    text = "\n".join(f"{page.headers}\n{page.text}" for page in pages)
    assert found(text, scene.canaries) == set()
    assert found(scene.log.getvalue(), scene.canaries) == set()


def test_no_uncaught_error_in_any_thread_tells_of_a_secret_or_a_person(scene: Scene) -> None:
    hooks = (sys.excepthook, threading.excepthook)
    log.log_uncaught()
    person = max(scene.overheard.people)

    def die() -> None:
        try:
            raise KeyError(person)
        except KeyError as error:
            raise OSError(2, "no such file", f"/secrets/{TOKEN}") from error

    try:
        thread = threading.Thread(target=die)
        thread.start()
        thread.join()
        with pytest.raises(OSError, match="no such file") as caught:
            die()
        error = caught.value
        assert found("".join(traceback.format_exception(error)), {person, TOKEN})
        sys.excepthook(type(error), error, error.__traceback__)
    finally:
        sys.excepthook, threading.excepthook = hooks
    text = scene.log.getvalue()
    assert "thread died" in text
    assert "uncaught" in text
    assert found(text, scene.canaries) == set()


def test_what_check_says_of_accounts_tells_of_no_secret_and_no_person(scene: Scene) -> None:
    said = "\n".join(
        "\n".join((one.error, *(one.access.problems + one.access.notes if one.access else ())))
        for one in scene.app.check()
    )
    assert said.strip()
    assert found(said, scene.canaries) == set()


@pytest.mark.parametrize(
    "broken",
    [
        '[server]\nadmin_token = "{secret} {secret}"\n',
        '[server]\nadmin_tokn = "{secret}"\n',
        '[accounts.a]\nvendor = "{secret}"\n',
        '[notify]\nwebhook_url = "http://example.org/{secret}"\n',
        '[notify]\nsmtp_password_file = "{secret}"\n',
        '[worker]\ndatabase = "mysql://me:{secret}@host/name"\n',
        'token = "{secret}\n',
        '"{secret}" = \n',
    ],
)
def test_no_complaint_about_a_configuration_repeats_a_secret(broken, tmp_path, capsys) -> None:
    path = tmp_path / "config.toml"
    path.write_text(broken.replace("{secret}", TOKEN), encoding="utf-8")
    assert run(["-c", str(path), "check", "--offline"]) == 2
    told = capsys.readouterr()
    assert told.err
    assert found(told.out + told.err, {TOKEN}) == set()


def test_no_setting_is_shown_by_its_repr(scene: Scene) -> None:
    config = scene.app.config
    shown = f"{config!r} {config.server!r} {config.accounts!r} {config.notify!r}"
    assert found(shown, scene.overheard.secrets | {TOKEN}) == set()


def test_nothing_is_left_in_files_beside_the_store(scene: Scene) -> None:
    names = {path.name for path in scene.directory.iterdir()}
    assert names <= {
        "config.toml",
        "calsync.db",
        "calsync.db-wal",
        "calsync.db-shm",
        "calsync.db.lock",
    }
