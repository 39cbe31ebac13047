"""What answers mean: which error, how long to wait, and nothing said that should not be."""

from __future__ import annotations

import math
import time
import traceback
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, StillClock, seams
from tests.vendors.raw_server import CREDENTIAL, Peer, RawServer, always, answer, outlet
from worker.vendors.answers import LONGEST_WAIT, Reply, stated_wait
from worker.vendors.base import NeedsPerson, Nonsense, Rejected, TryLater, Vanished, VendorError
from worker.vendors.http import Outlet

DAY = 86_400


def date(seconds: float) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (101, Nonsense), (206, Nonsense), (300, Nonsense), (301, Nonsense), (304, Nonsense),
        (399, Nonsense), (400, Rejected), (401, NeedsPerson), (402, NeedsPerson),
        (403, NeedsPerson), (404, Vanished), (405, Rejected), (408, TryLater), (409, Rejected),
        (410, Vanished), (412, Rejected), (415, Rejected), (422, Rejected), (425, TryLater),
        (429, TryLater), (451, Rejected), (500, TryLater), (501, TryLater), (502, TryLater),
        (503, TryLater), (504, TryLater), (529, TryLater), (599, TryLater), (999, TryLater),
    ],
)  # fmt: skip
def test_each_status_has_one_meaning(status, error):
    way = Outlet(seams(lambda _: httpx.Response(status, content=b"{}")),
                 base_url="https://vendor.example", root="/v1", authorise=dict)  # fmt: skip
    with pytest.raises(error, match=f"GET /v1/rows answered {status}") as caught:
        way.get("/rows")
    assert type(caught.value) is error


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204])
def test_successes_are_returned_as_they_are(status):
    way = Outlet(seams(lambda _: httpx.Response(status, content=b"x", headers={"A": "b"})),
                 base_url="https://vendor.example", root="/v1", authorise=dict)  # fmt: skip
    reply = way.get("/rows")
    assert (reply.method, reply.path, reply.status, reply.body) == ("GET", "/v1/rows", status, b"x")
    assert reply.headers["a"] == "b"


def test_a_vendors_own_reading_of_an_error_comes_first():
    def explain(reply: Reply) -> VendorError | None:
        return TryLater("asleep") if reply.body == b"asleep" else None

    bodies = iter((b"asleep", b"no"))
    way = Outlet(seams(lambda _: httpx.Response(403, content=next(bodies))), explain=explain,
                 base_url="https://vendor.example", root="/v1", authorise=dict)  # fmt: skip
    with pytest.raises(TryLater, match="asleep"):
        way.get("/rows")
    with pytest.raises(NeedsPerson):
        way.get("/rows")


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "30"}, 30),
        ({"Retry-After": " 30 "}, 30),
        ({"Retry-After": "0.7"}, 0.7),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "86400"}, DAY),
        ({"Retry-After": "99999999"}, LONGEST_WAIT),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "9" * 400}, None),
        ({"Retry-After": ""}, None),
        ({"Retry-After": date(NOW + 90)}, 90),
        ({"Retry-After": date(NOW - 90)}, None),
        ({"Retry-After": date(NOW + 90 * DAY)}, LONGEST_WAIT),
        ({"Retry-After": "Mon, 32 Foo 2026 99:99:99 GMT"}, None),
        # A vendor whose clock is an hour behind, and one that lives in another year.
        ({"Retry-After": date(NOW - 3600 + 90), "Date": date(NOW - 3600)}, 90),
        ({"Retry-After": date(NOW + 365 * DAY + 90), "Date": date(NOW + 365 * DAY)}, 90),
        ({"Retry-After": date(NOW + 90), "Date": "yesterday"}, 90),
        ({"X-RateLimit-Reset": str(NOW + 42)}, 42),
        ({"X-RateLimit-Reset": str(NOW + 42), "Date": date(NOW)}, 42),
        ({"X-RateLimit-Reset": str(NOW + 3600 + 42), "Date": date(NOW + 3600)}, 42),
        ({"X-RateLimit-Reset": str(NOW - 42)}, None),
        ({"X-RateLimit-Reset": "42"}, None),
        ({"X-RateLimit-Reset": "soon"}, None),
        ({"X-RateLimit-Reset": str((NOW + 42) * 1000)}, LONGEST_WAIT),
        ({"X-RateLimit-Reset": str(NOW + 20), "Retry-After": "60"}, 60),
        ({"X-RateLimit-Reset": str(NOW + 60), "Retry-After": "20"}, 60),
    ],
)
def test_a_stated_wait_is_told_in_seconds(headers, wait):
    said = stated_wait(httpx.Headers(headers), NOW)
    assert said == (None if wait is None else pytest.approx(wait))


def test_the_longest_of_several_stated_waits_is_kept():
    headers = httpx.Headers(
        [("Retry-After", "5"), ("Retry-After", date(NOW + 50)), ("Retry-After", "9")]
    )
    assert stated_wait(headers, NOW) == 50


@pytest.mark.parametrize(
    "text",
    [
        "Monday, 02-Mar-26 08:01:30 GMT",
        "Mon Mar  2 08:01:30 2026",
        "Mon, 02 Mar 2026 08:01:30 -0000",
    ],
)
def test_old_forms_of_dates_mean_gmt_wherever_we_are(text, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        assert stated_wait(httpx.Headers({"Retry-After": text}), NOW) == 90
    finally:
        monkeypatch.undo()
        time.tzset()


@given(
    st.lists(st.tuples(st.sampled_from(["retry-after", "date", "x-ratelimit-reset"]), st.text()))
)
def test_no_header_however_odd_is_more_than_a_wait_or_none(pairs):
    headers = httpx.Headers(
        [(name.encode(), value.encode("utf-8", "replace")) for name, value in pairs]
    )
    wait = stated_wait(headers, NOW)
    assert wait is None or (0 < wait <= LONGEST_WAIT and math.isfinite(wait))


@given(st.integers(1, 12), st.text(st.sampled_from("0123456789 :,-+GMTSunJan")))
def test_no_date_however_odd_breaks_the_call(number, text):
    wait = stated_wait(httpx.Headers({"retry-after": f"{number} Jan {text}"}), NOW)
    assert wait is None or 0 < wait <= LONGEST_WAIT


@pytest.mark.parametrize("status", ["429 Too Many", "503 Down", "500 Oops"])
def test_the_stated_wait_comes_with_the_error(status):
    said = answer(b"{}", status, "Retry-After: 7")
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        with pytest.raises(TryLater) as caught:
            way.get("/rows")
        assert caught.value.wait == 7
        assert caught.value.throttled
        way.close()


def test_being_throttled_without_a_number_is_still_being_throttled():
    way = Outlet(seams(lambda _: httpx.Response(429)), base_url="https://vendor.example",
                 root="/v1", authorise=dict)  # fmt: skip
    with pytest.raises(TryLater) as caught:
        way.get("/rows")
    assert caught.value.wait is None
    assert caught.value.throttled


def test_every_attempt_waits_for_its_turn():
    turns: list[int] = []

    class Turns:
        def wait(self) -> None:
            turns.append(1)

    def script(peer: Peer) -> None:
        peer.request()
        if peer.server.connections == 1:
            peer.send(answer())
            peer.request()
            return
        peer.send(answer())
        peer.hang()

    with RawServer(script) as vendor:
        way = Outlet(seams(None), base_url=vendor.origin, root="/v1", authorise=dict, pacer=Turns())
        way.get("/rows")
        way.get("/rows")
        way.close()
        assert len(vendor.requests) == len(turns) == 3


CANARIES = ("canary-query-51c2", "canary-body-90aa", "canary-sent-77b1", CREDENTIAL)


def said_with(status: str, *headers: str):
    return always(answer(b'{"error": "canary-body-90aa"}', status, *headers))


def malformed(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 canary-body-90aa\r\nX: canary-body-90aa\r\n\r\ncanary-body-90aa")


def cut(peer: Peer) -> None:
    peer.request()
    peer.send(answer(b"canary-body-90aa", length=999))


def redirecting(peer: Peer) -> None:
    peer.request()
    peer.send(answer(b"canary-body-90aa", "302 Found", "Location: https://canary-body-90aa/"))


def hanging(peer: Peer) -> None:
    peer.request()
    peer.hang()


@pytest.mark.parametrize(
    "script",
    [
        *(said_with(f"{status} {CANARIES[1]}") for status in (400, 401, 403, 404, 422, 429, 500)),
        said_with("200 OK", "Content-Encoding: canary-body-90aa"),
        said_with("200 OK", "Content-Encoding: gzip"),
        malformed, cut, redirecting, hanging, Peer.reset,
    ],
)  # fmt: skip
def test_an_error_quotes_neither_what_was_sent_nor_what_was_answered(script):
    with RawServer(script) as vendor:
        way = outlet(vendor.origin, request_timeout=0.5)
        with pytest.raises(VendorError) as caught:
            way.send("POST", "/rows", params=[("q", CANARIES[0])], json={"note": CANARIES[2]})
        way.close()
    error = caught.value
    told = [str(error), repr(error), "".join(traceback.format_exception(error))]
    chain: BaseException | None = error
    while chain is not None:
        told += [str(chain), repr(chain), repr(vars(chain))]
        chain = chain.__cause__ or chain.__context__
    assert not [word for word in CANARIES for text in told if word in text]
    assert "/v1/rows" in str(error)


def test_an_error_names_a_path_on_one_short_line():
    way = Outlet(seams(lambda _: httpx.Response(404)), base_url="https://vendor.example",
                 root="/v1", authorise=dict)  # fmt: skip
    with pytest.raises(Vanished) as caught:
        way.get("/rows/é" + "x" * 5000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


def test_nothing_that_the_way_out_is_made_of_shows_the_credential():
    way = outlet("http://127.0.0.1:9")
    assert CREDENTIAL not in repr(way) + repr(vars(way))
    way.close()


def test_the_clock_of_the_process_is_asked_where_the_vendor_tells_no_time():
    clock = StillClock(NOW)
    clock.time += 100
    headers = {"X-RateLimit-Reset": str(NOW + 160)}
    way = Outlet(seams(lambda _: httpx.Response(429, headers=headers), clock),
                 base_url="https://vendor.example", root="/v1", authorise=dict)  # fmt: skip
    with pytest.raises(TryLater) as caught:
        way.get("/rows")
    assert caught.value.wait == 60
