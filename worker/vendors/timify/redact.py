"""What of a TIMIFY answer may be kept: times, ids and numbers; no names, notes or secrets."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from worker.vendors.redaction import HIDDEN, redacted

KEEP = frozenset(
    {
        "id",
        "externalId",
        "type",
        "date",
        "startDate",
        "day",
        "from",
        "to",
        "duration",
        "durationBefore",
        "durationAfter",
        "durationsPattern",
        "durationTotal",
        "createdAt",
        "updatedAt",
        "timestamp",
        "rescheduleUntil",
        "isOnlineBooking",
        "isBookable",
        "isCourse",
        "maxParticipants",
        "participants",
        "serviceId",
        "timezone",
        "frequency",
        "period",
        "weekDays",
        "monthDays",
        "yearMonths",
        "repeatTimes",
        "repeatLastDay",
        "maxDay",
        "isFixedByRecurringDay",
        "chainId",
        "isLastInTheChain",
        "begin",
        "end",
        "batchNumber",
        "isFirstBatch",
        "isLastBatch",
        "recurringDay",
        "resourceId",
        "resource_id",
        "reservedUntil",
        "scheduledForDeletionAt",
        "denialReason",
        "denial_reason",
        "status",
        "total",
        "page",
        "limit",
        "totalItems",
        "totalPages",
        "color",
    }
)
PEOPLE = frozenset({"customers", "singleCustomers", "customfields", "metadata"})


def without_people(answer: bytes) -> bytes:
    """The answer as it may be stored and shown.

    Members that hold people go as a whole: even the bare id of a customer stands for somebody.
    """
    # What is no JSON that can be looked into is hidden as a whole below.
    with suppress(ValueError, RecursionError):
        answer = json.dumps(_emptied(json.loads(answer, parse_constant=str))).encode()
    return redacted(answer, KEEP)


def _emptied(value: Any) -> Any:
    match value:
        case dict():
            return {
                name: HIDDEN if name in PEOPLE and item else _emptied(item)
                for name, item in value.items()
            }
        case list():
            return [_emptied(item) for item in value]
        case _:
            return value
