"""The simulated TIMIFY: reading. Each test is one fact about the vendor's API."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.sandbox.timify_caller import NOW, WINDOW, at, office, read, weekly
from worker.sandbox.timify import Recurring
from worker.sandbox.timify.state import Batch

# Tokens and branches


def test_a_token_is_accepted_bare_and_as_bearer():
    caller = office()
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 200
    caller.token = f"Bearer {caller.token}"
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 200


@pytest.mark.parametrize(("scheme", "status"), [("raw", 401), ("bearer", 200)])
def test_a_site_that_takes_one_scheme_only_refuses_the_other(scheme, status):
    caller = office(token_schemes=frozenset({"bearer"}))
    if scheme == "bearer":
        caller.token = f"Bearer {caller.token}"
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == status


def test_an_expired_token_gets_401_and_a_refreshed_one_works():
    caller = office(token_seconds=100)
    keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
    issued = read(caller.ask("POST", "/v1/auth/token", keys))
    assert issued["expires"] == 100
    caller.clock.at += 100
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 401
    renewal = {"refreshtoken": issued["refreshToken"]}
    caller.token = read(caller.ask("POST", "/v1/auth/refreshtoken", renewal))["accessToken"]
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 200


def test_a_refresh_may_kill_the_token_it_replaces():
    caller = office(refresh="revokes_old_token")
    keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
    issued = read(caller.ask("POST", "/v1/auth/token", keys))
    caller.ask("POST", "/v1/auth/refreshtoken", {"refreshtoken": issued["refreshToken"]})
    caller.token = issued["accessToken"]
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 401


def test_a_rotated_secret_is_dead_at_once():
    caller = office()
    caller.site.rotate_secret("another")
    keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
    assert caller.ask("POST", "/v1/auth/token", keys).status == 401


def test_revoked_tokens_answer_401_in_the_middle_of_a_run():
    caller = office()
    caller.site.revoke_tokens()
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 401


def test_secrets_in_a_query_do_not_open_the_door_unless_the_old_login_lives():
    keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
    assert office().ask("GET", "/v1/auth/token", query=keys).status == 404
    old = office(login_by_get="accepted")
    assert old.ask("GET", "/v1/auth/token", query=keys).status == 200


def test_the_company_header_is_required_and_must_name_an_own_branch():
    caller = office()
    foreign = caller.site.add_company("Elsewhere", "Europe/Paris", installed=False)
    caller.company = ""
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 400
    caller.company = foreign
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 403


def test_a_neighbour_branch_sees_nothing_of_ours():
    caller = office()
    id_ = caller.site.book("Massage", at("2026-11-23T10:00"), 60)
    caller.company = caller.site.add_company("Second", "America/Nome")
    assert caller.rows() == []
    assert caller.ask("GET", f"/v1/appointments/{id_}").status == 404


# Listing


def test_a_listing_needs_dates_unless_it_names_ids():
    caller = office()
    id_ = caller.site.book("Massage", at("2026-11-23T10:00"), 60)
    caller.site.book("Other", at("2026-11-23T12:00"), 60)
    assert caller.ask("GET", "/v1/appointments").status == 400
    only_first = {"from_date": "2026-11-01"}
    assert caller.ask("GET", "/v1/appointments", query=only_first).status == 400
    named = caller.ask("GET", "/v1/appointments", query={"ids": id_})
    assert [row["id"] for row in read(named)["data"]] == [id_]


def test_ids_may_be_repeated_bracketed_or_comma_separated():
    caller = office()
    ids = [caller.site.book(str(n), at("2026-11-23T10:00"), 60) for n in range(3)]
    for query in ({"ids": ids[:2]}, {"ids[]": ids[:2]}, {"ids": ",".join(ids[:2])}):
        found = read(caller.ask("GET", "/v1/appointments", query=query))["data"]
        assert {row["id"] for row in found} == set(ids[:2])


@pytest.mark.parametrize(("cap", "last", "status"), [
    (365, "2027-11-01", 200),
    (365, "2027-11-02", 400),
    (31, "2026-12-02", 200),
    (31, "2026-12-03", 400),
])  # fmt: skip
def test_the_window_is_capped(cap, last, status):
    caller = office(range_cap_days=cap)
    query = {"from_date": "2026-11-01", "to_date": last}
    assert caller.ask("GET", "/v1/appointments", query=query).status == status


def test_the_last_day_is_part_of_the_window_in_the_companys_zone():
    caller = office()
    id_ = caller.site.book("Late", at("2026-11-30T22:30"), 20)  # 23:30 in Berlin
    caller.site.book("Tomorrow", at("2026-11-30T23:30"), 20)  # 00:30 on the next day in Berlin
    assert [row["id"] for row in caller.rows(to_date="2026-11-30")] == [id_]


def test_the_last_day_may_be_left_out():
    caller = office(to_date="exclusive")
    caller.site.book("Late", at("2026-11-30T12:00"), 20)
    assert caller.rows(to_date="2026-11-30") == []
    assert len(caller.rows(to_date="2026-12-01")) == 1


def test_the_timezone_parameter_may_count_or_not():
    day = {"from_date": "2026-11-30", "to_date": "2026-11-30", "timezone": "America/New_York"}
    for quirk, found in (("parameter", 1), ("company", 0), ("utc", 0)):
        caller = office(window_zone=quirk)
        caller.site.book("Early", at("2026-12-01T01:00"), 60)
        assert len(caller.rows(**day)) == found


def test_a_row_is_listed_when_it_overlaps_or_when_it_starts_inside():
    for quirk, found in (("overlap", 1), ("start", 0)):
        caller = office(window_match=quirk)
        caller.site.book("Across midnight", at("2026-11-29T22:30"), 120)
        assert len(caller.rows(from_date="2026-11-30", to_date="2026-11-30")) == found


def test_times_are_an_alternative_pair_on_the_five_minute_grid_and_win_over_dates():
    caller = office()
    id_ = caller.site.book("Noon", at("2026-11-23T11:00"), 60)
    caller.site.book("Evening", at("2026-11-23T17:00"), 60)
    noon = {"from_time": "2026-11-23 12:00", "to_time": "2026-11-23 13:00"}
    assert [row["id"] for row in caller.rows(**noon)] == [id_]
    assert (
        caller.ask("GET", "/v1/appointments", query={"from_time": noon["from_time"]}).status == 400
    )
    odd = {"from_time": "2026-11-23 12:01", "to_time": "2026-11-23 13:00"}
    assert caller.ask("GET", "/v1/appointments", query=odd).status == 400
    assert len(office(both_windows="dates").rows(**noon)) == 0


def test_page_and_limit_count_only_together():
    caller = office()
    for n in range(3):
        caller.site.book(str(n), at("2026-11-23T10:00") + timedelta(hours=n), 60)
    assert [row["title"] for row in caller.rows(page=2, limit=2)] == ["2"]
    assert len(caller.rows(limit=2)) == 3
    assert len(caller.rows(page=2)) == 3
    assert len(caller.rows(page=1, limit=0)) == 3


def test_a_page_is_cut_at_the_largest_size_without_a_word():
    caller = office(largest_page=2)
    for n in range(3):
        caller.site.book(str(n), at("2026-11-23T10:00") + timedelta(hours=n), 60)
    assert len(caller.rows()) == 2


@pytest.mark.parametrize(("quirk", "keys"), [
    ("meta", {"data", "total", "meta", "status"}),
    ("total", {"data", "total", "status"}),
    ("bare", {"data", "status"}),
])  # fmt: skip
def test_the_envelope_may_lack_totals(quirk, keys):
    caller = office(list_envelope=quirk)
    document = read(caller.ask("GET", "/v1/appointments", query=WINDOW))
    assert document.keys() == keys
    assert document["status"] == 1


def test_the_resource_filter_takes_own_and_external_ids():
    caller = office()
    amy = caller.site.add_resource("Amy", external_id="e-1")
    ben = caller.site.add_resource("Ben")
    for who in (amy, ben):
        caller.site.book(who, at("2026-11-23T10:00"), 60, [who])
    assert [row["title"] for row in caller.rows(resource_ids=amy)] == [amy]
    assert [row["title"] for row in caller.rows(external_resource_ids="e-1")] == [amy]


def test_a_refusal_may_hide_behind_a_200():
    caller = office(failure="status_zero")
    answer = caller.ask("GET", "/v1/appointments")
    assert answer.status == 200
    assert read(answer)["status"] == 0


def test_the_next_calls_can_be_made_to_fail():
    caller = office()
    caller.site.fail_next(429, times_=2)
    statuses = [caller.ask("GET", "/v1/appointments", query=WINDOW).status for _ in range(3)]
    assert statuses == [429, 429, 200]


def test_a_rate_limit_can_be_set_although_none_is_public():
    caller = office(requests_per_minute=3)  # the login was the first request
    statuses = [caller.ask("GET", "/v1/appointments", query=WINDOW).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    caller.clock.at += 61
    assert caller.ask("GET", "/v1/appointments", query=WINDOW).status == 200


# The record


def test_answers_are_camel_case_with_utc_instants_and_a_date_that_is_no_date():
    caller = office()
    caller.site.book("Massage", at("2026-11-23T10:00"), 60)
    row = caller.rows()[0]
    assert row["startDate"] == "2026-11-23T10:00:00Z"
    assert row["date"] == "2026-11-23Z"
    assert row["timestamp"] == str(int(NOW.timestamp() * 1000))
    assert row["externalId"] == ""
    assert row["durationsPattern"] == [60]
    assert row["rescheduleUntil"] == "2026-11-22T10:00:00Z"
    assert not {"status", "end", "until", "canceled", "companyId"} & row.keys()


def test_payloads_carry_secrets_and_people():
    caller = office()
    caller.site.book("Massage", at("2026-11-23T10:00"), 60, customers=["Ida Example"])
    row = caller.rows()[0]
    assert len(row["reschedulingSecret"]) == 36
    assert len(row["metadata"]["secret"]) == 36
    assert row["customers"][0]["email"] == "ida.example@example.org"


def test_each_resource_of_each_occurrence_is_one_booking():
    caller = office()
    people = [caller.site.add_resource(name) for name in ("Amy", "Ben")]
    start = at("2026-11-23T10:00")
    caller.site.add_series("Pilates", start, 60, people, rule=weekly(repeat_times=3))
    bookings = caller.rows()[0]["bookings"]
    assert len(bookings) == 6
    assert {row["recurringDay"] for row in bookings} == {"2026-11-23", "2026-11-30", "2026-12-07"}
    assert {row["resourceId"] for row in bookings} == set(people)
    assert len({row["id"] for row in bookings}) == 6


def test_a_series_keeps_its_wall_clock_time_across_the_end_of_summer_time():
    caller = office("America/Nome")
    rule = Recurring("America/Nome", "WEEKS", repeat_times=2)
    caller.site.add_series("Coaching", at("2026-10-28T18:25"), 30, rule=rule)
    bookings = caller.rows(from_date="2026-10-01")[0]["bookings"]
    assert [row["startDate"] for row in bookings] == [
        "2026-10-28T18:25:00Z",
        "2026-11-04T19:25:00Z",
    ]


def test_a_series_is_listed_whole_or_cut_to_the_window():
    for quirk, count in (("all", 3), ("window", 1)):
        caller = office(bookings_in_list=quirk)
        rule = weekly(repeat_times=3)
        caller.site.add_series("Pilates", at("2026-11-23T10:00"), 60, rule=rule)
        row = caller.rows(from_date="2026-11-30", to_date="2026-12-01")[0]
        assert len(row["bookings"]) == count


def test_a_chain_is_many_records_and_each_lists_all_of_them_newest_first():
    caller = office()
    rule = weekly(repeat_times=3)
    ids = caller.site.add_chain("Yoga", at("2026-11-23T10:00"), 60, rule=rule)
    rows = caller.rows()
    assert [row["id"] for row in rows] == ids
    assert [link["id"] for link in rows[0]["chainedEvents"]] == ids[::-1]
    assert rows[0]["chainedEvents"][0]["externalId"] is None
    assert [row["isLastInTheChain"] for row in rows] == [False, False, True]
    assert all(row["recurring"] is None and len(row["bookings"]) == 1 for row in rows)


def test_paddings_are_outside_the_core_and_the_interval_may_include_them():
    for quirk, begin in (("core", "2026-11-23T10:00:00Z"), ("padded", "2026-11-23T09:45:00Z")):
        caller = office(interval=quirk)
        caller.site.book("Massage", at("2026-11-23T10:00"), 60, before=15, after=10)
        booking = caller.rows()[0]["bookings"][0]
        assert booking["interval"]["begin"] == begin
        assert booking["startDate"] == "2026-11-23T10:00:00Z"
        assert booking["durationTotal"] == 85


def test_a_split_appointment_has_one_batch_per_piece_of_work():
    caller = office()
    id_ = caller.site.book("Colouring", at("2026-11-23T10:00"), 90, before=5, after=10)
    caller.site.split(id_, (0, 30), (60, 30))
    row = caller.rows()[0]
    assert row["duration"] == 90
    assert row["durationsPattern"] == [30, 30, 30]
    shown = [
        (one["batchNumber"], one["isFirstBatch"], one["isLastBatch"], one["durationBefore"])
        for one in row["bookings"]
    ]
    assert shown == [(0, True, False, 5), (1, False, True, 0)]


# Truth


def test_truth_of_a_single_booking():
    caller = office()
    amy = caller.site.add_resource("Amy", external_id="e-1")
    id_ = caller.site.book(" Massage ", at("2026-11-23T10:00"), 60, [amy], before=15, after=5)
    assert caller.site.truth() == [
        {
            "native_id": id_,
            "occurrence": "",
            "kind": "single",
            "status": "booked",
            "start": "2026-11-23T10:00:00Z",
            "end": "2026-11-23T11:00:00Z",
            "timezone": "Europe/Berlin",
            "title": "Massage",
            "location": "",
            "capacity": None,
            "attendees": 1,
            "pad_before": 15,
            "pad_after": 5,
            "subjects": ["external:e-1", f"resource:{amy}"],
        }
    ]


def test_truth_unites_the_resources_of_one_stretch():
    caller = office()
    people = [caller.site.add_resource(name) for name in ("Amy", "Ben")]
    caller.site.book("Duo", at("2026-11-23T10:00"), 60, people)
    assert len(caller.site.truth()) == 1
    assert caller.site.truth()[0]["subjects"] == sorted(f"resource:{id_}" for id_ in people)


def test_truth_names_occurrences_by_their_day_even_after_a_move():
    caller = office()
    rule = weekly(repeat_times=3)
    id_ = caller.site.add_series("Pilates", at("2026-11-23T10:00"), 60, rule=rule)
    caller.site.move_occurrence(id_, date(2026, 11, 30), at("2026-12-01T08:00"))
    caller.site.drop_occurrence(id_, date(2026, 12, 7))
    found = {event["occurrence"]: event["start"] for event in caller.site.truth()}
    assert found == {"2026-11-23": "2026-11-23T10:00:00Z", "2026-11-30": "2026-12-01T08:00:00Z"}


def test_truth_names_batches_by_the_booking_id():
    caller = office()
    id_ = caller.site.book("Colouring", at("2026-11-23T10:00"), 90)
    caller.site.split(id_, (0, 30), (60, 30))
    ids = {row["id"] for row in caller.rows()[0]["bookings"]}
    assert {event["occurrence"] for event in caller.site.truth()} == ids


def test_truth_falls_back_to_booking_ids_when_a_recurring_day_is_not_unique():
    caller = office()
    rule = weekly(repeat_times=2)
    id_ = caller.site.add_series("Colouring", at("2026-11-23T10:00"), 90, rule=rule)
    caller.site.split(id_, Batch(0, 30), Batch(60, 30))
    occurrences = [event["occurrence"] for event in caller.site.truth()]
    assert len(set(occurrences)) == 4
    assert all(len(occurrence) == 32 for occurrence in occurrences)


def test_a_course_is_a_group_that_is_offered_until_somebody_joins():
    caller = office()
    id_ = caller.site.add_course("Yoga", at("2026-11-23T10:00"), 60, max_participants=8)
    empty = caller.site.truth()[0]
    assert (empty["kind"], empty["status"], empty["capacity"]) == ("group", "offered", 8)
    caller.site.join(id_, "Ida", "Udo")
    full = caller.site.truth()[0]
    assert (full["status"], full["attendees"]) == ("booked", 2)
    caller.site.leave(id_, 2)
    assert caller.site.truth()[0]["status"] == "offered"


def test_a_reservation_is_held_and_vanishes_when_its_time_is_up():
    caller = office()
    id_ = caller.site.reserve("Massage", at("2026-11-23T10:00"), 60, minutes=15)
    held = caller.site.truth()[0]
    assert (held["status"], held["attendees"]) == ("held", 0)
    assert caller.rows()[0]["reservedUntil"] == "2026-11-21T09:15:00Z"
    caller.clock.at += 15 * 60
    assert caller.site.truth() == []
    assert caller.ask("GET", f"/v1/appointments/{id_}").status == 404


def test_a_record_marked_for_deletion_lives_until_then():
    caller = office()
    id_ = caller.site.book("Massage", at("2026-11-23T10:00"), 60)
    caller.site.schedule_deletion(id_, NOW + timedelta(hours=1))
    assert caller.rows()[0]["scheduledForDeletionAt"] == "2026-11-21T10:00:00Z"
    caller.clock.at += 3600
    assert caller.site.truth() == []


def test_a_one_day_block_needs_no_occurrence():
    caller = office()
    amy = caller.site.add_resource("Amy")
    id_ = caller.site.block(amy, date(2026, 11, 24), None, ("09:00", "10:30"))
    block = caller.site.truth()[0]
    assert (block["native_id"], block["occurrence"]) == (id_, "")
    assert (block["kind"], block["status"], block["attendees"]) == ("block", "held", 0)
    assert (block["start"], block["end"]) == ("2026-11-24T08:00:00Z", "2026-11-24T09:30:00Z")


def test_blocks_repeat_their_windows_each_day_in_the_companys_zone():
    caller = office()
    amy = caller.site.add_resource("Amy")
    caller.site.block(amy, date(2026, 10, 24), date(2026, 10, 25), ("08:00", "09:00"))
    found = {event["occurrence"]: event["start"] for event in caller.site.truth()}
    assert found == {"2026-10-24": "2026-10-24T06:00:00Z", "2026-10-25": "2026-10-25T07:00:00Z"}


def test_several_windows_a_day_are_counted_in_time_order_and_equal_ones_once():
    caller = office()
    amy = caller.site.add_resource("Amy")
    windows = (("12:00", "24:00"), ("08:00", "09:00"), ("08:00", "09:00"))
    caller.site.block(amy, date(2026, 11, 24), None, *windows)
    found = {event["occurrence"]: event["end"] for event in caller.site.truth()}
    assert found == {
        "2026-11-24#0": "2026-11-24T08:00:00Z",
        "2026-11-24#1": "2026-11-24T23:00:00Z",
    }


def test_a_whole_day_off_lasts_25_hours_when_summer_time_ends():
    caller = office()
    amy = caller.site.add_resource("Amy")
    caller.site.block(amy, date(2026, 10, 25), reason="VACATION")
    event = caller.site.truth()[0]
    assert (event["start"], event["end"]) == ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z")


def test_removal_leaves_no_trace():
    caller = office()
    id_ = caller.site.book("Massage", at("2026-11-23T10:00"), 60)
    caller.site.remove(id_)
    assert caller.site.truth() == []
    assert caller.rows() == []


def test_the_same_seed_gives_the_same_ids():
    first, second = (office().site.book("x", at("2026-11-23T10:00"), 60) for _ in range(2))
    assert first == second
