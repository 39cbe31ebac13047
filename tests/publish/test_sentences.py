"""Each kind of finding in words that somebody understands who has never seen calsync."""

from __future__ import annotations

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.capacity import capacity_mismatches, over_capacity, overfull_room
from worker.domain.conflict.data import data_findings, invalid, naive_account, unmapped
from worker.domain.conflict.double import doubles, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.limit import limits
from worker.domain.conflict.person import person_doubles
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.stale import stale_sources
from worker.domain.event import Kind, Status, Trait
from worker.domain.span import HOUR, Span
from worker.domain.subject import Resource, ResourceKind
from worker.publish.sentences import length, listed, sentence, short

AMY = Resource("amy", "Amy Ng")
HALL = Resource("hall", "Hall", kind=ResourceKind.ROOM, seats=12)
PERSON = "email:7f3a90c1d2"
A = event("1", title="Massage", attendees=1, people=(PERSON,))
B = event("2", account="campus", title="Seminar", attendees=8, people=(PERSON,))


def of(found):
    (one,) = found
    return sentence(one)


def test_a_double_booking():
    assert of(doubles(AMY, [A, B])) == (
        "Amy Ng is booked 2 times at once for 60 minutes (only one is possible): "
        "“Seminar” (campus, booked) and “Massage” (clinic, booked)."
    )


def test_what_can_still_be_prevented_says_that_nobody_is_hurt_yet():
    slot = event("3", account="campus", status=Status.OFFERED)
    assert "Nobody is double-booked yet" in of(doubles(AMY, [A, slot]))
    other = event("4", status=Status.OFFERED)
    assert "Nothing is booked yet" in of(doubles(AMY, [slot, other]))


def test_a_person_is_a_few_digits_of_a_hash_and_never_more():
    told = of(person_doubles(PERSON, [A, B]))
    assert told.startswith("A person (7f3a…) is expected in two places at once for 60 minutes:")
    assert "90c1" not in told
    assert short("patient:abcdef") == "abcd…"


def test_people_and_places():
    full = event("1", title="Yoga", kind=Kind.GROUP, attendees=13, capacity=12)
    assert of(over_capacity(full)) == "“Yoga” (clinic, booked) has 13 people for 12 places."
    pair = [event("1", capacity=10, title="a"), event("2", account="campus", capacity=1, title="b")]
    assert of(capacity_mismatches([tuple(pair)])).startswith(
        "The same thing has 10 places in one system and 1 in another:"
    )
    roomy = event("1", title="Lecture", capacity=30, attendees=5)
    assert of(overfull_room(HALL, [roomy])) == (
        "Hall has 12 seats, but 30 places are offered in it: “Lecture” (clinic, booked)."
    )
    crowded = event("1", title="Lecture", capacity=30, attendees=20)
    assert "Hall has 12 seats, and 20 people are booked into it" in of(
        overfull_room(HALL, [crowded])
    )


def made(kind, *events, flags=(), subject=None, **evidence):
    return Finding(
        kind,
        subject or Subject("resource", "amy", "Amy Ng"),
        Span(NOW, NOW + HOUR),
        tuple(member(one) for one in events),
        flags=flags,
        evidence=tuple(evidence.items()),
    )


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (
            made(FindingKind.BUFFER, A, B, gap_seconds=300, need_seconds=900, travel_seconds=0),
            (
                "Amy Ng has 5 minutes between “Massage” (clinic, booked) and “Seminar” "
                "(campus, booked), and needs 15 minutes."
            ),
        ),
        (
            made(FindingKind.TRAVEL, A, B, gap_seconds=0, need_seconds=1800, travel_seconds=1200),
            (
                "Amy Ng has no time between “Massage” (clinic, booked) and “Seminar” "
                "(campus, booked), and needs 30 minutes, 20 minutes of it to get there."
            ),
        ),
        (
            made(FindingKind.OUTSIDE_AVAILABILITY, A, flags=("hours",), outside_hours_seconds=900),
            (
                "Amy Ng is booked for 15 minutes outside the opening hours: "
                "“Massage” (clinic, booked)."
            ),
        ),
        (
            made(
                FindingKind.OUTSIDE_AVAILABILITY,
                A,
                event("9", kind=Kind.BLOCK, status=Status.HELD, title="Holiday"),
                flags=("blocked",),
                blocked_seconds=1800,
            ),
            (
                "Amy Ng is booked for 30 minutes in time that is blocked "
                "(“Holiday” (clinic, held)): “Massage” (clinic, booked)."
            ),
        ),
        (
            made(
                FindingKind.UNGUARDED_PAGE,
                flags=("blind", "standing"),
                subject=Subject("page", "frontdesk/30min", "Half an hour"),
                blind=1,
            ),
            (
                "The booking page “Half an hour” can be booked over time that is taken: "
                "its system cannot read 1 calendar that it relies on."
            ),
        ),
        (
            made(
                FindingKind.UNGUARDED_PAGE,
                flags=("standing", "unbound"),
                subject=Subject("page", "frontdesk/30min", "Half an hour"),
                unseen=["amy", "bo"],
            ),
            (
                "The booking page “Half an hour” can be booked over time that is taken: "
                "it looks into no calendar of amy and bo."
            ),
        ),
        (
            made(FindingKind.DUPLICATE, A, B, starts_apart=300, share=83, shared_people=1),
            (
                "Amy Ng seems to have one thing entered twice: “Massage” (clinic, booked) and "
                "“Seminar” (campus, booked); they start 5 minutes apart, share 83 % of their time "
                "and have 1 person in both."
            ),
        ),
        (
            made(
                FindingKind.ORPHAN,
                event("1", title="Yoga", status=Status.CANCELLED),
                flags=("attendees",),
                attendees=3,
            ),
            "“Yoga” (clinic, cancelled) is cancelled, and 3 people are still booked into it.",
        ),
        (
            made(
                FindingKind.ORPHAN,
                flags=("binding", "standing"),
                account="clinic",
                bindings=["practitioner:99"],
                more_bindings=1,
            ),
            "Amy Ng is bound to what clinic does not show: practitioner:99 and 1 address.",
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Finding) else "",
)
def test_kinds_that_measure_something_say_what_they_measured(finding, words):
    assert sentence(finding) == words


def test_limits_name_nobody():
    many = [
        event(str(n), series="s", max_per_person=1, people=(PERSON,), title=f"T{n}") for n in (1, 2)
    ]
    assert of(limits("s", many)).startswith(
        "A person (7f3a…) is in 2 of a series, and may be in 1 at most:"
    )


def test_what_is_wrong_with_data_and_sources():
    fold = event("1", title="Night", traits=(Trait.AMBIGUOUS_TIME,), timezone="Europe/Berlin")
    assert "the clocks of Europe/Berlin show twice, or never" in of(data_findings([fold]))
    assert sentence(naive_account("studio", 3)).startswith("studio gives 3 events a time without")
    (bare,) = unmapped("clinic", {("practitioner:9",): 2, ("calendar:x@example.org",): 1})
    assert sentence(bare) == (
        "clinic has 3 events in calendars (practitioner:9 and 1 more) that are bound to no "
        "resource, so that nobody sees what clashes there."
    )
    stale = SourceState("clinic", NOW, complete=True, stale=True)
    assert "last read completely 2 h 30 min ago" in of(stale_sources([stale], NOW + 9000))
    never = SourceState("clinic", None, complete=False, stale=True)
    assert of(stale_sources([never], NOW)).startswith("clinic was never read completely")


def test_a_row_that_was_set_aside_says_why():
    from worker.domain.listing import Quarantined

    rows = [
        Quarantined(kind=Kind.SINGLE, native_id="17", reason="starts_at: no offset", answer=b"{}")
    ]
    assert of(invalid("clinic", rows)) == (
        "clinic shows single 17 that cannot be read, and so is set aside: starts_at: no offset."
    )


@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_has_a_sentence_also_without_evidence_and_members(kind):
    for finding in (made(kind, A, B), made(kind)):
        told = sentence(finding)
        assert told.endswith(".")
        assert "None" not in told
        assert told[0].isupper() or told.startswith(("“", "campus", "clinic"))


def test_a_crowd_is_counted_not_listed():
    many = [event(str(n), title=f"T{n}") for n in range(9)]
    assert of(doubles(AMY, many)).endswith("“T5” (clinic, booked) and 3 more.")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (60, "1 minute"),
        (7200, "120 minutes"),
        (7260, "2 h 1 min"),
        (86_400, "24 h"),
        (3 * 86_400, "3 days"),
    ],
)
def test_lengths_are_said_as_people_say_them(seconds, words):
    assert length(seconds) == words


def test_lists_read_as_lists():
    assert [listed(list(words)) for words in ("", "a", "ab", "abc")] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
