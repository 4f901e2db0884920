"""The migration that makes the indexes by which old rows are found."""

from __future__ import annotations

from datetime import timedelta

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.retention.purge import Retention, purge
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.invoicing.retention.test_purge import left, send
from tests.support.factories import NOW

BEFORE = (
    "DROP INDEX webhook_deliveries_over",
    "DROP INDEX customer_sessions_over",
    "UPDATE alembic_version SET version_num = '0022'",
)


def test_what_is_there_already_is_purged_too(database: Database, principal: Principal) -> None:
    _, waiting = send(database, principal, "DELIVERED", "PENDING")
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0023")

    database.write(migrate)
    day = timedelta(days=1)
    database.write(purge, Retention(day, day), now=NOW + 2 * day)
    assert left(database) == [waiting]
