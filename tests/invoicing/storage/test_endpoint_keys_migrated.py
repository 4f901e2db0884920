"""The migration that adds idempotency keys to webhook endpoints changes nothing else."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, select, text

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import webhook_endpoints
from tests.support import factories
from tests.support.webhook_listener import endpoint

BEFORE = (
    "DROP INDEX webhook_endpoints_one_idempotency_key",
    *(f"ALTER TABLE webhook_endpoints DROP COLUMN {column}" for column in ("idempotency_key", "request")),
    "UPDATE alembic_version SET version_num = '0027'",
)


def rows(database: Database) -> list[str]:
    def read(connection: Connection) -> list[str]:
        return sorted(map(repr, connection.execute(select(webhook_endpoints)).mappings()))

    return database.read(read)


def test_endpoints_of_before_stay_as_they_are_and_have_no_key(
    database: Database, principal: Principal
) -> None:
    made, _ = endpoint(database, principal)
    endpoint(database, principal)
    factories.invoice(database, principal)
    before = rows(database)
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0028")

    database.write(migrate)
    assert rows(database) == before
    assert made.idempotency_key is None
