"""A way out in a real browser: chosen, looked at, approved, written, read of, and taken back.

Over a world as that of `calsync demo`, but without the holds, which would be hundreds of writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DESK, Reader, logged_in, watched
from tests.builders import StillClock
from tests.web.conftest import NOW, TOKEN
from worker.app import Calsync
from worker.config import load
from worker.domain.written import moment
from worker.engine.schedule import Schedule
from worker.sandbox.clock import VirtualClock
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world
from worker.web.app import build
from worker.web.server import WebServer

pytestmark = pytest.mark.browser

YEAR = 2026  # of NOW
SERVER = f'\n[server]\nadmin_token = "{TOKEN}"\n'
FREE = re.compile(r"” in (\w+) to \w{3} (\d{1,2} \w{3} \d\d:\d\d)–")


@dataclass(slots=True)
class Ward:
    """A report over simulated vendors that are written to for real."""

    app: Calsync
    vendors: SandboxServer
    origin: str

    def starts(self, event: str) -> int:
        """When an event begins by its vendor's own word, in epoch seconds."""
        stored = self.app.store.events.by_id(event)
        assert stored is not None
        self.app.cycle.poll_all([stored.event.key.account], lambda _report: None)
        read = self.app.store.events.by_id(event)
        assert read is not None
        return read.event.span.start

    def told(self) -> int:
        """How many messages the vendors sent to people."""
        return sum(one.notifications for one in self.vendors.ledger.entries())


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    directory = tmp_path_factory.mktemp("ward")
    clock = VirtualClock(NOW)
    world = build_world(clock, 1, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=clock) as vendors:
        config = directory / "config.toml"
        config.write_text(f"{world.config(vendors.bases)}{SERVER}", encoding="utf-8")
        still = StillClock(NOW)
        app = Calsync(load(config, {}), clock=still, seed=1)
        reports = app.sync((), lambda _report: None)
        assert all(report.fine for report in reports), reports
        web = WebServer(build(app, Schedule(app.cycle, app.store, still)), "127.0.0.1", 0)
        web.start()
        try:
            yield Ward(app, vendors, f"http://127.0.0.1:{web.port}")
        finally:
            web.stop()
            app.close()


@pytest.fixture(scope="module")
def login(chromium: Browser, ward: Ward) -> dict[str, object]:
    return logged_in(chromium, ward.origin, TOKEN)


@pytest.fixture
def person(chromium: Browser, ward: Ward, login: dict[str, object]) -> Iterator[Reader]:
    context = chromium.new_context(storage_state=login, viewport=DESK)  # type: ignore[arg-type]
    yield from watched(context, ward.origin)


def test_a_way_out_is_chosen_approved_written_and_taken_back(person: Reader, ward: Ward) -> None:
    page = person.open("/")
    page.locator(".card .title a").first.click()
    chosen = choose_to_move(page, "coaching")
    before = ward.starts(chosen.event)
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan")
    expect(page.get_by_role("status")).to_have_text("Approved. It is a part of the plan now.")
    # An account that was never written to waits for a person, whoever asked for the write.
    braked = page.locator("#held ~ article", has_text=chosen.account)
    expect(braked).to_contain_text("The first plan for an account")
    expect(braked.locator(".stamp")).to_have_text("B16")
    expect(page.get_by_role("button", name="Apply this plan")).to_have_count(0)

    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status")).to_have_text(f"Approved: B16 at {chosen.account}.")
    expect(page.locator("#ready ~ table tbody tr")).to_have_count(1)
    run = written(page, "1 confirmed")
    expect(run).to_contain_text("by admin")
    assert ward.starts(chosen.event) == chosen.to != before

    run.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("status")).to_contain_text("It is being written")
    run = awaited(page, page.locator("section.account", has_text="taken back by run"))
    run.locator("summary").click()
    expect(run.locator("tbody tr")).to_be_visible()
    expect(page.locator("section.account", has_text="It took back run")).to_have_count(1)
    expect(page.get_by_role("button", name="Take it back")).to_have_count(0)
    assert ward.starts(chosen.event) == before
    assert ward.told() == 0


def test_what_cannot_be_kept_quiet_is_refused_and_says_what_to_do(
    person: Reader, ward: Ward
) -> None:
    page = person.open("/")
    page.locator(".card .title a").first.click()
    chosen = choose_to_move(page, "clinic")
    before = ward.starts(chosen.event)
    held = page.locator("#held ~ article", has_text="Its vendor would refuse it")
    expect(held.locator(".stamp")).to_have_text("VENDOR")
    expect(held).to_contain_text("or approve that they are told")
    expect(page.get_by_role("button", name="Apply this plan")).to_have_count(0)
    assert ward.starts(chosen.event) == before
    assert ward.told() == 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was asked for on the page of a finding; `to` in epoch seconds."""

    account: str
    event: str
    to: int


def choose_to_move(page: Page, account: str) -> Chosen:
    """Move the event of `account` to the first time that the page says is free."""
    ways = page.locator("ol.ways > li", has=page.locator("summary", has_text="Move it"))
    way = ways.filter(has_text=f"” in {account} to ").first
    found = FREE.search(way.inner_text())
    assert found, way.inner_text()
    at = datetime.strptime(f"{YEAR} {found[2]}", "%Y %d %b %H:%M").isoformat(timespec="minutes")
    way.locator("summary").click()
    event = way.locator("[name=event]").input_value()
    zone = way.locator("[name=zone]").input_value()
    way.locator("[name=to]").fill(at)
    way.get_by_role("button", name="Move it").click()
    return Chosen(found[1], event, moment(at, zone))


def written(page: Page, outcome: str) -> Locator:
    """Apply the plan; returns its run once it came to `outcome`."""
    page.get_by_role("button", name="Apply this plan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    expect(page.get_by_role("status")).to_contain_text("It is being written")
    return awaited(page, page.locator("section.account", has_text=outcome))


def awaited(page: Page, wanted: Locator) -> Locator:
    """Reload, as the page tells to, until it shows what is wanted."""
    for _ in range(50):
        if wanted.count():
            return wanted
        page.reload()
    pytest.fail(f"it was never seen: {page.locator('main').text_content()}")
