"""Under which names this server may be asked for: others are a page that plays our address."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:[0-9]{1,5})?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_ANYWHERE = frozenset({"0.0.0.0", "[::]"})  # noqa: S104 - compared with, not bound


class Hosts:
    """The names of `public_url`, of `listen`, and of this machine.

    A name that an attacker's DNS points here is none of them (DNS rebinding). A server that listens
    on every interface is also reached by its numeric addresses, which no DNS can claim.
    """

    def __init__(self, listen: str, public_url: str) -> None:
        host = listen.rpartition(":")[0].lower()
        public = _name(urlsplit(public_url).netloc.lower()) if public_url else ""
        self._names = {*_LOOPBACK, host, public} - {""}
        self._numbers_allowed = host in _ANYWHERE

    def known(self, host: str) -> bool:
        """Whether a Host header names this server; its port is the client's affair.

        Raises ValueError for text that is no host at all.
        """
        name = _name(host.lower()).removesuffix(".")
        return name in self._names or (self._numbers_allowed and _is_number(name))

    def same_origin(self, origin: str) -> bool:
        """Whether an Origin header is a page of this server; `null` is nobody's."""
        scheme, found, host = origin.partition("://")
        if not found or scheme not in ("http", "https"):
            return False
        try:
            return self.known(host)
        except ValueError:
            return False


def _name(host: str) -> str:
    """Without its port. Raises ValueError."""
    match = _HOST.fullmatch(host)
    if not match:
        raise ValueError("not a host")
    return match["name"]


def _is_number(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
