"""The migration that adds the audit log to a database with accounts."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.audit_trail import actions_of, make_customers

BEFORE = (
    "DROP TABLE audit_subjects",
    "DROP TABLE audit_entries",
    "DROP TABLE audit_heads",
    "UPDATE alembic_version SET version_num = '0019'",
)
FUNCTIONS = ("audit_is_appended", "audit_head_advances", "audit_entry_follows")


def test_accounts_that_are_there_get_an_empty_log(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    settings = running.config()

    def migrate(connection: Connection) -> None:
        functions = () if database.is_sqlite else [f"DROP FUNCTION {name}" for name in FUNCTIONS]
        for statement in (*BEFORE[:3], *functions, *BEFORE[3:]):
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0020")

    database.write(migrate)
    assert (database.read(verify).invoices, database.read(verify).findings) == (1, [])
    make_customers(database, principal, ["Ann"])
    make_customers(database, factories.principal(database), ["Bob"])
    assert actions_of(database, issued.account_id) == ["createCustomer"]
    assert database.read(verify).findings == []
