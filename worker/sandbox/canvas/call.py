"""One authenticated request on its way to an endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from worker.sandbox.canvas.caller import Caller
from worker.sandbox.canvas.directory import SHARD_SIZE
from worker.sandbox.canvas.errors import forbidden, missing, not_found
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, User
from worker.sandbox.canvas.params import texts, whole
from worker.sandbox.canvas.render import Renderer
from worker.sandbox.canvas.scheduler import Scheduler
from worker.sandbox.exchange import Request


@dataclass(frozen=True, slots=True)
class Call:
    """A request with its caller, its merged parameters and the ids out of its path."""

    site: Scheduler
    request: Request
    params: dict[str, Any]
    path_ids: tuple[str, ...]
    caller: Caller
    render: Renderer

    @property
    def user(self) -> User:
        """The user behind the token."""
        return self.caller.user

    @property
    def include(self) -> frozenset[str]:
        """The `include[]` words."""
        return frozenset(texts(self.params.get("include")))

    def root(self, key: str) -> dict[str, Any]:
        """Return the object under the root key of a write; refused when absent or empty."""
        found = self.params.get(key)
        if not isinstance(found, dict) or not found:
            raise missing(key)
        return found

    def group(self) -> AppointmentGroup:
        """Return the group of the path; 404 if it never was, 403 if nothing is allowed on it."""
        group = self.site.groups.get(self.id(0))
        if group is None:
            raise not_found()
        if not self.caller.reads(group):
            raise forbidden(self.site.quirks)
        return group

    def managed_group(self) -> AppointmentGroup:
        """Return the group of the path if the caller may edit it."""
        group = self.group()
        if not self.caller.manages(group):
            raise forbidden(self.site.quirks)
        return group

    def event(self) -> CalendarEvent:
        """Return the slot or reservation of the path, deleted ones included."""
        event = self.site.events.get(self.id(0))
        if event is None:
            raise not_found()
        group = self.site.groups[event.group_id]
        if self.caller.manages(group):
            return event
        theirs = event.parent_id is None or self.caller.owns(event)
        if not theirs or not self.caller.reads(group):
            raise forbidden(self.site.quirks)
        return event

    def id(self, position: int) -> int:
        """Read an id of the path, in the short form `shard~id`, too; 404 if it is none."""
        shard, _, local = self.path_ids[position].rpartition("~")
        number, home = whole(local), whole(shard or "0")
        if number is None or home is None:
            raise not_found()
        return home * SHARD_SIZE + number
