"""Who is where"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_FROM_SQLITE = """
    INSERT INTO participation (person, start, event, "end")
    SELECT DISTINCT one.value, event.start, event.number, event."end"
    FROM event JOIN json_each(event.people) AS one ON true
    WHERE event.role IN ('taken', 'offered')
"""
_FROM_POSTGRESQL = """
    INSERT INTO participation (person, start, event, "end")
    SELECT DISTINCT one.value, event.start, event.number, event."end"
    FROM event JOIN json_array_elements_text(event.people::json) AS one (value) ON true
    WHERE event.role IN ('taken', 'offered')
"""


def upgrade() -> None:
    op.create_table(
        "participation",
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "start", "event"),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.create_index("participation_by_event", ["event"], unique=False)

    # What was read before this table was there changes no more, and would never come in.
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_FROM_SQLITE if sqlite else _FROM_POSTGRESQL)


def downgrade() -> None:
    with op.batch_alter_table("participation", schema=None) as batch_op:
        batch_op.drop_index("participation_by_event")

    op.drop_table("participation")
