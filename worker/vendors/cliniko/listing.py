"""How Cliniko's lists are asked for and read to their end: filters, links, totals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import msgspec

from worker.vendors.answers import Reply
from worker.vendors.base import NeedsPerson, Nonsense, Rejected, StartOver, Vanished, VendorError
from worker.vendors.cliniko.invalid import invalid
from worker.vendors.cliniko.wire import Record, text_of
from worker.vendors.http import Outlet
from worker.vendors.rows import BadRow, Page, Row, page

PER_PAGE = 100  # Cliniko's most; what it does above is not documented
MOST_PAGES = 10_000
MOST_IDLE = 3  # pages in a row without a new row, though each promises a next one

Filters = tuple[tuple[str, str], ...]

# Lists hide archived rows unless asked; `deleted_at` is the older name of the same state, and
# which of the two a row carries differs by its age and kind. `*` is any value, null included.
WITH_ARCHIVED: Filters = (("archived_at", "*"), ("deleted_at", "*"))
WITH_CANCELLED: Filters = (*WITH_ARCHIVED, ("cancelled_at", "*"))
_FLAGS = ("cancelled_at", "deleted_at", "archived_at")
_FIELDS = (*_FLAGS, "updated_at", "starts_at", "ends_at", "booking_id", "patient_ids", "id")

T = TypeVar("T", bound=Record)


class Missing(Nonsense):
    """The vendor does not know this list: never an empty one."""


class Refused(Nonsense):
    """The vendor rejects the question as it stands."""


class NotAllowed(NeedsPerson):
    """The key's user may not read this; other things it may."""


class Unfilterable(StartOver):
    """The vendor refuses a filter without which the question makes no sense."""


def explain(reply: Reply) -> VendorError | None:
    """What Cliniko's refusals mean, in words for its administrator."""
    text = f"{reply.where} answered {reply.status}"
    match reply.status:
        case 401:
            return NeedsPerson(
                f"{text}: Cliniko does not accept the API key; it may be mistyped, revoked, or "
                "belong to another shard than the address says"
            )
        case 403:
            return NotAllowed(
                f"{text}: the role of the API key's user does not allow this; use a key of a "
                "user who may see the whole calendar"
            )
        case 400:
            return Rejected(text, _refused_field(reply.body))
        case 422:
            return invalid(text, reply.body)
        case _:
            return None


def _refused_field(body: bytes) -> str:
    """The filter that a 400 complains about (`cancelled_at is not filterable`), if it says so."""
    try:
        answer = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return ""
    words = set(re.findall(r"\w+", str(answer)[:1000]))
    if words & {"sort", "sortable"}:
        return "sort"
    return next((name for name in _FIELDS if name in words), "")


@dataclass(frozen=True, slots=True)
class Question:
    """A list, and what is asked of it; it makes no sense without the filters in `needed`."""

    path: str
    filters: Filters = ()
    needed: frozenset[str] = frozenset()

    @property
    def key(self) -> str:
        """The member of the answer that holds the rows."""
        return self.path.rpartition("/")[2]


class Reader:
    """Asks one account's lists, and remembers which filters each refuses."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._refused: dict[str, set[str]] = {}

    def forget(self) -> None:
        """Try all filters again: what was refused may have been a passing fault."""
        self._refused.clear()

    def first(self, question: Question, per_page: int = PER_PAGE) -> Reply:
        """The first page, without those filters that the vendor refuses for this list.

        Raises Missing, NotAllowed, Unfilterable or another VendorError, never an EventError.
        """
        # By creation: rows that change meanwhile keep their place, and new ones come last.
        paging = [("sort", "created_at"), ("per_page", str(per_page))]
        try:
            return self._asked(question, paging)
        except Vanished as error:
            raise Missing(f"{error}: it does not know this list; is base_url right?") from None
        except Rejected as error:
            raise Refused(f"{error}: it refuses what its documentation allows") from None

    def one(self, path: str, filters: Filters = ()) -> Reply:
        """One record. Raises Vanished, Rejected or another VendorError."""
        return self._asked(Question(path, filters), [], path.rpartition("/")[0] + "/:id")

    def following(self, link: str) -> Reply:
        """The page that a link leads to. Raises a VendorError, never an EventError."""
        try:
            return self._outlet.follow(link)
        except (Vanished, Rejected) as error:
            raise Nonsense(f"{error}: the list broke off") from None

    def _asked(
        self, question: Question, paging: list[tuple[str, str]], known_as: str = ""
    ) -> Reply:
        refused = self._refused.setdefault(known_as or question.path, set())
        trial: set[str] = set()
        if lost := refused & question.needed:
            raise Unfilterable(f"GET …{question.path}: {min(lost)} is not filterable")
        while True:
            kept = [pair for pair in question.filters if pair[0] not in refused | trial]
            turn = [pair for pair in paging if pair[0] not in refused | trial]
            try:
                reply = self._outlet.get(question.path, _parameters(kept) + turn)
            except Rejected as error:
                names = [name for name, _ in kept + turn]
                if error.code in question.needed:
                    raise Unfilterable(f"{error}: {error.code} is not filterable") from None
                culprit = _culprit(error.code, names)
                if not culprit:
                    raise
                trial.add(culprit)
            else:
                refused |= trial
                return reply


def _parameters(filters: list[tuple[str, str]]) -> list[tuple[str, str]]:
    # Always with brackets: a bare `q` was seen to be ignored, and the whole history came back.
    return [("q[]", f"{name}:{condition}") for name, condition in filters]


def _culprit(named: str, sent: list[str]) -> str:
    if named in sent:
        return named
    # Some refusals name no field ("This column is not searchable."): only the three states are
    # given up unasked; a list without bounds in time could be an account's whole history.
    return next((name for name in _FLAGS if name in sent), "") if not named else ""


def served_at(reply: Reply) -> int | None:
    """The vendor's clock when it answered."""
    try:
        return int(parsedate_to_datetime(reply.headers["date"]).timestamp())
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None


@dataclass(slots=True)
class _Tally:
    """Which rows one reading of a list has shown, and how many the vendor says there are."""

    seen: set[str] = field(default_factory=set)
    nameless: int = 0
    total: int | None = None
    told: bool = False  # whether anything says where the list ends

    @property
    def short(self) -> bool:
        return self.total is not None and len(self.seen) + self.nameless < self.total

    def count(self, names: list[str]) -> bool:
        """Note the rows of a page; returns whether any was new."""
        before = len(self.seen) + self.nameless
        self.seen.update(name for name in names if name)
        self.nameless += sum(not name for name in names)
        return len(self.seen) + self.nameless > before

    def claim(self, rest: Any) -> None:
        """Note what the page says of the whole. A total that fell hides a row that slipped."""
        total = rest.get("total_entries")
        if isinstance(total, str) and total.isascii() and total.isdigit() and len(total) < 10:
            total = int(total)
        if isinstance(total, int) and not isinstance(total, bool):
            self.total = max(total, self.total or 0)
        self.told = self.told or self.total is not None or isinstance(rest.get("links"), dict)


class Listing(Generic[T]):
    """The pages of a list, iterated once; afterwards `gaps` says whether they were all of it.

    Rows may come twice. `identify` tells rows apart where ids of different kinds may be equal.
    Iterating raises VendorError, never an EventError.
    """

    def __init__(
        self,
        reader: Reader,
        question: Question,
        model: type[T],
        identify: Callable[[T], str] | None = None,
    ) -> None:
        self.gaps: list[str] = []
        self.served_at: int | None = None
        self._reader = reader
        self._question = question
        self._model = model
        self._identify = identify or _id

    def __iter__(self) -> Iterator[Page[T]]:
        tally = _Tally()
        yield from self._once(tally)
        if tally.short and not self.gaps:
            # Rows slip between pages when others appear or go meanwhile: a second look heals it.
            tally = _Tally()
            yield from self._once(tally)
        where = f"GET …{self._question.path}"
        if tally.short:
            shown = len(tally.seen) + tally.nameless
            self.gaps.append(f"{where} showed {shown} rows, but says that there are {tally.total}")
        if not tally.told:
            self.gaps.append(f"{where} says neither how many rows there are nor where they end")

    def _once(self, tally: _Tally) -> Iterator[Page[T]]:
        reply = self._reader.first(self._question)
        self.served_at = self.served_at or served_at(reply)
        links: set[str] = set()
        idle = 0
        for _ in range(MOST_PAGES):
            found = page(reply, self._model, self._question.key)
            tally.claim(found.rest)
            idle = 0 if tally.count(self._names(found)) else idle + 1
            yield found
            link = _next(found, reply)
            if not link:
                return
            if link in links or idle >= MOST_IDLE:
                self.gaps.append(f"{reply.where}: the links to further pages lead in a circle")
                return
            links.add(link)
            reply = self._reader.following(link)
        self.gaps.append(f"{reply.where} has more than {MOST_PAGES} pages")

    def _names(self, found: Page[T]) -> list[str]:
        return [*map(self._name, found.rows), *map(_bad_name, found.bad)]

    def _name(self, row: Row[T]) -> str:
        try:
            return self._identify(row.value)
        except ValueError:
            return ""


def _id(value: Record) -> str:
    return text_of(value.id)


def _bad_name(row: BadRow) -> str:
    return f"?{row.text('id')}" if row.text("id") else ""


def _next(found: Page[Any], reply: Reply) -> str:
    links = found.rest.get("links")
    link = links.get("next") if isinstance(links, dict) else None
    if link is not None and not isinstance(link, str):
        raise Nonsense(f"{reply.where}: the link to the next page is no text")
    return link or ""
