"""The one way out to a vendor: origin check, pacing, deadline, size limit, answers into errors."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

import httpcore
import httpx

from worker import __version__
from worker.vendors.addresses import WrongPlace, environment_proxy
from worker.vendors.answers import (
    NO_ANSWER,
    Explain,
    Reply,
    explained,
    no_explanation,
    spoken,
)
from worker.vendors.base import (
    Ambiguous,
    NeedsPerson,
    Nonsense,
    Pacer,
    Seams,
    TryLater,
    VendorError,
)
from worker.vendors.bodies import whole
from worker.vendors.transport import DeadlineTransport, deadline

LARGEST_ANSWER = 16 * 1024 * 1024  # decoded bytes
LONGEST_CONNECT = 10.0  # seconds, so that a second address still gets its turn
LONGEST_SHOWN = 200  # characters of a path in a message
USER_AGENT = f"calsync/{__version__}"

Params = Sequence[tuple[str, str]]


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
        self._origin = (self._base.scheme, self._base.raw_host, _port(self._base))
        self._root = self._base.path.rstrip("/") + root
        self._authorise = authorise
        self._pacer = pacer
        self._explain = explain
        self._seams = seams
        self._headers = {
            "User-Agent": USER_AGENT,
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            **(headers or {}),
        }
        self._transport: httpx.BaseTransport = seams.transport or _sockets(seams, self._base)

    def get(self, path: str, params: Params = ()) -> Reply:
        """GET `path`, below the API's root (`/appointments`)."""
        return self.send("GET", path, params=params)

    def follow(self, link: str) -> Reply:
        """GET a link that the vendor gave for the next page.

        Raises Nonsense where it leads to another origin or out of the API's path.
        """
        try:
            url = self._base.join(link)
        except (httpx.InvalidURL, ValueError, TypeError):
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
        try:
            url = self._base.copy_with(path=self._root + path)
            if params:
                url = url.copy_with(params=httpx.QueryParams(list(params)))
        except (httpx.InvalidURL, ValueError):
            raise Nonsense("a request whose address cannot be written was not sent") from None
        return self._exchange(method, url, json, form)

    def write(self, method: str, path: str, *, params: Params = (), json: Any = None) -> Reply:
        """Send a request that changes something, once, with a JSON body.

        Raises Ambiguous where it may have been carried out though no good answer came: after a
        lost connection, a server's error, an answer that makes no sense, or "accepted" (202).
        Other errors say that surely nothing was.
        """
        try:
            reply = self.send(method, path, params=params, json=json)
        except TryLater as error:
            if error.untouched:
                raise
            raise Ambiguous(str(error), wait=error.wait) from None
        except Nonsense as error:
            raise Ambiguous(str(error)) from None
        if reply.status == 202:
            raise Ambiguous(f"{reply.where} was accepted, and may be carried out later")
        return reply

    def close(self) -> None:
        """Drop the connections; a transport that was passed in is its owner's to close."""
        if not self._seams.transport:
            self._transport.close()

    def _within(self, url: httpx.URL) -> bool:
        return (
            (url.scheme, url.raw_host, _port(url)) == self._origin
            and not url.userinfo
            and (url.path == self._root or url.path.startswith(self._root + "/"))
            and _is_straight(url.path)
        )

    def _exchange(self, method: str, url: httpx.URL, json: Any, form: Params | None) -> Reply:
        if not self._within(url):
            raise Nonsense("a request to another place than the configured one was not sent")
        reply = self._sent(method, url, json, form)
        if 200 <= reply.status < 300 and reply.status != 206:
            return reply
        raise self._explain(reply) or explained(reply, self._seams.clock.now())

    def _sent(self, method: str, url: httpx.URL, json: Any, form: Params | None) -> Reply:
        where = f"{method} {_shown(url)}"
        left = self._seams.request_timeout
        for _ in range(2):
            if self._pacer:
                self._pacer.wait()
            request = self._request(where, method, url, json, form)
            with deadline(left) as call:
                try:
                    return self._read(where, url, request)
                except _FAILURES as error:
                    trouble = self._trouble(where, error)
                    is_broken = isinstance(error, _BROKEN)
            # A kept-alive connection may die just as it is used again, and one reset must not cost
            # a walk of many pages. Reads may be repeated, once, on a new connection and within the
            # same time; a write must never be.
            left = call.left()
            if method != "GET" or self._seams.transport or not is_broken or left <= 0:
                break
        # Raised here and not where it was caught, so that the error it came from, which may quote
        # what was sent or received, is in no traceback.
        raise trouble

    def _request(
        self, where: str, method: str, url: httpx.URL, json: Any, form: Params | None
    ) -> httpx.Request:
        credentials = self._authorise()
        if not all(map(_is_sendable, (*self._headers.values(), *credentials.values()))):
            # Without this check, the library's own error would quote the header.
            raise NeedsPerson(f"{where}: a credential or contact cannot be sent in a header")
        # The host is told as configured: httpx would first read an international name, and there
        # are some that it cannot.
        headers = httpx.Headers({"Host": self._base.netloc.decode("ascii"), **self._headers})
        headers.update(credentials)
        timeout = self._seams.request_timeout
        return httpx.Request(
            method,
            url,
            headers=headers,
            json=json,
            data=_form(form),
            extensions={
                "timeout": {
                    "connect": min(LONGEST_CONNECT, timeout),
                    "read": timeout,
                    "write": timeout,
                    "pool": timeout,
                }
            },
        )

    def _read(self, where: str, url: httpx.URL, request: httpx.Request) -> Reply:
        # Not by way of httpx.Client: it would keep cookies, and log addresses with their query.
        try:
            response = self._transport.handle_request(request)
        except _FAILURES:
            self._seams.heard(NO_ANSWER)
            raise
        self._seams.heard(spoken(response.status_code))
        try:
            chunks = cast("Iterable[bytes]", response.stream)
            encoding = response.headers.get("content-encoding", "")
            body = whole(where, encoding, chunks, LARGEST_ANSWER)
        except (VendorError, *_FAILURES):
            if response.is_success:
                raise
            # What the status and the headers say (wait!) counts without the body, too.
            body = b""
        finally:
            response.close()
        return Reply(request.method, _shown(url), response.status_code, response.headers, body)

    def _trouble(self, where: str, error: Exception) -> VendorError:
        match error:
            case httpcore.TimeoutException() | httpx.TimeoutException():
                seconds = self._seams.request_timeout
                return TryLater(f"{where}: no whole answer within {seconds:g} s")
            case WrongPlace():
                return TryLater(f"{where}: {error}", untouched=True)
            case httpcore.ConnectError() | httpx.ConnectError():
                return TryLater(f"{where}: {_unreachable(error)}", untouched=True)
            case httpcore.ProxyError():
                return _refused_by_proxy(where, str(error))
            case httpcore.RemoteProtocolError() | httpcore.ReadError() | httpcore.WriteError():
                return TryLater(f"{where}: the connection broke off")
            case _:
                return TryLater(f"{where}: the connection failed")


_BROKEN = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)
_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpx.TransportError,
    OSError,
)


def _form(form: Params | None) -> dict[str, list[str]] | None:
    if form is None:
        return None
    fields: dict[str, list[str]] = {}
    for name, value in form:
        fields.setdefault(name, []).append(value)
    return fields


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx.URL) -> str:
    """The path as it is sent, for operators: on one line, and not without end."""
    path = url.raw_path.partition(b"?")[0].decode("ascii")
    return path if len(path) <= LONGEST_SHOWN else path[: LONGEST_SHOWN - 1] + "…"


def _is_straight(path: str) -> bool:
    """Whether no server, however often it decodes, can read the path as leading upwards."""
    for _ in range(4):
        segments = path.split("/")
        if "\\" in path or any(part.partition(";")[0] in (".", "..") for part in segments):
            return False
        decoded = unquote(path)
        if decoded == path:
            return path.isprintable()
        path = decoded
    return False


def _is_sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and value == value.strip()


def _unreachable(error: Exception) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not to be trusted ({cause.verify_message})"
    if isinstance(cause, ssl.SSLError):
        return "the encrypted connection was refused (certificate or protocol)"
    return "no connection"


def _refused_by_proxy(where: str, answer: str) -> VendorError:
    # The rest of the line is the proxy's own text.
    if answer.startswith("407"):
        return NeedsPerson(f"{where}: the proxy wants other credentials (407)")
    refused = f"{where}: the proxy refused the connection ({answer[:3]})"
    return TryLater(refused, untouched=True)


@lru_cache(maxsize=2)
def _context(trust_env: bool) -> ssl.SSLContext:
    # Building one costs tens of milliseconds: all accounts share it.
    return httpx.create_ssl_context(trust_env=trust_env)


def _sockets(seams: Seams, base: httpx.URL) -> httpx.BaseTransport:
    proxy = (
        environment_proxy(base.scheme, base.raw_host.decode("ascii")) if seams.trust_env else None
    )
    try:
        return DeadlineTransport(_context(seams.trust_env), proxy, base.scheme)
    except ValueError:
        return _NoWay()


class _NoWay(httpx.BaseTransport):
    """Stands in for connections that cannot be made, so that every call says why."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raise NeedsPerson(
            f"{request.method} {_shown(request.url)}: the proxy that the environment names must be "
            "http://host:port or https://host:port"
        )
