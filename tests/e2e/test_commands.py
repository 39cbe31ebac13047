"""What scripts rely on: the documents' keys and types, CSV, exit codes, and an end within 10 s."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.rehearsal import ACCOUNTS, Rehearsal, command, live, surroundings

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ID = re.compile(r"[0-9a-f]{16}")
NUMBER, TEXT, FLAG = int, str, bool
OPTIONAL_TEXT, OPTIONAL_NUMBER = (str, type(None)), (int, type(None))


def instant(value: object) -> bool:
    return isinstance(value, str) and TIME.fullmatch(value) is not None


def instant_or_null(value: object) -> bool:
    return value is None or instant(value)


def one_of(*words: str):
    return lambda value: value in words


def list_of(shape: Any):
    return lambda value: isinstance(value, list) and all(fits(item, shape) for item in value)


EVENT = {
    "id": lambda value: ID.fullmatch(value) is not None,
    "account": one_of(*ACCOUNTS),
    "vendor": one_of(*ACCOUNTS.values()),
    "native_id": TEXT,
    "occurrence": TEXT,
    "kind": one_of("slot", "group", "single", "block"),
    "status": one_of("offered", "held", "booked", "cancelled"),
    "start": instant,
    "end": instant,
    "timezone": TEXT,
    "title": TEXT,
    "location": TEXT,
    "resources": list_of(TEXT),
    "capacity": OPTIONAL_NUMBER,
    "attendees": NUMBER,
    "ours": FLAG,
    "pad_before": NUMBER,
    "pad_after": NUMBER,
    "url": OPTIONAL_TEXT,
    "revision": NUMBER,
    "updated_at": instant,
}
EVENTS = {"schema": one_of("calsync/events/1"), "events": list_of(EVENT)}
SOURCE = {
    "account": one_of(*ACCOUNTS),
    "polled_at": instant_or_null,
    "complete": FLAG,
    "stale": FLAG,
}
MEMBER = {
    "event": lambda value: ID.fullmatch(value) is not None,
    "account": one_of(*ACCOUNTS),
    "vendor": one_of(*ACCOUNTS.values()),
    "native_id": TEXT,
    "occurrence": TEXT,
    "title": TEXT,
    "status": one_of("offered", "held", "booked", "cancelled"),
    "start": instant,
    "end": instant,
    "url": OPTIONAL_TEXT,
}
FINDING = {
    "id": TEXT,
    "kind": TEXT,
    "verdict": one_of("conflict", "unknown"),
    "severity": {
        "score": lambda value: isinstance(value, int) and 0 <= value <= 100,
        "band": one_of("critical", "high", "medium", "low", "info"),
        "terms": list_of({"term": TEXT, "points": NUMBER}),
    },
    "state": one_of("open", "acknowledged", "snoozed", "accepted", "resolved", "reopened"),
    "subject": {"type": TEXT, "id": TEXT, "name": TEXT},
    "start": instant,
    "end": instant,
    "peak": NUMBER,
    "limit": NUMBER,
    "overlap_minutes": NUMBER,
    "members": list_of(MEMBER),
    "first_seen": instant,
    "last_confirmed": instant,
    "suggestions": list_of({"action": TEXT, "target": dict, "effect": TEXT, "notifies": FLAG}),
    "evidence": dict,
}
CONFLICTS = {
    "schema": one_of("calsync/conflicts/1"),
    "verdict": one_of("conflict", "unknown", "clear"),
    "checked_at": instant,
    "events": NUMBER,
    "sources": list_of(SOURCE),
    "findings": list_of(FINDING),
}
ACCOUNT = {
    "id": one_of(*ACCOUNTS),
    "vendor": one_of(*ACCOUNTS.values()),
    "state": one_of("fresh", "stale", "failing", "paused", "needs_attention"),
    "last_complete_poll": instant_or_null,
    "age_seconds": OPTIONAL_NUMBER,
    "failures": NUMBER,
    "error": OPTIONAL_TEXT,
    "events": NUMBER,
    "brakes": list_of(TEXT),
    "next_poll": instant_or_null,
    "can": dict.fromkeys(("read", "create", "move", "remove", "hold"), FLAG),
}
ACCOUNTS_DOCUMENT = {"schema": one_of("calsync/accounts/1"), "accounts": list_of(ACCOUNT)}


def fits(value: object, shape: Any) -> bool:
    """Whether a value has exactly this shape: no key more, none less, each of its type."""
    match shape:
        case dict():
            assert isinstance(value, dict)
            assert set(value) == set(shape), set(value) ^ set(shape)
            for name, inner in shape.items():
                assert fits(value[name], inner), (name, value[name])
            return True
        case type() | tuple():
            wanted = shape if isinstance(shape, tuple) else (shape,)
            return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))
        case _:
            return bool(shape(value))


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[Rehearsal]:
    with live(tmp_path_factory.mktemp("commands")) as one:
        one.server.faults.on(
            "C21", vendor="acuity", path="/api/v1/blocks", variant="csv", method="GET"
        )
        done = command(one, "sync")
        assert done.returncode == 0, done.stdout + done.stderr
        yield one


@pytest.mark.parametrize(
    ("words", "shape"),
    [
        (("events", "--json", "--status", "all"), EVENTS),
        (("conflicts", "--json", "--state", "all"), CONFLICTS),
        (("accounts", "--json"), ACCOUNTS_DOCUMENT),
    ],
    ids=["events", "conflicts", "accounts"],
)
def test_a_document_has_exactly_the_keys_that_are_promised(world, words, shape):
    done = command(world, *words)
    assert done.returncode == 0, done.stderr
    assert fits(json.loads(done.stdout), shape)


def test_documents_are_full_and_agree_with_each_other(world):
    events = json.loads(command(world, "events", "--json").stdout)["events"]
    report = json.loads(command(world, "conflicts", "--json").stdout)
    accounts = json.loads(command(world, "accounts", "--json").stdout)["accounts"]
    assert {event["account"] for event in events} == set(ACCOUNTS)
    assert all(event["status"] != "cancelled" for event in events)
    assert report["events"] == len(events) == sum(account["events"] for account in accounts)
    assert report["verdict"] == "conflict"
    known = {event["id"] for event in events}
    doubles = [one for one in report["findings"] if one["kind"] == "RESOURCE_DOUBLE"]
    assert doubles
    assert all(member["event"] in known for one in doubles for member in one["members"])


def test_events_can_be_chosen(world):
    def asked(*words: str) -> list[dict[str, Any]]:
        return json.loads(command(world, "events", "--json", *words).stdout)["events"]

    everything = asked("--status", "all")
    assert asked("--account", "clinic", "--status", "all") == [
        one for one in everything if one["account"] == "clinic"
    ]
    assert asked("--status", "held") == [one for one in everything if one["status"] == "held"]
    middle = sorted(one["start"] for one in everything)[len(everything) // 2]
    assert asked("--status", "all", "--to", middle) == [
        one for one in everything if one["start"] < middle
    ]


def test_csv_is_read_by_the_csv_module_and_by_spreadsheets_without_harm(world):
    done = command(world, "events", "--csv", "--status", "all")
    assert done.returncode == 0
    rows = list(csv.DictReader(io.StringIO(done.stdout, newline="")))
    document = json.loads(command(world, "events", "--json", "--status", "all").stdout)
    assert [row["id"].lstrip("'") for row in rows] == [one["id"] for one in document["events"]]
    assert set(rows[0]) == set(EVENT)
    for row in rows:
        for name, cell in row.items():
            assert not re.match(r"\s*[=+\-@\t\r＝＋－＠]", cell), (name, cell)
    findings = command(world, "conflicts", "--csv")
    assert findings.returncode == 0
    parsed = list(csv.DictReader(io.StringIO(findings.stdout, newline="")))
    assert len(parsed) == len(json.loads(command(world, "conflicts", "--json").stdout)["findings"])


def test_fail_on_is_an_exit_code_by_band(world):
    report = json.loads(command(world, "conflicts", "--json").stdout)
    worst = max(finding["severity"]["score"] for finding in report["findings"])
    for band, floor in {"critical": 80, "high": 60, "info": 0}.items():
        done = command(world, "conflicts", "--fail-on", band, "--json")
        assert done.returncode == (1 if worst >= floor else 0), band
    assert command(world, "conflicts").returncode == 0


def test_an_unknown_verdict_fails_whatever_the_band(tmp_path):
    with live(tmp_path) as unsynced:
        done = command(unsynced, "conflicts", "--fail-on", "critical", "--json")
        assert json.loads(done.stdout)["verdict"] == "unknown"
        assert done.returncode == 1
        assert command(unsynced, "conflicts").returncode == 0
        assert command(unsynced, "accounts").returncode == 1


def test_check_offline_asks_nobody(world):
    before = len(world.server.ledger)
    done = command(world, "check", "--offline")
    assert done.returncode == 0
    assert "fine" in done.stdout
    assert len(world.server.ledger) == before


def test_check_asks_every_account_by_reads_only(world):
    before = len(world.server.ledger)
    done = command(world, "check")
    for account in ACCOUNTS:
        assert f"{account} (" in done.stdout
    entries = world.server.ledger.entries(since=before)
    assert {entry.vendor for entry in entries} == set(ACCOUNTS.values())
    assert not any(entry.applied or entry.notifications for entry in entries)


@pytest.mark.parametrize("hanging", [False, True], ids=["idle", "in a read that hangs"])
def test_run_ends_within_ten_seconds_of_sigterm_with_0(tmp_path, hanging):
    with live(tmp_path) as world:
        if hanging:
            world.server.faults.on("T19", vendor="acuity")
            world.server.faults.on("T13", vendor="canvas", variant="hang")
        port = free_port()
        environment = surroundings(CALSYNC_SERVER__LISTEN=f"127.0.0.1:{port}")
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "run"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            until = time.monotonic() + 30
            while {entry.vendor for entry in world.server.ledger.entries()} != set(
                ACCOUNTS.values()
            ):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < until
                time.sleep(0.02)
            began = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            _, errors = process.communicate(timeout=15)
        finally:
            process.kill()
        assert time.monotonic() - began < 10
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
    with sqlite3.connect(tmp_path / "calsync.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
