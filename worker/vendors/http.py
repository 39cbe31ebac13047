"""The one way out to a vendor: origin check, pacing, deadline, size limit, answers into errors."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import httpcore
import httpx

from worker import __version__
from worker.vendors.base import (
    NeedsPerson,
    Nonsense,
    Pacer,
    Rejected,
    Seams,
    TryLater,
    Vanished,
    VendorError,
)
from worker.vendors.transport import DeadlineTransport, deadline, environment_proxy

LARGEST_ANSWER = 16 * 1024 * 1024  # decoded bytes
LONGEST_WAIT = 7 * 86_400.0  # a stated wait beyond this is a broken clock, not a wish
USER_AGENT = f"calsync/{__version__}"

Params = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer: `body` is decoded, `headers` are matched without regard to case."""

    method: str
    path: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def where(self) -> str:
        """The call in words for operators: never the query, which may carry people's data."""
        return f"{self.method} {self.path}"


Explain = Callable[[Reply], VendorError | None]


def no_explanation(_reply: Reply) -> VendorError | None:
    """For vendors whose error answers mean what HTTP says they mean."""
    return None


class Outlet:
    """Sends an account's requests, to its configured origin and below its API path only.

    `authorise` returns the headers that carry the credentials; this class is the only place that
    attaches them. `explain` reads a vendor's own error codes before the general rules apply.
    """

    def __init__(
        self,
        seams: Seams,
        *,
        base_url: str,
        root: str,
        authorise: Callable[[], Mapping[str, str]],
        pacer: Pacer | None = None,
        explain: Explain = no_explanation,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._base = httpx.URL(base_url.rstrip("/"))
        self._root = self._base.path.rstrip("/") + root
        self._authorise = authorise
        self._pacer = pacer
        self._explain = explain
        self._seams = seams
        self._client = _client(seams, self._base, headers or {})

    def get(self, path: str, params: Params = ()) -> Reply:
        """GET `path`, below the API's root (`/appointments`)."""
        return self.send("GET", path, params=params)

    def follow(self, link: str) -> Reply:
        """GET a link that the vendor gave for the next page.

        Raises Nonsense where it leads to another origin or out of the API's path.
        """
        try:
            url = self._base.join(link)
        except (httpx.InvalidURL, ValueError):
            raise Nonsense("the link to the next page cannot be read") from None
        if not self._within(url):
            raise Nonsense("the link to the next page leads to another place and was not followed")
        return self._exchange("GET", url, None, None)

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        json: Any = None,
        form: Params | None = None,
    ) -> Reply:
        """Send a request below the API's root; raises VendorError unless the answer is 2xx."""
        url = self._base.copy_with(path=self._root + path)
        if params:
            url = url.copy_with(params=httpx.QueryParams(list(params)))
        return self._exchange(method, url, json, form)

    def close(self) -> None:
        """Drop the connections."""
        self._client.close()

    def _within(self, url: httpx.URL) -> bool:
        return (
            url.scheme == self._base.scheme
            and url.host == self._base.host
            and _port(url) == _port(self._base)
            and not url.userinfo
            and (url.path == self._root or url.path.startswith(self._root + "/"))
            and "/../" not in url.path + "/"
        )

    def _exchange(self, method: str, url: httpx.URL, json: Any, form: Params | None) -> Reply:
        if not self._within(url):
            raise Nonsense("a request to another place than the configured one was not sent")
        reply = self._once(method, url, json, form)
        if 200 <= reply.status < 300:
            return reply
        raise self._explain(reply) or explained(reply, self._seams.clock.now())

    def _once(self, method: str, url: httpx.URL, json: Any, form: Params | None) -> Reply:
        where = f"{method} {url.path}"
        for attempt in (1, 2):
            if self._pacer:
                self._pacer.wait()
            request = self._client.build_request(
                method,
                url,
                json=json,
                data=_form(form),
                headers=dict(self._authorise()),
            )
            try:
                with deadline(self._seams.request_timeout):
                    return self._read(where, request)
            except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
                # A kept-alive connection may die just as it is used again. Reads may be repeated,
                # once and on a new connection; a write must never be.
                if method != "GET" or attempt == 2 or self._seams.transport:
                    raise TryLater(f"{where}: the connection broke off") from error
            except (httpcore.TimeoutException, httpx.TimeoutException) as error:
                raise TryLater(
                    f"{where}: no whole answer within {self._seams.request_timeout:g} s"
                ) from error
            except httpcore.ConnectError as error:
                raise TryLater(f"{where}: {_unreachable(error)}") from error
            except (
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.ProxyError,
                httpx.TransportError,
                OSError,
            ) as error:
                raise TryLater(f"{where}: the connection failed") from error
        raise AssertionError("both attempts end above")

    def _read(self, where: str, request: httpx.Request) -> Reply:
        response = self._client.send(request, stream=True)
        try:
            body = _decoded(where, response)
        finally:
            response.close()
        method, _, path = where.partition(" ")
        return Reply(method, path, response.status_code, response.headers, body)


def explained(reply: Reply, now: float) -> VendorError:
    """The general meaning of an answer that is not 2xx."""
    text = f"{reply.where} answered {reply.status}"
    wait = stated_wait(reply.headers, now)
    match reply.status:
        case 401:
            return NeedsPerson(f"{text}: the credentials are not accepted")
        case 403:
            return NeedsPerson(f"{text}: the credentials lack the right for this")
        case 404 | 410:
            return Vanished(text)
        case 429:
            return TryLater(f"{text}: too many requests", wait=wait, throttled=True)
        case code if 300 <= code < 400:
            return Nonsense(f"{text}: redirects are not followed; is base_url right?")
        case code if code >= 500 or code == 408:
            return TryLater(text, wait=wait)
        case _:
            return Rejected(text)


def stated_wait(headers: httpx.Headers, now: float) -> float | None:
    """The seconds that the vendor asks us to wait, if it says so in a way that makes sense.

    `X-RateLimit-Reset` is an instant and `Retry-After` may be one: both are taken relative to the
    answer's own `Date`, so that a vendor's wrong clock, or ours, does no harm.
    """
    here = _date(headers.get("date")) or now
    if (reset := _number(headers.get("x-ratelimit-reset"))) is not None and reset > 1e9:
        return _sensible(reset - here)
    asked = headers.get("retry-after")
    if (seconds := _number(asked)) is not None:
        return _sensible(seconds)
    until = _date(asked)
    return _sensible(until - here) if until is not None else None


def _sensible(seconds: float) -> float | None:
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text and len(text) < 20 else None
    except ValueError:
        return None
    return value if value is not None and abs(value) != float("inf") and value == value else None


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _decoded(where: str, response: httpx.Response) -> bytes:
    """The body, decompressed here so that a bomb is stopped before it unfolds."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    match encoding:
        case "" | "identity":
            return _joined(where, response.iter_raw())
        case "gzip" | "x-gzip":
            return _joined(where, _inflated(where, response.iter_raw(), zlib.MAX_WBITS | 16))
        case "deflate":
            return _joined(where, _inflated(where, response.iter_raw(), zlib.MAX_WBITS))
        case _:
            raise Nonsense(f"{where} answered in an encoding that was not asked for")


def _joined(where: str, chunks: Iterable[bytes]) -> bytes:
    parts: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise Nonsense(f"{where} answered with more than {LARGEST_ANSWER >> 20} MiB")
        parts.append(chunk)
    return b"".join(parts)


def _inflated(where: str, chunks: Iterable[bytes], window: int) -> Iterable[bytes]:
    inflate = zlib.decompressobj(window)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield inflate.decompress(rest, 1 << 16)
                rest = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error:
        raise Nonsense(f"{where} answered with broken compression") from None
    if not inflate.eof:
        raise TryLater(f"{where}: the answer was cut off")


def _form(form: Params | None) -> dict[str, list[str]] | None:
    if form is None:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    return fields


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _unreachable(error: Exception) -> str:
    if isinstance(error.__cause__ or error.__context__, ssl.SSLError):
        return "the encrypted connection was refused (certificate or protocol)"
    return "no connection"


@lru_cache(maxsize=1)
def _context() -> ssl.SSLContext:
    # Building one costs tens of milliseconds: all accounts share it.
    return httpx.create_ssl_context(trust_env=False)


def _client(seams: Seams, base: httpx.URL, headers: Mapping[str, str]) -> httpx.Client:
    proxy = environment_proxy(base.scheme, base.host) if seams.trust_env else None
    transport = seams.transport or DeadlineTransport(_context(), proxy)
    return httpx.Client(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(seams.request_timeout, connect=min(10.0, seams.request_timeout)),
        headers={
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            **headers,
        },
    )
