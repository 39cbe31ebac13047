"""Answers that break off, are malformed, or unfold without end."""

from __future__ import annotations

import json
import threading

import pytest

from tests.builders import seams
from tests.vendors.raw_server import Peer, RawServer, always, answer, outlet
from worker.vendors.base import NeedsPerson, Nonsense, TryLater, VendorError
from worker.vendors.http import Outlet

MIB = 1 << 20
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def close_after(data: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data)

    return script


def stay_after(data: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(data)
        peer.hang()

    return script


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200",
        answer(b"[1,2", length=1000),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n[1,2]\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[1,2]\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n[1,2]\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffffffff\r\n[1,2]",
        HEAD + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n[1,2]",
        HEAD + b"Content-Length: -2\r\n\r\n[]",
        HEAD + b"Content-Length: two\r\n\r\n[]",
        HEAD + b"X: a\rb\r\nContent-Length: 2\r\n\r\n[]",
        HEAD + b"X: \x00\r\nContent-Length: 2\r\n\r\n[]",
        HEAD + b"X: " + b"a" * 200_000 + b"\r\nContent-Length: 2\r\n\r\n[]",
        HEAD + b"".join(b"X-%d: 1\r\n" % n for n in range(20_000)) + b"\r\n[]",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"<html>not even HTTP</html>",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_is_no_whole_answer_can_be_tried_later(data, method):
    with RawServer(close_after(data)) as vendor:
        way = outlet(vendor.origin)
        with pytest.raises(
            TryLater, match=rf"{method} /v1/rows: the connection (broke off|failed)"
        ):
            way.send(method, "/rows", json={} if method == "POST" else None)
        assert len(vendor.requests) == (2 if method == "GET" else 1)
        way.close()


def test_two_equal_lengths_and_unexpected_beginnings_do_no_harm():
    said = (
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        + HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n[]"
    )  # fmt: skip
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b"[]"
        way.close()


def test_a_line_break_in_a_header_starts_no_new_one():
    said = HEAD + b"X: a\r\n Content-Length: 99\r\nContent-Length: 2\r\n\r\n[]"
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b"[]"
        way.close()


def dies_on_reuse(ending):
    """The first connection ends, in this way, when its second request has come."""

    def script(peer: Peer) -> None:
        is_first = peer.server.connections == 1
        while peer.request():
            if is_first and len(peer.server.requests) == 2:
                ending(peer)
                return
            peer.send(answer(json.dumps(len(peer.server.requests)).encode()))

    return script


@pytest.mark.parametrize("ending", [Peer.reset, lambda _peer: None])
def test_a_read_is_repeated_once_where_a_kept_connection_had_died(ending):
    with RawServer(dies_on_reuse(ending)) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b"1"
        assert way.get("/rows").body == b"3"
        assert vendor.connections == 2
        way.close()


def test_a_read_is_repeated_on_a_new_connection_though_several_had_been_kept():
    together = threading.Barrier(2)

    def script(peer: Peer) -> None:
        is_old = peer.server.connections <= 2
        peer.request()
        if is_old:
            together.wait(5)
        peer.send(answer())
        if is_old:
            peer.request()
            peer.reset()

    with RawServer(script) as vendor:
        way = outlet(vendor.origin)
        other = threading.Thread(target=way.get, args=("/rows",))
        other.start()
        way.get("/rows")
        other.join()
        assert vendor.connections == 2
        assert way.get("/rows").status == 200
        way.close()


@pytest.mark.parametrize("ending", [Peer.reset, lambda _peer: None])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_write_is_never_repeated(ending, method):
    with RawServer(dies_on_reuse(ending)) as vendor:
        way = outlet(vendor.origin)
        way.get("/rows")
        with pytest.raises(TryLater, match="the connection broke off"):
            way.send(method, "/rows")
        assert len(vendor.requests) == 2
        way.close()


def test_a_read_is_repeated_no_more_than_once():
    def script(peer: Peer) -> None:
        if peer.server.connections == 1:
            peer.request()
            peer.send(answer())
        peer.request()

    with RawServer(script) as vendor:
        way = outlet(vendor.origin)
        way.get("/rows")
        with pytest.raises(TryLater, match="the connection broke off"):
            way.get("/rows")
        assert len(vendor.requests) == 3
        way.close()


def test_an_answer_that_was_there_before_the_question_is_not_taken_for_its_answer():
    def script(peer: Peer) -> None:
        if peer.server.connections == 1:
            peer.request()
            peer.send(answer(b'"first"') + answer(b'"stray"'))
        while peer.request():
            peer.send(answer(b'"second"'))

    with RawServer(script) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b'"first"'
        assert way.get("/rows").body == b'"second"'
        way.close()


def test_answers_that_were_dropped_half_read_cost_no_connection():
    too_long = HEAD + b"Content-Encoding: br\r\nContent-Length: 1000000\r\n\r\n"
    with RawServer(stay_after(too_long)) as vendor:
        way = outlet(vendor.origin)
        for _ in range(20):
            with pytest.raises(Nonsense):
                way.get("/rows")
        assert vendor.connections == 20
        way.close()


@pytest.mark.parametrize(
    "credential", ["a\r\nX: y", "a\nb", "ä", "\ud800", " a", "a ", "a\x00", "a\tb"]
)
def test_a_credential_that_no_header_can_hold_is_not_quoted(credential):
    with RawServer(always(answer())) as vendor:
        secret = credential + "canary" if credential.startswith(" ") else "canary" + credential
        way = Outlet(
            seams(None), base_url=vendor.origin, root="/v1", authorise=lambda: {"X-Key": secret}
        )
        with pytest.raises(NeedsPerson) as caught:
            way.get("/rows")
        assert "canary" not in str(caught.value)
        assert caught.value.__context__ is None
        assert vendor.requests == []
        way.close()


def test_no_server_no_answer():
    with RawServer(always(answer())) as vendor:
        origin = vendor.origin
    way = outlet(origin)
    with pytest.raises(VendorError, match="GET /v1/rows: no connection"):
        way.get("/rows")
    way.close()


def test_a_read_whose_connection_is_cut_in_the_middle_is_repeated_once():
    def script(peer: Peer) -> None:
        peer.request()
        if peer.server.connections == 1:
            peer.send(answer(b"[1,2", length=1000))
            return
        peer.send(answer(b"[1,2]"))

    with RawServer(script) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b"[1,2]"
        assert len(vendor.requests) == 2
        way.close()
