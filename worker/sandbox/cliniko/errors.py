"""How Cliniko says no."""

from __future__ import annotations

from collections.abc import Mapping

from worker.sandbox.exchange import Response

BLANK = "can’t be blank"


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def denied() -> Refused:
    """No key, a wrong one, or the right one at the wrong shard."""
    headers = (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("WWW-Authenticate", 'Basic realm="Application"'),
    )
    return Refused(Response(401, b"HTTP Basic: Access denied.\n", headers))


def said(message: str, status: int) -> Refused:
    """A refusal under the key `message`."""
    return Refused(Response.of({"message": message}, status))


def bad_request(message: str) -> Refused:
    """A filter, an order or a body that cannot be read."""
    return said(message, 400)


def not_found() -> Refused:
    """No such row, or one that is archived and was not asked for as such."""
    return said("Resource not found", 404)


def unprocessable(errors: Mapping[str, str]) -> Refused:
    """A row that does not validate: one text per field, not an array."""
    return Refused(Response.of({"message": "Validation Failed", "errors": dict(errors)}, 422))
