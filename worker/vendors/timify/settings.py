"""What an operator writes about a TIMIFY account."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from worker.domain.instants import is_zone
from worker.vendors.base import AccountSettings, Secret

ORIGIN = "https://api.timify.com"


class Settings(AccountSettings):
    """One company (branch) as seen by one installed app.

    `timezone` overrides the company's own. `token_scheme` says how the token is sent at first:
    alone, as working clients do, or as `Bearer`, as the documents say; the other way is tried
    where the first is refused.
    """

    vendor: Literal["timify"]
    app_id: str
    app_secret: Secret
    company_id: str
    token_scheme: Literal["raw", "bearer"] = "raw"  # noqa: S105  # a way, not a token

    @property
    def origin(self) -> str:
        """Where the API lives."""
        return self.base_url or ORIGIN

    @field_validator("app_id", "company_id")
    @classmethod
    def _one_word(cls, text: str) -> str:
        # Both travel in headers or decide whose data is read: a stray blank must not get that far.
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("must be one word of plain characters, as TIMIFY shows it")
        return text

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None and not is_zone(name):
            raise ValueError("must be an IANA time zone such as Europe/Berlin")
        return name


def native_id(text: str) -> None:
    """Accept what can be the id of a resource, theirs or external; raises ValueError otherwise."""
    if not 0 < len(text) <= 300 or not text.isprintable() or text != text.strip():
        raise ValueError("must be the id of a resource, as TIMIFY shows it")


def scope(settings: Settings) -> tuple[str, ...]:
    """Origin, company and app: whose data is read, and as whom."""
    return (settings.origin, settings.company_id, settings.app_id)
