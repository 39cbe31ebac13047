"""Where an account can ask its vendor, its own free times join those computed from the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from tests.builders import NOW, StillClock, at, event
from tests.e2e.rehearsal import rehearsal
from tests.engine.practice import Practice
from worker.domain.absence import AbsenceRules
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.openings import Opening
from worker.domain.conflict.suggestions import Suggestion
from worker.domain.event import Event, Kind, Status
from worker.domain.health import Health, Trouble, paused
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.domain.subject import Bindings, Resource
from worker.engine.advice import Adviser
from worker.engine.cycle import Cycle, Settings
from worker.engine.inquiry import ASK_AGAIN, Inquirer
from worker.engine.poll import Source
from worker.engine.rules import DetectionRules
from worker.publish import documents
from worker.store.store import Store
from worker.vendors.base import NeedsPerson, Nonsense, TryLater, Vanished, VendorError

SECONDS = 20.0
OWN = "free by coaching's own calendar, too"
HOURS = ("Mon-Fri 08:00-18:00",)


def hour(text: str) -> Span:
    return Span(at(text), at(text) + HOUR)


@dataclass
class Question:
    event: Event
    answer: bytes | None
    search: Span
    within: float


@dataclass
class Bookable(Practice):
    """A vendor that can be asked; `says` is its answer, or the error that it comes to."""

    account: str = "coaching"
    says: Sequence[Opening] | VendorError | None = ()
    takes: float = 0.0
    questions: list[Question] = field(default_factory=list)
    clock: StillClock | None = None

    def free(
        self, event: Event, answer: bytes | None, search: Span, within: float
    ) -> Sequence[Opening] | None:
        self.questions.append(Question(event, answer, search, within))
        if self.clock:
            self.clock.time += self.takes
        if isinstance(self.says, VendorError):
            raise self.says
        return self.says


class Desk:
    """Amy, whom the clinic and coaching sell, and an adviser who may ask coaching."""

    def __init__(self, directory: Path, *own: Event, clinic: Sequence[Event] = ()) -> None:
        self.clock = StillClock(NOW)
        self.store = Store(f"sqlite:///{directory / 'calsync.db'}")
        self.clinic = Practice(list(clinic))
        self.coaching = Bookable(list(own), clock=self.clock)
        bound = (("clinic", "practitioner:1"), ("coaching", "calendar:42"))
        amy = Resource("amy", "Amy Ng", bindings=bound, hours=HOURS)
        rules = DetectionRules({"amy": amy}, Bindings([amy]))
        settings = Settings(rules, DAY, 90 * DAY, 600, AbsenceRules())
        sources = [Source("clinic", self.clinic, 120), Source("coaching", self.coaching, 120)]
        for source in sources:
            self.store.accounts.register(source.id, "practice", "one login")
        self.cycle = Cycle(self.store, sources, settings, self.clock)
        self.adviser = Adviser(self.store, [amy], {}, "UTC")
        self.inquirer = Inquirer(self.store, sources, self.clock, SECONDS)
        self.cycle.poll_all(self.cycle.accounts)

    def finding(self, kind: FindingKind = FindingKind.RESOURCE_DOUBLE) -> Finding:
        (known,) = self.store.findings.about([kind]).values()
        return known.finding

    def counsel(self, finding: Finding | None = None) -> tuple[Suggestion, ...]:
        now = int(self.clock.now())
        return self.adviser.counsel(finding or self.finding(), now, self.inquirer.begin())

    def effect(self, action: str = "move", native_id: str = "a") -> str:
        """What one suggestion for one event says."""
        (one,) = [
            s for s in self.counsel() if (s.action, s.target.native_id) == (action, native_id)
        ]
        return one.effect

    def health(self) -> Health:
        return self.store.accounts.all()["coaching"].health


def coached(native_id: str, start: str, **fields: object) -> Event:
    return event(native_id, start, account="coaching", subjects=("calendar:42",), **fields)


def treated(native_id: str, start: str, **fields: object) -> Event:
    return event(native_id, start, subjects=("practitioner:1",), **fields)


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    """Amy is at coaching and at the clinic on Tuesday at nine, and busy until noon."""
    own = coached("a", "2026-03-03T09:00", attendees=1)
    clash = treated("1", "2026-03-03T09:30", attendees=1)
    full = treated("2", "2026-03-03T10:30", minutes=90)
    desk = Desk(tmp_path, own, clinic=[clash, full])
    yield desk
    desk.store.close()


def test_a_time_that_the_vendor_names_too_is_marked_and_comes_first(desk):
    desk.coaching.says = [Opening(hour("2026-03-04T14:00"))]
    assert (
        f"to Wed 4 Mar 14:00–15:00 UTC ({OWN}), or else to Tue 3 Mar 08:00–09:00 UTC or "
        "Tue 3 Mar 12:00–13:00 UTC, when everything that it needs is free"
    ) in desk.effect()


def test_three_times_that_the_vendor_names_are_enough(desk):
    desk.coaching.says = [Opening(hour(f"2026-03-04T{h}:00")) for h in (13, 14, 15, 16)]
    told = desk.effect()
    assert f"Wed 4 Mar 15:00–16:00 UTC ({OWN}), when everything" in told
    assert told.count("UTC") == 3


def test_proposals_of_the_vendor_do_not_overlap_each_other(desk):
    quarters = range(at("2026-03-04T14:00"), at("2026-03-04T16:00"), 15 * MINUTE)
    desk.coaching.says = [Opening(Span(start, start + HOUR)) for start in quarters]
    assert f"to Wed 4 Mar 14:00–15:00 UTC or Wed 4 Mar 15:00–16:00 UTC ({OWN}), or else to" in (
        desk.effect()
    )


def test_a_slot_is_told_of_in_words_of_its_own_where_none_has_room(tmp_path):
    own, clash = sheet("a", "2026-03-03T09:00"), treated("1", "2026-03-03T09:30")
    desk = Desk(tmp_path, own, clinic=[clash])
    assert desk.effect().endswith("; coaching, asked for others with room, named none that fits.")
    desk.store.close()


def test_what_the_store_knows_to_be_taken_is_not_offered(desk):
    desk.coaching.says = [
        Opening(hour("2026-03-03T11:00")),  # the clinic has Amy
        Opening(hour("2026-03-03T09:00")),  # what is to be moved
        Opening(hour("2026-03-04T18:00")),  # after hours
        Opening(hour("2026-03-04T10:00")),
    ]
    told = desk.effect()
    assert f"to Wed 4 Mar 10:00–11:00 UTC ({OWN}), or else" in told
    assert "11:00–12:00" not in told
    assert "18:00" not in told


def test_a_vendor_that_names_nothing_that_fits_is_told_of(desk):
    for says in ([], [Opening(hour("2026-03-03T11:00"))]):
        desk.coaching.says = says
        desk.clock.time += ASK_AGAIN
        told = desk.effect()
        assert told.endswith("coaching, asked for its own free times, named none that fits.")
        assert OWN not in told
        assert "to Tue 3 Mar 08:00–09:00 UTC or" in told


def test_it_is_asked_from_the_first_free_time_on_with_the_stored_answer(desk):
    desk.counsel()
    (question,) = desk.coaching.questions
    assert question.event.key.native_id == "a"
    assert question.answer == b'{"id":"1"}'
    assert question.search == Span(at("2026-03-03T08:00"), at("2026-03-17T00:00"))
    assert question.within == SECONDS


def test_reports_and_polls_ask_nothing(desk):
    now = int(desk.clock.now())
    advice = desk.adviser.advice([desk.finding()], now)
    desk.cycle.poll_all(desk.cycle.accounts)
    assert advice[desk.finding().id]
    assert desk.coaching.questions == []


def test_a_vendor_that_has_no_such_question_changes_nothing(desk):
    desk.coaching.says = None
    now = int(desk.clock.now())
    assert desk.counsel() == desk.adviser.advice([desk.finding()], now)[desk.finding().id]


@pytest.mark.parametrize(
    "error",
    [
        TryLater("GET /times: no whole answer within 20 s"),
        NeedsPerson("GET /times answered 403: not allowed"),
        Vanished("GET /times answered 404"),
        Nonsense("GET /times answered with broken JSON"),
    ],
)
def test_whatever_goes_wrong_is_a_note_and_nothing_else(desk, error):
    before = desk.health()
    desk.coaching.says = error
    told = desk.effect()
    assert "to Tue 3 Mar 08:00–09:00 UTC or" in told
    assert told.endswith(f"; coaching could not be asked for its own free times: {error}.")
    assert desk.health() == before


def test_a_wait_that_is_stated_is_stored_and_kept(desk):
    desk.coaching.says = TryLater("GET /times answered 429", wait=900)
    assert "answered 429" in desk.effect()
    assert desk.health().wait_until == NOW + 900
    assert desk.cycle.poll("coaching").result == "waiting"
    desk.clock.time += 899
    assert "it asked for no calls until 2026-03-02T08:15:00Z" in desk.effect()
    assert len(desk.coaching.questions) == 1
    desk.clock.time += 1
    desk.coaching.says = [Opening(hour("2026-03-04T14:00"))]
    assert OWN in desk.effect()


def test_throttling_without_a_stated_wait_is_kept_to_as_well(desk):
    desk.coaching.says = TryLater("GET /times answered 429", throttled=True)
    desk.counsel()
    assert desk.health().waits(NOW + 59)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (paused, "it is paused"),
        (lambda health: replace(health, trouble=Trouble.NEEDS_PERSON), "its login needs attention"),
    ],
)
def test_an_account_that_is_left_alone_is_not_asked(desk, change, words):
    desk.store.accounts.change_health("coaching", change)
    assert f"coaching was not asked for its own free times: {words}" in desk.effect()
    assert desk.coaching.questions == []


def test_while_it_is_polled_it_is_not_asked(desk):
    source = Source("coaching", desk.coaching, 120)
    desk.inquirer = Inquirer(desk.store, [source], desk.clock, 0.05)
    with desk.store.database.locked("poll:coaching", 1.0):
        assert "it is being read just now" in desk.effect()
    assert desk.coaching.questions == []


def test_looking_again_a_moment_later_asks_nothing_anew(desk):
    desk.coaching.says = [Opening(hour("2026-03-04T14:00"))]
    first = desk.counsel()
    desk.clock.time += ASK_AGAIN - 1
    assert desk.counsel() == first
    assert len(desk.coaching.questions) == 1
    desk.clock.time += 1
    desk.counsel()
    assert len(desk.coaching.questions) == 2


def test_a_silent_vendor_is_not_tried_again_for_each_reader(desk):
    desk.coaching.says = TryLater("GET /times: no whole answer within 20 s")
    assert len({desk.effect() for _ in range(3)}) == 1
    assert len(desk.coaching.questions) == 1


def test_all_events_of_an_account_share_its_time(tmp_path):
    three = [coached(name, "2026-03-03T09:00", attendees=n) for n, name in enumerate("abc", 1)]
    desk = Desk(tmp_path, *three)
    desk.coaching.takes = 15.0
    assert "named none" in desk.effect(native_id="b")
    assert [question.within for question in desk.coaching.questions] == [20.0, 5.0]
    # The third one's turn comes when somebody looks again.
    desk.coaching.takes = 0.0
    desk.counsel()
    assert [q.event.key.native_id for q in desk.coaching.questions] == ["a", "b", "c"]
    desk.store.close()


def test_the_third_event_is_told_that_time_was_up(tmp_path):
    three = [coached(name, "2026-03-03T09:00", attendees=n) for n, name in enumerate("abc", 1)]
    desk = Desk(tmp_path, *three)
    desk.coaching.takes = 15.0
    assert desk.effect(native_id="c").endswith("again: it answers slowly.")
    desk.store.close()


def test_what_is_over_and_what_has_no_free_time_at_all_is_not_asked_about(tmp_path):
    gone = Desk(
        tmp_path, coached("a", "2026-03-02T06:30"), clinic=[treated("1", "2026-03-02T06:00")]
    )
    assert gone.counsel()
    assert gone.coaching.questions == []
    gone.store.close()


def test_with_no_free_time_by_the_store_the_vendor_is_left_in_peace(tmp_path):
    away = event(
        "9",
        "2026-03-02T00:00",
        minutes=20 * 24 * 60,
        kind=Kind.BLOCK,
        status=Status.HELD,
        subjects=("practitioner:1",),
    )
    pair = coached("a", "2026-03-03T09:00"), treated("1", "2026-03-03T09:00")
    desk = Desk(tmp_path, pair[0], clinic=[pair[1], away])
    assert "none is free in the next two weeks" in desk.effect()
    assert desk.coaching.questions == []
    desk.store.close()


def sheet(native_id: str, start: str, status: Status = Status.BOOKED, people: int = 1) -> Event:
    taken = people if status is Status.BOOKED else 0
    return coached(native_id, start, kind=Kind.SLOT, status=status, attendees=taken)


def test_the_people_of_a_slot_can_go_to_another_that_is_open(tmp_path):
    desk = Desk(
        tmp_path,
        sheet("a", "2026-03-03T09:00"),
        sheet("b", "2026-03-04T09:00", Status.OFFERED),
        clinic=[treated("1", "2026-03-03T09:30")],
    )
    desk.coaching.says = [Opening(hour("2026-03-04T09:00"), "b", 1)]
    told = desk.effect("move_people")
    assert told == (
        "Offer the person of slot a in coaching a place in another of its kind, on "
        "Wed 4 Mar 09:00–10:00 UTC (1 place left): there is room by coaching's own calendar, too."
    )
    assert all(one.notifies for one in desk.counsel() if one.action == "move_people")
    assert OWN not in desk.effect("move")
    desk.store.close()


def test_an_open_slot_whose_time_somebody_else_takes_is_no_way_out(tmp_path):
    desk = Desk(
        tmp_path,
        sheet("a", "2026-03-03T09:00", people=4),
        sheet("b", "2026-03-04T09:00", Status.OFFERED),
        sheet("c", "2026-03-05T09:00", Status.OFFERED),
        clinic=[treated("1", "2026-03-03T09:30"), treated("2", "2026-03-04T09:30")],
    )
    desk.coaching.says = [
        Opening(hour("2026-03-04T09:00"), "b"),
        Opening(hour("2026-03-05T09:00"), "c", 3),
    ]
    (finding,) = [
        known.finding
        for known in desk.store.findings.about([FindingKind.RESOURCE_DOUBLE]).values()
        if any(member.key.native_id == "a" for member in known.finding.members)
    ]
    (told,) = [one.effect for one in desk.counsel(finding) if one.action == "move_people"]
    assert "Offer the 4 people of slot a" in told
    assert "on Thu 5 Mar 09:00–10:00 UTC (3 places left):" in told
    assert "Wed" not in told
    desk.store.close()


def test_a_person_is_not_sent_where_the_same_person_is_expected_already(tmp_path):
    ann = {"people": ("email:ann@example.org",), "attendees": 1}
    own = coached("a", "2026-03-03T09:00", **ann)
    clash = event("1", "2026-03-03T09:30", subjects=("practitioner:7",), **ann)
    later = event("2", "2026-03-04T14:00", subjects=("practitioner:7",), **ann)
    desk = Desk(tmp_path, own, clinic=[clash, later])
    desk.coaching.says = [Opening(hour("2026-03-04T14:30")), Opening(hour("2026-03-04T16:00"))]
    found = desk.counsel(desk.finding(FindingKind.PERSON_DOUBLE))
    (told,) = [one.effect for one in found if one.target.native_id == "a" and one.action == "move"]
    assert f"to Wed 4 Mar 16:00–17:00 UTC ({OWN})" in told
    assert "14:30" not in told
    desk.store.close()


def test_explaining_a_finding_asks_the_simulated_vendors_and_reporting_does_not(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        app.sync((), lambda _report: None)
        asked = world.world.simulators["acuity"]
        calls: list[str] = []
        handle = asked.handle
        asked.handle = lambda request: calls.append(request.path) or handle(request)
        report = app.report()
        app.advice(report)
        for one in report.findings:
            app.explain(one.finding.id)
        assert calls == []
        effects: dict[str, list[str]] = {}
        for one in report.findings:
            if any(m.key.account == "coaching" for m in one.finding.members):
                document = documents.explanation(app.consult(one.finding.id), app.vendor_names)
                suggestions = document["finding"]["suggestions"]
                effects[one.finding.id] = [s["effect"] for s in suggestions]
        assert any(path.endswith("/availability/times") for path in calls)
        told = [effect for each in effects.values() for effect in each]
        assert any(OWN in effect for effect in told)
        assert not any("could not be asked" in effect for effect in told)
