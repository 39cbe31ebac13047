"""What can be written to an account. The engine asks only for what a vendor's adapter offers."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol, runtime_checkable

from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Written
from worker.domain.span import Span


class Telling(StrEnum):
    """Whether the vendor may tell the people concerned. Only a person's approval says PEOPLE."""

    NOBODY = "nobody"
    PEOPLE = "people"


@runtime_checkable
class Writer(Protocol):
    """Holds and copies of ours at one account, each told by its mark.

    Every method that writes tells nobody, and returns what the vendor shows afterwards: an event
    from the same mapping as `Vendor.fetch`, so that the next poll sees no change (compared by
    `worker.domain.reconcile.intent.echo`). Each sends a write at most once, whatever happens.

    They raise Ambiguous where the answer to a write was lost, unreadable or a server's error: it
    may have been carried out. Rejected: the vendor refuses it as it stands. Vanished: what is to be
    changed is not there. TryLater and NeedsPerson: surely nothing was carried out.
    """

    def refuses(self, intent: Intent) -> str:
        """Why this account cannot have such a thing at all, as a sentence; empty where it can.

        Pure: no request is made.
        """
        ...

    def shape(self, intent: Intent) -> Intent:
        """The same, rounded, trimmed and defaulted to what this vendor can keep.

        Pure and idempotent. A hold's span is never made shorter than what it protects.
        """
        ...

    def create(self, intent: Intent) -> Written:
        """Make it, with its mark."""
        ...

    def update(self, key: Key, intent: Intent) -> Written:
        """Make what stands there equal to `intent`; nobody's fields but those of `intent`.

        A vendor without updates makes the new one first, and then removes the old one.
        """
        ...

    def delete(self, key: Key, reason: str) -> None:
        """Take it away. What is gone already is fine."""
        ...

    def probe(self, intent: Intent) -> Written | None:
        """Look for its mark around its time; None where it is certainly not there now.

        All pages are read, archived and cancelled records are no find. Raises VendorError where
        nothing can be told.
        """
        ...


@runtime_checkable
class Withdrawing(Protocol):
    """A vendor whose open slots are the offer itself: they can be taken off, and offered again."""

    def withdraw(self, event: Event, reason: str) -> None:
        """Take an open slot off. Errors as in `Writer`.

        Rejected with the code `reserved` where somebody has it meanwhile, and with `last` where
        its group would go with it.
        """
        ...

    def offer(self, event: Event) -> Written:
        """Put an equal slot back into its group (`event.series`). Errors as in `Writer`."""
        ...


@runtime_checkable
class Settling(Protocol):
    """What a person may approve for an event that is the vendor's own. Errors as in `Writer`."""

    def move(self, event: Event, span: Span, telling: Telling) -> Written:
        """Move an event to another time of the same length."""
        ...

    def end(self, event: Event, reason: str, telling: Telling) -> None:
        """Cancel, archive or delete an event, by the vendor's own way. What is gone is fine."""
        ...


@runtime_checkable
class Foreseeing(Protocol):
    """A vendor of which it is known beforehand what it does not do to its own events."""

    def objects(self, event: Event, to: Span | None, telling: Telling) -> str:
        """Why moving an event to `to` (None: ending it) would be refused; empty where it may go.

        No request is made: what the vendor itself would say is not known.
        """
        ...
