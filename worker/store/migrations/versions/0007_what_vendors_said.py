"""What vendors said of their own events, and by which zone rules a poll read times"""

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


def downgrade() -> None:
    op.drop_column("poll", "zones")
    op.drop_table("testimony")
