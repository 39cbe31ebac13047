"""What the account asks, and what it makes of answers that are not what was asked for."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from pydantic import SecretStr

from tests.builders import WEEK, StillClock, at, seams
from tests.vendors.acuity.studio import (
    Studio,
    account,
    block_row,
    calendar_row,
    refusal,
    row,
    settings,
    told,
    type_row,
    walk,
)
from worker.domain.event import Key, Kind, Status
from worker.domain.listing import Coverage, Presence
from worker.domain.span import Span
from worker.vendors.acuity import ENTRY
from worker.vendors.base import NeedsPerson, Nonsense, TryLater

LAST = Span(at("2026-03-03T10:00"), at("2026-03-03T10:50"))
SINGLE = Key("coaching", Kind.SINGLE, "1722092210")
GROUP = Key("coaching", Kind.GROUP, "900")
BLOCK = Key("coaching", Kind.BLOCK, "9990961446")


def test_user_id_and_key_are_sent_as_basic_credentials():
    studio = Studio()
    walk(account(studio), WEEK)
    expected = "Basic " + base64.b64encode(b"12345:k3y").decode()
    assert {request.headers["authorization"] for request in studio.asked} == {expected}
    assert {request.url.host for request in studio.asked} == {"acuityscheduling.com"}


def test_an_access_token_is_sent_as_bearer():
    studio = Studio()
    walk(account(studio, user_id=None, api_key=None, access_token=SecretStr("t0ken")), WEEK)
    assert studio.asked[0].headers["authorization"] == "Bearer t0ken"


def test_every_walk_is_a_full_one():
    assert account(Studio()).fetch(WEEK, None).coverage is Coverage.FULL


def test_an_empty_account_is_empty_without_a_gap():
    seen = walk(account(Studio()), WEEK)
    assert not seen.events
    assert not seen.gaps


def test_all_accounts_share_one_pace():
    clock, studio = StillClock(), Studio()
    shared = seams(studio.handle, clock)
    for name in ("one", "two", "three", "four"):
        walk(ENTRY.open(name, settings(), shared), WEEK)  # type: ignore[arg-type]
    assert len(studio.asked) > 8
    assert clock.slept
    assert clock.time - at("2026-03-02T08:00") >= (len(studio.asked) - 1) // 8


@pytest.mark.parametrize("path", ["/appointment-types", "/appointments", "/blocks"])
@pytest.mark.parametrize("body", [b'{"error":"unauthorized","message":"Ida"}', b"<h1>No</h1>"])
def test_wrong_credentials_need_a_person(path, body):
    studio = Studio(answers={path: lambda _: told(body, 401)})
    with pytest.raises(NeedsPerson, match=r"user_id with api_key.*Integrations > API") as caught:
        walk(account(studio), WEEK)
    assert "Ida" not in str(caught.value)


def test_a_revoked_token_says_that_it_cannot_be_refreshed():
    studio = Studio(answers={"/appointments": lambda _: refusal(401, "unauthorized")})
    vendor = account(studio, user_id=None, api_key=None, access_token=SecretStr("t0ken"))
    with pytest.raises(NeedsPerson, match="connect the account again"):
        walk(vendor, WEEK)


def test_too_many_requests_are_throttling_without_a_number():
    studio = Studio(answers={"/appointments": lambda _: refusal(429, "too_many_requests")})
    with pytest.raises(TryLater) as caught:
        walk(account(studio), WEEK)
    assert caught.value.throttled
    assert caught.value.wait is None


def test_a_stated_wait_is_kept():
    answer = {"/appointments": lambda _: refusal(429, "too_many_requests", Retry_After="30")}
    with pytest.raises(TryLater) as caught:
        walk(account(Studio(answers=answer)), WEEK)
    assert caught.value.wait == 30


def test_missing_rights_for_appointments_need_a_person():
    studio = Studio(answers={"/appointments": lambda _: refusal(403, "forbidden")})
    with pytest.raises(NeedsPerson, match="administrator"):
        walk(account(studio), WEEK)


@pytest.mark.parametrize(
    "answer",
    [(403, "forbidden"), (404, "not_found"), (405, "method_not_allowed"), (400, "bad_request")],
)
def test_blocks_that_may_not_be_read_leave_a_gap(answer):
    studio = Studio(rows=[row()], answers={"/blocks": lambda _: refusal(*answer)})
    seen = walk(account(studio), WEEK)
    assert seen.ids == ["1722092210"]
    assert any("GET /api/v1/blocks" in gap for gap in seen.gaps)


def test_types_that_may_not_be_read_leave_a_gap_and_keep_their_paddings():
    studio = Studio(rows=[row()])
    vendor = account(studio)
    assert walk(vendor, WEEK).only.pad_before == 5
    studio.answers["/appointment-types"] = lambda _: refusal(403, "forbidden")
    seen = walk(vendor, WEEK)
    assert seen.only.pad_before == 5
    assert any("GET /api/v1/appointment-types" in gap for gap in seen.gaps)


@pytest.mark.parametrize("status", [404, 410, 400, 405])
def test_a_missing_list_of_appointments_is_never_an_empty_one(status):
    studio = Studio(answers={"/appointments": lambda _: refusal(status, "not_found")})
    with pytest.raises(Nonsense, match="base_url"):
        walk(account(studio), WEEK)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Please log in</html>",
        b"",
        b'[{"id": 1, "datetime": "2026-03-0',
        b'{"status_code": 404, "message": "gone", "error": "not_found"}',
        b"null",
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_no_list_proves_nothing(body):
    studio = Studio(answers={"/appointments": lambda _: told(body)})
    with pytest.raises(Nonsense):
        walk(account(studio), WEEK)


def test_a_redirect_is_not_followed():
    answer = {"/appointments": lambda _: told(b"", 302, Location="https://evil.example/")}
    with pytest.raises(Nonsense):
        walk(account(Studio(answers=answer)), WEEK)


@pytest.mark.parametrize(
    "changes",
    [
        {"datetime": "soon"},
        {"datetime": "2026-03-03"},
        {"datetime": "0001-01-01T00:00:00+0000"},
        {"datetime": "2026-03-03T12:00:00", "calendarTimezone": "Aint/No_Timezone"},
        {"datetime": None},
        {"duration": "-5"},
        {"duration": "99999999"},
        {"duration": "an hour"},
        {"canceled": "perhaps"},
        {"type": {"name": "Consultation"}},
    ],
)
def test_a_row_that_makes_no_sense_is_set_aside_and_its_neighbours_go_on(changes):
    studio = Studio(rows=[])
    answer = json.dumps([row(1, **changes), row(2)]).encode()
    studio.answers["/appointments"] = lambda _: told(answer)
    seen = walk(account(studio), WEEK)
    assert seen.ids == ["2"]
    assert {(kind, native_id) for kind, native_id, _ in seen.quarantined} == {("single", "1")}
    for _, _, reason in seen.quarantined:
        assert "Aint" not in reason
        assert "soon" not in reason
        assert "perhaps" not in reason


def test_a_block_that_ends_before_it_starts_is_set_aside():
    odd = block_row(1, "2026-03-03T15:00", "2026-03-03T14:00")
    studio = Studio(answers={"/blocks": lambda _: told([odd, block_row(2)])})
    seen = walk(account(studio), WEEK)
    assert seen.ids == ["2"]
    assert ("block", "1", "end lies before start") in seen.quarantined


@pytest.mark.parametrize(
    "id_", [b"NaN", b"9" * 5000, b"null", b'""', b'"a\\u0000b"', b"true", b'"' + b"x" * 301 + b'"']
)
def test_a_row_without_a_usable_id_leaves_a_gap(id_):
    odd = json.dumps(row("ID")).encode().replace(b'"ID"', id_)
    good = json.dumps(row(2)).encode()
    studio = Studio(answers={"/appointments": lambda _: told(b"[" + odd + b"," + good + b"]")})
    seen = walk(account(studio), WEEK)
    assert seen.ids == ["2"]
    assert {native_id for _, native_id, _ in seen.quarantined} == {""}
    assert any("id cannot be read" in gap for gap in seen.gaps)


def test_half_a_character_in_a_title_is_replaced():
    body = json.dumps([row(1, type="Yoga ?")]).replace("?", "\\ud83d").encode()
    seen = walk(account(Studio(answers={"/appointments": lambda _: told(body)})), WEEK)
    assert seen.only.title.startswith("Yoga")
    seen.only.title.encode()


def test_a_broken_row_of_a_class_keeps_the_class_present():
    rows = [row(1, classID=900, duration="long"), row(2, classID=900), row(3, classID=901)]
    rows[2]["canceled"] = []
    seen = walk(account(Studio(answers={"/appointments": lambda _: told(rows)})), WEEK)
    assert seen.events["group", "900"].attendees == 1
    assert {native_id for _, native_id, _ in seen.quarantined} == {"900", "901"}


def test_a_class_without_a_readable_time_is_set_aside():
    studio = Studio(answers={"/appointments": lambda _: told([row(1, "x", classID=900)])})
    studio.answers["/appointments"] = lambda _: told([row(1, classID=900) | {"datetime": "later"}])
    seen = walk(account(studio), WEEK)
    assert not seen.events
    assert seen.quarantined[0][:2] == ("group", "900")


def test_duplicate_rows_are_one_event():
    rows = [row(1), row(1), row(2, classID=900), row(2, classID=900)]
    seen = walk(account(Studio(answers={"/appointments": lambda _: told(rows)})), WEEK)
    assert seen.ids == ["1", "900"]
    assert seen.events["group", "900"].attendees == 1


def test_members_that_are_not_needed_may_be_absent():
    bare = {"id": "77", "datetime": "2026-03-03T12:00:00+0200", "duration": "30"}
    studio = Studio(calendars=[], answers={"/appointments": lambda _: told([bare])})
    event = walk(account(studio), WEEK).only
    assert event.span.seconds == 1800
    assert event.subjects == ()
    assert event.status is Status.BOOKED


def test_names_and_contacts_are_redacted():
    vendor = account(Studio())
    shown = vendor.redact(json.dumps([row(notes="allergic"), block_row()]).encode()).decode()
    for secret in (
        "Ida",
        "Example",
        "ida@",
        "1235559999",
        "deadbeef",
        "allergic",
        "Amy",
        "Dentist",
    ):
        assert secret not in shown
    assert '"datetime":"2026-03-03T12:00:00+0200"' in shown
    assert "9990961446" in shown


def test_an_appointment_is_confirmed_by_id():
    confirmation = account(Studio(rows=[row()])).confirm(SINGLE, LAST)
    assert confirmation.presence is Presence.PRESENT
    assert confirmation.sighting is not None
    assert confirmation.sighting.event.pad_after == 10


def test_list_and_single_answers_make_the_same_event():
    vendor = account(Studio(rows=[row()]))
    confirmation = vendor.confirm(SINGLE, LAST)
    assert confirmation.sighting is not None
    assert confirmation.sighting.event == walk(vendor, WEEK).only


def test_a_cancelled_appointment_stays_readable():
    confirmation = account(Studio(rows=[row(canceled=True)])).confirm(SINGLE, LAST)
    assert confirmation.sighting is not None
    assert confirmation.sighting.event.status is Status.CANCELLED


@pytest.mark.parametrize("key", [SINGLE, BLOCK, GROUP])
def test_what_the_vendor_does_not_know_is_gone(key):
    assert account(Studio()).confirm(key, LAST).presence is Presence.GONE


def test_a_block_is_confirmed_by_id():
    confirmation = account(Studio(blocks=[block_row()])).confirm(BLOCK, LAST)
    assert confirmation.presence is Presence.PRESENT
    assert confirmation.sighting is not None
    assert confirmation.sighting.event.status is Status.HELD


@pytest.mark.parametrize("native_id", ["../me", "1/2", "1?x=1", "é"])
def test_an_id_that_would_lead_elsewhere_is_not_asked_for(native_id):
    studio = Studio()
    key = Key("coaching", Kind.SINGLE, native_id)
    assert account(studio).confirm(key, LAST).presence is Presence.UNKNOWN
    assert not studio.calls("me")


def test_an_answer_about_another_appointment_says_nothing():
    studio = Studio(answers={"/appointments/1722092210": lambda _: told(row(5))})
    assert account(studio).confirm(SINGLE, LAST).presence is Presence.UNKNOWN


def test_an_appointment_that_makes_no_sense_is_present():
    studio = Studio(rows=[row(datetime="soon")])
    confirmation = account(studio).confirm(SINGLE, LAST)
    assert confirmation.presence is Presence.PRESENT
    assert confirmation.sighting is None
    studio.rows = [row(duration=[])]
    assert account(studio).confirm(SINGLE, LAST).presence is Presence.PRESENT


def test_an_appointment_that_became_a_place_in_a_class_is_gone_as_such():
    studio = Studio(rows=[row(classID=900)])
    assert account(studio).confirm(SINGLE, LAST).presence is Presence.GONE


def test_an_error_object_with_200_does_not_confirm_an_absence():
    body = {"status_code": 404, "message": "x", "error": "not_found"}
    studio = Studio(answers={"/appointments/1722092210": lambda _: told(body)})
    with pytest.raises(Nonsense):
        account(studio).confirm(SINGLE, LAST)


def test_a_refused_question_leaves_it_open():
    studio = Studio(answers={"/blocks/9990961446": lambda _: refusal(400, "bad_request")})
    assert account(studio).confirm(BLOCK, LAST).presence is Presence.UNKNOWN


def test_a_class_is_confirmed_by_its_rows():
    moved = [row(n, "2026-03-05T10:00", classID=900) for n in (1, 2)]
    confirmation = account(Studio(rows=[*moved, row(3)])).confirm(GROUP, LAST)
    assert confirmation.sighting is not None
    assert confirmation.sighting.event.attendees == 2
    assert confirmation.sighting.event.span.start == at("2026-03-05T10:00")


def test_a_class_is_not_gone_while_its_days_cannot_be_read_whole():
    crowd = [row(n + 1, "2026-03-03T10:00") for n in range(150)]
    studio = Studio(rows=crowd, ceiling=100)
    assert account(studio).confirm(GROUP, LAST).presence is Presence.UNKNOWN


def test_no_plan_flag_is_believed():
    access = account(Studio(rows=[row()])).check()
    assert access.who == "user 12345"
    assert not access.problems
    assert any("calendar:42" in note for note in access.notes)


def test_a_check_shows_nobodys_name():
    studio = Studio(rows=[row()], calendars=[calendar_row()], types=[type_row()])
    assert "Amy" not in str(account(studio).check())


def test_a_check_names_what_may_not_be_read():
    studio = Studio(answers={"/blocks": lambda _: refusal(403, "forbidden")})
    (problem,) = account(studio).check().problems
    assert "GET /api/v1/blocks" in problem


def test_a_check_does_without_what_is_not_needed():
    studio = Studio(answers={"/me": lambda _: refusal(404, "not_found")})
    access = account(studio).check()
    assert access.who == "user 12345"
    assert not access.problems


def test_a_check_tells_that_calendars_may_not_be_listed():
    studio = Studio(answers={"/calendars": lambda _: refusal(403, "forbidden")})
    (problem,) = account(studio).check().problems
    assert "GET /api/v1/calendars" in problem


def test_a_check_with_wrong_credentials_says_so():
    studio = Studio(answers={"/me": lambda _: refusal(401, "unauthorized")})
    with pytest.raises(NeedsPerson):
        account(studio).check()


def test_a_check_tells_that_another_zone_is_configured():
    notes = account(Studio(), timezone="UTC").check().notes
    assert any("configured timezone" in note for note in notes)


def test_no_query_reaches_an_error():
    def broken(_request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    vendor = ENTRY.open("coaching", settings(), seams(broken))
    with pytest.raises(TryLater) as caught:
        list(vendor.fetch(WEEK, None).batches)
    assert "?" not in str(caught.value)
    assert "includeDeleted" not in str(caught.value)
