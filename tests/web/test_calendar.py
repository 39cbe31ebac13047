"""The calendar: every event where it is, every clash marked, and what is not known never clear."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.web.conftest import PAGE, Served
from worker.domain.event import Status
from worker.domain.health import Trouble, failed
from worker.domain.instants import instant
from worker.domain.span import DAY, Span
from worker.publish.agenda import timed
from worker.store.agenda import Agenda
from worker.store.events import Wanted

TODAY = "2026-11-18"  # at the clinic, when the world of these tests stands still
NOT_CANCELLED = (Status.OFFERED, Status.HELD, Status.BOOKED)


def document(served: Served, query: str = "") -> Any:
    answer = served.admin.get(f"/calendar{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def page(served: Served, query: str = "") -> str:
    answer = served.admin_page.get(f"/calendar{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_week_holds_every_event_of_its_resources(served: Served) -> None:
    found = document(served)
    assert found["schema"] == "calsync/calendar/1"
    assert found["days"][0] == TODAY
    assert len(found["days"]) == 7
    start, end = instant("2026-11-17T23:00:00Z"), instant("2026-11-24T23:00:00Z")
    wanted = Wanted(window=Span(start, end), statuses=NOT_CANCELLED)
    bound = {one.event.key.id for one in served.app.events(wanted) if one.resources}
    assert {one["id"] for one in found["events"]} == bound
    assert len(bound) > 20
    drawn = page(served)
    assert drawn.count('<g class="event') >= len(bound)
    assert f"<span>{sum(len(one['events']) for one in found['resources'])} rows</span>" in drawn


def test_every_timed_finding_of_the_days_is_marked_and_linked(served: Served) -> None:
    for query in ("", f"?view=day&date={TODAY}"):
        found = document(served, query)
        drawn = page(served, query)
        for one in found["findings"]:
            assert f'<a href="/conflicts/{one["id"]}" class="mark {one["severity"]["band"]}"' in (
                drawn
            )
        assert found["findings"]


def test_the_heat_map_counts_what_the_register_holds(served: Served) -> None:
    found = document(served, "?view=heat&days=30")
    assert len(found["days"]) == 30
    assert found["events"] == []
    report = served.app.report()
    ours = [one for one in timed(report.findings) if one.finding.subject.type == "resource"]
    for one in ours:
        (row,) = [row for row in found["resources"] if row["id"] == one.finding.subject.id]
        assert one.finding.id in row["findings"]
    (amy,) = [row for row in found["resources"] if row["id"] == "amy"]
    assert sum(cell["findings"] for cell in amy["days"]) >= len(amy["findings"])
    assert {cell["unknown"] for cell in amy["days"]} == {None}
    html = page(served, "?view=heat&days=30")
    assert html.count('<td class="heat') == 30 * len(found["resources"])


def test_a_day_that_is_not_read_and_a_stale_source_are_hatched(served: Served) -> None:
    far = document(served, "?view=heat&date=2027-06-01")
    assert {cell["unknown"] for row in far["resources"] for cell in row["days"]} == {"not read"}
    assert 'class="heat  unknown"' in page(served, "?view=heat&date=2027-06-01")
    served.app.store.accounts.change_health(
        "clinic", lambda before: failed(before, Trouble.UNREACHABLE, "502", served.app.now, 120)
    )
    served.clock.time += DAY
    rows = document(served, "?view=heat")["resources"]
    (amy,) = [row for row in rows if row["id"] == "amy"]
    assert all("clinic is stale" in cell["unknown"] for cell in amy["days"])
    assert "not fresh and complete" in page(served)


def test_filters_keep_what_they_name(served: Served) -> None:
    everything = document(served)
    amy = document(served, "?resource=amy")
    assert [row["id"] for row in amy["resources"]] == ["amy"]
    assert amy["resources"][0] == everything["resources"][0]
    clinic = document(served, "?account=clinic")
    assert {one["account"] for one in clinic["events"]} == {"clinic"}
    assert clinic["findings"]
    assert len(clinic["findings"]) < len(everything["findings"])
    html = page(served, "?resource=amy&account=clinic")
    assert html.count(" selected>") == 2


def test_days_are_those_of_the_chosen_zone(served: Served) -> None:
    tokyo = document(served, f"?view=day&date={TODAY}&resource=amy&zone=Asia/Tokyo")
    assert tokyo["resources"][0]["timezone"] == "Asia/Tokyo"
    starts = [instant(one["start"]) for one in tokyo["events"]]
    assert all(one < instant("2026-11-18T15:00:00Z") for one in starts)
    assert "Asia/Tokyo" in page(served, "?zone=Asia/Tokyo")


def test_an_address_that_leads_nowhere_is_refused_in_words(served: Served) -> None:
    for query, word in (
        ("view=month", "week"),
        ("date=tomorrow", "2026-03-02"),
        ("date=20260302", "2026-03-02"),
        ("date=0001-01-01", "2026-03-02"),
        ("date=9999-12-31", "2026-03-02"),
        ("date=2026-03-02&date=2026-03-03", "2026-03-02"),
        ("days=15", "14"),
        ("resource=nobody", "amy"),
        ("account=nope", "clinic"),
        ("page=0", "from 1"),
        ("page=x", "from 1"),
        ("zone=Mars/Base", "Europe/Berlin"),
        ("zone=UTC&zone=UTC", "Europe/Berlin"),
        ("knd=1", "resource"),
    ):
        answer = served.admin.get(f"/calendar?{query}")
        assert answer.status_code == 400, query
        assert word in answer.json()["error"]
    assert served.admin.get("/calendar?page=2").status_code == 404


def test_a_session_keeps_the_zone_that_was_chosen_and_lets_go_of_it(served: Served) -> None:
    browser = served.browser
    assert "Times in Europe/Berlin" in browser.get("/accounts").text
    assert "Times in America/New_York" in browser.get("/accounts?zone=America/New_York").text
    assert "06:06 EST" in browser.get("/").text
    assert 'value="America/New_York"' in browser.get("/calendar").text
    assert "12:06 CET" in browser.get("/?zone=").text
    assert "12:06 CET" in browser.get("/").text


def test_choosing_a_zone_keeps_the_filters(served: Served) -> None:
    html = served.browser.get("/conflicts?kind=RESOURCE_DOUBLE&state=open").text
    form = html.partition('<form class="clocks"')[2].partition("</form>")[0]
    assert 'action="/conflicts"' in form
    assert '<input type="hidden" name="kind" value="RESOURCE_DOUBLE">' in form
    assert '<input type="hidden" name="state" value="open">' in form


def test_nothing_is_new_on_a_first_visit_and_what_came_since_is_on_the_next(
    served: Served,
) -> None:
    browser = served.browser
    first = browser.get("/")
    assert "since your last visit" not in first.text
    cookie = first.headers["set-cookie"].lower()
    assert cookie.startswith("calsync_session_seen=0.")
    assert {"httponly", "samesite=strict"} <= {one.strip() for one in cookie.split(";")}
    served.clock.time += 10
    assert "since your last visit" not in browser.get("/").text
    served.clock.time += 3600
    assert "Nothing new since your last visit" in browser.get("/").text
    served.app.store.findings.write([], served.app.now)
    later = served.client.get(
        "/",
        headers={
            **PAGE,
            "Authorization": served.admin.headers["Authorization"],
            "Cookie": "calsync_session_seen=0.1700000000",
        },
    ).text
    count = len(served.app.report().findings)
    assert f"<b>{count} new</b></a> since your last visit" in later
    assert '<span class="new">new</span>' in later
    (link,) = re.findall(r'href="(/conflicts\?since=[^"]+)"', later)
    listed = served.admin_page.get(link).text
    assert "Only what has come up since" in listed
    assert listed.count('<article class="card') >= count - 10


@pytest.mark.parametrize("value", ["x", "1.2.3", "9999999999999.1", "-1.5", "0.99999999999"])
def test_an_odd_cookie_is_no_last_visit(served: Served, value: str) -> None:
    headers = {"Cookie": f"calsync_session_seen={value}"}
    answer = served.admin_page.get("/", headers=headers)
    assert answer.status_code == 200
    assert "since your last visit" not in answer.text


def test_only_what_is_shown_is_read(served: Served) -> None:
    agenda = Agenda(served.app.store.database)
    now = served.app.now
    window = Span(now, now + DAY)
    pairs = list(agenda.stays(["amy", "ben"], window, 100))
    assert {resource for resource, _ in pairs} == {"amy", "ben"}
    assert all(window.shows(one.event.span) for _, one in pairs)
    assert [one.event.span.start for _, one in pairs] == sorted(
        one.event.span.start for _, one in pairs
    )
    assert list(agenda.stays(["amy", "ben"], window, 1)) == pairs[:1]


def test_the_polls_of_a_day_are_told_on_the_page_of_accounts(served: Served) -> None:
    html = served.admin_page.get("/accounts").text
    assert html.count('<svg class="strip"') == 5
    assert html.count("<figcaption>1 poll in 24 h: 1 complete") == 5
    served.clock.time += 2 * DAY
    assert served.admin_page.get("/accounts").text.count("<figcaption>No poll in 24 h") == 5
