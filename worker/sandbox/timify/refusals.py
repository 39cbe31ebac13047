"""What TIMIFY says no with; the shape is a proposal, since no error body is public."""

from __future__ import annotations

from worker.sandbox.exchange import Response


class Refused(Exception):
    """A request that the vendor turns down; `status` is the HTTP status."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def answer(self, failure: str) -> Response:
        """`{status: 0, error: {code, message}}`, with an HTTP status unless that is hidden, too."""
        document = {"status": 0, "error": {"code": self.code, "message": self.message}}
        return Response.of(document, 200 if failure == "status_zero" else self.status)


def unknown(what: str) -> Refused:
    """A 404."""
    return Refused(f"{what} not found", 404, "NOT_FOUND")


def unauthorised(message: str = "invalid or expired token") -> Refused:
    """A 401."""
    return Refused(message, 401, "UNAUTHORIZED")
