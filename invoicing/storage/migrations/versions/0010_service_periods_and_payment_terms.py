"""Items have a period of service; customers and orders have payment terms of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("order_items", sa.Column("service_period", sa.JSON(), nullable=True))
    for table in ("customers", "orders"):
        op.add_column(table, sa.Column("payment_terms_days", sa.Integer(), nullable=True))
