"""What Acuity's error codes are taken for."""

from __future__ import annotations

import httpx
import pytest

from worker.vendors.acuity.errors import MEANINGS, Meaning, Refused, explaining
from worker.vendors.answers import Reply
from worker.vendors.base import NeedsPerson, Rejected, TryLater

CREATE = [
    *("required_first_name", "required_last_name", "required_email", "invalid_email"),
    *("invalid_fields", "required_field", "required_appointment_type_id"),
    *("invalid_appointment_type", "invalid_calendar", "required_datetime", "invalid_timezone"),
    *("invalid_datetime", "no_available_calendar", "not_available_min_hours_in_advance"),
    *("not_available_max_days_in_advance", "not_available", "invalid_certificate"),
    *("expired_certificate", "certificate_uses", "invalid_certificate_type"),
]
GENERAL = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
}
CHANGE = [
    *("reschedule_not_allowed", "reschedule_too_close", "reschedule_series"),
    *("reschedule_canceled", "cancel_not_allowed", "cancel_too_close"),
]


def reply(status: int, body: bytes) -> Reply:
    return Reply("POST", "/api/v1/appointments", status, httpx.Headers(), body)


def explained(status: int, code: str) -> Exception | None:
    body = b'{"status_code":%d,"message":"Ida Example","error":"%s"}' % (status, code.encode())
    return explaining("the key", lambda: 0.0)(reply(status, body))


def test_every_documented_code_has_a_meaning():
    assert len(CREATE) == 20
    assert set(MEANINGS) == {*CREATE, *CHANGE, *GENERAL.values()}


@pytest.mark.parametrize("code", CREATE)
def test_a_refused_create_carries_the_vendors_code(code):
    error = explained(400, code)
    assert isinstance(error, Rejected)
    assert error.code == code
    assert "Ida" not in str(error)


def test_only_one_code_means_that_somebody_was_faster():
    assert [code for code, what in MEANINGS.items() if what is Meaning.SLOT_LOST] == [
        "not_available"
    ]


def test_too_soon_and_too_far_are_permanent_for_that_time():
    for code in ("not_available_min_hours_in_advance", "not_available_max_days_in_advance"):
        assert MEANINGS[code] is Meaning.PERMANENT


@pytest.mark.parametrize(("status", "code"), GENERAL.items())
def test_general_codes_are_told_apart(status, code):
    expected = {401: NeedsPerson, 403: Refused, 404: type(None), 429: TryLater}
    assert isinstance(explained(status, code), expected.get(status, Rejected))


def test_the_status_is_believed_before_the_code():
    assert isinstance(explained(401, "not_available"), NeedsPerson)


def test_a_code_speaks_where_the_status_says_little():
    assert isinstance(explained(400, "too_many_requests"), TryLater)
    assert isinstance(explained(400, "not_found"), Rejected)


def test_server_errors_are_left_to_the_general_rules():
    assert explained(500, "unauthorized") is None


@pytest.mark.parametrize("code", ["Ida Example", "x" * 61, "a\\nb", ""])
def test_what_does_not_look_like_a_code_is_not_repeated(code):
    error = explained(400, code)
    assert isinstance(error, Rejected)
    assert error.code == ""


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 5}', b"[" * 100_000, b"\xff"])
def test_an_answer_without_a_code_is_explained_too(body):
    error = explaining("the key", lambda: 0.0)(reply(400, body))
    assert isinstance(error, Rejected)
    assert error.code == ""
