"""Where a name leads: look-ups that cannot hang a call, and which addresses may be called."""

from __future__ import annotations

import socket
import threading
import urllib.request
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

import httpcore

_THIS_NETWORK = IPv4Network("0.0.0.0/8")  # on many systems another way to write loopback


class WrongPlace(httpcore.ConnectError):
    """The name leads only to addresses that must not be called for it."""


def fitting(scheme: str, host: str, addresses: list[str]) -> list[str]:
    """Those of the addresses that may be called for `host`; raises WrongPlace if none is left.

    Plain http is for loopback only, and it is the address that decides, not the name. Names of
    other hosts must not lead to this machine, to link-local addresses (the metadata services of
    clouds) or to no host at all, whatever their name server says. An address that the operator
    wrote out is taken at its word.
    """
    fit = [address for address in addresses if _may_call(scheme, host, address)]
    if addresses and not fit:
        raise WrongPlace("the name leads to an address that must not be called")
    return fit


def _may_call(scheme: str, host: str, address: str) -> bool:
    found = _unwrapped(address)
    if scheme == "http" or host == "localhost" or host.endswith(".localhost"):
        return found.is_loopback
    if is_address(host):
        return True
    return not (
        found.is_loopback
        or found.is_link_local
        or found.is_unspecified
        or found.is_multicast
        or found.is_reserved
        or (isinstance(found, IPv4Address) and found in _THIS_NETWORK)
    )


def _unwrapped(address: str) -> IPv4Address | IPv6Address:
    found = ip_address(address)
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def is_address(host: str) -> bool:
    """Whether a host is an IP address written out, not a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class _LookUp:
    """One question to the resolver, asked in a thread of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._done = threading.Event()
        self._found: list[str] = []
        self._failure: Exception | None = None

    def ask(self) -> None:
        try:
            rows = socket.getaddrinfo(*self._place, type=socket.SOCK_STREAM)
            self._found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        except (OSError, UnicodeError) as error:  # a label that no name can have is no OSError
            self._failure = error
        finally:
            with _guard:
                _asked.pop(self._place, None)
            self._done.set()

    def answer(self, timeout: float | None) -> list[str]:
        if not self._done.wait(timeout):
            raise httpcore.ConnectTimeout("looking up the name took too long")
        if self._failure is not None:
            raise httpcore.ConnectError("the name cannot be looked up")
        return self._found


_asked: dict[tuple[str, int], _LookUp] = {}
_guard = threading.Lock()


def looked_up(host: str, port: int, timeout: float | None) -> list[str]:
    """The addresses of a host. Raises httpcore's ConnectTimeout and ConnectError.

    The resolver knows no time-out and may hang for minutes. Whoever asks the same again meanwhile
    waits for the question already asked, so that a dead name server costs one thread per host and
    not one per call.
    """
    if is_address(host):
        return [host]
    place = (host, port)
    with _guard:
        question = _asked.get(place)
        if question is None:
            question = _LookUp(host, port)
            try:
                threading.Thread(target=question.ask, daemon=True, name="look-up").start()
            except RuntimeError:
                raise httpcore.ConnectError("no thread is left to look up the name") from None
            _asked[place] = question
    return question.answer(timeout)


def environment_proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for this scheme and host, if any.

    Plain http is for this machine itself, and never goes through a proxy: credentials would.
    """
    if scheme == "http" or urllib.request.proxy_bypass(host):
        return None
    named = urllib.request.getproxies()
    proxy = named.get(scheme) or named.get("all")
    if not proxy:
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
