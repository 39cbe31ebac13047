"""What leaves the house in a support bundle, and what does not."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import found
from tests.e2e.rehearsal import Rehearsal, rehearsal
from worker.cli.main import run
from worker.cli.pseudonyms import Pseudonyms
from worker.config import load
from worker.store.events import Wanted

TOKEN = "c4n4ry-admin-token-8d1f"
EXTRA = f"""
[server]
admin_token = "{TOKEN}"
public_url = "https://calendar.canary-clinic.example"

[notify]
smtp_host = "mail.canary-clinic.example"
mail_from = "canary.sender@example.org"
mail_to = ["canary.reader@example.org"]
webhook_url = "https://hooks.example.org/c4n4ry-hook-key"
"""


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("bundle")) as world:
        world.sync()  # before there is anybody to be told
        with world.path.open("a", encoding="utf-8") as file:
            file.write(EXTRA)
        yield world


def bundled(world: Rehearsal, target: Path, *words: str) -> dict[str, Any]:
    assert run(["-c", str(world.path), "bundle", str(target), *words]) == 0
    with zipfile.ZipFile(target) as bundle:
        return {name: json.loads(bundle.read(name)) for name in bundle.namelist()}


def test_it_holds_what_helps(synced: Rehearsal, tmp_path: Path) -> None:
    parts = bundled(synced, tmp_path / "b.zip")
    assert set(parts) == {
        *("versions.json", "config.json", "accounts.json", "polls.json", "store.json"),
        "finding.json",
    }
    assert parts["versions.json"]["packages"]["sqlalchemy"]
    assert len(parts["polls.json"]) == 5
    assert parts["store.json"]["problems"] == []
    assert set(parts["config.json"]["accounts"]) == {
        view["id"] for view in parts["accounts.json"]["accounts"]
    }
    assert len(parts["finding.json"]["finding"]["members"]) >= 1
    assert parts["finding.json"]["finding"]["severity"]["terms"]


def test_no_secret_and_nobody_is_in_it(synced: Rehearsal, tmp_path: Path) -> None:
    config = load(synced.path, {})
    canaries = {TOKEN, "c4n4ry-hook-key", "canary-clinic", "canary.sender", "canary.reader"}
    for resource in config.resources:
        canaries |= {resource.name, resource.email}
    for line in synced.path.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(" = ")
        if key in ("token", "api_key", "app_secret", "contact", "user_id"):
            canaries.add(value.strip('"'))
    with synced.calsync() as app:
        report = app.report()
        for stored in app.events(Wanted()):
            canaries |= {stored.event.title, stored.event.location}
    canaries = {one for one in canaries if len(one) >= 6}
    assert len(canaries) > 30
    for number, one in enumerate(report.findings[:12]):
        target = tmp_path / f"{number}.zip"
        parts = bundled(synced, target, "--finding", one.finding.id)
        assert found(json.dumps(parts, ensure_ascii=False), canaries) == set()
        assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_the_same_person_is_the_same_word_everywhere(synced: Rehearsal, tmp_path: Path) -> None:
    parts = bundled(synced, tmp_path / "b.zip")
    subject = parts["finding.json"]["finding"]["subject"]
    resources = parts["config.json"]["resources"]
    assert resources[subject["id"]]["name"] == subject["name"]
    assert subject["id"].startswith("resource-")


def test_nothing_is_overwritten_and_a_finding_that_is_not_there_is_told(
    synced: Rehearsal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "b.zip").write_text("mine")
    assert run(["-c", str(synced.path), "bundle", str(tmp_path / "b.zip")]) == 1
    assert (tmp_path / "b.zip").read_text() == "mine"
    words = ["bundle", str(tmp_path / "c.zip"), "--finding", "0000000000000000"]
    assert run(["-c", str(synced.path), *words]) == 2
    assert not (tmp_path / "c.zip").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_replacing_knows_names_within_sentences_and_leaves_numbers_and_times() -> None:
    people = Pseudonyms(["s3cret"])
    document = {
        "title": "Yoga with Amy",
        "sentence": "Yoga with Amy and Yoga with Amy-Lou overlap; ask amy@example.org, key s3cret",
        "answer": {"who": "Amy Ng", "at": "2026-03-02T09:00:00Z", "state": "booked", "n": 3},
    }
    people.learn(document)
    clean = people.clean(document)
    assert clean["title"] == "text-1"
    assert "Yoga" not in clean["sentence"]
    assert "amy@" not in clean["sentence"]
    assert "s3cret" not in clean["sentence"]
    assert clean["answer"]["at"] == "2026-03-02T09:00:00Z"
    assert clean["answer"]["state"] == "booked"
    assert clean["answer"]["n"] == 3
    assert clean["answer"]["who"].startswith("text-")
