"""The ledger keeps every request and no credential."""

from __future__ import annotations

import threading

import pytest

from worker.sandbox.exchange import Request, Response
from worker.sandbox.ledger import Ledger, without_credentials


def record(ledger: Ledger, request: Request, sent: Response | None = None) -> int:
    return ledger.record(
        time=1.0,
        vendor="canvas",
        request=request,
        sent=sent or Response(200),
        applied=request.method != "GET",
        delivered=True,
    )


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("access_token=hush&page=2", "access_token=removed&page=2"),
        ("page=2&api_key=hush", "page=2&api_key=removed"),
        ("appid=1&appsecret=hush", "appid=removed&appsecret=removed"),
        ("q[]=updated_at:%3E%3D2026", "q[]=updated_at:%3E%3D2026"),
        ("", ""),
    ],
)
def test_credentials_in_the_query_are_removed_and_the_rest_is_kept(query: str, kept: str) -> None:
    assert without_credentials(query) == kept


def test_a_body_is_kept_as_a_hash_and_headers_not_at_all() -> None:
    ledger = Ledger()
    record(ledger, Request("POST", "/x", "", {"authorization": "hush"}, b"hush"))
    entry = ledger.entries()[0]
    assert len(entry.body_hash) == 64
    assert "hush" not in repr(entry.document())


def test_an_entry_can_turn_out_not_to_have_been_delivered() -> None:
    ledger = Ledger()
    first = record(ledger, Request("GET", "/1"))
    record(ledger, Request("GET", "/2"))
    ledger.lost(first)
    assert [entry.delivered for entry in ledger.entries()] == [False, True]


def test_a_stated_wait_is_kept() -> None:
    ledger = Ledger()
    record(ledger, Request("GET", "/"), Response(429, b"", (("Retry-After", "30"),)))
    assert ledger.entries()[0].stated_wait == "retry-after: 30"


def test_only_writes_that_were_applied_count_as_writes() -> None:
    ledger = Ledger()
    record(ledger, Request("GET", "/1"))
    record(ledger, Request("POST", "/2"))
    assert [entry.path for entry in ledger.writes()] == ["/2"]


def test_a_cap_keeps_the_newest_and_numbers_go_on() -> None:
    ledger = Ledger(cap=2)
    for number in range(5):
        record(ledger, Request("GET", f"/{number}"))
    ledger.lost(1)
    ledger.lost(5)
    assert [(entry.number, entry.delivered) for entry in ledger.entries()] == [
        (4, True),
        (5, False),
    ]
    assert len(ledger) == 5
    assert [entry.number for entry in ledger.entries(since=4)] == [5]


def test_numbers_have_no_gap_when_many_threads_write() -> None:
    ledger = Ledger()
    threads = [
        threading.Thread(target=lambda: [record(ledger, Request("GET", "/")) for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [entry.number for entry in ledger.entries()] == list(range(1, 801))
