"""What a vendor is known to refuse is said by the plan, before anybody lets it be sent."""

from __future__ import annotations

import pytest

from tests.web.conftest import TOKEN, Serve, Served
from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.wish import Wish
from worker.store.events import Wanted

CLINIKO = "people have a place in it, and Cliniko may tell them"
ACUITY = "a class as a whole can only be moved or cancelled on Acuity&#39;s own pages"


@pytest.fixture
def served(serve: Serve) -> Served:
    return serve(f'admin_token = "{TOKEN}"', "[brakes]\nfirst_run = false")


def some(served: Served, account: str, kind: Kind) -> Event:
    """What somebody booked at an account, for later."""
    wanted = Wanted(accounts=(account,), statuses=(Status.BOOKED,))
    later = served.app.now + 7200
    return next(
        one.event
        for one in served.app.store.events.list(wanted)
        if one.event.key.kind is kind and one.event.span.start > later
    )


def wish(served: Served, event: Event, action: str, *, tells: bool) -> None:
    to = event.span.start + 3600 if action == "move" else None
    asked = Wish(action, event.key.id, to, tells, "pat")
    served.app.writing.resolve(asked, "finding")


def parts(page: str) -> tuple[str, str]:
    """What brakes keep back, and what is ready."""
    before, _, ready = page.partition("Ready to be written</h2>")
    return before, ready


@pytest.mark.parametrize("action", ["move", "cancel"])
def test_cliniko_changes_nothing_that_people_attend_unless_telling_them_was_approved(
    served, action
):
    visit = some(served, "clinic", Kind.SINGLE)
    wish(served, visit, action, tells=False)
    held, ready = parts(served.admin_page.get("/plans").text)
    assert "Its vendor would refuse it" in held
    assert CLINIKO in held
    assert ready == ""
    wish(served, visit, action, tells=True)
    held, ready = parts(served.admin_page.get("/plans").text)
    assert CLINIKO not in held
    assert "pat approved it" in ready


@pytest.mark.parametrize("tells", [False, True])
@pytest.mark.parametrize("action", ["move", "cancel"])
def test_acuity_moves_and_cancels_no_whole_class(served, action, tells):
    wish(served, some(served, "coaching", Kind.GROUP), action, tells=tells)
    held, ready = parts(served.admin_page.get("/plans").text)
    assert ACUITY in held
    assert ready == ""


def test_a_single_appointment_at_acuity_may_go(served):
    wish(served, some(served, "coaching", Kind.SINGLE), "move", tells=False)
    held, ready = parts(served.admin_page.get("/plans").text)
    assert "would refuse" not in held
    assert "pat approved it" in ready


def test_a_first_run_does_not_hide_what_a_vendor_would_refuse(serve):
    served = serve()
    wish(served, some(served, "clinic", Kind.SINGLE), "move", tells=False)
    assert CLINIKO in served.admin_page.get("/plans").text
