"""The way to the simulators without sockets behaves like one, on a clock that only it moves."""

from __future__ import annotations

import httpx
import pytest

from tests.sandbox.writing_world import NOW, Rig
from worker.sandbox.transport import Hooks


class Crash(BaseException):
    """The worker is no more."""


def test_the_answer_is_the_simulators_own():
    rig = Rig()
    answer = rig.create("cliniko")
    assert (answer.status_code, answer.headers["content-type"]) == (
        201,
        "application/json; charset=utf-8",
    )
    assert rig.clock.now() == NOW


def test_an_address_of_nobody_refuses_the_connection():
    rig = Rig()
    with pytest.raises(httpx.ConnectError):
        rig.client.get("http://127.0.0.1:8000/clinikoo/v1/user")
    with pytest.raises(httpx.ConnectError):
        rig.client.get("http://elsewhere.invalid/cliniko/v1/user")
    assert len(rig.board.ledger) == 1  # the sign-in


@pytest.mark.parametrize(("hook", "held"), [("before", 0), ("after_applied", 1)])
def test_a_crash_before_or_after_the_vendor_acted(hook, held):
    armed: list[bool] = []

    def crash_if_armed(_request: httpx.Request) -> None:
        if armed:
            raise Crash

    rig = Rig(Hooks(**{hook: crash_if_armed}))
    armed.append(True)
    with pytest.raises(Crash):
        rig.create("cliniko")
    assert len(rig.held("cliniko")) == held


def test_a_read_passes_no_boundary_of_writes():
    seen: list[int] = []
    rig = Rig(
        Hooks(
            after_applied=lambda request: seen.append(len(request.content)),
            before_answer=lambda response: seen.append(response.status_code),
        )
    )
    seen.clear()
    rig.send("cliniko", "GET")
    assert seen == [200]


def test_silence_moves_the_clock_by_the_patience_of_the_request():
    rig = Rig()
    rig.board.faults.on("T19", vendor="cliniko", times=1)
    with pytest.raises(httpx.ReadTimeout):
        rig.client.get(f"{rig.bases['cliniko']}/v1/user", timeout=7.5)
    assert rig.clock.now() == NOW + 7.5
    assert not rig.board.ledger.entries()[-1].delivered


def test_a_slow_body_moves_the_clock_and_arrives():
    rig = Rig()
    rig.made("cliniko")
    rig.board.faults.on("T13", vendor="cliniko", variant="drip", seconds=0.5, times=1)
    answer = rig.send("cliniko", "GET")
    assert rig.clock.now() == NOW + 0.5 * (len(answer.content) - 1)  # after the last, all is read


@pytest.mark.parametrize(
    ("name", "variant", "error"),
    [
        ("T10", None, httpx.ReadError),
        ("T11", None, httpx.RemoteProtocolError),
        ("T22", "size", httpx.RemoteProtocolError),
        ("T23", None, httpx.RemoteProtocolError),
    ],
)
def test_a_spoilt_answer_is_the_error_that_a_socket_would_give(name, variant, error):
    rig = Rig()
    rig.board.faults.on(name, vendor="cliniko", variant=variant)
    with pytest.raises(error):
        rig.send("cliniko", "GET")
    assert not rig.board.ledger.entries()[-1].delivered
