"""Items are cancelled, returned and credited."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = ("undone_as", "contra_of", "invoiced_as")
INSTANTS = ("undone_at", "received_at", "approved_at", "finished_at")


def upgrade() -> None:
    op.add_column("accounts", sa.Column("contra_flow", sa.String(), nullable=False, server_default="DIRECT"))
    for name in TEXTS:
        op.add_column("order_items", sa.Column(name, sa.String(), nullable=True))
    for name in INSTANTS:
        op.add_column("order_items", sa.Column(name, sa.DateTime(), nullable=True))
    op.add_column("order_items", sa.Column("undo_reason", sa.Text(), nullable=True))
    op.execute(
        "UPDATE order_items SET invoiced_as = CASE WHEN EXISTS (SELECT 1 FROM invoice_lines AS line "
        "WHERE line.account_id = order_items.account_id AND line.order_item_id = order_items.id) "
        "THEN id ELSE split_from END WHERE invoice_id IS NOT NULL"
    )
    op.add_column("invoices", sa.Column("request", sa.String(), nullable=True))
    op.add_column("invoice_lines", sa.Column("credited_invoice_id", sa.String(), nullable=True))
    op.add_column("invoice_lines", sa.Column("credited_line_id", sa.String(), nullable=True))
    op.add_column("invoice_lines", sa.Column("credited_quantity", sa.Integer(), nullable=True))
    op.create_index("invoice_lines_crediting", "invoice_lines", ["account_id", "credited_invoice_id"])
