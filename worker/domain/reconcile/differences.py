"""The table: what is wanted, remembered and shown, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from worker.domain.event import Role, role
from worker.domain.reconcile.holds import Place, Stretch
from worker.domain.reconcile.intent import Purpose
from worker.domain.reconcile.links import Identity, Link, LinkState, Shown, Still, Want
from worker.domain.stored import Stored


class Do(StrEnum):
    """What follows: a write, or something to be remembered only."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"  # it stands there already, with our mark: a store was lost
    FORGET = "forget"  # it is not wanted and not there: nothing is left to remember


@dataclass(frozen=True, slots=True)
class Change:
    """One consequence. `edited`: somebody changed it at the target since we last wrote it."""

    do: Do
    want: Want | None = None
    link: Link | None = None
    shown: Shown | None = None
    edited: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known when a plan is made.

    `wants` by identity; `links` are all of holds and copies; `shown` are ours by event number;
    `strays` are those shown with a mark that no link of ours has by that number. `edited` are ids
    of links whose echo is no longer what the target shows. `writable` are the accounts whose
    newest listing is fresh, complete and younger than our last write there. Nothing outside
    [now, until) is planned. `settled` are ids of links that are left out, with their wants, because
    nothing can follow from them: see `Outstanding`.
    """

    wants: Mapping[Identity, Want]
    links: Collection[Link]
    shown: Mapping[int, Shown]
    writable: frozenset[str]
    now: int
    until: int
    edited: Collection[str] = ()
    strays: Mapping[str, tuple[Shown, ...]] = field(default_factory=dict)
    settled: Collection[str] = ()


class Outstanding:
    """All that should stand, in a form in which it is quick to see what stands already."""

    def __init__(
        self, holds: Iterable[tuple[Place, Iterable[Stretch]]], copies: Iterable[Want]
    ) -> None:
        self._holds: dict[Place, dict[int, Stretch]] = {}
        for place, some in holds:
            mine = self._holds.setdefault(place, {})
            mine.update({origin or start: (start, end, origin) for start, end, origin in some})
        self._copies = {want.identity: want for want in copies}

    def settle(self, still: Iterable[Still], now: int, until: int) -> list[str]:
        """Leave out what stands already; the ids of those links that `differences` must see.

        In a store where nothing is to be done, nothing is left, and no link need be seen.
        """
        found: list[str] = []
        for one in still:
            id_, purpose, target, calendar, resource, origin, start, end, _ = one
            want: Stretch | Want | None
            if purpose == Purpose.HOLD:
                mine = self._holds.get((target, calendar, resource), {})
                if (want := mine.get(origin or start)) == (start, end, origin):
                    del mine[origin or start]
                    continue
            else:
                identity = (purpose, target, calendar, resource, origin, 0 if origin else start)
                if (want := self._copies.get(identity)) == one[1:]:
                    del self._copies[identity]
                    continue
            if want is not None or (end > now and start < until):
                found.append(id_)
        return found

    def left(self) -> dict[Identity, Want]:
        """What was not left out, by identity."""
        holds = (
            Want(Purpose.HOLD, target, calendar, resource, origin, start, end)
            for (target, calendar, resource), some in self._holds.items()
            for start, end, origin in some.values()
        )
        return {want.identity: want for want in (*holds, *self._copies.values())}


def differences(picture: Picture) -> Iterator[Change]:
    """All that follows from a picture, without what brakes make of it."""
    linked = set()
    for link in picture.links:
        if link.state is LinkState.WITHDRAWN:
            continue
        identity = link.identity
        linked.add(identity)
        change = _of_link(picture, link, picture.wants.get(identity))
        if change is not None:
            yield change
    for identity, want in picture.wants.items():
        if identity not in linked and (change := _of_want(picture, want)):
            yield change


def surely_over(origin: Stored | None, trusted: Collection[str]) -> str:
    """Why what stood for `origin` may be taken away, in words; empty where it is not sure.

    A vendor's own word ends it at once; else its account must be fresh and complete. An origin
    that the store does not know proves nothing.
    """
    if origin is None:
        return ""
    match role(origin.event):
        case Role.NONE:
            return "its origin was cancelled"
        case _ if origin.event.key.account not in trusted:
            return ""
        case _:
            return "its origin takes this time no longer"


def _of_want(picture: Picture, want: Want) -> Change | None:
    """Wanted, and nothing is remembered of it."""
    if not _plannable(picture, want.target, want.start, want.end):
        return None
    marked = picture.strays.get(want.link, ()) if picture.strays else ()
    there = [one for one in marked if one.account == want.target]
    alive = [one for one in there if not one.gone]
    match alive:
        case []:
            return Change(Do.CREATE, want, why="this time is taken")
        case [only]:
            return Change(Do.ADOPT, want, shown=only, why="it stands there already, with our mark")
        case _:
            return None  # several carry the mark: a person must say which is ours


def _of_link(picture: Picture, link: Link, want: Want | None) -> Change | None:
    match link.state, want:
        case LinkState.AMBIGUOUS, _:
            return None  # settled by a probe before anything is planned on it
        case ((LinkState.NEEDS_REVIEW | LinkState.UNDONE), None):
            return None
        case ((LinkState.NEEDS_REVIEW | LinkState.UNDONE), Want()) if link.key is None:
            # Braked as long as nobody approves it: see `brakes.set_aside`.
            return _again(picture, link, want, "it was set aside, and the time is still taken")
        case ((LinkState.ABSENT | LinkState.REFUSED), None) if link.key is None:
            return Change(Do.FORGET, link=link)
        case LinkState.ABSENT, None:
            return Change(Do.FORGET, link=link)
        case LinkState.ABSENT, Want():
            return _again(picture, link, want, "it was removed there, and the time is still taken")
        case LinkState.REFUSED, Want() if link.key is None:
            ripe = picture.now >= link.retry_at or want.span != link.span
            return _again(picture, link, want, "it was refused before") if ripe else None
        case _, None:
            return _unwanted(picture, link)
        case _, Want():
            return _compared(picture, link, want)


def _again(picture: Picture, link: Link, want: Want, why: str) -> Change | None:
    if not _plannable(picture, want.target, want.start, want.end):
        return None
    return Change(Do.CREATE, want, link, why=why)


def _compared(picture: Picture, link: Link, want: Want) -> Change | None:
    there = picture.shown.get(link.number)
    if there is None or there.gone:
        return None  # missing from a listing: asked for by id before it is believed
    if not _plannable(picture, want.target, want.start, want.end):
        return None
    if link.state is LinkState.REFUSED and picture.now < link.retry_at:
        return None
    moved = want.span != link.span
    edited = link.id in picture.edited
    if moved or want.digest != link.digest:
        why = "its origin was moved" if moved else "its origin was changed"
        return Change(Do.UPDATE, want, link, there, edited, why)
    if edited:
        return Change(Do.UPDATE, want, link, there, edited, "it was changed at the target")
    return None


def _unwanted(picture: Picture, link: Link) -> Change | None:
    there = picture.shown.get(link.number)
    if there is not None and there.gone:
        return Change(Do.FORGET, link=link, shown=there)
    if there is None or not _plannable(picture, link.target, link.span.start, link.span.end):
        return None
    if link.state is LinkState.REFUSED and picture.now < link.retry_at:
        return None
    return Change(Do.DELETE, link=link, shown=there, edited=link.id in picture.edited)


def _plannable(picture: Picture, target: str, start: int, end: int) -> bool:
    return target in picture.writable and end > picture.now and start < picture.until
