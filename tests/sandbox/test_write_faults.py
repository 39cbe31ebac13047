"""Each fault of writing does what it says, at each vendor where it can."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.writing_world import MARK, VENDORS, Rig, id_in
from worker.sandbox.faults import CATALOGUE, Faults
from worker.sandbox.faults.lost import LOSSES

UPDATABLE = [name for name in VENDORS if name != "acuity"]
SHOWN = {
    "reset": "ReadError",
    "closed": "RemoteProtocolError",
    "truncated": "RemoteProtocolError",
    "silent": "ReadTimeout",
    "500": "500",
    "502": "502",
    "504": "504",
}


def struck(name: str, vendor: str | None, **more: Any) -> Rig:
    rig = Rig()
    rig.board.faults.on(name, vendor=vendor, **more)
    return rig


def test_the_catalogue_covers_what_concerns_writing():
    names = {f"W{number:02}" for number in range(1, 21)} | {"M01", "M02", "T08", "T09", "T18"}
    assert names <= set(CATALOGUE)


def test_a_swarm_for_readers_holds_no_fault_of_writing():
    assert not {one.fault.id[0] for one in Faults(1).swarm(share=1)} & {"W", "M"}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("variant", LOSSES)
def test_a_write_is_applied_or_not_and_the_answer_is_lost_alike(vendor, variant):
    done = struck("W01", vendor, variant=variant)
    assert done.attempt(lambda: done.create(vendor)) == SHOWN[variant]
    assert len(done.groups(vendor)) == 1
    undone = struck("W02", vendor, variant=variant)
    assert undone.attempt(lambda: undone.create(vendor)) == SHOWN[variant]
    assert undone.held(vendor) == []
    assert [one.applied for one in done.board.ledger.entries()[1:]] == [True]
    assert undone.board.ledger.writes() == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_write_can_be_applied_twice_by_the_vendor(vendor):
    rig = struck("W03", vendor, times=1, variant="first answer")
    rig.made(vendor)
    assert len(rig.groups(vendor)) == 2
    first, second = rig.board.ledger.writes()
    assert (first.actor, second.actor, second.of) == ("calsync", "vendor", first.number)


@pytest.mark.parametrize("vendor", ["canvas", "cliniko", "acuity"])
@pytest.mark.parametrize("untold", [False, True])
def test_a_create_can_lose_its_text(vendor, untold):
    rig = struck("W04", vendor, variant="text lost, untold" if untold else "text lost")
    answer = rig.create(vendor)
    assert answer.is_success
    assert (MARK in answer.text) is untold
    assert rig.held(vendor) == []
    assert rig.board.ledger.writes()[-1].applied


def test_an_update_can_lose_its_time():
    rig = struck("W04", "cliniko", method="PATCH", variant="time lost")
    made = rig.made("cliniko")
    times = {"starts_at": "2026-11-23T12:00:00Z", "ends_at": "2026-11-23T13:00:00Z"}
    answer = rig.send("cliniko", "PATCH", f"/{made}", {**times, "notes": "Moved"})
    assert (answer.json()["notes"], answer.json()["starts_at"]) == ("Moved", "2026-11-23T10:00:00Z")


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("variant", "shown"), [("accepted", "202"), ("lost", "ReadError"), ("500", "500")]
)
def test_a_write_can_be_applied_late(vendor, variant, shown):
    rig = struck("W05", vendor, variant=variant, seconds=3600, times=1)
    assert rig.attempt(lambda: rig.create(vendor)) == shown
    rig.clock.advance(3599)
    assert rig.held(vendor) == []
    rig.clock.advance(1)
    assert len(rig.groups(vendor)) == 1
    [late] = rig.board.ledger.writes()
    assert (late.actor, late.mark, late.of) == ("vendor", MARK, 2)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_late_write_has_the_id_that_the_answer_named(vendor):
    rig = struck("W05", vendor, variant="success", seconds=60, times=1)
    named = rig.made(vendor)
    rig.clock.advance(60)
    assert [one.id for one in rig.groups(vendor)] == [named]


def test_how_late_is_drawn_between_a_second_and_a_day():
    rig = struck("W05", "cliniko", variant="accepted")
    rig.create("cliniko")
    rig.clock.advance(86_400)
    assert len(rig.held("cliniko")) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_write_can_be_accepted_and_dropped(vendor):
    rig = struck("W06", vendor, variant="success", times=1)
    named = rig.made(vendor)
    assert rig.held(vendor) == []
    assert rig.send(vendor, "GET", f"/{named}").status_code == 404
    assert rig.board.ledger.writes() == []


def test_an_update_can_undo_what_others_changed_since_the_last_read():
    rig = struck("W07", "cliniko")
    made = rig.made("cliniko")
    rig.send("cliniko", "GET", f"/{made}")
    rig.people.act("cliniko", "move", id=made, by=3600)
    rig.send("cliniko", "PATCH", f"/{made}", {"notes": "Ours"})
    shown = rig.send("cliniko", "GET", f"/{made}").json()
    assert (shown["notes"], shown["starts_at"]) == ("Ours", "2026-11-23T10:00:00Z")


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_rule_can_refuse_a_write_for_a_while(vendor):
    rig = struck("W08", vendor, variant="taken", times=1)
    assert 400 <= rig.create(vendor).status_code < 500
    assert rig.create(vendor).is_success
    assert len(rig.groups(vendor)) == 1


@pytest.mark.parametrize("vendor", UPDATABLE)
def test_an_update_can_answer_with_the_old_object(vendor):
    rig = struck("W09", vendor)
    made = rig.made(vendor)
    method, body = rig.calls[vendor].update or ("", {})
    answer = rig.send(vendor, method, f"/{made}", body)
    assert answer.is_success
    assert not {"Tutorial", "Later"} & set(answer.text.replace('"', " ").split())
    assert any(word in rig.send(vendor, "GET", f"/{made}").text for word in ("Tutorial", "Later"))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(("variant", "status"), [("redirected", 200), ("unknown", 404)])
def test_a_create_can_answer_under_another_id(vendor, variant, status):
    rig = struck("W10", vendor, variant=variant)
    named = rig.made(vendor)
    [thing] = rig.groups(vendor)
    assert thing.id != named
    assert rig.send(vendor, "GET", f"/{named}").status_code == status


def test_a_second_delete_can_be_404_or_a_success_and_a_first_one_soft():
    statuses = {}
    for variant in CATALOGUE["W11"].variants:
        rig = struck("W11", "timify", variant=variant)
        below = f"/{rig.made('timify')}"
        removed = [rig.send("timify", "DELETE", below).status_code for _ in range(2)]
        statuses[variant] = (*removed, rig.send("timify", "GET", below).status_code)
    assert statuses["404 again"] == (200, 404, 404)
    assert statuses["200 always"][:2] == (200, 200)
    assert statuses["soft"][2] == 200


def test_after_a_cancel_every_further_write_is_refused():
    rig = struck("W12", "cliniko", variant="403")
    below = f"/{rig.made('cliniko')}"
    assert rig.send("cliniko", "POST", f"{below}/archive").is_success
    assert rig.send("cliniko", "PATCH", below, {"notes": "x"}).status_code == 403


@pytest.mark.parametrize("vendor", VENDORS)
def test_people_can_be_told_although_nobody_asked_for_it(vendor):
    plain, rig = Rig(), struck("W13", vendor, variant="at once")
    plain.made(vendor)
    rig.made(vendor)
    told = [one.board.ledger.writes()[0].notifications for one in (plain, rig)]
    assert told[1] == told[0] + 1


def test_a_queued_message_is_counted_when_it_is_sent():
    rig = struck("W13", "cliniko", variant="queued", seconds=90)
    rig.made("cliniko")
    assert [one.notifications for one in rig.board.ledger.writes()] == [0]
    rig.clock.advance(90)
    rig.board.settle()
    last = rig.board.ledger.entries()[-1]
    assert (last.actor, last.applied, last.notifications, last.of) == ("vendor", False, 1, 2)


def test_an_update_can_be_judged_more_strictly_than_a_create():
    rig = struck("W14", "timify", variant="update stricter")
    below = f"/{rig.made('timify')}"
    assert rig.send("timify", "PATCH", below, {"title": "x"}).status_code == 422


@pytest.mark.parametrize(("variant", "seen"), [("lists", (0, 200)), ("both", (0, 404))])
def test_reads_can_lag_behind_a_write(variant, seen):
    rig = struck("W15", "cliniko", variant=variant, seconds=30)
    below = f"/{rig.made('cliniko')}"

    def now() -> tuple[int, int]:
        rows = rig.send("cliniko", "GET").json()["unavailable_blocks"]
        return len(rows), rig.send("cliniko", "GET", below).status_code

    assert now() == seen
    rig.clock.advance(30)
    assert now() == (1, 200)


def test_reads_that_lag_at_one_vendor_bring_nothing_back_at_another():
    rig = struck("W15", None, variant="both", seconds=30)
    below = f"/{rig.made('acuity')}"
    rig.made("cliniko")
    assert rig.send("acuity", "DELETE", below).status_code == 204
    assert rig.send("cliniko", "GET").json()["unavailable_blocks"] == []
    rig.clock.advance(31)
    assert rig.held("acuity") == []
    assert len(rig.held("cliniko")) == 1


def test_a_repeat_is_no_conflict_with_what_another_vendor_has():
    rig = struck("W16", None, variant="409")
    assert rig.create("cliniko").is_success
    assert rig.create("acuity").is_success
    assert rig.create("cliniko").status_code == 409


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_repeat_can_be_a_conflict(vendor):
    rig = struck("W16", vendor, variant="409")
    assert rig.create(vendor).is_success
    assert rig.create(vendor).status_code == 409
    assert len(rig.groups(vendor)) == 1


@pytest.mark.parametrize("variant", ["told", "untold"])
def test_a_batch_can_be_applied_by_half(variant):
    rig = struck("W17", "timify", variant=variant)
    ids = [rig.made("timify") for _ in range(4)]
    assert rig.send("timify", "POST", "/delete/bulk", {"ids": ids}).is_success
    assert [one.id for one in rig.held("timify")] == ids[2:]


@pytest.mark.parametrize("vendor", UPDATABLE)
def test_an_update_can_create_besides(vendor):
    rig = struck("W18", vendor)
    made = rig.made(vendor)
    method, body = rig.calls[vendor].update or ("", {})
    assert rig.send(vendor, method, f"/{made}", body).is_success
    assert len([one for one in rig.people.things(vendor) if one.alive]) > 1
    assert rig.board.ledger.writes()[-1].actor == "vendor"


def test_a_refused_write_can_use_up_the_quota():
    rig = struck("W19", "cliniko", seconds=30)
    assert rig.send("cliniko", "POST", body={}).status_code == 422
    refused = rig.send("cliniko", "GET")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
    rig.clock.advance(30)
    assert rig.send("cliniko", "GET").status_code == 200


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("variant", CATALOGUE["W20"].variants)
def test_somebody_can_meddle_with_what_was_just_written(vendor, variant):
    rig = struck("W20", vendor, variant=variant, times=1)
    made = rig.made(vendor)
    entry = rig.board.ledger.entries()[-1]
    assert (entry.actor, entry.applied, entry.of) == ("person", True, entry.number - 1)
    alive = {one.id for one in rig.groups(vendor)}
    assert (made in alive) is (variant not in ("unmark", "delete", "cancel", "recreate"))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(
    ("variant", "kept"), [("stripped", 0), ("cut", 0), ("escaped", 0), ("upper", 1)]
)
def test_the_mark_can_change_as_it_is_stored(vendor, variant, kept):
    rig = struck("M01", vendor, variant=variant)
    rig.made(vendor)
    assert len(rig.groups(vendor)) == kept


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_mark_can_appear_on_a_twin(vendor):
    rig = struck("M02", vendor, variant="twin")
    rig.made(vendor)
    assert len(rig.groups(vendor)) == 2


@pytest.mark.parametrize(("name", "applied"), [("T08", 0), ("T09", 1)])
def test_a_reset_before_or_after_a_write(name, applied):
    rig = struck(name, "acuity", method="POST")
    with pytest.raises(httpx.ReadError):
        rig.create("acuity")
    assert len(rig.held("acuity")) == applied


def test_a_stale_connection_loses_a_write_that_never_left():
    rig = struck("T18", "acuity", times=1)
    rig.send("acuity", "GET")
    with pytest.raises(httpx.ReadError):
        rig.create("acuity")
    assert id_in(rig.create("acuity"))
    assert len(rig.held("acuity")) == 1
