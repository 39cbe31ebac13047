"""What a configuration that was read offers to the rest of the program."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.config.conftest import Desk
from worker.config import ConfigError, load
from worker.config.models import Severity
from worker.domain.conflict.severity import Weights
from worker.domain.event import Status
from worker.domain.span import DAY, Span
from worker.domain.subject import Resource, ResourceKind

TEXT = """
[worker]
past = "2d"
future = "10d"

[accounts.clinic]
vendor = "cliniko"
api_key_file = "cliniko"
contact = "ops@example.org"

[accounts.campus]
vendor = "canvas"
base_url = "https://Canvas.example.edu/"
token_file = "canvas"

[resources.room_1]
name = "Room 1"
kind = "room"
parallel = 3
  [resources.room_1.bindings]
  clinic = ["business:3", "business:2"]

[resources.amy.bindings]
campus = "*"

[[holds]]
resource = "amy"
to = ["clinic"]
statuses = "offered"
"""


def test_the_window_reaches_from_the_past_into_the_future(desk: Desk) -> None:
    now = 1_700_000_000
    assert desk.load(TEXT).window(now + 0.9) == Span(now - 2 * DAY, now + 10 * DAY)


def test_resources_are_plain_values_sorted_by_id(desk: Desk) -> None:
    amy, room = desk.load(TEXT).resources
    assert amy == Resource(id="amy", name="amy", bindings=(("campus", "*"),))
    assert room.kind is ResourceKind.ROOM
    assert (room.name, room.parallel) == ("Room 1", 3)
    assert room.bindings == (("clinic", "business:2"), ("clinic", "business:3"))


def test_every_account_is_written_out_in_a_hold(desk: Desk) -> None:
    (rule,) = desk.load(TEXT).holds
    assert (rule.sources, rule.targets) == (("campus", "clinic"), ("clinic",))
    assert rule.origins == {Status.OFFERED}


def test_an_address_comes_without_its_last_slash(desk: Desk) -> None:
    assert desk.load(TEXT).accounts["campus"].base_url == "https://canvas.example.edu"


def test_a_relative_store_counts_from_the_file(desk: Desk) -> None:
    assert desk.load("").database == f"sqlite:///{desk.folder}/calsync.db"
    config = desk.load('[worker]\ndatabase = "sqlite:////data/x.db"\n')
    assert config.database == "sqlite:////data/x.db"


def test_the_server_has_an_address_even_if_none_is_told(desk: Desk) -> None:
    assert desk.load("").server.address == "http://127.0.0.1:8080"
    server = desk.load(
        '[server]\nlisten = "[::1]:80"\npublic_url = "https://c.example.org/"\n'
    ).server
    assert (server.host, server.port, server.address) == ("::1", 80, "https://c.example.org")


def test_nothing_in_it_can_be_changed(desk: Desk) -> None:
    config = desk.load(TEXT)
    with pytest.raises(AttributeError):
        config.path = Path("elsewhere")  # type: ignore[misc]
    with pytest.raises(TypeError):
        config.accounts["x"] = config.accounts["clinic"]  # type: ignore[index]
    with pytest.raises(pydantic.ValidationError):
        config.worker.push = "apply"


def test_the_fingerprint_follows_settings_and_not_secrets_or_layout(desk: Desk) -> None:
    first = desk.load(TEXT).fingerprint
    assert desk.load(f"# a comment\n{TEXT}\n").fingerprint == first
    desk.secret("cliniko", "another-key-au1")
    assert desk.load(TEXT).fingerprint == first
    assert desk.load(TEXT.replace("10d", "11d")).fingerprint != first
    assert desk.load(TEXT.replace("business:3", "business:4")).fingerprint != first


def test_a_staleness_shorter_than_the_polling_is_warned_of(desk: Desk) -> None:
    (warning,) = desk.load('[worker]\nstale_after = "1m"\n').warnings
    assert "worker.stale_after: is not longer than worker.poll_every" in warning


def test_a_short_admin_token_is_warned_of(desk: Desk) -> None:
    (warning,) = desk.load('[server]\nadmin_token = "letmein"\n').warnings
    assert "server.admin_token: is shorter than 16 characters" in warning
    assert "letmein" not in warning


def test_the_points_are_those_that_findings_are_judged_by() -> None:
    assert Severity().model_dump() == asdict(Weights())


def test_hundreds_of_resources_load_in_no_time(desk: Desk) -> None:
    resources = "".join(
        f'[resources.r{n}]\nname = "R"\n[resources.r{n}.bindings]\nclinic = "practitioner:{n}"\n'
        for n in range(500)
    )
    begun = time.monotonic()
    assert len(desk.load(TEXT + resources).resources) == 502
    assert time.monotonic() - begun < 1


LINES = [line for line in TEXT.splitlines() if line]
SNIPPETS = [
    *(
        "=",
        "[",
        "]]",
        '"',
        "'''",
        "{",
        "= 1",
        "\t",
        "\x00",
        "\u2028",
        "…",
        "inf",
        "0x",
        "-",
        "true",
        '""',
    ),
    *("1979-05-27T07:32:00Z", "[[holds]]", "[a.b.c]", "[[resources]]", "[accounts]", "vendor = 1"),
]
JUNK = st.text(min_size=1, max_size=12) | st.sampled_from(SNIPPETS)
SPOILT = {
    "places": st.lists(st.tuples(st.integers(0, len(LINES)), st.integers(0, 60), JUNK), max_size=3),
    "lost": st.sets(st.integers(0, len(LINES) - 1), max_size=3),
}
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def check_spoilt(desk: Desk, places: list[tuple[int, int, str]], lost: set[int]) -> None:
    lines = [line for number, line in enumerate(LINES) if number not in lost]
    for place, column, junk in places:
        line = lines[place] if place < len(lines) else ""
        lines[place : place + 1] = [line[:column] + junk + line[column:]]
    desk.path.write_bytes("\n".join(lines).encode("utf-8", "replace"))
    try:
        load(desk.path, {})
    except ConfigError as error:
        problems = desk.named(error)
        assert problems
        told = "".join(problems)
        assert told.isprintable()
        assert "clinic-key" not in told
        assert "campus-token" not in told


@settings(UNHURRIED, max_examples=2000)
@given(**SPOILT)
def test_whatever_is_written_is_a_configuration_or_lines_that_name_the_file(
    desk: Desk, places: list[tuple[int, int, str]], lost: set[int]
) -> None:
    check_spoilt(desk, places, lost)


@pytest.mark.slow
@settings(UNHURRIED, max_examples=20_000)
@given(**SPOILT)
def test_the_same_for_very_many_files(
    desk: Desk, places: list[tuple[int, int, str]], lost: set[int]
) -> None:
    check_spoilt(desk, places, lost)
