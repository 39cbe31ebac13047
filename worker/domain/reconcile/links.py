"""What is remembered of each hold, copy and withdrawal of ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from worker.domain.event import Key, shown
from worker.domain.reconcile.intent import Purpose, link_of
from worker.domain.span import Span


class LinkState(StrEnum):
    """How sure we are of what stands for a link at its target."""

    AGREED = "agreed"  # written and read back, or taken over
    AMBIGUOUS = "ambiguous"  # an answer was lost: probed before anything else is done
    NEEDS_REVIEW = "needs_review"  # a probe cannot tell: a person must look
    ABSENT = "absent"  # its vendor, asked by id, says that it is gone: it may be made again
    REFUSED = "refused"  # the vendor said no; tried again at `retry_at`, or when it changes
    UNDONE = "undone"  # a person took it back: left alone until a person says otherwise
    WITHDRAWN = "withdrawn"  # an open slot that we took off


UNSETTLED = frozenset({LinkState.AMBIGUOUS, LinkState.NEEDS_REVIEW})
STANDING = UNSETTLED | {LinkState.AGREED}  # it stands at its target, as far as we know


# (purpose, target, calendar, resource, origin, start of a stretch): equal for the same thing,
# wherever it moves.
Identity = tuple[str, str, str, str, int, int]


class Want(NamedTuple):
    """A hold or copy that should stand, before it is spelt out. Plain: there are many of them.

    `origin` is the number of the event that it stands for; 0 for a stretch in which all places of
    a resource are taken, which is told apart by its `start`. `digest` is that of what a copy says;
    a hold says nothing but its time.
    """

    purpose: str
    target: str
    calendar: str
    resource: str
    origin: int
    start: int
    end: int
    digest: bytes = b""

    @property
    def identity(self) -> Identity:
        """Equal for the same hold or copy."""
        stretch = 0 if self.origin else self.start
        return (
            self.purpose,
            self.target,
            self.calendar,
            self.resource,
            self.origin,
            stretch,
        )

    @property
    def span(self) -> Span:
        """Its time."""
        return Span(self.start, self.end)

    @property
    def link(self) -> str:
        """The id of its link: see `worker.domain.reconcile.intent.link_of`."""
        about = shown(self.origin) if self.origin else str(self.start)
        return link_of(Purpose(self.purpose), self.target, self.calendar, self.resource, about)


@dataclass(frozen=True, slots=True)
class Link:
    """A hold, copy or withdrawal of ours, as last agreed with its target.

    `span` and `digest` are what was wanted when it was last written, before any shaping; `key` is
    what it is at the target (`number`: its event number, 0 where there is none), `echo` what the
    vendor showed then, and `revision` that of our stored event for which `echo` was last seen to
    be true (0: not seen by a poll yet). `writes` are the instants of writes within a day.
    """

    id: str
    purpose: str
    target: str
    calendar: str
    resource: str
    origin: int
    span: Span
    digest: bytes = b""
    state: LinkState = LinkState.AGREED
    key: Key | None = None
    number: int = 0
    echo: bytes = b""
    revision: int = 0
    written_at: int = 0
    writes: tuple[int, ...] = ()
    retry_at: int = 0
    trouble: str = ""
    since: int = 0

    @property
    def identity(self) -> Identity:
        """The same as that of what it stands for."""
        return (
            self.purpose,
            self.target,
            self.calendar,
            self.resource,
            self.origin,
            0 if self.origin else self.span.start,
        )


class Shown(NamedTuple):
    """One of our holds or copies as its account showed it last. `gone`: cancelled, or no more."""

    number: int
    account: str
    mark: str
    revision: int
    gone: bool


class Still(NamedTuple):
    """A link of which its account shows just what was agreed on. Plain: there are many of them.

    All but the first say what `Want` does, in its order.
    """

    id: str
    purpose: str
    target: str
    calendar: str
    resource: str
    origin: int
    start: int
    end: int
    digest: bytes
