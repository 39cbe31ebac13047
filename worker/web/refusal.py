"""What is answered to a request that is not granted."""

from __future__ import annotations

from collections.abc import Mapping


class Refusal(Exception):
    """A request that is not granted; `message` is shown to whoever asked, so it holds no data."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})
