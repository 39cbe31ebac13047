"""A wait that a vendor stated is kept by everybody, also after a restart; a hang ends in time."""

from __future__ import annotations

import pytest

from tests.e2e.ordeal import Ordeal, ordeal
from tests.e2e.rehearsal import ACCOUNTS

# Fault, variant, and for how many seconds nothing may be sent after it.
STATED = [
    ("H01", "", 30),
    ("H02", "", 30),
    ("H04", "", 30),
    ("H05", "86400", 86_400),
    ("H05", "0", 60),
    ("H05", "-5", 60),
    ("H05", "soon", 60),
    ("H05", "past date", 60),
    ("H05", "", 60),
    ("H03", "", 60),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with ordeal(tmp_path_factory.mktemp("waiting")) as one:
        yield one


def calls(world: Ordeal, account: str) -> int:
    return len(world.server.ledger.entries(vendor=ACCOUNTS[account]))


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize(("fault", "variant", "seconds"), STATED)
def test_nothing_is_sent_before_a_wait_is_over(world, account, fault, variant, seconds):
    world.put_back()
    with world.calsync() as app:
        switch = world.on(account, fault, variant=variant)
        report = world.poll(app, account)
        world.server.faults.off()
        assert report.result == "failed"
        assert switch.fired == 1, "one refusal is enough"
        began = world.clock.now()
    sent = calls(world, account)
    for part in (0.0, 0.5, 1.0):
        world.clock.sleep(began + part * seconds - world.clock.now() - (1 if part == 1.0 else 0))
        with world.calsync() as app:  # as after a restart
            (again,) = app.sync((account,), lambda _report: None)
            assert again.result == "waiting"
            assert again.reason
            assert not again.fine
            view = next(view for view in app.accounts() if view.id == account)
            assert view.health.wait_until == pytest.approx(began + seconds, abs=1)
            assert view.health.next_at >= began + seconds
    assert calls(world, account) == sent
    world.clock.sleep(2)
    with world.calsync() as app:
        assert app.sync((account,), lambda _report: None)[0].result != "waiting"
    assert calls(world, account) > sent


def test_canvas_throttling_by_403_is_a_wait_and_a_missing_right_is_none(world):
    for fault, result in (("H06", "waiting"), ("H07", "failed")):
        world.put_back()
        with world.calsync() as app:
            world.on("campus", fault)
            world.poll(app, "campus")
            assert app.sync(("campus",), lambda _report: None)[0].result == result


def test_unstated_throttling_doubles_up_to_a_quarter_of_an_hour(world):
    world.put_back()
    waits = []
    with world.calsync() as app:
        world.on("coaching", "H03")
        for _ in range(6):
            report = app.sync(("coaching",), lambda _report: None)[0]
            until = report.health.wait_until
            assert until is not None
            waits.append(until - int(world.clock.now()))
            world.clock.sleep(until - world.clock.now())
    assert waits == [60, 120, 240, 480, 900, 900]


def test_a_vendor_that_waits_delays_no_other(world):
    world.put_back()
    with world.calsync() as app:
        world.on("coaching", "H01")
        world.clock.sleep(600)
        reports = app.sync((), lambda _report: None)
    assert [str(report.result) for report in reports] == [
        "failed" if account == "coaching" else "complete" for account in ACCOUNTS
    ]


@pytest.mark.parametrize(
    ("fault", "variant"),
    [("T12", ""), ("T13", "drip"), ("T13", "hang"), ("T19", "")],
)
def test_whoever_hangs_is_given_up_and_the_others_are_read_whole(world, fault, variant):
    world.put_back()
    with world.calsync(CALSYNC_WORKER__REQUEST_TIMEOUT="2s") as app:
        for account in ("campus", "studio"):
            world.on(account, fault, variant=variant)
        world.clock.sleep(3700)
        reports = app.sync((), lambda _report: None)
        world.server.faults.off()
        results = {report.account: str(report.result) for report in reports}
        assert results == {
            account: "failed" if account in ("campus", "studio") else "complete"
            for account in ACCOUNTS
        }
        for account in ("campus", "studio"):
            world.poll(app, account)
            assert world.astray(app, account) == {}


@pytest.mark.parametrize(("fault", "variant"), [("T14", ""), ("T16", ""), ("T17", "")])
def test_what_is_only_slow_is_read_whole(world, fault, variant):
    world.put_back()
    with world.calsync() as app:
        world.on("clinic", fault, variant=variant, times=2)
        assert world.poll(app, "clinic").result == "complete"
        world.server.faults.off()
        assert world.astray(app, "clinic") == {}
