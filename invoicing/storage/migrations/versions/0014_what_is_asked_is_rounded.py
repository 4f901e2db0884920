"""The rounding of an invoice (BT-114), and the multiple to which an account rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FROZEN = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, rounding, issued_on, due_on, actor_id, actor_name, "
    "actor_type, snapshot, request, created_at"
)


def upgrade() -> None:
    op.add_column("invoices", sa.Column("rounding", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("invoice_lines", sa.Column("rounding", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("payable_rounding", sa.Integer(), server_default="1", nullable=False))
    _freeze_rounding()


def _freeze_rounding() -> None:
    """The trigger that refuses changes of an issued invoice names its columns: this is one more."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER invoices_stay")
        op.execute(
            f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN} ON invoices "
            "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
        )
        return
    op.execute("DROP TRIGGER invoices_stay ON invoices")
    op.execute(
        f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN} ON invoices "
        "FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()"
    )
