"""Every request is counted once, by a word of a fixed set, whatever a vendor answers."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import seams
from worker.vendors.answers import ANSWERS, spoken
from worker.vendors.base import TryLater, VendorError
from worker.vendors.http import Outlet


def outlet(handler, heard: list[str]) -> Outlet:
    return Outlet(
        seams(handler, heard=heard.append),
        base_url="https://vendor.example.org",
        root="/v1",
        authorise=lambda: {"Authorization": "Bearer c4n4ry"},
    )


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (200, "2xx"),
        (204, "2xx"),
        (302, "3xx"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (418, "4xx"),
        (429, "429"),
        (500, "5xx"),
        (599, "5xx"),
        (799, "other"),
    ],
)
def test_an_answer_is_counted_by_what_an_operator_acts_on(status: int, word: str) -> None:
    heard: list[str] = []
    one = outlet(lambda _request: httpx.Response(status, json={}), heard)
    try:
        one.get("/things")
    except VendorError:
        assert status >= 300
    assert heard == [word]


def test_a_request_without_an_answer_is_counted_as_such() -> None:
    heard: list[str] = []

    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(TryLater):
        outlet(broken, heard).get("/things")
    assert heard == ["none"]


def test_an_answer_whose_body_makes_no_sense_is_counted_by_its_status() -> None:
    heard: list[str] = []

    def odd(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Encoding": "br"}, content=b"x")

    with pytest.raises(VendorError):
        outlet(odd, heard).get("/things")
    assert heard == ["2xx"]


def test_what_is_not_sent_is_not_counted() -> None:
    heard: list[str] = []
    one = outlet(lambda _request: httpx.Response(200, json={}), heard)
    with pytest.raises(VendorError):
        one.follow("https://elsewhere.example.org/v1/things")
    assert heard == []


def test_no_status_makes_a_word_of_its_own() -> None:
    assert {spoken(status) for status in range(1000)} <= ANSWERS
