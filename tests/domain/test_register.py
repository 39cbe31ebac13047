"""The life of a finding, through detections, the clock and what people say."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, FindingState, Subject
from worker.domain.conflict.register import (
    Known,
    Life,
    NotPossible,
    Verb,
    as_of,
    decided,
    follow,
    passed,
    sources_of,
    woken,
)
from worker.domain.event import Status
from worker.domain.span import HOUR, Span
from worker.store.database import Database
from worker.store.findings import Findings
from worker.store.schema import ensure

AMY = Subject("resource", "amy", "Amy Ng")
BOTH = {"clinic", "campus"}


def clash(*events, flags=("happened",), start=NOW + HOUR, subject=AMY, **fields):
    return Finding(
        kind=fields.pop("kind", FindingKind.RESOURCE_DOUBLE),
        subject=subject,
        span=Span(start, start + HOUR),
        members=tuple(member(one) for one in events),
        peak=len(events),
        flags=flags,
        **fields,
    )


A, B, C, D = (event(name, account="campus" if name == "b" else "clinic") for name in "abcd")


class Register:
    """Detections an hour apart, each over what became of the former."""

    def __init__(self):
        self.now = NOW
        self.known = {}
        self.words = []

    def see(self, *found, trusted=BOTH, since=0):
        self.now += HOUR
        steps = follow(self.known, found, now=self.now, trusted=trusted, since=since)
        return self.take(steps)

    def say(self, finding, verb, **said):
        self.now += 1
        return self.take([decided(self.known[finding.id], verb, now=self.now, by="pat", **said)])

    def take(self, steps):
        self.words = [step.what for step in steps]
        self.known |= {step.finding.id: Known(step.finding, step.life) for step in steps}
        return self

    def state(self, finding):
        return str(self.life(finding).state)

    def life(self, finding):
        return self.known[finding.id].life


@pytest.fixture
def register():
    return Register()


def test_a_finding_is_found_confirmed_resolved_and_reopened(register):
    one = clash(A, B)
    assert register.see(one).words == ["found"]
    first = register.life(one)
    assert register.see(one).words == ["confirmed"]
    assert register.life(one).first_seen == first.first_seen
    assert register.life(one).last_confirmed == register.now
    assert register.see().words == ["resolved"]
    assert register.life(one).resolved_at == register.now
    assert register.see().words == []
    assert register.see(one).words == ["reopened"]
    assert register.life(one) == replace(
        first, state=FindingState.REOPENED, last_confirmed=register.now, reopened=1
    )


@pytest.mark.parametrize("trusted", [(), ("clinic",), ("campus",)])
def test_a_finding_ends_only_where_all_its_sources_are_fresh_and_complete(register, trusted):
    one = clash(A, B)
    register.see(one)
    assert register.see(trusted=trusted).words == []
    assert register.state(one) == "open"
    assert register.see(trusted=BOTH).words == ["resolved"]


@pytest.mark.parametrize(
    ("subject", "sources"),
    [
        (Subject("account", "studio"), {"studio"}),
        (Subject("page", "frontdesk/30min"), {"frontdesk"}),
        (Subject("binding", "campus/amy"), {"campus"}),
        (Subject("series", "studio/single/12"), {"studio"}),
        (Subject("resource", "studio"), set()),
    ],
)
def test_a_finding_without_members_rests_on_the_account_it_is_about(subject, sources):
    one = Finding(FindingKind.STALE_SOURCE, subject, Span(NOW, NOW + 1), ())
    assert sources_of(one) == sources


def test_a_finding_about_a_row_rests_on_the_account_that_shows_it():
    row = Finding(
        FindingKind.DATA_INVALID,
        Subject("event", "0" * 16),
        Span(NOW, NOW + 1),
        (),
        evidence=(("account", "coaching"),),
    )
    assert sources_of(row) == {"coaching"}


def test_a_finding_and_what_was_said_of_it_survive_a_move(register):
    register.see(clash(A, B))
    before = register.say(clash(A, B), Verb.ACKNOWLEDGE, note="asked Amy").life(clash(A, B))
    moved = clash(A, B, start=NOW + 40 * HOUR)
    assert register.see(moved).words == ["confirmed"]
    assert register.known[moved.id].finding.span == moved.span
    assert register.life(moved) == replace(before, last_confirmed=register.now)


def test_a_finding_that_moves_out_of_the_past_is_reopened_and_not_found_twice(register):
    past = clash(A, B, start=NOW - 9 * HOUR)
    register.see(past)
    register.take(passed(register.known.values(), register.now))
    assert register.see(clash(A, B), since=NOW).words == ["reopened"]


def test_what_ended_before_the_stretch_that_was_looked_at_is_left_alone(register):
    past = clash(A, B, start=NOW - 9 * HOUR)
    register.see(past)
    assert register.see(since=NOW).words == []
    assert [step.what for step in passed(register.known.values(), NOW)] == ["passed"]


@pytest.mark.parametrize(
    ("verb", "said", "state"),
    [
        (Verb.ACKNOWLEDGE, {}, "acknowledged"),
        (Verb.SNOOZE, {"until": NOW + 99 * HOUR}, "snoozed"),
        (Verb.ACCEPT, {"note": "two practice rooms"}, "accepted"),
        (Verb.ACCEPT, {"until": NOW + 99 * HOUR}, "accepted"),
    ],
)
def test_what_people_say_survives_detections(register, verb, said, state):
    one = clash(A, B)
    register.see(one).say(one, verb, **said)
    for _ in range(3):
        register.see(one)
        assert (register.words, register.state(one)) == (["confirmed"], state)


def test_who_takes_a_finding_on_owns_it(register):
    one = clash(A, B)
    assert register.see(one).say(one, Verb.ACKNOWLEDGE).life(one).owner == "pat"
    register.see(clash(A, B, C))
    assert register.life(clash(A, B, C)).owner == "pat"


def test_a_snooze_ends_by_itself_also_where_nothing_is_looked_at_again(register):
    one = clash(A, B)
    end = NOW + 3 * HOUR
    register.see(one).say(one, Verb.SNOOZE, until=end)
    assert woken(register.known.values(), end - 1) == []
    assert as_of(register.life(one), end - 1).state == "snoozed"
    assert as_of(register.life(one), end).state == "open"
    assert [step.what for step in woken(register.known.values(), end)] == ["snooze_over"]
    register.see(one)
    assert register.state(one) == "snoozed"
    assert register.see(one).words == ["snooze_over"]
    assert (register.state(one), register.life(one).snoozed_until) == ("open", None)


def test_an_acceptance_without_an_end_lasts(register):
    one = clash(A, B)
    register.see(one).say(one, Verb.ACCEPT)
    assert woken(register.known.values(), NOW + 9999 * HOUR) == []


def test_a_resolved_finding_that_was_snoozed_stays_resolved_when_the_snooze_is_over(register):
    one = clash(A, B)
    register.see(one).say(one, Verb.SNOOZE, until=NOW + 2 * HOUR)
    register.see()
    assert woken(register.known.values(), NOW + 99 * HOUR) == []
    assert register.state(one) == "resolved"


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.SNOOZE, Verb.ACCEPT])
def test_what_could_be_prevented_and_then_happened_asks_again(register, verb):
    until = NOW + 99 * HOUR if verb is Verb.SNOOZE else None
    register.see(clash(A, B, flags=("preventable",)))
    register.say(clash(A, B), verb, until=until)
    register.see(clash(A, B, flags=("happened",)))
    assert (register.words, register.state(clash(A, B))) == (["worse"], "reopened")


def test_what_gets_better_does_not_ask_again(register):
    register.see(clash(A, B)).say(clash(A, B), Verb.ACCEPT)
    assert register.see(clash(A, B, flags=("preventable",))).words == ["confirmed"]


def test_a_change_of_members_makes_a_successor_that_is_linked_and_open(register):
    two, three = clash(A, B), clash(A, B, C)
    register.see(two).say(two, Verb.ACCEPT)
    register.see(three)
    assert sorted(register.words) == ["found", "replaced"]
    assert register.life(three).predecessor == two.id
    assert (register.state(three), register.state(two)) == ("open", "resolved")


def test_the_history_of_what_was_replaced_says_by_what():
    known = {clash(A, B).id: Known(clash(A, B), Life(FindingState.OPEN, NOW, NOW))}
    steps = follow(known, [clash(A, B, C)], now=NOW, trusted=BOTH)
    (note,) = [step.note for step in steps if step.what == "replaced"]
    assert note == clash(A, B, C).id


def test_a_successor_of_a_merge_follows_the_one_with_most_in_common_whatever_the_order():
    olds = [clash(A, B), clash(B, C, D)]
    new = clash(A, B, C, D)
    for order in itertools.permutations(olds):
        known = {one.id: Known(one, Life(FindingState.OPEN, NOW, NOW)) for one in order}
        steps = {step.finding.id: step for step in follow(known, [new], now=NOW, trusted=BOTH)}
        assert steps[new.id].life.predecessor == olds[1].id
        assert (steps[olds[0].id].what, steps[olds[1].id].what) == ("resolved", "replaced")


def test_a_split_leaves_two_successors_of_one():
    old = clash(A, B, C, D)
    known = {old.id: Known(old, Life(FindingState.OPEN, NOW, NOW))}
    parts = [clash(A, B), clash(C, D)]
    steps = {step.finding.id: step for step in follow(known, parts, now=NOW, trusted=BOTH)}
    assert {steps[part.id].life.predecessor for part in parts} == {old.id}
    assert steps[old.id].note == ", ".join(sorted(part.id for part in parts))


@pytest.mark.parametrize(
    "other",
    [
        clash(C, D),
        clash(A, C, subject=Subject("resource", "bo")),
        clash(A, C, kind=FindingKind.BUFFER),
    ],
    ids=["other members", "another subject", "another kind"],
)
def test_what_is_another_matter_is_no_successor(register, other):
    register.see(clash(A, B)).see(other)
    assert register.life(other).predecessor is None


def test_a_successor_is_linked_although_stale_data_keep_its_predecessor_open(register):
    register.see(clash(A, B)).see(clash(A, B, C), trusted={"clinic"})
    assert register.words == ["found"]
    assert register.life(clash(A, B, C)).predecessor == clash(A, B).id
    assert register.state(clash(A, B)) == "open"
    register.see(clash(A, B, C))
    assert sorted(register.words) == ["confirmed", "replaced"]


def test_a_person_reopens_what_was_settled(register):
    one = clash(A, B)
    register.see(one).say(one, Verb.ACCEPT, note="fine").say(one, Verb.REOPEN)
    assert (register.state(one), register.life(one).note) == ("reopened", "fine")
    register.see().say(one, Verb.REOPEN)
    assert (register.state(one), register.life(one).resolved_at) == ("reopened", None)
    assert register.life(one).reopened == 2


def test_reopening_what_is_open_changes_nothing(register):
    one = clash(A, B)
    before = register.see(one).life(one)
    assert register.say(one, Verb.REOPEN).life(one) == before


@pytest.mark.parametrize(
    ("verb", "said", "why"),
    [
        (Verb.SNOOZE, {}, "needs an end"),
        (Verb.SNOOZE, {"until": NOW - 1}, "over already"),
        (Verb.ACKNOWLEDGE, {"until": NOW + 99 * HOUR}, "can end by itself"),
        (Verb.REOPEN, {"until": NOW + 99 * HOUR}, "can end by itself"),
        (Verb.ACCEPT, {"note": "x" * 2001}, "at most 2000"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(register, verb, said, why):
    one = clash(A, B)
    register.see(one)
    with pytest.raises(NotPossible, match=why):
        register.say(one, verb, **said)


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.SNOOZE, Verb.ACCEPT])
def test_what_is_resolved_can_only_be_reopened(register, verb):
    one = clash(A, B)
    register.see(one).see()
    with pytest.raises(NotPossible, match="resolved"):
        register.say(one, verb)


def test_any_order_of_findings_gives_the_same_register():
    found = [clash(A, B), clash(C, D), clash(B, D)]
    known = {
        one.id: Known(one, Life(FindingState.OPEN, NOW, NOW)) for one in (clash(A, C), clash(A, B))
    }
    outcomes = {
        tuple(sorted((s.finding.id, s.what, s.note, s.life.predecessor or "") for s in steps))
        for order in itertools.permutations(found)
        for turned in (known, dict(reversed(known.items())))
        for steps in [follow(turned, order, now=NOW, trusted=BOTH)]
    }
    assert len(outcomes) == 1


# The same, kept in a store.


@pytest.fixture
def findings(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/calsync.db")
    ensure(database)
    yield Findings(database)
    database.close()


def test_the_store_keeps_a_life_with_its_history_by_whom(findings):
    one = clash(A, event("b", account="campus", status=Status.OFFERED), flags=("preventable",))
    findings.write(follow({}, [one], now=NOW, trusted=BOTH), NOW)
    changed = findings.change(
        one.id,
        lambda known: decided(known, Verb.SNOOZE, now=NOW + 5, by="pat", note="Mon", until=NOW + 9),
        NOW + 5,
    )
    assert findings.some([one.id]) == {one.id: changed}
    assert changed.life.state is FindingState.SNOOZED
    assert [(told.at, told.what, told.by, told.note) for told in findings.history(one.id)] == [
        (NOW, "found", "", ""),
        (NOW + 5, "snoozed", "pat", "until 2026-03-02T08:00:09Z: Mon"),
    ]
    assert findings.lapsed(NOW + 8) == []
    findings.write(woken(findings.lapsed(NOW + 9), NOW + 9), NOW + 9)
    assert findings.some([one.id])[one.id].life.state is FindingState.OPEN
    assert findings.lapsed(NOW + 99) == []


def test_a_refused_change_leaves_the_store_as_it_was(findings):
    one = clash(A, B)
    findings.write(follow({}, [one], now=NOW, trusted=BOTH), NOW)
    before = findings.all()
    with pytest.raises(NotPossible):
        findings.change(one.id, lambda known: decided(known, Verb.SNOOZE, now=NOW, by="pat"), NOW)
    assert findings.all() == before
    with pytest.raises(KeyError):
        findings.change("0" * 16, lambda known: decided(known, Verb.REOPEN, now=NOW, by="pat"), NOW)


def test_the_store_knows_what_a_finding_went_on_as(findings):
    findings.write(follow({}, [clash(A, B)], now=NOW, trusted=BOTH), NOW)
    findings.write(follow(findings.all(), [clash(A, B, C)], now=NOW, trusted=BOTH), NOW)
    assert findings.successors(clash(A, B).id) == [clash(A, B, C).id]
    assert findings.all()[clash(A, B, C).id].life.predecessor == clash(A, B).id
