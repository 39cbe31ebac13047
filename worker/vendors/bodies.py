"""How the body of an answer is read: never more than its limit, compressed or not."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from worker.vendors.base import Nonsense, TryLater

_PIECE = 1 << 16
_MOST_PARTS = 1000  # of one gzip body; more are there to keep us busy


class TooLarge(Nonsense):
    """An answer that was refused for its size alone: asking for less may help."""


def whole(where: str, encoding: str, chunks: Iterable[bytes], most: int) -> bytes:
    """The decoded body. `encoding` is the `Content-Encoding`, `most` a number of MiB in bytes.

    Raises TooLarge where either the body or what it unfolds to is larger than `most`, Nonsense
    for encodings that were not asked for, TryLater where the compression ends too early.
    """
    capped = _capped(where, chunks, most)
    match encoding.strip().lower():
        case "" | "identity":
            return _joined(capped)
        case "gzip" | "x-gzip":
            unfolded = _unfolded(where, capped, zlib.MAX_WBITS | 16)
        case "deflate":
            unfolded = _unfolded(where, capped, zlib.MAX_WBITS)
        case _:
            raise Nonsense(f"{where} answered in an encoding that was not asked for")
    return _joined(_capped(where, unfolded, most))


def _joined(chunks: Iterable[bytes]) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
    return bytes(body)


def _capped(where: str, chunks: Iterable[bytes], most: int) -> Iterable[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise TooLarge(f"{where} answered with more than {most >> 20} MiB")
        yield chunk


def _unfolded(where: str, chunks: Iterable[bytes], window: int) -> Iterable[bytes]:
    inflate = zlib.decompressobj(window)
    parts = 0
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if inflate.eof or not parts:
                    # A gzip body may be several, one after the other. What comes after an end
                    # must never be left to the old object: it would collect it without limit.
                    inflate = zlib.decompressobj(window)
                    parts += 1
                    if parts > _MOST_PARTS:
                        raise TooLarge(f"{where} answered with more than {_MOST_PARTS} gzip parts")
                yield inflate.decompress(rest, _PIECE)
                rest = inflate.unconsumed_tail or inflate.unused_data
        yield inflate.flush()
    except zlib.error:
        raise Nonsense(f"{where} answered with broken compression") from None
    if parts and not inflate.eof:
        raise TryLater(f"{where}: the answer was cut off")
