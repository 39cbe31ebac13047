"""The simulated TIMIFY: creating, changing, deleting, importing, reserving, blocking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.timify_caller import COMPANY, WINDOW, Office, at, office, read, weekly
from worker.sandbox.timify.state import PALETTE

PATH = "/v1/appointments"


def create(caller: Office, **changes: Any) -> dict[str, Any]:
    answer = caller.ask("POST", PATH, body(**changes))
    assert answer.status == 200, answer.body
    return read(answer)["data"]


def body(**changes: Any) -> dict[str, Any]:
    whole = {"title": "Massage", "datetime": "2026-11-23 11:00", "duration": 60, **changes}
    return {key: value for key, value in whole.items() if value is not None}


# Create


def test_a_zone_less_start_is_company_time_and_comes_back_as_utc():
    assert create(office())["startDate"] == "2026-11-23T10:00:00Z"


@pytest.mark.parametrize(("quirk", "start"), [
    ("given", "2026-11-23T16:00:00Z"),
    ("company", "2026-11-23T10:00:00Z"),
    ("utc", "2026-11-23T11:00:00Z"),
])  # fmt: skip
def test_the_zone_of_a_start_is_an_open_question(quirk, start):
    made = create(office(input_zone=quirk), timezone="America/New_York")
    assert made["startDate"] == start


@pytest.mark.parametrize("name", ["datetime", "start_date", "date"])
def test_the_start_goes_by_three_names(name):
    made = create(office(), **{"datetime": None, name: "2026-11-23 11:00"})
    assert made["startDate"] == "2026-11-23T10:00:00Z"


def test_a_skipped_wall_time_is_refused_and_a_doubled_one_is_the_earlier():
    caller = office()
    gap = caller.ask("POST", PATH, body(datetime="2027-03-28 02:30"))
    assert gap.status == 400
    assert create(caller, datetime="2026-10-25 02:30")["startDate"] == "2026-10-25T00:30:00Z"


@pytest.mark.parametrize("changes", [
    {"title": None},
    {"datetime": None},
    {"datetime": "2026-11-23T11:00:00Z"},
    {"datetime": "2026-11-23 11:01"},
    {"datetime": "2026-13-23 11:00"},
    {"duration": None},
    {"duration": 7},
    {"duration": 0},
    {"duration_before": 3},
    {"duration_after": 3},
    {"reserve_for": 7},
    {"color": "#123456"},
    {"resource_ids": []},
    {"external_resource_ids": []},
    {"resource_ids": ["x"]},
    {"resource_ids": ["x"], "external_resource_ids": ["y"]},
    {"service_id": "x", "external_service_id": "y"},
    {"service_id": "x"},
    {"is_course": True},
    {"is_course": True, "max_participants": 0},
    {"is_course": True, "max_participants": 2, "participants": 3},
    {"recurring": {"frequency": "WEEKS"}},
    {"recurring": {"timezone": "Europe/Berlin"}},
    {"recurring": {"timezone": "Europe/Berlin", "frequency": "HOURS"}},
    {"timezone": "Mars/Olympus"},
    {"title": 5},
])  # fmt: skip
def test_what_breaks_a_rule_is_refused_with_a_status_of_0(changes):
    caller = office()
    answer = caller.ask("POST", PATH, body(**changes))
    assert answer.status == 400
    assert read(answer)["status"] == 0
    assert read(answer)["error"].keys() == {"code", "message"}
    assert caller.site.truth() == []


def test_a_body_that_is_no_object_is_refused():
    assert office().ask("POST", PATH, ["x"]).status == 400


def test_all_sixteen_colours_pass():
    caller = office()
    assert len(PALETTE) == 16
    assert {create(caller, color=color)["color"] for color in PALETTE} == PALETTE


def test_overlaps_are_accepted():
    caller = office()
    amy = caller.site.add_resource("Amy")
    for _ in range(2):
        create(caller, resource_ids=[amy])
    assert len(caller.site.truth()) == 2


def test_resources_can_be_named_by_external_id():
    caller = office()
    amy = caller.site.add_resource("Amy", external_id="e-1")
    made = create(caller, external_resource_ids=["e-1"])
    assert [one["id"] for one in made["resources"]] == [amy]
    assert made["bookings"][0]["resourceId"] == amy


def test_a_service_lends_its_length_paddings_and_colour():
    caller = office()
    service = caller.site.add_service("Massage", 45, before=10, after=5, color="#b22e53")
    made = create(caller, service_id=service, duration=None)
    assert (made["duration"], made["durationBefore"], made["color"]) == (45, 10, "#b22e53")
    assert made["service"].keys() == {"id", "name", "externalId", "duration", "color"}


def test_a_pattern_alternates_work_and_pause():
    made = create(office(), duration_pattern=[30, 15, 20])
    assert made["duration"] == 65
    assert [row["startDate"][11:16] for row in made["bookings"]] == ["10:00", "10:45"]


@pytest.mark.parametrize(("quirk", "records"), [("one_record", 1), ("chain", 3)])
def test_a_recurring_create_makes_one_record_or_a_chain(quirk, records):
    caller = office(recurring_create=quirk)
    rule = {"timezone": "Europe/Berlin", "frequency": "WEEKS", "repeat_times": 3}
    create(caller, recurring=rule)
    assert len(caller.rows()) == records
    assert len(caller.site.truth()) == 3


def test_rules_repeat_on_the_days_they_name():
    caller = office()
    rule = {"timezone": "Europe/Berlin", "period": 1}
    for frequency, more, days in (
        ("DAYS", {"period": 2, "repeat_times": 2}, ["2026-11-23", "2026-11-25"]),
        ("WEEKS", {"week_days": [1, 4], "repeat_last_day": "2026-11-30"},
         ["2026-11-23", "2026-11-26", "2026-11-30"]),
        ("MONTHS", {"repeat_times": 2}, ["2026-11-23", "2026-12-23"]),
        ("YEARS", {"repeat_times": 2}, ["2026-11-23", "2027-11-23"]),
    ):  # fmt: skip
        made = create(caller, recurring={**rule, "frequency": frequency, **more})
        assert [row["recurringDay"] for row in made["bookings"]] == days


def test_a_second_create_with_one_external_id_doubles_or_is_refused():
    caller = office()
    for _ in range(2):
        create(caller, external_id="m-1")
    strict = office(duplicate_external_id="refused")
    create(strict, external_id="m-1")
    assert strict.ask("POST", PATH, body(external_id="m-1")).status == 409


def test_a_create_may_answer_201():
    assert office(create_status=201).ask("POST", PATH, body()).status == 201


# Who is told


def person() -> dict[str, str]:
    return {"full_name": "Ida Example", "email": "ida@example.org"}


def test_a_single_write_tells_customers_unless_told_not_to():
    caller = office()
    made = create(caller, customers=[person()])
    assert [one.audience for one in caller.site.notifications] == ["customer"]
    assert made["hasNotifyCustomers"] is True
    create(caller, customers=[person()], has_notify_customers=False)
    assert len(caller.site.notifications) == 1


def test_resources_are_told_on_request():
    caller = office(default_notify=frozenset())
    amy = caller.site.add_resource("Amy")
    create(caller, resource_ids=[amy], has_notify_resources=True)
    assert [one.audience for one in caller.site.notifications] == ["resource"]


@pytest.mark.parametrize("place", ["query", "body"])
def test_the_flags_of_a_delete_are_read_from_query_and_body(place):
    caller = office()
    id_ = create(caller, customers=[person()], has_notify_customers=False)["id"]
    flags = {"has_notify_customers": "false"}
    sent = {"query": flags} if place == "query" else {"body": {"has_notify_customers": False}}
    assert caller.ask("DELETE", f"{PATH}/{id_}", **sent).status == 200
    assert caller.site.notifications == []


# Change


def test_a_patch_changes_what_it_names_and_the_stamps():
    caller = office()
    before = create(caller, notes="x")
    caller.clock.at += 60
    after = read(caller.ask("PATCH", f"{PATH}/{before['id']}", {"title": "New"}))["data"]
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {
        "title", "updatedAt", "timestamp", "updatedBy", "updatedByUserId", "updatedByScope",
    }  # fmt: skip


def test_two_patches_in_one_instant_still_differ_in_their_stamp():
    caller = office()
    id_ = create(caller)["id"]
    stamps = {
        read(caller.ask("PATCH", f"{PATH}/{id_}", {"notes": str(n)}))["data"]["timestamp"]
        for n in range(3)
    }
    assert len(stamps) == 3


def test_a_refused_patch_changes_nothing():
    caller = office()
    before = create(caller)
    wrong = {"title": "New", "color": "#000000"}
    assert caller.ask("PATCH", f"{PATH}/{before['id']}", wrong).status == 400
    assert read(caller.ask("GET", f"{PATH}/{before['id']}"))["data"] == before


def test_a_patch_of_an_array_replaces_or_merges():
    for quirk, count in (("replace", 1), ("merge", 2)):
        caller = office(array_patch=quirk)
        amy, ben = (caller.site.add_resource(name) for name in ("Amy", "Ben"))
        id_ = create(caller, resource_ids=[amy])["id"]
        after = read(caller.ask("PATCH", f"{PATH}/{id_}", {"resource_ids": [ben]}))["data"]
        assert len(after["resources"]) == count


@pytest.mark.parametrize(("quirk", "starts"), [
    ("every", ["2026-11-24T08:00:00Z", "2026-12-01T08:00:00Z"]),
    ("first", ["2026-11-24T08:00:00Z", "2026-11-30T10:00:00Z"]),
])  # fmt: skip
def test_a_patched_series_moves_whole_or_in_part(quirk, starts):
    caller = office(series_patch=quirk)
    id_ = caller.site.add_series("x", at("2026-11-23T10:00"), 60, rule=weekly(repeat_times=2))
    moved = read(caller.ask("PATCH", f"{PATH}/{id_}", {"datetime": "2026-11-24 09:00"}))["data"]
    assert [row["startDate"] for row in moved["bookings"]] == starts


def test_records_can_be_reached_by_external_id_with_the_switch():
    caller = office()
    id_ = create(caller, external_id="m-1")["id"]
    switch = {"external": "1"}
    assert caller.ask("GET", f"{PATH}/m-1").status == 404
    assert read(caller.ask("GET", f"{PATH}/m-1", query=switch))["data"]["id"] == id_
    patched = caller.ask("PATCH", f"{PATH}/m-1", {"title": "New"}, switch)
    assert read(patched)["data"]["title"] == "New"
    assert caller.ask("DELETE", f"{PATH}/m-1", query=switch).status == 200
    assert caller.ask("GET", f"{PATH}/{id_}").status == 404


def test_a_site_may_look_up_external_ids_without_the_switch():
    caller = office(external_lookup="either")
    id_ = create(caller, external_id="m-1")["id"]
    for name in ("m-1", id_):
        assert read(caller.ask("GET", f"{PATH}/{name}"))["data"]["id"] == id_


# Delete


def test_a_second_delete_finds_nothing():
    caller = office()
    id_ = create(caller)["id"]
    assert [caller.ask("DELETE", f"{PATH}/{id_}").status for _ in range(2)] == [200, 404]


def test_a_bulk_delete_is_silent_and_passes_over_unknown_ids():
    caller = office()
    id_ = create(caller, customers=[person()], has_notify_customers=False)["id"]
    sent = {"ids": [id_, "5f0c00000000000000000009"]}
    assert read(caller.ask("POST", f"{PATH}/delete/bulk", sent)) == {"status": 1}
    assert caller.site.truth() == []
    assert caller.site.notifications == []
    assert caller.ask("POST", f"{PATH}/delete/bulk", {"ids": []}).status == 400


@pytest.mark.parametrize(("flag", "told"), [
    ({}, 2), ({"skip_single_emitter": True}, 1), ({"skip_multiple_emitter": True}, 1),
])  # fmt: skip
def test_a_bulk_delete_can_keep_quiet_about_singles_or_series(flag, told):
    caller = office()
    start = at("2026-11-23T10:00")
    ids = [
        caller.site.book("one", start, 60, customers=["Ida Example"]),
        caller.site.add_series("many", start, 60, rule=weekly(), customers=["Udo Muster"]),
    ]
    sent = {"ids": ids, "has_notify_customers": True, **flag}
    caller.ask("POST", f"{PATH}/delete/bulk", sent)
    assert len(caller.site.notifications) == told


# Import


def bulk(caller: Office, *events: dict[str, Any], **more: Any) -> None:
    answer = caller.ask("POST", f"{PATH}/import/bulk", {"events": list(events), **more})
    assert read(answer) == {"status": 1}
    caller.clock.at += 20


def test_an_import_is_accepted_at_once_and_applied_later():
    caller = office()
    sent = {"events": [body(importEventId="m-1")]}
    assert caller.ask("POST", f"{PATH}/import/bulk", sent).status == 200
    assert caller.rows() == []
    caller.clock.at += 20
    assert caller.rows()[0]["externalId"] == "m-1"


def test_an_import_updates_what_it_knows_by_key_or_id():
    caller = office()
    bulk(caller, body(importEventId="m-1"))
    bulk(caller, body(importEventId="m-1", title="Second"))
    (row,) = caller.rows()
    assert row["title"] == "Second"
    bulk(caller, body(id=row["id"], title="Third"))
    assert [one["title"] for one in caller.rows()] == ["Third"]


def test_imported_rows_may_be_camel_or_snake():
    for quirk, camel, snake in (("either", 15, 15), ("camel", 15, 0), ("snake", 0, 15)):
        caller = office(import_keys=quirk)
        bulk(caller, body(importEventId="a", durationBefore=15))
        bulk(caller, body(importEventId="b", duration_before=15))
        found = {row["externalId"]: row["durationBefore"] for row in caller.rows()}
        assert found == {"a": camel, "b": snake}


def test_the_key_of_an_import_may_stay_apart_from_the_external_id():
    caller = office(import_id="stays_apart")
    bulk(caller, body(importEventId="m-1"))
    bulk(caller, body(importEventId="m-1", title="Second"))
    assert [(row["externalId"], row["title"]) for row in caller.rows()] == [("", "Second")]


def test_an_import_tells_nobody_unless_asked_and_reports_each_row():
    caller = office()
    row = {**body(importEventId="m-1"), "customers": [person()]}
    bulk(caller, row)
    assert caller.site.notifications == []
    bulk(caller, row, has_notify_customers=True, skip_emitter=True)
    assert caller.site.notifications == []
    url = "https://app.example.org/done"
    bulk(
        caller,
        row,
        body(importEventId="m-2", duration=7),
        has_notify_customers=True,
        webhookUrl=url,
    )
    caller.rows()
    assert len(caller.site.notifications) == 1
    (report,) = caller.site.callbacks
    assert report.url == url
    assert [one["status"] for one in report.body["data"]] == [1, 0]


def test_an_import_can_fetch_a_file_with_a_secret():
    caller = office()
    url = "https://files.example.org/events.json"
    caller.site.publish_file(url, [body(importEventId="m-1")], "s3cret")
    assert caller.ask("POST", f"{PATH}/import/bulk", {"url": url}).status == 400
    sent = {"url": url, "secret": "s3cret"}
    assert caller.ask("POST", f"{PATH}/import/bulk", sent).status == 200
    caller.clock.at += 20
    assert len(caller.rows()) == 1


# Several services, reservations, the widget


def test_combined_services_follow_one_another():
    caller = office()
    cut, dye = caller.site.add_service("Cut", 30), caller.site.add_service("Dye", 45)
    sent = {
        "service_id": cut,
        "duration": 30,
        "timezone": "Europe/Berlin",
        "datetime": "2026-11-23 11:00",
        "combination_services": [{"service_id": dye, "duration": 45}],
    }
    made = read(caller.ask("POST", f"{PATH}/multiple", sent))["data"]
    assert made["title"] == "Cut"
    assert [row["startDate"][11:16] for row in made["bookings"]] == ["10:00", "10:30"]
    assert made["duration"] == 75
    for missing in ("service_id", "duration", "timezone", "combination_services"):
        less = {key: value for key, value in sent.items() if key != missing}
        assert caller.ask("POST", f"{PATH}/multiple", less).status == 400
    linked = {**sent, "deep_link": {"type": "PUBLIC"}}
    assert caller.ask("POST", f"{PATH}/multiple", linked).status == 400


def test_a_reservation_holds_for_its_time():
    caller = office()
    sent = {"date": "2026-11-23", "minute": 660, "title": "Hold", "duration": 30}
    made = read(caller.ask("POST", f"{PATH}/reservation", sent))["data"]
    assert made["startDate"] == "2026-11-23T10:00:00Z"
    assert made["reservedUntil"] == "2026-11-21T09:15:00Z"
    assert caller.site.truth()[0]["status"] == "held"
    caller.clock.at += 900
    assert caller.site.truth() == []


@pytest.mark.parametrize("changes", [
    {"minute": 7}, {"minute": 1440}, {"minute": None}, {"date": "23.11.2026"},
    {"service_id": "x"}, {"title": None}, {"duration": None}, {"title": None, "duration": None},
    {"resource_ids": []},
])  # fmt: skip
def test_senseless_reservations_are_refused(changes):
    sent = {"date": "2026-11-23", "minute": 660, "title": "Hold", "duration": 30, **changes}
    sent = {key: value for key, value in sent.items() if value is not None}
    assert office().ask("POST", f"{PATH}/reservation", sent).status == 400


def test_the_widget_reserves_and_confirms_without_a_token():
    caller = office()
    caller.token = ""
    service = caller.site.add_service("Massage", 45)
    asked = {
        "company_id": COMPANY,
        "service_id": service,
        "date": "2026-11-23",
        "time": "11:00",
    }
    held = read(caller.ask("POST", "/v1/booker-services/reservations", asked))["data"]
    confirmation = {
        "company_id": COMPANY,
        "reservation_id": held["id"],
        "secret": "wrong",
        "fields": [{"id": "name", "value": "Ida"}],
    }
    path = "/v1/booker-services/appointments/confirm"
    assert caller.ask("POST", path, confirmation).status == 403
    right = {**confirmation, "secret": held["secret"]}
    assert caller.ask("POST", path, right).status == 200
    caller.clock.at += 3600
    (event,) = caller.site.truth()
    assert (event["status"], event["attendees"]) == ("booked", 1)


def test_the_companies_tell_their_zone():
    caller = office("America/Nome")
    caller.company = ""
    (row,) = read(caller.ask("GET", "/v1/companies"))["data"]
    assert (row["id"], row["timezone"]) == (COMPANY, "America/Nome")
    caller.token = ""
    assert caller.ask("GET", "/v1/companies").status == 401
    query = {"company_id": COMPANY, "with_full_attributes": "true"}
    data = read(caller.ask("GET", "/v1/booker-services/companies", query=query))["data"]
    assert data["companyIds"] == [COMPANY]
    assert data["companies"][0]["timezone"] == "America/Nome"
    assert data["companies"][0].keys() >= {"resources", "services", "groupServices"}


def test_availability_mixes_local_and_utc_in_one_notation():
    caller = office()
    caller.site.add_resource("Amy")
    course = caller.site.add_service("Yoga", 60, is_course=True)
    caller.site.add_course(
        "Yoga", at("2026-11-23T10:00"), 60, max_participants=8, service_id=course
    )
    query = {"company_id": COMPANY, "course_id": course, "days[]": ["2026-11-23", "2026-11-24"]}
    path = "/v1/booker-services/availabilities"
    data = read(caller.ask("GET", path, query=query))["data"]
    (event,) = data["groupEvents"]
    assert (event["day"], event["time"], event["spotsLeft"]) == ("2026-11-23", "11:00", 8)
    assert event["intervals"][0]["interval"]["begin"] == "2026-11-23 10:00"
    assert data["slots"] == [{"day": "2026-11-23", "times": ["11:00"], "minutes": None}]
    assert data["offDays"] == ["2026-11-24"]


def test_availability_leaves_out_what_is_booked_padded_or_blocked():
    caller = office()
    amy = caller.site.add_resource("Amy")
    service = caller.site.add_service("Massage", 60)
    day = at("2026-11-23T00:00").date()
    caller.site.book("x", at("2026-11-23T09:00"), 60, [amy], before=15)  # 10:00 local
    caller.site.block(amy, day, None, ("14:00", "18:00"))
    query = {"company_id": COMPANY, "service_id": service, "days[]": day.isoformat()}
    data = read(caller.ask("GET", "/v1/booker-services/availabilities", query=query))["data"]
    (slot,) = data["slots"]
    assert slot["times"] == ["11:00", "12:00", "13:00"]
    assert slot["minutes"][0] == 660


# Timeshifts


def test_a_block_is_pushed_and_listed_by_day_window_and_resource():
    caller = office()
    caller.site.add_resource("Amy", external_id="e-1")
    sent = {
        "external_resource_id": "e-1",
        "from": "2026-11-23",
        "to": "2026-11-24",
        "denial_reason": "BLOCKER",
        "denial_times": [{"begin": "22:00", "end": "24:00"}],
        "working_times": [{"begin": "08:00", "end": "12:00"}],
    }
    made = read(caller.ask("POST", "/v1/timeshifts", sent))["data"]
    assert made["workingTimes"] == []
    assert made["denialTimes"] == [{"begin": "22:00", "end": "24:00"}]
    ends = [event["end"] for event in caller.site.truth()]
    assert ends == ["2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"]

    def listed(**query):
        document = read(caller.ask("GET", "/v1/timeshifts", query=query))
        assert document.keys() == {"data", "total", "meta", "status"}
        return [row["id"] for row in document["data"]]

    assert listed() == [made["id"]]
    assert listed(**{"from": "2026-11-24", "to": "2026-11-30"}) == [made["id"]]
    assert listed(**{"from": "2026-11-25", "to": "2026-11-30"}) == []
    assert listed(**{"day[]": ["2026-11-22", "2026-11-23"]}) == [made["id"]]
    assert listed(resource_external_ids="e-1") == [made["id"]]
    assert listed(resource_external_ids="e-2") == []


@pytest.mark.parametrize("changes", [
    {"from": "2026-11-25"}, {"denial_reason": "LUNCH"}, {"resource_id": "x"},
    {"denial_times": [{"begin": "12:00", "end": "08:00"}]},
    {"denial_times": [{"begin": "8", "end": "9"}]},
    {"external_resource_id": "e-1"},
])  # fmt: skip
def test_senseless_timeshifts_are_refused(changes):
    caller = office()
    amy = caller.site.add_resource("Amy", external_id="e-1")
    sent = {"resource_id": amy, "from": "2026-11-23", "to": "2026-11-24", **changes}
    assert caller.ask("POST", "/v1/timeshifts", sent).status == 400


def test_working_hours_make_nobody_busy():
    caller = office()
    amy = caller.site.add_resource("Amy")
    sent = {
        "resource_id": amy,
        "from": "2026-11-23",
        "to": "2026-11-23",
        "working_times": [{"begin": "08:00", "end": "12:00"}],
    }
    assert caller.ask("POST", "/v1/timeshifts", sent).status == 200
    assert caller.site.truth() == []


def test_a_timeshift_can_be_removed_over_http_only_where_the_route_exists():
    for quirk, status, left in (("absent", 404, 1), ("present", 200, 0)):
        caller = office(timeshift_delete=quirk)
        amy = caller.site.add_resource("Amy")
        id_ = caller.site.block(amy, at("2026-11-23T00:00").date())
        assert caller.ask("DELETE", f"/v1/timeshifts/{id_}").status == status
        assert len(caller.site.truth()) == left


def test_imported_timeshifts_are_upserted_by_their_key():
    caller = office()
    amy = caller.site.add_resource("Amy")
    for last in ("2026-11-23", "2026-11-24"):
        row = {
            "importEventId": "m-1",
            "resourceId": amy,
            "from": "2026-11-23",
            "to": last,
            "denialReason": "VACATION",
        }
        caller.ask("POST", "/v1/timeshifts/import/bulk", {"timeshifts": [row]})
        caller.clock.at += 20
    assert len(caller.site.truth()) == 2
    assert len({event["native_id"] for event in caller.site.truth()}) == 1


def test_unknown_routes_are_404_and_custom_fields_are_defined():
    caller = office()
    assert caller.ask("GET", "/v2/appointments", query=WINDOW).status == 404
    assert caller.ask("PUT", PATH, {}).status == 404
    fields = read(caller.ask("GET", "/v1/customers/customfields"))["data"]
    assert {one["type"] for one in fields} == {"TEXT", "EMAIL", "PHONE"}


def test_pages_shift_when_rows_come_and_go_between_them():
    caller = office()
    first = caller.site.book("0", at("2026-11-23T10:00"), 60)
    for n in range(1, 4):
        caller.site.book(str(n), at("2026-11-23T10:00") + timedelta(hours=n), 60)
    seen = [row["title"] for row in caller.rows(page=1, limit=2)]
    caller.site.remove(first)
    seen += [row["title"] for row in caller.rows(page=2, limit=2)]
    assert seen == ["0", "1", "3"]
