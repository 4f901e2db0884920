"""The migration that gives accounts branding changes no row, and keeps issued invoices frozen."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import DBAPIError

from invoicing.access import Principal
from invoicing.accounts import branding
from invoicing.accounts.logo import read_logo
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import accounts, invoices, logos
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.factories import NOW
from tests.support.logos import WIDE

FROZEN_BEFORE = (
    "account_id, id, handle, number, type, period, sequence, customer_id, currency, is_including_vat, "
    "subtotal, total_ex_vat, total_vat, total, rounding, issued_on, due_on, actor_id, actor_name, "
    "actor_type, snapshot, request, created_at"
)
NEW = {
    "accounts": ("logo", "accent_color", "footer", "terms", "paper_size", "tax_name"),
    "invoices": ("logo",),
}


def migrate_from_0026(database: Database) -> None:
    settings = running.config()
    refusal = (
        "BEGIN SELECT RAISE(ABORT, 'an issued invoice is frozen'); END"
        if database.is_sqlite
        else "FOR EACH ROW EXECUTE FUNCTION issued_is_frozen()"
    )
    before = [
        f"DROP TRIGGER invoices_stay{'' if database.is_sqlite else ' ON invoices'}",
        "DROP TABLE logos",
        *([] if database.is_sqlite else ["DROP FUNCTION logo_is_kept()"]),
        *(f"ALTER TABLE {table} DROP COLUMN {name}" for table, names in NEW.items() for name in names),
        f"CREATE TRIGGER invoices_stay BEFORE UPDATE OF {FROZEN_BEFORE} ON invoices {refusal}",
        "UPDATE alembic_version SET version_num = '0026'",
    ]

    def migrate(connection: Connection) -> None:
        for statement in before:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0027")

    database.write(migrate)


def all_rows(database: Database) -> list[dict[str, Any]]:
    def read(connection: Connection) -> list[dict[str, Any]]:
        return [
            {name: value for name, value in row.items() if name not in NEW[table.name]}
            for table in (accounts, invoices)
            for row in connection.execute(select(table).order_by(table.c.id)).mappings()
        ]

    return database.read(read)


def test_no_row_is_changed_and_the_paper_is_as_before(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    before = all_rows(database)
    migrate_from_0026(database)
    assert all_rows(database) == before
    seller = database.read(lambda connection: connection.execute(select(accounts)).one())
    assert (seller.accent_color, seller.paper_size) == ("#0A636B", "A4")
    assert [seller.logo, seller.footer, seller.terms, seller.tax_name] == [None] * 4
    kept = database.read(lambda connection: connection.execute(select(invoices)).one())
    assert (kept.id, kept.logo) == (issued.id, None)
    assert database.read(verify).findings == []


def test_a_logo_is_kept_and_frozen_with_the_invoice(database: Database, principal: Principal) -> None:
    migrate_from_0026(database)
    image = read_logo(WIDE)
    database.write(branding.update_branding, principal, {"logo": "given"}, image=image, now=NOW)
    assert factories.invoice(database, principal).logo == image.sha256
    changes = (update(invoices).values(logo=None), update(invoices).values(total=1))
    for change in changes:
        with pytest.raises(DBAPIError, match="frozen"):
            database.write(Connection.execute, change)
    with pytest.raises(DBAPIError, match="logos are kept"):
        database.write(Connection.execute, logos.delete())
