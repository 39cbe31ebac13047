"""Canvas LMS: the slots of appointment groups, who has reserved them, and copies of ours.

Documentation: https://canvas.instructure.com/doc/api/appointment_groups.html,
https://canvas.instructure.com/doc/api/calendar_events.html,
https://canvas.instructure.com/doc/api/file.pagination.html,
https://canvas.instructure.com/doc/api/file.throttling.html,
https://canvas.instructure.com/doc/api/file.object_ids.html

What is handled, each by a test of the same name (`test_the_scope_is_manageable_or_…`):

- the scope is manageable or an instructor would see nothing
- an empty list is possible and complete
- the next address is followed as it is (numbers and bookmarks alike)
- the case of the header does not matter
- parameters that an old site forgets are given again
- a next page elsewhere is not asked for and leaves a gap
- a list that ends before its last page leaves a gap
- past slots in the window come by the single read
- a stale start does not hide a past slot
- the past is the vendors and not ours
- registered users are the second source of people
- ids may come as numbers although texts were asked for
- ids of other shards are kept digit by digit
- absent keys of a full slot mean that it has no limit
- a cancelled reservation is no attendee
- a throttled call is tried later without a stated wait (403 and 429)
- a nearly full bucket is left to drain
- a deleted slot is cancelled and not gone
- a deleted group is gone where another of its course answers (403 and 401)
- lost rights are unknown
- back to back slots do not touch each other

and of what is written there:

- a hold is refused with the way that there is
- a copy is one group made by one request
- nothing is published unless the rule says so
- publishing later takes the exact text one and is not done twice
- the last slot stays because its group would go
- a past slot that the list hides counts as another
- an overlap that comes up only in the answer is looked at and taken over
- a moved slot is read although the range of its group is stale
- a site that does not move reserved slots is a refusal
- a deleted group looks like lost rights and never like a broken account
- a mark that was edited away comes back and the edit stays
- a group that slips between two pages is found by a second look
- an unknown course is a refusal where Canvas says so, and ambiguous where it breaks over it
"""

from __future__ import annotations

from worker.domain.conflict.suggestions import Manners
from worker.vendors.base import Entry
from worker.vendors.canvas.client import Canvas
from worker.vendors.canvas.settings import CanvasSettings, check_id, check_nothing, scope

__all__ = ["ENTRY", "Canvas", "CanvasSettings"]

# Deleting tells those who could or did take a slot, as do publishing a group and adding slots to a
# published one (so does `offer`, when what was withdrawn comes back); moving tells nobody, although
# it takes the reservations along. There is no time that is merely blocked.
MANNERS = Manners(
    removal="delete",
    tells=frozenset({"withdraw", "delete"}),
    notes={
        "withdraw": "never the last slot of its group, which would go with it; when it is offered "
        "again, all who could book it may be told",
        "move": "its reservations move along, and nobody is told of it",
        "delete": "its reservations go with it, and with the last slot its group",
    },
)

ENTRY = Entry(
    settings=CanvasSettings,
    open=Canvas,
    bindings={"group": check_id, "course": check_id, "*": check_nothing},
    scope=scope,
    manners=MANNERS,
)
