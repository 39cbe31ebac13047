"""What a reading back says about a write. Pure."""

from __future__ import annotations

from worker.domain.event import Event
from worker.domain.listing import Presence
from worker.domain.reconcile.intent import echo
from worker.domain.reconcile.plan import Action
from worker.vendors.base import Ambiguous, Rejected


def agreed(
    action: Action,
    before: Event | None,
    answered: Event | None,
    there: Event | None,
    presence: Presence,
) -> Event | None:
    """What stands there now by the vendor's word; None where it was taken away.

    `answered` is what the answer to the write showed (None: a removal), `there` what a reading
    afterwards did, `before` what stood there before it. Where somebody has moved it between the
    two, what was answered is agreed, and the next poll sees the change. Raises Ambiguous where the
    two contradict each other: it was not carried out, or not yet, or under another id; Rejected
    where both show that the vendor left it as it was.
    """
    if answered is None:
        if presence is not Presence.GONE:
            raise Ambiguous("what was to be taken away is still shown")
        return None
    if presence is Presence.GONE:
        raise Ambiguous("what was written is not shown")
    if there is None:
        return answered
    meant = action.intent.span if action.intent else None
    if before is not None and echo(there) == echo(before):
        if echo(answered) != echo(there):
            raise Ambiguous("what was to be changed is still shown as it was")
        if meant not in (None, there.span):
            raise Rejected("its vendor has left it as it was")
    moved = answered.span == meant and there.span != meant
    return answered if moved or presence is not Presence.PRESENT else there
