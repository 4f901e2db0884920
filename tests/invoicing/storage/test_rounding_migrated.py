"""The migration that gives invoices a rounding changes no row, and keeps issued invoices frozen."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import accounts, invoice_lines, invoices
from invoicing.verify.books import verify
from tests.support.till import Till

FROZEN_BEFORE = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, issued_on, due_on, actor_id, actor_name, actor_type, "
    "snapshot, request, created_at"
)
NEW = (("invoices", "rounding"), ("invoice_lines", "rounding"), ("accounts", "payable_rounding"))


def migrate_from_0013(database: Database) -> None:
    settings = running.config()

    def migrate(connection: Connection) -> None:
        connection.execute(text(f"DROP TRIGGER invoices_stay{'' if database.is_sqlite else ' ON invoices'}"))
        for table, column in NEW:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        refusal = (
            "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
            if database.is_sqlite
            else "FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()"
        )
        connection.execute(
            text(f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN_BEFORE} ON invoices {refusal}")
        )
        connection.execute(text("UPDATE alembic_version SET version_num = '0013'"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0014")

    database.write(migrate)


def all_rows(till: Till) -> list[Any]:
    new = {column for _, column in NEW}
    return [
        [{name: value for name, value in row._mapping.items() if name not in new} for row in till.rows(table)]
        for table in (invoices, invoice_lines)
    ]


@pytest.fixture
def till(database: Database, principal: Principal) -> Till:
    till = Till(database, principal)
    a, _ = till.order("o", 2_450, 2_450, is_including_vat=False)
    till.pay(6_000, order_id="o")
    till.invoice(a, id="first")
    till.credit(till.sale(1_000), 100)
    return till


def test_no_row_is_changed_and_none_has_a_rounding(till: Till) -> None:
    before, asked = all_rows(till), till.balance("first")
    migrate_from_0013(till.database)
    assert all_rows(till) == before
    assert {row.rounding for row in till.rows(invoices)} == {0}
    assert {row.rounding for row in till.rows(invoice_lines)} == {None}
    multiple = till.database.read(lambda connection: connection.scalar(select(accounts.c.payable_rounding)))
    assert (multiple, till.balance("first")) == (1, asked)
    assert till.database.read(verify).findings == []
    second = till.invoice("o-1")
    assert (second.total, second.rounding, till.left("o")) == (2_965, -1, [6_000 - 5_929])
    assert till.database.read(verify).findings == []


def test_a_rounding_is_frozen_too(till: Till) -> None:
    migrate_from_0013(till.database)
    for column in ("rounding", "total"):
        change = update(invoices).values({column: 1})
        with pytest.raises(DBAPIError, match="frozen"):
            till.database.write(Connection.execute, change)
