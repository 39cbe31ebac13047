"""Closed by default: who gets in, by what, for how long, and who does not."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from starlette.routing import Route

from tests.web.conftest import BEARER, PAGE, TOKEN, Serve, Served
from worker.domain.feed import Detail, Scope
from worker.web.access import SESSION_LASTS
from worker.web.attempts import BURST, EVERY

OPEN = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/static/{name}"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("GET", "/feeds/{token}.ics"),  # its bearer needs nothing else
}
BODIES = {("POST", "/api/v1/feeds"): {"name": "walked", "scope": "all"}}


def routes(served: Served) -> list[tuple[str, str]]:
    """Every (method, path) that the router knows."""
    found = []
    for route in served.web.routes:
        assert isinstance(route, Route)
        methods = (route.methods or set()) - {"HEAD"}
        found += [(method, route.path) for method in sorted(methods)]
    return found


def address(served: Served, path: str) -> str:
    if path == "/static/{name}":
        return "/static/calsync.css"
    if "{token}" in path or "{name}" in path:
        name = f"feed{len(served.app.feeds.views())}"
        opened = served.app.feeds.open(name, Scope.ALL, "", Detail.BUSY)
        return urlsplit(opened.address).path if "{token}" in path else path.replace("{name}", name)
    if "{hash}" in path:
        return path.replace("{hash}", served.app.writing.plan().plan.hash)
    if "/runs/" in path:
        return path.replace("{id}", a_run(served))
    id_ = "clinic" if "accounts" in path else served.finding()
    return path.replace("{id}", id_)


def nowhere(path: str) -> str:
    """An address of this route: strangers are turned away whether there is such a thing or not."""
    return re.sub(r"\{[a-z]+\}", "0" * 16, path)


def a_run(served: Served) -> str:
    """A run that wrote nothing."""
    outbox = served.app.store.outbox
    return outbox.begin(outbox.lead(), "0" * 16, "somebody", served.app.now)


def test_every_route_that_is_not_named_open_turns_strangers_away(served: Served) -> None:
    client = served.client
    walked = set(routes(served))
    assert walked > OPEN
    for method, path in sorted(walked - OPEN):
        address = nowhere(path)
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "calsync_session=x"}):
            answer = client.request(method, address, headers=headers)
            assert answer.status_code == 401, (method, path, headers)
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert set(answer.json()) == {"error"}
            served.clock.time += EVERY  # a wrong token is forgiven by then


def test_every_route_serves_an_admin(served: Served) -> None:
    for method, path in routes(served):
        body = BODIES.get((method, path))
        answer = served.admin.request(method, address(served, path), json=body)
        allowed = {200, 202, 303, 401} if path == "/login" else {200, 201, 202, 303}
        if path.endswith("/resolve"):
            allowed = {409}  # nobody said what is to be done
        assert answer.status_code in allowed, (method, path, answer.text)


def test_without_a_configured_token_nobody_is_let_in_and_all_are_told_how(serve: Serve) -> None:
    served = serve('listen = "127.0.0.1:8080"')
    client = served.client
    for method, path in routes(served):
        if path in {"/healthz", "/readyz", "/metrics", "/static/{name}", "/feeds/{token}.ics"}:
            continue
        for headers in ({}, {"Authorization": "Bearer"}, {"Authorization": "Bearer None"}):
            answer = client.request(method, nowhere(path), headers=headers)
            assert answer.status_code == 403, (method, path)
            assert "admin_token_file" in answer.json()["error"]


def test_the_bearer_scheme_is_not_case_sensitive_but_the_token_is(served: Served) -> None:
    fine = served.client.get("/accounts", headers={"Authorization": f"bearer {TOKEN}"})
    assert fine.status_code == 200
    for wrong in (TOKEN.upper(), TOKEN[:-1], f"{TOKEN}x", f"{TOKEN} {TOKEN}"):
        answer = served.client.get("/accounts", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401


def test_basic_credentials_are_no_bearer_token(served: Served) -> None:
    assert served.client.get("/accounts", auth=("admin", TOKEN)).status_code == 401


def test_a_wrong_bearer_token_is_not_rescued_by_a_session(served: Served) -> None:
    browser = served.browser
    assert browser.get("/accounts").status_code == 200
    answer = browser.get("/accounts", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


def test_a_person_is_shown_the_login_where_they_wanted_to_go_and_gets_there(served: Served) -> None:
    asked = "/conflicts?kind=RESOURCE_DOUBLE"
    client = served.client
    door = client.get(asked, headers=PAGE)
    assert door.status_code == 401
    assert 'name="token"' in door.text
    onward = re.search(r'name="next" value="([^"]*)"', door.text)
    assert onward is not None
    answer = client.post("/login", data={"token": TOKEN, "next": onward[1]}, headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, asked)
    assert client.get(asked, headers=PAGE).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
        "/login",
        "/" + "a" * 2000,
        "/" + "a" * 900 + "!",
        "conflicts",
    ],
)
def test_login_never_leads_elsewhere(served: Served, elsewhere: str) -> None:
    answer = served.client.post("/login", data={"token": TOKEN, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_cookie_is_opaque_hidden_from_scripts_and_strict(served: Served) -> None:
    first = served.client.post("/login", data={"token": TOKEN}).headers["set-cookie"]
    second = served.client.post("/login", data={"token": TOKEN}).headers["set-cookie"]
    assert TOKEN not in first
    assert first.split(";")[0] != second.split(";")[0]
    assert {"httponly", "samesite=strict", "path=/"} <= {
        part.strip().lower() for part in first.split(";")
    }
    assert "secure" not in first.lower()


def test_the_cookie_is_secure_where_people_come_by_https(serve: Serve) -> None:
    served = serve(f'admin_token = "{TOKEN}"\npublic_url = "https://calendar.example.org"')
    cookie = served.client.post("/login", data={"token": TOKEN}).headers["set-cookie"]
    assert cookie.startswith("__Host-calsync=")
    assert "secure" in {part.strip().lower() for part in cookie.split(";")}


def test_a_session_ends_by_itself(served: Served) -> None:
    browser = served.browser
    served.clock.time += SESSION_LASTS - 1
    assert browser.get("/accounts").status_code == 200
    served.clock.time += 1
    assert browser.get("/accounts").status_code == 401


def test_logging_out_ends_the_session_at_once_also_for_a_stolen_cookie(served: Served) -> None:
    browser = served.browser
    cookie = browser.cookies["calsync_session"]
    answer = browser.post("/logout", data={"csrf": csrf(browser.get("/").text)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    stolen = served.client.get("/accounts", headers={"Cookie": f"calsync_session={cookie}"})
    assert stolen.status_code == 401


def test_a_wrong_token_is_answered_by_the_form_with_words_and_no_cookie(served: Served) -> None:
    answer = served.client.post("/login", data={"token": "guess"}, headers=PAGE)
    assert answer.status_code == 401
    assert "That is not the admin token." in answer.text
    assert "guess" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("way", ["login", "bearer"])
def test_guessing_is_slowed_down_also_for_the_right_guess(served: Served, way: str) -> None:
    def attempt(token: str) -> int:
        if way == "login":
            return served.client.post("/login", data={"token": token}).status_code
        headers = {"Authorization": f"Bearer {token}"}
        return served.client.get("/accounts", headers=headers).status_code

    assert {attempt(f"guess{number}") for number in range(BURST)} == {401}
    assert attempt("guess") == 429
    assert attempt(TOKEN) == 429
    served.clock.time += EVERY
    assert attempt(TOKEN) == (303 if way == "login" else 200)


def test_who_is_slowed_down_is_told_for_how_long(served: Served) -> None:
    for _ in range(BURST):
        served.client.post("/login", data={"token": "x"})
    answer = served.client.post("/login", data={"token": "x"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= EVERY


def test_a_claimed_address_does_not_reset_the_count(served: Served) -> None:
    for number in range(BURST):
        headers = {"X-Forwarded-For": f"192.0.2.{number}", "Forwarded": f"for=192.0.2.{number}"}
        served.client.post("/login", data={"token": "x"}, headers=headers)
    answer = served.client.post(
        "/login", data={"token": "x"}, headers={"X-Forwarded-For": "192.0.2.99"}
    )
    assert answer.status_code == 429


def test_sessions_outlive_somebody_elses_guessing(served: Served) -> None:
    browser = served.browser
    for _ in range(BURST + 1):
        served.client.post("/login", data={"token": "x"})
    assert browser.get("/accounts").status_code == 200


def test_a_change_by_cookie_needs_the_token_of_its_session(served: Served) -> None:
    browser, other = served.browser, served.browser
    path = "/api/v1/accounts/clinic/pause"
    foreign = csrf(other.get("/").text)
    for data in ({}, {"csrf": ""}, {"csrf": "x"}, {"csrf": foreign}, {"csrf": "é"}):
        assert browser.post(path, data=data).status_code == 403
    assert not health_paused(served)
    assert browser.post(path, data={"csrf": csrf(browser.get("/").text)}).status_code == 303
    assert health_paused(served)


def test_the_token_may_come_in_a_header_but_not_in_the_address(served: Served) -> None:
    browser = served.browser
    token = csrf(browser.get("/").text)
    path = "/api/v1/accounts/clinic/pause"
    assert browser.post(f"{path}?csrf={token}").status_code == 403
    assert browser.post(path, headers={"X-CSRF-Token": token}).status_code == 303


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
def test_a_change_from_another_sites_page_is_refused(served: Served, origin: str) -> None:
    browser = served.browser
    answer = browser.post(
        "/api/v1/accounts/clinic/pause",
        data={"csrf": csrf(browser.get("/").text)},
        headers={"Origin": origin},
    )
    assert answer.status_code == 403
    assert not health_paused(served)
    strange = served.client.post("/login", data={"token": TOKEN}, headers={"Origin": origin})
    assert strange.status_code == 403


def test_reading_never_changes_anything(served: Served) -> None:
    for verb in ("poll", "pause", "resume"):
        for method in ("GET", "HEAD"):
            answer = served.admin.request(method, f"/api/v1/accounts/clinic/{verb}")
            assert answer.status_code == 405
            assert answer.headers["allow"] == "POST"
    assert not health_paused(served)


def test_a_bearer_needs_no_csrf_token(served: Served) -> None:
    answer = served.client.post("/api/v1/accounts/clinic/pause", headers=BEARER)
    assert answer.status_code == 200
    assert health_paused(served)


def csrf(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None
    return found[1]


def health_paused(served: Served) -> bool:
    return served.app.store.accounts.all()["clinic"].health.paused
