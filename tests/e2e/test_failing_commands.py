"""What an operator reads when vendors fail or the configuration is wrong: words, and no secrets."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.e2e.rehearsal import ACCOUNTS, Rehearsal, command, live
from worker.sandbox.world.accounts import (
    ACUITY_KEY,
    CANVAS_TOKEN,
    CLINIKO_KEY,
    FRONTDESK_KEY,
    TIMIFY_SECRET,
)

SECRETS = (ACUITY_KEY, CANVAS_TOKEN, CLINIKO_KEY, FRONTDESK_KEY, TIMIFY_SECRET)
PLANTED = "planted-secret-7d1c9e55"
KEYS = {
    "CALSYNC_ACCOUNTS__CAMPUS__TOKEN": PLANTED,
    "CALSYNC_ACCOUNTS__CLINIC__API_KEY": f"{PLANTED}-eu1",
    "CALSYNC_ACCOUNTS__STUDIO__APP_SECRET": PLANTED,
    "CALSYNC_ACCOUNTS__COACHING__API_KEY": PLANTED,
    "CALSYNC_ACCOUNTS__FRONTDESK__API_KEY": PLANTED,
}
QUICKLY = {"CALSYNC_WORKER__REQUEST_TIMEOUT": "1s", "CALSYNC_WORKER__LOG_LEVEL": "debug"}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[Rehearsal]:
    with live(tmp_path_factory.mktemp("failing")) as one:
        yield one


@pytest.fixture(autouse=True)
def in_order(request):
    """Every test begins with working vendors and an empty store."""
    if "world" in request.fixturenames:
        world = request.getfixturevalue("world")
        world.server.faults.off()
        for suffix in ("", "-wal", "-shm"):
            world.path.with_name(f"calsync.db{suffix}").unlink(missing_ok=True)


def private(world: Rehearsal) -> set[str]:
    """What must be in no output: credentials, and who takes part."""
    accounts = world.world._accounts
    people = chain.from_iterable(accounts.clinic.people)
    emails = (f"{number}@patients.example.com" for number in range(len(accounts.clinic.people)))
    return {*SECRETS, PLANTED, *emails, *(name for name in people if len(name) > 4)}


def check_output(world: Rehearsal, done) -> None:
    """One plain line per account; no traceback; nothing private, whichever way it is written."""
    assert "Traceback" not in done.stdout + done.stderr
    assert 'File "' not in done.stdout + done.stderr
    for text in private(world):
        for form in (text, text.encode().hex(), repr(text)):
            assert form not in done.stdout, form
            assert form not in done.stderr, form


def lines(done) -> dict[str, str]:
    """The line of each account."""
    found = [line for line in done.stdout.splitlines() if line.split(" ")[0] in ACCOUNTS]
    assert len(found) == len({line.split(" ")[0] for line in found})
    return {line.split()[0]: line for line in found}


def test_wrong_credentials_are_told_account_by_account(world):
    done = command(world, "sync", **KEYS, **QUICKLY)
    assert done.returncode == 1
    told = lines(done)
    assert set(told) == set(ACCOUNTS)
    assert all(line.split()[1] == "failed" for line in told.values()), told
    assert all(re.search(r"\b(401|403)\b", line) for line in told.values()), told
    check_output(world, done)
    checked = command(world, "check", **KEYS, **QUICKLY)
    assert checked.returncode == 1
    assert checked.stdout.count("does not work") == 5
    check_output(world, checked)


def test_a_wrong_credential_of_one_account_leaves_the_others_alone(world):
    name = "CALSYNC_ACCOUNTS__COACHING__API_KEY"
    done = command(world, "sync", **{name: PLANTED})
    assert done.returncode == 1
    results = {account: line.split()[1] for account, line in lines(done).items()}
    assert results == {**dict.fromkeys(ACCOUNTS, "complete"), "coaching": "failed"}
    check_output(world, done)


def test_credentials_that_expire_in_the_middle_of_a_run(world):
    for account, vendor in ACCOUNTS.items():
        world.server.faults.on("H11", vendor=vendor, after=1 if account == "campus" else 3)
    done = command(world, "sync", **QUICKLY)
    assert done.returncode == 1
    told = lines(done)
    assert {line.split()[1] for line in told.values()} <= {"failed", "incomplete"}, told
    check_output(world, done)


def test_missing_rights_are_named(world):
    accounts = world.world._accounts
    accounts.campus.site.add_student(
        "Robin Student", courses=accounts.campus.courses.values(), token=PLANTED
    )
    accounts.clinic.site.add_key(f"{PLANTED}-eu1", forbidden=("bookings", "group_appointments"))
    keys = {name: value for name, value in KEYS.items() if "CAMPUS" in name or "CLINIC" in name}
    done = command(world, "check", **keys, **QUICKLY)
    assert done.returncode == 1
    blocks = dict(re.findall(r"^(\w+) \(\w+\): (.*)$", done.stdout, re.MULTILINE))
    # Canvas hides from a student that there is anything to manage: its list is only empty.
    assert "manages nothing" in blocks["campus"], done.stdout
    assert "may be a student's" in done.stdout
    assert blocks["clinic"].startswith("does not work"), done.stdout
    assert blocks["coaching"].startswith("works")
    check_output(world, done)
    synced = command(world, "sync", "--account", "campus", "--account", "clinic", **keys, **QUICKLY)
    assert synced.returncode == 1
    check_output(world, synced)


@pytest.mark.parametrize(
    ("fault", "variant", "accounts"),
    [
        ("H20", "login", tuple(ACCOUNTS)),
        ("H22", "utf-16", tuple(ACCOUNTS)),
        ("Z01", "1024", tuple(ACCOUNTS)),
        ("Z02", "length", ("coaching",)),
        ("Z02", "chunked", ("frontdesk",)),
        ("Z03", "lists", tuple(ACCOUNTS)),
        ("Z03", "objects", tuple(ACCOUNTS)),
        ("Z04", "nothing", tuple(ACCOUNTS)),
        ("T11", "", tuple(ACCOUNTS)),
        ("T13", "drip", tuple(ACCOUNTS)),
        ("T13", "hang", tuple(ACCOUNTS)),
        ("T19", "", tuple(ACCOUNTS)),
        ("H23", "302 metadata", tuple(ACCOUNTS)),
    ],
)
def test_whatever_vendors_answer_ends_in_plain_words_in_time(world, fault, variant, accounts):
    world.server.faults.on(fault, variant=variant)
    started = time.monotonic()
    chosen = [word for account in accounts for word in ("--account", account)]
    done = command(world, "sync", *chosen, **QUICKLY)
    assert time.monotonic() - started < 50  # however busy the machine: a hang would be endless
    assert done.returncode == 1
    told = lines(done)
    assert set(told) == set(accounts)
    assert not [line for line in told.values() if line.split()[1] == "complete"], told
    assert all("(" in line for line in told.values()), "each says why"
    check_output(world, done)


def test_odd_rows_leave_neither_names_nor_tracebacks_in_the_log(world):
    for name in ("C01", "C05", "C07", "C10", "C12", "C14", "C15", "C16"):
        world.server.faults.on(name, probability=0.5)
    done = command(world, "sync", **QUICKLY)
    assert done.returncode in (0, 1)
    assert "calsync failed" not in done.stdout + done.stderr
    check_output(world, done)


def test_a_vendor_that_is_not_there_at_all(world):
    address = {"CALSYNC_ACCOUNTS__COACHING__BASE_URL": "http://127.0.0.1:9"}
    done = command(world, "sync", "--account", "coaching", **address, **QUICKLY)
    assert done.returncode == 1
    assert "no connection" in lines(done)["coaching"]
    check_output(world, done)


BROKEN = {
    "an unknown key": ('[worker]\npol_every = "2m"', "worker.pol_every", "poll_every"),
    "no duration": ('[worker]\npoll_every = "often"', "worker.poll_every", "90s"),
    "an unknown vendor": ('[accounts.a]\nvendor = "exchange"', "accounts.a.vendor", "canvas"),
    "plain http elsewhere": (
        f'[accounts.a]\nvendor = "canvas"\nbase_url = "http://x.example"\ntoken = "{PLANTED}"',
        "accounts.a.base_url",
        "https",
    ),
    "a login in the address": (
        f'[accounts.a]\nvendor = "canvas"\nbase_url = "https://u:{PLANTED}@x.example"\ntoken="t"',
        "accounts.a.base_url",
        "",
    ),
    "a secret with a line break": (
        f'[accounts.a]\nvendor="canvas"\nbase_url="https://x.example"\ntoken="{PLANTED}\\n"',
        "accounts.a.token",
        "",
    ),
    "a resource of no account": (
        '[resources.amy]\nname="Amy"\nkind="person"\n[resources.amy.bindings]\nnone=["group:1"]',
        "resources.amy.bindings.none",
        "",
    ),
    "no TOML": ("[worker\n", "", "TOML"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_is_one_line_with_file_key_and_what_is_allowed(tmp_path, name):
    text, key, allowed = BROKEN[name]
    path = tmp_path / "config.toml"
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(0o600)
    broken = Rehearsal(None, None, None, path)  # type: ignore[arg-type] - no vendor is reached
    commands = {"an unknown key": ("sync", "run"), "no TOML": ("check",)}.get(name, ("sync",))
    for word in commands:
        started = time.monotonic()
        done = command(broken, word)
        assert time.monotonic() - started < 10
        assert done.returncode == 2, done.stderr
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1, done.stderr
        assert "config.toml" in done.stderr
        assert key in done.stderr
        assert allowed in done.stderr
        assert PLANTED not in done.stderr


def test_a_configuration_that_is_not_there_is_named(tmp_path):
    nowhere = Rehearsal(None, None, None, tmp_path / "config.toml")  # type: ignore[arg-type]
    done = command(nowhere, "sync")
    assert done.returncode == 2
    assert "config.toml" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "--account", "nope"),
        ("events", "--account", "nope"),
        ("events", "--resource", "nope"),
        ("events", "--from", "tomorrow"),
        ("events", "--json", "--csv"),
        ("conflicts", "--fail-on", "nope"),
        ("nope",),
        ("sync", "--nope"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_is_one_line_and_2(world, words):
    done = command(world, *words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
