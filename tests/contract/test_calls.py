"""How calsync is called: where the configuration comes from, unknown names, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from worker import __version__

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("option", ["-c", "--config"])
def test_the_configuration_is_named_before_or_after_the_command(desk, before, option):
    (desk.directory / "config.toml").rename(desk.directory / "other.toml")
    named = (option, "other.toml")
    words = (*named, "check", "--offline") if before else ("check", "--offline", *named)
    done = desk.calsync(*words)
    assert done.code == 0, done.err
    assert done.out.startswith("other.toml:")


def test_the_configuration_is_config_toml_here_unless_the_environment_names_another(
    desk, monkeypatch
):
    assert desk.calsync("check", "--offline").code == 0
    monkeypatch.setenv("CALSYNC_CONFIG", "elsewhere.toml")
    done = desk.calsync("check", "--offline")
    assert done.code == 2
    assert done.err.startswith("elsewhere.toml:")
    assert desk.calsync("check", "--offline", "-c", "config.toml").code == 0


def test_a_configuration_may_be_called_like_a_command(desk):
    (desk.directory / "config.toml").rename(desk.directory / "demo")
    done = desk.calsync("--config", "demo", "check", "--offline")
    assert done.code == 0, done.err
    assert done.out.startswith("demo:")


def test_the_module_is_the_same_as_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "worker", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"calsync {__version__}\n", "")
    assert 'calsync = "worker.__main__:main"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("sync", "--account", "nope"), "there is no account nope (there are: campus, clinic,"),
        (("events", "--account", "nope"), "there is no account nope (there are: campus, clinic,"),
        (("events", "--resource", "nope"), "there is no resource nope (there are: amy, ben,"),
        (("conflicts", "--resource", "nope"), "there is no resource nope (there are: amy, ben,"),
        (("explain", "0000000000000000"), "there is no"),
        (("ack", "0000000000000000"), "there is no finding"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_exist_is_a_wrong_call_and_no_empty_answer(desk, words, told):
    done = desk.calsync(*words)
    assert (done.code, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1


def test_a_store_in_a_directory_that_is_not_there_is_a_mistake_of_the_configuration(
    desk, monkeypatch
):
    monkeypatch.setenv("CALSYNC_WORKER__DATABASE", "sqlite:////no/such/place/calsync.db")
    done = desk.calsync("accounts")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("config.toml: worker.database: ")
    assert "/no/such/place" in done.err
    assert done.err.count("\n") == 1


def test_fail_on_looks_at_what_was_asked_for(desk):
    report = desk.json("conflicts")
    assert report["verdict"] == "conflict"
    assert "STALE_SOURCE" not in {one["kind"] for one in report["findings"]}
    assert desk.calsync("conflicts", "--fail-on", "info").code == 1
    assert desk.calsync("conflicts", "--fail-on", "info", "--resource", "amy").code == 1
    assert desk.calsync("conflicts", "--fail-on", "info", "--kind", "STALE_SOURCE").code == 0
    # A band hides from the list; it does not turn a failure into a success.
    kind = report["findings"][-1]["kind"]
    below = ("--kind", kind, "--min-severity", "critical", "--fail-on", "info")
    assert desk.calsync("conflicts", *below).code == 1


def test_what_somebody_has_settled_does_not_fail(desk):
    for one in desk.json("conflicts")["findings"]:
        assert desk.calsync("accept", one["id"], "--note", "meant to be so").code == 0
    assert desk.json("conflicts")["verdict"] == "clear"
    assert desk.calsync("conflicts", "--fail-on", "info").code == 0
