"""The part of the story about who is on which roster, and how many they are."""

from __future__ import annotations

from worker.sandbox.world import cast
from worker.sandbox.world.accounts import GONE_PAGE
from worker.sandbox.world.model import Guest, Subject
from worker.sandbox.world.plot import EVENT, Plot

_DUPLICATE, _MISMATCH = "DUPLICATE", "CAPACITY_MISMATCH"


def write(plot: Plot) -> None:
    """In two places, entered twice, too many, too few, left over, and never guarded."""
    _expected_twice(plot)
    _not_expected_twice(plot)
    _entered_twice(plot)
    _too_many(plot)
    _limits(plot)
    _left_over(plot)
    _pages(plot)


def _expected_twice(plot: Plot) -> None:
    """The same address in two systems."""
    diary, days = plot.diary, plot.days
    guest = cast.WELL_KNOWN
    plot.at_once(
        "patient expected by two",
        "PERSON_DOUBLE",
        _address(guest),
        diary.visit("ben", days.at(1, 11), guest=guest),
        diary.session("eva", days.at(1, 11, 15), guest=guest),
    )
    guest = cast.REGULAR
    plot.at_once(
        "customer expected by two",
        "PERSON_DOUBLE",
        _address(guest),
        diary.lesson(days.at(4, 14), 50, "carla", guest=guest),
        diary.meeting("ben", days.at(4, 14, 15), guest=guest),
    )


def _not_expected_twice(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    one, other = cast.NAMESAKES
    plot.miss(
        "namesakes",
        "the same name, but two addresses: two people",
        diary.visit("dev", days.at(6, 11), guest=one),
        diary.session("eva", days.at(6, 11, 15), guest=other),
    )
    plot.miss(
        "from one to the other",
        "the second begins when the first ends",
        diary.visit("ben", days.at(7, 14), guest=cast.PUNCTUAL),
        diary.session("carla", days.at(7, 14, 45), guest=cast.PUNCTUAL),
    )


def _entered_twice(plot: Plot) -> None:
    """What is one thing clashes with itself in two systems: that is no double booking."""
    diary, days = plot.diary, plot.days
    guest = cast.TWICE_ENTERED
    plot.at_once(
        "one visit in two systems",
        _DUPLICATE,
        ("resource", "ben"),
        diary.visit("ben", days.at(3, 15), guest=guest),
        diary.meeting("ben", days.at(3, 15), 45, guest=guest),
    )
    at = days.at(8, 10)
    classes = (
        diary.class_(cast.OPEN_CLASS, at, 60, "carla", people=6),
        diary.workshop("carla", at, 4, title=cast.OPEN_CLASS),
    )
    plot.at_once("one class in two systems", _DUPLICATE, ("resource", "carla"), *classes)
    plot.whole("12 places here, 10 there", _MISMATCH, EVENT, *classes)
    plot.miss(
        "two of the same sort",
        "the same title and hour, but with different people",
        diary.visit("ben", days.at(8, 9), title="Follow-up"),
        diary.lesson(days.at(8, 9), 45, "dev", title="Follow-up"),
    )


def _too_many(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    studio = diary.accounts.studio.site
    shrunk = diary.class_("Balance and breath", days.at(2, 15), 60, "carla", "hall", people=9)
    studio.edit(shrunk.member.native_id, max_participants=8)
    plot.whole("class made smaller afterwards", "OVER_CAPACITY", EVENT, shrunk)
    large = diary.class_("Open day", days.at(10, 10), 60, "carla", "hall", people=11, places=16)
    plot.whole("16 places in a hall for 12", _MISMATCH, ("resource", "hall"), large)
    plot.miss(
        "just full",
        "eight of eight places are taken",
        diary.course("dev", days.at(5, 11), 8),
    )
    plot.miss(
        "twelve places in a hall for 12",
        "there are as many seats",
        diary.class_("Slow flow", days.at(3, 12), 60, "carla", "hall", people=12),
    )


def _limits(plot: Plot) -> None:
    """Canvas refuses a slot too many, but the number can be lowered when they are taken."""
    diary, days = plot.diary, plot.days
    campus = diary.accounts.campus
    plot.whole(
        "two presentations of one student",
        "LIMIT",
        ("person", f"campus/user:{campus.examined[cast.PRESENTER]}"),
        diary.examination("presentations", days.at(13, 9), cast.PRESENTER),
        diary.examination("presentations", days.at(14, 9), cast.PRESENTER),
    )
    campus.site.update_group(campus.groups["presentations"], max_appointments_per_participant=1)
    plot.whole(
        "one preparation instead of two",
        "LIMIT",
        ("person", f"campus/user:{campus.examined[cast.UNREHEARSED]}"),
        diary.examination("preparation", days.at(15, 14), cast.UNREHEARSED),
    )
    plot.miss(
        "two preparations",
        "as many as are asked for",
        diary.examination("preparation", days.at(15, 15), cast.REHEARSED),
        diary.examination("preparation", days.at(16, 14), cast.REHEARSED),
    )


def _left_over(plot: Plot) -> None:
    """Archiving a group leaves its attendees as they are."""
    diary, days = plot.diary, plot.days
    clinic = diary.accounts.clinic.site
    archived = diary.course("dev", days.at(6, 14), 4)
    clinic.archive("group", archived.member.native_id)
    plot.whole("archived with its attendees", "ORPHAN", EVENT, archived)
    emptied = diary.course("dev", days.at(7, 16), 3)
    for place in clinic.places(clinic.bookings["group", emptied.member.native_id]):
        clinic.cancel_attendee(place.id)
    clinic.archive("group", emptied.member.native_id)
    plot.miss("archived when empty", "everybody had cancelled before", emptied)


def _pages(plot: Plot) -> None:
    page = plot.diary.accounts.frontdesk.pages["carla"]
    plot.keep("page that cannot see", "UNGUARDED_PAGE", ("page", f"frontdesk/{page}"))
    plot.keep(f"binding to {GONE_PAGE}", "ORPHAN", ("binding", "frontdesk/carla"))
    plot.miss("closed page that cannot see", "nobody can book it")


def _address(guest: Guest) -> Subject:
    return ("person", f"email:{guest.email}")
