"""Every fault of the catalogue can strike, does what it says, and does it again from one seed."""

from __future__ import annotations

import gzip
import http.client
import json
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

from worker.sandbox.clock import VirtualClock
from worker.sandbox.exchange import Request, Response
from worker.sandbox.faults import CATALOGUE, Faults
from worker.sandbox.faults.envelope import next_link
from worker.sandbox.server import SandboxServer
from worker.sandbox.wire import Cut, Delivery, Pause

NOW = 1_795_000_000.0
BASE = "http://127.0.0.1:9/v"


def practice_row(number: int) -> dict[str, Any]:
    return {
        "id": f"123456789012345678{number}",
        "starts_at": f"2026-12-0{number}T10:02:00Z",
        "ends_at": f"2026-12-0{number}T11:00:00Z",
        "updated_at": "2026-11-01T00:00:00Z",
        "archived_at": "2026-11-02T00:00:00Z" if number == 3 else None,
        "max_attendees": 5,
        "patient_ids": ["48", "49"],
        "notes": "A note with <markup> - and words",
        "practitioner": {"links": {"self": f"{BASE}/v1/practitioners/17"}},
    }


def school_row(number: int) -> dict[str, Any]:
    slots = [{"id": 90 + part, "start_at": "2026-12-01T10:00:00Z"} for part in range(2)]
    return {
        "id": number,
        "title": "Office hours",
        "workflow_state": "active",
        "start_at": "2026-12-01T10:00:00Z",
        "end_at": "2026-12-01T11:00:00Z",
        "allow_observer_signup": False,
        "participants_per_appointment": 2,
        "calendarTimezone": "Europe/Berlin",
        "appointments": slots,
    }


class Vendors:
    """Answers in the manner of a practice (`/v1/…`) and of a school (`/api/…`); remembers calls."""

    name = "v"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def truth(self) -> list[dict[str, Any]]:
        return []

    def handle(self, request: Request) -> Response:
        self.asked.append(request)
        page = int(dict(request.params()).get("page", "1"))
        following = f"{request.base}{request.path}?page={page + 1}&per_page=3"
        if request.path == "/v1/things/1":
            return Response.of(practice_row(1))
        if request.path.startswith("/v1/"):
            rows = [practice_row(number) for number in (1, 2, 3)] if page < 4 else []
            links = {"self": request.base, **({"next": following} if page < 3 else {})}
            return Response.of({"things": rows, "total_entries": 9, "links": links})
        link = f'<{request.base}/x?page={page}>; rel="current",<{following}>; rel="next"'
        rows = [school_row(number) for number in (1, 2, 3)]
        return Response.of(rows, 200, ("Link", link))


QUESTIONS = [
    Request("GET", "/v1/things", "page=1&per_page=3", base=BASE),
    Request("GET", "/v1/things", "page=2&per_page=3&maxDate=2026-12-09", base=BASE),
    Request("GET", "/v1/things", "page=2&per_page=3&to_date=2026-12-09", base=BASE),
    Request("GET", "/v1/things", "page=2&per_page=3&end_date=2026-12-09", base=BASE),
    Request("GET", "/v1/things/1", "", base=BASE),
    Request("POST", "/v1/things", "", {}, b"{}", BASE),
    Request("GET", "/v1/things", "page=1&per_page=3", base=BASE),
    Request("GET", "/v1/things", "page=1&per_page=3", base=BASE),
    Request("GET", "/api/things", "page=1&per_page=3", base=BASE),
    Request("GET", "/api/things", "page=1&per_page=3", base=BASE),
]


def deliver(faults: Faults, request: Request, vendors: Vendors | None = None) -> Delivery:
    return faults.deliver("v", request, (vendors or Vendors()).handle, VirtualClock(NOW))


def spoilt(name: str, question: int = 0, **more: Any) -> Response:
    faults = Faults(7)
    faults.on(name, **more)
    return deliver(faults, QUESTIONS[question]).response


READING = {name: fault for name, fault in CATALOGUE.items() if name[0] not in "WM"}
EVERY = [(name, variant) for name, fault in READING.items() for variant in fault.variants]


@pytest.mark.parametrize(("name", "variant"), [one for one in EVERY if one[0] != "H08"])
def test_each_fault_can_strike_in_each_of_its_variants(name: str, variant: str) -> None:
    faults = Faults(1)
    faults.on(name, variant=variant, depth=1000, mib=1)
    vendors = Vendors()
    untouched = [Vendors().handle(question) for question in QUESTIONS]
    differs = []
    for question, plain in zip(QUESTIONS, untouched, strict=True):
        delivery = deliver(faults, question, vendors)
        differs.append(delivery.faults == (name,))
        if not delivery.faults:
            assert delivery.response == plain
    assert any(differs)
    assert faults.fired == {name: sum(differs)}


def test_a_request_beside_another_is_refused_while_one_alone_is_not() -> None:
    faults = Faults(1)
    faults.on("H08")
    statuses = []

    def slow(request: Request) -> Response:
        statuses.append(deliver(faults, QUESTIONS[0]).response.status)
        return Response.of([])

    statuses.append(faults.deliver("v", QUESTIONS[0], slow, VirtualClock(NOW)).response.status)
    assert statuses == [429, 200]


def test_the_catalogue_covers_what_concerns_reading() -> None:
    ids = {*(f"H{number:02}" for number in range(1, 31)), *(f"L{n:02}" for n in range(1, 25))}
    ids |= {f"C{number:02}" for number in range(1, 27)}
    ids |= {f"T{number:02}" for number in (8, *range(10, 19), *range(20, 24))}
    assert ids <= set(CATALOGUE)


def test_the_same_seed_strikes_the_same_requests_the_same_way() -> None:
    def history(seed: int) -> list[tuple[tuple[str, ...], Response]]:
        faults = Faults(seed)
        for name in ("C01", "L09", "H09"):
            faults.on(name, probability=0.4)
        answers = [deliver(faults, QUESTIONS[index % 2]) for index in range(40)]
        return [(answer.faults, answer.response) for answer in answers]

    assert history(3) == history(3)
    assert history(3) != history(4)


def test_a_swarm_is_a_part_of_the_catalogue_that_depends_on_the_seed() -> None:
    swarms = [[switch.fault.id for switch in Faults(seed).swarm(share=0.2)] for seed in (1, 1, 2)]
    assert swarms[0] == swarms[1] != swarms[2]
    assert 0 < len(swarms[0]) < len(CATALOGUE)


def test_a_fault_strikes_after_and_for_as_often_as_it_is_told() -> None:
    faults = Faults(1)
    switch = faults.on("H11", after=1, times=2)
    statuses = [deliver(faults, QUESTIONS[0]).response.status for _ in range(5)]
    assert statuses == [200, 401, 401, 200, 200]
    assert (switch.seen, switch.fired) == (5, 2)


def test_a_fault_strikes_only_where_it_is_aimed() -> None:
    faults = Faults(1)
    faults.on("H15", vendor="other")
    faults.on("H15", path="/v1/things/*")
    faults.on("H15", method="PUT")
    assert deliver(faults, QUESTIONS[0]).response.status == 200
    assert deliver(faults, QUESTIONS[4]).response.status == 410
    faults.off("H15")
    assert deliver(faults, QUESTIONS[4]).response.status == 200


def test_unknown_faults_and_variants_are_refused() -> None:
    with pytest.raises(KeyError):
        Faults(1).on("X01")
    with pytest.raises(ValueError, match="409"):
        Faults(1).on("H16", variant="418")


def test_a_fault_that_strikes_first_leaves_the_vendor_unasked() -> None:
    vendors = Vendors()
    faults = Faults(1)
    faults.on("H09")
    assert deliver(faults, QUESTIONS[5], vendors).answer is None
    assert vendors.asked == []


def test_a_500_after_the_fact_leaves_the_vendors_own_answer_on_record() -> None:
    faults = Faults(1)
    faults.on("H10")
    delivery = deliver(faults, QUESTIONS[5])
    assert delivery.response.status == 500
    assert delivery.answer is not None
    assert delivery.answer.status == 200


def test_a_row_fault_leaves_the_neighbours_as_they_were() -> None:
    plain = json.loads(Vendors().handle(QUESTIONS[0]).body)["things"]
    for name in ("C01", "C02", "C05", "C12", "C15", "C21", "C25"):
        rows = json.loads(spoilt(name).body)["things"]
        changed = [old != new for old, new in zip(plain, rows, strict=True)]
        assert changed.count(True) == 1, name


def test_an_empty_listing_is_empty_in_rows_totals_and_links() -> None:
    document = json.loads(spoilt("L01").body)
    assert document == {"things": [], "total_entries": 0, "links": {"self": BASE}}


def test_a_hollow_page_keeps_its_next_link() -> None:
    response = spoilt("L02")
    assert json.loads(response.body)["things"] == []
    assert next_link(response) is not None


def test_a_next_link_can_lead_to_another_host_in_header_and_body() -> None:
    for question in (0, 8):
        link = next_link(
            spoilt("H24", question, variant="other host", elsewhere="http://evil.test:81")
        )
        assert link is not None
        assert link.startswith("http://evil.test:81/v/")


def test_an_endless_listing_goes_on_with_rows_after_its_end() -> None:
    faults = Faults(1)
    faults.on("L06")
    vendors = Vendors()
    request = QUESTIONS[0]
    for _ in range(12):
        response = deliver(faults, request, vendors).response
        link = next_link(response)
        assert json.loads(response.body)["things"]
        assert link is not None
        request = Request("GET", request.path, urlsplit(link).query, base=BASE)
    assert dict(request.params())["page"] == "13"


def test_a_lying_total_is_off_and_rows_are_complete() -> None:
    document = json.loads(spoilt("L11", variant="low").body)
    assert (document["total_entries"], len(document["things"])) == (8, 3)


def test_erosion_takes_more_rows_with_every_walk_and_never_gives_one_back() -> None:
    faults = Faults(1)
    faults.on("L24", share=0.2)
    left = [
        {row["id"] for row in json.loads(deliver(faults, QUESTIONS[0]).response.body)["things"]}
        for _ in range(6)
    ]
    assert all(later <= earlier for earlier, later in pairwise(left))
    assert left[-1] == set()


def test_a_gzip_bomb_is_small_and_decodes_to_valid_json() -> None:
    response = spoilt("Z01", variant="64")
    assert ("Content-Encoding", "gzip") in response.headers
    assert len(response.body) < 100_000
    decoded = gzip.decompress(response.body)
    assert len(decoded) > 64 * 1024 * 1024
    assert json.loads(decoded) == []


def test_a_huge_id_has_all_its_digits() -> None:
    text = spoilt("C07", 8, variant="5000 digits").body
    assert b"9" * 5000 in text


def test_a_number_that_is_none_appears_bare() -> None:
    assert b":NaN" in spoilt("C06", variant="NaN").body


def test_bad_bytes_are_no_utf8() -> None:
    with pytest.raises(UnicodeDecodeError):
        spoilt("C11").body.decode()


def test_pages_can_be_smaller_than_asked_for() -> None:
    faults = Faults(1)
    faults.on("L07", variant="1")
    vendors = Vendors()
    deliver(faults, QUESTIONS[0], vendors)
    assert dict(vendors.asked[0].params())["per_page"] == "1"


def test_a_slow_body_comes_byte_by_byte_with_pauses() -> None:
    faults = Faults(1)
    faults.on("T13", variant="drip", seconds=0.5)
    delivery = deliver(faults, QUESTIONS[4])
    actions = list(delivery.actions())
    pauses = [action for action in actions if isinstance(action, Pause)]
    assert len(pauses) == len(delivery.response.body)
    assert {pause.seconds for pause in pauses} == {0.5}


def test_a_reset_before_reading_leaves_nothing_to_send() -> None:
    faults = Faults(1)
    faults.on("T08")
    delivery = deliver(faults, QUESTIONS[5])
    assert list(delivery.actions()) == [Cut.RESET]
    assert delivery.answer is None
    assert not delivery.arrives


def fetch(sandbox: SandboxServer, connection: http.client.HTTPConnection | None = None) -> bytes:
    port = urlsplit(sandbox.address).port
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        own.request("GET", "/v/v1/things?page=1")
        return own.getresponse().read()
    finally:
        if connection is None:
            own.close()


@pytest.mark.parametrize(
    ("name", "variant", "raised"),
    [
        ("T08", None, ConnectionError),
        ("T09", None, ConnectionError),
        ("T10", None, (ConnectionError, http.client.IncompleteRead)),
        ("T11", None, http.client.IncompleteRead),
        ("T22", "size", http.client.IncompleteRead),
        ("T22", "unfinished", http.client.IncompleteRead),
        ("H25", "huge", http.client.HTTPException),
        ("H25", "thousands", http.client.HTTPException),
    ],
)
def test_a_client_meets_the_fault_on_the_wire(
    name: str, variant: str | None, raised: type[Exception]
) -> None:
    with SandboxServer({"v": Vendors()}, clock=VirtualClock(NOW)) as sandbox:
        sandbox.faults.on(name, variant=variant)
        with pytest.raises(raised):
            fetch(sandbox)
        sandbox.faults.off()
        assert json.loads(fetch(sandbox))["total_entries"] == 9
        assert sandbox.ledger.entries()[0].faults == (name,)
        assert sandbox.errors == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("T12", {"seconds": 0.0001}),
        ("T14", {"seconds": 0.001}),
        ("T15", {"bytes_per_second": 1e6}),
        ("T16", {}),
        ("T17", {"seconds": 0.01}),
        ("T21", {"variant": "100"}),
        ("T22", {"variant": "trailer"}),
        ("T13", {"variant": "drip", "seconds": 0.00001}),
    ],
)
def test_a_patient_client_gets_everything_in_the_end(name: str, options: dict[str, Any]) -> None:
    with SandboxServer({"v": Vendors()}, clock=VirtualClock(NOW)) as sandbox:
        sandbox.faults.on(name, **options)
        assert json.loads(fetch(sandbox))["total_entries"] == 9


def test_a_stale_connection_dies_on_its_second_request() -> None:
    with SandboxServer({"v": Vendors()}, clock=VirtualClock(NOW)) as sandbox:
        sandbox.faults.on("T18", times=1)
        connection = http.client.HTTPConnection(
            "127.0.0.1", urlsplit(sandbox.address).port, timeout=10
        )
        fetch(sandbox, connection)
        with pytest.raises(ConnectionError):
            fetch(sandbox, connection)
        connection.close()


def test_an_answer_out_of_step_is_the_one_before() -> None:
    with SandboxServer({"v": Vendors()}, clock=VirtualClock(NOW)) as sandbox:
        sandbox.faults.on("T20")
        port = urlsplit(sandbox.address).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        fetch(sandbox, connection)
        connection.request("GET", "/v/v1/things/1")
        assert "things" in json.loads(connection.getresponse().read())
        connection.close()


def test_a_gigabyte_is_made_while_it_is_sent() -> None:
    with SandboxServer({"v": Vendors()}, clock=VirtualClock(NOW)) as sandbox:
        sandbox.faults.on("Z02", variant="length")
        port = urlsplit(sandbox.address).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/v/v1/things")
        response = connection.getresponse()
        assert int(response.headers["Content-Length"]) > 1_000_000_000
        assert response.read(100_000).startswith(b'[{"id":"1","title":"xxx')
        response.close()
        connection.close()
    assert not sandbox.ledger.entries()[0].delivered
    assert sandbox.errors == []
