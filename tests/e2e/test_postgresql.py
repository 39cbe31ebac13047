"""The main job over PostgreSQL: what is read, found, written and taken back is as with a file."""

from __future__ import annotations

import json

import pytest

from tests import postgresql
from tests.e2e.rehearsal import Rehearsal, command, live

RULES = """
[[holds]]
resource = "amy"
from = ["campus", "frontdesk"]
to = ["coaching"]

[brakes]
first_run = false
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with live(tmp_path_factory.mktemp("served")) as one:
        one.path.write_text(one.path.read_text() + RULES)
        yield one


@pytest.fixture(scope="module")
def served(postgresql_server):
    """An empty store on a server."""
    with postgresql.database(postgresql_server) as address:
        yield {"CALSYNC_WORKER__DATABASE": address}


def document(world: Rehearsal, *words: str, **environment: str):
    done = command(world, *words, "--json", **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def found(world: Rehearsal, **environment: str) -> set[tuple[str, ...]]:
    """Kind and members of each finding: ids of people are hashes by a store's own key."""
    return {
        (one["kind"], *([m["event"] for m in one["members"]] or [one["subject"]["id"]]))
        for one in document(world, "conflicts", **environment)["findings"]
    }


def test_a_server_gives_the_findings_that_a_file_gives_and_is_written_from(world, served):
    for place in ({}, served):
        assert command(world, "sync", **place).returncode == 0
    on_file, on_server = (found(world, **place) for place in ({}, served))
    assert on_server == on_file != set()

    planned = document(world, "plan", **served)
    assert {one["verb"] for one in planned["actions"]} == {"create"}
    done = document(world, "apply", planned["hash"], **served)
    [run] = done["runs"]
    assert {one["outcome"] for one in run["actions"]} == {"confirmed"}
    assert command(world, "sync", **served).returncode == 0
    assert document(world, "plan", **served)["actions"] == []

    undone = command(world, "undo", run["id"], **served)
    assert undone.returncode == 0, undone.stderr
    assert command(world, "db", "verify", **served).returncode == 0
