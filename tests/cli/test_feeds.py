"""Feeds at the command line: an address alone on a line, and an end at once."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser

import pytest

from worker.app import Calsync
from worker.cli import demo
from worker.cli.main import run
from worker.config import load
from worker.domain.feed import NoSuchFeed

ADDRESS = re.compile(r"https://cal\.example/feeds/([A-Za-z0-9_-]{43})\.ics\n")
CONFIG = """
[worker]
database = "sqlite:///{path}/calsync.db"

[server]
public_url = "https://cal.example"

[accounts.clinic]
vendor = "cliniko"
api_key = "MS0xMjM0NTY3ODkwYWJjZGVmZ2g-uk1"
contact = "ops@example.org"

[resources.amy]
name = "Amy Ng"
[resources.amy.bindings]
clinic = ["practitioner:17"]

[resources.hall]
kind = "room"
[resources.hall.bindings]
clinic = ["business:1"]
"""


class Desk:
    """An operator at the command line, over a store that was never polled."""

    def __init__(self, path, capsys):
        self.path = path
        self._capsys = capsys

    def calsync(self, *words):
        code = run(["--config", str(self.path), *words])
        out, err = self._capsys.readouterr()
        return code, out, err

    def token(self, *words):
        code, out, err = self.calsync("feeds", *words)
        assert (code, err) == (0, "")
        found = ADDRESS.fullmatch(out)
        assert found, out
        return found[1]

    def fetched(self, token):
        app = Calsync(load(self.path, {}))
        try:
            found = app.feeds.look(token)
            app.feeds.fetched(found.feed, "Thunderbird")
            app.feeds.keep()
            return found.content.body
        finally:
            app.close()


@pytest.fixture
def desk(tmp_path, capsys):
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.format(path=tmp_path), encoding="utf-8")
    path.chmod(0o600)
    return Desk(path, capsys)


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([], "All calendars"),
        (["--all"], "All calendars"),
        (["--conflicts"], "Conflicts"),
        (["--resource", "amy"], "Amy Ng"),
        (["--place", "hall"], "hall"),
        (["--account", "clinic", "--detail", "full"], "clinic"),
    ],
)
def test_the_address_of_a_new_feed_stands_alone_on_one_line(desk, words, name):
    body = desk.fetched(desk.token("add", "mine", *words))
    assert f"X-WR-CALNAME:{name}\r\n".encode() in body


def test_feeds_are_listed_with_who_fetched_them_and_without_addresses(desk):
    token = desk.token("add", "amy", "--resource", "amy")
    desk.token("add", "all", "--detail", "title")
    desk.fetched(token)
    _, out, _ = desk.calsync("feeds", "list")
    assert re.search(r"amy +resource amy +busy +\d+ s ago +Thunderbird", out)
    assert re.search(r"all +all +title +never", out)
    document = json.loads(desk.calsync("feeds", "list", "--json")[1])
    assert document["schema"] == "calsync/feeds/1"
    assert [one["name"] for one in document["feeds"]] == ["all", "amy"]
    assert token not in out + str(document)


def test_rotating_prints_another_address_and_ends_the_former(desk):
    old = desk.token("add", "amy", "--resource", "amy")
    new = desk.token("rotate", "amy")
    assert new != old
    assert desk.fetched(new)
    with pytest.raises(NoSuchFeed):
        desk.fetched(old)


@pytest.mark.parametrize("words", [[], ["--gone"]])
def test_revoking_ends_a_feed_and_frees_its_name(desk, words):
    desk.token("add", "amy")
    assert desk.calsync("feeds", "revoke", "amy", *words)[0] == 0
    assert json.loads(desk.calsync("feeds", "list", "--json")[1])["feeds"] == []
    desk.token("add", "amy")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["add", "a b"], "letters, digits"),
        (["add", "amy"], "there is a feed amy already"),
        (
            ["add", "x", "--resource", "nobody"],
            "there is no resource nobody (there are: amy, hall)",
        ),
        (["add", "x", "--place", "amy"], "there is no place amy (there are: hall)"),
        (["add", "x", "--account", "x"], "there is no account x (there are: clinic)"),
        (["rotate", "nobody"], "there is no feed nobody"),
        (["revoke", "nobody"], "there is no feed nobody"),
    ],
)
def test_what_is_not_there_is_a_wrong_call_in_one_line(desk, words, why):
    desk.token("add", "amy")
    code, out, err = desk.calsync("feeds", *words)
    assert (code, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_a_wrong_call_prints_no_address(desk):
    for words in (["add"], [], ["add", "x", "--all", "--conflicts"], ["add", "x", "--detail", "x"]):
        with pytest.raises(SystemExit) as ended:
            desk.calsync("feeds", *words)
        assert ended.value.code == 2


def test_the_configuration_may_be_named_at_the_end(desk, capsys):
    assert run(["feeds", "list", "-c", str(desk.path)]) == 0
    assert run(["feeds", "-c", str(desk.path), "list"]) == 0
    assert "name" in capsys.readouterr().out


def test_a_demo_whose_data_was_kept_shows_addresses_that_open(desk):
    app = Calsync(load(desk.path, {}))
    first = dict(demo._addresses(app))
    second = dict(demo._addresses(app))
    app.close()
    assert first.keys() == second.keys() == {"all calendars", "the conflicts"}
    for address in second.values():
        assert desk.fetched(ADDRESS.fullmatch(f"{address}\n")[1])


def test_the_command_explains_itself():
    parser = ArgumentParser()
    from worker.cli import feeds

    feeds.options(parser)
    assert {"add", "list", "rotate", "revoke"} <= set(re.findall(r"\w+", parser.format_help()))
