"""Tokens, the two ways to send them, and the company's header."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest

from tests.builders import StillClock
from tests.vendors.timify.samples import COMPANY, Read, Studio, answer, opened, record
from worker.domain.instants import iso
from worker.vendors.base import NeedsPerson, Nonsense, TryLater

LIST = "/v1/appointments"


def guarded(studio: Studio, *accepted: str) -> Studio:
    """The list answers these authorization headers only."""
    listed = studio.routes[LIST]
    studio.routes[LIST] = lambda request: (
        listed(request)
        if request.headers["authorization"] in accepted
        else answer({"status": 0, "error": {"message": "invalid token"}}, 401)
    )
    return studio


def sent_to_list(studio: Studio) -> list[str]:
    return [request.headers["authorization"] for request in studio.to("/appointments")]


def test_the_token_is_sent_bare_and_asked_for_in_a_body() -> None:
    studio = Studio(record())
    Read(opened(studio)).only()
    (asked,) = studio.to("/auth/token")
    assert json.loads(asked.content) == {"appid": "app", "appsecret": "s3cret"}
    assert sent_to_list(studio) == ["token-1"]


def test_no_credential_is_ever_in_an_address_nor_the_token_in_its_own_request() -> None:
    clock = StillClock()
    studio = Studio(record())
    vendor = opened(studio, clock)
    Read(vendor)
    clock.sleep(3600)
    Read(vendor)
    for request in studio.requests:
        assert not any(text in str(request.url) for text in ("s3cret", "token-", "refresh-"))
    for request in [*studio.to("/auth/token"), *studio.to("/auth/refreshtoken")]:
        assert "authorization" not in request.headers


def test_the_companys_header_goes_with_every_read() -> None:
    studio = Studio(record())
    Read(opened(studio))
    reads = [request for request in studio.requests if "/auth/" not in request.url.path]
    assert {request.headers["company-id"] for request in reads} == {COMPANY}


def test_the_configured_scheme_is_used() -> None:
    studio = Studio(record())
    Read(opened(studio, token_scheme="bearer"))
    assert sent_to_list(studio) == ["Bearer token-1"]


def test_the_other_scheme_is_tried_once_and_remembered() -> None:
    studio = guarded(Studio(record()), "Bearer token-1", "Bearer token-2")
    vendor = opened(studio)
    Read(vendor).only()
    assert sent_to_list(studio) == ["token-1", "token-2", "Bearer token-2"]
    Read(vendor).only()
    assert sent_to_list(studio)[3:] == ["Bearer token-2"]


def test_a_token_that_dies_in_mid_run_is_refreshed() -> None:
    studio = guarded(Studio(record()), "token-2")
    Read(opened(studio)).only()
    (asked,) = studio.to("/auth/refreshtoken")
    assert json.loads(asked.content) == {"refreshtoken": "refresh-1"}
    assert len(studio.to("/auth/token")) == 1


def test_a_refused_refresh_falls_back_to_a_new_token() -> None:
    studio = guarded(Studio(record()), "token-2")
    studio.routes["/v1/auth/refreshtoken"] = lambda _: answer({"status": 0}, 401)
    Read(opened(studio)).only()
    assert len(studio.to("/auth/token")) == 2


def test_a_token_is_renewed_before_its_end() -> None:
    clock = StillClock()
    studio = Studio(record())
    vendor = opened(studio, clock)
    Read(vendor)
    clock.sleep(3600 - 70)
    Read(vendor)
    assert studio.tokens == 1
    clock.sleep(20)
    Read(vendor)
    assert studio.tokens == 2
    assert len(studio.to("/auth/refreshtoken")) == 1


@pytest.mark.parametrize(
    ("expires", "renewed"),
    [
        (lambda now: 1800, True),
        (lambda now: "1800", True),
        (lambda now: now + 1800, True),
        (lambda now: (now + 1800) * 1000, True),
        (lambda now: iso(int(now + 1800)), True),
        (lambda now: None, False),
        (lambda now: 86_400, False),
        (lambda now: now - 5, False),
        (lambda now: "soon", False),
    ],
)
def test_expires_is_a_length_or_an_instant_or_absent(expires: Any, renewed: bool) -> None:
    clock = StillClock()
    studio = Studio(record())
    stated = expires(clock.now())
    studio.routes["/v1/auth/token"] = lambda _: answer({"accessToken": "t", "expires": stated})
    vendor = opened(studio, clock)
    Read(vendor).only()
    clock.sleep(1790)
    Read(vendor).only()
    assert len(studio.to("/auth/token")) == (2 if renewed else 1)


def test_a_token_below_data_is_read_as_well() -> None:
    studio = Studio(record())
    studio.routes["/v1/auth/token"] = lambda _: answer({"data": {"accessToken": "t"}, "status": 1})
    Read(opened(studio)).only()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_wrong_credentials_need_a_person(status: int) -> None:
    studio = Studio(record())
    studio.routes["/v1/auth/token"] = lambda _: answer({"status": 0}, status)
    with pytest.raises(NeedsPerson, match=f"/v1/auth/token answered {status}.*app_secret") as told:
        Read(opened(studio))
    assert "s3cret" not in str(told.value)


def test_a_token_door_that_is_down_is_tried_later() -> None:
    studio = Studio(record())
    studio.routes["/v1/auth/token"] = lambda _: answer({}, 503)
    with pytest.raises(TryLater):
        Read(opened(studio))


@pytest.mark.parametrize(
    "body", [{}, {"accessToken": ""}, {"accessToken": "a b"}, {"accessToken": "a\r\nX: y"}, b"<p>"]
)
def test_an_answer_without_a_usable_token_makes_no_sense(body: Any) -> None:
    studio = Studio(record())
    studio.routes["/v1/auth/token"] = lambda _: answer(body)
    with pytest.raises(Nonsense, match="/v1/auth/token"):
        Read(opened(studio))


def test_a_token_refused_for_ever_ends_in_a_person_after_few_calls() -> None:
    studio = guarded(Studio(record()))
    with pytest.raises(NeedsPerson, match="GET /v1/appointments answered 401"):
        Read(opened(studio))
    assert len(sent_to_list(studio)) == 3


def test_a_foreign_company_needs_a_person() -> None:
    studio = Studio(record())
    studio.routes[LIST] = lambda _: answer({"status": 0}, 403)
    with pytest.raises(NeedsPerson, match="company_id"):
        Read(opened(studio))


def test_success_without_status_one_is_a_failure_and_the_next_walk_takes_a_new_token() -> None:
    studio = Studio(record())
    vendor = opened(studio)
    listed = studio.routes[LIST]
    studio.routes[LIST] = lambda _: answer({"status": 0, "data": [], "error": {"message": "Eve"}})
    with pytest.raises(Nonsense, match="status is not 1") as told:
        Read(vendor)
    assert "Eve" not in str(told.value)
    studio.routes[LIST] = listed
    Read(vendor).only()
    assert sent_to_list(studio)[-1] == "token-2"


def test_two_threads_that_meet_a_dead_token_renew_it_once() -> None:
    studio = Studio(record())
    meeting = threading.Barrier(2, timeout=10)
    listed = studio.routes[LIST]

    def once_together(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "token-1":
            meeting.wait()
            return answer({"status": 0}, 401)
        return listed(request)

    studio.routes[LIST] = once_together
    vendor = opened(studio)
    vendor._learn_zone()
    walks = [threading.Thread(target=Read, args=(vendor,)) for _ in range(2)]
    for walk in walks:
        walk.start()
    for walk in walks:
        walk.join(10)
    assert studio.tokens == 2
