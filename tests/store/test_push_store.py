"""What the writing side keeps comes back as it was: links, writes, plans, approvals, wishes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, event
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.reconcile.brakes import Approval
from worker.domain.reconcile.intent import Intent, Purpose, echo
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Resolution, Verb
from worker.domain.reconcile.record import OutboxState
from worker.domain.span import DAY, Span
from worker.store.links import Agreed
from worker.store.outbox import Deposed
from worker.store.plans import KEPT
from worker.store.store import Store
from worker.store.values import (
    action_document,
    action_of,
    event_document,
    event_of,
    intent_document,
    intent_of,
    packed,
    unpacked,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SPANS = st.tuples(st.integers(0, 2**33), st.integers(0, 10**6)).map(
    lambda one: Span(one[0], one[0] + one[1])
)
KEYS = st.builds(Key, st.just("clinic"), st.sampled_from(Kind), TEXT, TEXT)
EVENTS = st.builds(
    Event,
    key=KEYS,
    status=st.sampled_from(Status),
    span=SPANS,
    title=TEXT,
    location=TEXT,
    subjects=st.lists(TEXT, max_size=3).map(tuple),
    capacity=st.none() | st.integers(0, 500),
    attendees=st.integers(0, 500),
    pad_before=st.integers(0, 90),
    pad_after=st.integers(0, 90),
    url=st.none() | TEXT,
    series=TEXT,
    traits=st.lists(st.sampled_from(Trait), max_size=2, unique=True).map(tuple),
    mark=TEXT,
)
INTENTS = st.builds(
    Intent,
    link=TEXT,
    purpose=st.sampled_from(Purpose),
    target=st.just("studio"),
    calendar=TEXT,
    resource=TEXT,
    span=SPANS,
    origin=st.none() | KEYS,
    title=TEXT,
    location=TEXT,
    capacity=st.none() | st.integers(0, 500),
    beside=st.lists(TEXT, max_size=2).map(tuple),
    details=st.dictionaries(TEXT, TEXT | st.booleans() | st.lists(TEXT, max_size=2), max_size=2),
)
RESOLUTIONS = st.builds(
    Resolution,
    id=st.integers(0, 99),
    finding=TEXT,
    key=KEYS,
    to=st.none() | SPANS,
    withdraw=st.booleans(),
    tells=st.booleans(),
    by=TEXT,
    why=TEXT,
    basis=st.binary(max_size=16),
)
ACTIONS = st.builds(
    Action,
    verb=st.sampled_from(Verb),
    target=st.just("studio"),
    link=TEXT,
    why=TEXT,
    span=SPANS,
    key=st.none() | KEYS,
    intent=st.none() | INTENTS,
    basis=st.binary(max_size=16),
    origin=st.none() | KEYS,
    event=st.none() | EVENTS,
    resolution=st.none() | RESOLUTIONS,
    reversible=st.booleans(),
    moved=st.integers(-(10**6), 10**6),
    digest=st.binary(max_size=16),
    wanted=st.none() | INTENTS,
    resource=TEXT,
)


@pytest.fixture
def store(tmp_path):
    with_store = Store(f"sqlite:///{tmp_path / 'calsync.db'}")
    with_store.accounts.register("studio", "desk", "one login")
    yield with_store
    with_store.close()


@given(EVENTS)
def test_an_event_comes_back_as_it_was_without_its_people(one):
    back = event_of(unpacked(packed(event_document(one))))
    assert back == replace(one, people=())
    assert echo(back) == echo(one)
    crowded = replace(one, people=("email:a@example.org",))
    assert "example.org" not in packed(event_document(crowded))


@given(INTENTS)
def test_an_intent_comes_back_as_it_was(one):
    assert intent_of(unpacked(packed(intent_document(one)))) == one


@given(ACTIONS)
def test_an_action_comes_back_as_it_was_and_with_its_id(one):
    back = action_of(unpacked(packed(action_document(one))))
    assert back == one
    assert (back.id, back.notifies) == (one.id, one.notifies)


def test_nothing_is_kept_as_empty_text():
    assert packed(event_document(None)) == ""
    assert event_of(unpacked("")) is None
    assert intent_of(unpacked("")) is None


def a_link(**changes):
    key = Key("studio", Kind.BLOCK, "b1", "")
    link = Link(
        id="a" * 24,
        purpose=Purpose.HOLD,
        target="studio",
        calendar="calendar:studio",
        resource="amy",
        origin=-(2**62),
        span=Span(NOW, NOW + 3600),
        digest=b"\x00\xff",
        key=key,
        number=key.number,
        echo=b"echo",
        revision=3,
        written_at=NOW,
        writes=(NOW - 9, NOW),
        retry_at=NOW + 1,
        trouble="no\nroom",
        since=NOW - 1,
    )
    return replace(link, **changes)


@pytest.mark.parametrize("state", list(LinkState))
def test_a_link_comes_back_as_it_was(store, state):
    link = a_link(state=state)
    agreed = Agreed(None, event("b1", NOW, account="studio", mark=link.id))
    store.links.keep(link, agreed)
    assert store.links.one(link.id) == link
    assert store.links.all() == [link]
    assert store.links.agreed([link.id]) == {link.id: agreed}
    store.links.keep(replace(link, number=0, key=None), agreed)
    assert store.links.one(link.id).key is None
    store.links.forget([link.id])
    assert store.links.all() == []


def test_only_what_may_stand_there_is_counted(store):
    for number, state in enumerate(LinkState):
        store.links.keep(a_link(id=f"{number:024x}", state=state), Agreed())
    assert store.links.counts() == {"studio": 3}


def an_action(**changes):
    key = Key("studio", Kind.BLOCK, "b1", "")
    span = Span(NOW, NOW + 3600)
    return replace(Action(Verb.DELETE, "studio", "a" * 24, "why", span, key=key), **changes)


def test_a_write_goes_its_way_and_is_told(store):
    outbox = store.outbox
    fence = outbox.lead()
    run = outbox.begin(fence, "plan", "amy", NOW)
    entry = outbox.intend(fence, run, an_action(), NOW)
    assert [one.state for one in outbox.open()] == [OutboxState.INTENT]
    before = event("b1", NOW, account="studio")
    outbox.send(fence, entry, an_action(), before, NOW + 1)
    (sent,) = outbox.open()
    assert (sent.state, sent.before, sent.outcome) == (OutboxState.IN_FLIGHT, before, "ambiguous")
    outbox.settle(fence, entry, OutboxState.CONFIRMED, "done", NOW + 2)
    outbox.finish(run, NOW + 3)
    assert outbox.open() == []
    found = outbox.run(run)
    assert (found.plan, found.by, found.finished_at) == ("plan", "amy", NOW + 3)
    assert [(one.outcome, one.detail, one.done_at) for one in found.entries] == [
        ("confirmed", "done", NOW + 2)
    ]
    assert outbox.removed_since(NOW) == {"studio": 1}
    assert outbox.removed_since(NOW + 2) == {}
    assert outbox.written() == {"studio"}
    assert outbox.states() == {("studio", "confirmed"): 1}
    outbox.take_back([entry], "later")
    assert outbox.run(run).entries[0].taken_back == "later"
    assert outbox.run("nobody") is None


def test_whoever_lost_the_lead_can_record_nothing_any_more(store):
    outbox = store.outbox
    fence = outbox.lead()
    run = outbox.begin(fence, "plan", "amy", NOW)
    entry = outbox.intend(fence, run, an_action(), NOW)
    assert outbox.lead() == fence + 1
    for late in (
        lambda: outbox.begin(fence, "plan", "amy", NOW),
        lambda: outbox.intend(fence, run, an_action(), NOW),
        lambda: outbox.send(fence, entry, an_action(), None, NOW),
        lambda: outbox.settle(fence, entry, OutboxState.CONFIRMED, "", NOW, forget=["x"]),
    ):
        with pytest.raises(Deposed):
            late()
    assert [one.state for one in outbox.open()] == [OutboxState.INTENT]


def test_nobody_leads_with_a_plan_from_before_what_was_written_since(store):
    outbox = store.outbox
    idle = outbox.progress()
    fence = outbox.lead(idle)
    for do in (
        lambda: outbox.begin(fence, "plan", "amy", NOW),
        lambda: outbox.intend(fence, outbox.runs()[0].id, an_action(), NOW),
        lambda: outbox.send(fence, outbox.open()[0].id, an_action(), None, NOW),
        lambda: outbox.settle(fence, outbox.open()[0].id, OutboxState.AMBIGUOUS, "", NOW),
        lambda: outbox.settle(fence, outbox.open()[0].id, OutboxState.CONFIRMED, "", NOW),
    ):
        before = outbox.progress()
        do()
        if outbox.progress() != before:
            with pytest.raises(Deposed):
                outbox.lead(before)
        with pytest.raises(Deposed):
            outbox.lead(idle)
    assert outbox.progress().states == {("studio", "confirmed", 1)}
    assert outbox.lead(outbox.progress()) == fence + 1


def test_an_account_is_unread_from_what_was_sent_until_it_was_read(store):
    fence = store.outbox.lead()
    run = store.outbox.begin(fence, "plan", "amy", NOW)
    entry = store.outbox.intend(fence, run, an_action(), NOW)
    store.outbox.settle(fence, entry, OutboxState.DEFERRED, "", NOW)
    assert store.outbox.unread() == frozenset()


def a_wish(**changes):
    wish = Resolution(
        id=0,
        finding="f1",
        key=Key("studio", Kind.SINGLE, "7", "x"),
        to=Span(NOW, NOW + 60),
        withdraw=False,
        tells=True,
        by="amy",
        why="=1+1",
        basis=b"\x00\x01",
    )
    return replace(wish, **changes)


def test_a_wish_comes_back_as_it_was_and_the_newest_for_an_event_counts(store):
    store.plans.resolve(a_wish(), NOW)
    second = store.plans.resolve(a_wish(to=None), NOW)
    other = store.plans.resolve(a_wish(key=Key("studio", Kind.BLOCK, "7", "x")), NOW)
    assert [one.id for one in store.plans.resolutions()] == [second, other]
    assert store.plans.resolutions()[0] == a_wish(id=second, to=None)
    store.plans.drop(second, "over")
    assert [one.id for one in store.plans.resolutions()] == [other]


@pytest.mark.parametrize(
    ("state", "left"),
    [(OutboxState.CONFIRMED, 0), (OutboxState.REJECTED, 0), (OutboxState.NEEDS_REVIEW, 0),
     (OutboxState.DEFERRED, 1), (OutboxState.AMBIGUOUS, 1)],
)  # fmt: skip
def test_a_wish_is_used_up_once_its_write_is_done(store, state, left):
    id_ = store.plans.resolve(a_wish(), NOW)
    fence = store.outbox.lead()
    run = store.outbox.begin(fence, "plan", "amy", NOW)
    action = an_action(link=f"resolution:{id_}", resolution=a_wish(id=id_))
    entry = store.outbox.intend(fence, run, action, NOW)
    store.outbox.settle(fence, entry, state, "", NOW)
    assert len(store.plans.resolutions()) == left


def test_plans_are_kept_for_a_while_and_approvals_until_they_end(store):
    plans = store.plans
    plans.keep("h1", {"refused": []}, NOW)
    plans.keep("h1", {"refused": [1]}, NOW)
    assert plans.kept("h1") == {"refused": [1]}
    assert plans.kept("h") is None
    passed = [Approval("B3", "studio", frozenset({"x", "y"}), NOW + DAY)]
    plans.approve("h1", passed, {("B3", "studio"): "too many"}, "amy", NOW)
    assert plans.approvals(NOW) == passed
    assert plans.approvals(NOW + DAY) == []
    assert [(one.reason, one.by) for one in plans.log()] == [("too many", "amy")]
    plans.keep("h2", {}, NOW + KEPT + 1)
    assert plans.kept("h1") is None


def test_facts_are_replaced(store):
    assert store.plans.fact("push_agreed") is None
    store.plans.remember("push_agreed", ["a"])
    store.plans.remember("push_agreed", ["b"])
    assert store.plans.fact("push_agreed") == ["b"]
