"""A Canvas account: what its token manages, read over the API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from worker.domain.conflict.openings import Opening
from worker.domain.event import Event, Key, Kind
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor, Presence, Sighting
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span
from worker.vendors.answers import Reply
from worker.vendors.base import (
    Access,
    Capabilities,
    Nonsense,
    Rejected,
    Seams,
    Vanished,
    Walk,
)
from worker.vendors.bodies import TooLarge
from worker.vendors.canvas import mapping
from worker.vendors.canvas.access import access
from worker.vendors.canvas.bucket import Bucket, MeteredOutlet
from worker.vendors.canvas.desk import Desk
from worker.vendors.canvas.mapping import Unreadable
from worker.vendors.canvas.memory import Memory
from worker.vendors.canvas.offers import Offers
from worker.vendors.canvas.opening import next_slot
from worker.vendors.canvas.reading import Reading, joined, single
from worker.vendors.canvas.redacting import redact
from worker.vendors.canvas.refusals import NoRight, explainer
from worker.vendors.canvas.settings import ASKABLE, CanvasSettings
from worker.vendors.canvas.wire import Slot
from worker.vendors.canvas.writing import Writing
from worker.vendors.rows import Row, rows_of
from worker.vendors.transport import deadline
from worker.vendors.writer import Telling

PAGE_SIZES = (100, 25, 5, 1)  # smaller where an answer would exceed the size limit
_LOST = (
    "slots are no longer listed and must not be read any more: either their group was deleted, "
    "or the token lost its right to the course; nothing is taken for gone until that is clear"
)
STRING_IDS = "application/json+canvas-string-ids"  # ids of other shards exceed what doubles hold


class Canvas:
    """One token at one Canvas site. Every listing is a full one: Canvas tells no changes."""

    # There is no hold: the slots are the offer itself, and open ones can be withdrawn.
    capabilities = Capabilities(read=True, create=True, move=True, remove=True)

    def __init__(self, account: str, settings: CanvasSettings, seams: Seams) -> None:
        self.account = account
        self.zone = settings.timezone or seams.zone
        self._clock = seams.clock
        self._codes = tuple(settings.context_codes)
        self._memory = Memory()
        self._page_size = PAGE_SIZES[0]
        token = settings.token.get_secret_value()
        self._outlet = MeteredOutlet(
            seams,
            base_url=settings.base_url,
            root="/api/v1",
            authorise=lambda: {"Authorization": f"Bearer {token}"},
            explain=explainer(seams.clock.now),
            headers={"Accept": STRING_IDS},
            bucket=Bucket(seams.clock),
        )
        desk = Desk(account, self._outlet, self._memory)
        self._writing = Writing(desk, self._codes)
        self._offers = Offers(desk)

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        """Read all manageable groups; `since` has no use, there is nothing incremental."""
        del since
        return Walk(Coverage.FULL, self._walk(window))

    def _walk(self, window: Span) -> Iterator[Batch]:
        while True:
            try:
                yield from self._reading(window).batches()
            except Nonsense as error:
                smaller = [size for size in PAGE_SIZES if size < self._page_size]
                if not smaller or not isinstance(error, TooLarge):
                    raise
                self._page_size = smaller[0]
            else:
                return

    def _reading(self, window: Span) -> Reading:
        return Reading(
            account=self.account,
            outlet=self._outlet,
            clock=self._clock,
            memory=self._memory,
            window=window,
            context_codes=self._codes,
            per_page=self._page_size,
        )

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:
        """Ask for one slot.

        A deleted slot of a living group is shown as deleted: it is present, and cancelled. All
        slots of a deleted group answer like lost rights: they are gone only if another group of
        the same courses answered in this poll.
        """
        del last
        unknown = Confirmation(key, Presence.UNKNOWN)
        if key.kind is not Kind.SLOT or key.occurrence or not ASKABLE.fullmatch(key.native_id):
            return unknown
        try:
            reply = self._outlet.get(f"/calendar_events/{key.native_id}")
        except Vanished:
            return Confirmation(key, Presence.GONE)
        except NoRight:
            if self._memory.was_ended(key.native_id):
                return Confirmation(key, Presence.GONE)
            courses = tuple(f"course:{code.removeprefix('course_')}" for code in self._codes)
            sure = self._memory.another_answered(key.native_id, within, courses)
            return Confirmation(key, Presence.GONE) if sure else replace(unknown, doubt=_LOST)
        except Rejected:
            return unknown
        return self._confirmed(key, reply)

    def _confirmed(self, key: Key, reply: Reply) -> Confirmation:
        found = rows_of((reply.body,), Slot)
        if found.bad:
            if found.bad[0].text("id") == key.native_id:
                return Confirmation(key, Presence.PRESENT)
            raise Nonsense(f"{reply.where} answered something unexpected: {found.bad[0].reason}")
        row = found.rows[0]
        if str(row.value.id) != key.native_id or row.value.parent_event_id is not None:
            return Confirmation(key, Presence.UNKNOWN)
        return Confirmation(key, Presence.PRESENT, self._sighting(row))

    def _sighting(self, row: Row[Slot]) -> Sighting | None:
        """The slot as the list would show it, so that it does not seem changed."""
        try:
            return self._in_its_group(row) or self._alone(row)
        except Unreadable:
            return None

    def _in_its_group(self, row: Row[Slot]) -> Sighting | None:
        if row.value.appointment_group_id is None:
            return None
        group = mapping.identifier(row.value.appointment_group_id)
        try:
            shown = single(self._outlet, group)
        except (Vanished, Rejected, NoRight, Nonsense):
            return None
        of = mapping.sheet(self.account, shown.group)
        same = [each for each in shown.slots.rows if str(each.value.id) == str(row.value.id)]
        slot = same[0] if same else row
        event = mapping.event(of, slot.value, mapping.roster(self.account, slot.value))
        return Sighting(event, joined(shown.piece, slot.answer))

    def _alone(self, row: Row[Slot]) -> Sighting | None:
        if row.value.workflow_state != "deleted":
            return None
        of = mapping.lone_sheet(self.account, row.value)
        event = mapping.event(of, row.value, mapping.roster(self.account, row.value))
        return Sighting(event, joined(b"{}", row.answer))

    def refuses(self, intent: Intent) -> str:
        """Holds always; copies whose rule says something that Canvas cannot do."""
        return self._writing.refuses(intent)

    def shape(self, intent: Intent) -> Intent:
        """Titles and places of at most 255 characters, and at least one place."""
        return self._writing.shape(intent)

    def create(self, intent: Intent) -> Written:
        """Make an appointment group with one slot: published only where the rule says so."""
        return self._writing.create(intent)

    def update(self, key: Key, intent: Intent) -> Written:
        """Move the slot, and change what differs in its group."""
        return self._writing.update(key, intent)

    def delete(self, key: Key, reason: str) -> None:
        """Delete the copy's group, or only its slot where others stand there."""
        self._writing.delete(key, reason)

    def probe(self, intent: Intent) -> Written | None:
        """Look for the mark in all groups that the token manages."""
        return self._writing.probe(intent)

    def withdraw(self, event: Event, reason: str) -> None:
        """Take an open slot off; never a reserved one, never the last of its group.

        Canvas tells nobody of that, unless somebody reserves it in that very instant.
        """
        self._offers.withdraw(event, reason)

    def offer(self, event: Event) -> Written:
        """Put an equal slot back; Canvas tells all who could book it, if its group is published."""
        return self._offers.offer(event)

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """Move a slot with its reservations; Canvas tells nobody of it, whatever `telling` says."""
        return self._offers.move(event, span, telling)

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        """Delete a slot; Canvas tells those who lose something by it, or it is refused."""
        self._offers.end(event, reason, telling)

    def free(
        self,
        event: Event,
        answer: bytes | None,  # noqa: ARG002 - the event itself tells its group
        search: Span,
        within: float,
    ) -> Sequence[Opening] | None:
        """The next slot of the same group that the token's own user could reserve, if any."""
        with deadline(within):
            return next_slot(self._outlet, event, search)

    def redact(self, answer: bytes) -> bytes:
        """The group and the slot without descriptions, comments and whoever reserved it."""
        return redact(answer)

    def check(self) -> Access:
        """What the token manages, and whether its reservations can be read."""
        return access(self.account, self._outlet, self._codes)

    def close(self) -> None:
        """Drop the connections."""
        self._outlet.close()
