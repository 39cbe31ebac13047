"""The first ten minutes: `calsync init`, at a terminal and without one."""

from __future__ import annotations

import os
import pty
import select
import stat
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.ops.process import LONG
from worker.cli.main import run
from worker.config import load
from worker.config.drafting import Draft, complaints, questions, text, vendors

ROOT = Path(__file__).parents[2]
KEY = "c4n4ry-key-au1"


class Terminal:
    """`calsync init` at a terminal, answered line by line; what is shown is kept."""

    def __init__(self, directory: Path) -> None:
        self.shown = ""
        self._read = 0
        self._pid, self._line = pty.fork()
        if not self._pid:
            os.chdir(directory)
            os.environ["PYTHONPATH"] = str(ROOT)
            os.environ.pop("CALSYNC_CONFIG", None)
            os.execv(sys.executable, [sys.executable, "-m", "worker", "init"])

    def asks(self, words: str) -> Terminal:
        """Wait until these words are shown after what was shown before."""
        until = time.monotonic() + LONG
        while words not in self.shown[self._read :]:
            if not select.select([self._line], [], [], max(0, until - time.monotonic()))[0]:
                raise AssertionError(f"no {words!r} in:\n{self.shown}")
            try:
                self.shown += os.read(self._line, 10_000).decode()
            except OSError:
                raise AssertionError(f"no {words!r} before the end of:\n{self.shown}") from None
        self._read = self.shown.index(words, self._read) + len(words)
        return self

    def answer(self, line: str) -> Terminal:
        os.write(self._line, f"{line}\n".encode())
        return self

    def ends(self) -> int:
        while True:
            try:
                got = os.read(self._line, 10_000)
            except OSError:
                break
            if not got:
                break
            self.shown += got.decode()
        os.close(self._line)
        return os.waitstatus_to_exitcode(os.waitpid(self._pid, 0)[1])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_person_is_asked_and_what_is_written_works(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.asks("Vendor (").answer("clinico")
    terminal.asks("There is no vendor 'clinico'").asks("Vendor (").answer("cliniko")
    terminal.asks("How you call this account [cliniko]").answer("Main Clinic")
    terminal.asks("must begin with a-z").asks("How you call").answer("clinic")
    terminal.asks("contact").answer("nobody")
    terminal.asks("business_id").answer("")
    terminal.asks("api_key").answer(KEY)
    terminal.asks("must be one plain e-mail address")
    terminal.asks("contact").answer("ops@example.org")
    terminal.asks("business_id").answer("3")
    terminal.asks("api_key").answer(KEY)
    terminal.asks("Another vendor (").answer("")
    assert terminal.ends() == 0
    assert KEY not in terminal.shown
    assert terminal.shown.rstrip().endswith("Next: calsync check")
    assert mode(tmp_path / "config.toml") == 0o600
    assert mode(tmp_path / "secrets") == 0o700
    assert mode(tmp_path / "secrets" / "clinic") == 0o600
    config = load(tmp_path / "config.toml", {})
    account = config.accounts["clinic"]
    assert account.api_key.get_secret_value() == KEY  # type: ignore[attr-defined]
    assert account.business_id == "3"  # type: ignore[attr-defined]
    assert config.server.admin_token is not None
    assert len(config.server.admin_token.get_secret_value()) >= 40
    assert config.warnings == ()
    assert config.worker.push == "plan"


def test_who_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.asks("Vendor (").answer("cliniko")
    terminal.asks("How you call").answer("")
    terminal.asks("contact")
    terminal.answer("\x03")
    assert terminal.ends() == 130
    assert list(tmp_path.iterdir()) == []


def called(
    directory: Path, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str, str]:
    code = run(["-c", str(directory / "config.toml"), "init", *words])
    return code, *capsys.readouterr()


def options(accounts: Sequence[tuple[str, str]]) -> list[str]:
    return [word for id_, name in accounts for word in ("--vendor", name, "--id", id_)]


def test_without_a_terminal_options_do(tmp_path, capsys) -> None:
    before = os.umask(0)
    try:
        code, out, _ = called(
            tmp_path,
            capsys,
            *options([("clinic", "cliniko"), ("studio", "timify")]),
            *("--set", "clinic.contact=ops@example.org", "--set", "studio.app_id=5f0c"),
        )
    finally:
        os.umask(before)
    assert code == 0
    assert f"Put the credential into {tmp_path}/secrets/clinic (one line)." in out
    assert "Fill in accounts.studio.company_id" in out
    assert out.endswith(f"Next: calsync -c {tmp_path}/config.toml check\n")
    assert {mode(path) for path in (tmp_path / "secrets").iterdir()} == {0o600}
    assert mode(tmp_path / "config.toml") == 0o600
    (tmp_path / "secrets" / "clinic").write_text(f"{KEY}\n")
    (tmp_path / "secrets" / "studio").write_text("secret\n")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace('company_id = ""', 'company_id = "77"'))
    assert set(load(config, {}).accounts) == {"clinic", "studio"}


def test_an_account_with_a_choice_of_credentials_is_told_how_to_make_it(tmp_path, capsys) -> None:
    sandbox = "coaching.base_url=http://127.0.0.1:8111/acuity"
    words = ("--set", "coaching.user_id=24601", "--set", sandbox)
    code, out, _ = called(tmp_path, capsys, *options([("coaching", "acuity")]), *words)
    assert code == 0
    (line,) = [one for one in out.splitlines() if one.startswith("accounts.coaching needs")]
    assert "take the # from api_key_file or access_token_file" in line
    config = tmp_path / "config.toml"
    config.write_text(config.read_text().replace("#api_key_file", "api_key_file"))
    (tmp_path / "secrets" / "coaching_api_key").write_text("sandbox-acuity-key\n")
    account = load(config, {}).accounts["coaching"]
    assert account.base_url == "http://127.0.0.1:8111/acuity"


@pytest.mark.parametrize("name", vendors())
def test_what_is_still_missing_is_told_by_the_check_that_comes_next(name, tmp_path, capsys) -> None:
    assert called(tmp_path, capsys, *options([("one", name)]))[0] == 0
    assert run(["-c", str(tmp_path / "config.toml"), "check", "--offline"]) == 2
    errors = capsys.readouterr().err
    assert "accounts.one" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("name", vendors())
def test_a_file_with_all_answers_is_a_configuration(name: str, tmp_path: Path) -> None:
    answers = {
        "base_url": "https://canvas.example.edu",
        "contact": "ops@example.org",
        "business_id": "3",
        "user_id": "12345",
        "app_id": "5f0c",
        "company_id": "5f0d",
    }
    asked = questions(name)
    plain = {one.key: answers[one.key] for one in asked if not one.secret}
    secret = {one.key: KEY for one in asked if one.secret and one.key != "access_token"}
    draft = Draft("one", name, plain, secret)
    assert complaints(draft) == ()
    (tmp_path / "secrets").mkdir()
    for file in {line.split('"')[1] for line in text([draft]).splitlines() if "_file =" in line}:
        (tmp_path / file).write_text(KEY)
        (tmp_path / file).chmod(0o600)
    (tmp_path / "config.toml").write_text(text([draft]))
    assert load(tmp_path / "config.toml", {}).accounts["one"].vendor == name


def test_nothing_is_ever_overwritten(tmp_path, capsys) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "clinic").write_text("mine\n")
    assert called(tmp_path, capsys, *options([("clinic", "cliniko")]))[0] == 0
    assert (tmp_path / "secrets" / "clinic").read_text() == "mine\n"
    written = (tmp_path / "config.toml").read_bytes()
    code, _, errors = called(tmp_path, capsys, *options([("other", "cliniko")]))
    assert (code, errors.count("\n")) == (1, 1)
    assert "exists already" in errors
    assert (tmp_path / "config.toml").read_bytes() == written
    assert not (tmp_path / "secrets" / "other").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("--vendor", "cliniko"),
        ("--vendor", "cliniko", "--id", "A b"),
        ("--vendor", "cliniko", "--id", "a", "--vendor", "timify", "--id", "a"),
        ("--vendor", "cliniko", "--id", "a", "--set", "a.api_key=secret"),
        ("--vendor", "cliniko", "--id", "a", "--set", "b.contact=x@example.org"),
        (),
    ],
)
def test_options_that_do_not_fit_are_told_in_one_line(words, tmp_path, capsys) -> None:
    code, out, errors = called(tmp_path, capsys, *words)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert "secret'" not in errors
    assert list(tmp_path.iterdir()) == []
