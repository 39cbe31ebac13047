"""The seeded world holds exactly the double bookings that were planted, whenever it is built."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

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
Run = tuple[str, frozenset[Member], str, str]


def world(now: float | str = NOW, seed: int = 0) -> World:
    if isinstance(now, str):
        now = datetime.fromisoformat(now).timestamp()
    return build_world(VirtualClock(now), seed, limits=Limits.LIFTED)


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def events(found: World) -> list[tuple[str, dict[str, Any]]]:
    return [
        (account, event)
        for account, vendor in ACCOUNTS.items()
        for event in found.simulators[vendor].truth()
    ]


def statuses(found: World) -> dict[Member, str]:
    return {
        Member(account, event["native_id"], event["occurrence"]): event["status"]
        for account, event in events(found)
    }


def runs_above_the_limit(found: World) -> set[Run]:
    """By brute force: between any two neighbouring edges, count who is there."""
    taken: dict[str, list[tuple[str, str, Member]]] = defaultdict(list)
    for account, event in events(found):
        if event["status"] == "cancelled" or event["kind"] == "block":
            continue
        member = Member(account, event["native_id"], event["occurrence"])
        for resource in found.resources.values():
            if set(event["subjects"]) & set(resource.bindings.get(account, ())):
                taken[resource.id].append((event["start"], event["end"], member))
    runs: set[Run] = set()
    for resource_id, stretches in taken.items():
        edges = sorted({edge for start, end, _ in stretches for edge in (start, end)})
        began: str | None = None
        inside: set[Member] = set()
        for start, end in [*pairwise(edges), ("9", "9")]:
            present = {member for s, e, member in stretches if s < end and start < e}
            if len(present) > found.resources[resource_id].parallel:
                began, inside = began or start, inside | present
            elif began is not None:
                runs.add((resource_id, frozenset(inside), began, start))
                began, inside = None, set()
    return runs


def planted(found: World) -> set[Run]:
    return {
        (one.resource, frozenset(one.members), text(one.start), text(one.end))
        for one in found.planted
    }


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_planted_is_all_that_clashes(moment: str, seed: int) -> None:
    found = world(moment, seed)
    assert runs_above_the_limit(found) == planted(found)


@pytest.mark.parametrize("seed", range(3))
def test_every_step_changes_the_clashes_as_it_says(seed: int) -> None:
    found = world(seed=seed)
    seen = [planted(found)]
    titles = []
    while (title := found.advance()) is not None:
        titles.append(title)
        assert runs_above_the_limit(found) == planted(found), title
        seen.append(planted(found))
    assert len(titles) >= 5
    assert found.advance() is None
    assert any(later - earlier for earlier, later in pairwise(seen))
    assert any(earlier - later for earlier, later in pairwise(seen))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_clash_is_near_and_all_lie_in_the_window(moment: str) -> None:
    now = datetime.fromisoformat(moment)
    starts = [datetime.fromtimestamp(one.start, UTC) for one in world(moment).planted]
    assert now < min(starts) < now + timedelta(hours=40)
    assert max(starts) < now + timedelta(days=90)


def test_there_are_clashes_across_vendors_within_one_and_preventable_ones() -> None:
    found = world()
    accounts = [{member.account for member in one.members} for one in found.planted]
    assert sum(len(names) > 1 for names in accounts) >= 6
    assert any(len(names) == 1 for names in accounts)
    state = statuses(found)
    for one in found.planted:
        offered = any(state[member] == "offered" for member in one.members)
        assert one.preventable == offered, one.name
    assert {one.kind for one in found.planted} == {"RESOURCE_DOUBLE", "LOCATION_DOUBLE"}


def test_near_misses_exist_and_are_no_clashes() -> None:
    found = world()
    known = statuses(found)
    clashing = {frozenset(one.members) for one in found.planted}
    assert len(found.near_misses) >= 8
    for near in found.near_misses:
        assert set(near.members) <= set(known), near.name
        assert frozenset(near.members) not in clashing


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
    assert 150 <= len(inside) <= 400
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
    assert all(name in subjects[account] for account, name in bound)
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
