"""Acuity Scheduling: appointments, classes and blocks.

Its documentation: https://developers.acuityscheduling.com/reference/get-appointments,
https://developers.acuityscheduling.com/reference/get-blocks,
https://developers.acuityscheduling.com/page/errors-2.

Quirks, each with a test of the same name in `tests/vendors/acuity/`:

- `a_silently_cut_list_is_read_whole`: no pages, no totals, an unknown ceiling (see `whole.py`)
- `the_earliest_appointments_are_not_lost`: the default is 100 rows, latest first
- `cancelled_appointments_are_asked_for`: hidden unless `showall=true`
- `the_end_is_computed`: `endTime` is a text without date, and smaller after midnight
- `durations_may_be_text`: `"50"` on appointments, 50 on types
- `offsets_without_a_colon_are_read`: `+0300`
- `the_calendars_zone_counts`: `timezone` is the client's, `calendarTimezone` the calendar's
- `wall_times_are_read_in_the_calendars_zone`: not in the account's
- `what_flips_with_the_clock_changes_nothing`: `canClientCancel`, links, formatted phone numbers
- `list_and_single_answers_make_the_same_event`: their members differ
- `paddings_come_from_the_type`: also from types that were deleted
- `a_class_is_one_event`: many rows with one `classID`
- `rows_of_a_class_in_several_answers_are_one_event`
- `block_ids_beyond_32_bits_are_kept`
- `labels_may_be_null_and_images_false`
- `all_accounts_share_one_pace`: the limit counts per IP address
- `no_plan_flag_is_believed`: `can_use_api` was seen false while calls worked
- `days_are_asked_with_a_margin`: in which zone the vendor cuts days is not documented
"""

from worker.domain.conflict.suggestions import Manners
from worker.vendors.acuity.client import Acuity
from worker.vendors.acuity.settings import AcuitySettings, calendar_id, scope
from worker.vendors.base import Entry

# It mails and texts the client of a change unless it is told not to.
MANNERS = Manners(
    removal="cancel",
    hold="a block (which classes do not heed)",
    tells=frozenset({"withdraw", "move", "cancel"}),
    notes={"cancel": "it cannot be taken back"},
)

ENTRY = Entry(
    settings=AcuitySettings,
    open=Acuity,
    bindings={"calendar": calendar_id},
    scope=scope,
    manners=MANNERS,
)

__all__ = ["ENTRY"]
