"""Plans as values, and the whole planner: everything wanted, remembered and found, enumerated."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from worker.domain.event import Key, Kind
from worker.domain.reconcile.brakes import Limits, Situation, braked
from worker.domain.reconcile.differences import Change, Do, Outstanding, Picture, differences
from worker.domain.reconcile.intent import Purpose
from worker.domain.reconcile.links import Identity, Link, LinkState, Shown, Still, Want
from worker.domain.reconcile.plan import Action, Verb, hash_of, in_order
from worker.domain.span import Span

ACCOUNTS = ("studio", "campus")
START, END = NOW + 7200, NOW + 86_400


def want(
    origin: int, target: str = "studio", hours: int = 2, purpose: Purpose = Purpose.HOLD
) -> Want:
    start = NOW + hours * 3600
    return Want(purpose, target, "calendar:1", "amy", origin, start, start + 3600)


def link(one: Want, state: LinkState = LinkState.AGREED, revision: int = 1, **more: object) -> Link:
    """What is remembered of what was wanted so; its target shows it under an id of its own."""
    key = Key(one.target, Kind.BLOCK, one.link)
    return Link(
        id=one.link,
        purpose=one.purpose,
        target=one.target,
        calendar=one.calendar,
        resource=one.resource,
        origin=one.origin,
        span=one.span,
        digest=one.digest,
        state=state,
        key=key,
        number=key.number,
        revision=revision,
        **more,  # type: ignore[arg-type]
    )


def picture(
    wants: list[Want], links: list[Link], shown: list[Shown], edited: set[str] | None = None
) -> Picture:
    return Picture(
        wants={one.identity: one for one in wants},
        links=links,
        shown={one.number: one for one in shown},
        writable=frozenset(ACCOUNTS),
        now=NOW,
        until=END,
        edited=edited or set(),
    )


def shown(one: Link, *, gone: bool = False) -> Shown:
    return Shown(one.number, one.target, one.id, 1, gone)


# --- everything there is: wanted, remembered, found

WANTED = (None, want(1), want(1, hours=3))
STATES = [one for one in LinkState if one is not LinkState.WITHDRAWN]  # that is for slots only
REMEMBERED = (None, *STATES)
FOUND = ("nothing", "there", "edited", "gone")


def case(wanted: Want | None, state: LinkState | None, found: str) -> list[Change]:
    remembered = link(want(1), state) if state else None
    there = (
        []
        if remembered is None or found == "nothing"
        else [shown(remembered, gone=found == "gone")]
    )
    return list(
        differences(
            picture(
                [wanted] if wanted else [],
                [remembered] if remembered else [],
                there,
                {want(1).link} if found == "edited" else set(),
            )
        )
    )


EVERY_CASE = list(itertools.product(WANTED, REMEMBERED, FOUND))


@pytest.mark.parametrize("found", FOUND)
@pytest.mark.parametrize("state", REMEMBERED)
@pytest.mark.parametrize("wanted", WANTED)
def test_every_case_has_at_most_one_consequence_and_never_a_dangerous_one(wanted, state, found):
    changes = case(wanted, state, found)
    assert len(changes) <= 1
    does = changes[0].do if changes else None
    if state is LinkState.AMBIGUOUS:
        assert does is None, "nothing is planned on what nobody knows"
    if does is Do.CREATE:
        assert wanted is not None
        assert state is not LinkState.AGREED, "it may stand there"
    if does is Do.DELETE:
        assert wanted is None
        assert found in ("there", "edited")
        assert state not in (None, LinkState.NEEDS_REVIEW, LinkState.UNDONE)
    if does is Do.UPDATE:
        assert wanted is not None
        assert found in ("there", "edited")
        assert found == "edited" or wanted.span != want(1).span
    if does is Do.FORGET:
        assert wanted is None


def test_of_all_cases_just_these_write():
    """The table in numbers: a case that begins to write, or ceases to, is seen here."""
    counts = {do: sum(one.do is do for args in EVERY_CASE for one in case(*args)) for do in Do}
    assert counts == {Do.CREATE: 16, Do.UPDATE: 12, Do.DELETE: 4, Do.ADOPT: 0, Do.FORGET: 6}


# --- properties

HOURS = st.integers(1, 20)
wants = st.lists(
    st.builds(
        want,
        st.integers(1, 6),
        st.sampled_from(ACCOUNTS),
        HOURS,
        st.sampled_from([Purpose.HOLD, Purpose.COPY]),
    ),
    max_size=8,
)
remembered = st.lists(
    st.tuples(
        st.builds(want, st.integers(1, 6), st.sampled_from(ACCOUNTS), HOURS),
        st.sampled_from(STATES),
        st.sampled_from(FOUND),
    ),
    max_size=8,
    unique_by=lambda one: one[0].link,
)


def world(some, known):
    links = [link(one, state, revision=2 if how == "edited" else 1) for one, state, how in known]
    there = [
        shown(one, gone=how == "gone")
        for one, (_, _, how) in zip(links, known, strict=True)
        if how != "nothing"
    ]
    edited = {one.id for one in links if one.revision == 2}
    return picture(list({one.identity: one for one in some}.values()), links, there, edited)


def carried_out(before: Picture, changes: list[Change]) -> Picture:
    """The picture after each change was written, read back and shown by a listing."""
    links = {one.id: one for one in before.links}
    there = dict(before.shown)
    for change in changes:
        match change.do:
            case Do.CREATE | Do.UPDATE if change.want:
                one = link(change.want)
                links[one.id], there[one.number] = one, shown(one)
            case Do.DELETE | Do.FORGET if change.link:
                del links[change.link.id]
                there.pop(change.link.number, None)
    written = {change.want.link for change in changes if change.want}
    edited = set(before.edited) - written
    return replace(before, links=list(links.values()), shown=there, edited=edited)


@given(wants, remembered)
def test_planning_what_a_plan_came_to_yields_nothing(some, known):
    before = world(some, known)
    after = carried_out(before, list(differences(before)))
    assert [one.do for one in differences(after)] == []


@given(wants, remembered)
def test_only_what_a_link_of_ours_stands_for_is_ever_changed_or_taken_away(some, known):
    before = world(some, known)
    own = {one.number: one.id for one in before.links}
    for change in differences(before):
        if change.do in (Do.UPDATE, Do.DELETE):
            assert change.shown is not None
            assert change.link is not None
            assert own[change.shown.number] == change.link.id
            assert not change.shown.gone


@given(wants, remembered)
def test_nothing_of_anybody_is_touched_where_nothing_is_remembered(some, known):
    before = replace(world(some, known), links=[])
    assert {one.do for one in differences(before)} <= {Do.CREATE}


@given(wants, remembered)
def test_what_is_left_out_as_settled_would_have_had_no_consequence(some, known):
    """`Outstanding` is quick, and says the same as looking at everything."""
    whole = world(some, known)
    quiet = [
        one
        for one in whole.links
        if one.state is LinkState.AGREED
        and one.id not in whole.edited
        and (there := whole.shown.get(one.number))
        and not there.gone
    ]
    holds = (
        ((one.target, one.calendar, one.resource), [(one.start, one.end, one.origin)])
        for one in whole.wants.values()
        if one.purpose == Purpose.HOLD
    )
    copies = (one for one in whole.wants.values() if one.purpose == Purpose.COPY)
    outstanding = Outstanding(holds, copies)
    still = [
        Still(
            *(one.id, one.purpose, one.target, one.calendar, one.resource, one.origin),
            *(one.span.start, one.span.end, one.digest),
        )
        for one in quiet
    ]
    stirred = set(outstanding.settle(still, NOW, END))
    seen = [one for one in whole.links if one not in quiet or one.id in stirred]
    part = replace(whole, wants=outstanding.left(), links=seen)
    assert keyed(differences(part)) == keyed(differences(whole))


def keyed(changes) -> set[tuple[Do, Identity]]:
    return {(one.do, (one.want or one.link).identity) for one in changes}


# --- a plan's hash and order


def action(number: int, verb: Verb = Verb.CREATE, hours: int = 24, **more: object) -> Action:
    start = NOW + hours * 3600
    key = None if verb is Verb.CREATE else Key("studio", Kind.BLOCK, str(number))
    span = Span(start, start + 3600)
    return Action(verb, "studio", f"{number:024x}", "because", span, key, **more)  # type: ignore[arg-type]


actions = st.lists(
    st.builds(action, st.integers(0, 9), st.sampled_from(list(Verb)), st.integers(1, 50)),
    max_size=12,
)


@given(actions, st.randoms())
def test_the_hash_of_a_plan_does_not_depend_on_any_order(some, random):
    mixed = random.sample(some, len(some))
    assert hash_of(one.id for one in some) == hash_of(one.id for one in mixed)
    open_ = Situation(NOW, Limits(first_run=False, writes_per_run=2))
    assert braked(some, open_).hash == braked(mixed, open_).hash


@pytest.mark.parametrize(
    "other",
    [
        action(2),
        action(1, Verb.DELETE),
        action(1, hours=25),
        replace(action(1), target="campus"),
        replace(action(1), span=Span(NOW + 24 * 3600, NOW + 24 * 3600 + 60)),
    ],
    ids=["another hold", "another verb", "another start", "another account", "another end"],
)
def test_another_write_is_another_plan(other):
    assert hash_of([action(1).id]) != hash_of([other.id])


def test_words_and_texts_make_no_other_plan():
    """What is approved is a write; why it is wanted may be told in other words tomorrow."""
    assert action(1).id == replace(action(1), why="for another reason", moved=60).id


def test_the_id_of_an_action_stays_what_it_was_in_earlier_versions():
    """Approvals and hashes that people have in hand outlive an upgrade."""
    one = Action(Verb.CREATE, "studio", "0" * 24, "", Span(1_795_000_000, 1_795_003_600))
    assert one.id == "a1c10d1ede6229c9"
    assert hash_of([one.id]) == "bfbb34c38944180f"


@given(actions)
def test_time_is_held_before_it_is_freed(some):
    order = [one.verb for one in sorted(some, key=in_order)]
    freed = [at for at, verb in enumerate(order) if verb in (Verb.DELETE, Verb.WITHDRAW)]
    held = [at for at, verb in enumerate(order) if verb in (Verb.CREATE, Verb.UPDATE)]
    assert not freed or not held or max(held) < min(freed)
