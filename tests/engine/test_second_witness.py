"""A vendor that checks its own records is asked about members of findings, and its word is kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.builders import NOW, StillClock, event
from tests.engine.practice import Practice
from tests.engine.test_trust import SETTINGS
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.testimony import ASK_AGAIN, MOST_QUESTIONS
from worker.domain.event import Key
from worker.domain.span import HOUR
from worker.engine.cycle import Cycle
from worker.engine.poll import Source
from worker.engine.zone_rules import edition, edition_in
from worker.store import upkeep
from worker.store.evidence import Evidence
from worker.store.store import Store
from worker.vendors.base import Rejected, TryLater


@dataclass
class Opinionated(Practice):
    """Says of its events what `claims` holds; raises it where it is an error."""

    compares: str = "practitioner"
    claims: dict[str, bool | Exception] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)

    def conflicts(self, key: Key) -> bool:
        self.questions.append(key.native_id)
        said = self.claims.get(key.native_id, False)
        if isinstance(said, Exception):
            raise said
        return said


class Clinic:
    """One practitioner in a vendor that has an opinion, polled by hand."""

    def __init__(self, directory, *events, **claims) -> None:
        self.vendor = Opinionated(list(events), claims=claims)
        self.clock = StillClock()
        self.store = Store(f"sqlite:///{directory / 'calsync.db'}")
        self.store.accounts.register("clinic", "practice", "clinic")
        self.cycle = self.started()

    def started(self) -> Cycle:
        return Cycle(self.store, [Source("clinic", self.vendor, 120)], SETTINGS, self.clock)

    def poll(self, later: int = 120) -> list[str]:
        """The questions that the poll asked."""
        self.clock.time += later
        self.vendor.questions.clear()
        self.cycle.poll("clinic")
        return sorted(self.vendor.questions)

    def words(self):
        numbers = {one.key.number: one.key.native_id for one in self.vendor.events}
        return {numbers[n]: word for n, word in self.store.words.of(numbers).items()}

    def disagreements(self) -> list[str]:
        found = self.store.findings.about([FindingKind.WITNESS_DISAGREES]).values()
        return [one.finding.members[0].key.native_id for one in found if not one.life.resolved_at]


def busy(native_id: str, start: int = NOW + HOUR, **fields):
    return event(native_id, start, subjects=("practitioner:7",), **fields)


@pytest.fixture
def clash(tmp_path):
    clinic = Clinic(tmp_path, busy("1"), busy("2"), **{"1": True, "2": True})
    yield clinic
    clinic.store.close()


def test_what_was_said_and_what_we_saw_is_kept_with_its_time(clash):
    assert clash.poll() == ["1", "2"]
    word = clash.words()["1"]
    assert (word.says, word.sees, word.at, word.revision) == (True, 1, clash.clock.time, 1)
    assert word.agrees
    assert clash.disagreements() == []


def test_an_unchanged_event_is_not_asked_about_again_for_an_hour_not_even_after_a_restart(clash):
    clash.poll()
    assert clash.poll() == []
    clash.cycle = clash.started()
    assert clash.poll() == []
    assert clash.poll(later=ASK_AGAIN) == ["1", "2"]


def test_a_changed_event_is_asked_about_at_once(clash):
    clash.poll()
    clash.vendor.events[0] = busy("1", title="Another")
    assert clash.poll() == ["1"]
    assert clash.words()["1"].revision == 2


def test_a_word_against_ours_is_a_finding_until_it_is_taken_back(clash):
    clash.vendor.claims["1"] = False
    clash.poll()
    assert clash.disagreements() == ["1"]
    assert clash.words()["1"].agrees is False
    clash.vendor.claims["1"] = True
    clash.poll(later=ASK_AGAIN + 1)
    assert clash.disagreements() == []


def test_an_event_for_which_there_is_no_such_question_keeps_the_reason(clash):
    clash.vendor.claims["1"] = Rejected("an event with this id cannot be asked for")
    assert clash.poll() == ["1", "2"]
    word = clash.words()["1"]
    assert (word.says, word.agrees) == (None, None)
    assert word.why == "an event with this id cannot be asked for"
    assert clash.poll() == []


def test_what_was_heard_before_a_vendor_fell_silent_is_kept(clash):
    clash.vendor.claims["2"] = TryLater("busy")
    asked = clash.poll()
    assert set(clash.words()) == set(asked) - {"2"}


def test_a_poll_asks_about_a_few_events_only_and_the_next_goes_on(tmp_path):
    many = [busy(f"{number:02}") for number in range(MOST_QUESTIONS + 5)]
    clinic = Clinic(tmp_path, *many, **{one.key.native_id: True for one in many})
    first, second = clinic.poll(), clinic.poll()
    assert (len(first), len(second)) == (MOST_QUESTIONS, 5)
    assert not set(first) & set(second)
    clinic.store.close()


def test_words_are_forgotten_with_the_answers_they_belong_to(clash):
    clash.poll()
    upkeep.tidy(clash.store.database, int(clash.clock.time) + 10 * HOUR, 20 * HOUR)
    assert clash.words()
    with clash.store.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE name = 'tidied'")
    upkeep.tidy(clash.store.database, int(clash.clock.time) + 30 * HOUR, 20 * HOUR)
    assert not clash.words()


def test_a_poll_remembers_by_which_zone_rules_it_read_times(clash):
    clash.poll()
    newest = Evidence(clash.store.database).newest_polls()["clinic"]
    assert newest.zones == edition()


def test_the_edition_is_that_of_the_first_folder_that_holds_zones_else_the_packages(tmp_path):
    system, other, empty = tmp_path / "system", tmp_path / "other", tmp_path / "empty"
    for place in (system, other, empty):
        place.mkdir()
    (system / "UTC").touch()
    (system / "tzdata.zi").write_text("# version 2025b\n# This zic input file\n", encoding="utf-8")
    (other / "UTC").touch()
    (other / "+VERSION").write_text("2024a\n", encoding="utf-8")
    assert edition_in([str(empty), str(system), str(other)]) == "2025b"
    assert edition_in([str(other), str(system)]) == "2024a"
    (other / "+VERSION").unlink()
    assert edition_in([str(other)]) == ""
    assert edition_in([str(empty)]) == edition_in([])
    assert edition_in([])[:2] == "20"
