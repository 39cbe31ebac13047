"""How an account at Acuity Scheduling is configured."""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from worker.vendors.base import AccountSettings, Secret

ORIGIN = "https://acuityscheduling.com"
API_ROOT = "/api/v1"


def _user_id(value: object) -> object:
    # In TOML the number is as likely to be written without quotes.
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 20):
        raise ValueError("must be the User ID: digits only, as Acuity shows it beside the API key")
    return text


class AcuitySettings(AccountSettings):
    """The user's number with an API key, or an OAuth2 access token: one of the two ways."""

    vendor: Literal["acuity"]
    base_url: str = ORIGIN
    user_id: Annotated[str, BeforeValidator(_user_id)] | None = None
    api_key: Secret | None = None
    access_token: Secret | None = None

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if self.access_token is not None:
            if self.user_id is not None or self.api_key is not None:
                raise ValueError("give either user_id with api_key, or access_token, not both")
        elif self.user_id is None or self.api_key is None:
            raise ValueError("needs user_id with api_key, or access_token alone")
        return self


def scope(settings: AcuitySettings) -> tuple[str, ...]:
    """Origin and login. A token is told apart from another by its hash only."""
    if settings.access_token is None:
        return (settings.base_url.rstrip("/"), f"user:{settings.user_id}")
    secret = settings.access_token.get_secret_value().encode()
    return (settings.base_url.rstrip("/"), f"token:{blake2b(secret, digest_size=8).hexdigest()}")


def calendar_id(value: str) -> None:
    """Raises ValueError for what cannot be the id of a calendar."""
    if not (value.isascii() and value.isdigit() and len(value) <= 20):
        raise ValueError("a calendar's id at Acuity is a number, such as calendar:42")
