"""Indexes on columns that are mostly null hold only the rows that name something.

Else SQLite, once it has looked at a table in which all are null, reads all of it rather than use the index.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("invoice_lines_crediting", "invoice_lines", "credited_invoice_id"),
    ("payments_on_order", "payments", "order_id"),
    ("payments_on_invoice", "payments", "invoice_id"),
    ("payments_refunding", "payments", "refund_of"),
    ("allocations_of_payment", "allocations", "payment_id"),
    ("allocations_of_credit", "allocations", "credit_invoice_id"),
)


def upgrade() -> None:
    for name, table, column in _INDEXES:
        named = sa.text(f"{column} IS NOT NULL")
        op.drop_index(name, table_name=table)
        op.create_index(name, table, ["account_id", column], postgresql_where=named, sqlite_where=named)
