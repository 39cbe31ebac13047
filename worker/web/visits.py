"""When a reader was here before, so that a page can say what is new: two instants in a cookie."""

from __future__ import annotations

import re

from starlette.responses import Response

from worker.domain.span import DAY, MINUTE
from worker.web.call import Call

PAUSE = 30 * MINUTE  # seconds without a look; the next one is a new visit
KEPT = 400 * DAY  # browsers keep none for longer


class Visits:
    """Reads and writes the cookie: when the last visit ended, and the latest look of this one.

    It tells nothing of who it is, and works for whoever reads without a session.
    """

    def __init__(self, name: str, *, secure: bool) -> None:
        self._name = name
        self._secure = secure
        self._value = re.compile(rf"(?:^|;\s*){re.escape(name)}=(\d{{1,11}})\.(\d{{1,11}})(?=;|$)")

    def since(self, call: Call, now: int) -> int | None:
        """The instant up to which this reader has seen everything; None on the first visit."""
        found = self._value.search(call.headers.get("cookie", ""))
        if found is None:
            return None
        before, latest = int(found[1]), int(found[2])
        if latest > now:
            return None  # a clock was put back since
        return latest if now - latest > PAUSE else before or None

    def look(self, answer: Response, call: Call, now: int) -> None:
        """Remember that the reader looks now."""
        answer.set_cookie(
            self._name,
            f"{self.since(call, now) or 0}.{now}",
            max_age=KEPT,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
