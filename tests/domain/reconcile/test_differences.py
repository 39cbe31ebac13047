"""The table: every case of what is wanted, remembered and shown, and what follows from it."""

from __future__ import annotations

import itertools

import pytest

from tests.builders import NOW, event
from worker.domain.event import Key, Kind, Status
from worker.domain.reconcile.differences import Do, Picture, differences, surely_over
from worker.domain.reconcile.intent import Purpose
from worker.domain.reconcile.links import Link, LinkState, Shown, Want
from worker.domain.span import Span
from worker.domain.stored import Stored

START = NOW + 7200
WANT = Want(Purpose.HOLD, "studio", "calendar:1", "amy", 77, START, START + 3600)
MOVED = WANT._replace(start=START + 900, end=START + 4500)
KEY = Key("studio", Kind.BLOCK, "9")
THERE = Shown(KEY.number, "studio", WANT.link, 1, gone=False)
GONE = THERE._replace(gone=True)


def link(state: LinkState, key: Key | None = KEY, **fields: object) -> Link:
    return Link(
        id=WANT.link,
        purpose=Purpose.HOLD,
        target="studio",
        calendar="calendar:1",
        resource="amy",
        origin=77,
        span=WANT.span,
        state=state,
        key=key,
        number=key.number if key else 0,
        revision=1,
        **fields,  # type: ignore[arg-type]
    )


def follows(
    want: Want | None,
    known: Link | None,
    shown: Shown | None = None,
    *,
    edited: bool = False,
    writable: bool = True,
    now: int = NOW,
    until: int = NOW + 86_400,
    strays: tuple[Shown, ...] = (),
) -> list[Do]:
    picture = Picture(
        wants={want.identity: want} if want else {},
        links=[known] if known else [],
        shown={shown.number: shown} if shown else {},
        writable=frozenset({"studio"}) if writable else frozenset(),
        now=now,
        until=until,
        edited={WANT.link} if edited else (),
        strays={WANT.link: strays} if strays else {},
    )
    return [change.do for change in differences(picture)]


AGREED = LinkState.AGREED
TABLE = [
    # wanted, remembered, shown, edited -> follows
    (None, None, None, False, []),
    (WANT, None, None, False, [Do.CREATE]),
    (WANT, link(AGREED), THERE, False, []),
    (WANT, link(AGREED), THERE, True, [Do.UPDATE]),
    (MOVED, link(AGREED), THERE, False, [Do.UPDATE]),
    (MOVED, link(AGREED), THERE, True, [Do.UPDATE]),
    (WANT, link(AGREED), None, False, []),  # missing from the listing: asked for by id first
    (WANT, link(AGREED), GONE, False, []),
    (None, link(AGREED), THERE, False, [Do.DELETE]),
    (None, link(AGREED), THERE, True, [Do.DELETE]),
    (None, link(AGREED), None, False, []),
    (None, link(AGREED), GONE, False, [Do.FORGET]),
    (WANT, link(LinkState.ABSENT, None), None, False, [Do.CREATE]),
    (None, link(LinkState.ABSENT, None), None, False, [Do.FORGET]),
    (WANT, link(LinkState.REFUSED, None, retry_at=NOW + 60), None, False, []),
    (WANT, link(LinkState.REFUSED, None, retry_at=NOW), None, False, [Do.CREATE]),
    (MOVED, link(LinkState.REFUSED, None, retry_at=NOW + 60), None, False, [Do.CREATE]),
    (None, link(LinkState.REFUSED, None), None, False, [Do.FORGET]),
    (MOVED, link(LinkState.REFUSED, retry_at=NOW + 60), THERE, False, []),
    (MOVED, link(LinkState.REFUSED, retry_at=NOW), THERE, False, [Do.UPDATE]),
    (None, link(LinkState.REFUSED, retry_at=NOW), THERE, False, [Do.DELETE]),
    (WANT, link(LinkState.UNDONE, None), None, False, [Do.CREATE]),  # braked: see `set_aside`
    (None, link(LinkState.UNDONE, None), None, False, []),
    (WANT, link(LinkState.NEEDS_REVIEW, None), None, False, [Do.CREATE]),
    (None, link(LinkState.NEEDS_REVIEW, None), None, False, []),
]


@pytest.mark.parametrize(("want", "known", "shown", "edited", "expected"), TABLE)
def test_each_case_has_one_consequence(want, known, shown, edited, expected):
    assert follows(want, known, shown, edited=edited) == expected


@pytest.mark.parametrize(
    ("want", "shown", "edited"),
    list(itertools.product([None, WANT, MOVED], [None, THERE, GONE], [False, True])),
)
def test_nothing_follows_while_a_write_is_not_settled(want, shown, edited):
    assert follows(want, link(LinkState.AMBIGUOUS), shown, edited=edited) == []


@pytest.mark.parametrize(("want", "known", "shown", "edited", "expected"), TABLE)
def test_nothing_is_written_to_an_account_that_is_not_to_be_trusted(
    want, known, shown, edited, expected
):
    del expected
    writes = follows(want, known, shown, edited=edited, writable=False)
    assert set(writes) <= {Do.FORGET}


@pytest.mark.parametrize(("want", "known", "shown", "edited", "expected"), TABLE)
@pytest.mark.parametrize(
    ("now", "until"), [(START + 5000, START + 90_000), (NOW, START)], ids=["over", "beyond"]
)
def test_nothing_outside_the_window_is_written(want, known, shown, edited, expected, now, until):
    del expected
    assert set(follows(want, known, shown, edited=edited, now=now, until=until)) <= {Do.FORGET}


def test_what_stands_there_with_our_mark_is_taken_over_and_not_made_again():
    assert follows(WANT, None, strays=(THERE,)) == [Do.ADOPT]
    assert follows(WANT, None, strays=(GONE,)) == [Do.CREATE]
    elsewhere = THERE._replace(account="campus")
    assert follows(WANT, None, strays=(elsewhere,)) == [Do.CREATE]


def test_where_several_carry_the_mark_nothing_is_made_and_nothing_taken_over():
    assert follows(WANT, None, strays=(THERE, THERE._replace(number=5))) == []


@pytest.mark.parametrize(
    ("status", "trusted", "surely"),
    [
        (Status.CANCELLED, (), True),  # its vendor's own word
        (Status.BOOKED, (), False),
        (Status.BOOKED, ("clinic",), True),
    ],
)
def test_a_release_needs_the_vendors_word_or_a_fresh_and_complete_origin(status, trusted, surely):
    origin = Stored(event("1", status=status), "desk", ("amy",), 1, NOW, NOW, 1)
    assert bool(surely_over(origin, trusted)) == surely


def test_an_origin_that_is_not_known_releases_nothing():
    assert surely_over(None, ("clinic", "studio")) == ""


def test_the_link_of_a_hold_survives_a_move_and_tells_everything_else_apart():
    assert MOVED.link == WANT.link
    others = [
        WANT._replace(target="campus"),
        WANT._replace(calendar="calendar:2"),
        WANT._replace(resource="bob"),
        WANT._replace(origin=78),
        WANT._replace(purpose=Purpose.COPY),
    ]
    assert len({one.link for one in (WANT, *others)}) == 6
    stretch = WANT._replace(origin=0)
    assert stretch.link != stretch._replace(start=START + 60).link
    assert Span(START, START + 3600) == stretch.span
