"""Orders have VAT numbers of their own; the country of every VAT number is kept beside it."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

EU = "AT BE BG CY CZ DE DK EE EL ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK XI"
OTHERS = "AL AR AU BA BR BY CA CH CN CO CR CU DO DZ EC EG GB GE GT ID IL IN IS JP KE KR KZ LI MA MC MD ME MK"
MORE = "MX MY NO NZ PE PK PY RS RU SG SM SN SV TH TN TR TW UA US UY UZ VE VN ZA"
PREFIXES = {*EU.split(), *OTHERS.split(), *MORE.split()}


def upgrade() -> None:
    op.add_column("orders", sa.Column("vat_number", sa.String(), nullable=True))
    for table in ("accounts", "customers", "orders"):
        op.add_column(table, sa.Column("vat_country", sa.String(), nullable=True))
    _fill("accounts", "address", ("id",))
    _fill("customers", "billing_address", ("account_id", "id"))


def _fill(name: str, address: str, key: tuple[str, ...]) -> None:
    """The country that the number's prefix names, else that of the address."""
    names = (*key, "vat_number", "vat_country")
    table = sa.table(name, *(sa.column(each, sa.String) for each in names), sa.column(address, sa.JSON))
    filled = sa.update(table).where(*(table.c[each] == sa.bindparam(f"of_{each}") for each in key))
    connection = op.get_bind()
    rows = connection.execute(sa.select(table).where(table.c.vat_number.is_not(None))).mappings().all()
    changes: list[dict[str, Any]] = [
        {
            **{f"of_{each}": row[each] for each in key},
            "country": _country(row["vat_number"], (row[address] or {}).get("country_code")),
        }
        for row in rows
    ]
    if changes:
        connection.execute(filled.values(vat_country=sa.bindparam("country")), changes)


def _country(number: str, country: str | None) -> str | None:
    prefix = number[:2].upper()
    if prefix not in PREFIXES:
        return country
    return "GR" if prefix == "EL" else prefix
