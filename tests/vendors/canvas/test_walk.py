"""The walk over a Canvas list: its pages, what the list hides, and what proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.canvas.campus import (
    BASE,
    GROUPS,
    WINDOW,
    Campus,
    group,
    linked,
    listing,
    reply,
    slot,
)
from worker.domain.listing import Coverage
from worker.vendors.base import TryLater
from worker.vendors.canvas.paging import links

NEXT = f"{BASE}/api/v1/appointment_groups?scope=manageable&page=2"


def ids(campus: Campus) -> list[str]:
    return [s.event.key.native_id for s in campus.read().sightings]


def paged(*pages: Any) -> Campus:
    return Campus({GROUPS: list(pages)})


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
