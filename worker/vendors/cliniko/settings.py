"""What an operator configures for a Cliniko account."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from worker.vendors.base import AccountSettings, Secret

DEFAULT_SHARD = "au1"
_SHARD = re.compile(r"[a-z]{2}\d{1,2}")
_CONTACT = re.compile(r"[^\s@()<>,;:\\\"]+@[^\s@()<>,;:\\\"]+")
_ID = re.compile(r"[0-9]{1,20}")


def _contact(text: str) -> str:
    if not text:
        raise ValueError(
            "is missing: Cliniko demands an e-mail address in the User-Agent of every program, "
            'and blocks programs without one; for example contact = "ops@example.org"'
        )
    if not (text.isascii() and text.isprintable() and _CONTACT.fullmatch(text)):
        raise ValueError('must be one plain e-mail address, such as "ops@example.org"')
    return text


def numeric(text: str) -> None:
    """Raise ValueError for what cannot be an id: Cliniko numbers everything."""
    if not _ID.fullmatch(text):
        raise ValueError("must be the number that Cliniko gave it")


def _numeric(text: str | None) -> str | None:
    if text is not None:
        numeric(text)
    return text


class ClinikoSettings(AccountSettings):
    """`api_key` and `contact` are demanded by Cliniko; `business_id` says where holds will go.

    `match_patients` reads patients' e-mail addresses, so that they are known in other systems,
    too. Addresses are hashed before anything is stored; without them a patient is a number, which
    means nothing elsewhere.
    """

    vendor: Literal["cliniko"]
    api_key: Secret
    contact: Annotated[str, AfterValidator(_contact)] = Field(default="", validate_default=True)
    business_id: Annotated[str | None, AfterValidator(_numeric)] = None
    match_patients: bool = True

    @property
    def origin(self) -> str:
        """Where the account lives, before `/v1`: as configured, else by the key's shard."""
        if self.base_url:
            return self.base_url.rstrip("/").removesuffix("/v1")
        return f"https://api.{shard(self.api_key.get_secret_value())}.cliniko.com"

    @property
    def login(self) -> str:
        """A digest that tells one key from another and gives none away."""
        key = self.api_key.get_secret_value().encode()
        return blake2b(key, digest_size=16, person=b"calsync-cliniko").hexdigest()


def shard(key: str) -> str:
    """The shard that a key names after its last hyphen (the key itself may hold hyphens)."""
    _, hyphen, tail = key.rpartition("-")
    return tail if hyphen and _SHARD.fullmatch(tail) else DEFAULT_SHARD


def scope(settings: ClinikoSettings) -> tuple[str, ...]:
    """What identifies the tenant and login: the origin, and the key as a digest.

    Cliniko tells a tenant's name to nobody but its browser users, so the key stands for it.
    """
    parts = urlsplit(settings.origin)
    return ("cliniko", f"{parts.scheme}://{parts.netloc}{parts.path}".lower(), settings.login)
