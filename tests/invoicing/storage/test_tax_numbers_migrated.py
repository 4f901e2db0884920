"""The migration that gives sellers a tax number."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.accounts import settings as account_settings
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories

BEFORE = (
    "ALTER TABLE accounts DROP COLUMN tax_number",
    "UPDATE alembic_version SET version_num = '0011'",
)


def test_sellers_keep_what_they_have_and_have_no_tax_number(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    before = database.read(account_settings.account, principal.account_id)
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0012")

    database.write(migrate)
    assert database.read(account_settings.account, principal.account_id) == before
    assert (before.legal_name, before.tax_number) == ("Mug & Co", None)
