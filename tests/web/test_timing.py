"""How long a refusal takes must not tell how near a guess was."""

from __future__ import annotations

import hmac

import pytest
from pydantic import SecretStr

from tests.builders import StillClock
from worker.web.access import Access, Session
from worker.web.doorway import _check_csrf
from worker.web.refusal import Refusal

TOKEN = "a-long-random-word-for-tests"


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The lengths of what is compared in constant time, as it is compared."""
    lengths: list[tuple[int, int]] = []
    plain = hmac.compare_digest

    def noting(one: bytes, other: bytes) -> bool:
        lengths.append((len(one), len(other)))
        return plain(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noting)
    return lengths


@pytest.mark.parametrize("guess", ["", "x", TOKEN[:-1], TOKEN + "x", "x" * 1000])
def test_a_guess_is_compared_in_constant_time_whatever_its_length(
    compared: list[tuple[int, int]], guess: str
) -> None:
    access = Access(SecretStr(TOKEN), StillClock())
    with pytest.raises(Refusal):
        access.admitted("192.0.2.1", f"Bearer {guess}", "")
    assert compared == [(32, 32)]


def test_the_token_itself_is_compared_in_the_same_way(compared: list[tuple[int, int]]) -> None:
    access = Access(SecretStr(TOKEN), StillClock())
    assert access.admitted("192.0.2.1", f"Bearer {TOKEN}", "") is None
    assert compared == [(32, 32)]


def test_the_token_of_a_session_is_compared_in_constant_time(
    compared: list[tuple[int, int]],
) -> None:
    session = Session(0.0)
    with pytest.raises(Refusal):
        _check_csrf(session, session.csrf[:-1])
    _check_csrf(session, session.csrf)
    assert compared == [(len(session.csrf) - 1, len(session.csrf)), (len(session.csrf),) * 2]
