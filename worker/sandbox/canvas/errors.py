"""The five shapes in which Canvas says no."""

from __future__ import annotations

from typing import Any

from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.exchange import Response

CHALLENGE = ("WWW-Authenticate", 'Bearer realm="canvas-lms"')


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def unauthenticated() -> Refused:
    """No credentials, or blank ones."""
    body = {
        "status": "unauthenticated",
        "errors": [{"message": "user authorization required"}],
    }
    return Refused(Response.of(body, 401, CHALLENGE))


def bad_token(message: str, **more: Any) -> Refused:
    """A token that is unknown, revoked or expired."""
    return Refused(Response.of({"errors": [{"message": message, **more}]}, 401, CHALLENGE))


def insufficient_scope(quirks: Quirks) -> Refused:
    """A token whose scopes do not cover the endpoint."""
    body = {"errors": [{"message": "Insufficient scopes on access token."}]}
    return Refused(Response.of(body, quirks.scope_status))


def forbidden(quirks: Quirks) -> Refused:
    """A known caller without the right; a deleted group answers like this, too."""
    body = {
        "status": "unauthorized",
        "errors": [{"message": "user not authorized to perform that action"}],
    }
    return Refused(Response.of(body, quirks.forbidden_status))


def not_found() -> Refused:
    """An id that never existed."""
    body = {"errors": [{"message": "The specified resource does not exist."}]}
    return Refused(Response.of(body, 404))


def missing(parameter: str) -> Refused:
    """The root key of the body is absent or empty."""
    return Refused(Response.of({"errors": [{"message": f"{parameter} is missing"}]}, 400))


def malformed() -> Refused:
    """A body that cannot be parsed."""
    return Refused(Response.of({"errors": [{"message": "Malformed request body"}]}, 400))


def invalid(attribute: str, message: str, kind: str) -> Refused:
    """A row that does not validate."""
    error = {"attribute": attribute, "type": kind, "message": message}
    return Refused(Response.of({"errors": {attribute: [error]}}, 400))


def bad_field(name: str, message: str) -> Refused:
    """A parameter that cannot be read."""
    return Refused(Response.of({"errors": {name: message}}, 400))


def said(message: str, status: int) -> Refused:
    """A refusal under the key `message`."""
    return Refused(Response.of({"message": message}, status))


def error(message: str, status: int) -> Refused:
    """A refusal under the key `error`."""
    return Refused(Response.of({"error": message}, status))


def unreservable(message: str, reservations: list[dict[str, Any]]) -> Refused:
    """A reservation that is refused: a bare array."""
    entry = {
        "attribute": "reservation",
        "type": "calendar_event",
        "message": message,
        "reservations": reservations,
    }
    return Refused(Response.of([entry], 400))


def broken() -> Refused:
    """Canvas itself fails."""
    return Refused(Response.of({"errors": [{"message": "An error occurred."}]}, 500))
