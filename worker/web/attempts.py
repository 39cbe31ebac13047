"""Counts wrong tokens per client address, so that guessing takes for ever."""

from __future__ import annotations

import math
import threading
from ipaddress import IPv6Address, ip_address
from typing import Protocol

BURST = 8  # wrong tokens that are forgiven at once
EVERY = 15.0  # seconds after which one more is
MOST_ADDRESSES = 10_000


class Clock(Protocol):
    """Time that the clocks of the world cannot move."""

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class Attempts:
    """A bucket of forgiveness per address; the networks of one IPv6 customer share theirs."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._debts: dict[str, tuple[float, float]] = {}  # network -> wrong tokens, as of
        self._lock = threading.Lock()

    def wait(self, address: str) -> int:
        """Whole seconds until the address may try again; 0 for now."""
        with self._lock:
            debt = self._debt(network(address))
        return max(0, math.ceil((debt - BURST + 1) * EVERY)) if debt > BURST - 1 else 0

    def failed(self, address: str) -> None:
        """Count a wrong token."""
        name = network(address)
        with self._lock:
            debt = self._debt(name) + 1
            self._debts.pop(name, None)
            self._debts[name] = (debt, self._clock.monotonic())
            while len(self._debts) > MOST_ADDRESSES:
                del self._debts[next(iter(self._debts))]

    def _debt(self, name: str) -> float:
        debt, since = self._debts.get(name, (0.0, 0.0))
        return max(0.0, debt - (self._clock.monotonic() - since) / EVERY)


def network(address: str) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 /64, which one customer gets whole."""
    try:
        number = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(number, IPv6Address):
        if number.ipv4_mapped:
            return str(number.ipv4_mapped)
        return str(IPv6Address(int(number) >> 64 << 64))
    return str(number)
