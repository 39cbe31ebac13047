"""What Cliniko's rows mean, and the traps of reading them."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.builders import at
from tests.vendors.cliniko.served import (
    NOW,
    WINDOW,
    Served,
    attendee,
    booking,
    conditions,
    group,
    link,
    listed,
    response,
    single,
)
from worker.domain.event import Key, Kind, Status, Trait
from worker.domain.listing import Coverage, Cursor, Presence
from worker.domain.span import Span
from worker.vendors.base import NeedsPerson, Nonsense, StartOver, TryLater


def test_an_individual_appointment_is_booked_by_its_patient() -> None:
    event = Served({"/bookings": [single(1)]}).events()["1"]
    assert (event.key.kind, event.status, event.attendees) == (Kind.SINGLE, Status.BOOKED, 1)
    assert event.people == ("clinic/patient:48",)
    assert event.subjects == ("business:3", "practitioner:17")
    assert (event.title, event.location, event.timezone) == ("Pilates", "Hill", "Australia/Perth")
    assert event.span == Span(at("2026-03-03T01:00"), at("2026-03-03T02:00"))


def test_a_block_is_held_by_nobody() -> None:
    event = Served({"/bookings": [booking(1)]}).events()["1"]
    assert (event.key.kind, event.status, event.attendees) == (Kind.BLOCK, Status.HELD, 0)


def test_ids_keep_all_their_digits_as_text_or_as_numbers() -> None:
    rows = [single("1412000000000000001"), single(2) | {"id": 1412000000000000003}]
    assert set(Served({"/bookings": rows}).events()) == {
        "1412000000000000001",
        "1412000000000000003",
    }


@pytest.mark.parametrize("state", ["archived_at", "deleted_at", "cancelled_at"])
def test_each_of_three_states_is_a_cancellation(state: str) -> None:
    event = Served({"/bookings": [single(1, **{state: "2026-03-01T00:00:00Z"})]}).events()["1"]
    assert (event.status, event.attendees, event.people) == (Status.CANCELLED, 0, ())


def test_somebody_who_did_not_arrive_is_still_booked() -> None:
    event = Served({"/bookings": [single(1, did_not_arrive=True)]}).events()["1"]
    assert (event.status, event.traits) == (Status.BOOKED, (Trait.NO_SHOW,))


def test_hidden_rows_are_asked_for_with_brackets_and_encoded() -> None:
    served = Served()
    served.walk()
    asked = dict(served.asked)
    assert conditions(asked["/bookings"]).items() >= {
        ("archived_at", "*"),
        ("deleted_at", "*"),
        ("cancelled_at", "*"),
    }
    assert conditions(asked["/group_appointments"]).items() >= {
        ("archived_at", "*"),
        ("deleted_at", "*"),
    }
    assert "cancelled_at" not in conditions(asked["/group_appointments"])
    assert all(name != "q" for _, params in served.asked for name, _ in params)
    assert all(dict(params)["per_page"] == "100" for _, params in served.asked)
    assert "q%5B%5D=ends_at%3A%3E2026-02-28" in served.raw[0]


def test_the_user_agent_holds_the_contact_and_the_key_goes_in_as_basic_user() -> None:
    served = Served()
    served.walk()
    assert served.headers[0]["user-agent"].endswith("(ops@example.org)")
    assert served.headers[0]["authorization"] == "Basic YWJjLWF1MTo="


def test_the_kind_is_told_by_the_conflicts_link_or_else_by_members() -> None:
    rows = [
        booking(1, conflicts=link("individual_appointments/1/conflicts")),
        single(2, conflicts=None),
        booking(3, conflicts=None),
        booking(4, conflicts=link("unavailable_blocks/4/conflicts")),
    ]
    kinds = {name: event.key.kind for name, event in Served({"/bookings": rows}).events().items()}
    assert kinds == {"1": Kind.SINGLE, "2": Kind.SINGLE, "3": Kind.BLOCK, "4": Kind.BLOCK}


def test_a_group_in_the_union_only_is_a_gap_but_is_shown() -> None:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/group_appointments":
            rows = [group(7)] if conditions(params).get("id") == "=7" else []
            return listed("group_appointments", rows)
        return None

    served = Served({"/bookings": [group(7)]}, special)
    assert served.events()["7"].key.kind is Kind.GROUP
    assert any("/group_appointments does not" in gap for gap in served.gaps)
    assert served.batches[-1].cursor is None


def test_an_event_of_another_time_is_not_in_the_window() -> None:
    old = {"starts_at": "2026-02-28T01:00:00Z", "ends_at": "2026-02-28T02:00:00Z"}
    touching = {"starts_at": "2026-03-01T07:00:00Z", "ends_at": "2026-03-01T08:00:00Z"}
    rows = [single(1, **old), single(2, **touching), single(3)]
    assert set(Served({"/bookings": rows}).events()) == {"3"}


def test_a_cancelled_event_of_another_time_is_shown() -> None:
    row = single(
        1,
        cancelled_at="2026-03-01T00:00:00Z",
        starts_at="2026-02-28T01:00:00Z",
        ends_at="2026-02-28T02:00:00Z",
    )
    assert Served({"/bookings": [row]}).events()["1"].status is Status.CANCELLED


def test_a_repeat_is_a_row_like_any_other_and_never_expanded() -> None:
    rule = {"number_of_repeats": 3, "repeat_type": "Weekly", "repeating_interval": 1}
    series = f"{link('x')['links']['self'].removesuffix('x')}group_appointments"
    repeats = {"links": {"self": f"{series}?q%5B%5D=repeated_from_id%3A%3D1"}}
    rows = [
        group(1, repeat_rule=rule, repeats=repeats),
        group(2, repeated_from=link("group_appointments/1"), repeat_rule={}),
        group(3, repeat_rule=None),
    ]
    found = Served({"/group_appointments": rows, "/bookings": rows}).events()
    assert {name: event.series for name, event in found.items()} == {"1": "1", "2": "1", "3": ""}


def test_an_id_is_found_in_a_percent_encoded_list_link() -> None:
    url = "https://api.au1.cliniko.com/v1/practitioners?q%5B%5D=id%3A%3D99"
    event = Served({"/bookings": [single(1, practitioner={"links": {"self": url}})]}).events()["1"]
    assert "practitioner:99" in event.subjects


def test_a_filled_telehealth_link_says_nothing_and_is_not_kept() -> None:
    served = Served({"/bookings": [single(1, telehealth_url="https://x.test/secret")]})
    served.events()
    [sighting] = [item for batch in served.batches for item in batch.sightings]
    assert sighting.event.url is None
    assert b"secret" in sighting.answer
    assert b"secret" not in served.account.redact(sighting.answer)


def test_a_mark_of_ours_in_the_notes_is_seen() -> None:
    row = booking(1, notes="[calsync 0123456789abcdef]")
    assert Served({"/bookings": [row]}).events()["1"].mark == "0123456789abcdef"


def test_names_are_read_once_and_again_after_an_hour() -> None:
    served = Served({"/bookings": [single(1), single(2)]})
    served.walk()
    served.walk()
    assert (served.calls("/appointment_types"), served.calls("/businesses")) == (1, 1)
    served.lists["/appointment_types"][0]["name"] = "Yoga"
    served.clock.time += 3600
    assert served.events()["1"].title == "Yoga"


def test_a_type_that_the_list_hides_is_read_by_its_id() -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        return listed("appointment_types", []) if path == "/appointment_types" else None

    served = Served({"/bookings": [single(1)]}, special)
    assert served.events()["1"].title == "Pilates"
    served.walk()
    assert served.calls("/appointment_types/5") == 1


@pytest.mark.parametrize("status", [403, 404])
def test_an_archived_or_forbidden_related_record_leaves_the_title_empty(status: int) -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        gone = path.startswith(("/appointment_types", "/businesses"))
        return response({}, status) if gone else None

    served = Served({"/bookings": [single(1)]}, special)
    event = served.events()["1"]
    assert (event.title, event.location, event.timezone) == ("", "", "")
    assert not served.gaps


def test_an_unknown_zone_is_dropped_and_the_times_stay() -> None:
    served = Served({"/bookings": [single(1)]})
    served.lists["/businesses"][0]["time_zone_identifier"] = "Perth"
    event = served.events()["1"]
    assert (event.timezone, event.span.start) == ("", at("2026-03-03T01:00"))


# rows that make no sense


BAD = {
    "end before start": single(2, ends_at="2026-03-03T00:00:00Z"),
    "no start": single(2, starts_at=None),
    "a naive time": single(2, starts_at="2026-03-03T01:00:00"),
    "a leap second": single(2, starts_at="2026-03-03T01:00:60Z"),
    "a number as a time": single(2, starts_at=5),
    "a text as a link": single(2, patient="48"),
    "year one": single(2, starts_at="0001-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD.keys())
def test_a_row_that_makes_no_sense_is_set_aside_and_its_neighbours_stay(row: object) -> None:
    served = Served({"/bookings": [single(1), row, single(3)]})
    assert set(served.events()) == {"1", "3"}
    assert [bad.native_id for bad in served.quarantined] == ["2"]
    assert not served.gaps


def test_a_negative_capacity_makes_no_sense() -> None:
    rows = [group(1, max_attendees=-1)]
    served = Served({"/group_appointments": rows, "/bookings": rows})
    assert not served.events()
    assert [(bad.kind, bad.native_id) for bad in served.quarantined] == [(Kind.GROUP, "1")]
    assert not served.gaps


@pytest.mark.parametrize("identifier", [None, "", " 5", True, [1], "x" * 301])
def test_a_row_whose_id_cannot_be_read_leaves_a_gap(identifier: object) -> None:
    served = Served({"/bookings": [single(1), single(2) | {"id": identifier}]})
    assert set(served.events()) == {"1"}
    assert any("without an id" in gap for gap in served.gaps)


def raw(rows: bytes) -> Served:
    body = b'{"bookings":[' + rows + b'],"total_entries":2,"links":{}}'

    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        return response(body) if path == "/bookings" else None

    return Served({}, special)


def test_an_id_of_five_thousand_digits_leaves_a_gap_and_its_neighbour_stays() -> None:
    long = json.dumps(single(2)).replace('"2"', "1" * 5000).encode()
    served = raw(json.dumps(single(1)).encode() + b"," + long)
    assert set(served.events()) == {"1"}
    assert served.gaps


def test_half_a_character_and_nan_do_not_lose_their_row() -> None:
    odd = json.dumps(single(2, notes="x\ud800", did_not_arrive=False)).replace("false", "NaN")
    served = raw(json.dumps(single(1)).encode() + b"," + odd.encode())
    found = served.events()
    assert "1" in found
    assert "2" in {*found, *(bad.native_id for bad in served.quarantined)}


@pytest.mark.parametrize(
    "body",
    [b"<html>Maintenance</html>", b"", b'{"bookings":[{"id":', b'{"rows":[]}', b"null"],
)
def test_an_answer_that_is_no_list_is_no_empty_list(body: bytes) -> None:
    served = Served({}, lambda path, _: response(body) if path == "/bookings" else None)
    with pytest.raises(Nonsense):
        served.walk()


def test_a_bare_empty_list_leaves_a_gap() -> None:
    served = Served({}, lambda path, _: response(b"[]") if path == "/bookings" else None)
    assert not served.events()
    assert served.gaps


# paging


def paged(pages: list[dict[str, object]]) -> Served:
    """`/bookings` in pages by their number; the last one again for any number beyond."""

    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path != "/bookings":
            return None
        number = int(dict(params).get("page", "1"))
        return response(pages[min(number, len(pages)) - 1])

    return Served({}, special)


def turn(number: int) -> dict[str, str]:
    return {"next": f"https://api.au1.cliniko.com/v1/bookings?page={number}"}


def test_pages_are_followed_and_rows_that_come_twice_do_no_harm() -> None:
    served = paged(
        [
            {"bookings": [single(1), single(2)], "total_entries": 3, "links": turn(2)},
            {"bookings": [], "total_entries": 3, "links": turn(3)},
            {"bookings": [single(2), single(3)], "total_entries": 3, "links": {}},
        ]
    )
    assert set(served.events()) == {"1", "2", "3"}
    assert not served.gaps


def test_fewer_rows_than_the_vendor_counts_are_read_again_and_then_a_gap() -> None:
    served = paged([{"bookings": [single(1)], "total_entries": 2, "links": {}}])
    assert set(served.events()) == {"1"}
    assert served.calls("/bookings") == 2
    assert any("says that there are 2" in gap for gap in served.gaps)


def test_a_row_that_slipped_between_pages_is_found_by_the_second_look() -> None:
    answers = [
        {"bookings": [single(1), single(2)], "total_entries": 4, "links": turn(2)},
        {"bookings": [single(4)], "total_entries": 3, "links": {}},
        {"bookings": [single(2), single(3)], "total_entries": 3, "links": turn(2)},
        {"bookings": [single(4)], "total_entries": 3, "links": {}},
    ]
    served = Served({}, lambda path, _: response(answers.pop(0)) if path == "/bookings" else None)
    assert set(served.events()) == {"1", "2", "3", "4"}
    assert not served.gaps


def test_a_circle_of_links_ends_in_a_gap() -> None:
    served = paged([{"bookings": [single(1)], "total_entries": 1, "links": turn(1)}])
    served.events()
    assert any("circle" in gap for gap in served.gaps)


def test_endless_new_links_without_new_rows_end_in_a_gap() -> None:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        number = int(dict(params).get("page", "1"))
        rows = {"bookings": [single(1)], "total_entries": 1, "links": turn(number + 1)}
        return response(rows) if path == "/bookings" else None

    served = Served({}, special)
    served.events()
    assert any("circle" in gap for gap in served.gaps)
    assert served.calls("/bookings") < 10


def test_a_next_link_to_another_host_is_not_followed() -> None:
    links = {"next": "https://evil.example/v1/bookings?page=2"}
    served = paged([{"bookings": [single(1)], "total_entries": 2, "links": links}])
    with pytest.raises(Nonsense, match="another place"):
        served.walk()


def test_a_list_that_says_nothing_of_its_end_leaves_a_gap() -> None:
    served = paged([{"bookings": [single(1)]}])
    served.events()
    assert any("neither how many" in gap for gap in served.gaps)


# filters and refusals


def refusing(field: str, message: str) -> Served:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/bookings" and field in conditions(params):
            return response({"message": message}, 400)
        return None

    return Served({"/bookings": [single(1)]}, special)


@pytest.mark.parametrize("field", ["deleted_at", "cancelled_at", "ends_at"])
def test_a_filter_that_is_not_filterable_is_left_out(field: str) -> None:
    served = refusing(field, f"{field} is not filterable")
    assert set(served.events()) == {"1"}
    assert not served.gaps
    last = [params for path, params in served.asked if path == "/bookings"][-1]
    assert field not in conditions(last)
    assert len(conditions(last)) == 4


def test_a_refusal_without_a_name_costs_one_state_after_the_other() -> None:
    served = refusing("deleted_at", "This column is not searchable.")
    assert set(served.events()) == {"1"}
    last = [params for path, params in served.asked if path == "/bookings"][-1]
    assert set(conditions(last)) == {"starts_at", "ends_at", "archived_at"}


def test_a_server_that_refuses_everything_is_never_asked_for_all_of_history() -> None:
    served = Served({}, lambda path, _: response({}, 400) if path == "/bookings" else None)
    with pytest.raises(Nonsense):
        served.walk()
    assert all("starts_at" in conditions(params) for _, params in served.asked)


def test_an_order_that_is_not_offered_is_left_out() -> None:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/bookings" and "sort" in dict(params):
            return response({"message": "created_at is not sortable"}, 400)
        return None

    served = Served({"/bookings": [single(1)]}, special)
    assert set(served.events()) == {"1"}
    assert len(conditions(served.asked[1][1])) == 5


def test_without_the_union_both_lists_are_read() -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        return response({}, 404) if path == "/bookings" else None

    served = Served(
        {"/individual_appointments": [single(1)], "/unavailable_blocks": [booking(2)]}, special
    )
    found = served.events()
    assert {name: event.key.kind for name, event in found.items()} == {
        "1": Kind.SINGLE,
        "2": Kind.BLOCK,
    }
    assert not served.gaps


def test_a_missing_list_is_a_gap_and_never_empty() -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        return response({}, 404) if path in ("/bookings", "/unavailable_blocks") else None

    served = Served({"/individual_appointments": [single(1)]}, special)
    assert set(served.events()) == {"1"}
    assert any("/unavailable_blocks" in gap and "404" in gap for gap in served.gaps)


def test_a_server_that_knows_none_of_the_lists_makes_no_sense() -> None:
    with pytest.raises(Nonsense, match="404"):
        Served({}, lambda _path, _params: response({}, 404)).walk()


def test_a_wrong_key_needs_a_person_and_names_the_shard() -> None:
    served = Served({}, lambda _path, _params: response(b"HTTP Basic: Access denied.\n", 401))
    with pytest.raises(NeedsPerson, match="shard") as caught:
        served.walk()
    assert "abc" not in str(caught.value)


def test_a_role_without_any_list_needs_a_person() -> None:
    with pytest.raises(NeedsPerson, match="role"):
        Served({}, lambda _path, _params: response({}, 403)).walk()


def test_the_end_of_the_minute_is_an_instant_on_the_vendors_clock() -> None:
    headers = {"X_RateLimit_Reset": "1772438460", "Date": "Mon, 02 Mar 2026 08:00:00 GMT"}
    served = Served({}, lambda _path, _params: response({}, 429, **headers))
    served.clock.time += 7200  # our clock is wrong by hours
    with pytest.raises(TryLater) as caught:
        served.walk()
    assert caught.value.wait == 60


# attendees


def class_of(*attendees: dict[str, object], **members: object) -> Served:
    rows = [group(1, **members)]
    return Served({"/group_appointments": rows, "/bookings": rows, "/attendees": list(attendees)})


def test_attendees_are_counted_without_those_who_cancelled() -> None:
    gone = {"cancelled_at": "2026-03-01T00:00:00Z"}
    served = class_of(
        attendee(1, 1, 48),
        attendee(2, 1, 49, **gone),
        attendee(3, 1, 50, archived_at="2026-03-01T00:00:00Z"),
    )
    event = served.events()["1"]
    assert (event.attendees, event.people, event.capacity) == (1, ("clinic/patient:48",), 5)
    assert event.status is Status.BOOKED


def test_a_class_without_attendees_is_offered() -> None:
    event = class_of(patient_ids=[]).events()["1"]
    assert (event.status, event.attendees) == (Status.OFFERED, 0)


def test_attendees_that_come_twice_count_once() -> None:
    assert class_of(attendee(1, 1, 48), attendee(1, 1, 48)).events()["1"].attendees == 1


def several(answer: object) -> Served:
    rows = [group(1, patient_ids=["11"]), group(2, patient_ids=["12"]), group(3, patient_ids=[])]
    everyone = [attendee(1, 1, 11), attendee(2, 2, 12), attendee(9, 77, 13)]

    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/attendees":
            asked = conditions(params)["booking_id"].removeprefix("=").split(",")
            return answer(asked, everyone)  # type: ignore[operator, no-any-return]
        if path.endswith("/attendees"):
            number = path.split("/")[2]
            mine = [row for row in everyone if row["booking"] == link(f"bookings/{number}")]
            return listed("attendees", mine)
        return None

    return Served({"/group_appointments": rows, "/bookings": rows}, special)


def of(ids: list[str], everyone: list[dict[str, object]]) -> list[dict[str, object]]:
    links = [link(f"bookings/{name}") for name in ids]
    return [row for row in everyone if row["booking"] in links]


FILTERS = {
    "honoured": lambda ids, all_: listed("attendees", of(ids, all_)),
    "lists refused": lambda ids, all_: (
        response({"message": "Filter value for booking_id must be a number"}, 400)
        if len(ids) > 1
        else listed("attendees", of(ids, all_))
    ),
    "first number only": lambda ids, all_: listed("attendees", of(ids[:1], all_)),
    "ignored": lambda _ids, all_: listed("attendees", all_),
    "refused": lambda _ids, _all: response({"message": "booking_id is not filterable"}, 400),
    "no such list": lambda _ids, _all: response({}, 404),
}


@pytest.mark.parametrize("answer", FILTERS.values(), ids=FILTERS.keys())
def test_attendees_are_found_however_they_may_be_asked_for(answer: object) -> None:
    served = several(answer)
    found = served.events()
    assert {name: event.people for name, event in found.items()} == {
        "1": ("clinic/patient:11",),
        "2": ("clinic/patient:12",),
        "3": (),
    }
    assert not served.gaps


def test_where_attendees_may_not_be_read_the_patients_are_counted() -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        return response({}, 403) if path.endswith("attendees") else None

    rows = [group(1, patient_ids=["11", 12])]
    served = Served({"/group_appointments": rows, "/bookings": rows}, special)
    event = served.events()["1"]
    assert (event.attendees, event.people) == (2, ("clinic/patient:11", "clinic/patient:12"))
    assert not served.gaps


# changes


def cursor(served: Served, window: Span = WINDOW) -> Cursor:
    served.events()
    text = served.batches[-1].cursor
    assert text
    return Cursor(text, window, NOW)


def test_the_cursor_is_the_vendors_clock_less_an_overlap_and_never_ours() -> None:
    served = Served({"/bookings": [single(1, updated_at="2026-03-01T10:00:00Z")]})
    since = cursor(served)
    served.clock.time += 600
    served.asked.clear()
    assert served.walk(since)[0] is Coverage.CHANGES
    assert conditions(served.asked[0][1])["updated_at"] == ">=2026-03-01T09:55:00Z"


def test_a_date_of_tomorrow_does_not_step_over_changes() -> None:
    served = Served({"/bookings": [single(1, updated_at="2027-01-01T00:00:00Z")]})
    served.date = "Mon, 02 Mar 2026 08:00:00 GMT"
    since = cursor(served)
    served.asked.clear()
    served.walk(since)
    assert conditions(served.asked[0][1])["updated_at"] == ">=2026-03-02T07:55:00Z"


def test_a_filter_on_changes_that_is_ignored_means_starting_over() -> None:
    served = Served({"/bookings": [single(1), single(2, updated_at="2026-02-01T00:00:00Z")]})
    since = cursor(served)
    with pytest.raises(StartOver):
        served.walk(since)
    assert served.walk(since)[0] is Coverage.FULL


def test_a_filter_on_changes_that_is_refused_means_starting_over() -> None:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/group_appointments" and "updated_at" in conditions(params):
            return response({"message": "updated_at is not filterable"}, 400)
        return None

    served = Served({"/bookings": [single(1)]}, special)
    with pytest.raises(StartOver):
        served.walk(cursor(served))


@pytest.mark.parametrize(
    "text",
    ["", "{}", "nonsense", '{"at":"x"}', "5", '{"at":-1}', '{"at":99999999999999}', "\ud800"],
)
def test_a_cursor_that_is_not_ours_means_a_full_walk(text: str) -> None:
    assert Served().walk(Cursor(text, WINDOW, NOW))[0] is Coverage.FULL


def test_a_changed_row_is_shown_though_it_moved_out_of_the_window() -> None:
    served = Served({"/bookings": [single(1)]})
    since = cursor(served)
    moved = {"starts_at": "2027-03-03T01:00:00Z", "ends_at": "2027-03-03T02:00:00Z"}
    served.lists["/bookings"] = [single(1, **moved, updated_at="2026-03-02T00:00:00Z")]

    def only_changes(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        states = {name for name, text in conditions(params).items() if text.startswith(">=")}
        return (
            listed(path[1:], []) if states & {"archived_at", "deleted_at", "cancelled_at"} else None
        )

    served.special = only_changes
    assert served.events(since)["1"].span.start == at("2027-03-03T01:00")


# one event


SINGLE = Key("clinic", Kind.SINGLE, "1")


def test_an_archived_event_is_present_by_id_and_cancelled() -> None:
    def special(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        hidden = path == "/individual_appointments/1" and "archived_at" not in conditions(params)
        return response({}, 404) if hidden else None

    row = single(1, archived_at="2026-03-01T00:00:00Z")
    served = Served({"/individual_appointments": [row]}, special)
    answer = served.account.confirm(SINGLE, WINDOW)
    assert answer.presence is Presence.PRESENT
    assert answer.sighting is not None
    assert answer.sighting.event.status is Status.CANCELLED


def test_what_neither_list_knows_is_gone() -> None:
    assert Served().account.confirm(SINGLE, WINDOW).presence is Presence.GONE


def test_what_only_the_union_knows_is_present() -> None:
    served = Served({"/bookings": [single(1)]})
    assert served.account.confirm(SINGLE, WINDOW).presence is Presence.PRESENT


def test_the_same_number_of_another_kind_is_another_event() -> None:
    served = Served({"/bookings": [booking(1)]})
    assert served.account.confirm(SINGLE, WINDOW).presence is Presence.GONE


@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_refused_question_for_one_event_proves_nothing(status: int) -> None:
    served = Served({}, lambda _path, _params: response({}, status))
    assert served.account.confirm(SINGLE, WINDOW).presence is Presence.UNKNOWN


def test_another_row_than_the_one_asked_for_proves_nothing() -> None:
    served = Served({}, lambda _path, _params: response(single(2)))
    assert served.account.confirm(SINGLE, WINDOW).presence is Presence.UNKNOWN


def test_an_unreadable_event_is_still_present() -> None:
    served = Served({"/individual_appointments": [single(1, starts_at="soon")]})
    answer = served.account.confirm(SINGLE, WINDOW)
    assert (answer.presence, answer.sighting) == (Presence.PRESENT, None)


@pytest.mark.parametrize("identifier", ["../user", "1/conflicts", "1?x", "", "ü", "1" * 5000])
def test_an_odd_id_never_becomes_a_part_of_an_address(identifier: str) -> None:
    served = Served()
    key = Key("clinic", Kind.GROUP, identifier)
    assert served.account.confirm(key, WINDOW).presence is Presence.UNKNOWN
    assert not served.asked


def test_a_page_of_nonsense_for_one_event_is_no_answer() -> None:
    served = Served({}, lambda _path, _params: response(b"<html></html>"))
    with pytest.raises(Nonsense):
        served.account.confirm(SINGLE, WINDOW)


def test_check_says_which_lists_are_closed_and_that_the_business_is_missing() -> None:
    def special(path: str, _params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/user":
            return response({"id": "9", "role": "practitioner", "first_name": "Amy"})
        return response({}, 403) if path in ("/attendees", "/practitioners") else None

    served = Served({}, special, business_id="4")
    access = served.account.check()
    assert access.who == "user 9 (practitioner)"
    assert "can be bound: business:3" in access.notes
    problems = "\n".join(access.problems)
    for word in ("/attendees", "/practitioners", "business_id", "nobody else's calendar"):
        assert word in problems


def test_check_with_a_wrong_key_needs_a_person() -> None:
    with pytest.raises(NeedsPerson):
        Served({}, lambda _path, _params: response({}, 401)).account.check()
