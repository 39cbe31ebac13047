"""Blocks: time taken off in a calendar. Made and removed, never edited; duplicates are fine."""

from __future__ import annotations

from worker.sandbox.acuity import queries, render, times
from worker.sandbox.acuity.refusals import bad_request, refused, unknown
from worker.sandbox.acuity.state import Block, Calendar, Site, as_id
from worker.sandbox.exchange import Request, Response

_FIRST_ID = 9_990_960_000
"""Ids of blocks are far beyond 32 bits."""


def listed(site: Site, request: Request) -> Response:
    """GET /blocks: a bare array, later start first."""
    given = dict(request.params())
    chosen = as_id(given.get("calendarID"))
    windows = {
        calendar.id: queries.window(site, given, calendar) for calendar in site.calendars.values()
    }
    rows = [
        one
        for one in site.blocks.values()
        if chosen in (None, one.calendar_id) and _is_inside(site, one, windows[one.calendar_id])
    ]
    rows.sort(key=lambda one: (-one.start, one.id))
    limit = queries.cap(given, site.quirks.blocks_default_max, site.quirks.max_ceiling)
    return Response.of([render.block(site, one) for one in rows[:limit]])


def read(site: Site, id_: str) -> Response:
    """GET /blocks/:id."""
    return Response.of(render.block(site, _one(site, id_)))


def post(site: Site, request: Request) -> Response:
    """POST /blocks `{start, end, calendarID, notes}`: 200 with the block."""
    body = queries.json_object(request)
    calendar = site.calendar(body.get("calendarID"))
    instants = []
    for name in ("start", "end"):
        if not body.get(name):
            raise bad_request(f'The parameter "{name}" is required.')
        seconds = times.read(body[name], calendar.zone)
        if seconds is None:
            raise refused("invalid_datetime", body[name])
        instants.append(seconds)
    if instants[1] <= instants[0]:
        raise bad_request("The end must be after the start.")
    block = add(site, calendar, instants[0], instants[1], str(body.get("notes") or ""))
    return Response.of(render.block(site, block))


def delete(site: Site, id_: str) -> Response:
    """DELETE /blocks/:id: 204 and nothing else."""
    del site.blocks[_one(site, id_).id]
    return Response(204)


def add(site: Site, calendar: Calendar, start: int, end: int, notes: str) -> Block:
    """Store a block; it may overlap anything."""
    block = Block(site.fresh_id("block", _FIRST_ID), calendar.id, start, end, notes)
    site.blocks[block.id] = block
    return block


def _one(site: Site, id_: str) -> Block:
    found = site.blocks.get(as_id(id_) or 0)
    if found is None:
        raise unknown("block")
    return found


def _is_inside(site: Site, one: Block, window: tuple[int, int]) -> bool:
    begin, end = window
    if site.quirks.blocks_match == "start":
        return begin <= one.start < end
    return one.start < end and one.end > begin
