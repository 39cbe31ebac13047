"""Events and conflicts as calendars: right by the letter, stable, and silent where they must be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import icalendar
import ics
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import NOW, at, event
from tests.publish.reading import HOSTILE, bones, lenient, strict, values
from worker.domain.conflict.finding import Finding, FindingKind, FindingState, Member, Subject
from worker.domain.conflict.register import Known, Life
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.feed import Detail
from worker.domain.span import DAY, HOUR, Span
from worker.domain.stored import Stored
from worker.publish.ical import About, calendar, not_current, retold
from worker.publish.ical_events import event_part
from worker.publish.ical_findings import Clash, finding_part, shows
from worker.publish.pages.words import tamed

ABOUT = About("Amy Ng", "Shows when time is taken.", "Europe/Berlin", "teal")
NAMES = {"amy": "Amy Ng"}


def stored(one: Event, revision: int = 1, updated_at: int = NOW, resources=("amy",)) -> Stored:
    zoned = one if one.timezone else replace(one, timezone="Europe/Berlin")
    return Stored(zoned, "vendor_a", resources, revision, NOW, updated_at, 1)


def feed(*events: Stored, detail: Detail = Detail.FULL, about: About = ABOUT, names=NAMES) -> bytes:
    return calendar(about, [event_part(one, detail, names) for one in events])


def read(calendar: bytes) -> list[icalendar.Event]:
    return icalendar.Calendar.from_ical(calendar).events


def test_a_calendar_says_what_it_is_in_the_forms_that_clients_read() -> None:
    lines = strict(feed(stored(event())))
    for wanted in (
        "VERSION:2.0",
        "NAME:Amy Ng",
        "X-WR-CALNAME:Amy Ng",
        "DESCRIPTION:Shows when time is taken.",
        "X-WR-CALDESC:Shows when time is taken.",
        "X-WR-TIMEZONE:Europe/Berlin",
        "COLOR:teal",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
    ):
        assert wanted in lines
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    assert any(line.startswith("PRODID:") for line in lines)


def test_nobody_is_invited_reminded_or_named() -> None:
    people = event(people=("email:ada@example.org",), attendees=1, capacity=1)
    names = {line.partition(":")[0].partition(";")[0] for line in strict(feed(stored(people)))}
    assert not names & {"METHOD", "ORGANIZER", "ATTENDEE", "RRULE", "ATTACH", "CONTACT"} - {"RRULE"}
    assert b"VALARM" not in feed(stored(people))
    assert b"ada" not in feed(stored(people))


def test_the_same_events_give_the_same_bytes_and_a_change_gives_a_higher_sequence() -> None:
    first = stored(event(title="Consultation"))
    assert feed(first) == feed(first)
    second = replace(first, revision=3, updated_at=NOW + 60)
    before, after = read(feed(first))[0], read(feed(second))[0]
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 2)
    assert after["DTSTAMP"].dt == after["LAST-MODIFIED"].dt == datetime.fromtimestamp(NOW + 60, UTC)


def test_identities_that_look_alike_have_uids_of_their_own() -> None:
    alike = [
        event("1"),
        event("1", account="campus"),
        event("1", kind=Kind.GROUP),
        event("1", occurrence="2"),
    ]
    assert len(set(values(feed(*map(stored, alike)), "UID"))) == 4


def test_times_are_told_by_the_clocks_of_their_zone_which_is_declared_once() -> None:
    berlin = stored(event("1", "2026-07-01T08:00"))
    sydney = stored(event("2", "2026-07-01T09:00", timezone="Australia/Sydney"))
    made = feed(berlin, sydney, replace(berlin, event=replace(berlin.event, key=event("3").key)))
    assert b"DTSTART;TZID=Europe/Berlin:20260701T100000\r\n" in made
    assert b"DTSTART;TZID=Australia/Sydney:20260701T190000\r\n" in made
    assert values(made, "TZID") == ["Australia/Sydney", "Europe/Berlin"]
    for one, start in zip(read(made), ("08", "09", "08"), strict=True):
        assert one.start.astimezone(UTC) == datetime(2026, 7, 1, int(start), tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "Asia/Jerusalem", "UTC", "No/Where"])
def test_zones_without_yearly_rules_are_told_in_utc(zone: str) -> None:
    made = feed(stored(event("1", "2026-07-01T08:00", timezone=zone)))
    assert b"DTSTART:20260701T080000Z\r\n" in made


def test_the_second_run_of_an_hour_that_comes_twice_is_told_in_utc() -> None:
    first = stored(event("1", "2026-10-25T00:30", 20))
    second = stored(event("2", "2026-10-25T01:30", 20))
    made = feed(first, second)
    assert b"DTSTART;TZID=Europe/Berlin:20261025T023000\r\n" in made
    assert b"DTSTART:20261025T013000Z\r\n" in made
    starts = [one.start.astimezone(UTC).hour for one in read(made)]
    assert starts == [0, 1]


def test_what_was_given_as_days_stays_days_and_a_point_has_no_end() -> None:
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime(2026, 3, 28, tzinfo=zone).timestamp())
    end = int(datetime(2026, 3, 30, tzinfo=zone).timestamp())
    days = replace(event("1", traits=(Trait.ALL_DAY,)), span=Span(start, end))
    whole, point = read(feed(stored(days), stored(event("2", minutes=0))))
    assert (whole["DTSTART"].dt, whole["DTEND"].dt) == (date(2026, 3, 28), date(2026, 3, 30))
    assert "DTEND" not in point


@pytest.mark.parametrize(
    ("changes", "status", "transparency"),
    [
        ({}, "CONFIRMED", "OPAQUE"),
        ({"traits": (Trait.TENTATIVE,)}, "TENTATIVE", "OPAQUE"),
        ({"traits": (Trait.TRANSPARENT,)}, "CONFIRMED", "TRANSPARENT"),
        ({"status": Status.CANCELLED}, "CANCELLED", "TRANSPARENT"),
        ({"status": Status.OFFERED}, "CONFIRMED", "TRANSPARENT"),
        ({"status": Status.HELD, "kind": Kind.BLOCK}, "CONFIRMED", "OPAQUE"),
    ],
)
def test_status_and_transparency_say_whether_time_is_taken(changes, status, transparency) -> None:
    (one,) = read(feed(stored(event(**changes))))
    assert (one["STATUS"], one["TRANSP"]) == (status, transparency)


def test_each_detail_says_more_than_the_one_before() -> None:
    rich = event(
        title="Consultation",
        location="Room 2",
        url="https://vendor.example/1",
        capacity=8,
        attendees=3,
        pad_after=10,
    )
    busy, title, full = (
        read(feed(stored(rich), detail=detail))[0]
        for detail in (Detail.BUSY, Detail.TITLE, Detail.FULL)
    )
    assert (busy["SUMMARY"], title["SUMMARY"]) == ("Busy", "Consultation")
    assert not {"LOCATION", "URL", "DESCRIPTION"} & {*busy, *title}
    assert (full["LOCATION"], full["URL"]) == ("Room 2", "https://vendor.example/1")
    assert full["DESCRIPTION"].split("\n") == [
        "Booked in clinic",
        "Amy Ng",
        "3 of 8 places taken",
        "10 min needed after it",
    ]


def test_what_has_no_title_and_what_is_open_say_so() -> None:
    untitled, offered = read(
        feed(stored(event()), stored(event("2", title="Yoga", status=Status.OFFERED)))
    )
    assert (untitled["SUMMARY"], offered["SUMMARY"]) == ("Booked", "Open: Yoga")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "https://x\r\nA:b"])
def test_an_address_that_does_more_than_open_is_left_out(url: str) -> None:
    assert "URL" not in read(feed(stored(event(url=url))))[0]


def said(text: str) -> bytes:
    """A feed in which everybody says `text` wherever anybody may say something."""
    one = event(title=text, location=text, url=text, series=text, mark="")
    about = replace(ABOUT, name=text, description=text)
    made = feed(stored(one), stored(event("2", title=text)), about=about, names={"amy": text})
    return made + calendar(about, [finding_part(clash(text), detail) for detail in Detail])


def clash(text: str = "Consultation", **life: object) -> Clash:
    members = tuple(
        Member(Key("clinic", Kind.SINGLE, native), text, Status.BOOKED, Span(NOW, NOW + HOUR))
        for native in "12"
    )
    finding = Finding(
        FindingKind.RESOURCE_DOUBLE,
        Subject("resource", "amy", text),
        Span(NOW, NOW + HOUR),
        members,
        peak=2,
    )
    known = Life(FindingState.OPEN, NOW - DAY, NOW, note=text)
    lived = replace(known, **life)  # type: ignore[arg-type]
    return Clash(Known(finding, lived), 3, NOW, "Europe/Berlin", "https://calsync.example/c/1")


PLAIN = (bones(strict(said("x"))), bones(lenient(said("x"))))


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_has_the_bones_of_x(name: str) -> None:
    made = said(HOSTILE[name])
    assert (bones(strict(made)), bones(lenient(made))) == PLAIN
    assert len(made) < 20_000


@given(st.text(st.characters(codec=None), min_size=1, max_size=200))
def test_any_text_has_the_bones_of_x(text: str) -> None:
    made = said(f"x{text}")
    assert (bones(strict(made)), bones(lenient(made))) == PLAIN


@pytest.mark.slow
@given(st.text(st.characters(codec=None), min_size=1, max_size=2000))
def test_any_long_text_has_the_bones_of_x(text: str) -> None:
    test_any_text_has_the_bones_of_x.hypothesis.inner_test(text)


@settings(max_examples=25)  # one of the two takes a tenth of a second for each
@given(st.text(st.characters(codec="utf-8"), max_size=150))
def test_texts_come_back_from_two_other_parsers_as_they_went_in(text: str) -> None:
    title = tamed(f"x {text}", 200)
    made = feed(stored(event(title=f"x {text}")))
    assert read(made)[0]["SUMMARY"] == title
    (one,) = ics.Calendar(made.decode()).events
    assert one.name == title


PRIVATE = st.fixed_dictionaries(
    {
        "title": st.text(max_size=40),
        "location": st.text(max_size=40),
        "url": st.none() | st.sampled_from(["https://vendor.example/ada", "x"]),
        "series": st.text(max_size=10),
        "people": st.sampled_from([(), ("email:ada@example.org",)]),
        "attendees": st.integers(0, 9),
        "capacity": st.none() | st.integers(1, 9),
        "pad_before": st.integers(0, 30),
        "min_per_person": st.none() | st.integers(1, 3),
    }
)


@given(PRIVATE, PRIVATE)
def test_nothing_that_is_private_changes_a_byte_of_a_busy_feed(first, second) -> None:
    assert feed(stored(event(**first)), detail=Detail.BUSY) == feed(
        stored(event(**second)), detail=Detail.BUSY
    )


@given(st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_private_changes_a_byte_of_a_busy_feed_of_conflicts(one, other) -> None:
    assert finding_part(clash(one), Detail.BUSY) == finding_part(clash(other), Detail.BUSY)


def test_a_conflict_says_what_it_is_and_where_to_read_about_it() -> None:
    busy, title, full = (
        read(calendar(ABOUT, [finding_part(clash(), detail)]))[0] for detail in Detail
    )
    assert busy["SUMMARY"] == "Double booking"
    assert title["SUMMARY"] == "Double booking: Consultation"
    assert full["URL"] == "https://calsync.example/c/1"
    assert "booked 2 times at once" in full["DESCRIPTION"]
    assert {one["TRANSP"] for one in (busy, title, full)} == {"TRANSPARENT"}
    assert (full["SEQUENCE"], full["UID"][:8]) == (3, "finding-")


def test_what_was_resolved_is_cancelled_and_what_somebody_settled_is_not_shown() -> None:
    gone = clash(state=FindingState.RESOLVED, resolved_at=NOW - HOUR)
    assert read(calendar(ABOUT, [finding_part(gone, Detail.BUSY)]))[0]["STATUS"] == "CANCELLED"
    assert shows(gone.known)
    for state in (FindingState.SNOOZED, FindingState.ACCEPTED):
        assert not shows(clash(state=state).known)


def test_the_age_is_stated_without_touching_anything_else() -> None:
    made = feed(stored(event()))
    older = retold(replace(ABOUT, description=not_current(at("2026-03-02T09:00"))), made)
    assert "shows what was known at 2026-03-02 09:00 UTC" in values(older, "X-WR-CALDESC")[0]
    start = made.index(b"BEGIN:VTIMEZONE")
    assert older.endswith(made[start:])
    assert retold(ABOUT, older) == made


def test_a_calendar_without_events_still_has_a_component() -> None:
    assert bones(strict(feed())).count("BEGIN:VTIMEZONE") == 1
    assert icalendar.Calendar.from_ical(feed()).events == []
