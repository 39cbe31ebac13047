"""What carries a message, and what it says when it cannot."""

from __future__ import annotations

from hashlib import blake2b
from typing import Protocol

from worker.notify.message import Message


class Undelivered(Exception):
    """A message was not taken. The text is for operators; it names no address and no key.

    `wait` is a stated number of seconds before another try.
    """

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class Channel(Protocol):
    """One way to somebody. `name` tells it from others, also from itself with another receiver."""

    @property
    def name(self) -> str:
        """Such as `mail:1f0a2b3c`."""
        ...

    def send(self, message: Message, now: int) -> None:
        """Hand a message over, at `now` (epoch seconds). Raises Undelivered."""
        ...


def named(kind: str, *receiver: str) -> str:
    """A channel's name: whoever comes new to it is told everything."""
    text = "\n".join(receiver)
    return f"{kind}:{blake2b(text.encode(), digest_size=4).hexdigest()}"
