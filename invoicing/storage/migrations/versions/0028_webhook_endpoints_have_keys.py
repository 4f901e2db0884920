"""Webhook endpoints keep the key under which they were asked for, and what was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    given = sa.text("idempotency_key IS NOT NULL")
    op.add_column("webhook_endpoints", sa.Column("idempotency_key", sa.String(), nullable=True))
    op.add_column("webhook_endpoints", sa.Column("request", sa.String(), nullable=True))
    op.create_index(
        "webhook_endpoints_one_idempotency_key",
        "webhook_endpoints",
        ["account_id", "idempotency_key"],
        unique=True,
        postgresql_where=given,
        sqlite_where=given,
    )
