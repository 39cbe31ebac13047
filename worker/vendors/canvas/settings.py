"""What an operator writes down for a Canvas account."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Literal

from pydantic import Field, field_validator

from worker.vendors.base import AccountSettings, Secret

# `shard~id` is the short form of an id from another shard.
_CODE = re.compile(r"(course|group|user|account|course_section)_\d+(~\d+)?")
_ID = re.compile(r"\d+(~\d+)?")
ASKABLE = re.compile(r"[\w~-]+", re.ASCII)  # an id that cannot lead to another path


class CanvasSettings(AccountSettings):
    """`context_codes` limits the account to some courses (`course_123`); empty means all."""

    vendor: Literal["canvas"]
    base_url: str
    token: Secret
    context_codes: list[str] = Field(default_factory=list)

    @field_validator("context_codes")
    @classmethod
    def _known_contexts(cls, codes: list[str]) -> list[str]:
        for code in codes:
            if not _CODE.fullmatch(code):
                raise ValueError("each must be a kind and a number, such as course_123")
        return codes

    @field_validator("base_url")
    @classmethod
    def _before_the_api(cls, url: str) -> str:
        if url.rstrip("/").endswith("/api/v1"):
            raise ValueError("must be the address of the site, without /api/v1")
        return url


def check_id(native_id: str) -> None:
    """Raises ValueError for what cannot be the number of a course or an appointment group."""
    if not _ID.fullmatch(native_id):
        raise ValueError("must be a number, as in the address of its page in Canvas")


def check_nothing(_asterisk: str) -> None:
    """`*` stands for every slot that the token manages."""


def scope(settings: CanvasSettings) -> tuple[str, ...]:
    """The site, and the login by a digest of its token: Canvas needs no other word for it."""
    token = settings.token.get_secret_value().encode()
    return (settings.base_url.rstrip("/").lower(), blake2b(token, digest_size=16).hexdigest())
