"""Credentials, the rate limit and the truth of the simulated Canvas."""

from __future__ import annotations

import math
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import pytest

from tests.sandbox.canvas_client import STUDENT, Campus, Clock
from worker.sandbox.canvas import Canvas, Quirks


def test_credentials_fail_each_in_their_own_words():
    campus = Campus()
    none = campus.call("GET", "appointment_groups", token="")
    assert (none.status, none.json["status"]) == (401, "unauthenticated")
    assert none.headers["WWW-Authenticate"] == 'Bearer realm="canvas-lms"'
    wrong = campus.call("GET", "appointment_groups", token="x")
    assert wrong.json == {"errors": [{"message": "Invalid access token."}]}
    campus.canvas.expire_token(STUDENT)
    old = campus.call("GET", "appointment_groups", token=STUDENT)
    assert old.json["errors"][0]["expired_at"] == "2026-09-21T14:13:20Z"


def test_a_token_without_the_scope_is_told_so():
    campus = Campus()
    scope = "url:GET|/api/v1/appointment_groups"
    campus.canvas.issue_token("narrow", campus.canvas.instructor, scopes=[scope])
    group = campus.group(1)
    assert campus.call("GET", "appointment_groups", token="narrow").status == 200
    refused = campus.call("GET", f"appointment_groups/{group}", token="narrow")
    assert refused.status == 401
    assert "Insufficient scopes" in refused.json["errors"][0]["message"]


@pytest.mark.parametrize("status", [403, 429])
def test_a_full_bucket_answers_in_plain_text_and_leaks(status: Any):
    campus = Campus(Quirks(throttle_status=status, request_cost=100))
    replies = [campus.call("GET", "appointment_groups") for _ in range(7)]
    assert [reply.status for reply in replies] == [200] * 6 + [status]
    refused = replies[-1]
    assert b"Rate Limit Exceeded" in refused.response.body
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert "X-Request-Cost" not in refused.headers
    assert "Retry-After" not in refused.headers
    assert replies[0].headers["X-Request-Cost"] == "100.0000"
    campus.clock.at += 10
    assert campus.call("GET", "appointment_groups").status == 200


def test_requests_in_flight_weigh_on_the_bucket_before_they_are_answered():
    campus = Campus()

    def ask(_: int) -> int:
        return campus.call("GET", "appointment_groups").status

    with ThreadPoolExecutor(12) as pool:
        campus.canvas.lock.acquire()
        asked = [pool.submit(ask, number) for number in range(12)]
        done, waiting = wait(asked, timeout=60, return_when=FIRST_COMPLETED)
        campus.canvas.lock.release()
        assert [future.result() for future in done] == [429]
        assert [future.result() for future in waiting] == [200] * 11


def test_the_limit_can_be_lifted():
    campus = Campus(Quirks(request_cost=1000, bucket_high_water=math.inf))
    assert {campus.call("GET", "appointment_groups").status for _ in range(20)} == {200}


def test_the_truth_speaks_of_every_slot_in_the_words_of_the_contract():
    campus = Campus()
    pending = campus.slots(campus.group(1, state="pending"))[0]
    gone, kept = campus.slots(campus.group(3, 4, location_name="Room 2"))
    campus.canvas.delete_slot(gone)
    row = campus.truth(kept)
    group = campus.canvas.events[kept].group_id
    assert row == {
        "native_id": str(kept),
        "occurrence": "",
        "kind": "slot",
        "status": "offered",
        "start": "2026-09-21T18:13:20Z",
        "end": "2026-09-21T19:13:20Z",
        "timezone": "",
        "title": "Office hours",
        "location": "Room 2",
        "capacity": None,
        "attendees": 0,
        "pad_before": 0,
        "pad_after": 0,
        "subjects": sorted([f"group:{group}", f"course:{campus.course}"]),
    }
    assert campus.truth(pending)["status"] == "held"
    assert campus.truth(gone)["status"] == "cancelled"


def test_the_same_seed_gives_the_same_ids():
    def ids(seed: int) -> list[int]:
        canvas = Canvas(Clock(), seed=seed)
        return [canvas.instructor, canvas.add_course("x"), canvas.add_group("y", [])]

    assert ids(3) == ids(3)
    assert ids(3) != ids(4)
