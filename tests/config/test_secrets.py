"""Credentials come from files, the environment or the file itself, and are never shown."""

from __future__ import annotations

import os

import pytest

from tests.config.conftest import Desk

CANARY = "c4n4ry-0f-a-Secret"
CAMPUS = """
[accounts.campus]
vendor = "canvas"
base_url = "https://canvas.example.edu"
"""


def token(desk: Desk, text: str, environ: dict[str, str] | None = None) -> str:
    account = desk.load(text, environ).accounts["campus"]
    return account.token.get_secret_value()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_secret_file_may_end_with_a_line_break(desk: Desk, end: str) -> None:
    desk.secret("token", CANARY + end)
    assert token(desk, f'{CAMPUS}token_file = "token"\n') == CANARY


def test_a_relative_path_counts_from_the_file_not_from_where_one_stands(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (desk.folder / "secrets").mkdir()
    desk.secret("secrets/token", CANARY)
    monkeypatch.chdir("/")
    assert token(desk, f'{CAMPUS}token_file = "secrets/token"\n') == CANARY


def test_a_link_to_a_secret_is_followed_as_kubernetes_mounts_them(desk: Desk) -> None:
    desk.secret("..data-token", CANARY)
    (desk.folder / "token").symlink_to("..data-token")
    assert token(desk, f'{CAMPUS}token_file = "token"\n') == CANARY


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\n", "the file is empty"),
        (b"x" * 65_537, "larger than 64 kB"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"two words", "must be one word of plain characters"),
        (b"two\nlines\n", "must be one word of plain characters"),
        ("пароль".encode(), "must be one word of plain characters"),
    ],
)
def test_a_file_that_holds_no_secret_is_refused(desk: Desk, content: bytes, said: str) -> None:
    desk.secret("token", content)
    problem = desk.problem(f'{CAMPUS}token_file = "token"\n')
    assert problem.startswith("accounts.campus.token")
    assert said in problem


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nowhere", "there is no such file; a relative path counts from the configuration file"),
        ("~/token", "~ and $NAMES are not expanded"),
        ("$HOME/token", "~ and $NAMES are not expanded"),
        (".", "must be a file, and is a directory"),
        ("", "must be the path of a file"),
        ("/dev/null", "is a pipe or a device"),
        ("pipe", "is a pipe or a device"),
        ("loop", "cannot be read"),
        ("a" * 3000, "cannot be read"),
        ("canvas/below", "cannot be read"),
        ("nul\\u0000", "must be"),
    ],
)
def test_a_path_that_leads_to_no_file_is_refused(desk: Desk, path: str, said: str) -> None:
    os.mkfifo(desk.folder / "pipe")
    (desk.folder / "loop").symlink_to("loop")
    problem = desk.problem(f'{CAMPUS}token_file = "{path}"\n')
    assert problem.startswith("accounts.campus.token_file: ")
    assert said in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(desk: Desk) -> None:
    desk.secret("token", CANARY, mode=0o000)
    assert "may not be read" in desk.problem(f'{CAMPUS}token_file = "token"\n')


def test_a_secret_given_twice_is_refused(desk: Desk) -> None:
    problem = desk.problem(f'{CAMPUS}token = "{CANARY}"\ntoken_file = "canvas"\n')
    assert problem == "accounts.campus.token: is given twice; use it or token_file"


def test_a_file_that_others_can_read_is_a_warning_not_a_refusal(desk: Desk) -> None:
    desk.secret("token", CANARY, mode=0o644)
    (warning,) = desk.load(f'{CAMPUS}token_file = "token"\n').warnings
    assert "accounts.campus.token_file: every user of this machine can read the file" in warning
    assert CANARY not in warning


def test_a_secret_in_a_configuration_that_others_can_read_is_warned_of(desk: Desk) -> None:
    text = f'{CAMPUS}token = "{CANARY}"\n'
    assert desk.load(text).warnings == ()
    desk.path.chmod(0o644)
    from worker.config import load

    (warning,) = load(desk.path, {}).warnings
    assert "accounts.campus.token: every user of this machine can read it" in warning
    assert load(desk.path, {"CALSYNC_ACCOUNTS__CAMPUS__TOKEN": CANARY}).warnings == ()


def test_the_database_and_the_webhook_may_hold_secrets_too(desk: Desk) -> None:
    desk.secret("db", "postgresql+psycopg://calsync:pa55word@db/calsync\n")
    desk.secret("hook", f"https://hooks.example.org/{CANARY}")
    config = desk.load('[worker]\ndatabase_file = "db"\n[notify]\nwebhook_url_file = "hook"\n')
    assert config.database == "postgresql+psycopg://calsync:pa55word@db/calsync"
    assert config.notify.webhook_url.get_secret_value().endswith(CANARY)
    assert "pa55word" not in f"{config!r} {config} {config.worker!r} {config.worker}"
    assert CANARY not in f"{config.notify!r} {config.notify}"


def test_nothing_shows_a_secret(desk: Desk) -> None:
    config = desk.load(f'{CAMPUS}token = "{CANARY}"\n[server]\nadmin_token = "{CANARY}2"\n')
    shown = [
        repr(config),
        str(config),
        f"{config.accounts}",
        f"{config.server}",
        config.fingerprint,
    ]
    assert CANARY not in "".join(shown)


def test_people_are_not_in_what_is_printed_of_a_configuration(desk: Desk) -> None:
    text = '[resources.amy]\nname = "Amy Ng"\nemail = "amy@example.org"\n'
    config = desk.load(text)
    shown = f"{config!r} {config.resources!r}"
    assert "Amy" not in shown
    assert "@" not in shown


@pytest.mark.parametrize(
    "line",
    [
        f'token_file = "{CANARY}"',
        f'token = ["{CANARY}"]',
        f'token = {{ value = "{CANARY}" }}',
        f'token = "{CANARY} "',
        f'token = "{CANARY}\\n"',
        f'tokken = "{CANARY}"',
        f'token = "{CANARY}',
        f"token = {CANARY}",
        f'token = "{CANARY}"\ntoken = "{CANARY}"',
        f'token = "{CANARY}"\n[accounts.campus]',
        f'token = "{CANARY}"\nbase_url = "https://user:{CANARY}@host"',
        f'token = "x"\ncontext_codes = ["{CANARY}"]',
        f'token = "x"\ntimezone = "{CANARY}"',
        f'token = "x"\n[accounts.other]\nvendor = "{CANARY}"',
        f'token = "x"\n[resources.amy]\nname = "{CANARY}\\n"\nemail = "{CANARY}"',
        f'token = "x"\n[resources.amy.bindings]\ncampus = "{CANARY}"',
        f'token = "x"\n[server]\nadmin_token = "{CANARY} "',
        f'token = "x"\n[server]\npublic_url = "https://{CANARY}@host"',
        f'token = "x"\n[worker]\ndatabase = "mysql://user:{CANARY}@host/name"',
        f'token = "x"\n[notify]\nwebhook_url = "http://host.example.org/{CANARY}"',
    ],
)
def test_no_mistake_makes_a_line_that_quotes_a_secret(desk: Desk, line: str) -> None:
    problems = desk.problems(f"{CAMPUS}{line}\n")
    assert problems
    assert CANARY not in "".join(problems)
