"""A document says whether it carries the e-invoice. Those that are there were made before any did."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "documents", sa.Column("has_e_invoice", sa.Boolean(), nullable=False, server_default=sa.false())
    )
