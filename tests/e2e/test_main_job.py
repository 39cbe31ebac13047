"""The main job against the sandbox: what is true is stored, and what is planted is found."""

from __future__ import annotations

import sqlite3

import pytest

from tests.e2e.rehearsal import NOW, compared, rehearsal
from worker.store.packing import hashed


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


@pytest.mark.parametrize(
    ("now", "seed"),
    [
        (NOW, 1),
        (1_774_742_400.0, 2),  # the night before summer time
        (1_792_889_940.0, 3),  # the hour before winter time
        (1_798_759_800.0, 4),  # half an hour before the new year
        (1_835_413_200.0, 5),  # the last morning of a leap year's February
        (1_810_814_400.0, 6),  # nobody changes clocks within the window
    ],
)
def test_the_report_names_exactly_what_was_planted_and_no_near_miss(tmp_path, now, seed):
    with rehearsal(tmp_path, seed=seed, now=now) as world:
        world.sync()
        with world.calsync() as app:
            report = app.report()
            assert findings(report, world, tmp_path) == planted(world)
            assert len(report.findings) == len(world.world.planted) <= 28
        reported = [members(one.finding.members) for one in report.findings]
        for near in world.world.near_misses:
            looked_alike = {tuple(one) for one in near.members}
            assert not any(looked_alike and looked_alike <= one for one in reported), near.name
        assert report.verdict == "conflict"
        assert {one.verdict for one in report.findings} == {"conflict"}


def test_each_finding_is_explained_by_what_its_vendors_answered_and_has_a_way_out(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        for one in app.report().findings:
            explained = app.explain(one.finding.id)
            assert explained.suggestions, one.finding.kind
            assert [happening.what for happening in explained.history] == ["found"]
            witnesses = explained.witnesses
            assert [witness.member for witness in witnesses] == list(one.finding.members)
            for witness in witnesses:
                assert witness.member.key.native_id.encode() in witness.answer
                assert witness.newest.complete


# What each step does to the register, besides that all else stays as it was.
HAPPENINGS = {
    "A client cancels the session": {("RESOURCE_DOUBLE", "resolved")},
    "A new session is booked over a visit": {("RESOURCE_DOUBLE", "found")},
    "A student takes the open slot": {("RESOURCE_DOUBLE", "worse")},
    "A visit moves into the session after it": {("RESOURCE_DOUBLE", "found")},
    "One of two visits is archived": {("RESOURCE_DOUBLE", "resolved")},
    "A class fills up": set(),
    "A rehearsal moves by half an hour": set(),
    "A session makes way": {("RESOURCE_DOUBLE", "resolved")},
    "A third one joins two": {("RESOURCE_DOUBLE", "replaced"), ("RESOURCE_DOUBLE", "found")},
    "The session comes back": {("RESOURCE_DOUBLE", "reopened")},
    "A held reservation is let go": {("RESOURCE_DOUBLE", "resolved")},
    "An attendee gives up a place": {("OVER_CAPACITY", "resolved")},
}


def test_findings_resolve_reopen_and_age_as_the_world_moves_on(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        acknowledge_what_is_preventable(app)
        lives = {one.finding.id: one.life for one in app.report().findings}
        seen = {}
        while title := world.world.advance():
            before = int(app.now)
            for _ in range(3):  # a deletion is believed after two complete polls, 10 minutes apart
                world.clock.sleep(660)
                poll(app)
            report = app.report()
            assert findings(report, world, tmp_path) == planted(world), title
            seen[title] = happened(app, before)
            for one in report.findings:
                known = lives.setdefault(one.finding.id, one.life)
                assert one.life.first_seen == known.first_seen, "no change of it makes it young"
        assert seen == HAPPENINGS


def test_a_worse_clash_names_the_one_that_it_grew_out_of(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        (before,) = with_title(app, "Teacher training")
        while world.world.advance() != "A third one joins two":
            pass
        world.clock.sleep(120)
        poll(app)
        (after,) = with_title(app, "Teacher training")
        assert after.life.predecessor == before.finding.id
        assert (before.finding.peak, after.finding.peak) == (2, 3)


def test_a_clash_that_moves_keeps_its_name_and_its_age(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        (before,) = with_title(app, "Rehearsal")
        while world.world.advance() != "A rehearsal moves by half an hour":
            pass
        world.clock.sleep(120)
        poll(app)
        (after,) = with_title(app, "Rehearsal")
        assert after.finding.id == before.finding.id
        assert after.life.first_seen == before.life.first_seen < int(app.now)
        assert after.finding.span.seconds == before.finding.span.seconds + 1800


def test_a_finding_ends_only_when_all_its_sources_have_been_read_again(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        clash = next(one for one in world.world.planted if one.name == "visit and session")
        server = world.server
        world.world.advance()  # a client cancels: nothing is wrong any more
        server.faults.on("H09", vendor="acuity", variant="503")
        world.clock.sleep(660)
        app.sync((), lambda _report: None)
        (still,) = found_at(app, clash)
        assert (still.life.state, still.verdict) == ("open", "unknown")
        assert "coaching" in still.doubt
        server.faults.off()
        world.clock.sleep(3700)
        poll(app)
        assert found_at(app, clash) == []


def test_what_a_vendor_forgets_is_believed_gone_only_after_two_complete_polls(tmp_path):
    with rehearsal(tmp_path) as world, world.calsync() as app:
        poll(app)
        clash = next(one for one in world.world.planted if one.name == "three on two reformers")
        (held,) = [
            one.key.native_id
            for one in found_at(app, clash)[0].finding.members
            if one.status == "held"
        ]
        world.world.simulators["timify"].remove(held)
        for _ in range(2):
            assert len(found_at(app, clash)) == 1
            world.clock.sleep(660)
            poll(app)
        world.clock.sleep(660)
        poll(app)
        assert found_at(app, clash) == []


def test_as_the_world_moves_on_the_store_and_the_findings_follow(tmp_path):
    with rehearsal(tmp_path) as world:
        world.sync()
        while world.world.advance():
            for _ in range(3):  # a deletion is believed after two complete polls, 10 minutes apart
                world.clock.sleep(660)
                world.sync()
            present = {
                key: row
                for key, row in compared(world.events()).items()
                if row["status"] != "cancelled"
            }
            assert present == {
                key: row
                for key, row in compared(world.truth()).items()
                if row["status"] != "cancelled"
            }


def present(rows):
    return {key: row for key, row in compared(rows).items() if row["status"] != "cancelled"}


def poll(app):
    reports = app.sync((), lambda _report: None)
    assert [report.result for report in reports] == ["complete"] * 5


def acknowledge_what_is_preventable(app):
    """What people have said holds until it gets worse: then they are asked again."""
    for one in app.report().findings:
        if "preventable" in one.finding.flags:
            app.acknowledge(one.finding.id, "rita")


def happened(app, since):
    """What the register has noted since an instant, by kind of finding."""
    return {
        (known.finding.kind.value, happening.what)
        for id_, known in app.store.findings.all().items()
        for happening in app.store.findings.history(id_)
        if happening.at > since
    }


def with_title(app, title):
    return [
        one
        for one in app.report().findings
        if any(member.title == title for member in one.finding.members)
    ]


def found_at(app, clash):
    wanted = {tuple(member) for member in clash.members}
    return [
        one
        for one in app.report().findings
        if one.finding.kind == clash.kind and members(one.finding.members) == wanted
    ]


def members(some):
    return {(one.key.account, one.key.native_id, one.key.occurrence) for one in some}


def findings(report, world, directory):
    """The report, as far as the world tells what is planted."""
    people = {hashed_as_stored(one, directory): one for one in people_of(world)}
    return {
        (
            one.finding.kind,
            subject(one.finding, people),
            frozenset(members(one.finding.members)),
            *((one.finding.span.start, one.finding.span.end) if one.finding.members else (0, 0)),
            "preventable" in one.finding.flags,
        )
        for one in report.findings
    }


def subject(finding, people):
    match finding.subject.type:
        case "person":
            return ("person", people.get(finding.subject.id, "somebody else"))
        case "event":
            assert finding.subject.id in {member.key.id for member in finding.members}
            return ("event", "")
        case type_:
            return (type_, finding.subject.id)


def people_of(world):
    return [id_ for type_, id_ in (one.subject for one in world.world.planted) if type_ == "person"]


def hashed_as_stored(person, directory):
    with sqlite3.connect(directory / "calsync.db") as connection:
        (key,) = connection.execute("SELECT value FROM meta WHERE name = 'key'").fetchone()
    return hashed([person], bytes.fromhex(key))[0]


def planted(world):
    return {
        (
            one.kind,
            one.subject,
            frozenset(tuple(member) for member in one.members),
            one.start,
            one.end,
            one.preventable,
        )
        for one in world.world.planted
    }


def rows(directory, table):
    with sqlite3.connect(directory / "calsync.db") as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
