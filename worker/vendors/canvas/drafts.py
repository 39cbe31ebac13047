"""What a copy looks like in Canvas: an appointment group of its own, with one slot.

One group per copy, and not a slot in a shared one: a group carries the mark in its description, and
is removed as a whole; its slots have no text that stays (Canvas reverts titles, and takes the rest
from the group), and two of one group may not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, ValidationError

from worker.domain import marker
from worker.domain.instants import iso
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import Span
from worker.vendors.base import Rejected
from worker.vendors.canvas.mapping import Sheet
from worker.vendors.canvas.wire import Group
from worker.vendors.text import line

LONGEST_TEXT = 255  # of a title, a place and a comment
MOST_PLACES = 2**31 - 1
UNTITLED = "Appointment"  # Canvas's documentation demands a title
KEPT = "Kept by calsync: changes made here do not last."
# Only this sentence permits that Canvas tells people when the group is taken away again.
PUBLISHED = "Published by calsync: changes made here do not last."
NO_HOLDS = (
    "Canvas knows no blocked time: its slots are the offer itself; "
    "withdraw_open_slots = true in the rule takes open ones off instead."
)

_Course = Annotated[str, Field(pattern=r"^course_[0-9]+(~[0-9]+)?$")]
_Part = Annotated[str, Field(pattern=r"^(course_section|group_category)_[0-9]+(~[0-9]+)?$")]
_Number = Annotated[StrictInt, Field(ge=1, le=MOST_PLACES)]


class Details(BaseModel):
    """A copy rule's `create` table for Canvas, in the words of Canvas's own interface."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    context_codes: tuple[_Course, ...] = Field(min_length=1)
    sub_context_codes: tuple[_Part, ...] = ()
    publish: StrictBool = False
    participant_visibility: Literal["private", "protected"] | None = None
    min_appointments_per_participant: _Number | None = None
    max_appointments_per_participant: _Number | None = None
    location_address: Annotated[str, Field(max_length=LONGEST_TEXT)] | None = None
    allow_observer_signup: StrictBool | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """What the rule says of the group, as far as it may be changed later, too."""
        said = self.model_dump(exclude={"context_codes", "sub_context_codes", "publish"})
        return {name: value for name, value in said.items() if value is not None}


def refuses(intent: Intent, codes: Sequence[str]) -> str:
    """Why Canvas cannot have it, as a sentence; `codes` limit the account to some courses."""
    if intent.purpose is not Purpose.COPY:
        return NO_HOLDS
    if not intent.span.seconds:
        return "Canvas cannot offer a point in time."
    try:
        details = Details.model_validate(dict(intent.details))
    except ValidationError as error:
        return _complaint(error)
    categories = [code for code in details.sub_context_codes if code.startswith("group_")]
    if categories and (len(details.sub_context_codes) > 1 or len(details.context_codes) > 1):
        return "create.sub_context_codes: a group category stands alone, and in one course."
    if codes and not set(codes) & set(details.context_codes):
        return (
            "create.context_codes: none of them is among the account's own context_codes, "
            "so the copy would never be seen again."
        )
    return ""


def shape(intent: Intent) -> Intent:
    """Trimmed to what Canvas keeps; a copy without a title gets one."""
    places = intent.capacity
    return replace(
        intent,
        title=line(intent.title, LONGEST_TEXT) or UNTITLED,
        location=line(intent.location, LONGEST_TEXT),
        capacity=None if places is None else min(max(places, 1), MOST_PLACES),
    )


def details_of(intent: Intent) -> Details:
    """The rule's table. Raises Rejected where `refuses` says why."""
    if why := refuses(intent, ()):
        raise Rejected(why, "details")
    return Details.model_validate(dict(intent.details))


def created(intent: Intent) -> dict[str, Any]:
    """The body that makes a (shaped) copy: a group with its slot, in one request."""
    details = details_of(intent)
    fields: dict[str, Any] = {
        "context_codes": list(details.context_codes),
        "title": intent.title,
        "description": described("", intent.link, details),
        "new_appointments": times(intent.span),
        "publish": details.publish,
        **details.settings,
    }
    if details.sub_context_codes:
        fields["sub_context_codes"] = list(details.sub_context_codes)
    if intent.location:
        fields["location_name"] = intent.location
    if intent.capacity is not None:
        fields["participants_per_appointment"] = intent.capacity
    return {"appointment_group": fields}


def changed(intent: Intent, of: Sheet, group: Group) -> dict[str, Any]:
    """The members of a group that differ from a (shaped) copy; what it does not name stays.

    Sections and the group category cannot be changed any more. Publishing takes the exact text
    "1", and is asked for where the group is not published yet: there is no such step twice.
    """
    details = details_of(intent)
    fields: dict[str, Any] = {}
    if intent.title not in (UNTITLED, of.title):
        fields["title"] = intent.title
    if intent.location and intent.location != of.location:
        fields["location_name"] = intent.location
    if intent.capacity is not None and intent.capacity != of.limit:
        fields["participants_per_appointment"] = intent.capacity
    if not _says(group.description, intent.link, details):
        fields["description"] = described(group.description or "", intent.link, details)
    courses = {f"course_{name.removeprefix('course:')}" for name in of.courses}
    if not courses.issuperset(details.context_codes):
        fields["context_codes"] = list(details.context_codes)
    fields |= {
        name: value for name, value in details.settings.items() if getattr(group, name) != value
    }
    if details.publish and of.state == "pending":
        fields["publish"] = "1"
    return fields


def described(text: str, link: str, details: Details) -> str:
    """A description with our sentence and mark at its end; whatever else it says is kept."""
    for ours in (KEPT, PUBLISHED, marker.mark(link)):
        text = text.replace(ours, "")
    return f"{text.strip()}\n{_sentence(details)} {marker.mark(link)}".strip()


def may_tell(description: str | None) -> bool:
    """Whether a rule has said that this group is published: people may hear of it from Canvas."""
    return PUBLISHED in (description or "")


def times(span: Span) -> dict[str, list[str]]:
    """One new slot, always with `Z`: Canvas reads naive times in the token user's zone."""
    return {"0": [iso(span.start), iso(span.end)]}


def _says(description: str | None, link: str, details: Details) -> bool:
    return marker.find(description) == link and _sentence(details) in (description or "")


def _sentence(details: Details) -> str:
    return PUBLISHED if details.publish else KEPT


def _complaint(error: ValidationError) -> str:
    first: Mapping[str, Any] = error.errors(include_input=False, include_url=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    match first["type"]:
        case "extra_forbidden":
            known = ", ".join(Details.model_fields)
            return f"create.{name} is none of the keys that Canvas takes: {known}."
        case "missing":
            return f"create.{name} is missing: a list such as ['course_123']."
        case _:
            return f"create.{name}: {first['msg']}."
