"""The brakes: each holds back what it is for, says why, and lets pass what a person approved."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, event
from worker.domain.event import Key, Kind
from worker.domain.reconcile.brakes import Approval, Limits, Situation, braked
from worker.domain.reconcile.plan import Action, Plan, Resolution, Verb
from worker.domain.span import Span

OPEN = Limits(first_run=False)


def action(
    number: int, verb: Verb = Verb.CREATE, target: str = "studio", hours: float = 24, **more: object
) -> Action:
    start = NOW + int(hours * 3600)
    return Action(
        verb=verb,
        target=target,
        link=f"{number:024x}",
        why="because",
        span=Span(start, start + 3600),
        key=None if verb is Verb.CREATE else Key(target, Kind.BLOCK, str(number)),
        **more,  # type: ignore[arg-type]
    )


def some(count: int, verb: Verb, **more: object) -> list[Action]:
    return [action(number, verb, **more) for number in range(count)]


def brakes(plan: Plan) -> list[str]:
    return [refusal.brake for refusal in plan.refused]


def situation(**fields: object) -> Situation:
    return Situation(NOW, **{"limits": OPEN, **fields})  # type: ignore[arg-type]


def test_a_plan_that_no_brake_minds_passes_whole():
    plan = braked([action(1), action(2, Verb.UPDATE), action(3, Verb.DELETE)], situation())
    assert len(plan.actions) == 3
    assert plan.refused == ()


def test_b3_a_share_and_a_number_may_be_taken_away_within_a_day():
    removing = some(6, Verb.DELETE)
    assert brakes(braked(removing[:5], situation(live={"studio": 10}))) == []
    plan = braked(removing, situation(live={"studio": 10}))
    assert brakes(plan) == ["B3"]
    assert plan.actions == ()
    assert "6 of 10" in plan.refused[0].reason
    assert brakes(braked(removing, situation(live={"studio": 30}))) == []


def test_b3_counts_what_was_taken_away_before_so_that_erosion_is_seen():
    eroding = situation(live={"studio": 16}, removed={"studio": 5})
    assert brakes(braked(some(1, Verb.DELETE), eroding)) == ["B3"]
    assert brakes(braked(some(1, Verb.WITHDRAW), eroding)) == ["B3"]


def test_b3_holds_back_removals_of_that_account_only():
    plan = braked(
        [*some(6, Verb.DELETE), action(7), action(8, Verb.DELETE, "campus")],
        situation(live={"studio": 6}),
    )
    assert {(one.verb, one.target) for one in plan.actions} == {
        (Verb.CREATE, "studio"),
        (Verb.DELETE, "campus"),
    }


def test_b5_many_moved_by_one_distance_wait():
    moved = some(10, Verb.UPDATE, moved=3600)
    assert brakes(braked(moved, situation(live={"studio": 20}))) == ["B5"]
    assert brakes(braked(moved[:9], situation(live={"studio": 20}))) == []
    assert brakes(braked(moved, situation(live={"studio": 100}))) == []
    mixed = [action(n, Verb.UPDATE, moved=n * 60 + 60) for n in range(10)]
    assert brakes(braked(mixed, situation(live={"studio": 20}))) == []


def test_b6_many_changed_at_once_wait():
    changed = some(21, Verb.UPDATE)
    assert brakes(braked(changed, situation(live={"studio": 30}))) == ["B6"]
    assert brakes(braked(changed[:20], situation(live={"studio": 30}))) == []
    assert brakes(braked(changed, situation(live={"studio": 100}))) == []


def test_b7_what_was_written_too_often_is_left_alone():
    one, other = action(1, Verb.UPDATE), action(2, Verb.UPDATE)
    plan = braked([one, other], situation(writes={one.link: 3, other.link: 2}))
    assert brakes(plan) == ["B7"]
    assert plan.actions == (other,)


def test_b8_what_exceeds_a_run_waits_for_the_next_removals_last():
    tight = Limits(first_run=False, writes_per_run=3)
    plan = braked(
        [action(9, Verb.DELETE), *some(3, Verb.CREATE), action(5, target="campus")],
        situation(limits=tight),
    )
    assert [one.verb for one in plan.actions] == [Verb.CREATE] * 4
    assert [(one.brake, one.deferred) for one in plan.refused] == [("B8", True)]
    assert plan.waiting == ()


def test_b10_an_account_that_points_elsewhere_is_not_written_to():
    plan = braked([action(1), action(2, target="campus")], situation(moved={"studio"}))
    assert [one.target for one in plan.actions] == ["campus"]
    assert brakes(plan) == ["B10"]


def test_b10_what_left_our_sight_is_never_deleted_for_it():
    plan = braked(
        [action(1), action(2, Verb.DELETE), action(3, Verb.WITHDRAW)],
        situation(narrowed="a binding was removed"),
    )
    assert [one.verb for one in plan.actions] == [Verb.CREATE]
    assert plan.refused[0].reason == "a binding was removed"


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize(("hours", "held"), [(-0.5, True), (0, True), (0.2, True), (0.25, False)])
def test_b12_nothing_is_written_by_itself_to_what_begins_soon(verb, hours, held):
    plan = braked([action(1, verb, hours=hours)], situation())
    assert (brakes(plan) == ["B12"]) == held


def test_b14_an_account_that_fails_and_fails_is_left_alone():
    plan = braked([action(1), action(2, target="campus")], situation(failing={"studio": 5}))
    assert [one.target for one in plan.actions] == ["campus"]
    assert brakes(plan) == ["B14"]
    assert brakes(braked([action(1)], situation(failing={"studio": 4}))) == []


def test_b16_the_first_plan_for_an_account_waits_for_a_person():
    plan = braked([action(1), action(2, target="campus")], Situation(NOW, agreed={"campus"}))
    assert [one.target for one in plan.actions] == ["campus"]
    assert brakes(plan) == ["B16"]


def test_what_was_set_aside_waits_and_says_why():
    one = action(1)
    plan = braked([one], situation(aside={one.link: ("UNDONE", "run 1 was taken back")}))
    assert brakes(plan) == ["UNDONE"]
    assert plan.refused[0].reason == "run 1 was taken back"


def test_what_a_person_approved_passes_until_its_time_is_over_and_nothing_else():
    removing = some(8, Verb.DELETE)
    where = {"live": {"studio": 8}}
    first = braked(removing, situation(**where))
    ids = frozenset(one.id for one in first.refused[0].actions)
    passed = Approval("B3", "studio", ids, NOW + 60)
    assert braked(removing, situation(**where, approvals=[passed])).refused == ()
    late = Approval("B3", "studio", ids, NOW)
    assert brakes(braked(removing, situation(**where, approvals=[late]))) == ["B3"]
    more = [*removing, action(99, Verb.DELETE)]
    plan = braked(more, situation(**where, approvals=[passed]))
    assert [one.id for one in plan.refused[0].actions] == [action(99, Verb.DELETE).id]
    elsewhere = Approval("B3", "campus", ids, NOW + 60)
    assert brakes(braked(removing, situation(**where, approvals=[elsewhere]))) == ["B3"]


def test_what_a_person_approved_by_name_is_not_held_back_for_being_near_or_many():
    wish = Resolution(1, "f", Key("studio", Kind.SINGLE, "1"), None, False, True, "amy")
    near = action(1, Verb.DELETE, hours=0.1, resolution=wish, event=event("1"))
    plan = braked([near], situation(removed={"studio": 50}))
    assert plan.actions == (near,)
    assert near.notifies


def test_nobody_is_ever_notified_without_an_approval_that_says_so():
    assert not any(action(1, verb).notifies for verb in Verb)
    silent = Resolution(1, "f", Key("studio", Kind.SINGLE, "1"), None, False, False, "amy")
    assert not action(1, Verb.DELETE, resolution=silent).notifies


actions = st.lists(
    st.builds(
        action,
        st.integers(0, 60),
        st.sampled_from(list(Verb)),
        st.sampled_from(["studio", "campus"]),
        st.sampled_from([-1, 0.1, 5, 24]),
        moved=st.sampled_from([0, 0, 3600]),
    ),
    max_size=60,
)
situations = st.builds(
    Situation,
    st.just(NOW),
    st.builds(Limits, st.booleans(), writes_per_run=st.integers(0, 40)),
    live=st.fixed_dictionaries({"studio": st.integers(0, 90)}),
    removed=st.fixed_dictionaries({"studio": st.integers(0, 30)}),
    failing=st.fixed_dictionaries({"campus": st.integers(0, 7)}),
    agreed=st.sampled_from([(), ("studio",), ("studio", "campus")]),
    narrowed=st.sampled_from(["", "changed"]),
)


@given(actions, situations)
def test_brakes_keep_everything_either_passing_or_refused_once(found, where):
    plan = braked(found, where)
    ids = [one.id for one in plan.actions]
    held = [one.id for refusal in plan.refused for one in refusal.actions]
    assert sorted(ids + held) == sorted({one.id for one in found})


@given(actions, situations, st.integers())
def test_the_plan_does_not_depend_on_the_order_in_which_its_actions_were_found(found, where, seed):
    shuffled = list(found)
    random.Random(seed).shuffle(shuffled)
    one, other = braked(found, where), braked(shuffled, where)
    assert one.hash == other.hash
    assert [a.id for a in one.actions] == [a.id for a in other.actions]


@given(actions, situations)
def test_no_brake_ever_lets_more_pass_than_b3_and_b8_allow(found, where):
    plan = braked(found, where)
    for target in ("studio", "campus"):
        mine = [one for one in plan.actions if one.target == target]
        assert len(mine) <= where.limits.writes_per_run
        gone = where.removed.get(target, 0)
        line = max(5, int(0.2 * (where.live.get(target, 0) + gone)))
        removing = sum(one.verb in (Verb.DELETE, Verb.WITHDRAW) for one in mine)
        assert removing == 0 or removing + gone <= line


@given(actions, situations)
def test_the_hash_names_what_is_wanted_whatever_brakes_make_of_it(found, where):
    assert braked(found, where).hash == braked(found, situation()).hash
