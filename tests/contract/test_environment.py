"""Settings from the environment and from secret files, as containers give them."""

from __future__ import annotations

SECRET = "a-key-that-nobody-may-see"


def test_a_secret_file_named_by_the_environment_wins_and_its_content_is_never_told(
    desk, monkeypatch
):
    path = desk.directory / "mounted"
    path.write_text(f"{SECRET}-eu1\n", encoding="utf-8")
    path.chmod(0o444)
    monkeypatch.setenv("CALSYNC_ACCOUNTS__CLINIC__API_KEY_FILE", str(path))
    done = desk.calsync("sync", "--account", "clinic")
    assert done.code == 1, "the sandbox does not know this key"
    assert "clinic" in done.out
    assert "401" in done.out
    assert "every user of this machine can read the file" in done.err, "a warning, no refusal"
    assert SECRET not in done.out + done.err


def test_a_secret_file_that_is_not_there_is_named_with_where_it_was_said(desk, monkeypatch):
    name = "CALSYNC_ACCOUNTS__CLINIC__API_KEY_FILE"
    monkeypatch.setenv(name, "/no/such/file")
    done = desk.calsync("accounts")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("config.toml: accounts.clinic.api_key_file")
    assert name in done.err
    assert done.err.count("\n") == 1


def test_an_unknown_name_is_an_error_that_names_the_nearest(desk, monkeypatch):
    monkeypatch.setenv("CALSYNC_WORKER__POL_EVERY", "5m")
    done = desk.calsync("accounts")
    assert (done.code, done.out) == (2, "")
    assert "CALSYNC_WORKER__POL_EVERY" in done.err
    assert "CALSYNC_WORKER__POLL_EVERY" in done.err
    assert done.err.count("\n") == 1


def test_a_value_of_the_environment_is_judged_like_one_of_the_file(desk, monkeypatch):
    monkeypatch.setenv("CALSYNC_WORKER__PUSH", "always")
    done = desk.calsync("check", "--offline")
    assert done.code == 2
    assert "worker.push" in done.err
    assert "off, plan or apply" in done.err
    monkeypatch.setenv("CALSYNC_WORKER__PUSH", "off")
    assert desk.calsync("check", "--offline").code == 0
