"""What all of Acuity's writes share: times as they are sent, and which error says what.

A write to Acuity has no key against repetition, and identical duplicates are accepted. So nothing
here is ever sent twice, and every error tells whether something may have been carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from worker.domain.instants import is_zone, local
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import MINUTE, Span
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.mapping import Unreadable
from worker.vendors.acuity.whole import Part
from worker.vendors.answers import Reply
from worker.vendors.base import (
    Ambiguous,
    EventError,
    Nonsense,
    TryLater,
    Vanished,
    VendorError,
)
from worker.vendors.http import Params
from worker.vendors.rows import document

# Both belong into the query: in a body they are ignored, and people are mailed.
QUIETLY: Params = (("noEmail", "true"),)
AS_ADMIN: Params = (("admin", "true"),)

T = TypeVar("T")
Found = TypeVar("Found")


@contextmanager
def beforehand() -> Iterator[None]:
    """For reads before a write: whatever goes wrong, nothing was sent yet."""
    try:
        yield
    except TryLater as error:
        raise TryLater(
            str(error), wait=error.wait, throttled=error.throttled, untouched=True
        ) from None
    except Nonsense as error:
        raise TryLater(str(error), untouched=True) from None


@contextmanager
def halfway(done: str) -> Iterator[None]:
    """For what follows a write that was carried out: no error may say that nothing was."""
    try:
        yield
    except Ambiguous:
        raise
    except VendorError as error:
        wait = error.wait if isinstance(error, TryLater) else None
        raise Ambiguous(f"{error}, after {done}", wait=wait) from None


def answered(reply: Reply, model: type[T]) -> T:
    """The answer to a write that was carried out. Raises Ambiguous where it makes no sense."""
    try:
        return document(reply, model)
    except Nonsense as error:
        raise Ambiguous(str(error)) from None


def gathered(
    parts: Iterable[Part[T]], read: Callable[[T], Found | None]
) -> tuple[list[Found], str]:
    """What `read` makes of all rows, and why it may not be all, in words.

    `read` may raise Unreadable for a row that may be the one.
    """
    found: list[Found] = []
    doubts: list[str] = []
    for part in parts:
        doubts += [*part.gaps, *(bad.reason for bad in part.bad)]
        for row in part.rows:
            try:
                one = read(row.value)
            except Unreadable as error:
                doubts.append(str(error))
            else:
                found += [] if one is None else [one]
    return found, next(iter(doubts), "")


def chosen(found: Iterable[Written], intent: Intent, doubt: str) -> Written | None:
    """Of what carries a mark, that of the wanted time, else the only one; None: there is none.

    Raises Nonsense where nothing can be told.
    """
    marked = {one.key: one for one in found}
    exact = [key for key in marked if marked[key].event.span == intent.span]
    if exact:
        # Two alike are the vendor's own doing; the others stay to be told of as strays.
        return marked[min(exact, key=lambda key: (len(key.native_id), key.native_id))]
    if doubt:
        raise Nonsense(f"whether it is there cannot be told: {doubt}")
    if len(marked) > 1:
        raise Nonsense("several records carry one mark, and none has the time that is wanted")
    return next(iter(marked.values()), None)


@contextmanager
def looking() -> Iterator[None]:
    """For probes: a list that is refused says nothing about what is in it."""
    try:
        yield
    except EventError as error:
        raise Nonsense(f"{error}: whether it is there cannot be told") from None


def calendar_of(calendar: str) -> str:
    """`calendar:42` as the id that requests carry; empty for what is no calendar of Acuity's."""
    sort, _, number = calendar.partition(":")
    known = sort == "calendar" and number.isascii() and number.isdigit() and len(number) <= 20
    return number if known else ""


def on_minutes(span: Span) -> Span:
    """Widened to whole minutes, which is what Acuity's own pages can show."""
    return Span(span.start // MINUTE * MINUTE, -(-span.end // MINUTE) * MINUTE)


def zone_of(catalogue: Catalogue, calendar: str, other: str) -> str:
    """The zone of a calendar, read where it is not known yet; else `other`."""
    with beforehand():
        zone = catalogue.known.get(calendar) or catalogue.zones().get(calendar, "")
    return next(one for one in (zone, other, "UTC") if is_zone(one))


def written(seconds: int, zone: str) -> str:
    """`2026-06-30T10:00:00+0300`: the calendar's wall time, and its offset at that very instant."""
    return local(seconds, zone).strftime("%Y-%m-%dT%H:%M:%S%z")


def path_of(collection: str, native_id: str) -> str:
    """`/blocks/9990961446`. Raises Vanished for an id that no request can carry."""
    if not (native_id.isascii() and native_id.isalnum()):
        raise Vanished("an id that Acuity cannot have given")
    return f"/{collection}/{native_id}"
