"""What is served of a feed, with what clients compare it by."""

from __future__ import annotations

import gzip
import threading
from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Content:
    """A calendar. Epoch seconds: since when it reads so, until when it was known to be right."""

    etag: str
    modified_at: int
    true_at: int
    body: bytes = field(repr=False)
    packed: Packed = field(repr=False, compare=False)


class Packed:
    """The same bytes for clients that take gzip; made when the first one asks."""

    __slots__ = ("_bytes", "_lock")

    def __init__(self) -> None:
        self._bytes: bytes | None = None
        self._lock = threading.Lock()

    @property
    def ready(self) -> bytes | None:
        """The bytes, if they have been asked for before."""
        return self._bytes

    def of(self, body: bytes) -> bytes:
        """The bytes, for `body`."""
        with self._lock:
            if self._bytes is None:
                self._bytes = gzip.compress(body, 6, mtime=0)
            return self._bytes


def renewed(before: Content | None, body: bytes, now: int) -> Content:
    """The content with this body: as it was, if nothing in it changed.

    Times of change grow with every change, also within a second: some clients go by them alone.
    """
    etag = sha256(body).hexdigest()[:32]
    if before is not None and before.etag == etag:
        return Content(etag, before.modified_at, now, before.body, before.packed)
    modified_at = now if before is None else max(now, before.modified_at + 1)
    return Content(etag, modified_at, now, body, Packed())
