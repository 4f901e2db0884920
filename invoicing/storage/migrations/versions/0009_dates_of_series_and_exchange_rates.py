"""The date of a series' last invoice; exchange rates."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("number_series", sa.Column("issued_on", sa.Date(), nullable=True))
    op.execute(
        """
        UPDATE number_series SET issued_on = (
            SELECT max(invoices.issued_on) FROM invoices
            WHERE invoices.account_id = number_series.account_id
            AND invoices.type = number_series.type AND invoices.period = number_series.period
        )
        """
    )
    op.create_table(
        "exchange_rates",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("base", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("rate", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="exchange_rates_account_id_known"),
        sa.PrimaryKeyConstraint("account_id", "base", "currency", "date", name="exchange_rates_key"),
    )
