"""What scripts rely on of `plan`, `apply`, `approve`, `runs` and `undo`: codes and documents."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.rehearsal import Rehearsal, command, live

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HASH = re.compile(r"[0-9a-f]{16}")
NOBODY = "0" * 16
ONLY_AMY = """
[[holds]]
resource = "amy"
from = ["*"]
to = ["clinic", "studio", "coaching"]
"""


@dataclass
class Story:
    """One operator's morning: what each command answered, by name."""

    world: Rehearsal
    done: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)  # writes at vendors, by name

    def say(self, name: str, *words: str) -> None:
        before = len(self.world.server.ledger)
        self.done[name] = command(self.world, *words)
        entries = self.world.server.ledger.entries(since=before)
        assert not any(entry.notifications for entry in entries)
        self.requests[name] = sum(entry.applied for entry in entries)

    def code(self, name: str) -> int:
        return self.done[name].returncode

    def document(self, name: str) -> dict[str, Any]:
        return json.loads(self.done[name].stdout)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with live(tmp_path_factory.mktemp("push")) as world:
        text = world.path.read_text(encoding="utf-8")
        text = text.replace("[worker]\n", '[worker]\nfuture = "3d"\nlog_level = "error"\n', 1)
        world.path.write_text(text + ONLY_AMY, encoding="utf-8")
        world.sync()
        one = Story(world)
        one.say("plan", "plan", "--json")
        hash_ = one.document("plan")["hash"]
        one.say("apply braked", "apply", hash_)
        one.say("approve nothing", "approve", NOBODY)
        one.say("approve", "approve", hash_, "--for", "2h", "--json")
        one.say("apply another", "apply", NOBODY)
        one.say("apply", "apply", hash_, "--json")
        one.say("runs", "runs", "--json")
        run = one.document("runs")["runs"][0]["id"]
        one.say("undo", "undo", run, "--json")
        one.say("undo nothing", "undo", "00000000")
        world.server.switchboard.clock.advance(60)  # TIMIFY carries its imports out meanwhile
        one.say("undo apply", "undo", run, "--apply", "--json")
        one.say("runs at last", "runs", "--json")
        yield one


def test_a_plan_sends_nothing_and_tells_what_waits_for_a_person(story):
    found = story.document("plan")
    assert story.code("plan") == 0
    assert found["schema"] == "calsync/plan/1"
    assert HASH.fullmatch(found["hash"])
    assert TIME.fullmatch(found["created_at"])
    assert found["actions"] == []
    assert {(one["brake"], one["scope"]) for one in found["refused"]} >= {
        ("B16", "clinic"),
        ("B16", "studio"),
        ("B16", "coaching"),
    }
    assert all(one["reason"] for one in found["refused"])
    assert story.requests["plan"] == 0


def test_a_braked_plan_is_not_carried_out_and_that_is_not_fine(story):
    assert story.code("apply braked") == 1
    assert story.requests["apply braked"] == 0
    assert "B16" in story.done["apply braked"].stdout


@pytest.mark.parametrize("name", ["approve nothing", "undo nothing"])
def test_what_does_not_exist_makes_the_call_wrong(story, name):
    done = story.done[name]
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("calsync: ")


def test_another_hash_than_todays_is_refused_and_todays_is_told(story):
    done = story.done["apply another"]
    assert done.returncode == 1
    assert story.requests["apply another"] == 0
    assert story.document("plan")["hash"] in done.stderr


def test_what_was_approved_may_pass_under_the_same_hash(story):
    found = story.document("approve")
    assert story.code("approve") == 0
    assert found["hash"] == story.document("plan")["hash"]
    assert found["refused"] == []
    assert {one["target"]["account"] for one in found["actions"]} == {
        "clinic",
        "studio",
        "coaching",
    }
    assert story.requests["approve"] == 0


def test_an_action_tells_what_is_written_where_for_what_and_why(story):
    for action in story.document("approve")["actions"]:
        assert HASH.fullmatch(action["id"])
        assert action["verb"] == "create"
        assert set(action["target"]) == {"account", "native_id"}
        assert set(action["origin"]) == {"account", "native_id", "occurrence"}
        assert action["origin"]["account"] != action["target"]["account"]
        assert all(TIME.fullmatch(action["span"][name]) for name in ("start", "end"))
        assert action["span"]["start"] < action["span"]["end"]
        assert action["why"]
        assert (action["notifies"], action["reversible"]) == (False, True)


def test_a_run_tells_each_outcome(story):
    assert story.code("apply") == 0
    (run,) = story.document("apply")["runs"]
    planned = {one["id"] for one in story.document("approve")["actions"]}
    assert {one["id"] for one in run["actions"]} == planned
    assert story.requests["apply"] == len(planned)
    assert run["plan"] == story.document("plan")["hash"]
    assert TIME.fullmatch(run["started_at"])
    assert TIME.fullmatch(run["finished_at"])
    outcomes = {(one["target"]["account"], one["outcome"]) for one in run["actions"]}
    # TIMIFY carries an import out later: its answer is not known yet.
    assert outcomes == {
        ("clinic", "confirmed"),
        ("coaching", "confirmed"),
        ("studio", "ambiguous"),
    }
    assert story.document("runs") == {"schema": "calsync/runs/1", "runs": [run]}


def test_an_undo_is_shown_before_it_is_done(story):
    found = story.document("undo")
    assert story.code("undo") == 0
    assert story.requests["undo"] == 0
    assert {one["verb"] for one in found["actions"]} == {"delete"}
    assert {one["target"]["account"] for one in found["actions"]} == {"clinic", "coaching"}
    assert {one["target"]["account"] for one in found["lost"]} == {"studio"}


def test_an_undo_takes_everything_back_that_turns_out_to_stand_there(story):
    assert story.code("undo apply") == 0
    (run,) = story.document("undo apply")["runs"]
    assert {one["outcome"] for one in run["actions"]} == {"confirmed"}
    assert len(run["actions"]) == story.requests["apply"] == story.requests["undo apply"]
    newest, first = story.document("runs at last")["runs"]
    assert newest["id"] == run["id"]
    assert {one["taken_back_by"] for one in first["actions"]} == {run["id"]}
