"""Nothing can be made or moved; only what a person approved can be taken away."""

from __future__ import annotations

import httpx
import pytest

from tests.builders import NOW, event
from tests.vendors.appointment_one.desk import (
    Desk,
    appointment,
    page,
    reply,
    simulated,
    site,
    whole,
    written,
)
from worker.domain.event import Event, Key, Kind
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import HOUR, Span
from worker.sandbox.appointment_one import Quirks
from worker.vendors.base import Ambiguous, NeedsPerson, Rejected, TryLater
from worker.vendors.writer import Settling, Telling, Writer

INTENT = Intent(
    "0123456789abcdef01234567",
    Purpose.HOLD,
    "frontdesk",
    "calendar:amy@example.org",
    "amy",
    Span(NOW, NOW + HOUR),
)


def booked(number: str) -> Event:
    return event(number, NOW, 90, account="frontdesk")


def verbs(desk: Desk) -> list[str]:
    return [one.method for one in desk.asked]


def test_what_cannot_be_made_is_refused_with_the_way_that_remains():
    desk = written(whole())
    account = desk.account
    assert isinstance(account, Writer)
    assert isinstance(account, Settling)
    assert "free/busy calendars" in account.refuses(INTENT)
    assert "UNGUARDED_PAGE" in account.refuses(INTENT)
    assert account.shape(INTENT) == INTENT
    assert account.probe(INTENT) is None
    key = Key("frontdesk", Kind.SINGLE, "a1")
    for attempt in (
        lambda: account.create(INTENT),
        lambda: account.update(key, INTENT),
        lambda: account.delete(key, "not ours"),
        lambda: account.move(booked("a1"), Span(NOW + HOUR, NOW + 2 * HOUR), Telling.PEOPLE),
    ):
        with pytest.raises(Rejected):
            attempt()
    assert not desk.asked


def test_the_capabilities_are_true():
    able = written(whole()).account.capabilities
    assert (able.create, able.move, able.remove, able.hold) == (False, False, True, False)


QUIRKS = [
    Quirks(),
    Quirks(deleted_appointment="cancelled"),
    Quirks(deleted_event="404"),
    Quirks(error_body="object"),
]


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_an_appointment_is_deleted_once_and_its_page_stays(quirks):
    made = site(quirks)
    number = made.book("30min", NOW + HOUR, requester=("Carl", "carl@example.org"))
    desk = simulated(made, appointments=[number])
    desk.account.end(booked(number), "double booked", Telling.PEOPLE)
    desk.account.end(booked(number), "double booked", Telling.PEOPLE)
    assert {t.native_id: t.active for t in desk.read().templates} == {"30min": True, "long": True}
    assert not [one for one in made.truth() if one["status"] == "booked"]


def test_an_appointment_is_not_deleted_where_nobody_may_be_told():
    desk = written(whole())
    with pytest.raises(Rejected, match="telling people"):
        desk.account.end(booked("a1"), "double booked", Telling.NOBODY)
    assert not desk.asked


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_a_page_is_deleted_only_by_its_own_method(quirks):
    made = site(quirks)
    desk = simulated(made)
    desk.account.remove_page("30min")
    desk.account.remove_page("30min")
    states = {t.native_id: t.active for t in desk.read().templates}
    assert states.get("30min", False) is False
    assert states["long"] is True
    assert verbs(desk).count("DELETE") == 1


SELF = {"rel": "self", "href": "/api/v1/appointment/a1", "verbs": ["GET"]}
EVENT = {"rel": "event", "href": "/api/v1/event/30min", "verbs": ["GET", "DELETE"]}


@pytest.mark.parametrize(
    "links",
    [
        [],
        [EVENT],
        [SELF, EVENT],
        [{**SELF, "href": "/api/v1/event/30min", "verbs": ["GET", "DELETE"]}],
        [{**SELF, "href": "/api/v1/appointment/a2", "verbs": ["DELETE"]}],
        [{**SELF, "rel": "public", "verbs": ["DELETE"]}],
        [{**SELF, "href": "https://[", "verbs": ["DELETE"]}],
    ],
)
def test_nothing_is_deleted_that_its_own_link_does_not_offer(links):
    desk = written(whole(_appointment_a1=appointment(links=links)))
    with pytest.raises(Rejected, match="does not offer"):
        desk.account.end(booked("a1"), "", Telling.PEOPLE)
    assert verbs(desk) == ["GET"]


def test_a_page_without_the_verb_stays():
    link = {"rel": "self", "href": "/api/v1/event/30min", "verbs": ["GET"]}
    desk = written(whole(_event_30min=page(links=[link])))
    with pytest.raises(Rejected, match="does not offer"):
        desk.account.remove_page("30min")


@pytest.mark.parametrize("number", ["../event/30min", "a b", ".", "a/b", "a%2fb"])
def test_an_id_that_leads_elsewhere_is_never_sent(number):
    desk = written(whole())
    with pytest.raises(Rejected):
        desk.account.end(booked(number), "", Telling.PEOPLE)
    assert not desk.asked


def test_a_key_that_may_only_read_is_no_broken_account():
    made = site()
    number = made.book("30min", NOW + HOUR, requester=("Carl", "carl@example.org"))
    made.issue_key("reader")
    desk = simulated(made, appointments=[number], api_key="reader")
    with pytest.raises(Rejected, match="right to write") as caught:
        desk.account.end(booked(number), "", Telling.PEOPLE)
    assert caught.value.code == "no_right"
    assert desk.read().gaps == ()


def test_a_key_that_is_revoked_needs_a_person():
    made = site()
    made.revoke_key("ao-key")
    with pytest.raises(NeedsPerson):
        simulated(made).account.remove_page("30min")


def failing(how: str) -> Desk:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return written(whole())._answer(request)
        match how:
            case "cut":
                raise httpx.ReadError("broke off")
            case "page":
                return reply(b"<html>Login</html>")
        return reply(b"", int(how))

    return Desk(answer)


@pytest.mark.parametrize("how", ["cut", "page", "500", "202"])
def test_a_lost_answer_to_a_deletion_is_ambiguous_and_not_repeated(how):
    desk = failing(how)
    with pytest.raises(Ambiguous):
        desk.account.end(booked("a1"), "", Telling.PEOPLE)
    assert verbs(desk).count("DELETE") == 1


@pytest.mark.parametrize("how", ["404", "410"])
def test_what_is_gone_already_is_fine(how):
    failing(how).account.end(booked("a1"), "", Telling.PEOPLE)


def test_the_body_of_an_answer_to_a_deletion_is_not_relied_upon():
    failing("200").account.end(booked("a1"), "", Telling.PEOPLE)


def test_a_login_page_instead_of_the_record_is_no_deletion():
    desk = written(whole(_appointment_a1=b"<html>Login</html>"))
    with pytest.raises(TryLater) as caught:
        desk.account.end(booked("a1"), "", Telling.PEOPLE)
    assert caught.value.untouched
    assert verbs(desk) == ["GET"]
