"""The account and its customers may have an electronic address for e-invoices."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("accounts", "customers"):
        op.add_column(table, sa.Column("electronic_address", sa.JSON(none_as_null=True), nullable=True))
