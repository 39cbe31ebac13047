"""Everything about one finding or one event: what it rests on, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from worker.domain.conflict.finding import Member
from worker.domain.conflict.register import Happening
from worker.domain.conflict.report import Reported
from worker.domain.conflict.suggestions import Suggestion
from worker.domain.conflict.testimony import Opinion
from worker.domain.stored import Stored


@dataclass(frozen=True, slots=True)
class PollWord:
    """A poll as evidence. Epoch seconds; `finished_at` is None where it was cut short."""

    id: int
    account: str
    started_at: int
    finished_at: int | None
    complete: bool
    coverage: str
    reason: str
    zones: str = ""  # the edition of the zone rules by which it read local times


@dataclass(frozen=True, slots=True)
class Witness:
    """What the store holds of an event that a finding names.

    `member` is what the finding says of it (None for an event that is explained by itself),
    `stored` what is known now (None where it is no longer kept), `answer` the vendor's redacted
    JSON that this was read from, `read_by` the poll that brought it, `newest` the account's last
    finished poll, which saw no other state of it.
    """

    member: Member | None
    stored: Stored | None
    answer: bytes | None = field(repr=False)
    read_by: PollWord | None = None
    newest: PollWord | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """`reported` is None where an event was asked for; `related` are then the findings it is in,
    and else the finding's predecessor and successors.

    `opinions` are the second witness: what the members' own vendors say of them. `rules` is the
    digest of what detection goes by here: resources, bindings, hours, ways.
    """

    id: str
    reported: Reported | None
    witnesses: tuple[Witness, ...]
    suggestions: tuple[Suggestion, ...] = ()
    history: tuple[Happening, ...] = ()
    related: tuple[Reported, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    newest: tuple[PollWord, ...] = ()  # the last finished poll of each account that it is about
    rules: str = ""

    @property
    def polls(self) -> tuple[PollWord, ...]:
        """The polls that this rests on, in order: those that brought its events, and the newest."""
        read_by = (one.read_by for one in self.witnesses if one.read_by)
        found = {poll.id: poll for poll in (*read_by, *self.newest)}
        return tuple(found[id_] for id_ in sorted(found))
