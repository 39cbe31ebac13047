"""How every list of Cliniko works: hiding, filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from worker.sandbox.cliniko.errors import bad_request, not_found
from worker.sandbox.cliniko.filters import Condition, Field, parse
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.cliniko.render import Renderer
from worker.sandbox.exchange import Request, Response

DEFAULT_PER_PAGE = 50
MOST_PER_PAGE = 100
HIDING = ("archived_at", "deleted_at", "cancelled_at")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of row: the name of its list, the columns to filter, how a row is shown."""

    name: str
    fields: Mapping[str, Field]
    show: Callable[[Renderer, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """One request for a list, or for one row of it."""

    request: Request
    render: Renderer
    quirks: Quirks

    def page(self, resource: Resource, rows: Iterable[Any]) -> Response:
        """Answer with the asked page of the rows that are visible and match."""
        conditions = self._conditions(resource.fields)
        hiding = _hiding(conditions)
        found = [row for row in rows if _visible(row, hiding) and _matches(row, conditions)]
        ordered = self._ordered(found, resource.fields)
        return self.paged(resource.name, ordered, lambda row: resource.show(self.render, row))

    def paged(
        self, name: str, rows: Sequence[Any], show: Callable[[Any], dict[str, Any]]
    ) -> Response:
        """Wrap the asked page of rows; `next` and `previous` only where they lead anywhere."""
        number, size = self._number(), self._per_page()
        documents = [show(row) for row in rows[(number - 1) * size : number * size]]
        links = {"self": self._address(number)}
        if number * size < len(rows):
            links["next"] = self._address(number + 1)
        if number > 1:
            links["previous"] = self._address(number - 1)
        return Response.of({name: documents, "total_entries": len(rows), "links": links})

    def one(self, resource: Resource, row: Any) -> Response:
        """Answer with one row; an archived one is 404 unless its column is filtered."""
        hiding = {name: field for name, field in resource.fields.items() if name in HIDING}
        conditions = self._conditions(hiding)
        hidden = self.quirks.by_id_hides_archived and not _visible(row, _hiding(conditions))
        if row is None or hidden or not _matches(row, conditions):
            raise not_found()
        return Response.of(resource.show(self.render, row))

    def _conditions(self, fields: Mapping[str, Field]) -> list[Condition]:
        texts = [value for key, value in self.request.params() if key == "q[]"]
        bare = [value for key, value in self.request.params() if key == "q"]
        if bare and self.quirks.bare_q == "refuse":
            raise bad_request("q must be an array")
        if self.quirks.bare_q == "filter":
            texts += bare
        return parse(texts, fields)

    def _ordered(self, rows: list[Any], fields: Mapping[str, Field]) -> list[Any]:
        """Sort by the asked columns, ties and all else by creation."""
        rows = sorted(rows, key=lambda row: (row.created_at, int(row.id)))
        for part in reversed(self._sort()):
            name, _, direction = part.partition(":")
            if name not in fields or direction not in ("", "asc", "desc"):
                raise bad_request(f"{name} is not sortable")
            rows.sort(key=_sort_key(fields[name]), reverse=direction == "desc")
        return rows

    def _sort(self) -> list[str]:
        asked = dict(self.request.params())
        if asked.get("sort"):
            return asked["sort"].split(",")
        return [f"created_at:{asked['order']}"] if asked.get("order") else []

    def _number(self) -> int:
        return max(self._whole("page", 1), 1)

    def _per_page(self) -> int:
        size = self._whole("per_page", DEFAULT_PER_PAGE)
        if 1 <= size <= MOST_PER_PAGE:
            return size
        match self.quirks.per_page_out_of_range:
            case "clamp":
                return min(max(size, 1), MOST_PER_PAGE)
            case "default":
                return DEFAULT_PER_PAGE
            case "refuse":
                raise bad_request("per_page must be between 1 and 100")

    def _whole(self, name: str, default: int) -> int:
        text = dict(self.request.params()).get(name)
        try:
            return default if text is None else int(text)
        except ValueError:
            raise bad_request(f"{name} must be a number") from None

    def _address(self, number: int) -> str:
        kept = [(key, value) for key, value in self.request.params() if key != "page"]
        query = urlencode([*kept, ("page", str(number))])
        return f"{self.request.base}{self.request.path}?{query}"


def _sort_key(field: Field) -> Callable[[Any], tuple[bool, Any]]:
    """Sort rows without a value before all others, ids as numbers."""

    def key(row: Any) -> tuple[bool, Any]:
        found = field.read(row)
        if found is None:
            return False, 0
        return True, int(found) if field.type == "number" else found

    return key


def _hiding(conditions: Sequence[Condition]) -> list[str]:
    """Return the columns that hide a row: those which no filter speaks of."""
    asked = {condition.field for condition in conditions}
    return [name for name in HIDING if name not in asked]


def _visible(row: Any, hiding: Sequence[str]) -> bool:
    return all(getattr(row, name, None) is None for name in hiding)


def _matches(row: Any, conditions: Sequence[Condition]) -> bool:
    return all(condition.holds(row) for condition in conditions)
