"""The simulated Acuity: reading. Each test is one fact about the vendor's API."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.acuity_caller import MONDAY, error, practice, read
from worker.sandbox.acuity import Limiter
from worker.sandbox.exchange import Request

# Credentials


@pytest.mark.parametrize("sent", ["", "Basic !!", "Basic MTpi", "Bearer nope", "12345"])
def test_wrong_credentials_get_the_documented_401(sent):
    office = practice()
    office.authorization = sent
    answer = office.ask("GET", "/me")
    assert answer.status == 401
    assert error(answer) == "unauthorized"


def test_basic_and_bearer_both_work_until_they_are_withdrawn():
    office = practice()
    assert office.ask("GET", "/me").status == 200
    office.site.rotate_key("new")
    assert office.ask("GET", "/me").status == 401
    office.authorization = f"Bearer {office.site.add_token()}"
    assert office.ask("GET", "/me").status == 200
    office.site.revoke_tokens()
    assert office.ask("GET", "/me").status == 401


def test_oauth_trades_a_code_for_a_token_once():
    office = practice()
    asked = urlencode(
        {
            "response_type": "code",
            "scope": "api-v1",
            "client_id": "x",
            "redirect_uri": "https://app.example.org/back",
            "state": "s1",
        }
    )
    page = office.site.handle(Request("GET", "/oauth2/authorize", asked))
    back = urlsplit(dict(page.headers)["Location"])
    answer = parse_qs(back.query)
    assert answer["state"] == ["s1"]
    form = urlencode(
        {
            "grant_type": "authorization_code",
            "code": answer["code"][0],
            "redirect_uri": "https://app.example.org/back",
        }
    ).encode()
    traded = office.site.handle(Request("POST", "/oauth2/token", body=form))
    assert read(traded).keys() == {"access_token", "token_type"}
    office.authorization = f"Bearer {read(traded)['access_token']}"
    assert office.ask("GET", "/me").status == 200
    assert office.site.handle(Request("POST", "/oauth2/token", body=form)).status == 400


def test_me_may_say_that_the_api_cannot_be_used_while_it_can():
    assert practice().get("/me")["planCapabilities"]["can_use_api"] is False


def test_meta_needs_no_credentials():
    office = practice()
    office.authorization = ""
    assert "hooks" in office.get("/meta")


# Listing


def test_a_listing_is_a_bare_array_newest_first():
    office = practice()
    for days in (0, 2, 1):
        office.site.book(office.kind, MONDAY + timedelta(days=days))
    days = [row["datetime"][:10] for row in office.get("/appointments")]
    assert days == ["2026-11-25", "2026-11-24", "2026-11-23"]
    turned = [row["datetime"][:10] for row in office.get("/appointments", direction="ASC")]
    assert turned == days[::-1]


def test_the_default_cap_of_100_drops_the_earliest_without_a_word():
    office = practice()
    first = office.site.book(office.kind, MONDAY)
    for minutes in range(100):
        office.site.book(office.kind, MONDAY + timedelta(minutes=minutes + 1))
    rows = office.get("/appointments")
    assert len(rows) == 100
    assert first not in {row["id"] for row in rows}
    assert len(office.get("/appointments", max=500)) == 101


def test_max_is_honoured_up_to_the_ceiling_only():
    office = practice(max_ceiling=3)
    for minutes in range(5):
        office.site.book(office.kind, MONDAY + timedelta(minutes=minutes))
    assert len(office.get("/appointments", max=100)) == 3
    assert len(office.get("/appointments", max=2)) == 2


def test_cancelled_rows_are_hidden_alone_or_among_the_others():
    office = practice()
    live = office.site.book(office.kind, MONDAY)
    gone = office.site.book(office.kind, MONDAY)
    office.site.cancel(gone)

    def listed(**query):
        return {row["id"] for row in office.get("/appointments", **query)}

    assert listed() == {live}
    assert listed(canceled="true") == {gone}
    assert listed(showall="true") == {live, gone}
    assert listed(showall="true", canceled="true") == {live, gone}


def test_both_days_of_a_window_are_included():
    office = practice()
    for days in range(4):
        office.site.book(office.kind, MONDAY + timedelta(days=days, hours=13))
    rows = office.get("/appointments", minDate="2026-11-24", maxDate="2026-11-25")
    assert [row["datetime"][:10] for row in rows] == ["2026-11-25", "2026-11-24"]


@pytest.mark.parametrize(("quirk", "found"), [("account", 0), ("calendar", 1)])
def test_days_are_cut_in_the_zone_of_the_account_or_of_the_calendar(quirk, found):
    office = practice(day_zone=quirk)
    far = office.site.add_calendar("Far", timezone="Asia/Tokyo")
    office.site.book(office.kind, datetime(2026, 11, 22, 20, tzinfo=UTC), calendar_id=far)
    rows = office.get("/appointments", minDate="2026-11-23", maxDate="2026-11-23")
    assert len(rows) == found


def test_rows_can_be_filtered_by_calendar_type_and_client():
    office = practice()
    other = office.site.add_calendar("Ben")
    kind = office.site.add_type("Massage", 30, [other])
    office.site.book(office.kind, MONDAY, client="Ida Example")
    mine = office.site.book(kind, MONDAY, client="Udo Muster")
    for query in (
        {"calendarID": other},
        {"appointmentTypeID": kind},
        {"firstName": "udo"},
        {"email": "udo.muster@example.org"},
    ):
        assert [row["id"] for row in office.get("/appointments", **query)] == [mine]
    assert len(office.get("/appointments", phone="1235550100")) == 2


def test_forms_can_be_left_out():
    office = practice()
    office.site.book(office.kind, MONDAY)
    assert "forms" in office.get("/appointments")[0]
    assert "forms" not in office.get("/appointments", excludeForms="true")[0]


# The row


def test_a_row_has_36_keys_and_one_more_once_it_is_cancelled():
    office = practice()
    id_ = office.site.book(office.kind, MONDAY)
    live = office.get("/appointments")[0]
    assert len(live) == 36
    office.site.cancel(id_)
    gone = office.get("/appointments", showall="true")[0]
    assert gone.keys() - live.keys() == {"noShow"}
    single = office.get(f"/appointments/{id_}")
    assert single.keys() - gone.keys() == {"isVerified", "scheduledBy"}


def test_texts_numbers_and_nulls_are_written_as_the_vendor_does():
    office = practice("Indian/Mayotte")
    made = office.made({"admin": "true"}, datetime="2026-11-23T10:00:00+0300")
    expected = {
        "datetime": "2026-11-23T10:00:00+0300",
        "date": "November 23, 2026",
        "time": "10:00am",
        "endTime": "10:50am",
        "datetimeCreated": "2026-11-21T03:00:00-0600",
        "dateCreated": "November 21, 2026",
        "duration": "50",
        "price": "45.00",
        "paid": "no",
        "phone": "1235559999",
        "type": "Consultation ",
        "labels": None,
        "classID": None,
        "certificate": None,
        "forms": [],
        "canceled": False,
        "timezone": "Indian/Mayotte",
        "calendarTimezone": "Indian/Mayotte",
    }
    assert {key: made[key] for key in expected} == expected
    assert "(123) 555-9999" in made["formsText"]


def test_creation_is_stamped_in_the_vendors_zone_with_its_own_summer_time():
    office = practice()
    office.clock.at = datetime(2026, 6, 15, 14, 42, 6, tzinfo=UTC).timestamp()
    office.site.book(office.kind, MONDAY)
    assert office.get("/appointments")[0]["datetimeCreated"] == "2026-06-15T09:42:06-0500"


def test_display_texts_follow_the_accounts_clock():
    office = practice()
    office.site.settings.time_format = "24"
    office.site.book(office.kind, MONDAY + timedelta(hours=13, minutes=30))
    row = office.get("/appointments")[0]
    assert (row["time"], row["endTime"]) == ("23:30", "00:20")


def test_the_offset_is_the_calendars_and_changes_with_summer_time():
    office = practice("America/New_York")
    for day in (datetime(2026, 10, 30, 14, tzinfo=UTC), datetime(2026, 11, 2, 15, tzinfo=UTC)):
        office.site.book(office.kind, day)
    moments = [row["datetime"] for row in office.get("/appointments", direction="ASC")]
    assert moments == ["2026-10-30T10:00:00-0400", "2026-11-02T10:00:00-0500"]


def test_permissions_flip_with_the_clock_alone():
    office = practice()
    office.site.book(office.kind, MONDAY)
    assert office.get("/appointments")[0]["canClientCancel"] is True
    office.clock.at = MONDAY.timestamp() - 3600
    row = office.get("/appointments")[0]
    assert (row["canClientCancel"], row["canClientReschedule"]) == (False, False)


def test_confirmation_links_carry_a_secret():
    office = practice()
    office.site.book(office.kind, MONDAY)
    row = office.get("/appointments")[0]
    assert re.search(r"id%5B%5D=[0-9a-f]{32}$", row["confirmationPage"])
    assert re.search(r"/pay/[0-9a-f]{32}/", row["confirmationPagePaymentLink"])


def test_class_ids_may_be_text():
    office = practice(class_id="text")
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 8)
    id_ = office.site.add_class(kind, MONDAY)
    office.site.join(id_, "Ida Example")
    assert office.get("/appointments")[0]["classID"] == str(id_)


def test_missing_rows_and_pages_have_the_documented_404():
    office = practice()
    for path in ("/appointments/1", "/appointments/x", "/blocks/1", "/nowhere"):
        answer = office.ask("GET", path)
        assert answer.status == 404
        assert error(answer) == "not_found"


@pytest.mark.parametrize(("method", "path"), [
    ("DELETE", "/appointments/1"), ("PUT", "/blocks/1"), ("POST", "/calendars"),
])  # fmt: skip
def test_methods_that_do_not_exist_get_405(method, path):
    answer = practice().ask(method, path, {})
    assert answer.status == 405
    assert error(answer) == "method_not_allowed"


# Neighbours


def test_the_catalogue_writes_numbers_as_numbers_and_missing_pictures_as_false():
    office = practice()
    kind = office.get("/appointment-types")[0]
    assert (kind["duration"], kind["paddingBefore"], kind["paddingAfter"]) == (50, 10, 5)
    assert kind["classSize"] is None
    calendar = office.get("/calendars")[0]
    assert (calendar["image"], calendar["thumbnail"]) == (False, False)


def test_deleted_types_are_listed_on_request_and_their_rows_stay():
    office = practice()
    office.site.book(office.kind, MONDAY)
    office.site.delete_type(office.kind)
    assert office.get("/appointment-types") == []
    assert len(office.get("/appointment-types", includeDeleted="true")) == 1
    assert office.get("/appointments")[0]["type"] == "Consultation "


def test_addons_live_under_their_real_name():
    office = practice()
    office.site.add_addon("Longer", 10)
    assert office.get("/appointment-addons")[0]["duration"] == 10
    assert office.ask("GET", "/appointments-addons").status == 404


def test_labels_forms_clients_orders_and_payments_can_be_read():
    office = practice()
    office.site.add_label("Paid")
    office.site.add_form("Intake", "Why?")
    id_ = office.site.book(office.kind, MONDAY)
    assert office.get("/labels")[0]["color"] == "green"
    assert office.get("/forms")[0]["fields"][0]["name"] == "Why?"
    assert office.get("/clients")[0]["phone"] == "(123) 555-0100"
    assert office.get("/orders") == []
    assert office.get(f"/appointments/{id_}/payments") == []
    office.site.edit(id_, amount_paid="20.00")
    assert office.get(f"/appointments/{id_}/payments")[0]["amount"] == "20.00"


# Limits


def test_the_eleventh_request_in_a_second_gets_429_without_a_wait():
    office = practice(requests_per_second=10)
    statuses = [office.ask("GET", "/me").status for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    refusal = office.ask("GET", "/me")
    assert error(refusal) == "too_many_requests"
    assert "Retry-After" not in dict(refusal.headers)
    office.clock.at += 1
    assert office.ask("GET", "/me").status == 200


def test_a_wait_can_be_stated():
    office = practice(requests_per_second=0, retry_after=7)
    assert dict(office.ask("GET", "/me").headers)["Retry-After"] == "7"


def test_accounts_behind_one_address_share_the_limit():
    shared = Limiter(per_second=3)
    first, second = practice(limiter=shared), practice(limiter=shared)
    statuses = [office.ask("GET", "/me").status for office in (first, second, first, second)]
    assert statuses == [200, 200, 200, 429]


def test_no_more_than_twenty_may_be_under_way():
    limiter = Limiter(per_second=None, concurrent=2)
    office = practice(limiter=limiter)
    assert limiter.enter(0.0)
    assert limiter.enter(0.0)
    assert office.ask("GET", "/me").status == 429
    limiter.leave()
    assert office.ask("GET", "/me").status == 200


# Truth


def test_truth_of_a_single_appointment():
    office = practice("America/New_York")
    id_ = office.site.book(office.kind, MONDAY)
    expected = {
        "native_id": str(id_),
        "occurrence": "",
        "kind": "single",
        "status": "booked",
        "start": "2026-11-23T10:00:00Z",
        "end": "2026-11-23T10:50:00Z",
        "timezone": "America/New_York",
        "title": "Consultation",
        "location": "Room 1",
        "capacity": None,
        "attendees": 1,
        "pad_before": 10,
        "pad_after": 5,
        "subjects": [f"calendar:{office.calendar}"],
    }
    assert office.site.truth() == [expected]
    office.site.cancel(id_)
    assert office.site.truth() == [{**expected, "status": "cancelled", "attendees": 0}]


def test_truth_of_a_class_is_one_event_for_all_rows():
    office = practice()
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 8)
    id_ = office.site.add_class(kind, MONDAY, location="Hall")
    rows = office.site.join(id_, "Ida Example", "Udo Muster", "Eva Probe")
    office.site.cancel(rows[0])
    (event,) = office.site.truth()
    assert (event["native_id"], event["kind"], event["status"]) == (str(id_), "group", "booked")
    assert (event["attendees"], event["capacity"], event["location"]) == (2, 8, "Hall")
    for row in rows[1:]:
        office.site.cancel(row)
    (event,) = office.site.truth()
    assert (event["status"], event["attendees"]) == ("offered", 0)


def test_a_class_that_nobody_ever_joined_is_not_in_the_truth():
    office = practice()
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 8)
    office.site.add_class(kind, MONDAY)
    assert office.site.truth() == []


def test_a_moved_class_takes_its_rows_along():
    office = practice()
    kind = office.site.add_class_type("Yoga", 60, [office.calendar], 8)
    id_ = office.site.add_class(kind, MONDAY)
    office.site.join(id_, "Ida Example")
    office.site.move_class(id_, MONDAY + timedelta(hours=2))
    assert office.site.truth()[0]["start"] == "2026-11-23T12:00:00Z"
    assert office.get("/appointments")[0]["datetime"] == "2026-11-23T12:00:00+0000"


def test_truth_of_a_block():
    office = practice()
    id_ = office.site.block(office.calendar, MONDAY, MONDAY + timedelta(hours=1), " Lunch ")
    (event,) = office.site.truth()
    assert (event["native_id"], event["kind"], event["status"]) == (str(id_), "block", "held")
    assert (event["title"], event["location"], event["attendees"]) == ("Lunch", "", 0)
    assert event["end"] == "2026-11-23T11:00:00Z"


def test_blocks_and_appointments_can_never_share_an_id_in_one_kind():
    office = practice()
    appointment = office.site.book(office.kind, MONDAY)
    block = office.site.block(office.calendar, MONDAY, MONDAY + timedelta(hours=1))
    assert 2**30 < appointment < 2**32 < block


def test_the_same_seed_gives_the_same_ids():
    offices = [practice() for _ in range(2)]
    first, second = (office.site.book(office.kind, MONDAY) for office in offices)
    assert first == second


def test_naive_starts_are_refused_at_the_desk():
    office = practice()
    with pytest.raises(ValueError, match="timezone"):
        office.site.book(office.kind, MONDAY.replace(tzinfo=None))


def test_credentials_are_compared_whole():
    office = practice()
    office.authorization = "Basic " + base64.b64encode(b"12345:sandbox").decode()
    assert office.ask("GET", "/me").status == 401
