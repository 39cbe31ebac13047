"""The main job against the sandbox: what is stored is what is true, and what is found is planted."""

from __future__ import annotations

import sqlite3

import pytest

from tests.e2e.rehearsal import compared, rehearsal


def test_after_one_sync_the_events_are_exactly_what_the_sandbox_knows_to_be_true(tmp_path):
    with rehearsal(tmp_path) as world:
        reports = world.sync()
        assert [report.result for report in reports] == ["complete"] * 5
        assert compared(world.events()) == compared(world.truth())


@pytest.mark.parametrize(
    "now",
    [1_774_742_400.0, 1_792_800_000.0, 1_798_675_200.0],
    ids=["before summer time", "before winter time", "new year"],
)
def test_the_truth_is_met_around_clock_changes_and_with_other_worlds(tmp_path, now):
    with rehearsal(tmp_path, seed=7, now=now) as world:
        world.sync()
        assert compared(world.events()) == compared(world.truth())


def test_a_second_sync_with_nothing_changed_writes_no_revision(tmp_path):
    with rehearsal(tmp_path) as world:
        world.sync()
        before = rows(tmp_path, "event"), rows(tmp_path, "revision")
        world.clock.sleep(120)
        reports = world.sync()
        assert [report.result for report in reports] == ["complete"] * 5
        assert all(
            report.polled and (report.polled.created, report.polled.changed) == (0, 0)
            for report in reports
        )
        assert (rows(tmp_path, "event"), rows(tmp_path, "revision")) == before
        assert rows(tmp_path, "staged") == []


def test_the_findings_are_the_planted_double_bookings_and_no_others(tmp_path):
    with rehearsal(tmp_path) as world:
        world.sync()
        with world.calsync() as app:
            report = app.report()
        found = {
            (
                one.finding.subject.id,
                frozenset((m.key.account, m.key.native_id, m.key.occurrence) for m in one.finding.members),
                one.finding.span.start,
                one.finding.span.end,
                "preventable" in one.finding.flags,
            )
            for one in report.findings
        }
        planted = {
            (
                one.resource,
                frozenset((m.account, m.native_id, m.occurrence) for m in one.members),
                one.start,
                one.end,
                one.preventable,
            )
            for one in world.world.planted
        }
        assert found == planted
        assert report.verdict == "conflict"


def test_as_the_world_moves_on_the_store_and_the_findings_follow(tmp_path):
    with rehearsal(tmp_path) as world:
        world.sync()
        while world.world.advance():
            for _ in range(3):  # a deletion is believed after two complete polls, 10 minutes apart
                world.clock.sleep(660)
                world.sync()
            present = {
                key: row for key, row in compared(world.events()).items() if row["status"] != "cancelled"
            }
            assert present == {
                key: row for key, row in compared(world.truth()).items() if row["status"] != "cancelled"
            }
            with world.calsync() as app:
                assert len(app.report().findings) == len(world.world.planted)


def rows(directory, table):
    with sqlite3.connect(directory / "calsync.db") as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
