"""The tables of the writing side: what is ours at vendors, and what was done to get there.

Instants are epoch seconds (UTC); lists and documents are JSON text.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, text
from sqlmodel import Field, SQLModel


class LinkRow(SQLModel, table=True):
    """A hold, copy or withdrawal of ours: see `worker.domain.reconcile.links.Link`.

    `intent` is what was last written (shaped), `base` the event that its target showed then.
    """

    __tablename__ = "link"
    __table_args__ = (Index("link_by_target", "target", "number"),)

    id: str = Field(primary_key=True)
    purpose: str
    target: str
    calendar: str
    resource: str
    origin: int = Field(sa_type=BigInteger)
    start: int = Field(sa_type=BigInteger)
    end: int = Field(sa_type=BigInteger)
    digest: bytes = Field(sa_type=LargeBinary)
    state: str
    kind: str = ""
    native_id: str = ""
    occurrence: str = ""
    number: int = Field(default=0, sa_type=BigInteger)
    echo: bytes = Field(sa_type=LargeBinary)
    revision: int = 0
    written_at: int = Field(default=0, sa_type=BigInteger)
    writes: str = "[]"
    retry_at: int = Field(default=0, sa_type=BigInteger)
    trouble: str = Field(default="", sa_column=Column(Text, nullable=False))
    since: int = Field(default=0, sa_type=BigInteger)
    intent: str = Field(default="", sa_column=Column(Text, nullable=False))
    base: str = Field(default="", sa_column=Column(Text, nullable=False))


class RunRow(SQLModel, table=True):
    """One execution of a plan, or of what takes one back (`undoes`)."""

    __tablename__ = "run"

    id: str = Field(primary_key=True)
    plan: str
    by: str = ""
    undoes: str = ""
    started_at: int = Field(sa_type=BigInteger)
    finished_at: int | None = Field(default=None, sa_type=BigInteger)


class OutboxRow(SQLModel, table=True):
    """One write: durable before it is sent, and what came of it.

    `action` is the whole action, `before` the event that stood there, `after` what its vendor
    shows now (JSON). `poll` is the newest poll of the target when it was sent.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_by_run", "run"),
        Index("outbox_by_state", "state"),
        Index("outbox_by_target", "target", "done_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run: str
    action_id: str
    verb: str
    target: str
    link: str
    native_id: str = ""
    state: str
    notifies: bool = False
    action: str = Field(sa_column=Column(Text, nullable=False))
    before: str = Field(default="", sa_column=Column(Text, nullable=False))
    after: str = Field(default="", sa_column=Column(Text, nullable=False))
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
    poll: int = Field(default=0, sa_type=BigInteger)
    sent_at: int = Field(sa_type=BigInteger)
    done_at: int | None = Field(default=None, sa_type=BigInteger)
    taken_back: str = ""


class PlanRow(SQLModel, table=True):
    """A plan that was shown to somebody, by its hash."""

    __tablename__ = "plan"

    hash: str = Field(primary_key=True)
    created_at: int = Field(sa_type=BigInteger)
    document: str = Field(sa_column=Column(Text, nullable=False))


class ApprovalRow(SQLModel, table=True):
    """What a person let pass: the actions of a plan that a brake kept back."""

    __tablename__ = "approval"

    id: int | None = Field(default=None, primary_key=True)
    plan: str
    brake: str
    scope: str
    reason: str = Field(sa_column=Column(Text, nullable=False))
    actions: str = Field(sa_column=Column(Text, nullable=False))
    until: int = Field(sa_type=BigInteger)
    by: str = ""
    at: int = Field(sa_type=BigInteger)


class ResolutionRow(SQLModel, table=True):
    """What a person approved for an event that is a vendor's own. `state`: open, done, failed.

    `basis` is the echo of the event as that person saw it.
    """

    __tablename__ = "resolution"
    __table_args__ = (Index("resolution_by_state", "state"),)

    id: int | None = Field(default=None, primary_key=True)
    finding: str
    account: str
    kind: str
    native_id: str
    occurrence: str = ""
    to_start: int | None = Field(default=None, sa_type=BigInteger)
    to_end: int | None = Field(default=None, sa_type=BigInteger)
    withdraw: bool = False
    tells: bool = False
    by: str = ""
    why: str = ""
    at: int = Field(sa_type=BigInteger)
    state: str = "open"
    basis: bytes = Field(
        default=b"", sa_column=Column(LargeBinary, nullable=False, server_default=text("''"))
    )
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))


APPROVAL = ApprovalRow.__table__  # type: ignore[attr-defined]
LINK = LinkRow.__table__  # type: ignore[attr-defined]
OUTBOX = OutboxRow.__table__  # type: ignore[attr-defined]
PLAN = PlanRow.__table__  # type: ignore[attr-defined]
RESOLUTION = ResolutionRow.__table__  # type: ignore[attr-defined]
RUN = RunRow.__table__  # type: ignore[attr-defined]
