"""What may be configured for a Cliniko account, and how mistakes are told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from worker.vendors.cliniko import ENTRY
from worker.vendors.cliniko.settings import ClinikoSettings


def settings(**values: object) -> ClinikoSettings:
    given = {"vendor": "cliniko", "api_key": "abc", "contact": "ops@example.org"} | values
    return ClinikoSettings.model_validate(given)


@pytest.mark.parametrize(
    ("key", "shard"),
    [
        ("MS0xLWFiYw-au4", "au4"),
        ("with-hyphens-inside-uk2", "uk2"),
        ("abc-eu12", "eu12"),
        ("abc", "au1"),
        ("abc-", "au1"),
        ("abc-au123", "au1"),
        ("abc-AU2", "au1"),
        ("-ca1", "ca1"),
    ],
)
def test_the_shard_follows_the_last_hyphen_of_the_key(key: str, shard: str) -> None:
    assert settings(api_key=key).origin == f"https://api.{shard}.cliniko.com"


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
def test_a_configured_address_wins_with_or_without_the_version(tail: str) -> None:
    given = settings(api_key="a-uk1", base_url=f"http://127.0.0.1:9000/cliniko{tail}")
    assert given.origin == "http://127.0.0.1:9000/cliniko"


def test_a_missing_contact_is_told_with_its_reason() -> None:
    with pytest.raises(ValidationError, match="Cliniko demands an e-mail address"):
        ClinikoSettings.model_validate({"vendor": "cliniko", "api_key": "abc"})


@pytest.mark.parametrize(
    "contact", ["ops", "a@b@c", "a b@c", "a@b\r\nX: y", "Ops <a@b>", "a@b)", "ü@example.org", "@b"]
)
def test_a_contact_that_is_no_plain_address_is_refused(contact: str) -> None:
    with pytest.raises(ValidationError, match="one plain e-mail address"):
        settings(contact=contact)


def test_ids_are_numbers() -> None:
    for check in ENTRY.bindings.values():
        check("1412000000000000001")
        with pytest.raises(ValueError, match="number"):
            check("amy")
    with pytest.raises(ValidationError):
        settings(business_id="main")


def test_the_scope_tells_logins_apart_and_gives_none_away() -> None:
    one, other = ENTRY.scope(settings(api_key="one-au1")), ENTRY.scope(settings(api_key="two-au1"))
    assert one != other
    assert one == ENTRY.scope(settings(api_key="one-au1"))
    assert not any("one" in part for part in one)


def test_the_key_is_not_shown() -> None:
    assert "hunter2" not in repr(settings(api_key="hunter2"))
