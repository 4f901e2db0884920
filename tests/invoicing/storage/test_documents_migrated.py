"""The migrations by which a document is found by its key, and says whether it carries the e-invoice."""

from __future__ import annotations

from alembic import command
from sqlalchemy import Connection, inspect, text

from invoicing.access import Principal
from invoicing.invoices import pdf, queries
from invoicing.storage.database import Database
from invoicing.storage.migrations import running
from invoicing.storage.tables import documents
from invoicing.verify import papers
from tests.support import factories

BEFORE_0017 = ("DROP INDEX documents_by_key", "UPDATE alembic_version SET version_num = '0016'")
BEFORE_0025 = (
    "ALTER TABLE documents DROP COLUMN has_e_invoice",
    "UPDATE alembic_version SET version_num = '0024'",
)


def test_documents_of_before_are_found_by_their_keys(database: Database, principal: Principal) -> None:
    factories.invoice(database, principal)
    (due,) = database.write(pdf.claim, most=1, now=factories.NOW)
    made = pdf.RenderedPdf(due.job, "its key", 1, "0" * 64)
    database.write(pdf.record, [made], [], now=factories.NOW)
    settings = running.config()

    def migrate(connection: Connection) -> list[str | None]:
        for statement in BEFORE_0017:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0017")
        return [index["name"] for index in inspect(connection).get_indexes("documents")]

    assert database.write(migrate) == ["documents_by_key"]
    assert database.read(papers.unnamed, ["its key", "another"]) == ["another"]


def test_documents_of_before_stay_and_carry_no_e_invoice(database: Database, principal: Principal) -> None:
    issued = factories.invoice(database, principal)
    (due,) = database.write(pdf.claim, most=1, now=factories.NOW)
    made = pdf.RenderedPdf(due.job, "its key", 1, "0" * 64, has_e_invoice=True)
    database.write(pdf.record, [made], [], now=factories.NOW)
    before = database.read(pdf.document, "its key")
    settings = running.config()

    def migrate(connection: Connection) -> list[str | None]:
        for statement in BEFORE_0025:
            connection.execute(text(statement))
        settings.attributes["connection"] = connection
        command.upgrade(settings, "0025")
        return [index["name"] for index in inspect(connection).get_indexes("documents")]

    assert database.write(migrate) == ["documents_by_key"]
    kept = database.read(pdf.document, "its key")
    names = set(documents.c.keys()) - {"has_e_invoice"}
    assert [getattr(kept, name) for name in names] == [getattr(before, name) for name in names]
    found = database.read(queries.invoice, principal, issued.id)
    assert found is not None
    assert (found.pdf_key, found.pdf_has_e_invoice) == ("its key", False)
