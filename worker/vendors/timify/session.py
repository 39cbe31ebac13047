"""How TIMIFY lets us in: short-lived tokens, two ways to send them, and the company's header."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from worker.domain.instants import instant
from worker.vendors.answers import Reply
from worker.vendors.base import (
    Ambiguous,
    Clock,
    EventError,
    NeedsPerson,
    Nonsense,
    Rejected,
    Seams,
    TryLater,
    VendorError,
)
from worker.vendors.http import Outlet, Params
from worker.vendors.rows import document
from worker.vendors.timify.settings import Settings
from worker.vendors.timify.wire import Envelope, TokenAnswer, TokenEnvelope

ROOT = "/v1"
EARLY = 60.0  # seconds before a token's end at which it is renewed
LONGEST_LIFE = 10 * 365 * 86_400.0  # a larger `expires` is an instant, not a length
CALLS_PER_SECOND = 5  # no limit is published: stay polite


class Unauthorised(NeedsPerson):
    """401: the token is not, or no longer, accepted."""


class Unsuccessful(Nonsense):
    """A 2xx answer whose status is not 1: refused, and nobody tells why."""


class Tokens:
    """Keeps one access token alive; safe to share between threads.

    Renewals are single flight: two at once may kill each other's token.
    """

    def __init__(self, outlet: Outlet, clock: Clock, settings: Settings) -> None:
        self._outlet = outlet
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._access = ""
        self._refresh = ""
        self._until: float | None = None  # monotonic seconds; None where the vendor tells no end

    def current(self) -> str:
        """A token that should be good now. Raises VendorError where none can be had."""
        with self._lock:
            due = self._until is not None and self._clock.monotonic() >= self._until
            if due or not self._access:
                self._renew()
            return self._access

    def replace(self, refused: str) -> None:
        """Get another token than the `refused` one, unless another thread has done so."""
        with self._lock:
            if self._access in ("", refused):
                self._renew()

    def drop(self) -> None:
        """Start with a new token next time."""
        with self._lock:
            self._access = self._refresh = ""

    def _renew(self) -> None:
        if self._refresh:
            try:
                self._keep("/refreshtoken", {"refreshtoken": self._refresh})
            except (NeedsPerson, EventError, Nonsense):
                # Used up, expired or revoked: the app's own credentials decide.
                self._refresh = ""
            else:
                return
        secret = self._settings.app_secret.get_secret_value()
        self._keep("/token", {"appid": self._settings.app_id, "appsecret": secret})

    def _keep(self, path: str, body: Mapping[str, str]) -> None:
        try:
            reply = self._outlet.send("POST", path, json=body)
        except EventError as error:
            raise NeedsPerson(f"{error}: {_CREDENTIALS}") from None
        answer = _token(reply)
        self._access = answer.access_token or ""
        self._refresh = answer.refresh_token or self._refresh
        self._until = self._end(answer.expires)

    def _end(self, expires: float | str | None) -> float | None:
        life = _life(expires, self._clock.now())
        if life is None:
            return None
        return self._clock.monotonic() + life - min(EARLY, life / 10)


class Session:
    """Speaks with one company; a refused token is replaced, and the other way of sending tried.

    Clients in use send the bare token to the back office's routes and `Bearer` to the booking
    widget's: what works is remembered for each family of routes.
    """

    def __init__(self, seams: Seams, settings: Settings) -> None:
        pacer = seams.pacers.named(f"timify:{settings.app_id}", (CALLS_PER_SECOND, 1.0))
        self._doors = Outlet(
            seams,
            base_url=settings.origin,
            root=f"{ROOT}/auth",
            authorise=dict,
            pacer=pacer,
            explain=_explained_token,
        )
        self._tokens = Tokens(self._doors, seams.clock, settings)
        self._outlets = {
            scheme: Outlet(
                seams,
                base_url=settings.origin,
                root=ROOT,
                authorise=partial(self._authorisation, prefix),
                pacer=pacer,
                explain=_explained,
                headers={"company-id": settings.company_id},
            )
            for scheme, prefix in (("raw", ""), ("bearer", "Bearer "))
        }
        self._default = settings.token_scheme
        self._schemes: dict[str, str] = {"booker-services": "bearer"}

    def get(self, path: str, params: Params = ()) -> Reply:
        """GET below the API's root. Raises VendorError, also where `status` is not 1."""
        token = self._tokens.current()
        scheme = self._scheme(path)
        try:
            return self._accepted(self._outlets[scheme].get(path, params))
        except Unauthorised:
            self._tokens.replace(token)
        try:
            return self._accepted(self._outlets[scheme].get(path, params))
        except Unauthorised:
            other = "bearer" if scheme == "raw" else "raw"
        reply = self._accepted(self._outlets[other].get(path, params))
        self._schemes[_family(path)] = other
        return reply

    def ready(self) -> str:
        """A token that should be good now. Raises NeedsPerson and TryLater where none is."""
        try:
            return self._tokens.current()
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None

    def write(self, method: str, path: str, *, params: Params = (), json: Any = None) -> Reply:
        """Send a request that changes something, once; errors as in `Outlet.write`.

        Rejected also where the answer says `status: 0`, and Ambiguous where it says another but 1.
        A token that is refused is replaced, and the write is left to the next cycle: TryLater.
        """
        token = self.ready()
        try:
            reply = self._outlets[self._scheme(path)].write(method, path, params=params, json=json)
        except Unauthorised as error:
            trouble = f"{error}; nothing was carried out, and it is sent with another token later"
        else:
            return self._agreed(reply)
        self._tokens.replace(token)
        # Which way of sending is right is found out by a read, which may be repeated.
        with suppress(EventError, Nonsense):
            self.get(f"/{_family(path)}", _NOTHING)
        raise TryLater(trouble, untouched=True)

    def close(self) -> None:
        """Drop the connections."""
        for outlet in (self._doors, *self._outlets.values()):
            outlet.close()

    def _authorisation(self, prefix: str) -> dict[str, str]:
        return {"Authorization": prefix + self._tokens.current()}

    def _scheme(self, path: str) -> str:
        return self._schemes.get(_family(path), self._default)

    def _accepted(self, reply: Reply) -> Reply:
        if _status(reply) in (None, 1, "1", True):
            return reply
        # The status may hide an expired token: the next walk begins with a new one.
        self._tokens.drop()
        raise Unsuccessful(f"{reply.where} answered 2xx, but its status is not 1: it was refused")

    def _agreed(self, reply: Reply) -> Reply:
        where = reply.where
        if not reply.body.strip():
            return reply
        try:
            status = msgspec.json.decode(reply.body, type=Envelope).status
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise Ambiguous(f"{where} answered 2xx with something that makes no sense") from None
        match status:
            case None | 1 | "1":
                return reply
            case 0 | "0":
                # It may hide an expired token: the next call begins with a new one.
                self._tokens.drop()
                raise Rejected(f"{where} answered 2xx, but status 0: it was refused")
            case _:
                raise Ambiguous(f"{where} answered 2xx, but its status is neither 1 nor 0")


_NOTHING = (("ids", "0" * 24), ("page", "1"), ("limit", "1"))
_CREDENTIALS = "check app_id and app_secret; a rotated secret kills the old one at once"


def _explained_token(reply: Reply) -> VendorError | None:
    if reply.status in (400, 401, 403, 404, 422):
        return NeedsPerson(f"{reply.where} answered {reply.status}: {_CREDENTIALS}")
    return None


def _explained(reply: Reply) -> VendorError | None:
    text = f"{reply.where} answered {reply.status}"
    match reply.status:
        case 401:
            return Unauthorised(f"{text}: the app's token is not accepted; {_CREDENTIALS}")
        case 403:
            return NeedsPerson(
                f"{text}: check that company_id is right, that the app is installed there, and "
                "that its scopes allow this"
            )
        case 409:
            return Rejected(f"{text}: something else is in its way", "conflict")
        case _:
            return None


def _status(reply: Reply) -> object:
    try:
        return msgspec.json.decode(reply.body, type=Envelope).status
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None  # whoever reads the rows finds out what is wrong with it


def _token(reply: Reply) -> TokenAnswer:
    envelope = document(reply, TokenEnvelope)
    answer = envelope if envelope.access_token else envelope.data or envelope
    token = answer.access_token or ""
    if not (token and token.isascii() and token.isprintable()) or " " in token:
        raise Nonsense(f"{reply.where} answered without a usable token; {_CREDENTIALS}")
    return answer


def _life(expires: float | str | None, now: float) -> float | None:
    """The seconds that a token has left; None where that is not told in a way that makes sense."""
    match expires:
        case str():
            try:
                life = float(expires)
            except ValueError:
                return _until(expires, now)
        case None:
            return None
        case _:
            life = float(expires)
    if life > LONGEST_LIFE:
        life = (life / 1000 if life > 1e11 else life) - now
    return life if 0 < life <= LONGEST_LIFE else None


def _until(text: str, now: float) -> float | None:
    try:
        left = instant(text) - now
    except ValueError:
        return None
    return left if left > 0 else None


def _family(path: str) -> str:
    return path.split("/", 2)[1]
