"""Sockets under one deadline: from the look-up of a name to the last byte of an answer.

httpx knows time-outs per read only, so that a server which sends a byte now and then holds a
thread for ever. Here every connect, read and write gets what is left of the call's deadline.
"""

from __future__ import annotations

import ssl
import threading
import time
import typing
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from worker.vendors.addresses import fitting, looked_up

CONNECTIONS = 8
KEEP_ALIVE = 30.0  # seconds
_SLICE = 4096  # bytes: as much as a socket that takes anything takes at once


@dataclass(slots=True)
class Call:
    """What has become of the call in hand. `until` is of the monotonic clock."""

    until: float
    heard: bool = False  # something has arrived since the last byte was sent

    def left(self) -> float:
        """The seconds that are left; may be negative."""
        return self.until - time.monotonic()


class _Current(threading.local):
    call: Call | None = None


_current = _Current()


@contextmanager
def deadline(seconds: float) -> Iterator[Call]:
    """Bound everything that the current thread does on a socket by `seconds` from now.

    Inside another deadline, the earlier of the two counts.
    """
    outer = _current.call
    until = time.monotonic() + seconds
    _current.call = Call(min(until, outer.until) if outer else until)
    try:
        yield _current.call
    finally:
        _current.call = outer


def remaining(asked: float | None) -> float | None:
    """The shorter of `asked` and what the deadline leaves; raises ReadTimeout when it is over."""
    if _current.call is None:
        return asked
    left = _current.call.left()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline of the call is over")
    return left if asked is None else min(asked, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, remaining(timeout))
        if data and _current.call:
            _current.call.heard = True
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # The stream below starts its time-out anew whenever a part was sent: hence in slices.
        for start in range(0, len(buffer), _SLICE):
            self._inner.write(buffer[start : start + _SLICE], remaining(timeout))
        if _current.call:
            _current.call.heard = False

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            left = remaining(timeout)
        except httpcore.ReadTimeout:
            self.close()
            raise
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)


Choose = Callable[[str, list[str]], list[str]]


class _Backend(httpcore.NetworkBackend):
    """Connects to those of a host's addresses that `choose` lets through."""

    def __init__(self, choose: Choose) -> None:
        self._inner = httpcore.SyncBackend()
        self._choose = choose

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        trouble: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        # What was checked is what is connected to: the name is not looked up a second time.
        for address in self._choose(host, looked_up(host, port, remaining(timeout))):
            try:
                stream = self._inner.connect_tcp(
                    address, port, remaining(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
            else:
                return _Stream(stream)
        raise trouble or httpcore.ConnectError("the name has no address")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: typing.Iterable[bytes], close: typing.Callable[[], None]) -> None:
        self._stream = stream
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._close()


class DeadlineTransport(httpx.BaseTransport):
    """httpx over httpcore's pool, with the deadline of `deadline()` on every socket call.

    Connections are for one `scheme`: those of plain http are made to loopback addresses only. At
    most one idle connection is kept, so that what is repeated after it died goes to a new one.
    """

    def __init__(
        self, context: ssl.SSLContext, proxy: str | None = None, scheme: str = "https"
    ) -> None:
        self._scheme = scheme
        self._has_proxy = proxy is not None
        self._pool = _proxied(context, proxy) if proxy else _direct(context, scheme)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; errors come as httpcore's."""
        if request.url.scheme != self._scheme:
            raise httpcore.UnsupportedProtocol("these connections are for another scheme")
        answer = self._answer(request)
        if _current.call and not _current.call.heard:
            # It was there before the question: something left over from an earlier one.
            answer.close()
            raise httpcore.RemoteProtocolError("the answer does not belong to the request")
        stream = typing.cast("typing.Iterable[bytes]", answer.stream)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(stream, answer.close)
        )

    def _answer(self, request: httpx.Request) -> httpcore.Response:
        try:
            return self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(
                        scheme=request.url.raw_scheme,
                        host=request.url.raw_host,
                        port=request.url.port,
                        target=request.url.raw_path,
                    ),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProxyError):
            if self._has_proxy:
                # A tunnel whose TLS failed counts as in use for ever, and eight of them would
                # fill the pool: it starts empty again.
                self._pool.close()
            raise

    def close(self) -> None:
        """Drop all connections."""
        self._pool.close()


def _direct(context: ssl.SSLContext, scheme: str) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        ssl_context=context,
        network_backend=_Backend(lambda host, found: fitting(scheme, host, found)),
        max_connections=CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=KEEP_ALIVE,
    )


def _proxied(context: ssl.SSLContext, proxy: str) -> httpcore.ConnectionPool:
    parts = urlsplit(proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the proxy must be http://host:port or https://host:port")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    login = None
    if parts.username is not None:
        login = (unquote(parts.username).encode(), unquote(parts.password or "").encode())
    return httpcore.HTTPProxy(
        httpcore.URL(scheme=parts.scheme, host=parts.hostname, port=port, target="/"),
        proxy_auth=login,
        proxy_ssl_context=context if parts.scheme == "https" else None,
        ssl_context=context,
        # The operator's own proxy may be anywhere.
        network_backend=_Backend(lambda _host, found: found),
        max_connections=CONNECTIONS,
        max_keepalive_connections=1,
        keepalive_expiry=KEEP_ALIVE,
    )
