"""Outgoing webhooks: endpoints, and the log of what was delivered to them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("has_webhooks", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _endpoints()
    _deliveries()


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("previous_secret", sa.String(), nullable=True),
        sa.Column("previous_until", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="webhook_endpoints_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "id", name="webhook_endpoints_key"),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint_id", sa.String(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_attempt_at", sa.DateTime(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("status IN ('PENDING', 'DELIVERED', 'PARKED')", name="webhook_deliveries_status"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="webhook_deliveries_account_id_known"),
        sa.ForeignKeyConstraint(
            ["account_id", "endpoint_id"],
            ["webhook_endpoints.account_id", "webhook_endpoints.id"],
            name="webhook_deliveries_account_id_endpoint_id_known",
        ),
        sa.PrimaryKeyConstraint("account_id", "id", name="webhook_deliveries_key"),
        sa.UniqueConstraint(
            "account_id",
            "endpoint_id",
            "message_id",
            name="webhook_deliveries_one_account_id_endpoint_id_message_id",
        ),
    )
    for name, columns in {
        "webhook_deliveries_newest": ["account_id", "created_at", "id"],
        "webhook_deliveries_of_endpoint": ["account_id", "endpoint_id", "created_at", "id"],
    }.items():
        op.create_index(name, "webhook_deliveries", columns, unique=False)
