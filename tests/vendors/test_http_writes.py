"""A write is sent once, and whoever sent it knows whether it may have been carried out."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import seams
from worker.vendors.answers import Explain, Reply, no_explanation
from worker.vendors.base import Ambiguous, NeedsPerson, Rejected, TryLater, Vanished, VendorError
from worker.vendors.http import Outlet


def way(handler, explain: Explain = no_explanation) -> Outlet:
    return Outlet(
        seams(handler),
        base_url="https://vendor.example",
        root="/v1",
        authorise=dict,
        explain=explain,
    )


@pytest.mark.parametrize("status", [202, 206, 301, 304, 408, 425, 500, 502, 503, 504, 599])
def test_an_answer_that_is_no_clear_word_leaves_a_write_ambiguous(status):
    with pytest.raises(Ambiguous, match="POST /v1/rows"):
        way(lambda _: httpx.Response(status, content=b"{}")).write("POST", "/rows", json={})


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (401, NeedsPerson), (403, NeedsPerson), (404, Vanished), (409, Rejected),
     (412, Rejected), (422, Rejected), (429, TryLater)],
)  # fmt: skip
def test_a_clear_refusal_says_that_nothing_was_done(status, error):
    with pytest.raises(error):
        way(lambda _: httpx.Response(status, content=b"{}")).write("PATCH", "/rows/1", json={})


def test_a_lost_answer_is_ambiguous_and_the_write_is_sent_once():
    sent = []

    def lost(request: httpx.Request) -> httpx.Response:
        sent.append(request.method)
        raise httpx.ReadError("reset", request=request)

    with pytest.raises(Ambiguous):
        way(lost).write("POST", "/rows", json={})
    assert sent == ["POST"]


def test_a_connection_that_was_never_made_carried_nothing_out():
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(TryLater) as caught:
        way(refused).write("DELETE", "/rows/1")
    assert caught.value.untouched


def test_a_vendors_own_word_for_too_many_calls_means_that_nothing_was_done():
    def explain(reply: Reply) -> VendorError | None:
        return TryLater("slow down", throttled=True) if reply.status == 403 else None

    with pytest.raises(TryLater, match="slow down"):
        way(lambda _: httpx.Response(403), explain).write("POST", "/rows", json={})


def test_a_stated_wait_survives_an_ambiguous_answer():
    answer = httpx.Response(503, headers={"Retry-After": "40"})
    with pytest.raises(Ambiguous) as caught:
        way(lambda _: answer).write("POST", "/rows", json={})
    assert caught.value.wait == 40
