"""Pages of rows: the bad ones are set aside, and no neighbour is ever lost."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Literal

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vendors.raw_server import RawServer, always, answer, outlet
from worker.vendors.answers import Reply
from worker.vendors.base import Nonsense
from worker.vendors.bodies import TooLarge
from worker.vendors.rows import BadRow, bad_row, document, page, rows_of


class Item(msgspec.Struct, frozen=True):
    id: int | str
    name: str | None = None
    length: int | None = None
    price: float | None = None
    done: bool = False


def reply(body: bytes | str) -> Reply:
    data = body.encode() if isinstance(body, str) else body
    return Reply("GET", "/v1/rows", 200, httpx.Headers(), data)


DEEP = "[" * 100_000 + "]" * 100_000
ODD_VALUES = {
    "not a number": "NaN",
    "infinite": "-Infinity",
    "no finite number": "1e400",
    "a number of 5,000 digits": "9" * 5000,
    "100,000 deep": DEEP,
    "100,000 objects deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "of the wrong type": '{"a": 1}',
    "a word": "undefined",
    "a bare word with a bracket in a text": 'tru"]}"',
    "nothing at all": "",
}


@pytest.mark.parametrize("odd", ODD_VALUES.values(), ids=ODD_VALUES)
@pytest.mark.parametrize("field", ["id", "length", "price"])
@pytest.mark.parametrize("around", ['{"rows": [%s], "total": 3}', "[%s]"])
def test_a_row_with_a_value_that_is_none_spares_its_neighbours(odd, field, around):
    number = "" if field == "id" else '"id": 2, '
    odd_row = f'{{{number}"name": "middle", "{field}": {odd}, "done": true}}'
    found = page(reply(around % f'{{"id": 1}}, {odd_row},{{"id": "3"}}'), Item, "rows")
    assert [row.value.id for row in found.rows] == [1, "3"]
    assert len(found.bad) == 1
    assert found.bad[0].text("name") in ("middle", "")
    assert found.bad[0].reason


@pytest.mark.parametrize(
    "odd", [value for value in ODD_VALUES.values() if value not in ("", "undefined")][:6]
)
def test_an_odd_value_in_a_field_that_nobody_reads_spoils_at_most_its_row(odd):
    body = f'{{"rows": [{{"id": 1}}, {{"id": 2, "x": {odd}}}, {{"id": 3}}], "total": 3}}'
    found = page(reply(body), Item, "rows")
    assert {1, 3} <= {row.value.id for row in found.rows}
    assert len(found.rows) + len(found.bad) == 3
    assert all(bad.text("id") == "2" for bad in found.bad)
    assert found.rest == {"total": 3}


def test_half_a_character_is_replaced_and_the_row_is_read():
    body = (
        rb'[{"id": 1, "name": "smile \ud83d"}, {"id": 2, "name": "\ude00 \uD83D\uDE00"}, {"id": 3}]'
    )
    found = page(reply(body), Item)
    assert [row.value.name for row in found.rows] == ["smile \ufffd", "\ufffd \U0001f600", None]
    assert found.bad == ()
    for row in found.rows:
        assert msgspec.json.decode(row.answer, type=Item) == row.value


def test_a_number_without_end_that_nobody_reads_does_not_keep_a_row_from_being_mended():
    found = page(reply(f'[{{"id": 1, "name": "\\ud83d", "x": {"9" * 5000}, "y": 1e400}}]'), Item)
    assert [row.value for row in found.rows] == [Item(1, "\ufffd")]


def test_bytes_that_are_no_utf8_are_replaced_and_the_row_is_read():
    found = page(reply(b'{"rows":[{"id":1,"name":"Zo\xeb"},{"id":2,"name":"ok"}]}'), Item, "rows")
    assert [row.value.name for row in found.rows] == ["Zo\ufffd", "ok"]


def test_control_characters_in_a_text_do_not_cost_the_row():
    found = page(reply(b'[{"id":1,"name":"a\nb\x01"},{"id":2}]'), Item)
    assert [row.value.name for row in found.rows] == ["a\nb\x01", None]


def test_numbers_and_booleans_may_come_as_text():
    found = page(reply(b'[{"id":1,"length":"45","price":"9.50","done":"true"}]'), Item)
    assert found.rows[0].value == Item(1, None, 45, 9.5, True)


def test_of_members_of_one_name_in_a_row_the_last_counts():
    found = page(reply(b'[{"id":1,"id":2,"name":"a","name":"b"}]'), Item)
    assert found.rows[0].value == Item(2, "b")


def test_two_lists_of_one_name_are_nonsense():
    rows = ",".join(f'{{"id": {n}, "name": "somebody"}}' for n in range(20))
    for body in (
        f'{{"rows": [{rows}], "rows": []}}',
        f'{{"rows": [], "rows": [{rows}], "x": NaN}}',
    ):
        with pytest.raises(Nonsense, match="two lists of one name"):
            page(reply(body), Item, "rows")


def test_totals_and_links_stand_beside_the_rows():
    body = {"rows": [{"id": 1}], "total": 1, "links": {"next": "https://x/?page=2"}, "ok": None}
    for text in (json.dumps(body), json.dumps(body).replace('"id": 1', '"id": NaN')):
        found = page(reply(text), Item, "rows")
        assert found.rest == {"total": 1, "links": {"next": "https://x/?page=2"}, "ok": None}
        assert len(found.rows) + len(found.bad) == 1


def test_an_odd_member_beside_the_rows_costs_itself_alone():
    found = page(reply(f'{{"rows": [{{"id": 1}}], "total": 1, "junk": {DEEP}}}'), Item, "rows")
    assert [row.value.id for row in found.rows] == [1]
    assert found.rest == {"total": 1}


@pytest.mark.parametrize(
    "start",
    [b"", b"\xef\xbb\xbf", b" \r\n\t", b"\xef\xbb\xbf\n"],
    ids=["plain", "bom", "blank", "both"],
)
def test_what_stands_before_the_json_does_no_harm(start):
    assert page(reply(start + b'[{"id": 1}]\n'), Item).rows[0].value.id == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "answered with nothing"),
        (b" \n", "answered with nothing"),
        (b"\xef\xbb\xbf", "answered with nothing"),
        (b"<!DOCTYPE html><title>Log in</title>", "answered with a web page"),
        (b"\xef\xbb\xbf <html>", "answered with a web page"),
        (b"Maintenance", "without the list"),
        (b"null", "without the list"),
        (b'{"error": "canary-body"}', "without the list"),
        (b'{"rows": null}', "without the list"),
        (b'{"rows": {"id": 1}}', "without the list"),
        (b'"rows"', "without the list"),
        (b'{"rows": [{"id": 1}', "broken JSON"),
        (b'{"rows": [{"id": 1}, {"id": "canary-body', "broken JSON"),
        (b'{"rows": [{"id": 1}]', "broken JSON"),
        (b'{"rows": [{"id": 1}]}}', "broken JSON"),
        (b'[{"id": 1}] trailing', "broken JSON"),
        (b'[{"id": 1}}', "broken JSON"),
        (b'[{"id": [1}, {"id": 2}]', "broken JSON"),
        ('[{"id": 1}]'.encode("utf-16"), "without the list"),
        (b"[" * 100_000, "broken JSON"),
        (DEEP.encode(), ""),
    ],
)
def test_what_is_no_list_is_nonsense_and_nothing_else(body, said):
    if not said:
        assert len(page(reply(body), Item, "rows").bad) == 1
        return
    with pytest.raises(Nonsense, match=said) as caught:
        page(reply(body), Item, "rows")
    assert "canary" not in str(caught.value)
    assert str(caught.value).startswith("GET /v1/rows answered")


def test_empty_lists_are_empty():
    assert page(reply(b"[]"), Item).rows == ()
    assert page(reply(b'{"rows": [ ], "total": 0}'), Item, "rows").rest == {"total": 0}


@pytest.mark.parametrize("content_type", ["text/html", "text/plain; charset=utf-16", "image/png"])
def test_json_is_read_whatever_it_calls_itself(content_type):
    said = answer(b'[{"id": 1}]').replace(b"application/json", content_type.encode())
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        assert page(way.get("/rows"), Item).rows[0].value.id == 1
        way.close()


def test_a_gigabyte_of_rows_is_refused_before_it_is_read():
    def stream(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n[")
        while not peer.server.stopping.is_set():
            peer.send(b'{"id": 1},' * 10_000)

    with RawServer(stream) as vendor:
        way = outlet(vendor.origin, request_timeout=20.0)
        with pytest.raises(TooLarge):
            page(way.get("/rows"), Item)
        way.close()


@pytest.mark.parametrize(
    "body",
    [b"[" + b"{}," * 5_000_000 + b"{}]", b"[" + b"0," * 8_000_000 + b"0]", b"[" * 16_000_000,
     b'{"rows": [], "x": [' + b"[]," * 5_000_000 + b"[]]}"],
    ids=["objects", "numbers", "brackets", "beside"],
)  # fmt: skip
def test_millions_of_tiny_values_are_counted_and_not_unfolded(body):
    whole = reply(body)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            page(whole, Item, "rows")
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_more_rows_than_any_page_has_are_refused():
    with pytest.raises(TooLarge, match="more than 100000 rows"):
        page(reply(b"[" + b"0," * 100_000 + b"0]"), Item)


def test_a_document_is_read_or_nonsense():
    assert document(reply(b'{"id": "1", "length": "3"}'), Item) == Item("1", None, 3)
    assert document(reply(b'{"id": 1, "name": "\\ud800", "x": NaN}'), Item) == Item(1, "\ufffd")
    for body in (b'{"id": NaN}', b"[]", b"{}", b'{"id":' + b"[" * 100_000, b"canary", b""):
        with pytest.raises(Nonsense, match="GET /v1/rows answered") as caught:
            document(reply(body), Item)
        assert "canary" not in str(caught.value)


class Picky(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    kind: Literal["a", "b"] = "a"


def test_a_reason_names_the_field_and_never_quotes_its_value():
    for body, named in (
        (b'{"id": 1, "kind": "canary - at `$.x`"}', "Invalid enum value - at `$.kind`"),
        (b'{"id": 1, "kind": "it\'s `canary`\\n"}', "Invalid enum value - at `$.kind`"),
        (b'{"id": "canary"}', "Expected `int`, got `str` - at `$.id`"),
        (b'{"id": 1, "canary": 1}', "Object contains unknown field"),
    ):
        (bad,) = rows_of((body,), Picky).bad
        assert bad.reason == named
        with pytest.raises(Nonsense) as caught:
            document(reply(body), Picky)
        assert str(caught.value) == f"GET /v1/rows answered something unexpected: {named}"


def test_a_bad_row_still_tells_its_scalars():
    row = bad_row(
        b'{"id": 17, "name": "x", "on": true, "deep": [1], "odd": NaN, "none": null}', "why"
    )
    assert row.fields == {"id": 17, "name": "x", "on": True}
    assert (row.text("id"), row.text("name"), row.text("on"), row.text("no")) == ("17", "x", "", "")
    assert bad_row(b"nothing like it", "why").fields == {}
    assert BadRow("", {"id": "x" * 301}, b"").text("id") == ""


def test_a_bad_row_that_is_too_deep_still_tells_its_id():
    found = page(reply(f'[{{"id": 7, "x": {DEEP}, "name": 3}}]'), Item)
    assert found.bad[0].text("id") == "7"


FINITE = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FINITE | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(JSON, max_size=6),
    st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    st.booleans(),
)
def test_a_page_that_is_taken_apart_has_the_rows_of_one_that_is_read(rows, rest, is_pretty):
    rest.pop("rows", None)
    rest.pop("spoilt", None)
    text = json.dumps({"rows": rows, **rest}, indent=2 if is_pretty else None)
    spoilt = text[: text.rindex("}")] + ', "spoilt": undefined}'
    read, apart = page(reply(text), Item, "rows"), page(reply(spoilt), Item, "rows")
    assert len(read.rows) + len(read.bad) == len(rows)
    assert [row.value for row in read.rows] == [row.value for row in apart.rows]
    assert [bad.reason for bad in read.bad] == [bad.reason for bad in apart.bad]
    assert apart.rest == json.loads(json.dumps(rest)) == read.rest


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(st.sampled_from('[]{},:"\\u0d8 1e-NaN'), max_size=60))
def test_any_bytes_at_all_are_rows_or_nonsense(body):
    for key in ("", "rows"):
        try:
            page(reply(body), Item, key)
        except Nonsense:
            continue
    try:
        document(reply(body), Item)
    except Nonsense:
        return


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_spoiling_one_byte_of_one_row_costs_that_row_or_the_page(data):
    rows = [json.dumps({"id": n, "name": f"row {n}", "price": n / 4}) for n in range(5)]
    which = data.draw(st.integers(0, 4))
    at = data.draw(st.integers(1, len(rows[which]) - 2))
    rows[which] = rows[which][:at] + data.draw(st.characters()) + rows[which][at + 1 :]
    body = f"[{','.join(rows)}]".encode("utf-8", "surrogatepass")
    try:
        found = page(reply(body), Item)
    except Nonsense:
        return
    others = {(n, f"row {n}") for n in range(5) if n != which}
    assert others <= {(row.value.id, row.value.name) for row in found.rows}


def cliniko_page() -> bytes:
    """A hundred rows as Cliniko lists them, of some 1,900 bytes each."""
    base = "https://api.au1.cliniko.com/v1"
    linked = ("appointment_type", "attendees", "business", "conflicts", "patient", "practitioner")
    plain = ("archived_at", "booking_ip_address", "cancellation_note", "cancelled_at", "deleted_at",
             "invoice_status", "patient_case", "repeats", "telehealth_url")  # fmt: skip
    rows = [
        {
            "id": str(1390000000000000011 + 37 * n),
            **{name: {"links": {"self": f"{base}/{name}s/{n}"}} for name in linked},
            **dict.fromkeys(plain),
            "starts_at": "2026-03-02T09:00:00Z",
            "ends_at": "2026-03-02T10:00:00Z",
            "updated_at": "2026-03-01T10:00:00Z",
            "notes": "Please bring the referral letter, the previous report and comfortable shoes. "
            * 8,
            "patient_name": "Zoë Čapek",
            "did_not_arrive": False,
        }
        for n in range(100)
    ]
    return json.dumps({"rows": rows, "total_entries": 100, "links": {"self": base}}).encode()


def test_a_page_of_a_hundred_rows_takes_well_below_two_milliseconds():
    class Booking(msgspec.Struct, frozen=True):
        id: int | str
        starts_at: str
        ends_at: str
        notes: str | None = None
        practitioner: dict[str, dict[str, str]] | None = None

    whole = reply(cliniko_page())
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        assert len(page(whole, Booking, "rows").rows) == 100
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.002
