"""One row that makes no sense: it is set aside, and its neighbours come in as ever."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.e2e.ordeal import ordeal
from tests.e2e.rehearsal import ACCOUNTS
from worker.sandbox.faults import CATALOGUE

ROWS = tuple(name for name in CATALOGUE if name.startswith("C"))
# Every path that a full walk asks for; the main list of events comes first.
PATHS = {
    "campus": ("/api/v1/appointment_groups", "/api/v1/appointment_groups/*"),
    "clinic": (
        *("/v1/bookings", "/v1/group_appointments", "/v1/attendees", "/v1/appointment_types"),
        *("/v1/businesses", "/v1/unavailable_block_types"),
    ),
    "studio": ("/v1/appointments", "/v1/timeshifts"),
    "coaching": ("/api/v1/appointments", "/api/v1/blocks", "/api/v1/appointment-types"),
    "frontdesk": (
        *("/api/v1/appointment/*", "/api/v1/event/*", "/api/v1/event", "/api/v1/calendar"),
    ),
}
# An id that never was may stay as a row of its own until somebody asks for it in vain.
NEW_NAMES = {"C06", "C07", "C09", "C14"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with ordeal(tmp_path_factory.mktemp("rows")) as one:
        yield one


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", ROWS)
def test_an_odd_row_of_any_list_harms_nothing_that_was_known(world, name, account):
    world.put_back()
    before = world.held(account)
    paths = PATHS[account]
    with world.calsync() as app:
        for number, variant in enumerate(CATALOGUE[name].variants):
            path = paths[number % len(paths)]
            world.on(account, name, path=path, variant=variant, times=1)
            report = world.poll(app, account)
            world.server.faults.off()
            what = (variant, path, str(report.result), report.reason)
            assert "calsync failed" not in report.reason, what
            assert world.server.errors == [], what
            assert world.harmed(app, account, before) == [], what
        for _ in range(3):
            last = world.poll(app, account)
        astray = world.astray(app, account)
    assert last.result == "complete", last.reason
    if name in NEW_NAMES:
        astray = {key: sides for key, sides in astray.items() if key in before or sides[1]}
    assert astray == {}


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", ROWS)
def test_the_neighbours_of_an_odd_row_come_into_an_empty_store(world, name, account):
    variants = CATALOGUE[name].variants
    variant = variants[list(ACCOUNTS).index(account) % len(variants)]
    world.put_back()
    world.empty()
    with world.calsync() as app:
        really = world.really(app, account)
        fault = world.on(account, name, path=PATHS[account][0], variant=variant, times=1)
        report = app.sync((account,), lambda _report: None)[0]
        world.server.faults.off()
        missing = really.keys() - world.held(account).keys()
    assert fault.fired == 1 or not missing
    assert len(missing) <= most_together(account, really), (variant, report.reason)


def most_together(account, really) -> int:
    """The most events that one row of the list stands for."""
    if account == "campus":
        series = Counter(row["title"] for row in really.values())
        return max(series.values())
    return max(Counter(key[:3] for key in really).values())
