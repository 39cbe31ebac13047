"""Where TIMIFY's documents are silent: one switch per open question, each with a default."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Quirks:
    """Readings of what is not public about TIMIFY's API; the defaults are the likelier ones."""

    token_seconds: int = 3600
    """Life of an access token; no number is public. An expired one gets 401."""

    token_schemes: frozenset[str] = frozenset({"raw", "bearer"})
    """How a token may be sent: the documents say Bearer, clients in use send it bare."""

    refresh: Literal["keeps_old_token", "revokes_old_token"] = "keeps_old_token"
    """Whether a refresh kills the access token it replaces."""

    login_by_get: Literal["rejected", "accepted"] = "rejected"
    """An old way in: app id and secret in the query of a GET. They would end up in logs."""

    missing_company: int = 400
    """Status when the `company-id` header is absent."""

    foreign_company: int = 403
    """Status for a company that the app is not installed on."""

    range_cap_days: int = 365
    """Longest listing window: 365 by the documents, 31 by one connector's word."""

    to_date: Literal["inclusive", "exclusive"] = "inclusive"
    """Whether the day named by `to_date` belongs to the window."""

    window_match: Literal["overlap", "start"] = "overlap"
    """Whether a row is in the window when it overlaps it, or when it starts in it."""

    window_zone: Literal["parameter", "company", "utc"] = "parameter"
    """Zone of the window: the `timezone` parameter (else the company's), the company's, or UTC."""

    both_windows: Literal["times", "dates"] = "times"
    """Which pair wins when a call carries dates and times."""

    list_envelope: Literal["meta", "total", "bare"] = "meta"
    """What comes with `data`: total and meta, total alone, or neither."""

    list_order: Literal["start", "newest"] = "start"
    """Sort order of a listing, which is not public."""

    bookings_in_list: Literal["all", "window"] = "all"
    """Whether a listed series carries all its bookings or only those of the window."""

    largest_page: int = 10_000
    """Rows that one answer can hold, whatever `limit` says."""

    interval: Literal["core", "padded"] = "core"
    """Whether `bookings[].interval` includes preparation and follow-up time."""

    input_zone: Literal["given", "company", "utc"] = "given"
    """Zone of zone-less times in writes: `timezone` if sent (else company), company, or UTC."""

    create_status: int = 200
    """Status of a successful create."""

    failure: Literal["http_status", "status_zero"] = "http_status"
    """Whether a refusal has an HTTP status, or is a 200 whose body says `status: 0`."""

    external_lookup: Literal["switch", "either"] = "switch"
    """Whether a GET needs `external=1` to take the path's id for an external one."""

    duplicate_external_id: Literal["accepted", "refused"] = "accepted"
    """Whether a second create with a known external id makes a second record, or gets 409."""

    array_patch: Literal["replace", "merge"] = "replace"
    """What a PATCH does with an array such as `resource_ids`."""

    series_patch: Literal["every", "first"] = "every"
    """Which occurrences of a recurring record a PATCH of the start moves."""

    recurring_create: Literal["one_record", "chain"] = "one_record"
    """Which of the two series models a create with `recurring` leads to."""

    default_notify: frozenset[str] = frozenset({"customers"})
    """Who is told of single writes that carry no flag: recorded rows say customers."""

    import_delay_seconds: float = 20.0
    """How long a bulk import stays queued."""

    import_keys: Literal["either", "camel", "snake"] = "either"
    """Spelling of keys in imported rows; a sibling route documents camelCase."""

    import_id: Literal["becomes_external_id", "stays_apart"] = "becomes_external_id"
    """Whether `importEventId` can be seen as `externalId` afterwards."""

    reservation_minutes: int = 15
    """How long a reservation holds when `reserve_for` does not say."""

    series_limit: int = 104
    """Occurrences of a series that names neither a number nor a last day."""

    timeshift_delete: Literal["absent", "present"] = "absent"
    """No route that removes a timeshift is documented."""

    requests_per_minute: int | None = None
    """A rate limit, of which nothing is public."""
