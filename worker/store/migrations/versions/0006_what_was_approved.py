"""Remember what somebody saw who approved a change of a vendor's own event"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    basis = sa.Column("basis", sa.LargeBinary(), nullable=False, server_default=sa.text("''"))
    op.add_column("resolution", basis)


def downgrade() -> None:
    op.drop_column("resolution", "basis")
