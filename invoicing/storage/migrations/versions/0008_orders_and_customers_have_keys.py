"""Orders and customers keep the key under which they were asked for, and what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    given = sa.text("idempotency_key IS NOT NULL")
    for table in ("orders", "customers"):
        op.add_column(table, sa.Column("idempotency_key", sa.String(), nullable=True))
        op.add_column(table, sa.Column("request", sa.String(), nullable=True))
        op.create_index(
            f"{table}_one_idempotency_key",
            table,
            ["account_id", "idempotency_key"],
            unique=True,
            postgresql_where=given,
            sqlite_where=given,
        )
