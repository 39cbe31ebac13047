"""What bindings find, and when they count as changed."""

from __future__ import annotations

from worker.domain.subject import Bindings, Resource

AMY = Resource(
    id="amy",
    name="Amy",
    bindings=(("campus", "*"), ("clinic", "practitioner:17"), ("desk", "calendar:Amy@x.org")),
)
ROOM = Resource(id="room", name="Room", bindings=(("campus", "group:5"), ("clinic", "business:3")))


def test_a_bound_name_leads_to_its_resource() -> None:
    assert Bindings([AMY, ROOM]).resources_of("clinic", ("practitioner:17",)) == ("amy",)


def test_an_event_may_occupy_several_resources_in_sorted_order() -> None:
    bindings = Bindings([ROOM, AMY])
    assert bindings.resources_of("clinic", ("practitioner:17", "business:3")) == ("amy", "room")


def test_a_name_of_another_account_means_nothing_here() -> None:
    assert Bindings([AMY, ROOM]).resources_of("desk", ("practitioner:17",)) == ()


def test_an_unknown_account_has_no_resources() -> None:
    assert Bindings([AMY]).resources_of("elsewhere", ("practitioner:17",)) == ()


def test_the_asterisk_takes_every_event_of_its_account() -> None:
    bindings = Bindings([AMY, ROOM])
    assert bindings.resources_of("campus", ()) == ("amy",)
    assert bindings.resources_of("campus", ("group:5",)) == ("amy", "room")


def test_one_resource_is_named_once_however_often_it_is_bound() -> None:
    both = Resource(id="amy", name="Amy", bindings=(("clinic", "*"), ("clinic", "practitioner:17")))
    assert Bindings([both]).resources_of("clinic", ("practitioner:17",)) == ("amy",)


def test_addresses_match_in_any_case_but_ids_do_not() -> None:
    bindings = Bindings(
        [AMY, Resource(id="tim", name="Tim", bindings=(("studio", "resource:5F"),))]
    )
    assert bindings.resources_of("desk", ("calendar:amy@X.org",)) == ("amy",)
    assert bindings.resources_of("studio", ("resource:5f",)) == ()


def test_the_digest_does_not_depend_on_the_order_of_resources() -> None:
    assert Bindings([AMY, ROOM]).digest() == Bindings([ROOM, AMY]).digest()


def test_the_digest_changes_with_a_binding_but_not_with_a_name() -> None:
    renamed = Resource(id="amy", name="Amy Ng", bindings=AMY.bindings)
    moved = Resource(id="amy", name="Amy", bindings=AMY.bindings[1:])
    assert Bindings([renamed]).digest() == Bindings([AMY]).digest()
    assert Bindings([moved]).digest() != Bindings([AMY]).digest()


def test_no_bindings_at_all_still_have_a_digest() -> None:
    assert len(Bindings([]).digest()) == 32
