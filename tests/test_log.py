"""What reaches the log, what does not, and what happens when nobody reads it."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from worker import log

CANARY = "c4n4ry-5ecret"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions)
    hooks = (sys.excepthook, threading.excepthook)
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:], root.level, logging.raiseExceptions = before
    sys.excepthook, threading.excepthook = hooks


class Page:
    """A stream in memory, read back as JSON documents."""

    def __init__(self, level: str = "debug", form: str = "json") -> None:
        self.stream = io.StringIO()
        log.configure(level, form, self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.split("\n") if line]

    def line(self) -> dict[str, Any]:
        (line,) = self.lines()
        return line


def test_an_event_is_one_json_line_with_its_fields() -> None:
    page = Page()
    structlog.get_logger().info("poll.done", account="clinic", rows=12, complete=True, seconds=0.12)
    line = page.line()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "info",
        "event": "poll.done",
        "account": "clinic",
        "rows": 12,
        "complete": True,
        "seconds": 0.12,
    }


def test_a_field_that_is_not_on_the_list_is_dropped_and_its_name_noted() -> None:
    page = Page()
    structlog.get_logger().info("poll.done", account="clinic", title=CANARY, email=CANARY)
    assert page.line()["dropped"] == "email, title"
    assert CANARY not in page.text


def test_an_event_must_be_a_name_not_a_sentence_with_data() -> None:
    page = Page()
    structlog.get_logger().info(f"Amy's {CANARY}", rows=1)
    assert page.line()["event"] == "unnamed"
    assert CANARY not in page.text


def test_bound_context_obeys_the_same_list() -> None:
    page = Page()
    structlog.contextvars.bind_contextvars(account="clinic", patient=CANARY)
    structlog.get_logger().info("poll.done")
    assert page.line()["account"] == "clinic"
    assert page.line()["dropped"] == "patient"
    assert CANARY not in page.text


BREAKERS = ["\n", "\r", "\r\n", "\x1b[31m", "\x1b]0;title\x07", "\x85", "\u2028", "\u2029", "\x0b",
            "\x0c", "\x1c", "\x00", "\u202e", "\ud800", "\x9b31m", "\x7f"]  # fmt: skip


@pytest.mark.parametrize("breaker", BREAKERS, ids=ascii)
@pytest.mark.parametrize("form", ["json", "console"])
def test_no_text_breaks_a_line_or_commands_a_terminal(breaker: str, form: str) -> None:
    page = Page(form=form)
    structlog.get_logger().info("poll.done", error=f"a{breaker}forged level=error")
    assert page.text.count("\n") == 1
    assert len(page.text.splitlines()) == 1
    assert page.text.rstrip("\n").isprintable()


def test_quotes_and_format_signs_are_only_text() -> None:
    page = Page()
    nasty = '"} {"event": "forged"} %s {account} {0} %n \\'
    structlog.get_logger().info("poll.done", error=nasty)
    assert page.line()["error"] == nasty


def test_a_megabyte_is_cut() -> None:
    page = Page()
    structlog.get_logger().info("poll.done", error="x" * 1_000_000)
    assert len(page.line()["error"]) == 501


def test_a_line_fits_into_one_write_even_with_every_field_full() -> None:
    page = Page()
    structlog.get_logger().info("poll.done", **dict.fromkeys(log.FIELDS, "é" * 500))
    assert len(page.text.encode()) <= 4096
    assert page.line()["dropped"]


class _Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (_Colour.RED, "red"),
        (Path("/data/x.db"), "/data/x.db"),
        (("clinic", "campus"), "clinic, campus"),
        ({"name": CANARY}, "dict"),
        ([{"name": CANARY}, 1], "dict, 1"),
        (SecretStr(CANARY), "SecretStr"),
        (ValueError(CANARY), "ValueError"),
        (CANARY.encode(), "bytes"),
        (float("nan"), "float"),
        (10**400, "int"),
        ("/feeds/abcdefgh.ics", "/feeds/…"),
        ("GET https://c.example.org/feeds/abcdefgh.ics?x", "GET https://c.example.org/feeds/…"),
    ],
)
def test_only_plain_values_are_written(value: object, written: object) -> None:
    page = Page()
    structlog.get_logger().info("poll.done", reason=value)
    assert page.line()["reason"] == written
    assert CANARY not in page.text


def fail_deeply(password: str) -> None:
    try:
        raise KeyError(f"patient {password}")
    except KeyError as error:
        raise ConnectionError(f"https://x/?key={password}") from error


def test_an_exception_is_told_by_type_and_place_and_not_by_its_message() -> None:
    page = Page()
    try:
        fail_deeply(CANARY)
    except ConnectionError:
        structlog.get_logger().exception("poll.failed", account="clinic")
    line = page.line()
    assert line["level"] == "error"
    assert line["error"] == "ConnectionError from KeyError"
    assert line["frames"].startswith("test_log.py:")
    assert "fail_deeply < test_log.py" in line["frames"]
    assert CANARY not in page.text


def test_a_group_of_exceptions_names_its_parts() -> None:
    page = Page()
    group = ExceptionGroup(CANARY, [ValueError(CANARY), OSError(CANARY)])
    structlog.get_logger().error("poll.failed", exc_info=group)
    assert page.line()["error"] == "ExceptionGroup(ValueError, OSError)"
    assert CANARY not in page.text


def test_an_exception_that_is_its_own_cause_does_not_hang() -> None:
    page = Page()
    error = ValueError()
    error.__cause__ = error
    structlog.get_logger().error("poll.failed", exc_info=error)
    assert page.line()["error"] == "ValueError"


def test_a_level_keeps_out_what_is_below_it() -> None:
    page = Page(level="warning")
    structlog.get_logger().info("poll.done")
    logging.getLogger("some.library").info("hello")
    structlog.get_logger().warning("poll.late")
    assert page.line()["event"] == "poll.late"


def test_a_library_record_keeps_its_constant_part_only() -> None:
    page = Page()
    logging.getLogger("uvicorn.error").warning("Invalid request from %s: %s", "1.2.3.4", CANARY)
    line = page.line()
    assert (line["event"], line["logger"]) == ("library", "uvicorn.error")
    assert line["text"] == "Invalid request from %s: %s"
    assert CANARY not in page.text


def test_a_library_exception_is_told_without_its_message() -> None:
    page = Page()
    try:
        fail_deeply(CANARY)
    except ConnectionError:
        logging.getLogger("apscheduler.executors").exception("Job %s raised", CANARY)
    assert page.line()["error"] == "ConnectionError from KeyError"
    assert CANARY not in page.text


def test_a_library_that_logs_an_object_tells_its_type() -> None:
    page = Page()
    logging.getLogger("some.library").error(ValueError(CANARY))
    assert page.line()["text"] == "ValueError"


@pytest.mark.parametrize(
    "name",
    ["httpx", "httpcore.http11", "apscheduler.scheduler", "sqlalchemy.engine", "uvicorn.access"],
)
def test_talkative_libraries_are_heard_from_warnings_up(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A web server that ran before in this process has cut its own logger off.
    monkeypatch.setattr(logging.getLogger(name), "propagate", True)
    page = Page(level="debug")
    logging.getLogger(name).info("HTTP Request: GET https://x/?token=%s", CANARY)
    assert page.text == ""
    logging.getLogger(name).warning("trouble")
    assert page.line()["logger"] == name


def test_configuring_again_does_not_write_twice() -> None:
    Page()
    page = Page()
    logging.getLogger("some.library").warning("once")
    assert len(page.lines()) == 1


def test_the_console_form_is_for_people() -> None:
    page = Page(form="console")
    structlog.get_logger().warning("poll.late", account="clinic", error="two words")
    assert page.text[8:] == ' warning poll.late account=clinic error="two words"\n'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_auto_means_console_on_a_terminal_and_json_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    terminal = Terminal()
    log.configure("info", "auto", terminal)
    structlog.get_logger().error("poll.failed")
    assert terminal.getvalue().startswith("\x1b[31m")
    page = Page(form="auto")
    structlog.get_logger().error("poll.failed")
    assert page.line()["event"] == "poll.failed"


def test_no_colour_is_used_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    log.configure("info", "console", terminal)
    structlog.get_logger().error("poll.failed")
    assert "\x1b" not in terminal.getvalue()


def test_a_full_pipe_blocks_nobody_and_the_loss_is_told_later() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb") as reader:
        log.configure("info", "json", stream)
        begun = time.monotonic()
        for number in range(3000):
            structlog.get_logger().info("poll.done", account="clinic", poll=number)
        assert time.monotonic() - begun < 5
        first = os.read(reader.fileno(), 1_000_000)
        structlog.get_logger().info("poll.done", account="clinic", poll=-1)
        rest = os.read(reader.fileno(), 1_000_000)
    kept = [json.loads(line) for line in first.decode().splitlines()]
    assert [line["poll"] for line in kept] == list(range(len(kept)))
    notice, last = (json.loads(line) for line in rest.decode().splitlines())
    assert (notice["event"], notice["count"]) == ("lines dropped", 3000 - len(kept))
    assert last["poll"] == -1


def test_a_pipe_whose_reader_is_gone_stops_nobody() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        log.configure("info", "json", stream)
        structlog.get_logger().info("poll.done")
        logging.getLogger("some.library").warning("still here")


def test_a_closed_stream_stops_nobody() -> None:
    page = Page()
    page.stream.close()
    structlog.get_logger().info("poll.done")
    logging.getLogger("some.library").warning("still here")


def test_what_nobody_caught_is_logged_without_its_message() -> None:
    code = (
        "import threading; from worker import log;"
        "log.configure('info', 'json'); log.log_uncaught();"
        f"secret = '{CANARY}';"
        "work = threading.Thread(target=lambda: int(secret)); work.start(); work.join();"
        "raise RuntimeError(secret)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    thread, main = (json.loads(line) for line in done.stderr.splitlines())
    assert (thread["event"], thread["error"]) == ("thread died", "ValueError")
    assert (main["event"], main["error"]) == ("uncaught", "RuntimeError")
    assert CANARY not in done.stdout + done.stderr
    assert done.returncode == 1


def test_many_threads_write_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        log.configure("info", "json", stream)

        def write(account: str) -> None:
            for number in range(100):
                structlog.get_logger().info("poll.done", account=account, poll=number)

        threads = [threading.Thread(target=write, args=(f"a{n}",)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len({(line["account"], line["poll"]) for line in lines}) == 800
