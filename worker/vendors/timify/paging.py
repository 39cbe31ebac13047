"""How TIMIFY's lists are read to their end, and what shows that they were not.

Pages are numbered, their order is told nowhere and the data may shift while they are read. So rows
are counted by id, compared with the vendor's own totals, and the first page is read again at the
end; a list that moved is walked a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from worker.vendors.answers import Reply
from worker.vendors.base import EventError, Nonsense, Vanished
from worker.vendors.bodies import TooLarge
from worker.vendors.http import Params
from worker.vendors.rows import Page, Row, page

MOST_PAGES = 10_000
ROWS_PER_PAGE = 512  # a power of two: halving it keeps page borders where they were

T = TypeVar("T")
Identity = str | int


@dataclass(slots=True)
class Budget:
    """The pages that one walk may still ask for."""

    left: int = MOST_PAGES

    def spend(self) -> bool:
        """Whether one more page may be asked for."""
        self.left -= 1
        return self.left >= 0


@dataclass(slots=True)
class _Pass:
    """What one reading from the first page to the last one learnt."""

    ids: set[Identity] = field(default_factory=set)
    totals: list[int] = field(default_factory=list)
    pages: int = 0

    @property
    def count(self) -> int:
        return len(self.ids)

    def add(self, read: Page[Any], ids: Iterable[Identity]) -> bool:
        """Note a page and its ids; whether it showed anything new."""
        self.pages += 1
        if (total := _total(read.rest)) is not None:
            self.totals.append(total)
        before = self.count
        self.ids.update(ids)
        return self.count > before

    def is_whole(self) -> bool:
        """Whether the vendor's total, if it tells one, is reached."""
        return bool(self.totals) and self.count >= self.totals[-1]

    def trouble(self) -> str:
        """Why this reading may have missed rows, or an empty text."""
        if len(set(self.totals)) > 1:
            return "the number of rows changed while they were read"
        if self.totals and self.totals[-1] != self.count:
            return "the vendor counts other rows than it shows"
        return ""


class PagedList(Generic[T]):
    """One list: iterate `pages()` to its end, then look at `gaps`.

    Rows may be repeated; `identify` tells them apart. Errors of the first and of later pages
    are raised as VendorError; never as EventError, since a list that is refused or missing says
    nothing about single events.
    """

    def __init__(
        self,
        get: Callable[[str, Params], Reply],
        path: str,
        params: Params,
        model: type[T],
        budget: Budget,
        identify: Callable[[Row[T]], Identity],
    ) -> None:
        self.gaps: tuple[str, ...] = ()
        self._get = get
        self._path = path
        self._params = tuple(params)
        self._model = model
        self._budget = budget
        self._identify = identify
        self._limit = ROWS_PER_PAGE
        self._number = 1

    def pages(self) -> Iterator[Page[T]]:
        """The pages with something new; twice where the list moved while it was read."""
        trouble = ""
        for _attempt in ("first", "again"):
            trouble = yield from self._once()
            if not trouble:
                return
        self.gaps = (f"GET {self._path}: {trouble}",)

    def _once(self) -> Generator[Page[T], None, str]:
        seen = _Pass()
        self._number = 1
        while True:
            if not self._budget.spend():
                return "there are more pages than one walk may read"
            read = self._page()
            rows = len(read.rows) + len(read.bad)
            if not seen.add(read, self._ids(read)):
                if self._is_loop(rows, seen):
                    return "a page was given twice"
                break
            yield read
            if rows < self._limit and seen.is_whole():
                break
            self._turn(rows)
        return seen.trouble() or self._shifted(seen)

    def _turn(self, rows: int) -> None:
        """Go on to the next page.

        A first page shorter than asked for is the end, or the most that the vendor gives at once:
        then its own length is the one to count in.
        """
        if self._number == 1 and rows < self._limit:
            self._limit = rows
        self._number += 1

    def _ids(self, read: Page[T]) -> Iterator[Identity]:
        for row in read.rows:
            yield self._identify(row)
        for bad in read.bad:
            yield bad.text("id") or hash(bad.answer)

    def _is_loop(self, rows: int, seen: _Pass) -> bool:
        """Whether a page without anything new is a lie.

        It is none at the end of the list, nor where all rows came at once, fewer than asked for,
        and come again for every page.
        """
        at_once = seen.pages == 2 and self._limit < ROWS_PER_PAGE and rows == seen.count
        return rows >= self._limit and not seen.is_whole() and not at_once

    def _shifted(self, seen: _Pass) -> str:
        """Read the first page again: what is new there has pushed something else past us."""
        if seen.pages < 2 or seen.count <= self._limit:
            return ""
        self._number = 1
        again = self._page()
        if set(self._ids(again)) <= seen.ids:
            return ""
        return "rows moved from page to page while they were read"

    def _page(self) -> Page[T]:
        while True:
            # `limit` without `page`, or the other way round, is ignored: always send both.
            numbers = (("page", str(self._number)), ("limit", str(self._limit)))
            try:
                reply = self._get(self._path, (*self._params, *numbers))
            except EventError as error:
                raise ListRefused(str(error), isinstance(error, Vanished)) from None
            except Nonsense as error:
                if not isinstance(error, TooLarge) or self._limit % 2:
                    raise
                self._limit //= 2
                self._number = (self._number - 1) * 2 + 1
                continue
            return page(reply, self._model, "data")


def by_id(row: Row[Any]) -> Identity:
    """Tells rows apart by id, and those without one by all that they say."""
    return hash(row.answer) if row.value.id is None else str(row.value.id)


def by_content(row: Row[Any]) -> Identity:
    """Tells rows apart by all that they say, where an id may stand in several."""
    return hash(row.answer)


class ListRefused(Nonsense):
    """A list answered 4xx: missing or refused, which is not the same as empty."""

    def __init__(self, message: str, is_missing: bool) -> None:
        super().__init__(message)
        self.is_missing = is_missing


def _total(rest: Mapping[str, Any]) -> int | None:
    """The number of rows in the whole list, where the answer tells it: `meta.totalItems`, else
    `total`.
    """
    meta = rest.get("meta")
    stated = meta.get("totalItems") if isinstance(meta, dict) else None
    total = rest.get("total") if stated is None else stated
    if isinstance(total, str) and total.isdecimal() and len(total) < 10:
        return int(total)
    return total if type(total) is int and total >= 0 else None
