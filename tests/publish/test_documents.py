"""The JSON of findings: the promised keys, their life, and what could be done."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.builders import NOW, event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.explanation import Explained, PollWord, Witness
from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.register import Happening, Known, Life
from worker.domain.conflict.report import Report, SourceState, reported
from worker.domain.conflict.severity import Weights
from worker.domain.conflict.stale import stale_sources
from worker.domain.conflict.suggestions import Suggestion, Target
from worker.domain.span import HOUR
from worker.domain.stored import Stored
from worker.domain.subject import Resource
from worker.publish import documents

SOURCE = SourceState("clinic", NOW, complete=True, stale=False)
CLASH = next(doubles(Resource("amy", "Amy Ng"), [event("1", title="a"), event("2", title="b")]))
VENDORS = {"clinic": "some"}


def judged(finding=CLASH, **life):
    known = Known(
        finding,
        Life(**({"state": FindingState.OPEN, "first_seen": NOW, "last_confirmed": NOW} | life)),
    )
    return reported(known, [SOURCE], (), NOW, Weights())


def test_a_finding_has_exactly_the_promised_keys():
    told = documents.finding(judged(), VENDORS)
    assert list(told) == [
        "id", "kind", "verdict", "severity", "state", "subject", "start", "end", "peak", "limit",
        "overlap_minutes", "members", "first_seen", "last_confirmed", "suggestions", "evidence",
    ]  # fmt: skip
    assert set(told["severity"]) == {"score", "band", "terms"}
    assert list(told["members"][0]) == [
        "event", "account", "vendor", "native_id", "occurrence", "title", "status",
        "start", "end", "url",
    ]  # fmt: skip
    assert all(
        set(one) == {"action", "target", "effect", "notifies"} for one in told["suggestions"]
    )


def test_a_life_shows_in_the_evidence():
    told = documents.finding(
        judged(
            state=FindingState.SNOOZED,
            snoozed_until=NOW + HOUR,
            owner="pat",
            note="Mon",
            reopened=2,
            predecessor="0" * 16,
        ),
        VENDORS,
    )
    assert told["state"] == "snoozed"
    shown = {
        name: told["evidence"][name]
        for name in ("snoozed_until", "owner", "note", "reopened", "predecessor")
    }
    assert shown == {
        "snoozed_until": "2026-03-02T09:00:00Z",
        "owner": "pat",
        "note": "Mon",
        "reopened": 2,
        "predecessor": "0" * 16,
    }
    assert told["evidence"]["peak_start"] == "2026-03-02T08:00:00Z"


def test_what_has_no_time_of_its_own_lasts_from_first_seen_to_last_confirmed():
    (stale,) = stale_sources([replace(SOURCE, stale=True)], NOW + HOUR)
    told = documents.finding(judged(stale, last_confirmed=NOW + HOUR), VENDORS)
    assert (told["start"], told["end"]) == ("2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z")
    assert told["overlap_minutes"] == 0
    assert told["evidence"]["last_complete"] == "2026-03-02T08:00:00Z"


def test_advice_takes_the_place_of_plain_suggestions():
    advice = {CLASH.id: (Suggestion("move", Target("clinic", "1"), "Move it.", notifies=True),)}
    report = Report("conflict", NOW, 2, (SOURCE,), (judged(),))
    (told,) = documents.conflicts(report, VENDORS, advice)["findings"]
    assert told["suggestions"] == [
        {
            "action": "move",
            "target": {"account": "clinic", "native_id": "1", "occurrence": ""},
            "effect": "Move it.",
            "notifies": True,
        }
    ]
    (plain,) = documents.conflicts(report, VENDORS)["findings"]
    assert plain["suggestions"]


def test_an_explanation_holds_answers_polls_and_history():
    one = event("1", title="a", people=("email:7f3a",))
    stored = Stored(one, "some", ("amy",), 1, NOW, NOW, 7)
    poll = PollWord(7, "clinic", NOW, NOW + 1, True, "full", "")
    witness = Witness(CLASH.members[0], stored, b'{"id": 1}', poll, None)
    gone = Witness(CLASH.members[1], None, None)
    explained = Explained(
        CLASH.id,
        judged(),
        (witness, gone),
        history=(Happening(NOW, "found"), Happening(NOW, "acknowledged", "pat", "on it")),
    )
    told = json.loads(documents.text(documents.explanation(explained, VENDORS)))
    assert told["events"][0]["answer"] == {"id": 1}
    assert told["events"][0]["read_by"]["finished_at"] == "2026-03-02T08:00:01Z"
    assert told["events"][1]["event"] is None
    assert told["history"][1] == {
        "at": "2026-03-02T08:00:00Z",
        "what": "acknowledged",
        "by": "pat",
        "note": "on it",
    }
    assert "7f3a" not in json.dumps(told)
