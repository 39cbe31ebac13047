"""Telling a service manager how the daemon fares: the protocol of sd_notify(3), one datagram each.

Nothing is said where nobody has asked for it by `NOTIFY_SOCKET`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

MICROSECOND = 1e-6


class Supervisor:
    """Whoever started the daemon and wants to hear of it; `environment` says who that is."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        # An address of Linux's abstract namespace is written with @ for its leading NUL.
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self.beats_every = _interval(environment)

    def ready(self) -> None:
        """The start, or a reload, is over."""
        self._send("READY=1")

    def alive(self) -> None:
        """Keep the watchdog from biting; to be said at least every `beats_every` seconds."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """The configuration is about to be read anew; `ready` follows."""
        now = int(time.monotonic() / MICROSECOND)
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now}")

    def stopping(self) -> None:
        """The end has begun."""
        self._send("STOPPING=1")

    def _send(self, words: str) -> None:
        if not self._address:
            return
        # A manager that has gone is no reason for the daemon to go, too.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line,
        ):
            line.setblocking(False)
            line.sendto(words.encode(), self._address)


def _interval(environment: Mapping[str, str]) -> float | None:
    """Half of the time after which the watchdog bites, in seconds; None where there is none."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        bites_after = int(environment.get("WATCHDOG_USEC", "0")) * MICROSECOND
    except ValueError:
        return None
    return bites_after / 2 if bites_after > 0 else None
