"""Indexes by which webhooks that were sent and sessions that are over are found when they are old."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_over = sa.text("status <> 'PENDING'")
    op.create_index(
        "webhook_deliveries_over",
        "webhook_deliveries",
        ["created_at"],
        unique=False,
        postgresql_where=is_over,
        sqlite_where=is_over,
    )
    op.create_index("customer_sessions_over", "customer_sessions", ["expires_at"], unique=False)
