"""The migration that gives each series the date of its last invoice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.errors import ClockBehind
from invoicing.invoices import from_orders
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import invoices, number_series
from tests.support import factories
from tests.support.factories import NOW
from tests.support.till import Till

BEFORE = (
    "DROP TABLE exchange_rates",
    "ALTER TABLE number_series DROP COLUMN issued_on",
    "UPDATE alembic_version SET version_num = '0008'",
)


def migrate_from_0008(database: Database) -> None:
    settings = running.config()

    def migrate(connection: Connection) -> None:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0009")
        connection.execute(text("UPDATE alembic_version SET version_num = :last"), {"last": version})

    database.write(migrate)


def test_a_series_has_the_date_of_its_last_invoice(database: Database, principal: Principal) -> None:
    till = Till(database, principal)
    for days in (0, 1, 2):
        factories.invoice(database, principal, now=NOW + timedelta(days=days))
    before = sorted(map(repr, till.rows(invoices)))
    migrate_from_0008(database)
    assert sorted(map(repr, till.rows(invoices))) == before
    statement = select(number_series.c.type, number_series.c.issued_on)
    dates = dict(database.read(lambda connection: [tuple(row) for row in connection.execute(statement)]))
    assert dates == {"INVOICE": (NOW + timedelta(days=2)).date(), "ORDER": None}
    order = factories.order(database, principal)
    with pytest.raises(ClockBehind):
        database.write(from_orders.invoice_order, principal, order.id, now=NOW + timedelta(days=1))
