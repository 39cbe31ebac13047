"""Evidence in words: what people can use of what detection measured."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import NOW
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.span import HOUR, MINUTE, Span
from worker.publish.pages.facts import facts, heading, marked

BERLIN = "Europe/Berlin"


def finding(kind: FindingKind, minutes: int = 30, **evidence: Any) -> Finding:
    return Finding(
        kind=kind,
        subject=Subject("resource", "amy", "Amy Ng"),
        span=Span(NOW, NOW + minutes * MINUTE),
        members=(),
        peak=2,
        limit=1,
        evidence=tuple(evidence.items()),
    )


def told(**evidence: Any) -> dict[str, str]:
    found = facts(finding(FindingKind.DUPLICATE, **evidence), BERLIN)
    return {one.name: one.words for one in found}


def test_lengths_are_told_as_people_say_them() -> None:
    assert told(need_seconds=15 * MINUTE, travel_seconds=3 * HOUR) == {
        "Time needed": "15 minutes",
        "To get there": "3 h",
    }


def test_what_was_measured_as_nothing_is_told_only_where_nothing_is_the_point() -> None:
    assert told(travel_seconds=0, unseen=[], url=None, starts_apart=0) == {"Starts apart": "none"}
    assert told(gap_seconds=0) == {"Time between": "none"}


def test_instants_shares_kinds_and_lists_have_words_of_their_own() -> None:
    assert told(peak_start=1_795_000_000)["Most at once from"].endswith(
        "12:06\N{NO-BREAK SPACE}CET"
    )
    assert told(share=100, same_title=True, suppresses=["RESOURCE_DOUBLE"], places=[10, 12]) == {
        "Time in common": "100 %",
        "The same title": "yes",
        "Told instead of": "Double booking",
        "Places": "10, 12",
    }


def test_what_has_no_name_yet_is_told_by_its_own() -> None:
    assert told(moon_phase="waning") == {"Moon phase": "waning"}


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://book.example/amy", "https://book.example/amy"),
        ("javascript:alert(1)", ""),
        ("https://amy:word@book.example/", ""),
    ],
)
def test_a_booking_page_is_a_link_only_where_a_browser_just_opens_it(url: str, link: str) -> None:
    (fact,) = facts(finding(FindingKind.UNGUARDED_PAGE, url=url), BERLIN)
    assert (fact.words, fact.link) == (url, link)


@pytest.mark.parametrize(
    ("kind", "minutes", "words"),
    [
        (FindingKind.RESOURCE_DOUBLE, 30, "30 minutes, 2 at once"),
        (FindingKind.PERSON_DOUBLE, 150, "2 h 30 min, 2 at once"),
        (FindingKind.BUFFER, 5, "5 minutes between"),
        (FindingKind.OUTSIDE_AVAILABILITY, 15, "15 minutes outside"),
        (FindingKind.LIMIT, 1470, "one series"),
        (FindingKind.DUPLICATE, 45, "45 minutes"),
    ],
)
def test_the_picture_says_what_it_marks(kind: FindingKind, minutes: int, words: str) -> None:
    assert marked(finding(kind, minutes)) == words


def test_no_time_between_is_no_length() -> None:
    assert marked(finding(FindingKind.TRAVEL, 0, gap_seconds=0)) == "nothing between"


def test_every_kind_has_a_heading() -> None:
    assert all(heading(finding(kind)) for kind in FindingKind)
    assert heading(finding(FindingKind.LOCATION_DOUBLE)) == "The clash"
