"""What an operator may write, and what `calsync check` answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import worker.vendors.timify
from tests.vendors.timify.samples import AMY, COMPANY, Studio, answer, opened, record
from worker.vendors.base import NeedsPerson
from worker.vendors.registry import VENDORS
from worker.vendors.timify import ENTRY
from worker.vendors.timify.settings import ORIGIN, Settings

GIVEN = {"vendor": "timify", "app_id": "app", "app_secret": "s3cret", "company_id": COMPANY}


def test_the_vendors_own_address_is_the_default() -> None:
    settings = Settings(**GIVEN)
    assert settings.origin == ORIGIN == "https://api.timify.com"
    assert settings.token_scheme == "raw"


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": ""},
        {"company_id": "a b"},
        {"company_id": "a\nX: y"},
        {"app_secret": "a b"},
        {"timezone": "Berlin"},
        {"token_scheme": "basic"},
        {"colour": "red"},
    ],
)
def test_what_cannot_be_is_refused_without_quoting_secrets(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as told:
        Settings(**(GIVEN | wrong))
    assert "s3cret" not in str(told.value)


def test_the_secret_is_in_no_representation() -> None:
    settings = Settings(**GIVEN)
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in repr(ENTRY.scope(settings))


def test_the_scope_tells_origins_companies_and_apps_apart() -> None:
    changes = ({}, {"company_id": "other"}, {"app_id": "other"}, {"base_url": "http://127.0.0.1:1"})
    scopes = {ENTRY.scope(Settings(**(GIVEN | change))) for change in changes}
    assert len(scopes) == 4


def test_bindings_name_resources_by_their_id_or_external_id() -> None:
    assert set(ENTRY.bindings) == {"resource", "external"}
    ENTRY.bindings["external"]("Amy 1")
    for wrong in ("", " a", "a\n", "x" * 301):
        with pytest.raises(ValueError, match="id of a resource"):
            ENTRY.bindings["resource"](wrong)


def test_the_registry_knows_timify() -> None:
    assert VENDORS["timify"] is ENTRY


def test_check_names_the_app_and_what_it_may_read() -> None:
    access = opened(Studio(record(), shifts=[])).check()
    assert access.who == f"app app at company {COMPANY}"
    assert access.problems == ()
    text = " ".join(access.notes)
    assert "appointments can be read" in text
    assert "Europe/Berlin" in text
    assert "timeshifts can be read" in text


def test_check_lists_the_resources_that_may_be_bound() -> None:
    studio = Studio()
    company = {"id": COMPANY, "timezone": "Europe/Berlin", "resources": [{"id": AMY, "name": "A"}]}
    studio.routes["/v1/booker-services/companies"] = lambda _: answer(
        {"data": {"companies": [company]}, "status": 1}
    )
    assert any(AMY in note for note in opened(studio).check().notes)


def test_check_finds_a_zone_that_contradicts_the_companys() -> None:
    (problem,) = opened(Studio(), timezone="America/Nome").check().problems
    assert "Europe/Berlin" in problem


def test_check_finds_a_zone_that_cannot_be_learnt() -> None:
    studio = Studio()
    del studio.routes["/v1/companies"]
    (problem,) = opened(studio).check().problems
    assert "set `timezone`" in problem


def test_check_tells_of_timeshifts_that_may_not_be_read() -> None:
    studio = Studio()
    studio.routes["/v1/timeshifts"] = lambda _: answer({}, 403)
    (problem,) = opened(studio).check().problems
    assert "GET /v1/timeshifts answered 403" in problem


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_check_fails_where_appointments_may_not_be_read(status: int) -> None:
    studio = Studio()
    studio.routes["/v1/appointments"] = lambda _: answer({}, status)
    with pytest.raises(NeedsPerson):
        opened(studio).check()


def test_every_peculiarity_that_is_listed_has_a_test_of_its_name() -> None:
    lines = (worker.vendors.timify.__doc__ or "").split("\n\nWhat is peculiar", 1)[1].splitlines()
    listed = [
        name.strip()
        for line in lines
        if line.startswith("- ")
        for name in line.removeprefix("- ").split(";")
    ]
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    missing = [one for one in listed if f"def test_{one.replace(' ', '_')}(" not in tests]
    assert len(listed) > 25
    assert missing == []
