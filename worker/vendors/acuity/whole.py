"""How lists are read whole from a vendor that cuts its answers without a word.

Acuity's lists know no pages, totals or links. An answer holds at most `max` rows, and at most some
number that is documented nowhere: 100 by one account, 1,000 or more by others. So no answer proves
itself, and nothing here trusts a number. What does prove that an answer is whole:

1. It has fewer rows than another answer of the same list in the same walk: the ceiling, wherever it
   is, lies at or above that other answer. (This settles nearly all windows.)
2. The same days asked from both ends. Of a cut list, the ascending answer holds the earliest rows
   and the descending one the latest. If the last moment of the first lies after the first moment of
   the second, no row can hide between them, and both together are everything. Both answers must
   really be in their order: a vendor that ignores `direction` proves nothing.
3. The same rows asked in parts, each of which is whole by 1. Days are halved; where a list cannot
   be asked from the other end, three parts around the rows seen suffice. A single day is split by
   calendar, then by appointment type.

What is left at the end is a single day of one calendar and type. If the ceiling has shown itself
there, or the answer holds 100 rows or more, there is a gap. Below that, with no sign of a cut, the
documented default of 100 rows is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from typing import Generic, TypeVar

from worker.vendors.rows import BadRow, Page, Row

DOCUMENTED = 100  # the default of `max`: a smaller ceiling would contradict the documentation
MOST_PAGES = 10_000
_DAY = timedelta(days=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """Which rows: whole days, both included, and filters as the query names them."""

    first: date
    last: date
    filters: tuple[tuple[str, str], ...] = ()

    @property
    def days(self) -> int:
        """How many days there are beyond the first."""
        return (self.last - self.first).days

    def within(self, first: date, last: date) -> Ask:
        """The same filters on other days."""
        return replace(self, first=first, last=last)


@dataclass(frozen=True, slots=True)
class Filter(Generic[T]):
    """A query member that splits a list: the values it may have, and that of one row."""

    name: str
    values: Callable[[], Collection[str]]
    of: Callable[[T], str]


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """A list of the vendor. `moment` and `identity` read a row, and may say that they cannot.

    `backwards` asks for the same rows, latest first; None where the list knows no order.
    """

    where: str  # the call in words for operators
    forwards: Callable[[Ask], Page[T]]
    backwards: Callable[[Ask], Page[T]] | None
    moment: Callable[[T], int | None]
    day: Callable[[T], date | None]
    identity: Callable[[T], str]
    filters: tuple[Filter[T], ...] = ()


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Some of the rows, and why they may not be all."""

    rows: tuple[Row[T], ...] = ()
    bad: tuple[BadRow, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """All rows, readable or not: what the vendor's ceiling counts."""
        return len(self.rows) + len(self.bad)


@dataclass(frozen=True, slots=True)
class _Answer:
    count: int
    ids: frozenset[str]


class Size(Enum):
    """What an answer's length alone says."""

    WHOLE = "whole"
    DOUBTFUL = "doubtful"
    CUT = "cut"


class _Proof(Enum):
    WHOLE = "whole"
    INSTANT = "instant"  # whole, unless more rows share one moment than an answer holds
    NONE = "none"


class Ceiling:
    """What the answers of a walk have told about the largest one that the vendor gives."""

    def __init__(self, asked: int) -> None:
        self._asked = asked
        self._largest = 0
        self._cut_at: int | None = None

    def judge(self, count: int) -> Size:
        """Weigh an answer of `count` rows against those before it."""
        if count == self._asked or (self._cut_at is not None and count >= self._cut_at):
            return Size.CUT
        if count == 0 or count < self._largest or self._cut_at is not None:
            return Size.WHOLE
        self._largest = count
        return Size.DOUBTFUL

    def shown(self, count: int) -> None:
        """An answer of `count` rows was seen to lack some."""
        self._cut_at = count if self._cut_at is None else min(count, self._cut_at)


class Reading(Generic[T]):
    """One walk over one list. `asked` is the `max` that its requests carry."""

    def __init__(self, source: Source[T], asked: int) -> None:
        self._source = source
        self._ceiling = Ceiling(asked)
        self._asked = asked
        self._pages = 0

    def parts(self, ask: Ask, wider: _Answer | None = None) -> Iterator[Part[T]]:
        """All rows of `ask`, or those that could be had and gaps. Some may come twice.

        `wider` is the answer to an ask that this one is a part of: it should hold all of this.
        """
        page = self._page(self._source.forwards, ask)
        if page is None:
            yield Part(gaps=(f"{self._source.where} needed more than {MOST_PAGES} calls",))
            return
        if wider and not self._ids(page) <= wider.ids:
            self._ceiling.shown(wider.count)
        size = self._ceiling.judge(page.count)
        if size is Size.WHOLE:
            yield page
        else:
            yield from self._unproven(ask, page, size)

    def _unproven(self, ask: Ask, page: Part[T], size: Size) -> Iterator[Part[T]]:
        seen, proof = self._from_both_ends(ask, page)
        if self._ceiling.judge(page.count) is Size.CUT:
            size = Size.CUT
        believed = size is Size.DOUBTFUL and page.count < DOCUMENTED
        if proof is _Proof.WHOLE or (believed and (proof is _Proof.INSTANT or page.count == 1)):
            yield seen
            return
        narrower = self._narrower(ask, seen, size)
        if narrower:
            answer = _Answer(page.count, frozenset(self._ids(seen)))
            yield from self._split(narrower, seen, answer)
        elif believed:
            yield seen
        else:
            yield replace(seen, gaps=(f"{self._source.where} {_full(ask, page.count)}",))

    def _page(self, call: Callable[[Ask], Page[T]], ask: Ask) -> Part[T] | None:
        self._pages += 1
        if self._pages > MOST_PAGES:
            return None
        page = call(ask)
        return Part(page.rows, page.bad)

    def _from_both_ends(self, ask: Ask, page: Part[T]) -> tuple[Part[T], _Proof]:
        """The page with what the other end adds to it, and what both prove."""
        back = self._source.backwards and self._page(self._source.backwards, ask)
        if not back:
            return page, _Proof.NONE
        union = self._union(page, back)
        if union.count > page.count:
            self._ceiling.shown(page.count)
        early, late = self._moments(page), self._moments(back)
        if not early or not late or early != sorted(early) or late != sorted(late, reverse=True):
            return union, _Proof.NONE
        if early[-1] > late[-1]:
            return union, _Proof.WHOLE
        alone = union.count == page.count and early[-1] == late[-1]
        return union, _Proof.INSTANT if alone else _Proof.NONE

    def _union(self, page: Part[T], more: Part[T]) -> Part[T]:
        ids = self._ids(page)
        answers = {row.answer for row in page.bad}
        return Part(
            (*page.rows, *(r for r in more.rows if self._source.identity(r.value) not in ids)),
            (*page.bad, *(r for r in more.bad if r.answer not in answers)),
        )

    def _ids(self, part: Part[T]) -> set[str]:
        return {self._source.identity(row.value) for row in part.rows}

    def _moments(self, part: Part[T]) -> list[int]:
        moments = (self._source.moment(row.value) for row in part.rows)
        return [moment for moment in moments if moment is not None]

    def _narrower(self, ask: Ask, seen: Part[T], size: Size) -> Sequence[Ask]:
        """Smaller asks that together are `ask`; none where it cannot be made smaller."""
        if not ask.days:
            return self._filtered(ask, seen)
        if size is Size.CUT:
            return _halves(ask)
        days = sorted(day for row in seen.rows if (day := self._source.day(row.value)))
        return _around(ask, days[len(days) // 2] if days else ask.first)

    def _filtered(self, ask: Ask, seen: Part[T]) -> Sequence[Ask]:
        used = {name for name, _ in ask.filters}
        for each in self._source.filters:
            if each.name in used:
                continue
            values = {*each.values(), *(each.of(row.value) for row in seen.rows)} - {""}
            if len(values) > 1:
                return [
                    replace(ask, filters=(*ask.filters, (each.name, value)))
                    for value in sorted(values)
                ]
        return []

    def _split(self, asks: Sequence[Ask], seen: Part[T], answer: _Answer) -> Iterator[Part[T]]:
        """Read the parts; what was seen before and is in none of them must not be lost."""
        found: set[str] = set()
        for ask in asks:
            for part in self.parts(ask, answer):
                found |= self._ids(part)
                yield part
        lost = tuple(row for row in seen.rows if self._source.identity(row.value) not in found)
        gap = f"{self._source.where} left out {len(lost)} rows when asked for fewer at a time"
        yield Part(lost, seen.bad, (gap,) if lost else ())


def _halves(ask: Ask) -> Sequence[Ask]:
    # Should the last day turn out not to be included, the day in the middle is asked for twice.
    middle = ask.first + timedelta(days=ask.days // 2)
    after = middle if ask.days > 1 else middle + _DAY
    return [ask.within(ask.first, middle), ask.within(after, ask.last)]


def _around(ask: Ask, day: date) -> Sequence[Ask]:
    pivot = min(max(day, ask.first), ask.last)
    # The full day comes last: if the others hold anything new, it is known to be cut by then.
    parts = [(ask.first, pivot - _DAY), (pivot + _DAY, ask.last), (pivot, pivot)]
    return [ask.within(first, last) for first, last in parts if first <= last]


def _full(ask: Ask, count: int) -> str:
    one = " for one calendar and type" if ask.filters else ""
    return (
        f"gave {count} rows for the single day {ask.first.isoformat()}{one}: "
        "there may be more than it tells, and no smaller question is left"
    )
