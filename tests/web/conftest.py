"""A store filled from the simulated vendors once, and a server over a copy of it for each test."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from tests.builders import StillClock
from worker.app import Calsync
from worker.config import load
from worker.engine.schedule import Schedule
from worker.sandbox.clock import VirtualClock
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world
from worker.web.app import build
from worker.web.server import WebServer

NOW = 1_795_000_000.0
TOKEN = "a-long-random-word-for-tests"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


_ENDING: list[threading.Thread] = []


@dataclass(slots=True)
class Served:
    """A running server with what it is made of. `client` is nobody; see `admin` and `browser`."""

    app: Calsync
    web: Starlette
    server: WebServer
    clock: StillClock
    schedule: Schedule
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def client(self) -> httpx.Client:
        return self._client({})

    @property
    def admin(self) -> httpx.Client:
        return self._client(BEARER)

    @property
    def admin_page(self) -> httpx.Client:
        """A bearer of the token that asks for pages."""
        return self._client({**BEARER, **PAGE})

    @property
    def browser(self) -> httpx.Client:
        """Logged in by the form, as a person is."""
        client = self._client({**PAGE, "Origin": self.origin})
        answer = client.post("/login", data={"token": TOKEN})
        assert answer.status_code == 303, answer.text
        return client

    def finding(self) -> str:
        """The id of the worst finding."""
        return self.app.report().findings[0].finding.id

    def _client(self, headers: dict[str, str]) -> httpx.Client:
        # Nothing here speaks TLS: reading the certificates of all the world would cost the most.
        client = httpx.Client(
            base_url=self.origin, headers=headers, timeout=10, trust_env=False, verify=False
        )
        self.clients.append(client)
        return client


Serve = Callable[..., Served]


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    """Waits at the end of each file until its servers have ended: their last words are its own."""
    yield
    _wait()


def _wait() -> None:
    while _ENDING:
        ending = _ENDING.pop()
        ending.join(30)
        assert not ending.is_alive()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a configuration without [server], and a store after one cycle."""
    directory = tmp_path_factory.mktemp("filled")
    clock = VirtualClock(NOW)
    world = build_world(clock, 1, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=clock) as server:
        (directory / "config.toml").write_text(world.config(server.bases), encoding="utf-8")
        app = Calsync(load(directory / "config.toml", {}), clock=StillClock(NOW), seed=1)
        reports = app.sync((), lambda _report: None)
        app.close()
    assert all(report.fine for report in reports), reports
    return directory


@contextmanager
def serving(filled: Path, directory: Path, server: str, extra: str = "") -> Iterator[Served]:
    """A server over a copy of the filled store in `directory`; `server` holds lines of [server]."""
    shutil.copytree(filled, directory)
    config = directory / "config.toml"
    text = config.read_text(encoding="utf-8")
    config.write_text(f"{text}\n[server]\n{server}\n{extra}", encoding="utf-8")
    clock = StillClock(NOW)
    app = Calsync(load(config, {}), clock=clock, seed=1)
    schedule = Schedule(app.cycle, app.store, clock)
    web = build(app, schedule)
    listening = WebServer(web, "127.0.0.1", 0)
    listening.start()
    served = Served(app, web, listening, clock, schedule)
    try:
        yield served
    finally:
        for client in served.clients:
            client.close()
        # A server needs a while to see that it is to end, and nobody has to wait for that.
        ending = threading.Thread(target=_end, args=(listening, app), name="ending")
        ending.start()
        _ENDING.append(ending)


def _end(listening: WebServer, app: Calsync) -> None:
    listening.stop()
    app.close()


@pytest.fixture
def serve(filled: Path, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server over a copy of the filled store; `server` holds lines of [server]."""
    with ExitStack() as running:
        number = count()

        def start(server: str = f'admin_token = "{TOKEN}"', extra: str = "") -> Served:
            directory = tmp_path / f"store{next(number)}"
            return running.enter_context(serving(filled, directory, server, extra))

        yield start


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve()


@pytest.fixture(scope="session")
def shared(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that only read, and leave its clock alone."""
    directory = tmp_path_factory.mktemp("shared")
    with serving(filled, directory / "store", f'admin_token = "{TOKEN}"') as served:
        yield served
    _wait()
