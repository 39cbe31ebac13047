"""Copies: made, kept equal to their origins by the policy of their rule, taken away with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW
from tests.writing.desks import Desk, Rig
from worker.domain.event import Kind, Status
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.copies import CopyPolicy, Deletions, Edits
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span

RULE = CopyPolicy("clinic", "campus", "amy")


def later(event, hours):
    return replace(event, span=Span(event.span.start + hours * 3600, event.span.end + hours * 3600))


class Class(Rig):
    """A class of Amy's at the clinic, published on campus."""

    def __init__(self, directory, rule=RULE, **options):
        options.setdefault("holds", [])
        options.setdefault("copies", [rule])
        super().__init__(directory, **options)
        self.origin = self.book("clinic", "1", 24, kind=Kind.GROUP, location="Room 1", capacity=8)

    def at_origin(self, **changes):
        """The clinic changes its class."""
        self.origin = replace(self.desks["clinic"].find(self.origin.key), **changes)
        self.desks["clinic"].put(self.origin)

    def at_target(self, **changes):
        """The campus changes its copy."""
        self.desks["campus"].put(replace(self.copy(), **changes))

    def copy(self):
        (found,) = self.desks["campus"].ours()
        return found

    def cycles(self, count):
        for _ in range(count):
            found = self.cycle()
        return found

    def findings(self):
        """(kind, state) of what stands in the register about copies."""
        from worker.engine.suspicions import KINDS

        return {
            (str(one.finding.kind), str(one.life.state))
            for one in self.store.findings.about(KINDS).values()
        }


@pytest.fixture
def rig(tmp_path):
    return Class(tmp_path)


def settled(rule, tmp_path):
    rig = Class(tmp_path, rule)
    rig.cycles(2)
    rig.sent()
    return rig


def test_a_copy_says_what_its_origin_says(rig):
    rig.cycle()
    copy = rig.copy()
    assert copy.key.kind is Kind.GROUP
    assert (copy.span, copy.title) == (rig.origin.span, "private")
    assert (copy.location, copy.capacity) == ("Room 1", 8)
    assert rig.desks["studio"].ours() == []


def test_the_next_cycles_write_nothing(rig):
    rig.cycles(2)
    rig.sent()
    assert rig.cycles(4).planned.plan.all_actions == ()
    assert rig.sent() == []


@pytest.mark.parametrize(
    "change",
    [{"title": "Yoga"}, {"location": "Room 2"}, {"capacity": 3}],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_at_the_origin_changes_in_the_copy(rig, change):
    rig.cycles(2)
    rig.sent()
    rig.at_origin(**change)
    rig.cycles(3)
    assert rig.sent() == ["update"]
    for name, value in change.items():
        assert getattr(rig.copy(), name) == value


def test_a_moved_origin_moves_its_copy(rig):
    rig.cycle()
    rig.at_origin(span=later(rig.origin, 2).span)
    rig.cycle()
    assert rig.copy().span == rig.origin.span
    assert "delete" not in rig.sent()


def test_people_who_book_at_the_origin_change_nothing_in_the_copy(rig):
    rig.cycles(2)
    rig.sent()
    rig.at_origin(attendees=3, people=("email:a@example.org",))
    rig.cycles(3)
    assert rig.sent() == []


def test_a_cancelled_origin_takes_its_copy_along(rig):
    rig.cycle()
    rig.at_origin(status=Status.CANCELLED)
    rig.cycles(2)
    assert rig.desks["campus"].ours() == []
    assert rig.findings() == set()


def test_an_origin_that_is_merely_missing_keeps_its_copy(rig):
    rig.book("clinic", "2", 40)
    rig.cycle()
    rig.desks["clinic"].hidden = {rig.origin.key}
    rig.cycles(15)
    assert len(rig.desks["campus"].ours()) == 2


def test_an_origin_of_an_account_that_fails_keeps_its_copy(rig):
    from worker.vendors.base import TryLater

    rig.cycle()
    rig.desks["clinic"].fails = TryLater("no answer")
    rig.cycles(10)
    assert len(rig.desks["campus"].ours()) == 1


def test_a_block_is_no_event_to_publish(tmp_path):
    rig = Rig(tmp_path, holds=[], copies=[RULE])
    rig.book("clinic", "1", 24, kind=Kind.BLOCK)
    rig.cycle()
    assert rig.holds()["campus"] == []


@pytest.mark.parametrize("strips", [False, True])
def test_copies_both_ways_are_never_copied_back(tmp_path, strips):
    both = [RULE, CopyPolicy("campus", "clinic", "amy")]
    rig = Class(tmp_path, copies=both)
    for desk in rig.desks.values():
        desk.strips = strips
    rig.book("campus", "2", 40, kind=Kind.GROUP)
    rig.cycles(6)
    assert rig.holds() == {"clinic": [(40, 41)], "studio": [], "campus": [(24, 25)]}
    assert rig.sent() == ["create", "create"]


def test_a_rule_from_an_account_to_itself_copies_no_copy(tmp_path):
    rig = Class(tmp_path, copies=[CopyPolicy("clinic", "clinic", "amy")])
    rig.cycles(5)
    assert rig.holds()["clinic"] in ([], [(24, 25)])
    assert rig.sent().count("create") <= 1


def test_a_chain_of_rules_publishes_only_what_is_a_vendors_own(tmp_path):
    rig = Class(tmp_path, copies=[RULE, CopyPolicy("campus", "studio", "amy")])
    rig.cycles(5)
    assert rig.holds() == {"clinic": [], "studio": [], "campus": [(24, 25)]}


def test_a_copy_is_held_nowhere(tmp_path):
    everybody = frozenset({"clinic", "studio", "campus"})
    rule = HoldPolicy("*", frozenset({"campus"}), everybody)
    rig = Class(tmp_path, holds=[rule])
    rig.cycles(2)
    rig.at_target(status=Status.BOOKED, attendees=2)
    rig.cycles(4)
    assert rig.holds() == {"clinic": [], "studio": [], "campus": [(24, 25)]}


def test_the_copy_of_a_lost_store_is_found_again_by_its_mark(rig):
    rig.cycle()
    rig.store.close()
    for name in ("calsync.db", "calsync.db-wal", "calsync.db-shm"):
        (rig.directory / name).unlink(missing_ok=True)
    rig.start()
    rig.sent()
    rig.cycles(3)
    assert rig.sent() == []
    rig.at_origin(title="Yoga")
    rig.cycles(2)
    assert rig.copy().title == "Yoga"
    assert rig.sent() == ["update"]


@pytest.mark.parametrize("edits", [Edits.ORIGIN, Edits.HOLD])
def test_a_copy_that_was_changed_while_the_store_was_lost_is_no_silent_agreement(tmp_path, edits):
    rig = settled(replace(RULE, edits=edits), tmp_path)
    rig.store.close()
    for name in ("calsync.db", "calsync.db-wal", "calsync.db-shm"):
        (rig.directory / name).unlink(missing_ok=True)
    rig.at_target(title="Theirs")
    rig.start()
    rig.cycles(3)
    if edits is Edits.ORIGIN:
        assert rig.copy().title == "private"
    else:
        assert rig.copy().title == "Theirs"
        assert ("SYNC_EDIT_EDIT", "open") in rig.findings()


# --- fields


def test_what_a_rule_does_not_own_is_left_to_the_target(tmp_path):
    rig = settled(replace(RULE, fields=("time",)), tmp_path)
    assert (rig.copy().title, rig.copy().location, rig.copy().capacity) == ("", "", None)
    rig.at_target(title="Theirs", location="Hall", capacity=30)
    rig.cycles(3)
    assert rig.sent() == []
    rig.at_origin(span=later(rig.origin, 1).span, title="renamed")
    rig.cycles(2)
    copy = rig.copy()
    assert copy.span == rig.origin.span
    assert (copy.title, copy.location, copy.capacity) == ("Theirs", "Hall", 30)
    assert rig.findings() == set()


def test_a_time_that_is_the_targets_is_not_moved(tmp_path):
    rig = settled(replace(RULE, fields=("title",)), tmp_path)
    rig.at_target(span=later(rig.copy(), 3).span)
    rig.at_origin(span=later(rig.origin, 1).span)
    rig.cycles(4)
    assert rig.sent() == []
    rig.at_origin(title="Yoga")
    rig.cycles(3)
    assert rig.sent() == ["update"]
    assert rig.copy().title == "Yoga"
    assert rig.copy().span.start == NOW + 27 * 3600


# --- edits


def test_by_origin_what_was_changed_at_the_target_is_made_equal_again(rig):
    rig.cycles(2)
    rig.at_target(title="Theirs", capacity=99)
    found = rig.cycle()
    assert (rig.copy().title, rig.copy().capacity) == ("private", 8)
    (action,) = found.planned.plan.actions
    assert action.why.startswith("origin: what its origin says counts")


def test_by_newest_the_side_that_changed_last_counts(tmp_path):
    rig = settled(replace(RULE, edits=Edits.NEWEST), tmp_path)
    rig.at_origin(title="Ours")
    rig.cycles(2)
    rig.at_target(title="Theirs")
    rig.cycles(3)
    assert rig.copy().title == "Theirs"
    rig.at_origin(title="Ours again")
    rig.cycles(3)
    assert rig.copy().title == "Ours again"
    assert rig.sent() == ["update", "update"]


def test_by_newest_people_who_book_later_do_not_make_the_origin_newer(tmp_path):
    rig = settled(replace(RULE, edits=Edits.NEWEST), tmp_path)
    rig.at_target(title="Theirs")
    rig.cycle()
    rig.at_origin(attendees=5, people=("email:a@example.org",))
    rig.cycles(3)
    assert rig.copy().title == "Theirs"
    assert rig.sent() == []


def test_by_newest_of_two_changes_the_later_one_counts(tmp_path):
    rig = settled(replace(RULE, edits=Edits.NEWEST), tmp_path)
    for first, then, winner in (
        (rig.at_origin, rig.at_target, "then"),
        (rig.at_target, rig.at_origin, "then"),
    ):
        first(title="first")
        rig.clock.time += 120
        rig.poll()
        then(title=winner)
        rig.cycles(3)
        assert rig.copy().title == winner
        rig.at_origin(title="calm")
        rig.at_target(title="calm")
        rig.cycles(2)


def test_by_merge_each_side_keeps_its_own_changes(tmp_path):
    rig = settled(replace(RULE, edits=Edits.FIELD_MERGE), tmp_path)
    rig.at_target(location="Hall")
    rig.at_origin(title="Yoga")
    rig.cycles(3)
    assert (rig.copy().title, rig.copy().location) == ("Yoga", "Hall")
    assert rig.sent() == ["update"]


def test_by_merge_what_the_target_changed_earlier_stays_when_the_origin_changes_something_else(
    tmp_path,
):
    rig = settled(replace(RULE, edits=Edits.FIELD_MERGE), tmp_path)
    rig.at_target(location="Hall", span=later(rig.copy(), 1).span)
    rig.cycles(3)
    for title in ("one", "two"):
        rig.at_origin(title=title)
        rig.cycles(2)
        copy = rig.copy()
        assert (copy.title, copy.location) == (title, "Hall")
        assert copy.span.start == NOW + 25 * 3600


def test_by_merge_the_origin_counts_where_both_changed_the_same(tmp_path):
    rig = settled(replace(RULE, edits=Edits.FIELD_MERGE), tmp_path)
    rig.at_target(title="Theirs", location="Hall")
    rig.at_origin(title="Ours")
    rig.cycles(3)
    assert (rig.copy().title, rig.copy().location) == ("Ours", "Hall")


def test_by_hold_nothing_is_written_until_both_sides_agree(tmp_path):
    rig = settled(replace(RULE, edits=Edits.HOLD), tmp_path)
    rig.at_target(title="Theirs")
    rig.at_origin(title="Ours")
    rig.cycles(4)
    assert rig.sent() == []
    assert rig.findings() == {("SYNC_EDIT_EDIT", "open")}
    rig.at_target(title="Ours")
    rig.cycles(2)
    assert rig.findings() == {("SYNC_EDIT_EDIT", "resolved")}
    rig.at_origin(title="Later")
    rig.cycles(3)
    assert rig.copy().title == "Later"
    assert rig.sent() == ["update"]


@pytest.mark.parametrize("edits", list(Edits))
def test_equal_changes_on_both_sides_are_no_conflict(tmp_path, edits):
    rig = settled(replace(RULE, edits=edits), tmp_path)
    rig.at_target(title="Same", capacity=4)
    rig.at_origin(title="Same", capacity=4)
    rig.cycles(3)
    assert rig.sent() == []
    assert rig.findings() == set()


@pytest.mark.parametrize("edits", list(Edits))
def test_people_who_book_into_a_copy_are_no_change_of_it(tmp_path, edits):
    rig = settled(replace(RULE, edits=edits), tmp_path)
    rig.at_target(status=Status.BOOKED, attendees=2, people=("email:b@example.org",))
    rig.cycles(3)
    assert rig.sent() == []
    assert rig.findings() == set()


# --- deletions


def surely_deleted(rig):
    rig.book("campus", "9", 70)
    rig.cycle()
    rig.desks["campus"].events = [
        one for one in rig.desks["campus"].events if not one.key.native_id.startswith("ours-")
    ]
    rig.sent()


def test_a_copy_that_was_taken_away_waits_for_a_person(tmp_path):
    rig = settled(RULE, tmp_path)
    surely_deleted(rig)
    rig.cycles(12)
    assert rig.sent() == []
    assert rig.findings() == {("SYNC_DELETE_EDIT", "open")}
    rig.at_origin(status=Status.CANCELLED)
    rig.cycles(2)
    assert rig.findings() == {("SYNC_DELETE_EDIT", "resolved")}


def test_by_keep_edit_it_is_made_again(tmp_path):
    rig = settled(replace(RULE, deletions=Deletions.KEEP_EDIT), tmp_path)
    surely_deleted(rig)
    rig.cycles(12)
    assert rig.sent() == ["create"]
    assert rig.copy().title == "private"


def test_by_keep_delete_it_stays_away_until_its_origin_changes(tmp_path):
    rig = settled(replace(RULE, deletions=Deletions.KEEP_DELETE), tmp_path)
    surely_deleted(rig)
    rig.cycles(12)
    assert rig.sent() == []
    assert rig.findings() == set()
    rig.at_origin(title="New plan")
    rig.cycles(3)
    assert rig.sent() == ["create"]
    assert rig.copy().title == "New plan"


def test_a_copy_that_was_changed_is_not_taken_away_with_its_origin(tmp_path):
    rig = settled(RULE, tmp_path)
    rig.at_target(title="Theirs")
    rig.at_origin(status=Status.CANCELLED)
    rig.cycles(4)
    assert rig.sent() == []
    assert rig.findings() == {("SYNC_DELETE_EDIT", "open")}
    assert rig.copy().title == "Theirs"


def test_a_copy_in_which_people_have_places_is_not_taken_away_silently(tmp_path):
    rig = settled(RULE, tmp_path)
    rig.at_target(status=Status.BOOKED, attendees=2)
    rig.cycle()
    rig.at_origin(status=Status.CANCELLED)
    found = rig.cycles(4)
    assert rig.sent() == []
    assert rig.findings() == {("SYNC_DELETE_EDIT", "open")}
    (one,) = found.planned.findings
    assert dict(one.evidence)["reason"] == "its origin is gone, and 2 have a place in it"
    rig.at_target(status=Status.OFFERED, attendees=0)
    rig.cycles(2)
    assert rig.desks["campus"].ours() == []
    assert rig.findings() == {("SYNC_DELETE_EDIT", "resolved")}


def test_who_books_into_a_copy_in_the_last_moment_keeps_the_place(tmp_path):
    rig = settled(RULE, tmp_path)
    rig.at_origin(status=Status.CANCELLED)
    rig.clock.time += 120
    rig.poll()
    rig.at_target(status=Status.BOOKED, attendees=1)
    found = rig.writing.cycle("apply")
    assert [(one.state, one.detail) for one in found.pushed.done] == [
        ("deferred", "1 have a place in it")
    ]
    assert rig.sent() == []


def test_undo_of_a_copy_that_people_booked_takes_nobodys_place(tmp_path):
    rig = Class(tmp_path)
    run = rig.cycle().pushed.run
    rig.at_target(status=Status.BOOKED, attendees=1)
    rig.cycle()
    rig.sent()
    undone = rig.writing.take_back(rig.writing.undo(run), "amy")
    assert not [one for one in undone.done if one.state == "confirmed"]
    assert rig.sent() == []
    assert rig.copy().attendees == 1


# --- vendors that rewrite


class Rewriting(Desk):
    """Keeps titles in capitals and never more than five places, and says neither beforehand."""

    def create(self, intent: Intent) -> Written:
        return self._rewritten(super().create(intent))

    def update(self, key, intent: Intent) -> Written:
        return self._rewritten(super().update(key, intent))

    def _rewritten(self, written: Written) -> Written:
        shown = replace(
            written.event, title=written.event.title.upper(), capacity=5, location=" Room "
        )
        self.put(shown)
        return Written(shown.key, shown)


@pytest.mark.parametrize("edits", list(Edits))
def test_a_vendor_that_rewrites_titles_and_places_is_not_written_to_for_ever(tmp_path, edits):
    desks = {"clinic": Desk(account="clinic"), "campus": Rewriting(account="campus")}
    rig = Class(tmp_path, replace(RULE, edits=edits), desks=desks)
    rig.cycles(5)
    assert rig.sent() == ["create"]
    rig.at_origin(title="Yoga")
    rig.cycles(5)
    assert rig.sent() == ["update"]
    assert rig.copy().title == "YOGA"
    assert rig.findings() == set()


# --- lost answers and limits


@pytest.mark.parametrize("applied", [True, False])
def test_a_copy_whose_answer_was_lost_is_never_made_twice(tmp_path, applied):
    rig = Class(tmp_path)
    rig.desks["campus"].loses = [applied]
    rig.cycles(8)
    assert rig.desks["campus"].made == 1


@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("edits", list(Edits))
def test_a_change_whose_answer_was_lost_arrives_once_all_is_settled(tmp_path, applied, edits):
    rig = settled(replace(RULE, edits=edits), tmp_path)
    rig.desks["campus"].loses = [applied]
    rig.at_origin(title="Yoga")
    rig.cycles(8)
    assert rig.copy().title == "Yoga"
    assert rig.findings() == set()


def test_many_changed_titles_wait_for_a_person(tmp_path):
    limits = Limits(first_run=False, change_at_least=3)
    rig = Rig(tmp_path, holds=[], copies=[RULE], limits=limits)
    for number in range(6):
        rig.book("clinic", str(number), 24 + 2 * number, kind=Kind.GROUP)
    rig.cycle()
    desk = rig.desks["clinic"]
    desk.events = [replace(one, title="renamed") for one in desk.events]
    found = rig.cycle()
    assert [(one.brake, len(one.actions)) for one in found.planned.plan.waiting] == [("B6", 6)]
    rig.writing.approve(found.planned.plan.hash, "amy", 3600)
    rig.cycle()
    assert {one.title for one in rig.desks["campus"].ours()} == {"renamed"}
