"""The five accounts of the world, set up and empty: people, rooms, types and courses."""

from __future__ import annotations

from enum import StrEnum
from math import inf
from random import Random
from typing import Any

from worker.sandbox import acuity, canvas, cliniko, timify
from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.exchange import Clock, Simulator
from worker.sandbox.world.calendar import HOME
from worker.sandbox.world.cast import (
    COURSES,
    GROUP_COACHING,
    OPEN_CLASS,
    PRESENTER,
    REHEARSED,
    SESSIONS,
    SUPERVISION,
    UNREHEARSED,
    VISITS,
    full_names,
)
from worker.sandbox.world.model import Resource

People = list[tuple[str, str]]

CANVAS_TOKEN = "sandbox-canvas-token"  # noqa: S105 - opens nothing but this sandbox
CLINIKO_KEY = "MS0xLXNhbmRib3gta2V5-eu1"
TIMIFY_APP = "sandbox-app"
TIMIFY_SECRET = "sandbox-app-secret"  # noqa: S105
ACUITY_USER = 24601
ACUITY_KEY = "sandbox-acuity-key"
FRONTDESK_KEY = "sandbox-frontdesk-key"

GONE_PAGE = "trial-lesson"


class Limits(StrEnum):
    """The vendors' published rate limits, or none, for clocks that stand still."""

    VENDOR = "vendor"
    LIFTED = "lifted"


class Campus:
    """The school: a Canvas site with three courses, and a group of slots for each teacher."""

    def __init__(self, clock: Clock, seed: int, limits: Limits, people: People) -> None:
        lifted = canvas.Quirks(bucket_high_water=inf)
        quirks = lifted if limits is Limits.LIFTED else canvas.Quirks()
        self.site = canvas.Canvas(clock, seed=seed, token=CANVAS_TOKEN, quirks=quirks)
        titles = {"movement": "Movement Science 101", "lab": "Media Lab", "writing": "Writing"}
        self.courses = {name: self.site.add_course(title) for name, title in titles.items()}
        every = list(self.courses.values())
        self.students = [
            self.site.add_student(f"{first} {last}", courses=every) for first, last in people
        ]
        self.examined = {
            name: self.site.add_student(name, courses=every)
            for name in (PRESENTER, REHEARSED, UNREHEARSED)
        }
        self.groups = {
            "amy": self._group("Office hours (Amy Ng)", "movement", "Room 2.14", 1),
            "lab": self._group("Lab supervision (Amy Ng)", "lab", "Media Lab", 3),
            "carla": self._group("Portfolio reviews", "movement", "Studio corridor", 1),
            "eva": self._group("Thesis advising", "writing", "Library, desk 4", 1),
            "mock": self._group("Mock exams", "writing", "Aula", 4, state="pending"),
            "presentations": self._group("Presentations", "writing", "Room 1.08", 2),
            "preparation": self._group(
                "Exam preparation", "writing", "Room 1.08", 4, min_appointments_per_participant=2
            ),
        }

    def _group(self, title: str, course: str, place: str, size: int, **settings: Any) -> int:
        return self.site.add_group(
            title,
            [self.courses[course]],
            location_name=place,
            participants_per_appointment=size,
            **settings,
        )


class Clinic:
    """The practice: a Cliniko account with two businesses and three practitioners."""

    def __init__(self, clock: Clock, seed: int, limits: Limits, people: People) -> None:
        lifted = cliniko.Quirks(rate_limit=None)
        quirks = lifted if limits is Limits.LIFTED else cliniko.Quirks()
        self.site = cliniko.Cliniko(
            clock, seed=seed, api_key=CLINIKO_KEY, account_zone=HOME, quirks=quirks
        )
        self.people = people
        self.businesses = {
            "riverside": self.site.add_business("Riverside Practice", HOME),
            "harbour": self.site.add_business("Harbour Room", HOME),
        }
        self.practitioners = {
            "amy": self.site.add_practitioner("Amy", "Ng"),
            "ben": self.site.add_practitioner("Ben", "Okafor"),
            "dev": self.site.add_practitioner("Dev", "Patel"),
        }
        self.types = {
            **{title: self.site.add_appointment_type(title, 45) for title in VISITS},
            **{
                title: self.site.add_appointment_type(title, 60, max_attendees=8)
                for title in COURSES
            },
        }
        self.reason = self.site.add_block_type("Team meeting")
        self.patients = [
            self.site.add_patient(first, last, f"{number}@patients.example.com")
            for number, (first, last) in enumerate(people)
        ]


class Studio:
    """The studio: a TIMIFY company, in the zone whose clocks change."""

    def __init__(self, clock: Clock, seed: int, limits: Limits, zone: str, people: People) -> None:
        lifted = timify.Quirks(requests_per_minute=None)
        quirks = lifted if limits is Limits.LIFTED else timify.Quirks()
        self.zone = zone
        self.people = people
        self.site = timify.Timify(
            clock,
            seed=seed,
            app_id=TIMIFY_APP,
            app_secret=TIMIFY_SECRET,
            company_name="Studio Nord",
            timezone=zone,
            quirks=quirks,
        )
        names = {
            "amy": "Amy Ng",
            "carla": "Carla Ruiz",
            "dev": "Dev Patel",
            "floor": "Upper floor",
            "hall": "Hall",
            "loft": "Loft",
            "reformers": "Reformers",
        }
        self.resources = {key: self.site.add_resource(name) for key, name in names.items()}


class Coaching:
    """The coaches: an Acuity account with a calendar for each, for the hall, and for a device."""

    def __init__(self, clock: Clock, seed: int, limits: Limits, people: People) -> None:
        lifted = acuity.Quirks(requests_per_second=None, concurrent_requests=None)
        quirks = lifted if limits is Limits.LIFTED else acuity.Quirks()
        self.site = acuity.Acuity(
            clock,
            seed=seed,
            user_id=ACUITY_USER,
            api_key=ACUITY_KEY,
            timezone=HOME,
            quirks=quirks,
        )
        self.people = people
        names = {
            "amy": "Amy Ng",
            "ben": "Ben Okafor",
            "carla": "Carla Ruiz",
            "eva": "Eva Lindqvist",
            "hall": "Hall",
            "reformers": "Reformers",
        }
        self.calendars = {key: self.site.add_calendar(name) for key, name in names.items()}
        every = list(self.calendars.values())
        self.types = {title: self.site.add_type(title, 45, every) for title in SESSIONS}
        self.types[SUPERVISION] = self.site.add_type(SUPERVISION, 45, every, after=15)
        self.classes = {
            title: self.site.add_class_type(title, 60, every, 10)
            for title in (GROUP_COACHING, OPEN_CLASS)
        }


class Frontdesk:
    """The front desk: an Appointment.one account with booking pages and their calendars."""

    def __init__(self, clock: Clock, seed: int, people: People) -> None:
        self.site = AppointmentOne(clock, seed=seed, api_key=FRONTDESK_KEY, owner="frontdesk")
        self.people = people
        for name in ("amy", "ben", "harbour"):
            self.site.add_calendar(f"{name}@example.org", default=name == "amy")
        self.site.add_calendar("carla@example.org", provider="Office 365", state="access_error")
        self.pages = {
            "amy": self._page("30min-amy", "30 minutes with Amy", "amy", 30),
            "ben": self._page("30min-ben", "30 minutes with Ben", "ben", 30),
            "harbour": self._page("harbour-visit", "Visit the Harbour Room", "harbour", 45),
        }
        self.pages["carla"] = self._page("45min-carla", "45 minutes with Carla", "carla", 45)
        self._page("15min-intro", "Introduction (closed)", "carla", 15)
        self.site.change_event("15min-intro", status="disabled")
        self._page(GONE_PAGE, "Trial lesson", "carla", 30)
        self.site.change_event(GONE_PAGE, status="deleted")

    def _page(self, slug: str, name: str, calendar: str, minutes: int) -> str:
        return self.site.add_event(
            slug, name, calendars=[f"{calendar}@example.org"], minutes=minutes
        )


class Accounts:
    """All five, filled from one seed; each has people of its own, so that nobody is in two."""

    def __init__(self, clock: Clock, seed: int, limits: Limits, zone: str) -> None:
        random = Random(f"{seed}/people")
        names = full_names(random, 400)
        pools = [names[start : start + 80] for start in range(0, 400, 80)]
        self.campus = Campus(clock, seed, limits, pools[0])
        self.clinic = Clinic(clock, seed, limits, pools[1])
        self.studio = Studio(clock, seed, limits, zone, pools[2])
        self.coaching = Coaching(clock, seed, limits, pools[3])
        self.frontdesk = Frontdesk(clock, seed, pools[4])

    def simulators(self) -> dict[str, Simulator]:
        """By the name under which the server shows them."""
        return {
            "canvas": self.campus.site,
            "cliniko": self.clinic.site,
            "timify": self.studio.site,
            "acuity": self.coaching.site,
            "appointment_one": self.frontdesk.site,
        }

    def resources(self) -> dict[str, Resource]:
        """The people, rooms and devices, with what each account calls them."""
        found = [*self._people(), *self._rooms(), self._reformers()]
        return {resource.id: resource for resource in found}

    def _people(self) -> list[Resource]:
        # The hours hold all that is meant to lie within them, whatever the time of now.
        return [
            Resource(
                "amy",
                "Amy Ng",
                "person",
                self._bindings("amy"),
                email="amy@example.org",
                hours=("Mon-Sun 08:00-20:00",),
            ),
            Resource(
                "ben",
                "Ben Okafor",
                "person",
                self._bindings("ben"),
                email="ben@example.org",
                hours=("Mon-Sun 07:30-19:00",),
            ),
            Resource("carla", "Carla Ruiz", "person", self._bindings("carla")),
            Resource("dev", "Dev Patel", "person", self._bindings("dev")),
            Resource("eva", "Eva Lindqvist", "person", self._bindings("eva"), buffer=10),
        ]

    def _rooms(self) -> list[Resource]:
        return [
            Resource("floor", "Upper floor", "room", self._bindings("floor")),
            Resource("hall", "Hall", "room", self._bindings("hall"), seats=12, within="floor"),
            Resource("loft", "Loft", "room", self._bindings("loft"), within="floor"),
            Resource("harbour", "Harbour Room", "room", self._bindings("harbour")),
            Resource("media_lab", "Media Lab", "room", self._bindings("media_lab")),
        ]

    def _reformers(self) -> Resource:
        bindings = self._bindings("reformers")
        return Resource("reformers", "Reformers", "device", bindings, parallel=2)

    def _bindings(self, name: str) -> dict[str, list[str]]:
        campus, studio, coaching = self.campus, self.studio, self.coaching
        taught = {
            "amy": [f"group:{campus.groups['amy']}", f"group:{campus.groups['lab']}"],
            "carla": [f"group:{campus.groups['carla']}"],
            "eva": [f"course:{campus.courses['writing']}"],
            "media_lab": [f"course:{campus.courses['lab']}"],
        }
        booked = {key: f"resource:{native}" for key, native in studio.resources.items()}
        coached = {key: f"calendar:{native}" for key, native in coaching.calendars.items()}
        treated = {
            **{key: f"practitioner:{one}" for key, one in self.clinic.practitioners.items()},
            "harbour": f"business:{self.clinic.businesses['harbour']}",
        }
        met = {key: f"calendar:{key}@example.org" for key in ("amy", "ben", "carla")}
        met["harbour"] = f"event:{self.frontdesk.pages['harbour']}"
        singles = {"clinic": treated, "studio": booked, "coaching": coached, "frontdesk": met}
        found = {account: [known[name]] for account, known in singles.items() if name in known}
        if name == "harbour":
            found["frontdesk"].append("calendar:harbour@example.org")
        if name == "carla":
            found["frontdesk"].append(f"event:{GONE_PAGE}")
        return ({"campus": taught[name]} if name in taught else {}) | found
