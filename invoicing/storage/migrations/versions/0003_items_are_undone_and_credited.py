"""Items are cancelled, returned and credited."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = ("undone_as", "contra_of", "invoiced_as")
FROZEN = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, issued_on, due_on, actor_id, actor_name, actor_type, "
    "snapshot, request, created_at"
)
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
    _freeze()


def _freeze() -> None:
    """The trigger on invoices names their columns: the new one too."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    refusal = (
        "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
        if is_sqlite
        else "FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()"
    )
    op.execute("DROP TRIGGER invoices_stay" + ("" if is_sqlite else " ON invoices"))
    op.execute(f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN} ON invoices {refusal}")
