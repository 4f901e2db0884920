"""Jobs stand in queues, which are claimed in turns: webhooks by endpoint, gateways' answers by account."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OPEN = sa.text("failed_at IS NULL")


def upgrade() -> None:
    op.add_column("outbox", sa.Column("queue", sa.String(), server_default=sa.text("''"), nullable=False))
    op.execute(
        "UPDATE outbox SET queue = (SELECT endpoint_id FROM webhook_deliveries "
        "WHERE webhook_deliveries.account_id = outbox.account_id AND webhook_deliveries.id = subject_id) "
        "WHERE kind = 'webhook.deliver' AND EXISTS (SELECT 1 FROM webhook_deliveries "
        "WHERE webhook_deliveries.account_id = outbox.account_id AND webhook_deliveries.id = subject_id)"
    )
    op.execute("UPDATE outbox SET queue = account_id WHERE kind IN ('payment.ask', 'invoice.render')")
    op.drop_index("outbox_due", "outbox")
    op.create_index(
        "outbox_due", "outbox", ["kind", "queue", "run_after"], postgresql_where=OPEN, sqlite_where=OPEN
    )
