"""Who an event is, whether it changed, and what it means for its resources."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, event
from worker.domain.event import Event, Key, Kind, Role, Status, Trait, fingerprint, numbered, role
from worker.domain.span import Span

SLOT = Key("clinic", Kind.SINGLE, "Ab12")
OTHERS = [
    replace(SLOT, native_id=name)
    for name in ("ab12", "AB12", "Ab12 ", " Ab12", "Ab1", "Ab123", "Аb12", "Ab12\u200b", "")
] + [
    replace(SLOT, account="Clinic"),
    *(replace(SLOT, kind=kind) for kind in Kind if kind is not SLOT.kind),
    replace(SLOT, occurrence="2026-03-02"),
    Key("clinic", Kind.SINGLE, "Ab12', '"),
    Key("clinic'", Kind.SINGLE, "Ab12"),
]


@pytest.mark.parametrize("other", OTHERS, ids=ascii)
def test_whoever_is_called_differently_is_another(other):
    assert other.number != SLOT.number
    assert other.id != SLOT.id


@pytest.mark.parametrize(
    ("one", "other"), [("7", "07"), ("7", "7.0"), ("1e3", "1000"), ("é", "e\u0301"), ("ß", "ss")]
)
def test_ids_are_texts_and_never_read(one, other):
    assert replace(SLOT, native_id=one).number != replace(SLOT, native_id=other).number


TEXTS = st.text(st.characters(), max_size=4)
KEYS = st.builds(Key, TEXTS, st.sampled_from(Kind), TEXTS, TEXTS)


@given(st.lists(KEYS, unique=True, max_size=20))
def test_any_two_identities_have_two_numbers_that_a_database_holds(keys):
    numbers = [key.number for key in keys]
    assert len(set(numbers)) == len(keys)
    assert all(-(2**63) <= number < 2**63 for number in numbers)
    assert [numbered(key.id) for key in keys] == numbers


def test_an_identity_has_the_same_number_in_every_release():
    # Stored as primary keys: a change of this would make every event a new one.
    assert Key("clinic", Kind.SINGLE, "0042é", "2026-03-02").number == 4805672427276107728


FULL = Event(
    key=SLOT,
    status=Status.BOOKED,
    span=Span(NOW, NOW + 3600),
    timezone="Europe/Berlin",
    title="Consultation",
    location="Room 1",
    subjects=("practitioner:1",),
    capacity=3,
    attendees=1,
    people=("email:a@example.org",),
    pad_before=5,
    pad_after=10,
    url="https://example.org/1",
    series="group:1",
    min_per_person=1,
    max_per_person=2,
    traits=(Trait.SERIES,),
    mark="hold-1",
)
CHANGED = {
    "status": [Status.HELD, Status.CANCELLED],
    "span": [Span(NOW + 1, NOW + 3600), Span(NOW, NOW + 3601)],
    "timezone": ["", "Europe/Paris"],
    "title": ["", "consultation"],
    "location": ["", "Room 2"],
    "subjects": [(), ("practitioner:1", "practitioner:2")],
    "capacity": [None, 0, 4],
    "attendees": [0, 2],
    "people": [(), ("email:b@example.org",)],
    "pad_before": [0, 10],
    "pad_after": [0, 5],
    "url": [None, "https://example.org/2"],
    "series": ["", "group:2"],
    "min_per_person": [None, 2],
    "max_per_person": [None, 1],
    "traits": [(), (Trait.NO_SHOW,), (Trait.NO_SHOW, Trait.SERIES)],
    "mark": ["", "hold-2"],
}


def test_a_change_of_any_field_but_the_identity_is_a_change():
    assert CHANGED.keys() == {field.name for field in fields(Event)} - {"key"}
    variants = [FULL, *(replace(FULL, **{n: v}) for n, vs in CHANGED.items() for v in vs)]
    assert len({fingerprint(one) for one in variants}) == len(variants)
    assert fingerprint(replace(FULL, key=OTHERS[0])) == fingerprint(FULL)
    assert fingerprint(FULL, b"key") not in (fingerprint(FULL), fingerprint(FULL, b"other"))


def expected(status: Status, kind: Kind, seconds: int, trait: Trait | None, mark: str) -> Role:
    if status is Status.CANCELLED:
        return Role.NONE
    if mark:
        return Role.OURS
    if not seconds or trait in (Trait.TRANSPARENT, Trait.NO_SHOW):
        return Role.FREE
    if kind is Kind.BLOCK:
        return Role.BLOCK
    return Role.OFFERED if status is Status.OFFERED else Role.TAKEN


def test_what_an_event_means_for_its_resources_in_every_case():
    cases = itertools.product(Status, Kind, (0, 60), (None, *Trait), ("", "hold-1"))
    for status, kind, minutes, trait, mark in cases:
        one = event(
            "1", NOW, minutes, kind=kind, status=status, traits=(trait,) if trait else (), mark=mark
        )
        assert role(one) is expected(status, kind, minutes, trait, mark)


@pytest.mark.parametrize("text", ["", "12", "g" * 16, "0" * 17, "-" + "0" * 15])
def test_what_is_no_id_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        numbered(text)
