"""The example file is a promise: it holds every key, its defaults are true, and it works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.config.conftest import Desk
from worker.config import Config, load
from worker.config.fields import keys
from worker.config.models import (
    SECTIONS,
    CopyRule,
    HoldRule,
    ResourceSettings,
)
from worker.vendors.registry import VENDORS

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
# A # directly before TOML is an example; a # before a blank begins a sentence.
ALL_ON = re.sub(r'^#(?=[a-z"\[])', "", TEXT, flags=re.MULTILINE)


def keys_of(table: dict[str, object]) -> set[str]:
    return {key.removesuffix("_file") for key in table}


def test_it_loads_as_it_stands_and_polls_nothing() -> None:
    config = load(EXAMPLE, {})
    assert config.accounts == {}
    assert config.warnings == ()


def test_its_values_are_the_defaults() -> None:
    config = load(EXAMPLE, {})
    assert config.fingerprint == Config(path=EXAMPLE).fingerprint
    assert config.worker == Config(path=EXAMPLE).worker


@pytest.mark.parametrize("section", ["worker", "server", "brakes", "severity", "notify"])
def test_tools_can_read_every_key_of_a_section(section: str) -> None:
    written = keys_of(tomllib.loads(TEXT)[section])
    shown = keys_of(tomllib.loads(ALL_ON)[section])
    assert shown == set(keys(SECTIONS[section]))
    assert shown - written <= {"admin_token", "webhook_secret", "smtp_password"}


@pytest.mark.parametrize("vendor", sorted(VENDORS))
def test_it_shows_every_key_of_every_vendor(vendor: str) -> None:
    accounts = tomllib.loads(ALL_ON)["accounts"].values()
    shown = set().union(*(keys_of(table) for table in accounts if table["vendor"] == vendor))
    common = {"base_url", "timezone"}
    assert shown | common == set(keys(VENDORS[vendor].settings))


def test_it_shows_every_key_of_resources_and_rules() -> None:
    document = tomllib.loads(ALL_ON)
    shown = set().union(*(set(table) for table in document["resources"].values()))
    assert shown == set(keys(ResourceSettings))
    assert document["travel"]
    assert set(document["holds"][0]) == set(keys(HoldRule))
    assert set(document["copies"][0]) == set(keys(CopyRule))


def test_with_every_example_switched_on_it_loads(desk: Desk) -> None:
    (desk.folder / "secrets").mkdir()
    for name in re.findall(r'"(secrets/[^"]+)"', ALL_ON):
        desk.secret(name, f"a-secret-of-{Path(name).name}\n")
    config = desk.load(ALL_ON)
    assert config.warnings == ()
    assert sorted(config.accounts) == [
        "campus",
        "clinic",
        "coaching",
        "frontdesk",
        "studio",
        "yoga",
    ]
    assert {account.vendor for account in config.accounts.values()} == set(VENDORS)
    assert [resource.id for resource in config.resources] == [
        "amy",
        "hall",
        "online",
        "room_1",
        "suite",
    ]
    assert config.travel == {("hall", "suite"): 300}
    assert config.bindings.resources_of("frontdesk", ("calendar:amy@example.org",)) == ("amy",)
    assert config.holds[0].sources == tuple(sorted(config.accounts))
    assert config.copies[0].create == {"context_codes": ["course_123"], "publish": False}
