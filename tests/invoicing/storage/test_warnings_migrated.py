"""The migration by which documents say what they could not show."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, text

from invoicing.access import Principal
from invoicing.invoices import pdf, queries
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from tests.support import factories

BEFORE = (
    "ALTER TABLE documents DROP COLUMN warnings",
    "UPDATE alembic_version SET version_num = '0025'",
)


def test_documents_of_before_have_no_warnings(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    (due,) = database.write(pdf.claim, most=1, now=factories.NOW)
    made = pdf.RenderedPdf(due.job, "its key", 1, "0" * 64, warnings=["A box."])
    database.write(pdf.record, [made], [], now=factories.NOW)
    before = database.read(queries.invoice, principal, issued.id)
    assert before is not None
    assert before.pdf_warnings == ["A box."]
    settings = running.config()

    def migrate(connection: Connection) -> None:
        for statement in BEFORE:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0026")

    database.write(migrate)
    after = database.read(queries.invoice, principal, issued.id)
    assert after is not None
    assert (after.pdf_key, after.pdf_warnings) == ("its key", None)
