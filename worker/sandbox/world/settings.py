"""The configuration text that makes calsync talk to the sandbox's world."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from worker.sandbox.world.accounts import (
    ACUITY_KEY,
    ACUITY_USER,
    CANVAS_TOKEN,
    CLINIKO_KEY,
    FRONTDESK_KEY,
    TIMIFY_APP,
    TIMIFY_SECRET,
    Accounts,
)
from worker.sandbox.world.calendar import HOME
from worker.sandbox.world.model import WAYS, Resource

Value = str | int | list[str]


def config_text(
    accounts: Accounts,
    resources: Iterable[Resource],
    bases: Mapping[str, str],
    appointments: list[str],
) -> str:
    """TOML: five accounts and what they share. `bases` maps a vendor to its `base_url`."""
    logins: dict[str, dict[str, Value]] = {
        "campus": {
            "vendor": "canvas",
            "token": CANVAS_TOKEN,
            "context_codes": [f"course_{one}" for one in accounts.campus.courses.values()],
        },
        "clinic": {"vendor": "cliniko", "api_key": CLINIKO_KEY, "contact": "ops@example.org"},
        "studio": {
            "vendor": "timify",
            "app_id": TIMIFY_APP,
            "app_secret": TIMIFY_SECRET,
            "company_id": accounts.studio.site.company_id,
            "timezone": accounts.studio.zone,
        },
        "coaching": {"vendor": "acuity", "user_id": str(ACUITY_USER), "api_key": ACUITY_KEY},
        "frontdesk": {
            "vendor": "appointment_one",
            "api_key": FRONTDESK_KEY,
            "appointments": appointments,
        },
    }
    tables = [_table("worker", {"timezone": HOME})]
    for name, login in logins.items():
        base = {"base_url": bases[str(login["vendor"])]}
        tables.append(_table(f"accounts.{name}", {**login, **base}))
    for resource in resources:
        tables += _resource(resource)
    tables.append(_table("travel", {f'"{one} {other}"': f"{way}m" for one, other, way in WAYS}))
    return "\n".join(tables)


def _resource(resource: Resource) -> list[str]:
    values: dict[str, Value] = {"name": resource.name, "kind": resource.kind}
    if resource.parallel != 1:
        values["parallel"] = resource.parallel
    if resource.email:
        values["email"] = resource.email
    if resource.hours:
        values["hours"] = [*resource.hours]
    if resource.buffer:
        values["buffer"] = f"{resource.buffer}m"
    if resource.seats:
        values["seats"] = resource.seats
    if resource.within:
        values["within"] = resource.within
    bindings: dict[str, Value] = {**resource.bindings}
    return [
        _table(f"resources.{resource.id}", values),
        _table(f"resources.{resource.id}.bindings", bindings),
    ]


def _table(name: str, values: Mapping[str, Value]) -> str:
    """One TOML table; JSON's strings, numbers and arrays of strings are TOML's, too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join((f"[{name}]", *lines, ""))
