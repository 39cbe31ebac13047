"""Every fault of a reading vendor: nothing that was known is lost, and the truth comes back."""

from __future__ import annotations

import pytest

from tests.e2e.ordeal import ordeal
from tests.e2e.rehearsal import ACCOUNTS
from worker.engine.poll import PollReport
from worker.sandbox.faults import CATALOGUE

# The account's main list, and what it asks for beside it or one by one.
LISTS = {
    "campus": "/api/v1/appointment_groups",
    "clinic": "/v1/bookings",
    "studio": "/v1/appointments",
    "coaching": "/api/v1/appointments",
    "frontdesk": "/api/v1/event",
}
ITEMS = {
    "campus": "/api/v1/appointment_groups/*",
    "clinic": "/v1/attendees",
    "studio": "/v1/timeshifts",
    "coaching": "/api/v1/blocks",
    "frontdesk": "/api/v1/appointment/*",
}
# Links and totals that lie only show where a list has more than one page.
PAGED = {"campus": "2", "clinic": "7", "studio": "7"}
NEEDS_PAGES = {
    *("L02", "L03", "L04", "L05", "L06", "L08", "L09", "L10", "L11", "L19", "L20", "L21", "H24"),
}
# These cost real time: see `test_waiting.py`.
SLOW = {"T12", "T13", "T15", "T16", "T17", "T19", "Z02"}
REFUSALS = (
    *("H01", "H02", "H03", "H04", "H05", "H06", "H07", "H09", "H10", "H11", "H13", "H15", "H16"),
    *("H17", "H18", "H19", "H20", "H23", "H29", "T08", "T09", "T10", "T11", "T22", "T23"),
    *("Z01", "Z03", "Z04", "Z05"),
)
"""Faults that nobody can overlook: the list that they strike was not read."""

# Cliniko's union of bookings is asked for otherwise where a key may not read it as one.
ANOTHER_WAY = {("clinic", fault) for fault in ("H06", "H07", "H13", "H15")}
HARMLESS_VARIANTS = {("T22", "trailer")}

OTHERS = tuple(
    name for name in CATALOGUE if name[0] in "LHT" and name not in REFUSALS and name not in SLOW
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with ordeal(tmp_path_factory.mktemp("ordeal")) as one:
        yield one


def strike(world, app, account, name, *, polls=1, **how) -> list[PollReport]:
    """Polls under one fault, from the store as it is; nothing known may be lost by them."""
    before = world.held(account)
    if name in NEEDS_PAGES and account in PAGED:
        world.on(account, "L07", variant=PAGED[account])
    world.on(account, name, **how)
    reports = [world.poll(app, account) for _ in range(polls)]
    world.server.faults.off()
    what = f"{name} {how} at {account}: {[(str(r.result), r.reason) for r in reports]}"
    assert world.server.errors == [], what
    assert world.harmed(app, account, before) == [], what
    assert all("calsync failed" not in report.reason for report in reports), what
    return reports


def recover(world, app, account) -> None:
    """Once the faults are over, at most two polls bring the truth back."""
    for _ in range(2):
        last = world.poll(app, account)
        astray = world.astray(app, account)
        if last.fine and not astray:
            return
    assert astray == {}
    assert last.fine, (last.result, last.reason, last.brake)


def share(name, account) -> tuple[str, ...]:
    """The variants of a fault that are this account's: each is tried at one account at least."""
    variants = CATALOGUE[name].variants
    turn = list(ACCOUNTS).index(account)
    return variants[turn::5] or (variants[turn % len(variants)],)


def elsewhere(name, account) -> dict[str, object]:
    """By turns: whatever is asked first, or what is asked for beside the list."""
    turn = list(CATALOGUE).index(name) + list(ACCOUNTS).index(account)
    return {"path": ITEMS[account]} if turn % 2 else {"times": 1}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", REFUSALS)
def test_a_list_that_was_not_read_is_told_and_loses_nothing(world, name, account):
    world.put_back()
    with world.calsync() as app:
        for variant in share(name, account):
            (report,) = strike(world, app, account, name, path=LISTS[account], variant=variant)
            if (account, name) not in ANOTHER_WAY and (name, variant) not in HARMLESS_VARIANTS:
                assert not report.fine, (variant, report.result)
        strike(world, app, account, name, **elsewhere(name, account))
        recover(world, app, account)


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", OTHERS)
def test_what_a_vendor_hides_twists_or_repeats_is_never_believed_to_be_gone(world, name, account):
    world.put_back()
    polls = 2 if name[0] == "L" else 1
    with world.calsync() as app:
        for variant in share(name, account):
            strike(world, app, account, name, path=LISTS[account], variant=variant, polls=polls)
        strike(world, app, account, name, polls=polls, **elsewhere(name, account))
        if name != "L22":
            recover(world, app, account)


@pytest.mark.parametrize("name", ["H16", "H17", "H18", "H20", "H23", "Z03", "Z04"])
def test_appointments_that_all_answer_nonsense_are_told(world, name):
    """There is no list to fail: each is asked for by its id."""
    world.put_back()
    with world.calsync() as app:
        (report,) = strike(world, app, "frontdesk", name, path=ITEMS["frontdesk"])
        assert report.result == "incomplete"
        recover(world, app, "frontdesk")


def test_the_rows_of_another_tenant_displace_nothing(world):
    """They come in beside what is known, and the brake on what vanished stays on and is told."""
    world.put_back()
    with world.calsync() as app:
        first, second = strike(world, app, "studio", "L22", path=LISTS["studio"], polls=2)
        assert "vanished at once" in first.brake
        assert not second.fine
        assert "B3" in next(view for view in app.accounts() if view.id == "studio").brakes
