"""A first configuration, from what an operator answers about each account."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic.fields import FieldInfo

from worker.config.accounts import read_account
from worker.config.fields import is_secret, is_text, keys
from worker.config.problems import ConfigError, Problems
from worker.config.validation import Validation
from worker.config.values import ID
from worker.vendors.registry import VENDORS

SECRETS = "secrets"
ADMIN = "admin"

_HEAD = """\
# calsync's configuration. Every key that there is, with its default: docs/configuration.md.
# Credentials are in files of their own, which nobody else can read. `calsync check` says whether
# each account works, and what it may do there. Until you say otherwise calsync only reads.

[worker]
database = "sqlite:///calsync.db"   # beside this file
poll_every = "2m"
past = "1d"                         # the window that is looked at: from now - past
future = "90d"                      #   up to now + future
timezone = "UTC"                    # for accounts that tell no zone, such as "Europe/Berlin"
push = "plan"                       # off | plan (show what would be written) | apply (write it)

[server]
listen = "127.0.0.1:8080"
#public_url = "https://calendar.example.org"   # the address that people use, behind a proxy
"""

_TAIL = """\

# Who or what must not be double-booked, and how each account calls them. Without resources there
# are events, and few conflicts. One such table for each person, room or device:

#[resources.amy]
#name = "Amy Ng"
#kind = "person"                     # person | room | device
#[resources.amy.bindings]
"""


@dataclass(frozen=True, slots=True)
class Question:
    """A key of an account that a person should be asked for."""

    key: str
    secret: bool
    needed: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What was answered of one account; secrets are kept apart, since they go to files."""

    id: str
    vendor: str
    plain: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def vendors() -> tuple[str, ...]:
    """The vendors that an account may be at."""
    return tuple(sorted(VENDORS))


def is_id(text: str) -> bool:
    """Whether it can be the id of an account."""
    return bool(ID.fullmatch(text))


def about(vendor: str) -> str:
    """What is to be known of the keys of this vendor's accounts, in words."""
    words = VENDORS[vendor].settings.__doc__ or ""
    return " ".join(line.strip() for line in words.splitlines()).strip()


def questions(vendor: str) -> tuple[Question, ...]:
    """What a person must be asked, the plain keys first."""
    asked = [
        Question(key, is_secret(info), _missing(vendor, key))
        for key, info in keys(VENDORS[vendor].settings).items()
        if _asked(key, info)
    ]
    return tuple(sorted(asked, key=lambda one: one.secret))


def settable(vendor: str) -> frozenset[str]:
    """The plain keys that may be given beforehand, those that nobody is asked for among them."""
    return frozenset({"base_url", *(one.key for one in questions(vendor) if not one.secret)})


def complaints(draft: Draft) -> tuple[str, ...]:
    """What is wrong with the answers, in sentences that quote no secret; empty if nothing is."""
    problems = Problems("")
    table = {"vendor": draft.vendor, **draft.plain, **draft.secrets}
    validation = Validation(Path(), problems)
    read_account(table, f"accounts.{draft.id}", VENDORS, validation, problems)
    try:
        problems.check()
    except ConfigError as error:
        return tuple(line.removeprefix(": ") for line in error.problems)
    return ()


def secret_file(draft: Draft, key: str) -> str:
    """Where a secret goes, relative to the configuration."""
    of_one = [each for each in questions(draft.vendor) if each.secret and each.needed]
    name = draft.id if len(of_one) == 1 and of_one[0].key == key else f"{draft.id}_{key}"
    return f"{SECRETS}/{name}"


def text(drafts: Iterable[Draft]) -> str:
    """The whole file."""
    accounts = list(drafts)
    lines = [_HEAD.rstrip("\n"), f'admin_token_file = "{SECRETS}/{ADMIN}"']
    for draft in accounts:
        lines += ["", *_account(draft)]
    lines.append(_TAIL.rstrip("\n"))
    for draft in accounts:
        words = "|".join(VENDORS[draft.vendor].bindings)
        lines.append(f'#{draft.id} = "{next(iter(VENDORS[draft.vendor].bindings))}:ID"   # {words}')
    return "\n".join(lines) + "\n"


def _account(draft: Draft) -> Iterator[str]:
    yield f"[accounts.{draft.id}]"
    yield f'vendor = "{draft.vendor}"'
    for question in questions(draft.vendor):
        key = question.key
        if question.secret:
            given = key in draft.secrets
            line = f'{key}_file = "{secret_file(draft, key)}"'
            yield line if given or question.needed else f"#{line}"
        elif key in draft.plain:
            yield f"{key} = {json.dumps(draft.plain[key], ensure_ascii=False)}"
        elif question.needed:
            yield f'{key} = ""   # still to be filled in'
        else:
            yield f'#{key} = ""'
    asked = {question.key for question in questions(draft.vendor)}
    for key in sorted(draft.plain.keys() - asked):
        yield f"{key} = {json.dumps(draft.plain[key], ensure_ascii=False)}"


def _asked(key: str, info: FieldInfo) -> bool:
    """Words of one line that the vendor cannot be talked to without, or may want to be told."""
    if key in ("vendor", "timezone") or (key == "base_url" and not info.is_required()):
        return False
    return is_secret(info) or is_text(info)


def _missing(vendor: str, key: str) -> bool:
    """Whether an account without this key is refused, whatever else it has."""
    nothing = Draft("x", vendor)
    return any(line.startswith(f"accounts.x.{key}: is missing") for line in complaints(nothing))
