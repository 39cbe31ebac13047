"""A booking page looks at the calendars of whomever it sells."""

from __future__ import annotations

from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.page import unguarded
from worker.domain.listing import Template
from worker.domain.subject import Bindings, Resource

AMY = Resource(
    "amy", "Amy", bindings=(("desk", "calendar:amy@example.org"), ("desk", "event:intro"))
)
BEN = Resource("ben", "Ben", bindings=(("desk", "calendar:ben@example.org"),))
BINDINGS = Bindings([AMY, BEN])


def page(*calendars: str, blind: tuple[str, ...] = (), active: bool = True) -> Template:
    return Template(
        native_id="intro",
        name="Introduction",
        active=active,
        subjects=tuple(f"calendar:{one}@example.org" for one in calendars),
        blind=tuple(f"calendar:{one}@example.org" for one in blind),
        url="https://book.example.org/intro",
    )


def found(template: Template, account: str = "desk") -> list[Finding]:
    return list(unguarded([(account, template)], BINDINGS))


def test_a_page_that_sees_its_owners_calendar_is_guarded() -> None:
    assert not found(page("amy", "ben"))


def test_a_page_that_cannot_read_a_calendar_is_not() -> None:
    (finding,) = found(page("amy", "ben", blind=("ben",)))
    assert finding.kind is FindingKind.UNGUARDED_PAGE
    assert (finding.subject.type, finding.subject.id) == ("page", "desk/intro")
    assert finding.flags == ("blind", "standing")
    assert dict(finding.evidence)["blind_of"] == ["ben"]


def test_a_page_that_looks_at_somebody_else_is_not() -> None:
    (finding,) = found(page("ben"))
    assert finding.flags == ("standing", "unbound")
    assert dict(finding.evidence)["unseen"] == ["amy"]


def test_a_page_that_looks_at_nobody_is_not() -> None:
    assert found(page())


def test_a_page_that_nobody_can_book_needs_no_guard() -> None:
    assert not found(page("ben", blind=("ben",), active=False))


def test_a_page_that_belongs_to_no_resource_is_judged_by_its_blindness_alone() -> None:
    assert not found(page("ben"), account="elsewhere")
    assert found(page("ben", blind=("ben",)), account="elsewhere")


def test_it_stays_the_same_finding_while_its_calendars_change() -> None:
    (one,), (other,) = found(page("ben")), found(page("amy", blind=("amy",)))
    assert one.id == other.id


def test_nobodys_address_is_told() -> None:
    (finding,) = found(page("ben", "x", blind=("ben", "x")))
    assert "@" not in repr(finding)
