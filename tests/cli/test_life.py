"""The command line over a sandbox that was polled once: settle findings, ask why."""

from __future__ import annotations

import json

import pytest

from tests.e2e.rehearsal import rehearsal
from worker.cli import life
from worker.cli.main import run
from worker.store.store import Store


class Desk:
    """An operator at the command line; the sandbox is gone, the store is left."""

    def __init__(self, path, capsys):
        self.path = path
        self._capsys = capsys

    def calsync(self, *words):
        code = run(["--config", str(self.path), *words])
        out, err = self._capsys.readouterr()
        return code, out, err

    def json(self, *words):
        return json.loads(self.calsync(*words, "--json")[1])

    def findings(self, *words):
        return self.json("conflicts", *words)["findings"]

    def history(self, id_):
        told = self.json("explain", id_)["history"]
        return [(one["what"], one["by"], one["note"]) for one in told]


@pytest.fixture(scope="module")
def polled(tmp_path_factory):
    directory = tmp_path_factory.mktemp("calsync")
    with rehearsal(directory) as world:
        world.sync()
        store = (directory / "calsync.db").read_bytes()
        log = directory / "calsync.db-wal"
        yield directory / "config.toml", store, log.read_bytes() if log.exists() else b""


@pytest.fixture
def desk(polled, tmp_path, capsys, monkeypatch):
    config, store, log = polled
    (tmp_path / "calsync.db").write_bytes(store)
    if log:
        (tmp_path / "calsync.db-wal").write_bytes(log)
    path = tmp_path / "config.toml"
    path.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setattr(life, "operator", lambda: "pat")
    return Desk(path, capsys)


def test_each_verb_gives_the_finding_its_state_and_a_line_of_history_by_whom(desk):
    worst = desk.findings()[0]["id"]
    for verb, state, said in (
        ("ack", "acknowledged", ["--note", "on it"]),
        ("snooze", "snoozed", ["--until", "12h"]),
        ("accept", "accepted", ["--note", "two practice rooms"]),
        ("reopen", "reopened", []),
    ):
        code, out, err = desk.calsync(verb, worst, *said)
        assert (code, err) == (0, "")
        assert out.startswith(f"{worst} {state}")
        assert desk.findings("--state", state)[0]["id"] == worst
    told = desk.history(worst)
    assert [what for what, _, _ in told] == [
        "found",
        "acknowledged",
        "snoozed",
        "accepted",
        "reopened",
    ]
    assert [by for _, by, _ in told] == [None, "pat", "pat", "pat", "pat"]
    assert (told[1][2], told[3][2]) == ("on it", "two practice rooms")


def test_the_first_digits_of_an_id_are_enough(desk):
    worst = desk.findings()[0]["id"]
    assert desk.calsync("ack", worst[:6].upper())[0] == 0
    assert desk.findings("--state", "acknowledged")[0]["id"] == worst


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("abc", "6 to 16 of the hexadecimal digits"),
        ("nonsense", "6 to 16 of the hexadecimal digits"),
        ("00000000", "there is no finding 00000000"),
    ],
)
@pytest.mark.parametrize("verb", ["ack", "reopen"])
def test_what_stands_for_nothing_is_a_wrong_call_in_one_line(desk, verb, given, why):
    code, out, err = desk.calsync(verb, given)
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_an_abbreviation_that_stands_for_several_names_them(desk):
    store = Store(f"sqlite:///{desk.path.parent}/calsync.db")
    with store.database.writing() as connection:
        from sqlalchemy import insert, select

        from worker.store.tables import FINDING

        row = dict(connection.execute(select(FINDING)).mappings().first())
        for digit in "01":
            connection.execute(insert(FINDING).values(row | {"id": f"abcdef000000000{digit}"}))
    store.close()
    code, _, err = desk.calsync("ack", "abcdef")
    assert code == 2
    assert "abcdef0000000000, abcdef0000000001" in err


def test_what_the_state_forbids_is_refused_with_code_1(desk):
    worst = desk.findings()[0]["id"]
    code, out, err = desk.calsync("snooze", worst, "--until", "2020-01-01")
    assert (code, out) == (1, "")
    assert "2020-01-01T00:00:00Z is over already" in err
    assert desk.calsync("ack", worst, "--until", "2d")[0] == 1


def test_a_time_that_cannot_be_read_is_a_wrong_call(desk, capsys):
    worst = desk.findings()[0]["id"]
    with pytest.raises(SystemExit) as left:
        desk.calsync("snooze", worst, "--until", "soon")
    assert left.value.code == 2
    assert "12h" in capsys.readouterr().err


def test_a_snooze_lasts_a_day_if_nothing_else_is_said(desk):
    worst = desk.findings()[0]["id"]
    desk.calsync("snooze", worst)
    (one,) = desk.findings("--state", "snoozed")
    assert one["evidence"]["snoozed_until"] > one["first_seen"]


def test_what_is_snoozed_or_accepted_does_not_fail_a_script(desk):
    for one in desk.findings():
        desk.calsync("accept", one["id"])
    code, out, _ = desk.calsync("conflicts", "--fail-on", "info", "--json")
    # The sandbox is gone, so that its accounts are stale by now: that alone may fail it.
    assert json.loads(out)["verdict"] in ("unknown", "clear")
    assert code == (1 if json.loads(out)["verdict"] == "unknown" else 0)


def test_explain_shows_what_a_finding_rests_on(desk):
    worst = desk.findings()[0]
    code, out, err = desk.calsync("explain", worst["id"])
    assert (code, err) == (0, "")
    for words in (
        worst["kind"],
        "Why this severity",
        "What could be done, the least harmful first",
        "The vendor's answer, without secrets and people",
        "History",
    ):
        assert words in out
    for member in worst["members"]:
        assert member["native_id"] in out
        assert member["account"] in out
    for term in worst["severity"]["terms"]:
        assert term["term"] in out


def test_explain_as_a_document_holds_answers_polls_and_suggestions(desk):
    worst = desk.findings()[0]
    told = desk.json("explain", worst["id"])
    assert told["schema"] == "calsync/explain/1"
    assert told["finding"] == worst
    assert len(told["events"]) == len(worst["members"])
    for one in told["events"]:
        assert one["event"]["id"] == one["member"]["event"]
        assert one["answer"]
        assert one["read_by"]["account"] == one["event"]["account"]
        assert one["newest_poll"]["complete"] is True
    assert [step["what"] for step in told["history"]] == ["found"]


def test_an_event_is_explained_with_the_findings_it_is_in(desk):
    worst = desk.findings()[0]
    told = desk.json("explain", worst["members"][0]["event"][:10])
    assert told["finding"] is None
    assert told["id"] == worst["members"][0]["event"]
    assert worst["id"] in [one["id"] for one in told["related"]]
    code, out, _ = desk.calsync("explain", worst["members"][0]["event"])
    assert code == 0
    assert worst["id"] in out


def test_explain_of_nothing_is_a_wrong_call(desk):
    code, out, err = desk.calsync("explain", "0000000000")
    assert (code, out) == (2, "")
    assert "there is no finding or event 0000000000" in err


def test_the_report_names_of_each_finding_what_people_ask_for(desk):
    found = desk.findings()
    out = desk.calsync("conflicts")[1]
    for one in found:
        assert one["id"] in out
        assert one["subject"]["name"] in out
        assert f"{one['severity']['band'].upper()} {one['severity']['score']}" in out
        for member in one["members"]:
            assert (member["title"] or member["native_id"]) in out
    assert "CET" in out
    assert out.count("Suggestion: ") >= 1


def test_every_finding_of_the_document_has_suggestions_of_the_promised_shape(desk):
    for one in desk.findings():
        assert one["suggestions"]
        for suggestion in one["suggestions"]:
            assert set(suggestion) == {"action", "target", "effect", "notifies"}
            assert set(suggestion["target"]) == {"account", "native_id", "occurrence"}
            assert isinstance(suggestion["notifies"], bool)


def test_explain_tells_who_keeps_the_time_what_vendors_say_and_by_which_rules(desk):
    heard = 0
    for finding in desk.findings("--resource", "amy"):
        told = desk.json("explain", finding["id"])
        code, out, _ = desk.calsync("explain", finding["id"])
        assert code == 0
        if told["wins"]:
            assert told["wins"]["why"] in out
        for one in told["second_witness"]:
            assert (one["why"] or "it conflicts with") in out
            heard += one["says"] is not None
        assert f"edition {told['rests_on']['rules']['version']}" in out
        assert all(f"{poll['id']} ({poll['account']})" in out for poll in told["rests_on"]["polls"])
    assert heard
