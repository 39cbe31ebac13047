"""What of an answer may be stored and shown."""

from __future__ import annotations

import json

from tests.vendors.timify.samples import Read, Studio, opened, record
from tests.vendors.timify.test_blocks import shift

PRIVATE = [
    "1b2c3d4e-0000-4000-8000-000000000000",
    "Metadata Secret",
    "Eve Example",
    "eve@example.org",
    "customer-77",
    "Her knee",
    "Amy Ng",
    "amy@x.org",
    "Sandbox Owner",
    "+49 30 1234",
]


def test_secrets_and_people_never_survive() -> None:
    person = {
        "id": "customer-77",
        "fullName": "Eve Example",
        "email": "eve@example.org",
        "phone": "+49 30 1234",
        "fields": [{"id": "x", "value": "Eve Example"}],
    }
    vendor = opened(
        Studio(
            record(
                metadata={"secret": "Metadata Secret", "id": "Metadata Secret"},
                customers=[person],
                singleCustomers=[person["id"]],
                customfields=[{"id": "Eve Example", "value": "+49 30 1234"}],
                title="Eve Example",
                notes="Her knee",
                createdBy="Sandbox Owner",
                chainedEvents=[{"id": "1", "title": "Eve Example", "notes": "Her knee"}],
            )
        )
    )
    kept = vendor.redact(Read(vendor).sightings[0].answer).decode()
    assert [text for text in PRIVATE if text in kept] == []


def test_times_and_ids_of_calendars_stay() -> None:
    vendor = opened(Studio(record()))
    kept = json.loads(vendor.redact(Read(vendor).sightings[0].answer))
    assert kept["id"] == "c" * 24
    assert kept["bookings"][0]["interval"] == record()["bookings"][0]["interval"]
    assert kept["resources"][0]["externalId"] == "amy"
    assert kept["isCourse"] is False


def test_the_joined_rows_of_a_block_stay_readable() -> None:
    rows = [shift(f"2026-03-0{day}", None, ("09:00", "10:00")) for day in (3, 4)]
    vendor = opened(Studio(shifts=rows))
    kept = json.loads(vendor.redact(Read(vendor).sightings[0].answer))
    assert [row["from"] for row in kept] == ["2026-03-03", "2026-03-04"]
    assert kept[0]["denialTimes"] == [{"begin": "09:00", "end": "10:00"}]


def test_what_is_no_json_is_hidden_as_a_whole() -> None:
    vendor = opened(Studio())
    for text in (b"Eve Example", b"[" * 100_000, b'{"id": ' + b"9" * 5000 + b"}"):
        assert vendor.redact(text) == b'"[redacted]"'
