"""Feeds as they are handed out: stable until something changes, and never empty by accident."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import icalendar
import pytest

from tests.builders import NOW, StillClock, event
from tests.publish.reading import values
from tests.store.practice import amy as bound
from tests.store.practice import missing, polled
from worker.domain.conflict.finding import Finding, FindingKind, FindingState, Member, Subject
from worker.domain.conflict.register import Life, Step
from worker.domain.conflict.report import SourceState
from worker.domain.event import Event, Status
from worker.domain.feed import Detail, Farewell, FeedRefused, NameTaken, NoSuchFeed, Scope
from worker.domain.span import DAY, HOUR, Span
from worker.domain.subject import Resource, ResourceKind
from worker.feeds.content import Content
from worker.feeds.desk import FeedDesk, FeedEnded
from worker.feeds.drawing import CANCELLED_STAYS, PAST
from worker.feeds.setting import Setting
from worker.feeds.shelf import LOOK_AGAIN, REST
from worker.store.database import StoreError
from worker.store.store import Store

RESOURCES = {
    one.id: one
    for one in (
        Resource("r1", "Amy Ng", bindings=(("clinic", "practitioner:1"),)),
        Resource("house", "The house", ResourceKind.ROOM, bindings=(("clinic", "room:house"),)),
        Resource("r2", "Room 2", ResourceKind.ROOM, within="house"),
        Resource("r3", "Room 3", ResourceKind.ROOM, within="house"),
    )
}


@dataclass
class Office:
    """A desk over a store in a file, with a clock and sources that a test sets."""

    path: Path
    clock: StillClock = field(default_factory=StillClock)
    source: SourceState = field(default_factory=lambda: SourceState("clinic", NOW, True, False))
    opened: list[tuple[Store, FeedDesk]] = field(default_factory=list)

    def begin(self) -> None:
        """As another start of the process would."""
        self.end()
        store = Store(f"sqlite:///{self.path}")
        store.accounts.register("clinic", "vendor_a", "")
        setting = Setting(
            address="https://calsync.example",
            accounts=("clinic",),
            resources=RESOURCES,
            zone="UTC",
            zone_of_account=lambda _id: "Europe/Berlin",
            sources=lambda: (self.source,),
        )
        self.opened.append((store, FeedDesk(store, setting, self.clock)))

    def end(self) -> None:
        for store, desk in self.opened:
            desk.close()
            store.close()
        self.opened.clear()

    @property
    def store(self) -> Store:
        return self.opened[-1][0]

    @property
    def desk(self) -> FeedDesk:
        return self.opened[-1][1]

    def poll(self, *events: Event, gone: tuple[Event, ...] = ()) -> None:
        self.clock.time += 60
        polled(self.store, *events, now=int(self.clock.time), gone=[missing(one) for one in gone])

    def token(self, name: str = "amy", scope=Scope.RESOURCE, of: str = "r1", detail=Detail.FULL):
        return token_of(self.desk.open(name, scope, of, detail).address)

    def get(self, token: str) -> Content:
        found = self.desk.ready(token) or self.desk.look(token)
        return found.content

    def titles(self, token: str) -> list[str]:
        return values(self.get(token).body, "SUMMARY")

    def execute(self, statement: str) -> None:
        """Something that another program does to the store."""
        other = sqlite3.connect(self.path)
        with other:
            other.execute(statement)
        other.close()


def token_of(address: str) -> str:
    return address.removeprefix("https://calsync.example/feeds/").removesuffix(".ics")


def of_amy(native: str, hours: int = 1, **changes: object) -> Event:
    fields: dict[str, object] = {"subjects": ("practitioner:1",), "title": f"title {native}"}
    return event(native, NOW + hours * HOUR, **fields | changes)  # type: ignore[arg-type]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    one = Office(tmp_path / "calsync.db")
    one.begin()
    yield one
    one.end()


def test_resources_are_bound_as_the_tests_of_the_store_bind_them() -> None:
    assert bound("clinic", ("practitioner:1",)) == ("r1",)


def test_a_token_has_256_bits_and_its_address_is_where_feeds_are_served(office: Office) -> None:
    opened = office.desk.open("amy", Scope.RESOURCE, "r1", Detail.BUSY)
    assert opened.address.startswith("https://calsync.example/feeds/")
    assert opened.address.endswith(".ics")
    token = token_of(opened.address)
    assert len(token) == 43
    assert token not in repr(opened)


@pytest.mark.parametrize(
    ("name", "scope", "of", "word"),
    [
        ("a/b", Scope.ALL, "", "letters"),
        ("", Scope.ALL, "", "letters"),
        ("..", Scope.ALL, "", "letters"),
        ("a" * 65, Scope.ALL, "", "64"),
        ("amy", Scope.RESOURCE, "nobody", "r1"),
        ("amy", Scope.RESOURCE, "", "none named"),
        ("amy", Scope.ACCOUNT, "r1", "clinic"),
        ("amy", Scope.PLACE, "r1", "house"),
        ("amy", Scope.ALL, "r1", "nothing in particular"),
    ],
)
def test_a_feed_of_what_is_not_there_is_refused_with_what_is(office, name, scope, of, word) -> None:
    with pytest.raises(FeedRefused, match=word):
        office.desk.open(name, scope, of, Detail.BUSY)
    assert office.desk.views() == []


def test_the_same_bytes_and_times_until_something_changes(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    before = office.get(token)
    office.clock.time += LOOK_AGAIN + 1
    office.poll(of_amy("1"))  # a poll that shows nothing new changes the store, not the feed
    same = office.get(token)
    assert (same.etag, same.modified_at, same.body) == (
        before.etag,
        before.modified_at,
        before.body,
    )
    office.poll(of_amy("1", title="moved"))
    after = office.get(token)
    assert after.etag != before.etag
    assert after.modified_at > before.modified_at
    assert values(after.body, "SEQUENCE") == ["1"]
    assert values(after.body, "UID") == values(before.body, "UID")


def test_what_is_current_needs_no_second_look(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    assert office.desk.ready(token) is None
    content = office.desk.look(token).content
    found = office.desk.ready(token)
    assert found is not None
    assert found.content is content
    office.poll(of_amy("1", title="other"))
    assert office.desk.ready(token) is None


def test_a_look_at_one_feed_is_no_look_at_another(office: Office) -> None:
    office.poll(of_amy("1"))
    first, second = office.token("first"), office.token("second")
    office.get(first)
    office.clock.time -= 60
    office.poll(of_amy("1", title="other"))
    office.get(second)
    assert office.desk.ready(first) is None
    assert office.titles(first) == ["other"]


def test_two_changes_within_a_second_are_two_times_of_change(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    times = [office.get(token).modified_at]
    for title in ("b", "c", "title 1"):
        office.clock.time -= 60
        office.poll(of_amy("1", title=title))
        times.append(office.get(token).modified_at)
    assert times == sorted(set(times))


def test_another_start_of_the_process_changes_nothing_either(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    before = office.get(token)
    assert office.desk.keep() > 0
    assert office.desk.keep() == 0
    office.clock.time += 3 * HOUR
    office.begin()
    after = office.get(token)
    assert (after.etag, after.modified_at) == (before.etag, before.modified_at)


def test_what_is_cancelled_stays_for_two_weeks_and_is_dropped_then(office: Office) -> None:
    first, second = of_amy("1"), of_amy("2", 20 * 24)
    office.poll(first)
    polled(office.store, second, window=Span(NOW, NOW + 30 * DAY))
    token = office.token()
    office.poll(gone=(second,))
    assert values(office.get(token).body, "STATUS") == ["CONFIRMED", "CANCELLED"]
    assert values(office.get(token).body, "SEQUENCE") == ["0", "1"]
    office.clock.time += CANCELLED_STAYS + DAY
    assert values(office.get(token).body, "STATUS") == ["CONFIRMED"]
    office.clock.time += PAST
    assert values(office.get(token).body, "STATUS") == []


def test_holds_are_not_shown_and_open_time_only_where_more_than_busy_is_told(office) -> None:
    office.poll(of_amy("1"), of_amy("2", 2, mark="hold"), of_amy("3", 3, status=Status.OFFERED))
    assert office.titles(office.token()) == ["title 1", "Open: title 3"]
    assert office.titles(office.token("busy", detail=Detail.BUSY)) == ["Busy"]


def test_a_feed_shows_what_it_is_of(office: Office) -> None:
    rooms = [
        event(one, NOW + HOUR, subjects=(f"room:{one}",), title=one) for one in ("2", "3", "house")
    ]
    office.poll(of_amy("1"), *rooms)
    bindings = {"room:2": "r2", "room:3": "r3", "room:house": "house", "practitioner:1": "r1"}
    office.store.events.rebind("new", lambda _, names: tuple(bindings[one] for one in names))
    assert office.titles(office.token("r2", Scope.RESOURCE, "r2")) == ["2"]
    in_place = office.titles(office.token("place2", Scope.PLACE, "r2"))
    assert sorted(in_place) == ["2", "house"]
    assert sorted(office.titles(office.token("house", Scope.PLACE, "house"))) == ["2", "3", "house"]
    assert len(office.titles(office.token("all", Scope.ALL, ""))) == 4
    assert len(office.titles(office.token("clinic", Scope.ACCOUNT, "clinic"))) == 4


def test_what_was_bound_to_somebody_else_is_told_anew(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token("all", Scope.ALL, "")
    assert "Amy Ng" in values(office.get(token).body, "DESCRIPTION")[1]
    office.store.events.rebind("new", lambda *_: ("r2",))
    assert "Room 2" in values(office.get(token).body, "DESCRIPTION")[1]


def test_an_address_that_was_replaced_or_revoked_opens_nothing_at_once(office: Office) -> None:
    old = office.token()
    assert office.get(old)
    new = token_of(office.desk.rotate("amy").address)
    with pytest.raises(NoSuchFeed):
        office.get(old)
    assert office.get(new)
    office.desk.revoke("amy", Farewell.NOTHING)
    with pytest.raises(NoSuchFeed):
        office.get(new)


def test_who_may_know_is_told_that_a_feed_has_ended(office: Office) -> None:
    token = office.token()
    office.desk.revoke("amy", Farewell.GONE)
    with pytest.raises(FeedEnded):
        office.get(token)


def test_what_another_process_revokes_opens_nothing_at_once(office: Office) -> None:
    token = office.token()
    assert office.get(token)
    office.execute("DELETE FROM feed")
    with pytest.raises(NoSuchFeed):
        office.get(token)


def test_no_token_opens_the_feed_of_another(office: Office) -> None:
    office.poll(of_amy("1"))
    names = [f"feed{number}" for number in range(8)]
    tokens = {name: office.token(name) for name in names}
    for name, token in tokens.items():
        assert office.desk.look(token).feed.name == name
        for wrong in (token[:-1], token.swapcase(), f"{token}=", "", name):
            with pytest.raises(NoSuchFeed):
                office.get(wrong)


def test_a_name_that_is_used_again_shows_nothing_of_its_former_feed(office: Office) -> None:
    office.poll(of_amy("1"))
    office.get(office.token())
    office.desk.keep()
    office.desk.revoke("amy", Farewell.NOTHING)
    busy = office.token(detail=Detail.BUSY)
    assert office.titles(busy) == ["Busy"]
    with pytest.raises(NameTaken):
        office.token()


def test_stale_sources_leave_the_content_and_are_told_with_its_age(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    fresh = office.get(token)
    office.source = replace(office.source, stale=True)
    office.clock.time += LOOK_AGAIN
    stale = office.get(token)
    assert values(stale.body, "SUMMARY") == ["title 1"]
    assert "known at 2026-03-02 08:00 UTC" in values(stale.body, "X-WR-CALDESC")[0]
    office.clock.time += 6 * HOUR
    assert office.get(token).etag == stale.etag  # its age is an instant, and does not tick
    office.source = replace(office.source, stale=False)
    office.clock.time += LOOK_AGAIN
    again = office.get(token)
    assert again.etag == fresh.etag
    assert again.modified_at > stale.modified_at > fresh.modified_at


def test_a_source_that_was_never_read_is_told_as_such(office: Office) -> None:
    office.source = SourceState("clinic", None, complete=False, stale=True)
    body = office.get(office.token()).body
    assert "have not been read completely yet" in values(body, "X-WR-CALDESC")[0]


def test_the_last_good_content_is_served_while_the_store_is_unsound(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    good = office.get(token)
    office.execute("ALTER TABLE event RENAME TO lost")
    office.execute("ALTER TABLE feed RENAME TO lost_feeds")
    aged = office.get(token)
    assert values(aged.body, "SUMMARY") == ["title 1"]
    assert "known at 2026-03-02 08:01 UTC" in values(aged.body, "X-WR-CALDESC")[0]
    office.clock.time += HOUR
    assert office.get(token).etag == aged.etag
    with pytest.raises(NoSuchFeed):
        office.get("unknown")
    office.execute("ALTER TABLE lost RENAME TO event")
    office.execute("ALTER TABLE lost_feeds RENAME TO feed")
    office.clock.time += REST + 1
    assert office.get(token).etag == good.etag


def test_content_from_before_the_start_is_served_where_the_store_was_unsound_since(office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    office.get(token)
    office.desk.keep()
    office.begin()
    office.execute("ALTER TABLE event RENAME TO lost")
    assert office.titles(token) == ["title 1"]
    office.execute("ALTER TABLE lost RENAME TO event")


def test_where_nothing_was_ever_good_the_error_is_told(office: Office) -> None:
    token = office.token()
    office.execute("ALTER TABLE event RENAME TO lost")
    with pytest.raises(StoreError):
        office.get(token)


def test_a_writer_that_holds_the_store_keeps_nobody_waiting(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    with office.store.database.writing():
        assert office.titles(token) == ["title 1"]
        assert office.desk.ready(token)


def test_who_fetched_is_known_at_once_and_kept_for_the_next_start(office: Office) -> None:
    found = office.desk.look(office.token())
    office.desk.fetched(found.feed, "Thunderbird")
    office.clock.time += 5
    office.desk.fetched(found.feed, "Outlook")
    seen = [(one.client, one.at) for one in office.desk.view("amy").fetches]
    assert seen == [("Outlook", NOW + 5), ("Thunderbird", NOW)]
    office.desk.keep()
    office.begin()
    assert [(one.client, one.at) for one in office.desk.view("amy").fetches] == seen
    office.desk.rotate("amy")
    assert office.desk.view("amy").fetches == ()


def test_what_nobody_asked_for_yet_is_drawn_ahead(office: Office) -> None:
    office.poll(of_amy("1"))
    token = office.token()
    office.desk.keep()
    office.execute("ALTER TABLE event RENAME TO lost")
    assert office.titles(token) == ["title 1"]


def clash(*events: Event) -> Finding:
    members = tuple(Member(one.key, one.title, one.status, one.span) for one in events)
    return Finding(
        FindingKind.RESOURCE_DOUBLE,
        Subject("resource", "r1", "Amy Ng"),
        events[0].span,
        members,
        peak=2,
    )


def test_conflicts_are_a_feed_that_follows_their_lives_and_their_members(office: Office) -> None:
    one, two = of_amy("1"), of_amy("2")
    office.poll(one, two)
    life = Life(FindingState.OPEN, NOW, NOW)
    office.store.findings.write([Step(clash(one, two), life, "found")], NOW)
    token = office.token("conflicts", Scope.CONFLICTS, "")
    first = office.get(token)
    assert values(first.body, "SUMMARY") == ["Double booking: Amy Ng"]
    confirmed = Step(clash(one, two), replace(life, last_confirmed=NOW + 60), "confirmed")
    office.store.findings.write([confirmed], NOW + 60)
    assert office.get(token).etag == first.etag
    moved = of_amy("1", 2)
    office.poll(moved, two)
    office.store.findings.write([Step(clash(moved, two), life, "confirmed")], NOW + 120)
    second = office.get(token)
    assert values(second.body, "UID") == values(first.body, "UID")
    assert (values(first.body, "SEQUENCE"), values(second.body, "SEQUENCE")) == (["0"], ["1"])
    assert values(second.body, "LAST-MODIFIED") > values(first.body, "LAST-MODIFIED")
    over = replace(life, state=FindingState.RESOLVED, resolved_at=NOW + 180)
    office.store.findings.write([Step(clash(moved, two), over, "resolved")], NOW + 180)
    third = office.get(token)
    assert (values(third.body, "STATUS"), values(third.body, "SEQUENCE")) == (["CANCELLED"], ["2"])
    assert len(icalendar.Calendar.from_ical(third.body).events) == 1


def test_a_conflict_that_nobody_solved_in_time_did_happen(office: Office) -> None:
    one, two = of_amy("1"), of_amy("2")
    office.poll(one, two)
    over = Life(FindingState.RESOLVED, NOW, NOW, resolved_at=NOW + 3 * HOUR)
    office.store.findings.write([Step(clash(one, two), over, "found")], NOW)
    body = office.get(office.token("conflicts", Scope.CONFLICTS, "")).body
    assert values(body, "STATUS") == ["CONFIRMED"]


def test_a_snoozed_conflict_is_not_shown_until_its_snooze_is_over(office: Office) -> None:
    one, two = of_amy("1", 48), of_amy("2", 48)
    office.poll(one, two)
    life = Life(FindingState.SNOOZED, NOW, NOW, snoozed_until=NOW + HOUR)
    office.store.findings.write([Step(clash(one, two), life, "found")], NOW)
    token = office.token("conflicts", Scope.CONFLICTS, "")
    assert office.titles(token) == []
    office.clock.time += HOUR + LOOK_AGAIN
    assert office.titles(token) == ["Double booking: Amy Ng"]
