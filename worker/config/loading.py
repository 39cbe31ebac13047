"""From a file and an environment to a Config, or to every reason why not."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel

from worker.config.accounts import entry_of, read_account
from worker.config.checks import (
    check_bindings,
    check_copies,
    check_holds,
    check_logins,
    check_waits,
)
from worker.config.document import read_document
from worker.config.environment import Environment
from worker.config.fields import allowed, secret_keys
from worker.config.models import (
    RULES,
    SECTIONS,
    TABLES,
    Brakes,
    Config,
    CopyRule,
    HoldRule,
    NotifySettings,
    ResourceSettings,
    ServerSettings,
    Severity,
    WorkerSettings,
)
from worker.config.places import check_places, read_travel
from worker.config.problems import Problems, joined
from worker.config.suggestions import nearest
from worker.config.validation import Validation
from worker.config.values import ID
from worker.domain.subject import EVERYTHING
from worker.vendors.base import AccountSettings, Entry

_Model = TypeVar("_Model", bound=BaseModel)

_TOP = (*SECTIONS, *TABLES, *RULES)
_WEAK = 16
# Sections in which no value is anybody's secret or address: they may be repeated in a complaint.
_PLAIN = ("worker", "brakes", "severity")


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read the configuration in `path`, with what `environ` (`CALSYNC_…`) sets in its stead.

    Raises ConfigError with one line for each thing that is wrong.
    """
    from worker.vendors.registry import VENDORS

    return load_for(path, environ, VENDORS)


def load_for(path: Path, environ: Mapping[str, str], vendors: Mapping[str, Entry]) -> Config:
    """The same for another table of vendors than the built-in one."""
    document = read_document(path)
    problems = Problems(str(path))
    Environment(document, vendors, problems).apply(environ)
    config = _Loading(path, document, vendors, problems).config()
    problems.check()
    return config


class _Loading:
    """One reading of one document; everything wrong is noted before anything is refused."""

    def __init__(
        self,
        path: Path,
        document: dict[str, Any],
        vendors: Mapping[str, Entry],
        problems: Problems,
    ) -> None:
        self._path = path
        self._document = document
        self._vendors = vendors
        self._problems = problems
        self._validation = Validation(path.absolute().parent, problems)

    def config(self) -> Config:
        """The configuration; of use only if no problem was noted."""
        self._check_top()
        accounts = self._accounts()
        resources = self._resources()
        holds = self._rules("holds", HoldRule)
        copies = self._rules("copies", CopyRule)
        travel = read_travel(
            self._document.get("travel", {}), self._ids("resources"), self._problems
        )
        self._check_together(accounts, resources, holds, copies)
        worker = self._section("worker", WorkerSettings)
        server = self._section("server", ServerSettings)
        check_waits(worker.poll_every, worker.stale_after, self._problems)
        self._warn_of_weak_login(server)
        self._warn_of_readers()
        return Config(
            path=self._path,
            worker=worker,
            server=server,
            accounts=MappingProxyType(accounts),
            resources=tuple(resources[key].as_resource(key) for key in sorted(resources)),
            travel=MappingProxyType(travel),
            holds=tuple(_written_out(rule, accounts) for rule in holds.values()),
            copies=tuple(copies.values()),
            brakes=self._section("brakes", Brakes),
            severity=self._section("severity", Severity),
            notify=self._section("notify", NotifySettings),
            warnings=tuple(self._problems.warnings),
        )

    def _check_top(self) -> None:
        for key in self._document:
            if key not in _TOP:
                homes = [name for name, model in SECTIONS.items() if key in allowed(model)]
                advice = f"belongs below [{homes[0]}]" if homes else _no_key(key)
                self._problems.add(joined(key), advice)

    def _section(self, name: str, model: type[_Model]) -> _Model:
        table = self._document.get(name, {})
        plain = name in _PLAIN
        return self._validation.read(table, name, model, quoting=plain) or model()

    def _tables(self, section: str) -> Iterator[tuple[str, Any]]:
        """The tables below `section`, with the ids that they are keyed by."""
        tables = self._document.get(section, {})
        if not isinstance(tables, dict):
            self._problems.add(section, f"must be tables with ids of yours: [{section}.some_id]")
            return
        for key, table in tables.items():
            if ID.fullmatch(key):
                yield key, table
            else:
                allowed_ids = (
                    "must begin with a letter a-z and hold a-z, 0-9 and _ only, 64 at most"
                )
                self._problems.add(joined(section, key), f"is no id: it {allowed_ids}")

    def _accounts(self) -> dict[str, AccountSettings]:
        found: dict[str, AccountSettings] = {}
        for key, table in self._tables("accounts"):
            settings = read_account(
                table, f"accounts.{key}", self._vendors, self._validation, self._problems
            )
            if settings is not None:
                found[key] = settings
        return found

    def _resources(self) -> dict[str, ResourceSettings]:
        found: dict[str, ResourceSettings] = {}
        for key, table in self._tables("resources"):
            path = f"resources.{key}"
            settings = self._validation.read(table, path, ResourceSettings)
            if settings is not None:
                found[key] = settings
        return found

    def _rules(self, section: str, model: type[_Model]) -> dict[int, _Model]:
        """The rules that can be read, by their place in the list."""
        tables = self._document.get(section, [])
        if not isinstance(tables, list):
            self._problems.add(section, f"must be a list of tables: [[{section}]]")
            return {}
        read = self._validation.read
        rules = {
            number: read(table, f"{section}[{number}]", model)
            for number, table in enumerate(tables)
        }
        return {number: rule for number, rule in rules.items() if rule is not None}

    def _check_together(
        self,
        accounts: Mapping[str, AccountSettings],
        resources: Mapping[str, ResourceSettings],
        holds: Mapping[int, HoldRule],
        copies: Mapping[int, CopyRule],
    ) -> None:
        """Check what names what.

        Names are held against all that the file holds, not against what could be read of it: one
        complaint about a broken account is enough.
        """
        tables = self._ids("accounts")
        entries = {key: entry_of(table, self._vendors) for key, table in tables.items()}
        people = self._ids("resources")
        check_bindings(resources, entries, self._problems)
        check_places(resources, people, self._problems)
        check_holds(holds, entries, people, self._problems)
        check_copies(copies, entries, people, self._problems)
        logins: dict[str, tuple[str, ...]] = {}
        for key, settings in accounts.items():
            if (entry := entries[key]) is not None:
                logins[key] = (settings.vendor, settings.base_url or "", *entry.scope(settings))
        check_logins(logins, self._problems)

    def _ids(self, section: str) -> dict[str, Any]:
        tables = self._document.get(section, {})
        return tables if isinstance(tables, dict) else {}

    def _warn_of_weak_login(self, server: ServerSettings) -> None:
        token = server.admin_token
        if token is not None and len(token.get_secret_value()) < _WEAK:
            self._problems.warn("server.admin_token", f"is shorter than {_WEAK} characters")

    def _warn_of_readers(self) -> None:
        """A credential in the file itself is as open as the file is."""
        if not stat.S_IMODE(self._path.stat().st_mode) & stat.S_IROTH:
            return
        for path, table, model in self._tables_with_secrets():
            for key in secret_keys(model):
                if table.get(key) and f"{path}.{key}" not in self._problems.origins:
                    advice = f"every user of this machine can read it; use {key}_file, or chmod 600"
                    self._problems.warn(f"{path}.{key}", advice)

    def _tables_with_secrets(self) -> Iterator[tuple[str, dict[str, Any], type[BaseModel]]]:
        for name, model in SECTIONS.items():
            if isinstance(table := self._document.get(name), dict) and name != "worker":
                yield name, table, model
        for key, table in self._ids("accounts").items():
            if (entry := entry_of(table, self._vendors)) is not None:
                yield f"accounts.{key}", table, entry.settings


def _no_key(key: str) -> str:
    return f"is not a key here; the nearest is {nearest(key, _TOP)}"


def _written_out(rule: HoldRule, accounts: Mapping[str, AccountSettings]) -> HoldRule:
    """The rule with `*` replaced by the ids of all accounts."""
    everywhere = tuple(sorted(accounts))
    return rule.model_copy(
        update={
            name: everywhere if EVERYTHING in names else names
            for name, names in (("sources", rule.sources), ("targets", rule.targets))
        }
    )
