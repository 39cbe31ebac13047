"""The documents over HTTP: what the command line prints, under the same filters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from starlette.routing import Route

from tests.web.conftest import PAGE, Served
from tests.web.shapes import violations
from worker.domain.conflict.finding import RULES
from worker.domain.conflict.severity import FLOORS, Band
from worker.domain.health import paused
from worker.publish import documents
from worker.store.events import Wanted

AS_JSON = {"Accept": "application/json"}


def got(served: Served, path: str) -> Any:
    answer = served.admin.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def test_conflicts_are_the_document_of_the_report(served: Served) -> None:
    report = served.app.report()
    advice = served.app.advice(report)
    expected = documents.conflicts(report, served.app.vendor_names, advice)
    assert got(served, "/api/v1/conflicts") == expected
    assert expected["verdict"] == "conflict"
    assert len(expected["findings"]) >= 9


def test_one_conflict_is_the_same_as_in_the_list_with_a_schema(served: Served) -> None:
    for finding in got(served, "/api/v1/conflicts")["findings"]:
        one = got(served, f"/api/v1/conflicts/{finding['id']}")
        assert list(one) == ["schema", *finding]
        # Whoever reads about one finding is told what its vendors offer, too; here they are silent.
        evidence = one["evidence"]
        assert evidence.items() >= finding["evidence"].items()
        assert one | {"suggestions": [], "evidence": {}} == {
            "schema": "calsync/finding/1",
            **finding,
            "suggestions": [],
            "evidence": {},
        }
        assert {each["action"] for each in one["suggestions"]} >= {
            each["action"] for each in finding["suggestions"]
        }


def test_one_conflict_tells_who_wins_what_its_vendors_say_and_what_it_rests_on(
    served: Served,
) -> None:
    listed = got(served, "/api/v1/conflicts")["findings"]
    asked = 0
    for finding in listed:
        evidence = got(served, f"/api/v1/conflicts/{finding['id']}")["evidence"]
        wins = evidence["wins"]
        assert wins is None or wins["needs_human"] == wins["why"].startswith("Needs a human, ")
        opinions = evidence["second_witness"]
        members = finding["members"]
        assert [one["event"] for one in opinions] == [one["event"] for one in members]
        assert all((one["says"] is None) == bool(one["why"]) for one in opinions)
        asked += sum(one["says"] is not None for one in opinions)
        rests = evidence["rests_on"]
        assert {one["event"] for one in rests["answers"]} == {one["event"] for one in members}
        assert all(re.fullmatch("[0-9a-f]{64}", one["sha256"]) for one in rests["answers"])
        polls = {one["id"] for one in rests["polls"]}
        assert polls >= {one["poll"] for one in rests["answers"]}
        assert all(re.match("20[0-9]{2}[a-z]", one["tzdata"]) for one in rests["polls"])
        assert rests["rules"]["version"] == RULES
    assert asked > 0


def test_events_are_all_that_are_not_cancelled_in_the_window(served: Served) -> None:
    found = got(served, "/api/v1/events")["events"]
    assert len(found) > 200
    assert {event["status"] for event in found} == {"offered", "held", "booked"}


def test_accounts_are_the_document_of_the_accounts(served: Served) -> None:
    expected = documents.accounts(served.app.accounts(), served.app.now)
    assert got(served, "/api/v1/accounts") == expected
    assert len(expected["accounts"]) == 5


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("kind=LOCATION_DOUBLE", lambda one: one["kind"] == "LOCATION_DOUBLE"),
        ("resource=amy", lambda one: one["subject"]["id"] == "amy"),
        ("resource=amy&resource=ben", lambda one: one["subject"]["id"] in ("amy", "ben")),
        ("account=frontdesk", lambda one: "frontdesk" in str([one["members"], one["subject"]])),
        ("min_severity=critical", lambda one: one["severity"]["score"] >= FLOORS[Band.CRITICAL]),
        (
            "state=open&resource=ben",
            lambda one: one["state"] == "open" and one["subject"]["id"] == "ben",
        ),
    ],
)
def test_filters_keep_exactly_what_they_name(served: Served, query: str, holds: Any) -> None:
    everything = got(served, "/api/v1/conflicts")["findings"]
    kept = got(served, f"/api/v1/conflicts?{query}")["findings"]
    assert kept == [one for one in everything if holds(one)]
    assert 0 < len(kept) < len(everything)


def test_a_filter_does_not_change_the_verdict(served: Served) -> None:
    filtered = got(served, "/api/v1/conflicts?state=snoozed")
    assert filtered["findings"] == []
    assert filtered["verdict"] == "conflict"


def test_events_are_filtered_by_account_resource_status_and_time(served: Served) -> None:
    everything = got(served, "/api/v1/events?status=all&from=2000-01-01&to=2199-01-01")["events"]
    clinic = got(served, "/api/v1/events?account=clinic&account=studio")["events"]
    assert {event["account"] for event in clinic} == {"clinic", "studio"}
    amy = got(served, "/api/v1/events?resource=amy")["events"]
    assert amy
    assert all("amy" in event["resources"] for event in amy)
    gone = got(served, "/api/v1/events?status=cancelled")["events"]
    assert gone
    assert {event["status"] for event in gone} == {"cancelled"}
    start, end = everything[40]["start"], everything[60]["start"]
    between = got(served, f"/api/v1/events?status=all&from={start}&to={end}")["events"]
    assert 0 < len(between) < len(everything)
    assert all(event["end"] >= start and event["start"] <= end for event in between)


def test_a_time_may_have_an_offset_whose_plus_was_not_encoded(served: Served) -> None:
    utc = got(served, "/api/v1/events?from=2026-11-20T09:00Z")
    assert got(served, "/api/v1/events?from=2026-11-20T10:00+01:00") == utc
    assert got(served, "/api/v1/events?from=2026-11-20T10:00%2B01:00") == utc


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/api/v1/conflicts?knd=BUFFER", "min_severity"),
        ("/api/v1/conflicts?kind=resource_double", "RESOURCE_DOUBLE"),
        ("/api/v1/conflicts?kind=", "RESOURCE_DOUBLE"),
        ("/api/v1/conflicts?resource=nobody", "amy"),
        ("/api/v1/conflicts?state=closed", "resolved"),
        ("/api/v1/conflicts?min_severity=9", "critical"),
        ("/api/v1/conflicts?min_severity=low&min_severity=high", "only one"),
        ("/api/v1/events?account=nope", "clinic"),
        ("/api/v1/events?status=free", "offered"),
        ("/api/v1/events?from=yesterday", "2026-03-02"),
        ("/api/v1/events?from=2026-03-02T09:00", "offset"),
        ("/api/v1/events?from=2026-13-02", "2026-03-02"),
        ("/api/v1/events?from=2026-03-02&from=2026-03-03", "only one"),
        ("/api/v1/accounts?x=1", "none here"),
        ("/api/v1/openapi.json?x=1", "none here"),
    ],
)
def test_a_wrong_parameter_is_told_with_what_is_allowed(
    served: Served, path: str, word: str
) -> None:
    answer = served.admin.get(path)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert word in answer.json()["error"]


def test_what_is_sent_back_of_a_wrong_parameter_is_short_and_plain(served: Served) -> None:
    hostile = "%3Cscript%3E%0D%0A" + "%C3%A9" * 300
    message = served.admin.get(f"/api/v1/conflicts?kind={hostile}").json()["error"]
    assert "\n" not in message
    assert len(message.partition("(there are")[0]) < 100
    page = served.admin_page.get(f"/conflicts?kind={hostile}")
    assert page.status_code == 400
    assert "<script>" not in page.text


def test_unknown_ids_beginnings_of_ids_and_those_of_events_are_not_found(served: Served) -> None:
    prefix = f"/api/v1/conflicts/{served.finding()[:8]}"
    event = f"/conflicts/{next(iter(served.app.events(Wanted()))).event.key.id}"
    for path in (
        "/api/v1/conflicts/0123456789abcdef",
        "/api/v1/conflicts/x",
        "/conflicts/'--",
        prefix,
        event,
    ):
        answer = served.admin.get(path)
        assert answer.status_code == 404
        assert list(answer.json()) == ["error"]


BEHIND = {
    "/": "/api/v1/conflicts",
    "/conflicts": "/api/v1/conflicts",
    "/conflicts?kind=BUFFER": "/api/v1/conflicts?kind=BUFFER",
    "/conflicts/{}": "/api/v1/conflicts/{}",
    "/accounts": "/api/v1/accounts",
    "/plans": "/api/v1/plan",
    "/runs": "/api/v1/runs",
    "/feeds": "/api/v1/feeds",
    "/calendar": "",
    "/calendar?view=day": "",
    "/calendar?view=heat&days=30": "",
}


@pytest.mark.parametrize("path", BEHIND)
def test_behind_each_page_is_a_document(shared: Served, path: str) -> None:
    served, api = shared, BEHIND[path].format(shared.finding())
    path = path.format(served.finding())
    asked = served.admin.get(path, headers={"Accept": "application/json"})
    assert asked.status_code == 200
    assert asked.headers["content-type"] == "application/json"
    if api:
        assert asked.json() == got(served, api)
    else:
        assert asked.json()["schema"] == "calsync/calendar/1"
        assert asked.json()["resources"]
    ranked = "text/html;q=0.4, application/json;q=0.9"
    assert served.admin.get(path, headers={"Accept": ranked}).json() == asked.json()
    page = served.admin.get(path, headers=PAGE)
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]


def test_the_description_names_every_route_for_programs_and_no_other(served: Served) -> None:
    described = {
        (method.upper(), path)
        for path, methods in got(served, "/api/v1/openapi.json")["paths"].items()
        for method in methods
    }
    served_routes = {
        (method, route.path)
        for route in served.web.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    people = ("/static/", "/login", "/logout", "/feeds/", "/metrics")
    programs = {(method, path) for method, path in served_routes if not path.startswith(people)}
    assert described == programs


def test_every_answer_has_the_shape_that_the_description_promises(served: Served) -> None:
    described = got(served, "/api/v1/openapi.json")
    named = described["components"]["schemas"]
    served.app.store.accounts.change_health("studio", paused)
    checked = 0
    client = served.admin
    client.headers["Accept"] = "application/json"
    ids = ("clinic", served.finding(), "nobody")
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for id_ in ids if "{id}" in path else ids[:1]:
                answer = client.request(method, path.replace("{id}", id_))
                promised = operation["responses"][str(answer.status_code)]
                schema = promised["content"]["application/json"]["schema"]
                assert violations(answer.json(), schema, named) == [], path
                checked += 1
    assert checked >= 30


def test_every_parameter_that_is_described_is_taken(shared: Served) -> None:
    described = got(shared, "/api/v1/openapi.json")["paths"]
    samples = {
        "resource": "amy",
        "account": "clinic",
        "from": "2026-11-20",
        "since": "2026-11-20",
        "to": "2026-11-21T09:00Z",
        "date": "2026-11-20",
        "page": "1",
        "zone": "Asia/Tokyo",
    }
    client = shared.admin
    for path in ("/api/v1/conflicts", "/api/v1/events", "/calendar"):
        for parameter in described[path]["get"]["parameters"]:
            name, schema = parameter["name"], parameter["schema"]
            choices = schema.get("items", schema).get("enum", [samples.get(name)])
            for choice in choices:
                answer = client.get(path, params={name: choice}, headers=AS_JSON)
                assert answer.status_code == 200, (path, name, choice)


def test_a_document_is_read_while_it_is_large(served: Served) -> None:
    found = list(served.app.events(Wanted()))
    assert len(got(served, "/api/v1/events?status=all&from=1999-01-01")["events"]) == len(found)
