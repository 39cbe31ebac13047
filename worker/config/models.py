"""The sections of a configuration with their keys, bounds and defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from worker.config import addresses
from worker.config.values import Between, Duration, zone
from worker.domain.event import Status
from worker.domain.hours import hours_of
from worker.domain.span import Span
from worker.domain.subject import Bindings, Resource, ResourceKind
from worker.vendors.base import AccountSettings, Secret


def _address_kept_hidden(check: Any) -> Any:
    """A validator for addresses that may carry a password or a key: shown as stars everywhere."""

    def read(secret: SecretStr) -> SecretStr:
        return SecretStr(check(secret.get_secret_value()))

    return AfterValidator(read)


def _one_or_more(value: object) -> object:
    """A single text stands for a list of one; strict models want the tuple itself."""
    match value:
        case str():
            return (value,)
        case list():
            return tuple(value)
        case _:
            return value


def _filled(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("must name at least one")
    if len(set(values)) < len(values):
        raise ValueError("must not name one twice")
    return values


def _hours(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        hours_of((text,))
    return texts


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if "" in values or len(set(values)) < len(values):
        raise ValueError("must not name one twice, or nobody")
    return values


def _one_line(text: str) -> str:
    if not text.isprintable() or len(text) > 200:
        raise ValueError("must be one line of at most 200 characters")
    return text


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    plain = text.isascii() and text.isprintable() and not set(text) & set(' "<>,;:')
    if text and not (at and name and host and plain and "@" not in host and len(text) <= 254):
        raise ValueError("must be one plain e-mail address such as amy@example.org")
    return text


Line = Annotated[str, AfterValidator(_one_line)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), AfterValidator(_filled)]
Points = Annotated[int, Between(-100, 100)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class WorkerSettings(_Section):
    """What is polled how often, what is kept, and whether anything is written. Seconds."""

    database: Annotated[SecretStr, _address_kept_hidden(addresses.database)] = SecretStr(
        "sqlite:///calsync.db"
    )
    poll_every: Annotated[int, Duration("1s", "1d")] = 120
    stale_after: Annotated[int, Duration("1s", "30d")] = 900
    request_timeout: Annotated[int, Duration("1s", "10m")] = 20
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    past: Annotated[int, Duration("0s", "365d")] = 86_400
    future: Annotated[int, Duration("1m", "730d")] = 90 * 86_400
    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    push: Literal["off", "plan", "apply"] = "plan"
    keep_answers: Annotated[int, Duration("0s", "3650d")] = 30 * 86_400
    trust_env: bool = False


class ServerSettings(_Section):
    """Where reports and feeds are served, and who may see the reports."""

    listen: Annotated[str, AfterValidator(addresses.listen)] = "127.0.0.1:8080"
    public_url: Annotated[str, AfterValidator(addresses.public_url)] = ""
    admin_token: Secret | None = None

    @property
    def host(self) -> str:
        """The host to listen on, an IPv6 address without its brackets."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def address(self) -> str:
        """The address that feeds and reports are handed out with, without a slash at its end."""
        return self.public_url or f"http://{self.listen}"


class ResourceSettings(_Section):
    """One person, room or device as written in the file."""

    name: Line = Field(default="", repr=False)
    kind: Literal["person", "room", "device"] = "person"
    parallel: Annotated[int, Between(1, 10_000)] = 1
    email: Annotated[str, AfterValidator(_email)] = Field(default="", repr=False)
    timezone: Annotated[str, AfterValidator(zone)] | None = None
    hours: Annotated[tuple[str, ...], BeforeValidator(_one_or_more), AfterValidator(_hours)] = ()
    buffer: Annotated[int, Duration("0s", "7d")] = 0
    within: str = ""
    seats: Annotated[int, Between(1, 100_000)] | None = None
    virtual: bool = False
    bindings: dict[str, Names] = Field(default_factory=dict)

    def as_resource(self, key: str) -> Resource:
        """The value that the domain works with; a resource without a name is called by its id."""
        pairs = ((account, name) for account, names in self.bindings.items() for name in names)
        return Resource(
            id=key,
            name=self.name or key,
            kind=ResourceKind(self.kind),
            parallel=self.parallel,
            email=self.email,
            timezone=self.timezone or "",
            bindings=tuple(sorted(pairs)),
            hours=self.hours,
            buffer=self.buffer,
            within=self.within,
            seats=self.seats,
            virtual=self.virtual,
        )


class HoldRule(_Section):
    """Which taken time is held where. Once loaded, `*` in `sources` and `targets` is written out.

    `resource` is an id, or `*` for every resource.
    """

    resource: str = "*"
    sources: Names = Field(default=("*",), alias="from")
    targets: Names = Field(alias="to")
    statuses: Annotated[
        tuple[Literal["booked", "held", "offered"], ...],
        BeforeValidator(_one_or_more),
        AfterValidator(_filled),
    ] = ("booked", "held")
    withdraw_open_slots: bool = False

    @property
    def origins(self) -> frozenset[Status]:
        """The statuses of events that are held elsewhere."""
        return frozenset(Status(status) for status in self.statuses)


class CopyRule(_Section):
    """Which events of one account are published in another; `resource` is an id or `*`.

    `create` is what the target's vendor needs to make one; that vendor's adapter reads it. `fields`
    are those that the origin decides; `edits` and `deletions` say what counts where a copy was
    changed or taken away at its target.
    """

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    resource: str = "*"
    fields: Annotated[
        tuple[Literal["time", "title", "location", "capacity"], ...],
        BeforeValidator(_one_or_more),
        AfterValidator(_filled),
    ] = ("time", "title", "location", "capacity")
    edits: Literal["origin", "newest", "field_merge", "hold"] = "origin"
    deletions: Literal["hold", "keep_edit", "keep_delete"] = "hold"
    create: dict[str, Any] = Field(default_factory=dict)


class Brakes(_Section):
    """When a plan or a deletion waits for a person. Shares are of 1, times are seconds."""

    first_run: bool = True
    absence_polls: Annotated[int, Between(1, 100)] = 2
    absence_for: Annotated[int, Duration("0s", "30d")] = 600
    vanish_share: Annotated[float, Between(0, 1)] = 0.2
    vanish_at_least: Annotated[int, Between(0, 1_000_000)] = 5
    shift_share: Annotated[float, Between(0, 1)] = 0.3
    shift_at_least: Annotated[int, Between(0, 1_000_000)] = 10
    change_share: Annotated[float, Between(0, 1)] = 0.3
    change_at_least: Annotated[int, Between(0, 1_000_000)] = 20
    rewrites: Annotated[int, Between(1, 1000)] = 3
    writes_per_run: Annotated[int, Between(0, 100_000)] = 200
    near: Annotated[int, Duration("0s", "30d")] = 900
    failures: Annotated[int, Between(1, 1000)] = 5


class Severity(_Section):
    """The points that each term adds to the severity of a finding; the sum is cut to 0 to 100."""

    base_double_booked: Points = 60
    base_double_preventable: Points = 35
    base_double_offered: Points = 10
    base_over_capacity: Points = 50
    base_unguarded_page: Points = 45
    base_outside_availability: Points = 40
    base_sync: Points = 40
    base_stale_source: Points = 40
    base_duplicate: Points = 30
    base_orphan: Points = 30
    base_witness_disagrees: Points = 25
    base_buffer: Points = 20
    base_drift: Points = 20
    base_limit: Points = 15
    base_data: Points = 15
    starts_within_2h: Points = 25
    starts_within_24h: Points = 15
    starts_within_7d: Points = 5
    per_person: Points = 2
    people_at_most: Points = 10
    cross_vendor: Points = 10
    tentative: Points = -15


IMPLICIT_TLS = 465  # the port on which mail servers encrypt from the first byte (RFC 8314)


class NotifySettings(_Section):
    """Who is told, by webhook and by mail. Seconds.

    The webhook's address may carry a key, so it is hidden like one; empty for nobody. Mail goes
    out where `smtp_host` is set. `titles` lets messages name events as the report does.
    """

    webhook_url: Annotated[SecretStr, _address_kept_hidden(addresses.webhook_url)] = SecretStr("")
    webhook_secret: Secret | None = None
    smtp_host: Annotated[str, AfterValidator(addresses.mail_host)] = ""
    smtp_port: Annotated[int, Between(1, 65_535)] = 587
    smtp_starttls: bool = True
    smtp_user: Line = Field(default="", repr=False)
    smtp_password: Secret | None = None
    mail_from: Annotated[str, AfterValidator(_email)] = Field(default="", repr=False)
    mail_to: Annotated[
        tuple[Annotated[str, AfterValidator(_email)], ...],
        BeforeValidator(_one_or_more),
        AfterValidator(_each_once),
    ] = Field(default=(), repr=False)
    titles: bool = False
    digest_every: Annotated[int, Duration("1m", "30d")] = 86_400
    at_most_every: Annotated[int, Duration("0s", "1d")] = 60

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Mail needs a sender and a reader, and a password needs an encrypted way."""
        if not self.smtp_host:
            return self
        if not (self.mail_from and self.mail_to):
            raise ValueError("smtp_host needs mail_from and mail_to as well")
        if (self.smtp_user == "") != (self.smtp_password is None):
            raise ValueError("smtp_user and smtp_password come together, or not at all")
        encrypted = self.smtp_starttls or self.smtp_port == IMPLICIT_TLS
        if self.smtp_user and not encrypted and not addresses.is_loopback(self.smtp_host):
            raise ValueError("smtp_starttls = false would send the password in the clear")
        return self


# The sections that hold plain keys; the others are tables of their own.
SECTIONS: Mapping[str, type[BaseModel]] = {
    "worker": WorkerSettings,
    "server": ServerSettings,
    "brakes": Brakes,
    "severity": Severity,
    "notify": NotifySettings,
}
TABLES = ("accounts", "resources", "travel")
RULES: Mapping[str, type[BaseModel]] = {"holds": HoldRule, "copies": CopyRule}


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """All that an operator decided, checked as a whole.

    `resources` are sorted by id. `travel` holds seconds by (room, room), sorted. `warnings` are
    lines that an operator should read once.
    """

    path: Path
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    accounts: Mapping[str, AccountSettings] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    holds: tuple[HoldRule, ...] = ()
    copies: tuple[CopyRule, ...] = ()
    brakes: Brakes = field(default_factory=Brakes)
    severity: Severity = field(default_factory=Severity)
    notify: NotifySettings = field(default_factory=NotifySettings)
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Where it came from and how much it holds: settings name people and places."""
        return (
            f"Config({str(self.path)!r}, {len(self.accounts)} accounts, "
            f"{len(self.resources)} resources, push={self.worker.push!r})"
        )

    def window(self, now: float) -> Span:
        """The stretch of time that is kept in step, for an instant in epoch seconds."""
        start = int(now) - self.worker.past
        return Span(start, int(now) + self.worker.future)

    @property
    def bindings(self) -> Bindings:
        """How accounts call the resources; make it once and keep it."""
        return Bindings(self.resources)

    @property
    def database(self) -> str:
        """The address of the store; a relative SQLite path counts from the configuration file."""
        address = self.worker.database.get_secret_value()
        if not address.startswith("sqlite:///"):
            return address
        path = self.path.absolute().parent / address.removeprefix("sqlite:///")
        return f"sqlite:///{path}"

    @property
    def fingerprint(self) -> str:
        """A digest of every setting but the secrets, 32 hex digits: equal means same behaviour."""
        plain = {
            "sections": [
                part.model_dump(mode="json")
                for part in (self.worker, self.server, self.brakes, self.severity, self.notify)
            ],
            "accounts": {
                key: [type(account).__qualname__, account.model_dump(mode="json")]
                for key, account in self.accounts.items()
            },
            "resources": [asdict(resource) for resource in self.resources],
            "travel": sorted([*rooms, seconds] for rooms, seconds in self.travel.items()),
            "rules": [rule.model_dump(mode="json") for rule in (*self.holds, *self.copies)],
        }
        text = json.dumps(plain, sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
