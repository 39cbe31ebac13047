"""The sandbox over real sockets: addresses, keep-alive, control surface, and an orderly end."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.clock import RunningClock, VirtualClock
from worker.sandbox.exchange import Clock, Request, Response
from worker.sandbox.server import Layout, SandboxServer

NOW = 1_795_000_000.0


class Echo:
    """A vendor that tells what it was asked."""

    name = "echo"

    def __init__(self) -> None:
        self.notifications: list[str] = []

    def handle(self, request: Request) -> Response:
        if request.method == "POST":
            self.notifications.append("mail")
        return Response.of(
            {
                "method": request.method,
                "path": request.path,
                "query": request.query,
                "base": request.base,
                "body": request.body.decode(),
                "accept": request.headers.get("accept"),
            }
        )

    def truth(self) -> list[dict[str, Any]]:
        return []


def serve(clock: Clock | None = None, **more: Any) -> SandboxServer:
    clock = clock or VirtualClock(NOW)
    vendors = {"echo": Echo(), "appointment_one": AppointmentOne(clock, api_key="key")}
    return SandboxServer(vendors, clock=clock, **more)


@pytest.fixture
def sandbox() -> Iterator[SandboxServer]:
    with serve() as running:
        yield running


def connect(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    assert parts.hostname is not None
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)


def call(
    address: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = connect(address)
    parts = urlsplit(address)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    data = None if body is None else json.dumps(body).encode()
    connection.request(method, target, data, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def document(address: str, method: str = "GET", body: Any = None) -> Any:
    status, _, content = call(address, method, body)
    assert status == 200, content
    return json.loads(content)


def test_a_vendor_sees_the_path_below_its_base_still_encoded(sandbox: SandboxServer) -> None:
    seen = document(f"{sandbox.bases['echo']}/api/v1/a%2Fb?x=1&x=%20")
    assert (seen["path"], seen["query"]) == ("/api/v1/a%2Fb", "x=1&x=%20")
    assert seen["base"] == sandbox.bases["echo"]


def test_absolute_links_are_built_from_the_host_that_the_caller_used(
    sandbox: SandboxServer,
) -> None:
    port = urlsplit(sandbox.address).port
    _, _, content = call(f"{sandbox.bases['echo']}/x", Host=f"localhost:{port}")
    assert json.loads(content)["base"] == f"http://localhost:{port}/echo"


def test_one_connection_serves_many_requests(sandbox: SandboxServer) -> None:
    connection = connect(sandbox.address)
    for number in range(50):
        connection.request("GET", f"/echo/{number}")
        assert json.loads(connection.getresponse().read())["path"] == f"/{number}"
    connection.close()
    assert len(sandbox.ledger) == 50


def test_an_answer_carries_its_length_and_the_date_of_the_sandbox(sandbox: SandboxServer) -> None:
    _, headers, content = call(f"{sandbox.bases['echo']}/x")
    assert headers["date"] == "Wed, 18 Nov 2026 11:06:40 GMT"
    assert int(headers["content-length"]) == len(content)


def test_head_has_the_headers_of_get_and_no_body(sandbox: SandboxServer) -> None:
    status, headers, content = call(f"{sandbox.bases['echo']}/x", "HEAD")
    assert (status, content) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_a_vendor_may_refuse_head(sandbox: SandboxServer) -> None:
    address = f"{sandbox.bases['appointment_one']}/api/v1/event/x"
    status, _, _ = call(address, "HEAD", Authorization="key")
    assert status == 405


@pytest.mark.parametrize("path", ["/", "/nobody/api/v1", "/_sandbox/nothing"])
def test_what_is_no_vendor_is_404_in_json(sandbox: SandboxServer, path: str) -> None:
    connection = connect(sandbox.address)
    connection.request("GET", path)
    response = connection.getresponse()
    assert response.status == 404
    assert "error" in json.loads(response.read())
    connection.close()


def test_a_chunked_request_body_is_read_whole(sandbox: SandboxServer) -> None:
    connection = connect(sandbox.address)
    connection.request("POST", "/echo/x", iter([b"one ", b"two"]), encode_chunked=True)
    assert json.loads(connection.getresponse().read())["body"] == "one two"
    connection.close()


@pytest.mark.parametrize(
    "head",
    [
        b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /echo/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /echo/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
    ],
)
def test_a_broken_request_is_400_and_ends_the_connection(
    sandbox: SandboxServer, head: bytes
) -> None:
    parts = urlsplit(sandbox.address)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as raw:
        raw.sendall(head)
        answer = b"".join(iter(lambda: raw.recv(4096), b""))
    assert b" 400 " in answer.splitlines()[0]
    assert sandbox.errors == []


def test_each_vendor_can_have_a_port_of_its_own() -> None:
    with serve(layout=Layout.PORTS) as sandbox:
        bases = sandbox.bases
        assert len({urlsplit(base).port for base in bases.values()}) == 2
        seen = document(f"{bases['echo']}/api/v1/x")
        assert (seen["path"], seen["base"]) == ("/api/v1/x", bases["echo"])
        assert document(f"{sandbox.address}/echo/y")["path"] == "/y"


def test_a_vendor_on_its_own_port_can_go_down_and_come_back_at_the_same_address() -> None:
    with serve(layout=Layout.PORTS) as sandbox:
        base = sandbox.bases["echo"]
        sandbox.go_down("echo")
        with pytest.raises(ConnectionRefusedError):
            call(f"{base}/x")
        sandbox.come_back("echo")
        assert sandbox.bases["echo"] == base
        assert document(f"{base}/x")["path"] == "/x"


def test_the_control_surface_tells_truth_ledger_and_state(sandbox: SandboxServer) -> None:
    call(f"{sandbox.bases['echo']}/x?access_token=hush", "POST", {"a": 1})
    control = f"{sandbox.address}/_sandbox"
    assert document(f"{control}/truth")["truth"] == {"echo": [], "appointment_one": []}
    entry = document(f"{control}/ledger")["entries"][0]
    assert (entry["query"], entry["applied"], entry["notifications"]) == (
        "access_token=removed",
        True,
        1,
    )
    assert document(f"{control}/ledger?since=1")["entries"] == []
    assert document(f"{control}/state")["bases"] == sandbox.bases


def test_faults_are_switched_by_id_over_http(sandbox: SandboxServer) -> None:
    control = f"{sandbox.address}/_sandbox/faults"
    document(control, "POST", {"on": "H01", "vendor": "echo", "options": {"seconds": 7}})
    status, headers, _ = call(f"{sandbox.bases['echo']}/x")
    assert (status, headers["retry-after"]) == (429, "7")
    assert document(control)["fired"] == {"H01": 1}
    document(control, "POST", {"off": "*"})
    assert call(f"{sandbox.bases['echo']}/x")[0] == 200


@pytest.mark.parametrize(
    "wish",
    [
        {"on": "X99"},
        {"on": "H01", "colour": "red"},
        {"on": "H16", "variant": "no"},
        {"on": "H01", "probability": "often"},
        {},
        [],
    ],
)
def test_a_wrong_wish_for_a_fault_is_refused(sandbox: SandboxServer, wish: Any) -> None:
    assert call(f"{sandbox.address}/_sandbox/faults", "POST", wish)[0] == 400
    assert sandbox.faults.active == []


def test_the_clock_is_moved_over_http(sandbox: SandboxServer) -> None:
    control = f"{sandbox.address}/_sandbox"
    assert document(f"{control}/advance", "POST", {"seconds": 60}) == {"now": NOW + 60}
    assert document(f"{control}/truth")["now"] == NOW + 60
    assert call(f"{control}/advance", "POST", {"seconds": -1})[0] == 400


def test_a_running_clock_jumps_and_goes_on() -> None:
    clock = RunningClock(source=lambda: 100.0)
    clock.advance(50)
    assert clock.now() == 150.0
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)


def test_the_world_is_moved_on_over_http() -> None:
    steps = iter(["a booking arrives", None])
    with serve(act=lambda: next(steps)) as sandbox:
        control = f"{sandbox.address}/_sandbox/act"
        assert document(control, "POST") == {"did": "a booking arrives"}
        assert document(control, "POST") == {"did": None}
    with serve() as sandbox:
        assert call(f"{sandbox.address}/_sandbox/act", "POST")[0] == 409


def test_a_page_in_a_browser_cannot_use_the_control_surface(sandbox: SandboxServer) -> None:
    control = f"{sandbox.address}/_sandbox/advance"
    assert call(control, "POST", {"seconds": 1}, Origin="https://example.org")[0] == 403


def test_stopping_releases_a_request_that_hangs_on_purpose() -> None:
    sandbox = serve().start()
    sandbox.faults.on("T19")
    raised: list[BaseException] = []

    def hang() -> None:
        try:
            call(f"{sandbox.bases['echo']}/x")
        except (OSError, http.client.HTTPException) as error:
            raised.append(error)

    waiting = threading.Thread(target=hang)
    waiting.start()
    while len(sandbox.ledger) == 0:
        waiting.join(0.01)
    began = time.monotonic()
    sandbox.stop()
    waiting.join(5)
    assert raised
    assert time.monotonic() - began < 3
    assert not sandbox.ledger.entries()[0].delivered


def test_many_clients_are_served_side_by_side(sandbox: SandboxServer) -> None:
    sandbox.faults.on("T19", path="/slow", seconds=30)
    slow = connect(sandbox.address)
    slow.request("GET", "/echo/slow")
    began = time.monotonic()
    for _ in range(100):
        document(f"{sandbox.bases['echo']}/fast")
    assert time.monotonic() - began < 10
    slow.close()
