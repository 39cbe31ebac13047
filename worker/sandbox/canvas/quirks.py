"""What differs between Canvas sites, or is not known for certain, as switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Quirks:
    """One field per fact that a site may show either way; the defaults are Instructure's cloud.

    `bucket_high_water = math.inf` lifts the rate limit.
    """

    paging: Literal["page", "bookmark"] = "page"
    """Callers with accounts on several shards get opaque bookmarks instead of page numbers."""
    link_last: bool = True
    """`rel="last"` is left out where the total would be dear to count."""
    link_keeps_params: bool = True
    """Old servers forgot the caller's parameters in the `Link` addresses."""
    header_case: Literal["canonical", "lower"] = "canonical"
    """Proxies that speak HTTP/2 lower the case of header names."""
    throttle_status: Literal[403, 429] = 429
    """429 on the cloud since October 2025; self-hosted sites may still answer 403."""
    bucket_high_water: float = 600.0
    """A request that finds the bucket this full (its own advance included) is refused."""
    bucket_maximum: float = 800.0
    """The bucket never counts above this."""
    bucket_leak: float = 10.0
    """Cost units that leak out per second."""
    bucket_advance: float = 50.0
    """What each request in flight is charged before its true cost is known."""
    request_cost: float = 0.2
    """The true cost of a request: seconds of processor and database."""
    forbidden_status: Literal[403, 401] = 403
    """A known caller without the right: 403, on older builds 401 without a challenge."""
    scope_status: Literal[401, 403] = 401
    """A token whose scopes do not cover the endpoint."""
    unknown_context_status: Literal[404, 500] = 404
    """Creating a group in a course that does not exist."""
    title_required: bool = False
    """The documentation requires a title on create; only its length is checked."""
    republish: Literal["ignored", "error"] = "ignored"
    """Publishing a group that is active already: the state machine may have no such step."""
    deletion_tells: Literal["published", "always"] = "published"
    """Recent builds tell of the end of a published group only, older ones of any group's."""
    context_codes: Literal["all", "visible"] = "all"
    """Older builds showed only the courses that the caller may see."""
    observer_signup: bool = False
    """The site's feature flag for observers; only then is `allow_observer_signup` shown."""
    locked_slots_move: bool = True
    """The code lets managers move a reserved slot, the documentation says locked ones stay."""
    rewrites_description: bool = True
    """Recent builds sanitise HTML on output and make its links absolute."""
    validation_type: str = "invalid"
    """The `type` word in the errors of a group that does not validate."""
    naive_times: Literal["user", "utc"] = "user"
    """The zone in which a time without an offset is read."""
    shard: int = 0
    """Above 0, ids are cross-shard ones: shard times ten to the thirteenth, plus the local id."""
