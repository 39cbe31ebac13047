"""Settings from the environment: `CALSYNC_WORKER__PUSH=plan` wins over the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from worker.config.fields import allowed, from_text, keys, toml_or_text
from worker.config.models import RULES, SECTIONS, TABLES, ResourceSettings
from worker.config.problems import Problems, shown
from worker.config.suggestions import nearest
from worker.config.values import ID
from worker.vendors.base import Entry

_PREFIX = "CALSYNC_"
_PATH_ITSELF = "CALSYNC_CONFIG"
_TOP = (*SECTIONS, *TABLES, *RULES)


class Environment:
    """Lays the settings of an environment over the tables of a file."""

    def __init__(
        self, document: dict[str, Any], vendors: Mapping[str, Entry], problems: Problems
    ) -> None:
        self._document = document
        self._vendors = vendors
        self._problems = problems

    def apply(self, environ: Mapping[str, str]) -> None:
        """Set every value that `environ` gives; unknown names are noted as problems."""
        names = [name for name in environ if name.startswith(_PREFIX) and name != _PATH_ITSELF]
        # What kind of account it is decides how its other values are read.
        for name in sorted(names, key=lambda name: (not name.endswith("__VENDOR"), name)):
            text = environ[name]
            if _undecodable(text):
                self._problems.add(f"{shown(name)} (environment)", "is not text in UTF-8")
            elif "__" in name:
                self._nested(name, text)
            else:
                self._whole(name, text)

    def _whole(self, name: str, text: str) -> None:
        """A name without `__`: a whole table or list, or not ours at all.

        Kubernetes sets names such as CALSYNC_PORT for a service of this name, so unknown ones pass.
        """
        key = name.removeprefix(_PREFIX).lower()
        if key in _TOP:
            self._set((), key, toml_or_text(text), name)
            return
        section = next((known for known in SECTIONS if key.startswith(f"{known}_")), "")
        if section and key.removeprefix(f"{section}_") in allowed(SECTIONS[section]):
            better = _name(section, key.removeprefix(f"{section}_"))
            self._problems.warn(f"{name} (environment)", f"has no effect; did you mean {better}?")

    def _nested(self, name: str, text: str) -> None:
        section, _, rest = name.removeprefix(_PREFIX).lower().partition("__")
        if section in SECTIONS:
            self._plain((section,), rest, SECTIONS[section], name, text)
        elif section == "accounts":
            self._account(rest, name, text)
        elif section == "resources":
            self._resource(rest, name, text)
        elif section == "travel":
            self._travel(rest, name, text)
        elif section in RULES:
            self._rule(section, rest, name, text)
        else:
            self._unknown(name, _name(nearest(section, _TOP), rest))

    def _account(self, rest: str, name: str, text: str) -> None:
        identity, key = self._identity("accounts", rest)
        known = self._table("accounts")
        if not key:
            self._whole_table("accounts", identity, name, text)
        elif identity not in known and key != "vendor":
            self._unknown_id("accounts", identity, key, name, "VENDOR")
        else:
            vendor = text if key == "vendor" else known[identity].get("vendor")
            entry = self._vendors.get(vendor) if isinstance(vendor, str) else None
            path = ("accounts", identity)
            if entry:
                self._plain(path, key, entry.settings, name, text)
            else:
                self._set(path, key, text, name)

    def _resource(self, rest: str, name: str, text: str) -> None:
        identity, key = self._identity("resources", rest)
        if not key:
            self._whole_table("resources", identity, name, text)
        elif identity not in self._table("resources") and not self._is_new(identity, key):
            self._unknown_id("resources", identity, key, name, "NAME")
        elif key.startswith("bindings__"):
            account = key.removeprefix("bindings__")
            self._set(("resources", identity, "bindings"), account, toml_or_text(text), name)
        else:
            self._plain(("resources", identity), key, ResourceSettings, name, text)

    def _is_new(self, identity: str, key: str) -> bool:
        """Whether a name may make a resource that the file lacks: one needs a name to be one."""
        return key == "name" and ID.fullmatch(identity) is not None

    def _travel(self, rest: str, name: str, text: str) -> None:
        """The way between two rooms, `HALL__LAB`, whichever of them the file names first."""
        one, _, other = rest.partition("__")
        if not ID.fullmatch(one) or not ID.fullmatch(other):
            self._unknown(name, _name("travel", "one_room", "other_room"))
            return
        travel = self._document.get("travel")
        told = isinstance(travel, dict) and f"{other} {one}" in travel
        self._set(("travel",), f"{other} {one}" if told else f"{one} {other}", text, name)

    def _rule(self, section: str, rest: str, name: str, text: str) -> None:
        rules = self._document.setdefault(section, [])
        number, _, key = rest.partition("__")
        usable = isinstance(rules, list) and number.isascii() and number.isdigit()
        if not usable or len(number) > 4 or int(number) > len(rules):
            wanted = f"CALSYNC_{section.upper()}__0__… names the first rule, __1__ the second"
            self._problems.add(f"{shown(name)} (environment)", f"is not a setting; {wanted}")
            return
        if int(number) == len(rules):
            rules.append({})
        path = (section, number)
        if key.startswith("create__") and section == "copies":
            self._set((*path, "create"), key.removeprefix("create__"), toml_or_text(text), name)
        else:
            self._plain(path, key, RULES[section], name, text)

    def _plain(
        self, path: tuple[str, ...], key: str, model: type[BaseModel], name: str, text: str
    ) -> None:
        """Set one key of a table whose keys are those of `model`."""
        fields = keys(model)
        if key in fields:
            self._set(path, key, from_text(text, fields[key]), name)
        elif key in allowed(model):
            self._set(path, key, text, name)
        else:
            self._unknown(name, _name(*path, nearest(key, allowed(model))))

    def _whole_table(self, section: str, identity: str, name: str, text: str) -> None:
        value = toml_or_text(text)
        if isinstance(value, dict):
            self._set((section,), identity, value, name)
        else:
            known = self._table(section)
            likely = nearest(identity, known) if known else "an_id"
            self._unknown(name, _name(section, likely, "…"))

    def _identity(self, section: str, rest: str) -> tuple[str, str]:
        """The id and the key in `clinic__api_key`; ids may hold two underscores themselves."""
        known = sorted(self._table(section), key=len, reverse=True)
        for identity in known:
            if rest.startswith(f"{identity}__") or rest == identity:
                return identity, rest[len(identity) + 2 :]
        head, _, key = rest.partition("__")
        return head, key

    def _unknown_id(self, section: str, identity: str, key: str, name: str, first: str) -> None:
        known = self._table(section)
        if known:
            self._unknown(name, _name(section, nearest(identity, known), key))
        else:
            self._unknown(name, f"{_name(section, identity, first)}, which must be set as well")

    def _table(self, section: str) -> dict[str, dict[str, Any]]:
        tables = self._document.get(section, {})
        if not isinstance(tables, dict):
            return {}
        return {key: table for key, table in tables.items() if isinstance(table, dict)}

    def _set(self, path: tuple[str, ...], key: str, value: Any, name: str) -> None:
        table = _descend(self._document, path)
        if table is None:
            return  # the file holds something else in this place, which is a problem by itself
        origins = self._problems.origins
        rival = key.removesuffix("_file") if key.endswith("_file") else f"{key}_file"
        if _dotted(path, rival) not in origins:
            table.pop(rival, None)
        table[key] = value
        origins[_dotted(path, key)] = shown(name, 200)

    def _unknown(self, name: str, better: str) -> None:
        self._problems.add(
            f"{shown(name, 200)} (environment)",
            f"is not a setting; the nearest is {shown(better, 200)}",
        )


def _descend(document: dict[str, Any], path: Iterable[str]) -> dict[str, Any] | None:
    table: Any = document
    for step in path:
        if isinstance(table, list):
            table = table[int(step)]
        elif isinstance(table, dict):
            table = table.setdefault(step, {})
        else:
            return None
    return table if isinstance(table, dict) else None


def _dotted(path: tuple[str, ...], key: str) -> str:
    text = ""
    for step in (*path, key):
        text = f"{text}[{step}]" if step.isdigit() else f"{text}.{step}" if text else step
    return text


def _name(*parts: str) -> str:
    return _PREFIX + "__".join(part.upper() for part in parts if part)


def _undecodable(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
