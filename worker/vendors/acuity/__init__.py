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

What is written, tested in `test_holds.py` and `test_copies.py` there:

- `a_hold_that_moves_is_made_anew_before_the_old_one_goes`: blocks cannot be edited (`blocks.py`)
- `a_create_whose_answer_is_lost_is_found_by_its_mark`: identical duplicates are accepted
- `that_nobody_is_told_stands_in_the_query`: `noEmail` in a body is ignored, and people are mailed
- `a_lost_race_is_told_by_its_code`: `not_available`, as a client only
- `a_copy_that_moves_is_rescheduled`: a plain PUT would ignore the time without a word
- `a_cancelled_copy_stays_readable`: a cancellation needs a JSON object, and is for good
- `a_copy_never_takes_a_place_in_a_class`
- `classes_do_not_heed_blocks`
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
