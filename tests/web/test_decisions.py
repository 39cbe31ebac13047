"""Acknowledge, snooze, accept, reopen: over HTTP, by programs and by people."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.web.conftest import Served
from tests.web.test_access import csrf
from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.register import LONGEST_NOTE, Life
from worker.domain.instants import instant
from worker.domain.span import DAY, HOUR
from worker.store.database import Database
from worker.store.findings import REGISTER_LOCK

VERBS = ("ack", "snooze", "accept", "reopen")


def say(served: Served, verb: str, id_: str = "", **said: Any) -> httpx.Response:
    path = f"/api/v1/conflicts/{id_ or served.finding()}/{verb}"
    return served.admin.post(path, json=said) if said else served.admin.post(path)


def life(served: Served, id_: str) -> Life:
    return served.app.store.findings.some([id_])[id_].life


def last(served: Served, id_: str) -> tuple[str, str, str]:
    """The newest step of a person; what detection did has other times than this clock's."""
    step = [one for one in served.app.store.findings.history(id_) if one.by][-1]
    return step.what, step.by, step.note


def test_each_verb_answers_the_finding_in_its_new_state(served: Served) -> None:
    id_ = served.finding()
    for verb, state in (
        ("ack", "acknowledged"),
        ("snooze", "snoozed"),
        ("accept", "accepted"),
        ("reopen", "reopened"),
    ):
        answer = say(served, verb, id_)
        assert answer.status_code == 200, answer.text
        document = answer.json()
        assert (document["schema"], document["id"]) == ("calsync/finding/1", id_)
        assert document["state"] == state == life(served, id_).state


def test_what_is_said_is_kept_with_who_said_it(served: Served) -> None:
    id_ = served.finding()
    say(served, "ack", id_, note="calling them", by=" Pat Øster ")
    assert last(served, id_) == ("acknowledged", "Pat Øster", "calling them")
    assert (life(served, id_).owner, life(served, id_).note) == ("Pat Øster", "calling them")
    say(served, "accept", id_)
    assert last(served, id_) == ("accepted", "admin", "")


def test_a_form_says_the_same_as_json(served: Served) -> None:
    id_ = served.finding()
    path = f"/api/v1/conflicts/{id_}/snooze"
    fields = {"note": "later", "until": "2d", "by": "pat"}
    assert served.admin.post(path, data=fields).status_code == 200
    assert life(served, id_).snoozed_until == served.app.now + 2 * DAY
    assert last(served, id_)[1] == "pat"


@pytest.mark.parametrize(
    ("until", "zone", "meant"),
    [
        ("2026-11-20", "", "2026-11-20T00:00Z"),
        ("2026-11-20T09:30+01:00", "", "2026-11-20T08:30Z"),
        ("2026-11-20", "Europe/Berlin", "2026-11-19T23:00Z"),
        ("2026-11-20T09:30", "Europe/Berlin", "2026-11-20T08:30Z"),
    ],
)
def test_an_end_is_read_as_at_a_terminal_and_by_a_zone_if_one_is_named(
    served: Served, until: str, zone: str, meant: str
) -> None:
    id_ = served.finding()
    assert say(served, "accept", id_, until=until, zone=zone).status_code == 200
    assert life(served, id_).snoozed_until == instant(meant)


def test_a_snooze_lasts_a_day_and_an_acceptance_for_good_if_nothing_is_said(
    served: Served,
) -> None:
    id_ = served.finding()
    say(served, "snooze", id_, until="", note="")
    assert life(served, id_).snoozed_until == served.app.now + DAY
    say(served, "accept", id_)
    assert life(served, id_).snoozed_until is None


def test_the_first_digits_of_an_id_are_enough_to_decide(served: Served) -> None:
    id_ = served.finding()
    assert say(served, "ack", id_[:8].upper()).json()["id"] == id_


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("id_", ["0123456789abcdef", "abc", "nobody", "%3Cscript%3E"])
def test_what_stands_for_no_finding_is_not_found(served: Served, verb: str, id_: str) -> None:
    answer = say(served, verb, id_)
    assert answer.status_code == 404
    assert list(answer.json()) == ["error"]
    assert "<" not in answer.json()["error"]


def test_what_the_state_does_not_allow_is_told_in_words_and_changes_nothing(
    served: Served,
) -> None:
    id_ = served.finding()
    before = life(served, id_)
    for verb, said, words in (
        ("snooze", {"until": "2020-01-01"}, "2020-01-01T00:00:00Z is over already."),
        ("ack", {"until": "2d"}, "Only a snooze or an acceptance can end by itself."),
        ("accept", {"note": "x" * (LONGEST_NOTE + 1)}, "A note has at most 2000 characters."),
    ):
        answer = say(served, verb, id_, **said)
        assert (answer.status_code, answer.json()["error"]) == (409, words)
    assert life(served, id_) == before
    assert len(served.app.store.findings.history(id_)) == 1


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"until": "soon"}, "12h"),
        ({"until": "2026-11-20T09:30"}, "offset"),
        ({"until": "9999-12-31"}, "2026-03-02"),
        ({"until": "2026-11-20", "zone": "CEST"}, "Europe/Berlin"),
        ({"until": "2026-11-20", "zone": "../etc/passwd"}, "Europe/Berlin"),
        ({"by": "x" * 81}, "80"),
        ({"by": "two\nlines"}, "printable"),
        ({"by": "\u202egnp.exe"}, "printable"),
        ({"why": "x"}, "note"),
        ({"note": 7}, "texts"),
        ({"note": ["x"]}, "texts"),
        ({"note": "a\x00b"}, "texts"),
    ],
)
def test_a_wrong_field_is_told_with_what_is_allowed(
    served: Served, said: dict[str, Any], word: str
) -> None:
    id_ = served.finding()
    answer = say(served, "snooze", id_, **said)
    assert answer.status_code == 400
    assert word in answer.json()["error"]
    assert life(served, id_).state == FindingState.OPEN


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"[" * 16_000, "application/json", 400),
        (b'["note"]', "application/json", 400),
        (b'{"note":"half a letter \\ud83d"}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"1" * 9000, "application/json", 400),
        (b"{" + b",".join(b'"%d":"x"' % n for n in range(30)) + b"}", "application/json", 400),
        (b'{"note": "x"}', "text/plain", 415),
        (b'{"note": "x"}', "application/x-www-form-urlencoded", 400),
        (b'{"note": "%b"}' % (b"x" * 20_000), "application/json", 413),
    ],
)
def test_a_body_that_is_nothing_of_ours_is_refused(
    served: Served, content: bytes, kind: str, status: int
) -> None:
    path = f"/api/v1/conflicts/{served.finding()}/ack"
    answer = served.admin.post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]


def test_a_null_says_nothing(served: Served) -> None:
    assert say(served, "accept", until=None, note=None).status_code == 200


def test_a_register_that_is_busy_is_a_wait_in_words(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.store.findings.REGISTER_WAIT", 0.0)
    other = Database(served.app.config.database)
    with other.locked(REGISTER_LOCK, 1.0):
        answer = say(served, "ack")
    other.close()
    assert answer.status_code == 503
    assert "Try again" in answer.json()["error"]
    assert int(answer.headers["retry-after"]) > 0


def test_a_person_decides_on_the_page_and_comes_back_to_it(served: Served) -> None:
    browser, id_ = served.browser, served.finding()
    page = browser.get(f"/conflicts/{id_}").text
    assert offered(page) == ["ack", "snooze", "accept"]
    said = {"csrf": csrf(page), "by": "Pat", "note": "I <b>call</b> them"}
    answer = browser.post(f"/api/v1/conflicts/{id_[:7]}/ack", data=said)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/conflicts/{id_}")
    page = browser.get(f"/conflicts/{id_}").text
    assert "Acknowledged by Pat." in page
    assert "acknowledged by Pat</b> <bdi>I &lt;b&gt;call&lt;/b&gt; them</bdi>" in page
    assert offered(page) == ["snooze", "accept", "reopen"]
    assert 'value="Pat"' in page
    assert "Acknowledged by Pat." not in browser.get(f"/conflicts/{id_}").text


def test_a_form_without_the_token_of_its_session_decides_nothing(served: Served) -> None:
    browser, id_ = served.browser, served.finding()
    for verb in VERBS:
        assert browser.post(f"/api/v1/conflicts/{id_}/{verb}").status_code == 403
        answer = browser.post(f"/api/v1/conflicts/{id_}/{verb}", json={"csrf": "x"})
        assert answer.status_code == 403
    assert life(served, id_).state == FindingState.OPEN


def test_the_snooze_that_is_offered_ends_on_the_next_morning_where_it_happens(
    served: Served,
) -> None:
    browser, id_ = served.browser, served.finding()
    page = browser.get(f"/conflicts/{id_}").text
    form = page.partition(f"/{id_}/snooze")[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)"[^>]* value="([^"]*)"', form))
    browser.post(f"/api/v1/conflicts/{id_}/snooze", data=fields)
    assert life(served, id_).snoozed_until == instant("2026-11-19T08:00+01:00")
    page = browser.get(f"/conflicts/{id_}").text
    assert "snoozed until Thu\N{NO-BREAK SPACE}19\N{NO-BREAK SPACE}Nov, 08:00" in page
    assert "<bdi>until Thu\N{NO-BREAK SPACE}19\N{NO-BREAK SPACE}Nov, 08:00" in page


def test_a_person_is_told_in_words_why_it_cannot_be(served: Served) -> None:
    browser, id_ = served.browser, served.finding()
    token = csrf(browser.get(f"/conflicts/{id_}").text)
    said = {"csrf": token, "until": "2020-01-01T08:00", "zone": "Europe/Berlin"}
    answer = browser.post(f"/api/v1/conflicts/{id_}/snooze", data=said)
    assert answer.status_code == 409
    assert "2020-01-01T07:00:00Z is over already." in answer.text
    assert answer.text.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("verb", "then"),
    [
        ("ack", ["snooze", "accept", "reopen"]),
        ("snooze", ["ack", "snooze", "accept", "reopen"]),
        ("accept", ["ack", "snooze", "reopen"]),
        ("reopen", ["ack", "snooze", "accept"]),
    ],
)
def test_every_way_that_a_state_offers_is_one_that_it_allows(
    served: Served, verb: str, then: list[str]
) -> None:
    id_ = served.finding()
    for way in then:
        say(served, verb, id_)
        assert offered(served.browser.get(f"/conflicts/{id_}").text) == then
        assert say(served, way, id_).status_code == 200


def test_the_list_tells_state_owner_and_note(served: Served) -> None:
    id_ = served.finding()
    say(served, "ack", id_, by="Pat", note="asked them to move")
    html = served.admin_page.get("/conflicts?state=acknowledged").text
    card = html.partition("<article")[2].partition("</article>")[0]
    assert id_ in card
    for words in ("<span>acknowledged</span>", "<bdi>Pat</bdi>", "<bdi>asked them to move</bdi>"):
        assert words in card


def test_a_note_that_only_looks_like_an_end_is_shown_as_it_is(served: Served) -> None:
    id_ = served.finding()
    for note in ("until 9999-99-99T99:99:99Z", "until they call", "until "):
        say(served, "ack", id_, note=note)
        page = served.admin_page.get(f"/conflicts/{id_}").text
        assert f"<bdi>{note.strip()}</bdi>" in page


def test_an_acceptance_for_a_while_ends_by_itself(served: Served) -> None:
    id_ = served.finding()
    say(served, "accept", id_, until="2h")
    html = served.admin_page.get("/conflicts?state=accepted").text
    assert "accepted until Wed" in html
    served.clock.time += 2 * HOUR
    assert served.admin.get(f"/api/v1/conflicts/{id_}").json()["state"] == "open"


def offered(page: str) -> list[str]:
    """The verbs whose forms a page has, but for the ways out that lead to a plan."""
    found = re.findall(r'action="/api/v1/conflicts/[0-9a-f]{16}/(\w+)"', page)
    return [verb for verb in found if verb != "resolve"]
