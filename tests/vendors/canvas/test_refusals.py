"""What Canvas refuses, and in which of its many words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.vendors.canvas.campus import (
    GROUPS,
    Campus,
    group,
    linked,
    listing,
    reply,
    slot,
)
from worker.vendors import http
from worker.vendors.answers import Reply
from worker.vendors.base import NeedsPerson, Nonsense, Rejected, TryLater
from worker.vendors.canvas.refusals import explainer


def ids(campus: Campus) -> list[str]:
    return [s.event.key.native_id for s in campus.read().sightings]


def paged(*pages: Any) -> Campus:
    return Campus({GROUPS: list(pages)})


def test_a_list_that_is_not_there_is_nonsense_and_not_empty():
    with pytest.raises(Nonsense, match="base_url"):
        Campus({}).read()


@pytest.mark.parametrize(
    "body", [b"<html>login</html>", b"", b"{", b'{"errors":[]}', b"null", b"[" * 100_000]
)
def test_an_answer_that_is_no_list_is_nonsense(body: bytes):
    with pytest.raises(Nonsense):
        Campus({GROUPS: reply(body)}).read()


CHALLENGE = {"WWW-Authenticate": 'Bearer realm="canvas-lms"'}
BAD_TOKEN = {"errors": [{"message": "Invalid access token."}]}
UNAUTHORISED = {
    "status": "unauthorized",
    "errors": [{"message": "user not authorized to perform that action"}],
}


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (reply(BAD_TOKEN, 401, CHALLENGE), "not accepted"),
        (reply(BAD_TOKEN, 401), "not accepted"),
        (reply({}, 401), "not accepted"),
        (reply(UNAUTHORISED, 401), "may not manage"),
        (reply(UNAUTHORISED, 403), "may not manage"),
        (reply({"message": "no"}, 403), "may not manage"),
        (reply({"errors": [{"message": "Insufficient scopes on access token."}]}, 401), "scopes"),
        (reply({"errors": [{"message": "Insufficient scopes on access token."}]}, 403), "scopes"),
    ],
)
def test_a_refusal_says_what_a_person_must_do(answer: Any, word: str):
    with pytest.raises(NeedsPerson, match=word) as caught:
        Campus({GROUPS: answer}).read()
    assert "t0ken" not in str(caught.value)


def test_a_token_that_expires_in_mid_walk_needs_a_person():
    with pytest.raises(NeedsPerson, match="not accepted"):
        listing(
            group(543, slot(2), appointments_count=2),
            **{"appointment_groups/543": reply(BAD_TOKEN, 401, CHALLENGE)},
        ).read()


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"403 Forbidden (Rate Limit Exceeded)\n", 403),
        reply(b"403 forbidden (rate limit exceeded)", 403),
        reply(b"429 Too Many Requests (Rate Limit Exceeded)\n", 429),
        reply(b"", 429),
        reply(b"403 Forbidden (Rate Limit Exceeded)", 403, {"X-Rate-Limit-Remaining": "18.49"}),
    ],
)
def test_a_throttled_call_is_tried_later_without_a_stated_wait(answer: Any):
    with pytest.raises(TryLater) as caught:
        Campus({GROUPS: answer}).read()
    assert caught.value.throttled
    assert caught.value.wait is None


def test_a_stated_wait_is_kept():
    with pytest.raises(TryLater) as caught:
        Campus({GROUPS: reply(b"", 429, {"Retry-After": "30"})}).read()
    assert caught.value.wait == 30


def test_a_throttled_single_read_stops_the_walk_and_is_no_gap():
    campus = listing(
        group(543, slot(2), appointments_count=2),
        **{"appointment_groups/543": reply(b"403 Forbidden (Rate Limit Exceeded)", 403)},
    )
    with pytest.raises(TryLater):
        campus.read()


def test_smaller_pages_are_asked_for_where_an_answer_is_too_large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http, "LARGEST_ANSWER", 1 << 20)
    large = reply(json.dumps([{"id": "x" * (1 << 20)}]).encode())
    campus = paged(large, large, linked([group(1, slot(1))]))
    assert ids(campus) == ["1"]
    assert [r.url.params["per_page"] for r in campus.asked] == ["100", "25", "5"]
    campus.read()
    assert campus.asked[-1].url.params["per_page"] == "5"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"errors": {"appointments": [{"attribute": "appointments", "message": "no"}]}}, True),
        ({"errors": [{"attribute": "appointments", "message": "Anna is away"}]}, True),
        ([{"attribute": "appointments", "type": "calendar_event", "message": "Anna"}], True),
        ({"errors": [{"message": "appointment_group is missing"}]}, False),
        ({"error": "cannot create an appointment group for a concluded course"}, False),
        ({"message": "Anna Schmidt"}, False),
        ({"errors": {"Anna Schmidt": ["is away"]}}, False),
        ({"errors": [None, 7, {"attribute": ["x"]}]}, False),
        (None, False),
        (7, False),
    ],
)
def test_a_refusal_names_what_it_objects_to_and_nobody(body: Any, code: bool):
    answer = Reply("PUT", "/x", 400, httpx.Headers(), json.dumps(body).encode())
    error = explainer()(answer)
    assert isinstance(error, Rejected)
    assert error.code == ("appointments" if code else "")
    assert "Anna" not in str(error)


@pytest.mark.parametrize("body", [b"", b"<p>", b"\xff", b"[" * 100_000])
def test_a_refusal_without_sense_is_still_one(body: bytes):
    error = explainer()(Reply("PUT", "/x", 400, httpx.Headers(), body))
    assert isinstance(error, Rejected)
