"""One request as handlers see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, QueryParams

from worker.web.access import Session

JSON = "application/json"
HTML = "text/html"


@dataclass(frozen=True, slots=True)
class Call:
    """A request that has passed the door. `session` is None for bearer tokens and for strangers.

    `address` is the client's, as the socket tells it.
    """

    path: str
    address: str
    params: Mapping[str, str]
    query: QueryParams
    headers: Headers
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: Session | None = None

    @property
    def wants_json(self) -> bool:
        """Whether the document is asked for rather than the page."""
        return prefers_json(self.headers)

    @property
    def from_a_page(self) -> bool:
        """Whether a person's browser sent it, and waits for a page."""
        return reads_pages(self.headers)


def prefers_json(headers: Headers) -> bool:
    """Whether `Accept` ranks JSON above HTML."""
    ranks = _ranks(headers.get("accept", ""))
    return ranks.get(JSON, 0.0) > ranks.get(HTML, 0.0)


def reads_pages(headers: Headers) -> bool:
    """Whether words should come as a page: scripts that accept anything get JSON."""
    return _ranks(headers.get("accept", "")).get(HTML, 0.0) > 0


def _ranks(accept: str) -> dict[str, float]:
    ranks = {}
    for part in accept.split(",")[:20]:
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        rank = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key == "q":
                rank = _quality(value)
        ranks[name] = rank
    return ranks


def _quality(text: str) -> float:
    try:
        return max(0.0, min(1.0, float(text)))
    except ValueError:
        return 0.0
