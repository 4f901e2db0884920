"""The migration that lets an account have a tax currency of its own."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.accounts.settings import account, tax_currency_of
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories
from tests.support.factories import ADDRESS


def test_an_account_of_before_has_its_countrys(database: Database, principal: Principal) -> None:
    polish = factories.principal(database, address={**ADDRESS, "country_code": "PL"})
    before = [database.read(account, each.account_id) for each in (principal, polish)]
    settings = running.config()

    def migrate(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE accounts DROP COLUMN tax_currency"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0010'"))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0011")

    database.write(migrate)
    after = [database.read(account, each.account_id) for each in (principal, polish)]
    assert [sorted(map(str, tuple(each))) for each in after] == [
        sorted(map(str, tuple(each))) for each in before
    ]
    assert [tax_currency_of(each) for each in after] == ["EUR", "PLN"]
