"""The loop that a command is compared with does all that the command does in the database."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bench.bare import Bare, check_inserts, command, record_statements
from bench.homes import POSTGRESQL, SQLITE, Home
from invoicing.access import Principal
from invoicing.audit.actions import AuditAction
from invoicing.invoices import from_orders
from invoicing.storage import rows
from invoicing.storage.database import Database
from invoicing.storage.tables import audit_entries, invoice_lines, invoices, outbox
from tests.support import factories
from tests.support.factories import NOW, item

INSERTS = {"invoices": 1, "invoice_lines": 2, "outbox": 1, "audit_entries": 1}


@pytest.fixture
def recorded(database: Database, principal: Principal) -> list[Any]:
    """The statements that invoice two items, which were rolled back."""
    ann = factories.customer(database, principal)
    factories.order(database, principal, customer_id=ann.id, items=[item(id="a"), item(id="b")])
    work = command(principal, AuditAction.INVOICE_ITEMS, from_orders.invoice_items, ["a", "b"], now=NOW)
    return record_statements(database, [work])


def test_every_statement_of_a_command_is_recorded_and_does_the_same_again(
    database: Database, database_url: str, recorded: list[Any], tmp_path: Path
) -> None:
    (transaction,) = recorded
    check_inserts(transaction, INSERTS)
    tables = (invoices, invoice_lines, outbox, audit_entries)
    before = [len(database.read(rows.plain, select(table))) for table in tables]
    home = Home(SQLITE if database.is_sqlite else POSTGRESQL, tmp_path, database_url)
    with closing(Bare(home, recorded)) as bare:
        bare.run(1, 60)
    added = [
        len(database.read(rows.plain, select(table))) - had for table, had in zip(tables, before, strict=True)
    ]
    assert added == [1, 2, 1, 1]
    assert "a" in str(database.read(rows.plain, select(invoice_lines.c.order_item_id)))


def test_a_recording_without_what_must_be_there_is_refused(recorded: list[Any]) -> None:
    (transaction,) = recorded
    without_audit = [each for each in transaction if "audit_entries" not in each.text]
    with pytest.raises(RuntimeError, match="audit_entries"):
        check_inserts(without_audit, INSERTS)
    with pytest.raises(RuntimeError, match="invoice_lines"):
        check_inserts(transaction, {**INSERTS, "invoice_lines": 3})
