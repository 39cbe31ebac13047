"""What keeps a write from doing harm: each test fails where one guard is taken away.

`python -m scripts.mutants` takes them away, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from tests.builders import NOW
from tests.engine.practice import ANSWER, Practice, refuses, says
from tests.writing.desks import ACCOUNTS, Desk, Rig
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.health import hushed, paused
from worker.domain.listing import Confirmation, Presence, Sighting
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.reconcile.links import LinkState
from worker.domain.reconcile.record import OutboxState
from worker.domain.span import DAY, Span
from worker.engine.asking import standing
from worker.engine.reconciler import Moved
from worker.store.database import Busy
from worker.store.outbox import PUSH_LOCK, Deposed
from worker.vendors.base import Ambiguous, Nonsense, Rejected, TryLater, Vanished

HOUR = 3600


@pytest.fixture
def rig(tmp_path):
    return Rig(tmp_path)


def moved(event: Event, hours: float) -> Event:
    seconds = int(hours * HOUR)
    return replace(event, span=Span(event.span.start + seconds, event.span.end + seconds))


def with_desk(tmp_path, desk: Desk, **options: object) -> Rig:
    """A rig whose studio is this desk."""
    desks = {name: Desk(account=name) for name in ACCOUNTS} | {"studio": desk}
    return Rig(tmp_path, desks=desks, **options)  # type: ignore[arg-type]


# The order of one write


@dataclass
class Watching(Desk):
    """Notes what the outbox says at the moment in which a request arrives."""

    seen: list[str] = field(default_factory=list)
    look: object = None

    def create(self, intent: Intent) -> Written:
        self.seen += self.look()  # type: ignore[operator]
        return super().create(intent)


def test_a_request_is_sent_only_once_the_outbox_says_so(tmp_path):
    desk = Watching(account="studio")
    rig = with_desk(tmp_path, desk)
    desk.look = lambda: [one.state for one in rig.store.outbox.open()]
    rig.book("clinic", "1", 24)
    rig.cycle()
    assert desk.seen == [OutboxState.IN_FLIGHT]


def test_a_process_that_was_replaced_sends_nothing_more(tmp_path):
    desk = Watching(account="studio")
    rig = with_desk(tmp_path, desk)
    desk.look = lambda: [str(rig.store.outbox.lead())]
    rig.book("clinic", "1", 24)
    rig.book("clinic", "2", 30)
    with pytest.raises(Deposed):
        rig.cycle()
    assert desk.sent == ["create"]


def test_nothing_is_written_while_another_process_writes(rig, monkeypatch):
    monkeypatch.setattr("worker.engine.push.PUSH_WAIT", 0.0)
    rig.book("clinic", "1", 24)
    with rig.store.database.locked(PUSH_LOCK, 1.0), pytest.raises(Busy):
        rig.cycle()
    assert rig.sent() == []


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Deadly(Desk):
    """Carries a create out, and its caller dies before the answer. Lists nothing of ours."""

    kills: int = 1

    def create(self, intent: Intent) -> Written:
        made = super().create(intent)
        self.hidden.add(made.key)
        if self.kills:
            self.kills -= 1
            raise Killed
        return made


def test_what_was_in_flight_when_the_process_died_is_asked_about_and_not_sent_again(tmp_path):
    desk = Deadly(account="studio")
    rig = with_desk(tmp_path, desk)
    rig.book("clinic", "1", 24)
    with pytest.raises(Killed):
        rig.cycle()
    rig.store.close()
    rig.start()
    for _ in range(6):
        rig.cycle()
    assert desk.made == 1


@dataclass
class Late(Desk):
    """Answers no create, and shows what it made from the `shows`-th look for it on."""

    shows: int = 2
    looks: int = 0

    def create(self, intent: Intent) -> Written:
        made = super().create(intent)
        self.hidden.add(made.key)
        raise Ambiguous("accepted, and maybe carried out later")

    def probe(self, intent: Intent) -> Written | None:
        self.looks += 1
        return super().probe(intent) if self.looks >= self.shows else None


def test_a_create_that_is_tried_again_looks_first(tmp_path):
    desk = Late(account="studio")
    rig = with_desk(tmp_path, desk)
    rig.book("clinic", "1", 24)
    rig.cycle()
    for _ in range(4):
        rig.cycle(later=400)
    assert desk.made == 1


def test_a_create_that_is_carried_out_late_is_given_its_time(tmp_path):
    desk = Late(account="studio", shows=4)
    rig = with_desk(tmp_path, desk)
    rig.book("clinic", "1", 24)
    rig.cycle()
    for _ in range(3):
        rig.cycle(later=70)
        assert desk.sent == ["create"]


def test_a_lost_create_that_stands_is_known_at_the_next_cycle(rig):
    rig.desks["studio"].loses = [True]
    rig.book("clinic", "1", 24)
    rig.cycle()
    assert rig.cycle().unsettled == 0


def test_what_nobody_can_tell_for_a_day_is_a_persons_business(tmp_path):
    @dataclass
    class Mute(Late):
        def probe(self, intent: Intent) -> Written | None:
            raise Nonsense("the list cannot be read")

    rig = with_desk(tmp_path, Mute(account="studio"))
    rig.book("clinic", "1", 100)
    rig.cycle()
    rig.cycle()
    found = rig.cycle(later=DAY + 120)
    assert [one.brake for one in found.planned.plan.waiting] == ["REVIEW"]


def test_a_plan_of_another_process_is_carried_out_looking_first(rig):
    rig.book("clinic", "1", 24)
    found = rig.cycle("plan")
    (action,) = (one for one in found.planned.plan.actions if one.target == "studio")
    desk = rig.desks["studio"]
    made = desk.create(action.intent)
    desk.hidden = {made.key}
    rig.writing.apply(found.planned.plan.hash, "amy")
    assert desk.made == 1


def test_only_the_plan_that_was_shown_is_carried_out(rig):
    rig.book("clinic", "1", 24)
    shown = rig.cycle("plan").planned.plan.hash
    rig.book("clinic", "2", 30)
    rig.clock.time += 120
    rig.poll()
    with pytest.raises(Moved):
        rig.writing.apply(shown, "amy")
    assert rig.sent() == []


def test_planning_alone_writes_nothing(rig):
    rig.book("clinic", "1", 24)
    assert len(rig.cycle("plan").planned.plan.actions) == 2
    assert rig.sent() == []


# What stands there now


@dataclass
class Shouting(Desk):
    """Answers with what was asked for, and keeps it in capitals."""

    def create(self, intent: Intent) -> Written:
        made = super().create(intent)
        self.put(replace(made.event, title=made.event.title.upper()))
        return made


def test_what_is_agreed_is_what_the_vendor_shows_and_not_what_it_answered(tmp_path):
    rig = with_desk(tmp_path, Shouting(account="studio"))
    rig.book("clinic", "1", 24)
    rig.cycle()
    rig.sent()
    for _ in range(3):
        rig.cycle()
    assert rig.sent() == []


@dataclass
class Forgetful(Desk):
    """Accepts a removal, and does not carry it out."""

    def delete(self, key: Key, reason: str) -> None:
        self.sent.append("delete")


def test_a_removal_that_is_still_shown_is_not_done(tmp_path):
    rig = with_desk(tmp_path, Forgetful(account="studio"))
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    rig.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    found = rig.cycle()
    states = {one.action.target: one.state for one in found.pushed.done}
    assert states == {"studio": OutboxState.AMBIGUOUS, "campus": OutboxState.CONFIRMED}


def test_what_somebody_changed_since_it_was_read_is_not_overwritten(rig):
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    rig.sent()
    rig.desks["clinic"].put(moved(origin, 2))
    rig.clock.time += 120
    rig.poll()
    (hold,) = rig.desks["studio"].ours()
    rig.desks["studio"].put(replace(hold, title="the printer is broken"))
    rig.writing.cycle("apply")
    assert rig.desks["studio"].sent == []
    assert rig.desks["campus"].sent == ["update"]


@pytest.mark.parametrize("word", [None, says(Presence.UNKNOWN)], ids=["present", "unknown"])
def test_a_hold_that_a_listing_hides_is_gone_only_by_its_vendors_word(rig, word):
    rig.book("clinic", "1", 24)
    rig.cycle()
    desk = rig.desks["studio"]
    (hold,) = desk.ours()
    desk.hidden = {hold.key}
    desk.word = word
    for _ in range(5):
        assert rig.cycle().planned.plan.all_actions == ()
    assert desk.made == 1


def cancelled(key: Key) -> Confirmation:
    shown = Event(key, Status.CANCELLED, Span(NOW, NOW + HOUR))
    return Confirmation(key, Presence.PRESENT, Sighting(shown, ANSWER))


@pytest.mark.parametrize(
    ("word", "presence"),
    [
        (cancelled, Presence.GONE),
        (refuses(Vanished("gone")), Presence.GONE),
        (refuses(Nonsense("a web page")), Presence.UNKNOWN),
        (refuses(Rejected("no")), Presence.UNKNOWN),
        (says(Presence.UNKNOWN), Presence.UNKNOWN),
    ],
    ids=["cancelled", "vanished", "nonsense", "rejected", "unknown"],
)
def test_only_a_clear_word_says_that_something_is_gone(word, presence):
    key = Key("clinic", Kind.SINGLE, "1")
    assert standing(Practice(word=word), key, Span(NOW, NOW), ())[1] is presence


# Waits, pauses, brakes


@pytest.mark.parametrize("change", [paused, lambda health: hushed(health, NOW + 120, 120, 900.0)])
def test_an_account_that_waits_or_is_paused_is_not_written_to(rig, change):
    rig.book("clinic", "1", 24)
    rig.clock.time += 120
    rig.poll()
    rig.store.accounts.change_health("studio", change)
    rig.writing.cycle("apply")
    assert rig.desks["studio"].sent == []
    assert rig.desks["campus"].sent == ["create"]


def test_a_wait_that_is_stated_in_answer_to_a_write_is_kept(tmp_path):
    @dataclass
    class Throttled(Desk):
        def create(self, intent: Intent) -> Written:
            self.sent.append("create")
            raise TryLater("too many", wait=600.0, throttled=True, untouched=True)

    desk = Throttled(account="studio")
    rig = with_desk(tmp_path, desk)
    rig.book("clinic", "1", 24)
    for _ in range(4):
        rig.cycle()
    assert desk.sent == ["create"]


def test_what_carries_the_mark_of_a_lost_hold_at_another_time_is_a_persons_business(rig):
    rig.book("clinic", "1", 24)
    rig.cycle()
    desk = rig.desks["studio"]
    (hold,) = desk.ours()
    later = Span(hold.span.start + 6 * HOUR, hold.span.end + 6 * HOUR)
    own = replace(hold, key=replace(hold.key, native_id="own"), span=later)
    desk.events = [own]
    for _ in range(5):
        rig.cycle()
    assert desk.events == [own]
    assert desk.sent == ["create"]
    (link,) = (one for one in rig.store.links.all() if one.target == "studio")
    assert link.state is LinkState.NEEDS_REVIEW


def test_a_wait_that_is_stated_when_asking_what_became_of_a_write_is_kept(tmp_path):
    @dataclass
    class Throttled(Late):
        def probe(self, intent: Intent) -> Written | None:
            self.looks += 1
            raise TryLater("too many", wait=float(DAY), throttled=True)

    desk = Throttled(account="studio")
    rig = with_desk(tmp_path, desk)
    rig.book("clinic", "1", 100)
    rig.cycle()
    rig.book("clinic", "2", 110)
    for _ in range(4):
        rig.cycle()
    assert desk.looks == 1
    assert desk.sent == ["create"]


def test_what_was_taken_away_today_counts_tomorrow_morning(tmp_path):
    rig = Rig(tmp_path, limits=Limits(first_run=False, vanish_at_least=2, vanish_share=0.0))
    origins = [rig.book("clinic", str(hour), 24 + hour) for hour in range(0, 8, 2)]
    rig.cycle()
    rig.cycle()
    rig.sent()
    for origin in origins[:2]:
        rig.desks["clinic"].put(replace(origin, status=Status.CANCELLED))
    rig.cycle()
    assert rig.sent() == ["delete"] * 4
    rig.desks["clinic"].put(replace(origins[2], status=Status.CANCELLED))
    found = rig.cycle(later=HOUR)
    assert rig.sent() == []
    assert {one.brake for one in found.planned.plan.waiting} == {"B3"}


# Rules


@pytest.mark.parametrize(
    ("account", "status", "held"),
    [
        ("clinic", Status.BOOKED, True),
        ("clinic", Status.HELD, False),
        ("studio", Status.BOOKED, False),
    ],
)
def test_only_what_a_rule_names_gets_holds(tmp_path, account, status, held):
    rule = HoldPolicy("*", frozenset({"clinic"}), frozenset(ACCOUNTS), frozenset({"booked"}))
    rig = Rig(tmp_path, holds=[rule])
    rig.book(account, "1", 24, status=status)
    rig.cycle()
    assert bool(rig.holds()["campus"]) is held


# Undo


def test_a_change_that_was_taken_back_is_left_so(rig):
    origin = rig.book("clinic", "1", 24)
    rig.cycle()
    rig.cycle()
    rig.desks["clinic"].put(moved(origin, 2))
    found = rig.cycle()
    rig.cycle()
    rig.writing.take_back(rig.writing.undo(found.pushed.run), "amy")
    assert rig.holds()["studio"] == [(24, 25)]
    rig.sent()
    rig.desks["clinic"].put(moved(origin, 4))
    for _ in range(3):
        found = rig.cycle()
    assert rig.sent() == []
    assert {one.brake for one in found.planned.plan.waiting} == {"UNDONE"}


def test_what_was_taken_back_cannot_be_taken_back_again(rig):
    rig.book("clinic", "1", 24)
    found = rig.cycle()
    rig.cycle()
    rig.writing.take_back(rig.writing.undo(found.pushed.run), "amy")
    assert rig.writing.undo(found.pushed.run).actions == ()
