"""By what other systems can know a patient, and that failures rename nobody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.vendors.cliniko.served import (
    NOW,
    WINDOW,
    Served,
    attendee,
    conditions,
    group,
    link,
    listed,
    response,
    single,
)
from worker.domain.event import Key, Kind
from worker.domain.listing import Cursor
from worker.vendors.base import Nonsense, TryLater
from worker.vendors.cliniko.patients import KEPT_FOR, TOGETHER

LATER = Cursor(f'{{"at":{NOW - 3600}}}', WINDOW, NOW)


def of(patient: int | str) -> dict[str, Any]:
    return {"patient": link(f"patients/{patient}")}


class Clinic(Served):
    """Serves patients by id, as they are asked for; `refusal` answers in their place."""

    def __init__(self, rows: list[Any], **addresses: str | None) -> None:
        self.patients = [
            {"id": number.removeprefix("p"), "email": address, "first_name": "Pat"}
            for number, address in addresses.items()
        ]
        self.refusal: httpx.Response | None = None
        super().__init__({"/bookings": rows}, special=self._patients)

    def _patients(self, path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        if path == "/patients":
            if self.refusal is not None:
                return self.refusal
            wanted = conditions(params)["id"].removeprefix("=").split(",")
            return listed("patients", [row for row in self.patients if row["id"] in wanted])
        asked = conditions(params).get("patient_ids", "").removeprefix("~")
        if path == "/bookings" and asked:
            chosen = [
                row
                for row in self.lists["/bookings"]
                if row["patient"]["links"]["self"].rpartition("/")[2] in asked.split(",")
            ]
            return listed("bookings", chosen)
        return None

    def refuse(self, status: int, body: Any = None) -> None:
        self.refusal = response({"message": "no"} if body is None else body, status)

    def people(self, since: Cursor | None = None) -> dict[str, tuple[str, ...]]:
        return {name: event.people for name, event in self.events(since).items()}

    @property
    def lookups(self) -> list[str]:
        return [conditions(params)["id"] for path, params in self.asked if path == "/patients"]


def test_a_patient_is_known_by_the_address_in_small_letters() -> None:
    clinic = Clinic([single(1)], p48=" Pat.Lee@Example.COM ")
    assert clinic.people() == {"1": ("email:pat.lee@example.com",)}
    assert not clinic.gaps


def test_archived_patients_are_asked_for_too() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    clinic.people()
    (params,) = [params for path, params in clinic.asked if path == "/patients"]
    assert conditions(params)["archived_at"] == conditions(params)["deleted_at"] == "*"


@pytest.mark.parametrize("address", [None, "", "  ", "none", "a b@example.com"])
def test_a_patient_without_a_usable_address_keeps_the_number(address: str | None) -> None:
    assert Clinic([single(1)], p48=address).people() == {"1": ("clinic/patient:48",)}


def test_a_patient_who_is_not_shown_keeps_the_number() -> None:
    assert Clinic([single(1)]).people() == {"1": ("clinic/patient:48",)}


def test_attendees_of_groups_are_matched_and_counted_as_before() -> None:
    clinic = Clinic([], p48="pat@example.com", p49=None)
    clinic.lists["/group_appointments"] = [group(7, patient_ids=["48", "49"])]
    clinic.lists["/attendees"] = [attendee(1, 7, 48), attendee(2, 7, 49)]
    event = clinic.events()["7"]
    assert (event.people, event.attendees) == (("clinic/patient:49", "email:pat@example.com"), 2)


def test_an_event_that_is_asked_for_by_id_has_the_same_people() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    clinic.lists["/individual_appointments"] = clinic.lists["/bookings"]
    shown = clinic.people()["1"]
    confirmed = clinic.account.confirm(Key("clinic", Kind.SINGLE, "1"), WINDOW)
    assert confirmed.sighting is not None
    assert confirmed.sighting.event.people == shown


def test_patients_are_asked_for_many_at_once_and_only_once() -> None:
    count = TOGETHER + 10
    rows = [single(n, **of(1000 + n % count)) for n in range(count * 2)]
    clinic = Clinic(rows, **{f"p{1000 + n}": f"{n}@example.com" for n in range(count)})
    assert set(clinic.people().values()) == {(f"email:{n}@example.com",) for n in range(count)}
    assert [len(asked.split(",")) for asked in clinic.lookups] == [TOGETHER, 10]
    clinic.people()
    assert len(clinic.lookups) == 2


def test_only_patients_of_events_that_are_shown_are_asked_for() -> None:
    beyond = single(2, starts_at="2026-06-03T01:00:00Z", ends_at="2026-06-03T02:00:00Z", **of(99))
    clinic = Clinic([single(1), beyond], p48="pat@example.com")
    clinic.people()
    assert clinic.lookups == ["=48"]


def test_a_changed_address_is_seen_after_a_while() -> None:
    clinic = Clinic([single(1)], p48="old@example.com")
    clinic.people()
    clinic.patients[0]["email"] = "new@example.com"
    assert clinic.people() == {"1": ("email:old@example.com",)}
    clinic.clock.time += KEPT_FOR
    assert clinic.people() == {"1": ("email:new@example.com",)}


@pytest.mark.parametrize("status", [400, 403, 404])
def test_where_patients_may_not_be_read_they_keep_their_numbers_and_nothing_is_missing(
    status: int,
) -> None:
    clinic = Clinic([single(1), single(2, **of(49))], p48="pat@example.com")
    clinic.refuse(status)
    assert clinic.people() == {"1": ("clinic/patient:48",), "2": ("clinic/patient:49",)}
    assert not clinic.gaps
    assert clinic.batches[-1].cursor


@pytest.mark.parametrize("status", [400, 403, 404, 500])
def test_a_look_up_that_fails_later_renames_nobody(status: int) -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    before = clinic.people()
    clinic.clock.time += KEPT_FOR
    clinic.refuse(status)
    assert clinic.people() == before


def test_a_patient_who_is_not_shown_any_more_keeps_the_address() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    before = clinic.people()
    clinic.clock.time += KEPT_FOR
    clinic.patients.clear()
    assert clinic.people() == before


@pytest.mark.parametrize(
    ("status", "body", "error"), [(500, None, TryLater), (200, b"<html>", Nonsense)]
)
def test_a_passing_fault_breaks_the_walk_off_and_a_lasting_one_does_not_hide_the_calendar(
    status: int, body: bytes | None, error: type[Exception]
) -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    clinic.refuse(status, body)
    for _ in range(2):
        with pytest.raises(error, match="/patients"):
            clinic.people()
    assert clinic.people() == {"1": ("clinic/patient:48",)}


def test_a_wait_that_the_vendor_states_is_kept_even_where_everybody_is_known() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    clinic.people()
    clinic.clock.time += KEPT_FOR
    clinic.refuse(429)
    with pytest.raises(TryLater) as caught:
        clinic.people()
    assert caught.value.throttled


def test_an_ignored_filter_is_not_followed_through_all_patients() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    rows = [{"id": "48", "email": "pat@example.com"}, {"id": "50", "email": "x@example.com"}]
    clinic.refusal = listed(
        "patients", rows, total_entries=9000, links={"next": "https://api.au1.cliniko.com/v1/more"}
    )
    assert clinic.people() == {"1": ("clinic/patient:48",)}
    assert clinic.calls("/more") == 0


def test_an_address_that_a_family_shares_stands_for_nobody() -> None:
    clinic = Clinic([single(1), single(2, **of(49))], p48="x@example.com", p49="X@example.com")
    assert clinic.people() == {"1": ("clinic/patient:48",), "2": ("clinic/patient:49",)}


def test_an_archived_record_of_the_same_person_is_no_second_person() -> None:
    clinic = Clinic([single(1), single(2, **of(49))], p48="x@example.com", p49="x@example.com")
    clinic.patients[1]["archived_at"] = "2026-01-01T00:00:00Z"
    assert set(clinic.people().values()) == {("email:x@example.com",)}


def test_what_was_shown_before_a_namesake_came_up_is_shown_again_in_the_same_walk() -> None:
    clinic = Clinic([single(1)], p48="x@example.com", p49="x@example.com")
    assert clinic.people() == {"1": ("email:x@example.com",)}
    clinic.lists["/bookings"] = [single(2, **of(49)), single(1)]
    clinic.special = changed_only(clinic, {"2"})
    assert clinic.people(LATER) == {"2": ("clinic/patient:49",), "1": ("clinic/patient:48",)}


def test_where_nobody_can_be_asked_for_by_patient_the_next_full_walk_heals_it() -> None:
    clinic = Clinic([single(1)], p48="x@example.com", p49="x@example.com")
    clinic.people()
    clinic.lists["/bookings"] = [single(2, **of(49)), single(1)]
    clinic.special = changed_only(clinic, {"2"}, refuse="patient_ids is not filterable")
    assert clinic.people(LATER) == {"2": ("clinic/patient:49",)}
    assert not clinic.gaps
    assert sum("patient_ids" in conditions(params) for _, params in clinic.asked) == 1
    assert clinic.people() == {"1": ("clinic/patient:48",), "2": ("clinic/patient:49",)}


def test_addresses_are_in_no_answer_that_could_be_stored() -> None:
    clinic = Clinic([single(1)], p48="pat@example.com")
    clinic.people()
    (sighting,) = [one for batch in clinic.batches for one in batch.sightings]
    assert b"pat@example.com" not in sighting.answer
    assert b"pat@example.com" not in clinic.account.redact(sighting.answer)


def changed_only(clinic: Clinic, ids: set[str], refuse: str = "") -> Any:
    """The lists where only `ids` changed by `updated_at`, for walks over changes."""
    patients = clinic.special

    def answer(path: str, params: list[tuple[str, str]]) -> httpx.Response | None:
        asked = conditions(params)
        if refuse and "patient_ids" in asked:
            return response({"message": refuse}, 400)
        if path == "/bookings" and "updated_at" in asked:
            now = "2026-03-02T07:59:00Z"
            rows = [row | {"updated_at": now} for row in clinic.lists[path] if row["id"] in ids]
            return listed("bookings", rows)
        if asked.keys() & {"updated_at"} or any(
            condition.startswith(">=") for condition in asked.values()
        ):
            return listed(path.removeprefix("/"), [])
        return patients(path, params)

    return answer
