"""What is wrong with our own holds and copies is told in words, with and without events."""

from __future__ import annotations

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.finding import Finding, FindingKind, Member, Subject
from worker.domain.event import Status
from worker.domain.span import Span
from worker.publish.sentences import sentence


@pytest.mark.parametrize(
    "kind",
    [
        FindingKind.DRIFT,
        FindingKind.ORPHAN,
        FindingKind.SYNC_EDIT_EDIT,
        FindingKind.SYNC_DELETE_EDIT,
        FindingKind.SYNC_CREATE_CREATE,
    ],
)
@pytest.mark.parametrize("with_event", [True, False])
def test_the_sentence_names_the_account_and_the_reason(kind, with_event):
    one = event("9", account="studio", title="Held by calsync")
    members = (Member(one.key, one.title, one.status, one.span),) if with_event else ()
    finding = Finding(
        kind=kind,
        subject=Subject("link", "studio/abc"),
        span=Span(NOW, NOW + 60),
        members=members,
        flags=("ours",),
        evidence=(("account", "studio"), ("reason", "it was written 3 times"), ("mark", "abc")),
    )
    said = sentence(finding)
    assert "studio" in said
    assert said.endswith(": it was written 3 times.")


def test_a_slot_that_is_still_offered_is_not_told_to_be_written_by_calsync():
    slot = event("9", account="campus", title="Office hour", status=Status.OFFERED)
    finding = Finding(
        kind=FindingKind.DRIFT,
        subject=Subject("link", "campus/abc"),
        span=Span(NOW, NOW + 60),
        members=(Member(slot.key, slot.title, slot.status, slot.span),),
        flags=("open", "ours"),
        evidence=(("account", "campus"), ("reason", "it is the last of its group")),
    )
    said = sentence(finding)
    assert (
        said == "“Office hour” (campus, offered) can still be booked: it is the last of its group."
    )
