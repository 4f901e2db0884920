"""The migration by which a document is found by its key."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from invoicing.access import Principal
from invoicing.invoices import pdf
from invoicing.storage import migrations
from invoicing.storage.database import Database
from invoicing.verify import papers
from tests.support import factories

BEFORE = ("DROP INDEX documents_by_key", "UPDATE alembic_version SET version_num = '0016'")


def test_documents_of_before_are_found_by_their_keys(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    (due,) = database.write(pdf.claim, most=1, now=factories.NOW)
    made = pdf.RenderedPdf(due.job, "its key", 1, "0" * 64)
    database.write(pdf.record, [made], [], now=factories.NOW)
    settings = migrations.config()

    def migrate(connection: Connection) -> list[str | None]:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0017")
        return [index["name"] for index in inspect(connection).get_indexes("documents")]

    assert database.write(migrate) == ["documents_by_key"]
    assert database.read(papers.unnamed, ["its key", "another"]) == ["another"]
