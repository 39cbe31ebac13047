"""UNGUARDED_PAGE: a booking page that can be booked over time that is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.standing import standing
from worker.domain.listing import Template
from worker.domain.subject import Bindings

PAGE = "event"  # the word by which resources are bound to a page: `event:30min`


def unguarded(templates: Iterable[tuple[str, Template]], bindings: Bindings) -> Iterator[Finding]:
    """The active pages among (account, page) that cannot see all that they should look at.

    `blind`: the vendor cannot read a calendar that the page relies on. `unbound`: none of the
    page's calendars is one of a resource that the page itself is bound to, so that what is taken
    there does not close it; the evidence names these resources. Calendars are named by addresses,
    so that only their numbers and resources are told.
    """
    for account, page in templates:
        if not page.active:
            continue
        unseen = _owners_unseen(account, page, bindings)
        if page.blind or unseen:
            yield _finding(account, page, bindings, unseen)


def _owners_unseen(account: str, page: Template, bindings: Bindings) -> list[str]:
    seen = set(bindings.resources_of(account, page.subjects))
    owners = bindings.resources_of(account, (f"{PAGE}:{page.native_id}",))
    return [owner for owner in owners if owner not in seen]


def _finding(account: str, page: Template, bindings: Bindings, unseen: list[str]) -> Finding:
    flags = [word for word, holds in (("blind", page.blind), ("unbound", unseen)) if holds]
    return standing(
        FindingKind.UNGUARDED_PAGE,
        Subject("page", f"{account}/{page.native_id}", page.name),
        flags,
        (
            ("calendars", len(page.subjects)),
            ("blind", len(page.blind)),
            ("blind_of", list(bindings.resources_of(account, page.blind))),
            ("unseen", unseen),
            ("url", page.url),
        ),
    )
