"""Which addresses are allowed: of vendors, of this server, of the store, of a webhook."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

_URL = re.compile(
    r"(?P<scheme>[a-z]+)://"
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>/[^?#]*)?"
    r"(?P<query>\?[^#]*)?",
    re.ASCII | re.IGNORECASE,
)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9._~%!$&'()*+,;=:@-]+)*/?", re.ASCII)
_HOST_AND_PORT = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+):(?P<port>[0-9]{1,5})", re.ASCII | re.IGNORECASE
)
_LONGEST = 2000


class _Parts(NamedTuple):
    scheme: str
    host: str
    port: str
    path: str
    query: str


def base_url(text: str) -> str:
    """The origin and optional prefix before a vendor's API path, without a slash at its end.

    Raises ValueError for anything that could send a credential elsewhere than it seems to.
    """
    parts = _split(text)
    _plain_path(parts)
    if parts.scheme == "http" and not is_loopback(parts.host):
        raise ValueError("must begin with https://; http:// is for loopback addresses only")
    return _without_slash(parts)


def public_url(text: str) -> str:
    """The address under which people reach this server; empty where it is not told."""
    if not text:
        return ""
    parts = _split(text)
    _plain_path(parts)
    return _without_slash(parts)


def webhook_url(text: str) -> str:
    """Where news are posted to; empty for nowhere. It may carry a key in its path or query."""
    if not text:
        return ""
    parts = _split(text)
    if parts.scheme == "http" and not is_loopback(parts.host):
        raise ValueError("must begin with https://; http:// is for loopback addresses only")
    return text


def mail_host(text: str) -> str:
    """The name or address of a mail server, without a port; empty for none. Raises ValueError."""
    if text and (
        not text.isascii() or not re.fullmatch(r"\[[0-9a-f:.]+\]|[a-z0-9._-]+", text, re.IGNORECASE)
    ):
        raise ValueError("must name a host such as mail.example.org; its port is smtp_port")
    return _host(text.lower()) if text else ""


def listen(text: str) -> str:
    """`host:port` to listen on. Raises ValueError."""
    match = _HOST_AND_PORT.fullmatch(text)
    if not match or not 1 <= int(match["port"]) <= 65_535:
        raise ValueError('must be "host:port" with a port from 1 to 65535, such as 127.0.0.1:8080')
    _host(match["host"].lower())
    return text


def database(text: str) -> str:
    """A store: a SQLite file, or a PostgreSQL database by psycopg. Raises ValueError."""
    allowed = "must be sqlite:///path/to/file.db or postgresql+psycopg://user@host/name"
    if not text.isprintable() or len(text) > _LONGEST:
        raise ValueError(allowed)
    if text.startswith("sqlite:///"):
        path = text.removeprefix("sqlite:///")
        if not path or path.startswith(":memory:") or "?" in path or path.endswith("/"):
            raise ValueError(f"{allowed}; the SQLite store is one file on disk, without options")
        return text
    if text.startswith("postgresql+psycopg://") and len(text) > len("postgresql+psycopg://"):
        return text
    if text.startswith(("postgres://", "postgresql://")):
        raise ValueError(f"{allowed}; write postgresql+psycopg:// at its start")
    raise ValueError(allowed)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name; look-ups are not trusted for that."""
    if host == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _split(text: str) -> _Parts:
    if len(text) > _LONGEST:
        raise ValueError(f"must be an address of at most {_LONGEST} characters")
    if not text.isascii():
        raise ValueError("must be plain ASCII; write a name with other letters as xn--…")
    if "\\" in text or not text.isprintable() or " " in text:
        raise ValueError("must hold no backslashes, spaces or line breaks")
    if "@" in text.partition("://")[2].partition("/")[0].partition("?")[0]:
        raise ValueError("must hold no user name or password; credentials have keys of their own")
    if "#" in text:
        raise ValueError("must not hold a fragment (#)")
    match = _URL.fullmatch(text)
    if not match or match["scheme"].lower() not in ("http", "https"):
        raise ValueError("must be an address such as https://host.example.org")
    host = _host(match["host"].lower())
    port = match["port"] or ""
    if port and not 1 <= int(port) <= 65_535:
        raise ValueError("must have a port from 1 to 65535, or none")
    return _Parts(match["scheme"].lower(), host, port, match["path"] or "", match["query"] or "")


def _plain_path(parts: _Parts) -> None:
    if parts.query:
        raise ValueError("must not hold a query (?)")
    segments = parts.path.split("/")
    if not _PATH.fullmatch(parts.path) or "." in segments or ".." in segments:
        raise ValueError("must have a plain path, or none")


def _host(host: str) -> str:
    """The host, checked: a name of letters and digits, or an address written out in full."""
    if host.startswith("["):
        if isinstance(_address(host), IPv6Address):
            return host
        raise ValueError("must name a host that exists: the IPv6 address is not one")
    labels = host.split(".")
    # Resolvers read "127.1", "2130706433" and "0x7f.1" as addresses that they do not look like.
    if re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]) and _address(host) is None:
        raise ValueError("must write an IP address as four numbers")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must name a host such as host.example.org, without a dot at its end")
    return host


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _without_slash(parts: _Parts) -> str:
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.host}{port}{parts.path}".rstrip("/")
