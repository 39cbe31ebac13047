"""The world over real HTTP: its own configuration opens every account, and pages can be walked."""

from __future__ import annotations

import base64
import http.client
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from worker.sandbox.clock import VirtualClock
from worker.sandbox.server import Layout, SandboxServer
from worker.sandbox.world import Limits, World, build_world

NOW = 1_795_000_000.0
Running = tuple[World, SandboxServer, dict[str, Any]]


@pytest.fixture(params=list(Layout))
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    clock = VirtualClock(NOW)
    world = build_world(clock, 3, limits=Limits.LIFTED)
    with SandboxServer(
        world.simulators, clock=clock, layout=request.param, act=world.advance
    ) as server:
        config = tomllib.loads(world.config(server.bases))
        yield world, server, config["accounts"]
        assert server.errors == []


def get(address: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    data = None if body is None else json.dumps(body).encode()
    sent = {"Accept": "application/json", "Content-Type": "application/json", **headers}
    connection.request(method, target, data, sent)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    assert response.status == 200, content
    return json.loads(content), response.headers


def basic(user: str, password: str = "") -> dict[str, str]:
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {token}"}


def test_the_school_is_read_page_by_page_through_its_own_links(running: Running) -> None:
    world, _, accounts = running
    campus = accounts["campus"]
    address = (
        f"{campus['base_url']}/api/v1/appointment_groups"
        "?scope=manageable&include[]=appointments&include_past_appointments=true&per_page=2"
    )
    slots: set[str] = set()
    pages = 0
    while address:
        rows, headers = get(address, Authorization=f"Bearer {campus['token']}")
        slots |= {str(slot["id"]) for row in rows for slot in row["appointments"]}
        pages += 1
        following = re.search(r'<([^>]+)>; rel="next"', headers["Link"])
        address = following[1] if following else ""
    truth = world.simulators["canvas"].truth()
    assert pages == 4
    assert slots == {one["native_id"] for one in truth if one["end"] > "2026-11-18T11:06:40Z"}
    assert len(slots) > 20


def test_the_practice_is_read_page_by_page_through_its_own_links(running: Running) -> None:
    world, _, accounts = running
    clinic = accounts["clinic"]
    ended = "q[]=archived_at:*&q[]=cancelled_at:*&q[]=deleted_at:*"
    address = f"{clinic['base_url']}/v1/bookings?per_page=40&{ended}"
    found: set[str] = set()
    while address:
        page, _ = get(
            address.replace("[]", "%5B%5D"),
            **{"User-Agent": f"calsync ({clinic['contact']})"},
            **basic(clinic["api_key"]),
        )
        found |= {row["id"] for row in page["bookings"]}
        address = page["links"].get("next", "")
    assert found == {one["native_id"] for one in world.simulators["cliniko"].truth()}


def test_the_studio_lets_its_app_in(running: Running) -> None:
    _, server, accounts = running
    studio = accounts["studio"]
    base = studio["base_url"]
    login = {"appid": studio["app_id"], "appsecret": studio["app_secret"]}
    token, _ = get(f"{base}/v1/auth/token", "POST", login)
    page, _ = get(
        f"{base}/v1/appointments?from_date=2026-11-17&to_date=2026-12-16",
        **{"authorization": token["accessToken"], "company-id": studio["company_id"]},
    )
    assert len(page["data"]) > 10
    assert not server.ledger.writes()


def test_the_coaches_let_their_user_in(running: Running) -> None:
    _, _, accounts = running
    coaching = accounts["coaching"]
    rows, _ = get(
        f"{coaching['base_url']}/api/v1/appointments?showall=true&max=1000",
        **basic(coaching["user_id"], coaching["api_key"]),
    )
    assert len(rows) > 40


def test_the_front_desk_knows_its_appointments_by_id(running: Running) -> None:
    _, _, accounts = running
    desk = accounts["frontdesk"]
    for one in desk["appointments"][:3]:
        found, _ = get(
            f"{desk['base_url']}/api/v1/appointment/{one}", Authorization=desk["api_key"]
        )
        assert found["id"] == one


def test_the_script_runs_over_http_and_truth_follows(running: Running) -> None:
    _, server, _ = running
    before, _ = get(f"{server.address}/_sandbox/truth")
    did, _ = get(f"{server.address}/_sandbox/act", "POST")
    after, _ = get(f"{server.address}/_sandbox/truth")
    assert did["did"] == "A client cancels the session"
    assert before["truth"]["acuity"] != after["truth"]["acuity"]
