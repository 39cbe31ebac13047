"""In the seeded world exactly what was planted is wrong, whenever it is built."""

from __future__ import annotations

import tomllib
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.world_reckoning import events, planted, reckoned
from worker.sandbox.clock import VirtualClock
from worker.sandbox.exchange import Request
from worker.sandbox.world import ACCOUNTS, Limits, Member, World, build_world

NOW = datetime(2026, 11, 21, 7, 50, tzinfo=UTC).timestamp()
MOMENTS = [
    "2026-11-21T07:50:00Z",
    "2026-10-25T00:59:59Z",
    "2026-10-25T01:00:01Z",
    "2027-03-28T00:59:30Z",
    "2027-03-28T01:00:30Z",
    "2027-05-20T12:00:00Z",
    "2027-06-02T21:59:00Z",
    "2026-12-31T23:30:00Z",
    "2028-02-29T05:00:00Z",
    "2027-08-01T17:20:00Z",
]


def world(now: float | str = NOW, seed: int = 0) -> World:
    if isinstance(now, str):
        now = datetime.fromisoformat(now).timestamp()
    return build_world(VirtualClock(now), seed, limits=Limits.LIFTED)


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def statuses(found: World) -> dict[Member, str]:
    return {
        Member(account, event["native_id"], event["occurrence"]): event["status"]
        for account, event in events(found)
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_planted_is_all_that_is_wrong(moment: str, seed: int) -> None:
    found = world(moment, seed)
    assert reckoned(found) == planted(found)


def test_a_booking_that_nobody_planted_is_noticed() -> None:
    found = world()
    clash = next(one for one in found.planted if one.kind == "PERSON_DOUBLE")
    studio = found.simulators["timify"]
    carla = found.resources["carla"].bindings["studio"][0].removeprefix("resource:")
    studio.book("Unplanned", clash.start, 15, [carla], customers=["Noor Aziz"])
    more = reckoned(found) - planted(found)
    assert [one.kind for one in more] == ["PERSON_DOUBLE"]
    assert len(next(iter(more)).members) == 3


@pytest.mark.parametrize("seed", range(3))
def test_every_step_changes_what_is_wrong_as_it_says(seed: int) -> None:
    found = world(seed=seed)
    seen = [planted(found)]
    titles = []
    while (title := found.advance()) is not None:
        titles.append(title)
        assert reckoned(found) == planted(found), title
        seen.append(planted(found))
    assert len(titles) == 12
    assert found.advance() is None
    assert any(later - earlier for earlier, later in pairwise(seen))
    assert any(earlier - later for earlier, later in pairwise(seen))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_of_it_is_near_and_all_lies_in_the_window(moment: str) -> None:
    now = datetime.fromisoformat(moment)
    starts = [
        datetime.fromtimestamp(one.start, UTC) for one in world(moment).planted if one.members
    ]
    assert now < min(starts) < now + timedelta(hours=40)
    assert max(starts) < now + timedelta(days=90)


def test_there_is_something_of_every_kind_that_a_world_can_show_and_it_stays_readable() -> None:
    counted = Counter(one.kind for one in world().planted)
    assert counted == {
        "RESOURCE_DOUBLE": 9,
        "LOCATION_DOUBLE": 2,
        "PERSON_DOUBLE": 2,
        "OVER_CAPACITY": 1,
        "CAPACITY_MISMATCH": 2,
        "BUFFER": 2,
        "TRAVEL": 1,
        "OUTSIDE_AVAILABILITY": 2,
        "UNGUARDED_PAGE": 1,
        "DUPLICATE": 2,
        "LIMIT": 2,
        "ORPHAN": 2,
    }


def test_there_are_clashes_across_vendors_within_one_and_preventable_ones() -> None:
    found = world()
    doubles = [one for one in found.planted if one.kind.endswith("_DOUBLE")]
    accounts = [{member.account for member in one.members} for one in doubles]
    assert sum(len(names) > 1 for names in accounts) >= 6
    assert any(len(names) == 1 for names in accounts)
    state = statuses(found)
    for one in doubles:
        offered = any(state[member] == "offered" for member in one.members)
        assert one.preventable == offered, one.name


def test_a_step_keeps_a_finding_one_ends_one_and_brings_it_back_and_one_makes_it_worse() -> None:
    found = world()
    of = {one.name: one for one in found.planted}
    before, after = "hall taken twice", "three within a workshop"
    while found.advance():
        now = {one.name: one for one in found.planted}
        if "The session comes back" not in [step.title for step in found.steps]:
            break
    assert now[before].members == of[before].members
    assert now[before].start < of[before].end < now[before].end
    assert set(now[after].members) > set(of["review within a workshop"].members)
    assert now["front desk over a session"] == of["front desk over a session"]


def test_near_misses_exist_and_are_no_clashes() -> None:
    found = world()
    known = statuses(found)
    clashing = {frozenset(one.members) for one in found.planted}
    assert len(found.near_misses) >= 20
    for near in found.near_misses:
        assert set(near.members) <= set(known), near.name
        assert not near.members or frozenset(near.members) not in clashing


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_window_is_as_full_as_a_real_one_and_holds_every_state(moment: str) -> None:
    now = datetime.fromisoformat(moment)
    low, high = (
        text((now - timedelta(days=1)).timestamp()),
        text((now + timedelta(days=90)).timestamp()),
    )
    inside = [
        (account, event)
        for account, event in events(world(moment))
        if event["end"] > low and event["start"] < high
    ]
    assert 200 <= len(inside) <= 450
    assert {account for account, _ in inside} == set(ACCOUNTS)
    assert {event["status"] for _, event in inside} == {"offered", "held", "booked", "cancelled"}
    assert {event["kind"] for _, event in inside} == {"slot", "group", "single", "block"}
    assert any(event["attendees"] > 4 for _, event in inside)


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_series_crosses_a_clock_change_of_the_studio(moment: str) -> None:
    found = world(moment)
    zone = ZoneInfo(found.clock_change_zone)
    offsets: dict[str, set[timedelta | None]] = defaultdict(set)
    walls: dict[str, set[str]] = defaultdict(set)
    for event in found.simulators["timify"].truth():
        if event["title"] in {"Evening Vinyasa", "Pilates basics"}:
            local = datetime.fromisoformat(event["start"]).astimezone(zone)
            offsets[event["title"]].add(local.utcoffset())
            walls[event["title"]].add(f"{local:%H:%M}")
    assert set(offsets) == {"Evening Vinyasa", "Pilates basics"}
    assert all(len(found) > 1 for found in offsets.values())
    assert all(len(found) == 1 for found in walls.values())


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    assert events(world(seed=5)) == events(world(seed=5))
    assert events(world(seed=5)) != events(world(seed=6))


def test_ids_of_the_practice_have_nineteen_digits() -> None:
    assert all(len(one["native_id"]) == 19 for one in world().simulators["cliniko"].truth())


def test_the_configuration_names_every_account_and_binds_what_exists() -> None:
    found = world()
    bases = {vendor: f"http://127.0.0.1:9/{vendor}" for vendor in found.simulators}
    config = tomllib.loads(found.config(bases))
    vendors = {name: account["vendor"] for name, account in config["accounts"].items()}
    assert vendors == ACCOUNTS
    for account in config["accounts"].values():
        assert account["base_url"] == bases[account["vendor"]]
    subjects = defaultdict(set)
    for account, event in events(found):
        subjects[account].update(event["subjects"])
    bound = [
        (account, name)
        for resource in config["resources"].values()
        for account, names in resource["bindings"].items()
        for name in names
    ]
    assert len(bound) == len(set(bound))
    idle = {pair for pair in bound if pair[1] not in subjects[pair[0]]}
    assert idle == {
        ("frontdesk", "event:trial-lesson"),
        ("frontdesk", "calendar:carla@example.org"),
    }
    assert "first_run" not in found.config(bases)


def test_every_appointment_of_the_front_desk_is_named_in_the_configuration() -> None:
    found = world()
    config = tomllib.loads(found.config(dict.fromkeys(found.simulators, "http://127.0.0.1:9")))
    known = {one["native_id"] for one in found.simulators["appointment_one"].truth()}
    assert set(config["accounts"]["frontdesk"]["appointments"]) == known


def test_the_credentials_in_the_configuration_open_the_front_desk() -> None:
    found = world()
    config = tomllib.loads(found.config(dict.fromkeys(found.simulators, "http://127.0.0.1:9")))
    key = config["accounts"]["frontdesk"]["api_key"]
    request = Request("GET", "/api/v1/event", headers={"authorization": key})
    assert found.simulators["appointment_one"].handle(request).status == 200
