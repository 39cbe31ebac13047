"""Hours, buffers, rooms within rooms, and the ways between them, as an operator writes them."""

from __future__ import annotations

import pytest

from tests.config.conftest import Desk

ROOMS = """
[resources.suite]
kind = "room"
[resources.lab]
kind = "room"
within = "suite"
[resources.hall]
kind = "room"
[resources.amy]
"""


def test_a_resource_has_hours_a_buffer_and_seats(desk: Desk) -> None:
    text = """
    [resources.lab]
    kind = "room"
    hours = ["Mon-Fri 09:00-17:00", "Fri 22:00-02:00"]
    buffer = "10m"
    seats = 12
    """
    (lab,) = desk.load(text).resources
    assert lab.hours == ("Mon-Fri 09:00-17:00", "Fri 22:00-02:00")
    assert (lab.buffer, lab.seats, lab.virtual) == (600, 12, False)


def test_a_single_window_stands_for_a_list_of_one(desk: Desk) -> None:
    (amy,) = desk.load('[resources.amy]\nhours = "Mon 09:00-17:00"\n').resources
    assert amy.hours == ("Mon 09:00-17:00",)


def test_without_hours_a_resource_is_always_available(desk: Desk) -> None:
    (amy,) = desk.load("[resources.amy]\nhours = []\n").resources
    assert amy.hours == ()


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ('"9 to 5"', 'must be days and times such as "Mon-Fri 09:00-17:00"'),
        ('["Mon 09:00-17:00", "Mon 9-17"]', "must be days and times"),
        ('"Montag 09:00-17:00"', "must name days as Mon, Tue, Wed, Thu, Fri, Sat or Sun"),
        ('"Mon 09:00-09:00"', 'a whole day is "00:00-24:00"'),
        ('"Mon 09:00-24:30"', "must hold times from 00:00 to 24:00"),
        ('"Mon 24:00-09:00"', "must end later than it starts"),
        ('"Mon 09:60-10:00"', "must be days and times"),
        ("9", "resources.amy.hours: must be a list"),
        ('["Mon 09:00-17:00", 9]', "must be text in quotes"),
    ],
)
def test_wrong_hours_say_what_is_allowed(desk: Desk, hours: str, said: str) -> None:
    problem = desk.problem(f"[resources.amy]\nhours = {hours}\n")
    assert problem.startswith("resources.amy.hours")
    assert said in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seats = 0", "seats: must be a whole number from 1 to 100000"),
        ('seats = "12"', "seats: must be a whole number"),
        ("virtual = 1", "virtual: must be true or false"),
        ("within = 3", "within: must be text in quotes"),
        ('within = "suit"', "within: there is no resource suit; did you mean suite?"),
        ('within = "amy"', "within: must name a room, and amy is none"),
        ('within = "gym"', "within: goes in a circle: gym in gym"),
        ('buffer = "8d"', 'buffer: must be a duration from "0s" to "7d"'),
    ],
)
def test_a_wrong_value_of_a_room_is_told(desk: Desk, line: str, said: str) -> None:
    problem = desk.problem(f'{ROOMS}\n[resources.gym]\nkind = "room"\n{line}\n')
    assert problem.startswith(f"resources.gym.{said}")


@pytest.mark.parametrize("line", ['within = "suite"', "seats = 3", "virtual = true"])
def test_what_is_for_rooms_is_told_of_rooms_only(desk: Desk, line: str) -> None:
    problem = desk.problem(f"{ROOMS}{line}\n")
    key = line.partition(" ")[0]
    assert problem == f'resources.amy.{key}: is for resources of kind "room" only'


def test_rooms_that_lie_in_each_other_are_told_once(desk: Desk) -> None:
    text = """
    [resources.a]
    kind = "room"
    within = "b"
    [resources.b]
    kind = "room"
    within = "c"
    [resources.c]
    kind = "room"
    within = "b"
    """
    assert desk.problem(text) == "resources.b.within: goes in a circle: b in c in b"


def test_a_way_is_kept_by_its_rooms_in_order(desk: Desk) -> None:
    config = desk.load(f'{ROOMS}[travel]\n"lab hall" = "15m"\n"hall suite" = "1h"\n')
    assert config.travel == {("hall", "lab"): 900, ("hall", "suite"): 3600}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"lab hal" = "15m"', "travel.lab hal: there is no resource hal; did you mean hall?"),
        ('"lab amy" = "15m"', "travel.lab amy: must name two rooms, and amy is none"),
        ('"lab" = "15m"', "travel.lab: is no pair of rooms"),
        ('"lab lab" = "15m"', "travel.lab lab: is no pair of rooms"),
        ('"lab hall suite" = "15m"', "is no pair of rooms"),
        ('"lab hall" = 15', 'travel.lab hall: must be a duration from "0s" to "7d"'),
        ('"lab hall" = "8d"', "must be a duration"),
        ('"lab hall" = ["15m"]', "must be a duration"),
    ],
)
def test_a_wrong_way_says_what_is_allowed(desk: Desk, line: str, said: str) -> None:
    assert said in desk.problem(f"{ROOMS}[travel]\n{line}\n")


def test_a_way_is_told_for_one_direction_only(desk: Desk) -> None:
    problem = desk.problem(f'{ROOMS}[travel]\n"lab hall" = "15m"\n"hall lab" = "20m"\n')
    assert problem == "travel.hall lab: is told for the other direction, too; one is enough"


def test_travel_must_be_a_table(desk: Desk) -> None:
    assert desk.problem("travel = 5\n").startswith("travel: must be a table")


def test_the_environment_sets_hours_and_ways(desk: Desk) -> None:
    environ = {
        "CALSYNC_RESOURCES__AMY__HOURS": '["Mon 09:00-12:00", "Tue 09:00-12:00"]',
        "CALSYNC_RESOURCES__LAB__BUFFER": "5m",
        "CALSYNC_RESOURCES__LAB__SEATS": "8",
        "CALSYNC_TRAVEL__HALL__LAB": "20m",
    }
    config = desk.load(f'{ROOMS}[travel]\n"lab hall" = "15m"\n', environ)
    by_id = {resource.id: resource for resource in config.resources}
    assert by_id["amy"].hours == ("Mon 09:00-12:00", "Tue 09:00-12:00")
    assert (by_id["lab"].buffer, by_id["lab"].seats) == (300, 8)
    assert config.travel == {("hall", "lab"): 1200}


def test_the_environment_may_tell_a_way_that_the_file_does_not(desk: Desk) -> None:
    config = desk.load(ROOMS, {"CALSYNC_TRAVEL__LAB__HALL": "20m"})
    assert config.travel == {("hall", "lab"): 1200}


def test_a_way_of_the_environment_between_anything_but_two_ids_is_told(desk: Desk) -> None:
    problem = desk.problem(ROOMS, {"CALSYNC_TRAVEL__HALL": "20m"})
    assert problem == (
        "CALSYNC_TRAVEL__HALL (environment): is not a setting; "
        "the nearest is CALSYNC_TRAVEL__ONE_ROOM__OTHER_ROOM"
    )


def test_a_wrong_way_of_the_environment_names_its_variable(desk: Desk) -> None:
    problem = desk.problem(ROOMS, {"CALSYNC_TRAVEL__HALL__LAB": "soon"})
    assert "CALSYNC_TRAVEL__HALL__LAB" in problem
    assert "must be a duration" in problem


def test_other_hours_or_ways_are_another_configuration(desk: Desk) -> None:
    plain = desk.load(ROOMS).fingerprint
    assert desk.load(f'{ROOMS}hours = "Mon 09:00-12:00"\n').fingerprint != plain
    assert desk.load(f'{ROOMS}[travel]\n"lab hall" = "15m"\n').fingerprint != plain
