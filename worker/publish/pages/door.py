"""The pages in front of the report: logging in and out, and what is not granted."""

from __future__ import annotations

from http import HTTPStatus

from worker.publish.pages.template import Frame, render


def login(prefix: str, *, asked: str = "", trouble: str = "") -> str:
    """The login. `asked` is where a person wanted to go."""
    return render("login.html", Frame(prefix), "login", asked=asked, trouble=trouble)


def logout(frame: Frame) -> str:
    """The question whether to log out: leaving is a change, and needs a button."""
    return render("logout.html", frame, "logout")


def refusal(prefix: str, status: int, message: str) -> str:
    """Why something is not granted, in words; nothing of the report is on it."""
    return render(
        "refusal.html", Frame(prefix), "", status=status, phrase=_phrase(status), message=message
    )


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


_PHRASES = {
    400: "That cannot be asked",
    403: "Not allowed",
    404: "Nothing here",
    409: "Not as things are now",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Not ready",
}
