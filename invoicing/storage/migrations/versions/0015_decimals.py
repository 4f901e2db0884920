"""Quantities and unit prices with decimals, VAT rates in ten-thousandths of a percent, parts of items.

Quantities become millionths. A unit price gets a column for what it has beyond whole minor units. Each item
keeps its subtotal. Snapshots stay as they are: they say by their version how they count.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

QUANTITIES = {"order_items": ("quantity",), "invoice_lines": ("quantity", "credited_quantity")}
RATES = {"accounts": "default_vat_rate", "order_items": "vat_rate", "invoice_lines": "vat_rate"}


def upgrade() -> None:
    for table in QUANTITIES:
        op.add_column(table, _zero("unit_price_rest"))
    op.add_column("order_items", _zero("subtotal"))
    op.add_column("order_items", _zero("allocated_discount"))
    op.add_column("order_items", sa.Column("part_of", sa.String(), nullable=True))
    quantity = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.add_column("order_items", sa.Column("part_start", quantity, nullable=True))
    op.execute("UPDATE order_items SET subtotal = unit_price * quantity")
    convert = _convert_sqlite if op.get_bind().dialect.name == "sqlite" else _convert_postgresql
    for table, rate in RATES.items():
        convert(table, QUANTITIES.get(table, ()), rate)


def _zero(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))


def _convert_sqlite(table: str, quantities: tuple[str, ...], rate: str) -> None:
    """Without the table's triggers, which refuse to change an issued invoice; they are made again."""
    named = {"table": table}
    select = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    triggers = op.get_bind().execute(select, named).all()
    for name, _ in triggers:
        op.execute(f"DROP TRIGGER {name}")
    changes = [f"{column} = {column} * 1000000" for column in quantities] + [f"{rate} = {rate} * 100"]
    op.execute(f"UPDATE {table} SET {', '.join(changes)}")  # noqa: S608
    for _, sql in triggers:
        op.execute(sql)


def _convert_postgresql(table: str, quantities: tuple[str, ...], rate: str) -> None:
    """Changes of a column's type fire no triggers, and all of a table are made in one pass."""
    changes = [
        f"ALTER COLUMN {column} TYPE BIGINT USING {column}::bigint * 1000000" for column in quantities
    ] + [f"ALTER COLUMN {rate} TYPE INTEGER USING {rate} * 100"]
    op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
