"""What still stands although that which it belongs to is gone."""

from __future__ import annotations

from tests.builders import NOW, event
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.orphan import cancelled_groups, idle_bindings
from worker.domain.event import Kind, Status
from worker.domain.stored import Stored
from worker.domain.subject import Resource


def stored(gone_at: int | None = None, **fields: object) -> Stored:
    given = {"status": Status.CANCELLED, "kind": Kind.GROUP, "attendees": 3} | fields
    one = event("1", **given)  # type: ignore[arg-type]
    return Stored(one, "v", (), revision=1, created_at=NOW, updated_at=NOW, poll=1, gone_at=gone_at)


def test_somebody_is_still_on_the_roster_of_a_cancelled_group() -> None:
    (finding,) = cancelled_groups([stored()])
    assert finding.kind is FindingKind.ORPHAN
    assert finding.flags == ("attendees",)
    assert dict(finding.evidence)["attendees"] == 3
    assert finding.accounts == ("clinic",)


def test_a_cancelled_slot_with_reservations_is_one_too() -> None:
    assert list(cancelled_groups([stored(kind=Kind.SLOT)]))


def test_a_group_without_anybody_or_that_takes_place_is_none() -> None:
    assert not list(cancelled_groups([stored(attendees=0), stored(status=Status.BOOKED)]))


def test_a_cancelled_visit_of_one_person_is_simply_cancelled() -> None:
    assert not list(cancelled_groups([stored(kind=Kind.SINGLE)]))


def test_the_last_roster_of_what_is_gone_is_only_a_memory() -> None:
    assert not list(cancelled_groups([stored(gone_at=NOW)]))


AMY = Resource(
    "amy",
    "Amy",
    bindings=(
        ("campus", "*"),
        ("clinic", "practitioner:17"),
        ("clinic", "practitioner:71"),
        ("desk", "calendar:Amy@x.org"),
    ),
)


def idle(**shown: list[str]) -> list[Finding]:
    return list(idle_bindings([AMY], shown))


def test_a_binding_that_the_account_shows_nothing_of_is_told() -> None:
    (finding,) = idle(clinic=["practitioner:17", "practitioner:18"])
    assert finding.kind is FindingKind.ORPHAN
    assert finding.flags == ("binding", "standing")
    assert dict(finding.evidence)["bindings"] == ["practitioner:71"]
    assert dict(finding.evidence)["resource"] == "amy"


def test_bindings_that_are_shown_are_fine_whatever_the_case_of_addresses() -> None:
    assert not idle(clinic=["practitioner:17", "practitioner:71"], desk=["calendar:amy@X.org"])


def test_an_account_that_shows_nothing_or_is_not_trusted_proves_nothing() -> None:
    assert not idle(clinic=[])
    assert not idle()


def test_everything_of_an_account_is_never_idle() -> None:
    assert not idle(campus=["group:1"])


def test_an_idle_address_is_counted_only() -> None:
    (finding,) = idle(desk=["event:intro"])
    assert "@" not in repr(finding)
    assert dict(finding.evidence)["more_bindings"] == 1
