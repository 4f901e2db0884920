"""The migration that gives accounts and customers an electronic address."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.customers import details
from invoicing.invoices import queries
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories

BEFORE = (
    "ALTER TABLE accounts DROP COLUMN electronic_address",
    "ALTER TABLE customers DROP COLUMN electronic_address",
    "UPDATE alembic_version SET version_num = '0023'",
)


def test_parties_and_invoices_keep_what_they_have(database: Database, principal: Principal) -> None:
    buyer = factories.customer(database, principal, name="Ann")
    issued = factories.invoice(database, principal, customer_id=buyer.id)
    seller = database.read(account_settings.account, principal.account_id)
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0024")

    database.write(migrate)
    assert database.read(account_settings.account, principal.account_id) == seller
    assert database.read(details.find_customer, principal, id=buyer.id, handle=None) == buyer
    assert database.read(queries.invoice, principal, issued.id) == issued
    assert (seller.electronic_address, buyer.electronic_address) == (None, None)
