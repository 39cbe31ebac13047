"""Feeds over HTTP: what calendar apps rely on, what strangers learn, and what admins can do."""

from __future__ import annotations

import gzip
import re
import sqlite3
from datetime import datetime
from email.utils import formatdate
from urllib.parse import urlsplit

import httpx
import icalendar
import ics
import pytest

from tests.publish.reading import bones, strict
from tests.web.conftest import PAGE, Serve, Served
from tests.web.shapes import violations
from worker import log
from worker.domain.feed import Detail, Farewell, Scope
from worker.feeds.shelf import LOOK_AGAIN
from worker.web.clients import client_app
from worker.web.subscribing import takes_gzip


def opened(served: Served, name: str = "amy", detail: Detail = Detail.FULL) -> str:
    """The path of a new feed."""
    return urlsplit(served.app.feeds.open(name, Scope.RESOURCE, "amy", detail).address).path


@pytest.fixture
def path(served: Served) -> str:
    return opened(served)


def get(served: Served, path: str, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return served.client.get(path, headers={"Accept-Encoding": "identity", **named})


def test_a_subscriber_needs_the_address_and_nothing_else(served: Served, path: str) -> None:
    answer = get(served, path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'inline; filename="amy.ics"'
    assert answer.headers["cache-control"] == "private, no-cache, no-transform"
    assert re.fullmatch('"[0-9a-f]{32}"', answer.headers["etag"])
    assert "set-cookie" not in answer.headers
    assert bones(strict(answer.content))[0] == "BEGIN:VCALENDAR"


def thinned(text: str) -> str:
    """The same calendar with about forty of its events, from all over it."""
    head, *events = text.split("BEGIN:VEVENT\r\n")
    last, tail = events.pop().split("END:VCALENDAR")
    events.append(last)
    kept = events[:: max(1, len(events) // 40)]
    return "BEGIN:VEVENT\r\n".join([head, *kept]) + f"END:VCALENDAR{tail}"


@pytest.mark.parametrize(
    ("scope", "of", "details"),
    [
        (Scope.ALL, "", (Detail.FULL,)),
        (Scope.RESOURCE, "amy", tuple(Detail)),
        (Scope.CONFLICTS, "", tuple(Detail)),
    ],
    ids=["all", "resource", "conflicts"],
)
def test_other_parsers_read_every_feed_and_find_the_same_events(
    served: Served, scope: Scope, of: str, details: tuple[Detail, ...]
) -> None:
    for detail in details:
        made = served.app.feeds.open(f"f{detail}", scope, of, detail)
        answer = get(served, urlsplit(made.address).path)
        first = icalendar.Calendar.from_ical(answer.content)
        assert len(first.events) > 5
        assert first.errors == []
        # The other one takes tens of milliseconds for an event: it reads some of many.
        some = thinned(answer.text)
        first, second = icalendar.Calendar.from_ical(some), ics.Calendar(some)
        assert len(first.events) == len(second.events) > 5
        timed = [one for one in first.events if isinstance(one.start, datetime)]
        ours = {(str(one["UID"]), one.start.timestamp()) for one in timed}
        theirs = {(e.uid, e.begin.float_timestamp) for e in second.events if not e.all_day}
        assert ours == theirs


def test_a_second_fetch_finds_nothing_new_by_tag_or_by_time(served: Served, path: str) -> None:
    first = get(served, path)
    for known in (
        {"If_None_Match": first.headers["etag"]},
        {"If_None_Match": f'"other", W/{first.headers["etag"]}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": first.headers["last-modified"]},
    ):
        again = get(served, path, **known)
        assert (again.status_code, again.content) == (304, b"")
        for name in ("etag", "last-modified", "cache-control", "vary"):
            assert again.headers[name] == first.headers[name]


def test_a_tag_wins_over_a_time_and_what_is_no_time_is_ignored(served: Served, path: str) -> None:
    later = formatdate(served.app.now + 3600, usegmt=True)
    assert get(served, path, If_None_Match='"other"', If_Modified_Since=later).status_code == 200
    for odd in ("yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "0", ""):
        assert get(served, path, If_Modified_Since=odd).status_code == 200
    long_ago = formatdate(0, usegmt=True)
    assert get(served, path, If_Modified_Since=long_ago).status_code == 200
    many = ", ".join(f'"{number}"' for number in range(1000))
    assert get(served, path, If_None_Match=many).status_code == 200


def test_head_is_get_without_its_body(served: Served, path: str) -> None:
    whole = get(served, path)
    head = served.client.head(path, headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    known = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in known} == {
        k: v for k, v in whole.headers.items() if k not in known
    }


def test_gzip_is_sent_only_to_those_who_ask_and_has_a_tag_of_its_own(served, path) -> None:
    plain = get(served, path)
    assert "content-encoding" not in plain.headers
    with served.client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(raw) == plain.content
    assert answer.headers["etag"] != plain.headers["etag"]
    again = get(served, path, Accept_Encoding="gzip", If_None_Match=answer.headers["etag"])
    assert again.status_code == 304
    other = get(served, path, If_None_Match=answer.headers["etag"])
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("gzip", True),
        ("deflate, GZIP;q=0.5, br", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("gzip;q=x", False),
        ("*", False),
        ("", False),
        ("x-gzip", False),
    ],
)
def test_whether_gzip_is_asked_for_is_read_as_written(accepted: str, sent: bool) -> None:
    assert takes_gzip(accepted) is sent


def test_neither_parameters_nor_accept_change_what_is_served(served: Served, path: str) -> None:
    plain = get(served, path)
    for odd in (f"{path}?detail=full", f"{path}?", f"{path}?x=1&cid=2"):
        assert get(served, odd).content == plain.content
    for accept in ("text/html", "application/json", "text/calendar", ""):
        answer = get(served, path, Accept=accept)
        assert answer.content == plain.content
        assert answer.headers["content-type"].startswith("text/calendar")
    assert get(served, path, Authorization="Bearer wrong").status_code == 200


def test_an_unknown_a_revoked_and_a_malformed_token_are_answered_alike(served, path) -> None:
    served.app.feeds.revoke("amy", Farewell.NOTHING)
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    odd = ("x", token[:-1], token.upper(), f"{token}.ics", f"{token}=", "A" * 43, "a" * 900, "'--")
    for form in ({}, PAGE):
        answers = [get(served, path, **form)]
        answers += [get(served, f"/feeds/{one}.ics", **form) for one in odd]
        answers += [get(served, "/nothing", **form)]
        assert {one.status_code for one in answers} == {404}
        assert len({one.content for one in answers}) == 1
        heads = [{k: v for k, v in one.headers.items() if k != "date"} for one in answers]
        assert all(head == heads[0] for head in heads)


@pytest.mark.parametrize("odd", ["", "/", "/x.css", ".ics", "%2f", "?x", "#"])
def test_an_address_with_something_behind_it_is_another_address(served, path, odd) -> None:
    if odd in ("?x", "#"):
        assert get(served, f"{path}{odd}").status_code == 200
    elif odd:
        assert get(served, f"{path}{odd}").status_code in (400, 404)


def test_a_feed_that_ended_openly_says_so_and_to_others_nothing_is_told(served, path) -> None:
    served.app.feeds.revoke("amy", Farewell.GONE)
    assert get(served, path).status_code == 410
    assert "text/calendar" not in get(served, path).headers["content-type"]


def test_what_the_store_no_longer_tells_is_served_as_it_was_with_its_age(served, path) -> None:
    before = get(served, path)
    other = sqlite3.connect(served.app.store.database.path)
    with other:
        other.execute("ALTER TABLE event RENAME TO lost")
    after = get(served, path)
    assert after.status_code == 200
    assert b"Not up to date" in after.content
    assert after.content.count(b"BEGIN:VEVENT") == before.content.count(b"BEGIN:VEVENT") > 0
    assert get(served, path, If_None_Match=after.headers["etag"]).status_code == 304
    with other:
        other.execute("ALTER TABLE lost RENAME TO event")
    other.close()


def test_stale_accounts_are_told_in_the_calendar(served: Served, path: str) -> None:
    assert b"Not up to date" not in get(served, path).content
    served.clock.time += 3600 + LOOK_AGAIN
    assert b"Not up to date" in get(served, path).content


def test_fetches_are_told_by_the_name_of_the_app_only(served: Served, path: str) -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.1 secret-word"
    get(served, path, User_Agent=agent)
    served.client.head(path, headers={"User-Agent": "curl/8"})
    (feed,) = served.admin.get("/api/v1/feeds").json()["feeds"]
    assert [one["client"] for one in feed["fetches"]] == ["Thunderbird"]
    assert feed["last_fetch"] == feed["fetches"][0]["at"]
    page = served.admin_page.get("/feeds").text
    assert "Thunderbird, 0 s ago" in page
    assert "secret-word" not in page


@pytest.mark.parametrize(
    ("agent", "app"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("macOS/26.1 (25B78) dataaccessd/1.0", "Apple Calendar"),
        ("iOS/26.1 (23B85) dataaccessd/1.0", "Apple Calendar"),
        ("Mac+OS+X/10.15 (19A583) CalendarAgent/930", "Apple Calendar"),
        ("Microsoft Office/16.0 (Outlook 16.0.1; Pro)", "Outlook"),
        ("Microsoft.Exchange/15.20 (InternetCalendar)", "Outlook"),
        ("Nextcloud Calendar/5.0", "Nextcloud"),
        ("ICSx5/2.2", "ICSx5"),
        ("vdirsyncer/0.19", "vdirsyncer"),
        ("Mozilla/5.0 (Windows NT 10.0)", "a web browser"),
        ("curl/8.5", "a program"),
        ("", "another app"),
        ("\x00odd" * 1000, "another app"),
    ],
)
def test_apps_are_known_by_what_they_call_themselves(agent: str, app: str) -> None:
    assert client_app(agent) == app


def test_an_admin_makes_rotates_and_ends_a_feed(served: Served) -> None:
    described = served.admin.get("/api/v1/openapi.json").json()["components"]["schemas"]
    admin = served.admin
    made = admin.post("/api/v1/feeds", json={"name": "amy", "scope": "resource", "of": "amy"})
    assert made.status_code == 201
    document = made.json()
    assert violations(document, described["FeedAddress"], described) == []
    assert (document["detail"], document["webcal"][:9]) == ("busy", "webcal://")
    assert document["google"].startswith(
        "https://calendar.google.com/calendar/render?cid=webcal%3A"
    )
    path = urlsplit(document["address"]).path
    assert get(served, path).status_code == 200
    rotated = admin.post("/api/v1/feeds/amy/rotate").json()
    assert violations(rotated, described["FeedAddress"], described) == []
    assert get(served, path).status_code == 404
    path = urlsplit(rotated["address"]).path
    listed = admin.get("/feeds", headers={"Accept": "application/json"}).json()
    assert violations(listed, described["Feeds"], described) == []
    assert rotated["address"] not in str(listed)
    ended = admin.post("/api/v1/feeds/amy/revoke", json={"gone": "true"})
    assert violations(ended.json(), described["FeedDocument"], described) == []
    assert get(served, path).status_code == 410
    assert admin.get("/api/v1/feeds").json() == {"schema": "calsync/feeds/1", "feeds": []}


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({}, 400, "scope"),
        ({"name": "x", "scope": "everything"}, 400, "conflicts"),
        ({"name": "x", "scope": "all", "detail": "some"}, 400, "title"),
        ({"name": "x", "scope": "resource", "of": "nobody"}, 400, "amy"),
        ({"name": "../x", "scope": "all"}, 400, "letters"),
        ({"name": "taken", "scope": "all"}, 409, "already"),
        ({"name": "x", "scope": "all", "extra": "1"}, 400, "extra"),
    ],
)
def test_what_cannot_be_made_is_told_with_what_can(served, body, status, word) -> None:
    opened(served, "taken")
    answer = served.admin.post("/api/v1/feeds", json=body)
    assert (answer.status_code, word in answer.json()["error"]) == (status, True)
    for verb in ("rotate", "revoke"):
        assert served.admin.post(f"/api/v1/feeds/nobody/{verb}").status_code == 404
    assert (
        served.admin.post("/api/v1/feeds/taken/revoke", json={"gone": "maybe"}).status_code == 400
    )


def csrf(page: str) -> str:
    return re.findall('name="csrf" value="([^"]+)"', page)[0]


def test_a_person_makes_a_feed_and_sees_its_address_once(served: Served) -> None:
    browser = served.browser
    token = csrf(browser.get("/feeds").text)
    fields = {"csrf": token, "name": "amy", "scope": "resource:amy", "detail": "title"}
    answer = browser.post("/api/v1/feeds", data=fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/feeds")
    page = browser.get("/feeds").text
    (address,) = re.findall(r'readonly value="(http[^"]+)"', page)
    assert get(served, urlsplit(address).path).status_code == 200
    assert f'href="webcal{address[4:]}"' in page
    assert "calendar.google.com" in page
    again = browser.get("/feeds").text
    assert address not in again
    assert "amy" in again
    browser.post("/api/v1/feeds/amy/rotate", data={"csrf": token})
    (other,) = re.findall(r'readonly value="(http[^"]+)"', browser.get("/feeds").text)
    assert other != address
    browser.post("/api/v1/feeds/amy/revoke", data={"csrf": token, "gone": "true"})
    page = browser.get("/feeds").text
    assert "There is no feed yet" in page
    assert get(served, urlsplit(other).path).status_code == 410


def test_no_change_is_made_without_the_token_of_the_page(served: Served) -> None:
    opened(served)
    for path in ("/api/v1/feeds", "/api/v1/feeds/amy/rotate", "/api/v1/feeds/amy/revoke"):
        answer = served.browser.post(path, data={"name": "x", "scope": "all", "csrf": "wrong"})
        assert answer.status_code == 403
    assert len(served.app.feeds.views()) == 1


def test_a_reader_without_a_session_gets_no_buttons(served: Served) -> None:
    opened(served)
    assert "<form" not in served.admin_page.get("/feeds").text.partition("<footer")[0]


def test_addresses_are_those_of_public_url(serve: Serve) -> None:
    served = serve(
        'public_url = "https://cal.example/sync"\nadmin_token = "a-long-random-word-for-tests"'
    )
    made = served.app.feeds.open("amy", Scope.ALL, "", Detail.BUSY)
    assert made.address.startswith("https://cal.example/sync/feeds/")
    path = urlsplit(made.address).path
    for one in (path, path.removeprefix("/sync")):
        assert served.client.get(one).status_code == 200


def test_no_address_reaches_the_log(served: Served, path: str, capfd) -> None:
    log.configure("debug", "json")
    token = path.removeprefix("/feeds/").removesuffix(".ics")
    for one in (path, f"{path}x", f"/feeds/{token}", f"{path}?{token}"):
        served.client.get(one)
    served.app.feeds.rotate("amy")
    served.client.get(path)
    out, err = capfd.readouterr()
    assert token not in out + err
    log.configure("warning", "auto")


def test_feeds_are_counted_by_family_of_app_and_answer(served: Served, path: str) -> None:
    get(served, path, User_Agent="Google-Calendar-Importer")
    get(served, "/feeds/x.ics", User_Agent="Google-Calendar-Importer")
    text = served.client.get("/metrics").text
    assert 'calsync_feed_requests_total{client="google",code="200"} 1.0' in text
    assert 'calsync_feed_requests_total{client="google",code="404"} 1.0' in text
