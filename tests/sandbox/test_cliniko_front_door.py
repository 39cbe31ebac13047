"""Keys, headers, the rate limit and the truth of the simulated Cliniko."""

from __future__ import annotations

import pytest

from tests.sandbox.cliniko_client import KEY, NOW, Clinic, Clock, authorization
from worker.sandbox.cliniko import Cliniko, Quirks


@pytest.mark.parametrize("user", [KEY, KEY.removesuffix("-uk2")])
def test_the_key_works_with_and_without_its_shard(user: str):
    assert Clinic().call("GET", "user", authorization=authorization(user)).status == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer " + KEY,
        "Basic ???",
        authorization("wrong-uk2"),
        authorization(KEY.replace("uk2", "au1")),
        authorization(KEY, "secret"),
    ],
)
def test_any_other_credential_is_denied_in_plain_text(header: str):
    reply = Clinic().call("GET", "user", authorization=header)
    assert reply.status == 401
    assert reply.response.body == b"HTTP Basic: Access denied.\n"


def test_a_revoked_key_is_denied():
    clinic = Clinic()
    clinic.cliniko.revoke_key(KEY)
    assert clinic.call("GET", "user").status == 401


def test_a_user_agent_without_a_contact_is_refused_where_the_policy_is_kept():
    agent = "python-httpx/0.28"
    assert Clinic().call("GET", "user", user_agent=agent).status == 403
    lenient = Clinic(Quirks(contact_required=False))
    assert lenient.call("GET", "user", user_agent=agent).status == 200


def test_json_must_be_accepted():
    assert Clinic().call("GET", "user", accept="*/*").status == 406


def test_two_hundred_requests_a_minute_and_then_the_end_of_the_minute():
    clinic = Clinic()
    for _ in range(200):
        assert clinic.call("GET", "user").status == 200
    clinic.clock.at += 20
    refused = clinic.call("GET", "user")
    assert refused.status == 429
    assert refused.headers["X-RateLimit-Reset"] == str(NOW + 60)
    assert "Retry-After" not in refused.headers
    clinic.clock.at = NOW + 60
    assert clinic.call("GET", "user").status == 200


def test_the_limit_is_per_user():
    clinic = Clinic(Quirks(rate_limit=1, retry_after=True))
    clinic.cliniko.add_key("b3RoZXI-uk2")
    clinic.call("GET", "user")
    assert clinic.call("GET", "user").headers["Retry-After"] == "60"
    other = {"authorization": authorization("b3RoZXI-uk2")}
    assert clinic.call("GET", "user", **other).status == 200


def test_a_key_without_a_shard_belongs_to_au1():
    assert Cliniko(Clock(), api_key="c2hhcmRsZXNz").shard == "au1"


def test_an_unknown_path_and_an_unknown_row_are_404_with_a_message():
    clinic = Clinic()
    for path in ("appointments", "group_appointments/1", "bookings/1", "patients/1"):
        reply = clinic.call("GET", path)
        assert (reply.status, list(reply.json)) == (404, ["message"])


def test_the_truth_speaks_of_every_booking_in_the_words_of_the_contract():
    clinic = Clinic()
    row = clinic.group()
    assert clinic.truth(row) == {
        "native_id": row,
        "occurrence": "",
        "kind": "group",
        "status": "offered",
        "start": "2026-09-21T15:13:20Z",
        "end": "2026-09-21T16:13:20Z",
        "timezone": "Australia/Melbourne",
        "title": "Pilates",
        "location": "Hill Street",
        "capacity": 3,
        "attendees": 0,
        "pad_before": 0,
        "pad_after": 0,
        "subjects": [f"business:{clinic.business}", f"practitioner:{clinic.practitioner}"],
    }
    single, block = clinic.truth(clinic.single()), clinic.truth(clinic.block())
    assert (single["kind"], single["status"], single["attendees"]) == ("single", "booked", 1)
    assert (single["title"], single["capacity"]) == ("Physio", None)
    assert (block["kind"], block["status"], block["attendees"]) == ("block", "held", 0)
    assert block["title"] == ""


def test_a_renamed_type_renames_its_appointments_without_touching_them():
    clinic = Clinic()
    row = clinic.group()
    clinic.clock.at += 60
    clinic.cliniko.rename_type(clinic.pilates, "Reformer")
    assert clinic.truth(row)["title"] == "Reformer"
    assert clinic.ids("group_appointments", "updated_at:>2026-09-21T14:13:20Z") == []


def test_the_same_seed_gives_the_same_ids():
    def ids(seed: int) -> list[str]:
        cliniko = Cliniko(Clock(), seed=seed)
        return [cliniko.add_business("a"), cliniko.add_patient("b", "c")]

    assert ids(3) == ids(3)
    assert ids(3) != ids(4)
