"""What people do at a vendor is true there and stands in the ledger as theirs."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.sandbox.writing_world import MARK, NOW, VENDORS, Rig
from worker.sandbox.people import Impossible
from worker.sandbox.server import SandboxServer

LATER = int(NOW) + 3 * 86_400


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_object_of_ours_is_found_by_its_mark_and_moved(vendor):
    rig = Rig()
    rig.made(vendor)
    [before] = rig.groups(vendor)
    rig.people.act(vendor, "move", mark=MARK, kind=before.kind, by=7200)
    [after] = rig.groups(vendor)
    assert (after.id, after.start, after.end) == (before.id, before.start + 7200, before.end + 7200)
    entry = rig.board.ledger.entries()[-1]
    assert (entry.actor, entry.method, entry.path, entry.mark) == (
        "person",
        "PERSON",
        "/move",
        MARK,
    )
    assert entry.object == before.object


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("do", ["cancel", "delete"])
def test_what_people_cancel_or_delete_is_no_longer_alive(vendor, do):
    rig = Rig()
    made = rig.made(vendor)
    rig.people.act(vendor, do, id=made)
    assert rig.held(vendor) == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_copy_has_the_mark_and_another_id(vendor):
    rig = Rig()
    made = rig.made(vendor)
    copy = rig.people.act(vendor, "duplicate", id=made, start=LATER)
    assert {one.id for one in rig.groups(vendor)} == {made, copy}
    assert copy != made


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_recreated_has_the_mark_and_another_id_only(vendor):
    rig = Rig()
    made = rig.made(vendor)
    new = rig.people.act(vendor, "recreate", id=made)
    assert [one.id for one in rig.groups(vendor)] == [new] != [made]


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_edit_of_the_notes_can_take_the_mark_away(vendor):
    rig = Rig()
    made = rig.made(vendor)
    rig.people.act(vendor, "edit", id=made, notes="Lunch")
    assert rig.groups(vendor) == []
    assert any("Lunch" in one.text for one in rig.people.things(vendor))


@pytest.mark.parametrize("vendor", ["cliniko", "timify", "acuity", "appointment_one"])
def test_staff_enter_what_is_not_ours(vendor):
    rig = Rig()
    made = rig.people.act(vendor, "create", start=LATER, end=LATER + 3600, notes="Lunch")
    [thing] = [one for one in rig.people.things(vendor) if one.id == made]
    assert (thing.start, thing.mark, thing.alive) == (LATER, "", True)


def test_a_customer_takes_a_slot():
    rig = Rig()
    rig.made("canvas")
    [slot] = [one for one in rig.people.things("canvas") if one.kind == "slot"]
    taken = rig.people.act("canvas", "book", id=slot.id)
    assert any(one.id == taken and one.kind == "reservation" for one in rig.people.things("canvas"))
    assert rig.board.ledger.entries()[-1].notifications == 1


def test_a_booking_at_appointment_one_is_moved_and_deleted():
    rig = Rig()
    made = rig.people.act("appointment_one", "book", start=LATER)
    rig.people.act("appointment_one", "move", id=made, by=60)
    [thing] = [one for one in rig.people.things("appointment_one") if one.id == made]
    assert thing.start == LATER + 60
    rig.people.act("appointment_one", "delete", id=made)
    assert not [one for one in rig.people.things("appointment_one") if one.end and one.alive]


@pytest.mark.parametrize(
    ("vendor", "do", "wish"),
    [
        ("nobody", "move", {"id": "1"}),
        ("cliniko", "steal", {"id": "1"}),
        ("cliniko", "move", {"id": "1"}),
        ("cliniko", "move", {}),
        ("cliniko", "create", {"start": "soon"}),
        ("timify", "create", {"start": LATER}),
        ("canvas", "book", {"id": "99"}),
    ],
)
def test_the_impossible_is_refused_and_changes_nothing(vendor, do, wish):
    rig = Rig()
    before = len(rig.board.ledger), rig.people.things()
    with pytest.raises(Impossible):
        rig.people.act(vendor, do, **wish)
    assert (len(rig.board.ledger), rig.people.things()) == before


def test_people_act_through_the_control_surface_and_the_script_goes_on_beside_it():
    rig = Rig()
    with SandboxServer(rig.board.simulators, clock=rig.clock, act=lambda: "a step") as sandbox:
        url = f"{sandbox.address}/_sandbox/act"
        wish = {"vendor": "cliniko", "do": "create", "start": LATER, "end": LATER + 60}
        made = httpx.post(url, json=wish)
        assert (made.status_code, made.json()["did"]) == (200, "create at cliniko")
        refused = httpx.post(url, json={"vendor": "cliniko", "do": "move", "id": "1"})
        assert (refused.status_code, refused.json()["error"]) == (
            409,
            "no such object at this vendor",
        )
        assert httpx.post(url, json={"do": 1}).status_code == 400
        assert httpx.post(url).json() == {"did": "a step"}
        entries = httpx.get(f"{sandbox.address}/_sandbox/ledger").json()["entries"]
    assert [(one["actor"], one["object"].split("/")[0]) for one in entries] == [
        ("person", "unavailable_blocks")
    ]
    assert "Lunch" not in json.dumps(entries)
