"""The tables. Instants are epoch seconds (UTC); lists and documents are JSON text."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


def _number() -> Column[int]:
    return Column(BigInteger, primary_key=True, autoincrement=False)


class MetaRow(SQLModel, table=True):
    """Facts about this store itself."""

    __tablename__ = "meta"

    name: str = Field(primary_key=True)
    value: str


class AccountRow(SQLModel, table=True):
    """An account's health, cursor and read brake: all that one poll leaves to the next."""

    __tablename__ = "account"

    id: str = Field(primary_key=True)
    vendor: str
    scope: str = ""
    next_at: int = Field(default=0, sa_type=BigInteger)
    failures: int = 0
    trouble: str | None = None
    error: str | None = Field(default=None, sa_column=Column(Text))
    attempted_at: int | None = Field(default=None, sa_type=BigInteger)
    complete_at: int | None = Field(default=None, sa_type=BigInteger)
    wait_until: int | None = Field(default=None, sa_type=BigInteger)
    throttles: int = 0
    paused: bool = False
    cursor: str | None = Field(default=None, sa_column=Column(Text))
    cursor_start: int = Field(default=0, sa_type=BigInteger)
    cursor_end: int = Field(default=0, sa_type=BigInteger)
    full_at: int = Field(default=0, sa_type=BigInteger)
    brake: str = ""
    brake_reason: str = ""


class EventColumns(SQLModel):
    """What is stored of one event; `number` is `Key.number`."""

    number: int = Field(sa_type=BigInteger)
    account: str
    kind: str
    native_id: str
    occurrence: str = ""
    status: str
    start: int = Field(sa_type=BigInteger)
    end: int = Field(sa_type=BigInteger)
    timezone: str = ""
    title: str = ""
    location: str = ""
    subjects: str = "[]"
    resources: str = "[]"
    capacity: int | None = None
    attendees: int = 0
    people: str = "[]"
    pad_before: int = 0
    pad_after: int = 0
    url: str | None = None
    series: str = ""
    min_per_person: int | None = None
    max_per_person: int | None = None
    traits: str = "[]"
    mark: str = ""
    role: str  # what it means for its resources: `worker.domain.event.Role`
    fingerprint: bytes = Field(sa_type=LargeBinary)
    poll: int = Field(sa_type=BigInteger)
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)  # redacted JSON, deflated


class EventRow(EventColumns, table=True):
    """The current state of an event, and how often in a row it was missing."""

    __tablename__ = "event"
    # With all that counting them needs: the rows themselves hold answers, and are far apart.
    __table_args__ = (Index("event_by_account", "account", "start", "end", "status"),)

    number: int = Field(sa_column=_number())
    revision: int = 1
    created_at: int = Field(sa_type=BigInteger)
    updated_at: int = Field(sa_type=BigInteger)
    missed_polls: int = 0
    missed_since: int | None = Field(default=None, sa_type=BigInteger)
    gone_at: int | None = Field(default=None, sa_type=BigInteger)


class StagedRow(EventColumns, table=True):
    """A changed event of a poll that is still under way; nobody reads it but that poll."""

    __tablename__ = "staged"

    account: str = Field(primary_key=True)
    number: int = Field(sa_column=_number())


class OccupancyRow(SQLModel, table=True):
    """An event that is not cancelled, once per resource: what detection sweeps over."""

    __tablename__ = "occupancy"
    # Kept in the order of its key, so that detection reads it in one pass. The key's columns come
    # first: SQLite 3.40's integrity check takes other orders of such a table for damage.
    __table_args__ = (Index("occupancy_by_event", "event"), {"sqlite_with_rowid": False})

    resource: str = Field(primary_key=True)
    start: int = Field(sa_column=_number())
    event: int = Field(sa_column=_number())
    end: int = Field(sa_type=BigInteger)
    role: str
    before: int = 0  # seconds that it needs before it, and after it
    after: int = 0


class ParticipationRow(SQLModel, table=True):
    """An event that takes somebody's time, once per person on its roster (a keyed hash)."""

    __tablename__ = "participation"
    # In the order of its key, and with the key's columns first: see `OccupancyRow`.
    __table_args__ = (Index("participation_by_event", "event"), {"sqlite_with_rowid": False})

    person: str = Field(primary_key=True)
    start: int = Field(sa_column=_number())
    event: int = Field(sa_column=_number())
    end: int = Field(sa_type=BigInteger)


class RevisionRow(SQLModel, table=True):
    """A former state of an event: the columns that differ between events' states, as JSON."""

    __tablename__ = "revision"

    event: int = Field(sa_column=_number())
    revision: int = Field(primary_key=True)
    replaced_at: int = Field(sa_type=BigInteger)
    poll: int = Field(sa_type=BigInteger)
    state: str = Field(sa_column=Column(Text))
    answer: bytes | None = Field(default=None, sa_type=LargeBinary)


class PollRow(SQLModel, table=True):
    """One poll of one account, and what came of it.

    `zones` is the edition of the zone rules by which it read local times, where that is known.
    """

    __tablename__ = "poll"
    __table_args__ = (Index("poll_by_account", "account", "started_at"),)

    id: int | None = Field(default=None, primary_key=True)
    account: str
    started_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)
    window_start: int = Field(default=0, sa_type=BigInteger)
    window_end: int = Field(default=0, sa_type=BigInteger)
    coverage: str = "full"
    complete: bool = False
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    rows: int = 0
    created: int = 0
    changed: int = 0
    gone: int = 0
    zones: str = Field(default="", sa_column_kwargs={"server_default": text("''")})


class TestimonyRow(SQLModel, table=True):
    """What a vendor said when it was last asked about one of its events: `Word`."""

    __tablename__ = "testimony"

    event: int = Field(sa_column=_number())
    revision: int
    at: int = Field(sa_type=BigInteger)
    says: bool | None = None
    sees: int = 0
    why: str = ""


class QuarantineRow(SQLModel, table=True):
    """A row that made no sense when last seen. `kind` is empty where it could not be told."""

    __tablename__ = "quarantine"

    account: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    native_id: str = Field(primary_key=True)
    reason: str
    answer: bytes = Field(sa_type=LargeBinary)
    first_at: int = Field(sa_type=BigInteger)
    last_at: int = Field(sa_type=BigInteger)
    poll: int = Field(sa_type=BigInteger)


class TemplateRow(SQLModel, table=True):
    """A booking page: no event, but a way in which time gets taken."""

    __tablename__ = "template"

    account: str = Field(primary_key=True)
    native_id: str = Field(primary_key=True)
    name: str
    active: bool
    subjects: str = "[]"
    blind: str = "[]"
    url: str | None = None
    seen_at: int = Field(sa_type=BigInteger)


class FindingRow(SQLModel, table=True):
    """A finding and its life. `document` holds what detection said of it when last confirmed."""

    __tablename__ = "finding"
    __table_args__ = (Index("finding_by_subject", "subject", "state"),)

    id: str = Field(primary_key=True)
    kind: str
    subject: str  # "resource:amy"
    start: int = Field(sa_type=BigInteger)
    end: int = Field(sa_type=BigInteger)
    state: str
    document: str = Field(sa_column=Column(Text, nullable=False))
    first_seen: int = Field(sa_type=BigInteger)
    last_confirmed: int = Field(sa_type=BigInteger)
    resolved_at: int | None = Field(default=None, sa_type=BigInteger)
    reopened: int = 0
    snoozed_until: int | None = Field(default=None, sa_type=BigInteger)
    note: str = ""
    owner: str = ""
    predecessor: str | None = None


class FindingEventRow(SQLModel, table=True):
    """A step in a finding's life."""

    __tablename__ = "finding_history"
    __table_args__ = (Index("finding_history_by_finding", "finding", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    finding: str
    at: int = Field(sa_type=BigInteger)
    what: str
    by: str = ""
    note: str = ""


class NoticeRow(SQLModel, table=True):
    """What somebody was told over a channel, so that nobody is told twice.

    `about` is a finding or an account (`finding:…`, `account:…`), and `told` how much was said of
    it. The row of a channel itself has an empty `about`: when it last took a message (`at`), how
    often it failed since, and when it is tried again; `told` is then the instant of its last
    digest.
    """

    __tablename__ = "notice"

    channel: str = Field(primary_key=True)
    about: str = Field(primary_key=True)
    told: str = ""
    at: int = Field(sa_type=BigInteger)
    failures: int = 0
    next_at: int = Field(default=0, sa_type=BigInteger)


class FeedRow(SQLModel, table=True):
    """A private feed. Of its token only a digest is kept: an address is shown once."""

    __tablename__ = "feed"
    __table_args__ = (Index("feed_by_token", "token", unique=True),)

    name: str = Field(primary_key=True)
    token: str  # SHA-256, hexadecimal
    scope: str  # all, conflicts, resource, account, place
    of: str = ""  # which resource, account or place
    detail: str
    created_at: int = Field(sa_type=BigInteger)
    rotated_at: int | None = Field(default=None, sa_type=BigInteger)


class FeedEndedRow(SQLModel, table=True):
    """The digest of a token whose feed was ended for all to see (410)."""

    __tablename__ = "feed_ended"

    token: str = Field(primary_key=True)
    at: int = Field(sa_type=BigInteger)


class FeedFetchRow(SQLModel, table=True):
    """When a calendar app, by its coarse name, last fetched a feed."""

    __tablename__ = "feed_fetch"

    feed: str = Field(primary_key=True)
    client: str = Field(primary_key=True)
    at: int = Field(sa_type=BigInteger)


class FeedContentRow(SQLModel, table=True):
    """What a feed last held, deflated, with the digest by which clients know it.

    `modified_at` is when it last became another, `true_at` when it was last known to be right.
    """

    __tablename__ = "feed_content"

    feed: str = Field(primary_key=True)
    etag: str
    modified_at: int = Field(sa_type=BigInteger)
    true_at: int = Field(sa_type=BigInteger)
    body: bytes = Field(sa_type=LargeBinary)


# The same tables for statements: bulk work goes through the core, not through objects.
ACCOUNT = AccountRow.__table__  # type: ignore[attr-defined]
EVENT = EventRow.__table__  # type: ignore[attr-defined]
FEED = FeedRow.__table__  # type: ignore[attr-defined]
FEED_CONTENT = FeedContentRow.__table__  # type: ignore[attr-defined]
FEED_ENDED = FeedEndedRow.__table__  # type: ignore[attr-defined]
FEED_FETCH = FeedFetchRow.__table__  # type: ignore[attr-defined]
FINDING = FindingRow.__table__  # type: ignore[attr-defined]
HISTORY = FindingEventRow.__table__  # type: ignore[attr-defined]
META = MetaRow.__table__  # type: ignore[attr-defined]
NOTICE = NoticeRow.__table__  # type: ignore[attr-defined]
OCCUPANCY = OccupancyRow.__table__  # type: ignore[attr-defined]
PARTICIPATION = ParticipationRow.__table__  # type: ignore[attr-defined]
POLL = PollRow.__table__  # type: ignore[attr-defined]
QUARANTINE = QuarantineRow.__table__  # type: ignore[attr-defined]
REVISION = RevisionRow.__table__  # type: ignore[attr-defined]
STAGED = StagedRow.__table__  # type: ignore[attr-defined]
TESTIMONY = TestimonyRow.__table__  # type: ignore[attr-defined]
TEMPLATE = TemplateRow.__table__  # type: ignore[attr-defined]
