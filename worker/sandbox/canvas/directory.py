"""Who teaches, who learns, who belongs together, and which token speaks for whom."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import wraps
from itertools import count
from random import Random
from threading import RLock
from typing import Concatenate, Literal, ParamSpec, Protocol, TypeVar

from worker.sandbox.canvas.model import (
    Course,
    Enrolment,
    GroupCategory,
    Section,
    StudentGroup,
    Token,
    User,
)
from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.exchange import Clock

P = ParamSpec("P")
R = TypeVar("R")
SHARD_SIZE = 10**13


class Lockable(Protocol):
    """Something with one lock around all of its state."""

    lock: RLock


L = TypeVar("L", bound=Lockable)


def atomic(method: Callable[Concatenate[L, P], R]) -> Callable[Concatenate[L, P], R]:
    """Run a method under its object's lock: the world changes while requests are served."""

    @wraps(method)
    def locked(self: L, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class Directory:
    """People and courses. The instructor who owns `token` teaches every course by default."""

    def __init__(self, clock: Clock, seed: int, token: str, quirks: Quirks) -> None:
        self.lock = RLock()
        self.quirks = quirks
        self._clock = clock
        self._random = Random(seed)
        self._sequences: defaultdict[str, Iterator[int]] = defaultdict(self._sequence)
        self.courses: dict[int, Course] = {}
        self.sections: dict[int, Section] = {}
        self.users: dict[int, User] = {}
        self.categories: dict[int, GroupCategory] = {}
        self.student_groups: dict[int, StudentGroup] = {}
        self.enrolments: defaultdict[int, list[Enrolment]] = defaultdict(list)
        self.tokens: dict[str, Token] = {}
        self.instructor = self.add_instructor("Imogen Instructor", token=token)

    def _sequence(self) -> Iterator[int]:
        return count(self.quirks.shard * SHARD_SIZE + self._random.randrange(100, 1000))

    def new_id(self, table: str) -> int:
        """Take the next id of a table; ids of different tables may be equal."""
        return next(self._sequences[table])

    def now(self) -> int:
        """Return the site's clock in whole seconds."""
        return int(self._clock.now())

    @atomic
    def add_instructor(
        self,
        name: str,
        *,
        courses: Iterable[int] = (),
        token: str | None = None,
        time_zone: str = "Etc/UTC",
    ) -> int:
        """Add somebody who manages the calendars of the courses; returns the user id."""
        user_id = self._add_user(name, token, time_zone)
        for course in courses:
            self.enrol(user_id, course, "teacher")
        return user_id

    @atomic
    def add_student(
        self,
        name: str,
        *,
        courses: Iterable[int] = (),
        section: int | None = None,
        token: str | None = None,
        time_zone: str = "Etc/UTC",
    ) -> int:
        """Add somebody who may sign up in the courses; returns the user id."""
        user_id = self._add_user(name, token, time_zone)
        for course in courses:
            self.enrol(user_id, course, "student", section=section)
        return user_id

    def _add_user(self, name: str, token: str | None, time_zone: str) -> int:
        user = User(self.new_id("users"), name, time_zone, self.now())
        self.users[user.id] = user
        if token is not None:
            self.tokens[token] = Token(user.id)
        return user.id

    @atomic
    def add_course(
        self, name: str, *, teachers: Iterable[int] | None = None, observers: bool = False
    ) -> int:
        """Add a course, taught by the first instructor unless told; returns its id."""
        course = Course(self.new_id("courses"), name, observers)
        self.courses[course.id] = course
        for teacher in [self.instructor] if teachers is None else teachers:
            self.enrol(teacher, course.id, "teacher")
        return course.id

    @atomic
    def conclude_course(self, course_id: int) -> None:
        """End a course: no new groups in it."""
        self.courses[course_id] = replace(self.courses[course_id], concluded=True)

    @atomic
    def add_section(self, course_id: int, name: str) -> int:
        """Add a section to a course; returns its id."""
        section = Section(self.new_id("sections"), course_id, name)
        self.sections[section.id] = section
        return section.id

    @atomic
    def add_group_category(self, course_id: int, name: str) -> int:
        """Add a set of student groups to a course; returns its id."""
        category = GroupCategory(self.new_id("categories"), course_id, name)
        self.categories[category.id] = category
        return category.id

    @atomic
    def add_student_group(self, category_id: int, name: str, members: Iterable[int]) -> int:
        """Add a student group to a category; returns its id."""
        group = StudentGroup(self.new_id("student_groups"), category_id, name, tuple(members))
        self.student_groups[group.id] = group
        return group.id

    @atomic
    def enrol(
        self,
        user_id: int,
        course_id: int,
        role: Literal["teacher", "student"],
        *,
        section: int | None = None,
    ) -> None:
        """Give somebody a place in a course."""
        self.enrolments[user_id].append(Enrolment(course_id, role, section))

    @atomic
    def remove_from_course(self, user_id: int, course_id: int) -> None:
        """Take somebody's place away: to their token it looks as if all was deleted."""
        rows = self.enrolments[user_id]
        self.enrolments[user_id] = [row for row in rows if row.course_id != course_id]

    @atomic
    def issue_token(self, token: str, user_id: int, *, scopes: Iterable[str] | None = None) -> None:
        """Make a token, with scopes such as `url:GET|/api/v1/appointment_groups` or with all."""
        self.tokens[token] = Token(user_id, scopes=None if scopes is None else frozenset(scopes))

    @atomic
    def revoke_token(self, token: str) -> None:
        """Make a token useless for good."""
        self.tokens[token] = replace(self.tokens[token], state="revoked")

    @atomic
    def expire_token(self, token: str) -> None:
        """Let a token run out now."""
        self.tokens[token] = replace(self.tokens[token], state="expired", expired_at=self.now())

    def teaches(self, user_id: int, course_ids: Collection[int]) -> bool:
        """Tell whether somebody manages the calendar of any of the courses."""
        return any(
            row.role == "teacher" and row.course_id in course_ids
            for row in self.enrolments.get(user_id, ())
        )

    def belongs(self, user_id: int, course_id: int) -> bool:
        """Tell whether somebody has any place in a course."""
        return any(row.course_id == course_id for row in self.enrolments.get(user_id, ()))

    def studies(
        self, user_id: int, course_ids: Collection[int], section_ids: Collection[int]
    ) -> bool:
        """Tell whether somebody is a student of the courses.

        Where sections of a course are named, only their students count.
        """
        limited = {self.sections[section].course_id for section in section_ids}
        return any(
            row.role == "student"
            and row.course_id in course_ids
            and (row.course_id not in limited or row.section_id in section_ids)
            for row in self.enrolments.get(user_id, ())
        )
