"""The migration that keeps the country of every VAT number beside it."""

from __future__ import annotations

from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.orders import intake
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories

BEFORE = (
    "ALTER TABLE orders DROP COLUMN vat_number",
    *(f"ALTER TABLE {table} DROP COLUMN vat_country" for table in ("accounts", "customers", "orders")),
    "UPDATE alembic_version SET version_num = '0012'",
)
GREEK = {"vat_number": "EL094014201", "billing_address": {"country_code": "GR"}}
BUYERS = (
    {"name": "without"},
    {"name": "German", "vat_number": "DE123456788"},
    {"name": "Greek", **GREEK},
    {"name": "French", "vat_number": "40303265045", "billing_address": {"country_code": "FR"}},
    {"name": "Swiss", "vat_number": "CHE107787577IVA"},
)


def migrate(database: Database) -> None:
    settings = running.config()

    def run(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0013")

    database.write(run)


@pytest.mark.parametrize("values", [{}, {"vat_number": None, "tax_number": "1"}])
def test_countries_are_as_if_the_numbers_were_given_now(database: Database, values: dict[str, Any]) -> None:
    principal: Principal = factories.principal(database, **values)
    buyers = [factories.customer(database, principal, **each).id for each in BUYERS]
    order = factories.order(database, principal, customer_id=buyers[1])
    seller = database.read(account_settings.account, principal.account_id)
    known = database.read(details.customers_by_id, principal, buyers)
    migrate(database)
    assert database.read(account_settings.account, principal.account_id) == seller
    assert database.read(details.customers_by_id, principal, buyers) == known
    assert database.read(intake.find_order, principal, order.id) == order
    assert [known[id].vat_country for id in buyers] == [None, "DE", "GR", "FR", "CH"]
