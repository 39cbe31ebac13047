"""A headless chromium over `calsync demo`, as somebody would try it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from tests.conftest import CHROMIUM

FLAGS = (
    "--no-sandbox",  # for root, as whom CI runs; the pages are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LONGEST = 10_000  # milliseconds that a step may take
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@dataclass(slots=True)
class Demo:
    """A running demo: its address, the token for its login, and where it keeps its data."""

    origin: str
    token: str
    data: Path


@dataclass(slots=True)
class Reader:
    """A person at a browser: the page, and whatever it complained of."""

    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of ours."""
        answer = self.page.goto(f"{self.origin}{path}")
        assert answer is not None
        assert answer.status == 200, path
        return self.page


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "worker", "demo", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if found := re.search(r"Report:\s+(http://\S+?)/\s+\(log in with: (\S+)\)", line):
                    yield Demo(found[1], found[2], data)
                    break
            else:
                pytest.fail("the demo ended without telling its address")
        finally:
            process.terminate()
            process.stdout.close() if process.stdout else None
            process.wait(15)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def session(chromium: Browser, demo: Demo) -> dict[str, object]:
    return logged_in(chromium, demo.origin, demo.token)


def logged_in(chromium: Browser, origin: str, token: str) -> dict[str, object]:
    """The cookies of somebody who has logged in by the form."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{origin}/")
    page.get_by_label("Admin token").fill(token)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", level=1).wait_for()
    state = context.storage_state()
    context.close()
    return dict(state)


@pytest.fixture
def reader(chromium: Browser, demo: Demo, session: dict[str, object]) -> Iterator[Reader]:
    context = chromium.new_context(storage_state=session, viewport=DESK)  # type: ignore[arg-type]
    yield from watched(context, demo.origin)


@pytest.fixture
def phone(chromium: Browser, demo: Demo, session: dict[str, object]) -> Iterator[Reader]:
    context = chromium.new_context(
        storage_state=session,  # type: ignore[arg-type]
        viewport=PHONE,
        color_scheme="dark",
    )
    yield from watched(context, demo.origin)


def watched(context: BrowserContext, origin: str) -> Iterator[Reader]:
    """A page of which every error, and every word on the console, counts against us."""
    context.set_default_timeout(LONGEST)
    page = context.new_page()
    reader = Reader(page, origin)
    page.on("console", lambda said: reader.complaints.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: reader.complaints.append(str(error)))
    page.on("dialog", lambda dialog: reader.complaints.append(f"dialog: {dialog.message}"))
    page.on("requestfailed", lambda one: _failed(reader, one))
    yield reader
    context.close()
    assert reader.complaints == []


def _failed(reader: Reader, request: Request) -> None:
    """What is still under way when a reader goes on is given up, and no failure."""
    if request.failure != "net::ERR_ABORTED":
        reader.complaints.append(f"failed: {request.url} ({request.failure})")
