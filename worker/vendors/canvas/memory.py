"""What earlier polls of this process learnt about an account; losing it costs requests only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from worker.domain.span import Span
from worker.vendors.canvas.mapping import Sheet
from worker.vendors.canvas.wire import Group

SPARE = 10_000  # slots that are remembered beyond twice those that were seen last


@dataclass(frozen=True, slots=True)
class Home:
    """The group and the courses in which a slot was last seen."""

    group: str
    courses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Past:
    hidden: int  # how many slots the list did not show
    updated_at: str
    latest_end: int


def _home(within: Sequence[str]) -> Home | None:
    groups = {name.removeprefix("group:") for name in within if name.startswith("group:")}
    courses = sorted({name for name in within if name.startswith("course:")})
    return Home(groups.pop(), tuple(courses)) if len(groups) == 1 and courses else None


@dataclass(slots=True)
class Memory:
    """Where slots live or ended, which courses answered in this poll, whose past is settled."""

    _homes: dict[str, Home] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)
    _answered: dict[str, set[str]] = field(default_factory=dict)
    _pasts: dict[str, _Past] = field(default_factory=dict)
    _ended: dict[str, None] = field(default_factory=dict)

    def begin(self) -> None:
        """A new poll: what answered in an earlier one proves nothing any more."""
        self._answered = {}
        self._seen = set()

    def end(self) -> None:
        """The poll is over; slots that have long been gone need no memory."""
        if len(self._homes) > 2 * len(self._seen) + SPARE:
            self._homes = {slot: self._homes[slot] for slot in self._seen}

    def saw(self, sheet: Sheet, slots: Iterable[str]) -> None:
        """A group that is not deleted answered, with these slots."""
        for course in sheet.courses:
            self._answered.setdefault(course, set()).add(sheet.id)
        home = Home(sheet.id, sheet.courses)
        for slot in slots:
            self._homes[slot] = home
            self._seen.add(slot)

    def another_answered(
        self, slot: str, within: Sequence[str], configured: tuple[str, ...]
    ) -> bool:
        """Whether, in this poll, another group answered in every course that the slot was in.

        After a restart, its group and courses are those `within` which it was last seen; where
        these are not known it was in one of the `configured` courses, and all must have answered.
        """
        home = self._homes.get(slot) or _home(within) or Home("", configured)
        return bool(home.courses) and all(
            self._answered.get(course, set()) - {home.group} for course in home.courses
        )

    def settled(self, group: Group, listed: int, window: Span) -> bool:
        """Whether the slots that the list hides are known to have ended before `window`.

        Adding, moving and deleting a slot all change the group's `updated_at` or its count.
        """
        past = self._pasts.get(str(group.id))
        return (
            past is not None
            and group.appointments_count is not None
            and past.hidden == group.appointments_count - listed
            and past.updated_at == group.updated_at
            and past.latest_end <= window.start
        )

    def settle(self, group: Group, hidden: int, latest_end: int) -> None:
        """The `hidden` slots of a group all ended by `latest_end`."""
        if group.updated_at:
            self._pasts[str(group.id)] = _Past(hidden, group.updated_at, latest_end)

    def unsettle(self, group: Group) -> None:
        """Nothing is known of a group's past."""
        self._pasts.pop(str(group.id), None)

    def ended(self, slots: Iterable[str]) -> None:
        """Canvas said that the group of these slots is deleted, when it was asked to delete it."""
        self._ended |= dict.fromkeys(slots)
        while len(self._ended) > SPARE:
            self._ended.pop(next(iter(self._ended)))

    def was_ended(self, slot: str) -> bool:
        """Whether the group of this slot was deleted by a request of this process."""
        return slot in self._ended
