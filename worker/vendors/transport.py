"""Sockets under one deadline: from the look-up of a name to the last byte of an answer.

httpx knows time-outs per read only, so that a server which sends a byte now and then holds a
thread for ever. Here every connect, read and write gets what is left of the call's deadline.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import typing
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import httpcore
import httpx

_call = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Bound everything that the current thread does on a socket by `seconds` from now."""
    _call.until = time.monotonic() + seconds
    try:
        yield
    finally:
        del _call.until


def remaining(asked: float | None) -> float | None:
    """The shorter of `asked` and what the deadline leaves; raises ReadTimeout when it is over."""
    until = getattr(_call, "until", None)
    if until is None:
        return asked
    left: float = until - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline of the call is over")
    return left if asked is None else min(asked, left)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, remaining(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, remaining(timeout)))

    def get_extra_info(self, info: str) -> typing.Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        trouble: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in _addresses(host, port, remaining(timeout)):
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


def _addresses(host: str, port: int, timeout: float | None) -> list[str]:
    """Look a name up in a thread of its own: the resolver knows no time-out and may hang."""
    found: list[str] = []
    failed: list[OSError] = []

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(row[4][0]) for row in rows))
        except OSError as error:
            failed.append(error)

    thread = threading.Thread(target=look_up, daemon=True, name="look-up")
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise httpcore.ConnectTimeout("looking up the name took too long")
    if failed:
        raise httpcore.ConnectError("the name cannot be looked up") from failed[0]
    return found


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: typing.Iterable[bytes], close: typing.Callable[[], None]) -> None:
        self._stream = stream
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._close()


class DeadlineTransport(httpx.BaseTransport):
    """httpx over httpcore's pool, with the deadline of `deadline()` on every socket call."""

    def __init__(self, context: ssl.SSLContext, proxy: str | None = None) -> None:
        backend = _Backend()
        self._pool: httpcore.ConnectionPool
        if proxy:
            self._pool = httpcore.HTTPProxy(
                proxy, ssl_context=context, network_backend=backend, max_connections=8
            )
        else:
            self._pool = httpcore.ConnectionPool(
                ssl_context=context, network_backend=backend, max_connections=8, keepalive_expiry=30
            )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; errors come as httpcore's."""
        answer = self._pool.handle_request(
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
        stream = typing.cast("typing.Iterable[bytes]", answer.stream)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Body(stream, answer.close)
        )

    def close(self) -> None:
        """Drop all connections."""
        self._pool.close()


def environment_proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for this scheme and host, if any."""
    if urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(scheme)
