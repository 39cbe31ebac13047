"""Plans approved, applied and taken back through the pages, as a person does it; and odd words."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.builders import StillClock
from tests.web.conftest import NOW, TOKEN, Served, serving
from tests.web.test_access import csrf
from tests.web.test_hostile_text import HOSTILE, SHORT, Bones
from worker.app import Calsync
from worker.config import load
from worker.domain.event import Status
from worker.domain.reconcile.intent import echo
from worker.domain.reconcile.plan import Resolution
from worker.sandbox.clock import VirtualClock
from worker.sandbox.people.crowd import People
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world
from worker.store.events import Wanted

HOLDS = """
[[holds]]
resource = "amy"
from = ["*"]
to = ["clinic", "coaching"]
"""


@dataclass
class Story:
    """What a person saw, by step; and how many holds stood at the vendors after it."""

    served: Served
    people: People
    pages: dict[str, str] = field(default_factory=dict)
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    holds: dict[str, int] = field(default_factory=dict)

    def post(self, name: str, browser: httpx.Client, path: str, **fields: str) -> None:
        """Press a button of the page that was read last, and read what comes of it."""
        self.answers[name] = browser.post(path, data={"csrf": self.token, **fields})
        for thread in threading.enumerate():
            if thread.name == "apply":
                thread.join(60)
        self.read(name, browser, self.answers[name].headers.get("location", "/plans"))

    def read(self, name: str, browser: httpx.Client, path: str) -> None:
        self.pages[name] = browser.get(path).text
        self.token = csrf(self.pages[name])
        self.holds[name] = len([one for one in self.people.things() if one.alive and one.mark])


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    directory = tmp_path_factory.mktemp("decided")
    clock = VirtualClock(NOW)
    world = build_world(clock, 1, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=clock) as server:
        filled = filled_in(directory / "filled", world.config(server.bases))
        with serving(filled, directory / "store", f'admin_token = "{TOKEN}"') as served:
            one = Story(served, People(server.switchboard))
            browser = served.browser
            one.read("plan", browser, "/plans")
            plan = f"/api/v1/plan/{hash_of(one.pages['plan'])}"
            one.post("approve", browser, f"{plan}/approve", **{"for": "3h"})
            one.post("apply", browser, f"{plan}/apply")
            run = re.search(r"run-([0-9a-f]{8})", one.pages["apply"])
            assert run, one.pages["apply"]
            one.post("undo", browser, f"/api/v1/runs/{run[1]}/undo", apply="true")
            one.read("plan at last", browser, "/plans")
            yield one
        assert not any(entry.notifications for entry in server.ledger.entries())


def filled_in(directory: Path, config: str) -> Path:
    """A directory with a configuration and a store after one cycle."""
    directory.mkdir()
    path = directory / "config.toml"
    asked = '[worker]\npush = "plan"\nfuture = "4d"\n'
    path.write_text(config.replace("[worker]\n", asked, 1) + HOLDS, encoding="utf-8")
    app = Calsync(load(path, {}), clock=StillClock(NOW), seed=1)
    app.sync((), lambda _report: None)
    app.close()
    return directory


def hash_of(page: str) -> str:
    found = re.search(r"Plan <code>([0-9a-f]{16})</code>", page)
    assert found
    return found[1]


def test_a_first_plan_offers_approval_and_nothing_to_apply(story):
    page = story.pages["plan"]
    assert "The first plan for an account" in page
    assert "/approve" in page
    assert "/apply" not in page
    assert story.holds["plan"] == 0


def test_what_was_approved_is_told_once_and_can_be_applied(story):
    assert story.answers["approve"].status_code == 303
    page = story.pages["approve"]
    assert "Approved: B16 at clinic, B16 at coaching." in page
    assert hash_of(page) == hash_of(story.pages["plan"])
    assert f"/api/v1/plan/{hash_of(page)}/apply" in page
    assert "The first plan for an account" not in page
    assert story.holds["approve"] == 0


def test_what_was_applied_is_seen_with_each_outcome(story):
    assert story.answers["apply"].headers["location"] == "/runs"
    page = story.pages["apply"]
    assert "It is being written." in page
    count = story.holds["apply"]
    assert count > 5
    assert f"{count} confirmed" in page
    assert "Take it back" in page


def test_what_was_taken_back_is_gone_and_both_runs_say_so(story):
    assert story.answers["undo"].headers["location"] == "/runs"
    page = story.pages["undo"]
    assert story.holds["undo"] == 0
    assert "It took back run" in page
    assert "taken back by run" in page
    assert "Take it back" not in page


def test_afterwards_the_plan_waits_for_the_next_reading(story):
    assert "was written to and not read since" in story.pages["plan at last"]


def test_a_form_without_its_token_decides_nothing(story):
    browser = story.served.browser
    for verb in ("apply", "approve"):
        answer = browser.post(f"/api/v1/plan/{hash_of(story.pages['plan'])}/{verb}")
        assert answer.status_code == 403
    run = story.served.app.store.outbox.runs()[0].id
    assert browser.post(f"/api/v1/runs/{run}/undo", data={"apply": "true"}).status_code == 403


@pytest.mark.parametrize("path", ["/plans", "/runs", "/api/v1/plan", "/api/v1/runs"])
def test_looking_changes_nothing_in_the_store(story, path):
    """Not even what a plan learns while it is made."""
    before = everything(story.served)
    for client in (story.served.admin, story.served.admin_page):
        assert client.get(path).status_code == 200
    assert everything(story.served) == before


def everything(served: Served) -> list[str]:
    with sqlite3.connect(served.app.store.database.path) as connection:
        return list(connection.iterdump())


def plant(served: Served, text: str) -> None:
    """Have people and vendors say `text` wherever they may say something of plans and runs."""
    short = text[:SHORT]
    store = served.app.store
    for stored in list(store.events.list(Wanted(accounts=("studio",), statuses=(Status.BOOKED,))))[
        :3
    ]:
        key = stored.event.key
        wish = Resolution(0, "f", key, None, False, False, short, short, echo(stored.event))
        store.plans.resolve(wish, served.app.now)
    with sqlite3.connect(store.database.path) as connection:
        connection.execute("UPDATE outbox SET detail = ?", (short.replace("\0", ""),))
        connection.execute('UPDATE run SET "by" = ?', (short.replace("\0", ""),))
        connection.execute("UPDATE link SET trouble = ?", (short.replace("\0", ""),))
    connection.close()


def read(served: Served) -> dict[str, str]:
    client = served.admin_page
    return {path: client.get(path).text for path in ("/plans", "/runs")}


@pytest.fixture(scope="module")
def plain(story: Story) -> dict[str, list[tuple[str, ...]]]:
    plant(story.served, "x")
    return {path: Bones(html).found for path, html in read(story.served).items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_have_the_bones_of_x(story, plain, name):
    plant(story.served, HOSTILE[name])
    for path, html in read(story.served).items():
        bones = Bones(html)
        assert bones.found == plain[path], path
        for sign in "\x00\x1b\x0b\x0c\x85\u202e\u2066\u2028\u2029":
            assert sign not in "".join(bones.words)


def test_hostile_words_are_read_as_words(story, plain):
    plant(story.served, "<b>hello</b>")
    for path, html in read(story.served).items():
        assert "<b>hello</b>" in "".join(Bones(html).words), path
        assert "<b>hello" not in html
