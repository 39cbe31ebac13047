"""Bodies that unfold without end, in encodings known or not, and waits stated despite them."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from contextlib import contextmanager

import pytest

from tests.vendors.raw_server import Peer, RawServer, always, answer, outlet
from worker.vendors.base import Nonsense, TryLater
from worker.vendors.bodies import TooLarge
from worker.vendors.http import LARGEST_ANSWER

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


@contextmanager
def little_memory(most: int = 64 * MIB):
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def zeros(mebibytes: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    piece = bytes(MIB)
    return b"".join(squeeze.compress(piece) for _ in range(mebibytes)) + squeeze.flush()


def zipped(data: bytes) -> bytes:
    """Without the time in it: examples are named by their bytes, the same in every process."""
    return gzip.compress(data, mtime=0)


BOMB = zeros(1024)


@pytest.mark.parametrize("data", [BOMB, BOMB[:100_000] * 3, zeros(17), zipped(bytes(15 * MIB)) * 2])
def test_a_gzip_bomb_is_stopped_before_it_unfolds(data):
    with RawServer(always(answer(data, "200 OK", "Content-Encoding: gzip"))) as vendor:
        way = outlet(vendor.origin, request_timeout=10.0)
        with (
            little_memory(),
            pytest.raises(TooLarge, match="GET /v1/rows answered with more than 16 MiB"),
        ):
            way.get("/rows")
        way.close()


def endless(first: bytes, piece: bytes):
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(first)
        while not peer.server.stopping.is_set():
            peer.send(piece)

    return script


@pytest.mark.parametrize(
    "script",
    [
        endless(HEAD + b"\r\n[", b'{"id":1},' * 10_000),
        endless(HEAD + b"Content-Length: 1073741824\r\n\r\n[", b'{"id":1},' * 10_000),
        endless(
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"
        ),
        endless(HEAD + b"Content-Encoding: gzip\r\n\r\n", zipped(b"")),
        endless(HEAD + b"Content-Encoding: gzip\r\n\r\n" + zipped(b"[]"), bytes(65536)),
    ],
    ids=["until-closed", "1-GB", "chunks", "empty-members", "after-the-end"],
)
def test_an_endless_answer_is_left_after_16_mebibytes(script):
    with RawServer(script) as vendor:
        way = outlet(vendor.origin, request_timeout=20.0)
        with little_memory(), pytest.raises(Nonsense):
            way.get("/rows")
        way.close()


def test_the_largest_answer_is_read_whole():
    body = b" " * (LARGEST_ANSWER - 2) + b"[]"
    with RawServer(always(answer(body), answer(body + b" "))) as vendor:
        way = outlet(vendor.origin, request_timeout=10.0)
        assert len(way.get("/rows").body) == LARGEST_ANSWER
        with pytest.raises(TooLarge):
            way.get("/rows")
        way.close()


PLAIN = b'[{"id": 1}]'


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", zipped(PLAIN)),
        ("GZIP ", zipped(PLAIN)),
        ("x-gzip", zipped(PLAIN[:4]) + zipped(PLAIN[4:])),
        ("deflate", zlib.compress(PLAIN)),
        ("identity", PLAIN),
        ("", PLAIN),
    ],
)
def test_known_encodings_are_read(encoding, data):
    with RawServer(always(answer(data, "200 OK", f"Content-Encoding: {encoding}"))) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == PLAIN
        way.close()


def test_an_empty_body_is_empty_whatever_its_encoding():
    with RawServer(always(answer(b"", "200 OK", "Content-Encoding: gzip"))) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == b""
        way.close()


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("br", b"\x0b\x02\x80[]\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00[]"),
        ("gzip, gzip", zipped(zipped(PLAIN))),
        ("deflate, gzip", zipped(zlib.compress(PLAIN))),
        ("rot13", PLAIN),
        ("gzip", PLAIN),
        ("gzip", zipped(PLAIN)[:-8] + bytes(8)),
        ("deflate", zipped(PLAIN)),
    ],
)
def test_other_or_broken_encodings_are_nonsense(encoding, data):
    with RawServer(always(answer(data, "200 OK", f"Content-Encoding: {encoding}"))) as vendor:
        way = outlet(vendor.origin)
        with pytest.raises(Nonsense, match=r"encoding that was not asked|broken compression"):
            way.get("/rows")
        way.close()


def test_two_encoding_headers_are_two_encodings():
    said = answer(zipped(PLAIN), "200 OK", "Content-Encoding: gzip", "Content-Encoding: gzip")
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        with pytest.raises(Nonsense):
            way.get("/rows")
        way.close()


def test_nested_gzip_is_unfolded_once():
    inner = zipped(PLAIN)
    said = answer(zipped(inner), "200 OK", "Content-Encoding: gzip")
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        assert way.get("/rows").body == inner
        way.close()


def test_compression_that_ends_too_early_can_be_tried_later():
    said = answer(zipped(PLAIN * 100)[:-20], "200 OK", "Content-Encoding: gzip")
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        with pytest.raises(TryLater, match="the answer was cut off"):
            way.get("/rows")
        way.close()


@pytest.mark.parametrize(
    "body",
    [
        answer(b"x", "429 Slow Down", "Retry-After: 30", "Content-Encoding: br"),
        answer(b"x", "429 Slow Down", "Retry-After: 30", "Content-Encoding: gzip"),
        answer(b"x", "429 Slow Down", "Retry-After: 30", length=1000),
        answer(BOMB, "429 Slow Down", "Retry-After: 30", "Content-Encoding: gzip"),
    ],
    ids=["unknown", "broken", "truncated", "bomb"],
)
def test_a_stated_wait_counts_though_the_body_cannot_be_read(body):
    with RawServer(close_after(body)) as vendor:
        way = outlet(vendor.origin, request_timeout=5.0)
        with pytest.raises(TryLater) as caught:
            way.get("/rows")
        assert caught.value.wait == 30
        way.close()


def test_a_stated_wait_counts_though_the_body_never_ends():
    said = answer(b"x", "503 Down", "Retry-After: 30", length=1000)
    with RawServer(stay_after(said)) as vendor:
        way = outlet(vendor.origin, request_timeout=0.3)
        begun = time.monotonic()
        with pytest.raises(TryLater) as caught:
            way.get("/rows")
        assert caught.value.wait == 30
        assert time.monotonic() - begun < 1.0
        way.close()
