"""Answers made to exhaust a reader (Z…): small on the wire and huge in memory, or without end."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Incident, alter, send
from worker.sandbox.wire import Action, Cut, Wire, head

_MIB = 1024 * 1024
_JSON = ("Content-Type", "application/json; charset=utf-8")


@alter("Z01", "gzip body that grows a thousandfold", "64", "256", "1024")
def gzip_bomb(incident: Incident, response: Response) -> Response | None:
    """The variant is the decoded size in MiB; what comes out is valid JSON: `[`, spaces, `]`."""
    if response.status != 200:
        return None
    headers = (_JSON, ("Content-Encoding", "gzip"))
    return Response(200, _spaces(int(incident.variant)), headers)


@send("Z02", "a gigabyte of well-formed JSON rows", "length", "chunked", "until close")
def endless_rows(incident: Incident) -> Wire:
    """Made while it is sent. Option `mib`: the size, 1024 by default."""
    row = b'{"id":"1","title":"' + b"x" * 1000 + b'"},'
    piece = row * (64 * 1024 // len(row))
    count = int(incident.number("mib", 1024) * _MIB) // len(piece)

    def wire(response: Response) -> Iterator[Action]:
        plain = replace(response, status=200, headers=(_JSON,))
        pieces = _framed(b"[", piece, count, b'{"id":"2"}]')
        match incident.variant:
            case "chunked":
                yield head(plain, ("Transfer-Encoding", "chunked"))
                yield from (b"%x\r\n%s\r\n" % (len(data), data) for data in pieces)
                yield b"0\r\n\r\n"
            case "length":
                size = 1 + count * len(piece) + len(b'{"id":"2"}]')
                yield head(plain, ("Content-Length", str(size)))
                yield from pieces
            case _:
                yield head(plain, ("Connection", "close"))
                yield from pieces
                yield Cut.CLOSE

    return wire


@alter("Z03", "a document nested 100,000 deep", "lists", "objects", "unclosed")
def deep_document(incident: Incident, response: Response) -> Response | None:
    """Option `depth`: how deep, 100,000 by default."""
    if response.status != 200:
        return None
    depth = int(incident.number("depth", 100_000))
    body = {
        "lists": b"[" * depth + b"]" * depth,
        "objects": b'{"a":' * depth + b"1" + b"}" * depth,
        "unclosed": b"[" * depth,
    }[incident.variant]
    return Response(200, body, (_JSON,))


@alter("Z04", "empty body with 200", "nothing", "blank", "null")
def empty_body(incident: Incident, response: Response) -> Response | None:
    """No byte, white space, or `null`, still declared to be JSON."""
    if response.status != 200:
        return None
    return replace(
        response, body={"nothing": b"", "blank": b" \n", "null": b"null"}[incident.variant]
    )


@alter("Z05", "gzip within gzip")
def nested_gzip(_incident: Incident, response: Response) -> Response | None:
    """Declared once, packed twice, and large inside."""
    if response.status != 200:
        return None
    body = _gzip((_spaces(64),))
    return Response(200, body, (_JSON, ("Content-Encoding", "gzip")))


@lru_cache(maxsize=4)
def _spaces(mib: int) -> bytes:
    return _gzip(_framed(b"[", b" " * _MIB, mib, b"]"))


def _gzip(pieces: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(piece) for piece in pieces), packer.flush()])


def _framed(first: bytes, piece: bytes, count: int, last: bytes) -> Iterator[bytes]:
    yield first
    for _ in range(count):
        yield piece
    yield last
