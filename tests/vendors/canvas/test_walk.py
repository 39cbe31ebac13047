"""The walk over a Canvas list: its pages, what the list hides, and what proves nothing."""

from __future__ import annotations

import json
from email.utils import formatdate
from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.canvas.campus import (
    BASE,
    GROUPS,
    WINDOW,
    Campus,
    child,
    group,
    linked,
    listing,
    one,
    reply,
    slot,
)
from worker.domain.instants import iso
from worker.domain.listing import Coverage
from worker.domain.span import DAY, HOUR, Span
from worker.vendors import http
from worker.vendors.base import NeedsPerson, Nonsense, TryLater
from worker.vendors.canvas.paging import links

NEXT = f"{BASE}/api/v1/appointment_groups?scope=manageable&page=2"


def ids(campus: Campus) -> list[str]:
    return [s.event.key.native_id for s in campus.read().sightings]


def paged(*pages: Any) -> Campus:
    return Campus({GROUPS: list(pages)})


def past(number: int = 1, hours: int = 3) -> dict[str, Any]:
    return slot(number, NOW - hours * HOUR, NOW - (hours - 1) * HOUR)


# The list


def test_the_scope_is_manageable_or_an_instructor_would_see_nothing():
    campus = listing()
    campus.read()
    query = campus.asked[0].url.params
    assert query["scope"] == "manageable"
    assert query["include_past_appointments"] == "true"
    assert query["per_page"] == "100"
    assert set(query.get_list("include[]")) >= {"appointments", "child_events"}


def test_context_codes_limit_the_list():
    campus = Campus({GROUPS: reply([])}, context_codes=["course_1", "group_2"])
    campus.read()
    assert campus.asked[0].url.params.get_list("context_codes[]") == ["course_1", "group_2"]


def test_an_empty_list_is_possible_and_complete():
    found = listing().read()
    assert (found.sightings, found.gaps) == ((), ())


def test_every_walk_is_a_full_one():
    assert listing().account.fetch(WINDOW, None).coverage is Coverage.FULL


def test_the_next_address_is_followed_as_it_is():
    bookmark = f"{BASE}/api/v1/appointment_groups?x=%7E&page=bookmark:W10&scope=manageable&scope=m"
    campus = paged(linked([group(1, slot(1))], next=bookmark), linked([group(2, slot(2))]))
    assert ids(campus) == ["1", "2"]
    assert campus.asked[1].url.raw_path.decode().startswith(bookmark.removeprefix(BASE))


@pytest.mark.parametrize("name", ["Link", "link", "LINK"])
def test_the_case_of_the_header_does_not_matter(name: str):
    first = reply([group(1, slot(1))], headers={name: f'<{NEXT}>;rel="next"'})
    assert ids(paged(first, linked([group(2, slot(2))], current=NEXT))) == ["1", "2"]


def test_parameters_that_an_old_site_forgets_are_given_again():
    bare = f"{BASE}/api/v1/appointment_groups?page=2"
    campus = paged(linked([group(1, slot(1))], next=bare), linked([]))
    campus.read()
    query = campus.asked[1].url.params
    assert (query["page"], query["scope"]) == ("2", "manageable")
    assert "child_events" in query.get_list("include[]")


def test_the_token_goes_with_every_page_although_the_links_drop_it():
    campus = paged(linked([], next=NEXT), linked([]))
    campus.read()
    assert [r.headers["authorization"] for r in campus.asked] == ["Bearer t0ken"] * 2
    assert all("t0ken" not in str(r.url) for r in campus.asked)


def test_an_empty_page_in_the_middle_is_not_the_end():
    second = linked([], next=NEXT.replace("page=2", "page=3"))
    assert ids(paged(linked([], next=NEXT), second, linked([group(2, slot(2))]))) == ["2"]


def test_rows_that_come_twice_do_no_harm():
    campus = paged(linked([group(1, slot(1))], next=NEXT), linked([group(1, slot(1))]))
    found = campus.read()
    assert len({s.event.key for s in found.sightings}) == 1
    assert found.gaps == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/api/v1/appointment_groups?page=2",
        "http://canvas.example.edu/api/v1/appointment_groups?page=2",
        "https://canvas.example.edu:8443/api/v1/appointment_groups?page=2",
        "https://canvas.example.edu@evil.example/api/v1/appointment_groups",
        "//evil.example/api/v1/appointment_groups?page=2",
        f"{BASE}/login",
        "file:///etc/passwd",
        "https://[::1/api/v1/x",
    ],
)
def test_a_next_page_elsewhere_is_not_asked_for_and_leaves_a_gap(address: str):
    campus = paged(linked([group(1, slot(1))], next=address))
    found = campus.read()
    assert len(found.sightings) == 1
    assert len(found.gaps) == 1
    assert len(campus.asked) == 1


@pytest.mark.parametrize("address", ["?page=2", "/api/v1/appointment_groups?page=2"])
def test_a_relative_address_is_read_as_the_web_reads_it(address: str):
    assert ids(paged(linked([], next=address), linked([group(2, slot(2))]))) == ["2"]


@pytest.mark.parametrize(
    "header",
    ["rubbish", "<no end", f'{NEXT}; rel="next"', f"<{NEXT}> rel=next", '<>; rel="next"', ";,;"],
)
def test_a_link_header_that_cannot_be_read_leaves_a_gap(header: str):
    found = paged(reply([group(1, slot(1))], headers={"Link": header})).read()
    assert len(found.sightings) == 1
    assert len(found.gaps) == 1


def test_two_different_next_pages_leave_a_gap():
    header = f'<{NEXT}>; rel="next",<{NEXT}3>; rel="next"'
    found = paged(reply([], headers={"Link": header}), linked([group(2, slot(2))])).read()
    assert len(found.sightings) == 1
    assert "two different" in found.gaps[0]


def test_the_same_next_page_named_twice_is_one():
    header = f'<{NEXT}>; rel="next",<{NEXT}>; rel="next"'
    assert paged(reply([], headers={"Link": header}), linked([])).read().gaps == ()


def test_pages_that_lead_in_a_circle_end_in_a_gap():
    campus = paged(linked([group(1, slot(1))], next=NEXT))
    found = campus.read()
    assert "circle" in found.gaps[0]
    assert len(campus.asked) == 2


def test_pages_that_never_end_and_bring_nothing_new_end_in_a_gap():
    numbered = [linked([], next=f"{BASE}/api/v1/appointment_groups?page={n}") for n in range(60)]
    campus = paged(*numbered)
    assert "circle" in campus.read().gaps[0]
    assert len(campus.asked) < 30


def test_a_list_that_ends_before_its_last_page_leaves_a_gap():
    last = NEXT.replace("page=2", "page=7")
    assert "last page" in paged(linked([], current=NEXT, last=last)).read().gaps[0]


@pytest.mark.parametrize("last", [NEXT, f"{BASE}/x?page=bookmark:9", f"{BASE}/x"])
def test_a_last_page_that_is_this_one_or_tells_nothing_leaves_none(last: str):
    assert paged(linked([], current=NEXT, last=last)).read().gaps == ()


def test_a_full_page_without_a_link_header_leaves_a_gap():
    rows = [group(n, slot(n)) for n in range(100)]
    assert "Link header" in paged(reply(rows)).read().gaps[0]
    assert paged(reply(rows[:99])).read().gaps == ()


@pytest.mark.parametrize("status", [404, 410, 400])
def test_a_page_that_is_gone_leaves_a_gap(status: int):
    found = paged(linked([group(1, slot(1))], next=NEXT), reply({}, status)).read()
    assert len(found.sightings) == 1
    assert len(found.gaps) == 1


def test_a_walk_that_breaks_off_proves_nothing_but_keeps_what_it_saw():
    walk = paged(linked([group(1, slot(1))], next=NEXT), reply(b"", 502)).account.fetch(
        WINDOW, None
    )
    first = next(walk.batches)
    assert len(first.sightings) == 1
    with pytest.raises(TryLater):
        list(walk.batches)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('<a>; rel="next"', [("next", "a")]),
        ("<a>;rel=next", [("next", "a")]),
        ('<a>; title="x, y"; rel="prev next"', [("prev", "a"), ("next", "a")]),
        ('<a,b;c>; REL="Next",<d>; rel="last"', [("next", "a,b;c"), ("last", "d")]),
        ("", []),
    ],
)
def test_link_headers_are_read_as_the_standard_says(header: str, found: list[tuple[str, str]]):
    assert links(header) == found


# What the list hides


def test_past_slots_in_the_window_come_by_the_single_read():
    whole = reply(group(543, past(1), slot(2)))
    listed = group(543, slot(2), appointments_count=2)
    campus = listing(listed, **{"appointment_groups/543": whole})
    assert ids(campus) == ["1", "2"]


def test_a_group_without_past_slots_is_not_read_by_itself():
    campus = listing(group(543, slot(1), slot(2)))
    campus.read()
    assert campus.paths == [GROUPS]


def test_a_stale_start_does_not_hide_a_past_slot():
    listed = group(543, slot(2), appointments_count=2, start_at=iso(NOW + DAY))
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, past(1), slot(2)))})
    assert ids(campus) == ["1", "2"]


def test_a_group_that_does_not_count_its_slots_is_judged_by_its_start():
    listed = group(543, slot(2), start_at=iso(NOW - 3 * HOUR))
    del listed["appointments_count"]
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, past(1), slot(2)))})
    assert ids(campus) == ["1", "2"]


def test_a_running_slot_is_no_past_one():
    running = slot(1, NOW - HOUR, NOW + HOUR)
    campus = listing(group(543, running, start_at=iso(NOW - HOUR)))
    assert ids(campus) == ["1"]
    assert campus.paths == [GROUPS]


def test_the_past_is_the_vendors_and_not_ours():
    listed = group(543, slot(2), start_at=iso(NOW + DAY - HOUR), appointments_count=None)
    date = {"Date": formatdate(NOW + DAY, usegmt=True)}
    whole = reply(group(543, slot(1, NOW + DAY - HOUR, NOW + DAY), slot(2)))
    campus = Campus({GROUPS: reply([listed], headers=date), f"{GROUPS}/543": whole})
    assert ids(campus) == ["1", "2"]


def test_a_window_that_begins_later_needs_no_past():
    campus = listing(group(543, slot(2), appointments_count=5))
    assert campus.read(Span(NOW + HOUR, NOW + 9 * DAY)).gaps == ()
    assert campus.paths == [GROUPS]


def test_slots_that_a_list_leaves_out_altogether_come_by_the_single_read():
    listed = group(543)
    del listed["appointments"]
    campus = listing(listed, **{"appointment_groups/543": reply(group(543, slot(2)))})
    assert ids(campus) == ["2"]


@pytest.mark.parametrize(
    "answer",
    [
        reply({}, 404),
        reply({"status": "unauthorized"}, 403),
        reply(b"<html>"),
        reply(b"{"),
        reply(group(7, past(1))),
        reply({"id": 543}),
    ],
)
def test_a_single_read_that_fails_leaves_a_gap_and_what_was_listed(answer: Any):
    listed = group(543, slot(2), appointments_count=2)
    campus = listing(listed, group(544, slot(3)), **{"appointment_groups/543": answer})
    found = campus.read()
    assert [s.event.key.native_id for s in found.sightings] == ["2", "3"]
    assert len(found.gaps) == 1


@pytest.mark.parametrize("number", ["../courses", "a b", "x?y"])
def test_a_groups_id_cannot_lead_to_another_place(number: str):
    campus = listing(group(number, slot(2), appointments_count=2))
    assert len(campus.read().gaps) == 1
    assert all(path.startswith(GROUPS) for path in campus.paths)
    assert "y" not in campus.asked[-1].url.params


def test_a_group_that_counts_more_slots_than_it_shows_leaves_a_gap():
    whole = group(543, past(1), appointments_count=4)
    campus = listing(group(543, appointments_count=4), **{"appointment_groups/543": reply(whole)})
    found = campus.read()
    assert len(found.sightings) == 1
    assert "counts 4" in found.gaps[0]


# Reservations that are not shown


def hidden(*slots: Any, users: Any = None, **fields: Any) -> Campus:
    shown = group(543, *slots, **fields)
    answers: dict[str, Any] = {"appointment_groups/543": reply(shown)}
    if users is not None:
        kind = "groups" if fields.get("participant_type") == "Group" else "users"
        answers[f"appointment_groups/543/{kind}"] = users
    return listing(shown, **answers)


def veiled(number: int = 9, count: int = 1) -> dict[str, Any]:
    shown = slot(number, NOW + number * DAY, child_events_count=count, workflow_state="locked")
    del shown["child_events"]
    return shown


def test_reservations_that_the_list_leaves_out_come_by_the_single_read():
    whole = reply(group(543, slot(9, NOW + 9 * DAY, child_events=[child()])))
    event = one(listing(group(543, veiled()), **{"appointment_groups/543": whole}))
    assert (event.attendees, event.people) == (1, ("campus/user:5",))


def test_registered_users_are_the_second_source_of_people():
    campus = hidden(veiled(9, 2), slot(10), users=linked([{"id": 5}, {"id": 6}]))
    found = {s.event.key.native_id: s.event for s in campus.read().sightings}
    assert found["9"].people == ("campus/user:5", "campus/user:6")
    assert found["10"].people == ()
    assert campus.asked[-1].url.params["registration_status"] == "registered"


def test_registered_groups_are_asked_for_where_groups_sign_up():
    campus = hidden(veiled(), users=linked([{"id": 31}]), participant_type="Group")
    assert one(campus).people == ("campus/group:31",)


def test_participants_of_all_pages_are_read():
    second = f"{BASE}/api/v1/appointment_groups/543/users?page=2"
    users = [linked([{"id": 5}], next=second), linked([{"id": 6}])]
    assert one(hidden(veiled(9, 2), users=users)).people == ("campus/user:5", "campus/user:6")


def test_who_sits_where_is_not_guessed():
    campus = hidden(veiled(8), veiled(9), users=linked([{"id": 5}, {"id": 6}]))
    events = [s.event for s in campus.read().sightings]
    assert [event.people for event in events] == [(), ()]
    assert [event.attendees for event in events] == [1, 1]


def test_more_participants_than_places_taken_are_not_guessed_at():
    assert one(hidden(veiled(9, 1), users=linked([{"id": 5}, {"id": 6}]))).people == ()


def test_participants_that_are_refused_leave_a_gap_and_the_count():
    found = hidden(veiled(), users=reply({"status": "unauthorized"}, 403)).read()
    assert found.sightings[0].event.attendees == 1
    assert len(found.gaps) == 1


# Refusals


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
    monkeypatch.setattr("worker.vendors.canvas.paging.LARGEST_ANSWER", 1 << 20)
    large = reply(json.dumps([{"id": "x" * (1 << 20)}]).encode())
    campus = paged(large, large, linked([group(1, slot(1))]))
    assert ids(campus) == ["1"]
    assert [r.url.params["per_page"] for r in campus.asked] == ["100", "25", "5"]
    campus.read()
    assert campus.asked[-1].url.params["per_page"] == "5"
