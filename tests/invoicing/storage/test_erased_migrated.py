"""The migration that knows which customers were erased."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.customers import details
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories

BEFORE = (
    "ALTER TABLE customers DROP COLUMN erased_at",
    "UPDATE alembic_version SET version_num = '0020'",
)


def test_customers_that_are_there_are_not_erased(database: Database, principal: Principal) -> None:
    made = factories.customer(database, principal, handle="h", billing_address=factories.ADDRESS)
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0021")

    database.write(migrate)
    assert database.read(details.find_customer, principal, id=made.id) == made
    assert made.erased_at is None
