"""Indexes of what is open: invoices that are not settled, and the items that may be invoiced.

On SQLite also one that has the newest invoices with the texts that searches compare: an invoice fills a page
of the file, of which a search would read a thousand.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    to_invoice = sa.text(
        "invoice_id IS NULL AND (contra_of IS NULL AND undone_as IS NULL AND type <> 'DISCOUNT' "
        "OR contra_of IS NOT NULL AND finished_at IS NOT NULL)"
    )
    not_settled = sa.text("state <> 'SETTLED'")
    op.create_index(
        "invoices_not_settled",
        "invoices",
        ["account_id", "state", "created_at", "id"],
        postgresql_where=not_settled,
        sqlite_where=not_settled,
    )
    op.create_index(
        "order_items_to_invoice",
        "order_items",
        ["account_id", "order_id"],
        postgresql_where=to_invoice,
        sqlite_where=to_invoice,
    )
    if op.get_bind().dialect.name == "sqlite":
        newest = ["account_id", "created_at", "id", "search_text"]
        op.create_index("invoices_found_newest", "invoices", newest)
