"""How a Canvas account is configured, bound and told apart from others."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.builders import NOW, StillClock
from tests.vendors.canvas.campus import Campus, group, linked, listing, reply, settings, slot
from worker.vendors.canvas import ENTRY
from worker.vendors.canvas.bucket import LONGEST_PAUSE, Bucket


@pytest.mark.parametrize("code", ["course_123", "group_4", "course_10~5"])
def test_context_codes_are_a_kind_and_a_number(code: str):
    assert settings(context_codes=[code]).context_codes == [code]


@pytest.mark.parametrize("code", ["123", "course:123", "Course_1", "course_", "course_x", ""])
def test_other_context_codes_are_refused(code: str):
    with pytest.raises(ValidationError, match="course_123"):
        settings(context_codes=[code])


def test_the_address_is_that_of_the_site_and_not_of_its_api():
    with pytest.raises(ValidationError, match="without /api/v1"):
        settings(base_url="https://canvas.example.edu/api/v1/")


def test_a_site_must_be_named():
    with pytest.raises(ValidationError, match="base_url"):
        ENTRY.settings.model_validate({"vendor": "canvas", "token": "x"})


def test_bindings_are_groups_courses_or_everything():
    assert set(ENTRY.bindings) == {"group", "course", "*"}
    ENTRY.bindings["group"]("543")
    ENTRY.bindings["course"]("1~5")
    ENTRY.bindings["*"]("")
    for broken in ("course_1", "", "x", "5 "):
        with pytest.raises(ValueError, match="number"):
            ENTRY.bindings["group"](broken)


def test_the_scope_tells_sites_and_logins_apart_without_the_token():
    one = settings()
    assert ENTRY.scope(one) == ENTRY.scope(settings(base_url="https://canvas.example.edu/"))
    assert ENTRY.scope(one) != ENTRY.scope(settings(token="other"))
    assert ENTRY.scope(one) != ENTRY.scope(settings(base_url="https://other.example.edu"))
    assert "t0ken" not in repr((ENTRY.scope(one), one))


def test_a_site_below_a_prefix_is_reached_there():
    campus = Campus({}, base_url="http://127.0.0.1:9000/canvas")
    campus.answers["/canvas/api/v1/appointment_groups"] = reply([])
    campus.read()
    assert campus.asked[0].url.path == "/canvas/api/v1/appointment_groups"


# The check


def test_the_check_of_an_empty_list_hints_at_the_role():
    access = listing().account.check()
    assert "right to manage the course calendar" in access.notes[0]


def test_the_check_names_codes_that_show_nothing():
    campus = Campus(
        {
            "/appointment_groups": linked([group(543, slot())]),
            "/appointment_groups/543": reply(group(543, slot())),
            "/appointment_groups/543/users": linked([{"id": 5, "name": "Amy Ng"}]),
        },
        context_codes=["course_123", "course_9"],
    )
    access = campus.account.check()
    said = " ".join(access.notes)
    assert "course_9 shows no appointment group" in said
    assert "course_123 shows" not in said
    assert "Amy" not in said
    assert access.problems == ()


def test_the_check_tells_where_participants_cannot_be_read():
    campus = listing(group(543, slot()), **{"appointment_groups/543": reply(group(543, slot()))})
    assert any("/users" in problem for problem in campus.account.check().problems)


# The bucket


def test_a_bucket_of_which_nothing_is_known_holds_nobody_up():
    clock = StillClock()
    Bucket(clock).wait()
    assert clock.slept == []


@pytest.mark.parametrize("left", ["-200", "0", "99"])
def test_a_bucket_with_little_left_is_given_time_to_drain(left: str):
    clock = StillClock()
    bucket = Bucket(clock)
    bucket.note(reply(headers={"X-Rate-Limit-Remaining": left}).headers)
    bucket.wait()
    assert 0 < clock.slept[0] <= LONGEST_PAUSE


@pytest.mark.parametrize("left", ["600", "nan", "inf", "1e99", "x", ""])
def test_a_bucket_that_is_full_or_says_nothing_sensible_holds_nobody_up(left: str):
    clock = StillClock()
    bucket = Bucket(clock)
    bucket.note(reply(headers={"X-Rate-Limit-Remaining": left}).headers)
    bucket.wait()
    assert clock.slept == []


def test_a_bucket_drains_by_itself():
    clock = StillClock()
    bucket = Bucket(clock)
    bucket.note(reply(headers={"X-Rate-Limit-Remaining": "50"}).headers)
    clock.time = NOW + 60
    bucket.wait()
    assert clock.slept == []
