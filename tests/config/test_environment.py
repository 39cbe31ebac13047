"""What the environment says wins over the file, and what it misspells is an error."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.config.conftest import Desk

CAMPUS = """
[accounts.campus]
vendor = "canvas"
base_url = "https://canvas.example.edu"
token_file = "canvas"
"""


def test_the_environment_wins_over_the_file(desk: Desk) -> None:
    config = desk.load('[worker]\npush = "off"\n', {"CALSYNC_WORKER__PUSH": "apply"})
    assert config.worker.push == "apply"


def test_it_sets_what_the_file_leaves_out(desk: Desk) -> None:
    environ = {
        "CALSYNC_WORKER__POLL_EVERY": "5m",
        "CALSYNC_WORKER__TRUST_ENV": "true",
        "CALSYNC_BRAKES__VANISH_SHARE": "0.5",
        "CALSYNC_BRAKES__FAILURES": "7",
        "CALSYNC_SEVERITY__TENTATIVE": "-20",
    }
    config = desk.load("", environ)
    assert config.worker.poll_every == 300
    assert config.worker.trust_env is True
    assert (config.brakes.vanish_share, config.brakes.failures) == (0.5, 7)
    assert config.severity.tentative == -20


def test_lists_and_tables_are_written_as_in_toml(desk: Desk) -> None:
    environ = {
        "CALSYNC_ACCOUNTS__CAMPUS__CONTEXT_CODES": '["course_1", "course_2"]',
        "CALSYNC_RESOURCES__AMY": '{ name = "Amy", parallel = 2 }',
        "CALSYNC_RESOURCES__AMY__BINDINGS__CAMPUS": "group:5",
        "CALSYNC_HOLDS": '[{ to = ["campus"] }]',
        "CALSYNC_HOLDS__0__WITHDRAW_OPEN_SLOTS": "true",
    }
    config = desk.load(CAMPUS, environ)
    assert list(config.accounts["campus"].context_codes) == ["course_1", "course_2"]  # type: ignore[attr-defined]
    assert config.resources[0].parallel == 2
    assert config.resources[0].bindings == (("campus", "group:5"),)
    assert config.holds[0].withdraw_open_slots


def test_an_id_that_looks_like_a_number_stays_text(desk: Desk) -> None:
    environ = {
        "CALSYNC_ACCOUNTS__CLINIC__VENDOR": "cliniko",
        "CALSYNC_ACCOUNTS__CLINIC__API_KEY_FILE": "cliniko",
        "CALSYNC_ACCOUNTS__CLINIC__CONTACT": "ops@example.org",
        "CALSYNC_ACCOUNTS__CLINIC__BUSINESS_ID": "3",
    }
    clinic = desk.load("", environ).accounts["clinic"]
    assert clinic.business_id == "3"  # type: ignore[attr-defined]


def test_a_secret_file_may_be_named_by_the_environment(desk: Desk) -> None:
    desk.secret("other", "other-token")
    config = desk.load(CAMPUS, {"CALSYNC_ACCOUNTS__CAMPUS__TOKEN_FILE": str(desk.folder / "other")})
    assert config.accounts["campus"].token.get_secret_value() == "other-token"  # type: ignore[attr-defined]


def test_a_secret_in_the_environment_takes_the_place_of_the_file_named_in_the_configuration(
    desk: Desk,
) -> None:
    config = desk.load(CAMPUS, {"CALSYNC_ACCOUNTS__CAMPUS__TOKEN": "mine"})
    assert config.accounts["campus"].token.get_secret_value() == "mine"  # type: ignore[attr-defined]


def test_both_ways_in_the_environment_are_one_too_many(desk: Desk) -> None:
    environ = {
        "CALSYNC_ACCOUNTS__CAMPUS__TOKEN": "mine",
        "CALSYNC_ACCOUNTS__CAMPUS__TOKEN_FILE": "canvas",
    }
    problem = desk.problem(CAMPUS, environ)
    assert problem == (
        "accounts.campus.token (from CALSYNC_ACCOUNTS__CAMPUS__TOKEN): "
        "is given twice; use it or token_file"
    )


def test_an_id_with_two_underscores_is_found(desk: Desk) -> None:
    text = CAMPUS.replace("campus", "north__campus")
    config = desk.load(text, {"CALSYNC_ACCOUNTS__NORTH__CAMPUS__TIMEZONE": "Europe/Berlin"})
    assert config.accounts["north__campus"].timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CALSYNC_WORKER__PUHS", "CALSYNC_WORKER__PUSH"),
        ("CALSYNC_SERVR__LISTEN", "CALSYNC_SERVER__LISTEN"),
        ("CALSYNC_ACCOUNTS__CAMPUS__TOKEN_FIEL", "CALSYNC_ACCOUNTS__CAMPUS__TOKEN_FILE"),
        ("CALSYNC_ACCOUNTS__CAMPS__TOKEN", "CALSYNC_ACCOUNTS__CAMPUS__TOKEN"),
        ("CALSYNC_RESOURCES__AMI__EMAIL", "CALSYNC_RESOURCES__AMY__EMAIL"),
        ("CALSYNC_RESOURCES__AMY__EMIAL", "CALSYNC_RESOURCES__AMY__EMAIL"),
        ("CALSYNC_HOLDS__0__TOO", "CALSYNC_HOLDS__0__TO"),
        ("CALSYNC_BRAKES__", "CALSYNC_BRAKES__"),
        ("CALSYNC_SERVER__ADMIN_TOKEN_FIL", "CALSYNC_SERVER__ADMIN_TOKEN_FILE"),
    ],
)
def test_an_unknown_name_names_the_nearest(desk: Desk, name: str, nearest: str) -> None:
    text = f'{CAMPUS}[resources.amy]\n[[holds]]\nto = "campus"\n'
    problem = desk.problem(text, {name: "x-value"})
    assert problem.startswith(f"{name} (environment): is not a setting; the nearest is {nearest}")
    assert "x-value" not in problem


@pytest.mark.parametrize(
    "name", ["CALSYNC_HOLDS__X__TO", "CALSYNC_HOLDS__7__TO", "CALSYNC_HOLDS__TO"]
)
def test_a_rule_is_named_by_its_number(desk: Desk, name: str) -> None:
    assert "CALSYNC_HOLDS__0__… names the first rule" in desk.problem(CAMPUS, {name: "campus"})


def test_a_rule_may_be_written_in_the_environment_alone(desk: Desk) -> None:
    environ = {
        "CALSYNC_COPIES__0__FROM": "campus",
        "CALSYNC_COPIES__0__TO": "clinic",
        "CALSYNC_COPIES__0__CREATE__PUBLISH": "false",
    }
    clinic = CAMPUS.replace("campus", "clinic")
    assert desk.load(CAMPUS + clinic, environ).copies[0].create == {"publish": False}


def test_a_wrong_value_says_which_variable_it_came_from(desk: Desk) -> None:
    problem = desk.problem("", {"CALSYNC_WORKER__PUSH": "paln"})
    assert problem == (
        'worker.push (from CALSYNC_WORKER__PUSH): must be off, plan or apply, not "paln"'
    )


def test_an_empty_variable_is_an_empty_value_not_an_absent_one(desk: Desk) -> None:
    assert "must be off, plan or apply" in desk.problem("", {"CALSYNC_WORKER__PUSH": ""})
    assert desk.load("", {"CALSYNC_SERVER__PUBLIC_URL": ""}).server.public_url == ""


def test_names_of_other_programs_are_left_alone(desk: Desk) -> None:
    environ = {
        "CALSYNC_CONFIG": "elsewhere.toml",
        "CALSYNC_PORT": "tcp://10.0.0.1:8080",
        "CALSYNC_SERVICE_HOST": "10.0.0.1",
        "PATH": "/bin",
        "XCALSYNC_WORKER__PUSH": "x",
    }
    assert desk.load("", environ).warnings == ()


def test_one_underscore_too_few_is_warned_of(desk: Desk) -> None:
    (warning,) = desk.load("", {"CALSYNC_WORKER_PUSH": "off"}).warnings
    assert warning.endswith("has no effect; did you mean CALSYNC_WORKER__PUSH?")


@pytest.mark.parametrize("value", ["yes", "True", "1", "", "true\nx = 1"])
def test_booleans_are_true_or_false(desk: Desk, value: str) -> None:
    assert "must be true or false" in desk.problem("", {"CALSYNC_WORKER__TRUST_ENV": value})


def test_bytes_that_are_no_text_are_refused(desk: Desk) -> None:
    problem = desk.problem("", {"CALSYNC_WORKER__TIMEZONE": os.fsdecode(b"caf\xe9")})
    assert problem == "CALSYNC_WORKER__TIMEZONE (environment): is not text in UTF-8"


def test_a_table_where_the_file_has_none_is_one_problem(desk: Desk) -> None:
    assert (
        desk.problem("worker = 5\n", {"CALSYNC_WORKER__PUSH": "off"}) == "worker: must be a table"
    )


def test_the_package_does_not_pull_in_the_store_or_the_server() -> None:
    code = (
        "import sys, worker.config; from pathlib import Path;"
        "worker.config.load(Path('config.example.toml'), {});"
        "heavy = {'sqlalchemy', 'sqlmodel', 'starlette', 'uvicorn', 'alembic', 'icalendar'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
