"""What vendors said of their events, by which zone rules polls read times, and a wider index"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "testimony",
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("says", sa.Boolean(), nullable=True),
        sa.Column("sees", sa.Integer(), nullable=False),
        sa.Column("why", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("event"),
    )
    zones = sa.Column(
        "zones", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=sa.text("''")
    )
    op.add_column("poll", zones)
    op.drop_index("event_by_account", table_name="event")
    op.create_index("event_by_account", "event", ["account", "start", "end", "status"])


def downgrade() -> None:
    op.drop_index("event_by_account", table_name="event")
    op.create_index("event_by_account", "event", ["account", "start"])
    op.drop_column("poll", "zones")
    op.drop_table("testimony")
