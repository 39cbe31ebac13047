"""Whatever a server does not say, a call ends within its time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager

import httpcore
import httpx
import pytest

from tests.vendors.raw_server import Peer, RawServer, always, answer, outlet
from worker.vendors import addresses
from worker.vendors.base import TryLater
from worker.vendors.transport import DeadlineTransport, deadline

LIMIT = 0.3
SLACK = 0.7  # for a machine that is busy with other things


@contextmanager
def ends_in_time():
    begun = time.monotonic()
    with pytest.raises(TryLater, match=r"no whole answer within 0\.3 s"):
        yield
    assert time.monotonic() - begun < LIMIT + SLACK


def silent(peer: Peer) -> None:
    peer.hang()


def after_the_request(peer: Peer) -> None:
    peer.request()
    peer.hang()


def slow_head(peer: Peer) -> None:
    peer.request()
    peer.drip(answer(b"[]", "200 OK", *(f"X-{n}: {n}" for n in range(100))))


def slow_body(peer: Peer) -> None:
    peer.request()
    peer.send(answer(length=5000))
    peer.drip(b" " * 5000)


def slow_chunks(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    peer.drip(b"1\r\n \r\n" * 1000)


def endless_beginnings(peer: Peer) -> None:
    peer.request()
    while not peer.server.stopping.wait(0.02):
        peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")


@pytest.mark.parametrize(
    "script", [silent, after_the_request, slow_head, slow_body, slow_chunks, endless_beginnings]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_server_that_hangs_at_any_stage_costs_the_time_of_one_call(script, method):
    with RawServer(script) as vendor:
        way = outlet(vendor.origin, request_timeout=LIMIT)
        with ends_in_time():
            way.send(method, "/rows", json={} if method == "POST" else None)
        assert vendor.connections == 1
        way.close()


def test_a_server_that_never_accepts_costs_the_time_of_one_call():
    # The queue of a listening socket, once full, swallows the next connection attempts.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        queued = [socket.create_connection(address) for _ in range(1)]
        way = outlet(f"http://127.0.0.1:{address[1]}", request_timeout=LIMIT)
        with ends_in_time():
            way.get("/rows")
        way.close()
        for connection in queued:
            connection.close()


def sip(peer: Peer) -> None:
    while not peer.server.stopping.wait(0.02):
        peer.connection.recv(300_000)


@pytest.mark.parametrize("script", [silent, sip])
def test_a_server_that_reads_little_or_nothing_costs_the_time_of_one_call(script):
    with RawServer(script) as vendor:
        transport = DeadlineTransport(ssl.create_default_context(), scheme="http")
        request = httpx.Request("POST", f"{vendor.origin}/v1/rows", content=bytes(30_000_000))
        begun = time.monotonic()
        with pytest.raises(httpcore.TimeoutException), deadline(LIMIT):
            transport.handle_request(request)
        assert time.monotonic() - begun < LIMIT + SLACK
        transport.close()


def test_encryption_that_is_never_agreed_on_costs_the_time_of_one_call():
    with RawServer(silent) as vendor:
        way = outlet(vendor.origin.replace("http:", "https:"), request_timeout=LIMIT)
        with ends_in_time():
            way.get("/rows")
        way.close()


@pytest.fixture
def dead_name_server(monkeypatch):
    """Look-ups of names hang until the test is over, as they do for minutes in real life."""
    released, asked, honest = threading.Event(), [], socket.getaddrinfo

    def hang(host, port, *rest, **options):
        if addresses.is_address(host):
            return honest(host, port, *rest, **options)  # needs no name server
        asked.append(host)
        released.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield asked
    released.set()
    for thread in threading.enumerate():
        if thread.name == "look-up":
            thread.join(5)


def test_a_dead_name_server_costs_the_time_of_one_call_and_one_thread(dead_name_server):
    way = outlet("https://vendor.example", request_timeout=LIMIT)
    before = threading.active_count()
    for _ in range(3):
        with ends_in_time():
            way.get("/rows")
    assert dead_name_server == ["vendor.example"]
    assert threading.active_count() == before + 1
    way.close()


def test_a_dead_name_server_delays_nobody_whose_address_is_written_out(dead_name_server):
    stuck = outlet("https://vendor.example", request_timeout=LIMIT)
    with ends_in_time():
        stuck.get("/rows")
    with RawServer(always(answer())) as vendor:
        way = outlet(vendor.origin, request_timeout=LIMIT)
        assert way.get("/rows").status == 200
        way.close()
    stuck.close()


def test_a_name_is_asked_for_again_once_an_answer_came(monkeypatch):
    answers = iter([[], [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 443))]])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: next(answers))
    assert addresses.looked_up("vendor.example", 443, 2) == []
    assert addresses.looked_up("vendor.example", 443, 2) == ["192.0.2.1"]


def test_each_thread_has_its_own_deadline():
    with RawServer(after_the_request) as stuck, RawServer(always(answer())) as quick:
        slow_way = outlet(stuck.origin, request_timeout=LIMIT)
        quick_way = outlet(quick.origin, request_timeout=5.0)
        ends: list[float] = []

        def wait_in_vain() -> None:
            with pytest.raises(TryLater):
                slow_way.get("/rows")
            ends.append(time.monotonic())

        begun = time.monotonic()
        thread = threading.Thread(target=wait_in_vain)
        thread.start()
        answered = 0
        while thread.is_alive():
            answered += quick_way.get("/rows").status == 200
        thread.join()
        assert answered > 10
        assert ends[0] - begun < LIMIT + SLACK
        slow_way.close()
        quick_way.close()


def test_a_proxy_that_hangs_costs_the_time_of_one_call(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def hang_after_connect(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.hang()

    for script in (silent, after_the_request, slow_head, hang_after_connect):
        with RawServer(script) as proxy:
            monkeypatch.setenv("https_proxy", proxy.origin)
            way = outlet("https://vendor.example", trust_env=True, request_timeout=LIMIT)
            with ends_in_time():
                way.get("/rows")
            way.close()


def test_tunnels_that_fail_never_fill_the_pool(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)

    def break_tls(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.connection.recv(65536)
        peer.send(b"no tls at all")
        peer.hang()

    with RawServer(break_tls) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin)
        way = outlet("https://vendor.example", trust_env=True, request_timeout=2.0)
        for _ in range(12):
            with pytest.raises(TryLater, match="encrypted connection was refused"):
                way.get("/rows")
        assert proxy.connections == 12
        way.close()
