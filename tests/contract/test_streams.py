"""Data on standard output, everything else on standard error; a wait that a vendor asked for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

VENDORS = {
    "campus": "canvas",
    "clinic": "cliniko",
    "studio": "timify",
    "coaching": "acuity",
    "frontdesk": "appointment_one",
}


def test_logs_and_warnings_leave_the_document_alone(desk, monkeypatch):
    monkeypatch.setenv("CALSYNC_WORKER__LOG_LEVEL", "debug")
    (desk.directory / "config.toml").chmod(0o644)
    desk.server.faults.on("H09", vendor="acuity", variant="503 html")
    done = desk.calsync("sync", "--json")
    assert done.code == 1
    document = json.loads(done.out)
    results = {one["id"]: one["result"] for one in document["accounts"]}
    assert results == {**dict.fromkeys(VENDORS, "complete"), "coaching": "failed"}
    assert "source.down" in done.err
    assert "<html>" not in done.err


def test_nothing_is_coloured_where_a_program_reads(desk, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    for words in (("accounts",), ("events",), ("conflicts",), ("sync", "--account", "campus")):
        done = desk.calsync(*words)
        assert done.out
        assert "\x1b" not in done.out + done.err


def test_a_cell_is_one_line_however_long_it_is(desk):
    lines = desk.calsync("events", "--account", "clinic").out.splitlines()
    assert len(lines) == 2 + len(desk.json("events", "--account", "clinic")["events"])


@pytest.mark.parametrize("account", VENDORS)
def test_a_stated_wait_is_told_and_kept_by_the_next_call(desk, account):
    vendor = VENDORS[account]
    desk.server.faults.on("H01", vendor=vendor, seconds=40)
    first = desk.calsync("sync", "--account", account)
    desk.server.faults.off()
    assert first.code == 1
    assert "waiting: no call before 20" in first.out
    sent = desk.calls(vendor)
    again = desk.calsync("sync", "--account", account)
    assert again.code == 1
    assert again.out.split()[:2] == [account, "waiting"]
    assert desk.calls(vendor) == sent
    (one,) = (each for each in desk.json("accounts")["accounts"] if each["id"] == account)
    assert one["state"] == "failing"
    assert "429" in one["error"]
    ahead = datetime.fromisoformat(one["next_poll"]) - datetime.now(UTC)
    assert 30 < ahead.total_seconds() <= 120


def test_throttling_without_a_number_waits_a_minute_and_shows_it(desk):
    for account, fault in (("campus", "H06"), ("coaching", "H03")):
        desk.server.faults.on(fault, vendor=VENDORS[account])
        assert desk.calsync("sync", "--account", account).code == 1
        (one,) = (each for each in desk.json("accounts")["accounts"] if each["id"] == account)
        ahead = datetime.fromisoformat(one["next_poll"]) - datetime.now(UTC)
        assert 50 < ahead.total_seconds() <= 60
