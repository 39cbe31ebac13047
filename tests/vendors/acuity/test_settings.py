"""How an account is configured, and what tells two of them apart."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from tests.builders import WEEK
from tests.vendors.acuity.studio import Studio, account, settings
from tests.vendors.acuity.studio import walk as read
from worker.vendors.acuity import ENTRY
from worker.vendors.acuity.settings import ORIGIN


def test_the_contracts_example_is_accepted():
    given = ENTRY.settings(vendor="acuity", user_id="12345", api_key=SecretStr("k3y"))
    assert given.base_url == ORIGIN == "https://acuityscheduling.com"


def test_a_user_id_may_be_written_as_a_number():
    assert settings(user_id=12345).user_id == "12345"


@pytest.mark.parametrize("user_id", ["", "amy", "12 34", "-1", True, 1.5, "１２"])
def test_a_user_id_is_digits(user_id):
    with pytest.raises(ValidationError, match="User ID"):
        settings(user_id=user_id)


@pytest.mark.parametrize(
    "changes",
    [
        {"api_key": None},
        {"user_id": None},
        {"user_id": None, "api_key": None},
        {"access_token": SecretStr("t0ken")},
        {"access_token": SecretStr("t0ken"), "api_key": None},
    ],
)
def test_there_is_one_way_in(changes):
    with pytest.raises(ValidationError, match="user_id with api_key"):
        settings(**changes)


def test_secrets_show_nowhere():
    assert "k3y" not in repr(settings())


def test_the_scope_is_origin_and_login_without_secrets():
    assert ENTRY.scope(settings()) == (ORIGIN, "user:12345")
    tokens = [
        ENTRY.scope(settings(user_id=None, api_key=None, access_token=SecretStr(token)))
        for token in ("t0ken", "t1ken")
    ]
    assert tokens[0] != tokens[1]
    assert "t0ken" not in str(tokens)


def test_another_key_of_the_same_user_is_the_same_scope():
    assert ENTRY.scope(settings()) == ENTRY.scope(settings(api_key=SecretStr("other")))


def test_only_calendars_can_be_bound():
    assert set(ENTRY.bindings) == {"calendar"}
    ENTRY.bindings["calendar"]("42")
    for wrong in ("", "amy", "42 ", "1.5", "٤٢"):
        with pytest.raises(ValueError, match="calendar:42"):
            ENTRY.bindings["calendar"](wrong)


def test_a_prefix_before_the_api_path_is_kept():
    studio = Studio()
    studio.answers = {}
    vendor = account(studio, base_url="http://127.0.0.1:9/acuity/")
    with pytest.raises(Exception, match="/acuity/api/v1/appointments answered 404"):
        read(vendor, WEEK)
