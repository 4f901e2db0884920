"""Verifying finds every kind of fault that is planted in the tables directly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, select
from typer import Typer
from typer.testing import CliRunner, Result

from invoicing.access import Principal
from invoicing.storage.database import Database
from invoicing.storage.tables import invoices
from invoicing.verify.books import verify
from server.commands.verify import verify as command_verify
from tests.support import factories
from tests.support.planted_faults import has_finding, plant, unprotected


@pytest.fixture
def books(database: Database, principal: Principal) -> Database:
    """Three invoices of 2025, of two items each, in tables without constraints and triggers."""
    for number in (1, 2, 3):
        items = [factories.item(id=f"{number}-{at}", quantity=at) for at in (1, 2)]
        factories.invoice(database, principal, invoice_id=f"invoice-{number}", items=items)
    return unprotected(database)


def test_books_that_are_right_have_no_findings(books: Database) -> None:
    verdict = books.read(verify)
    assert (verdict.invoices, verdict.series, verdict.findings) == (3, 1, [])


def test_an_empty_database_is_right(database: Database) -> None:
    assert database.read(verify).findings == []


@pytest.mark.parametrize(
    ("change", "subject", "kind", "says"),
    [
        (
            "DELETE FROM invoices WHERE sequence = 2",
            "INVOICE 2025",
            "gap",
            "2 is missing before INV-2025-00003.",
        ),
        ("DELETE FROM invoices WHERE sequence < 3", "INVOICE 2025", "gap", "1 to 2 are missing"),
        (
            "DELETE FROM invoices WHERE sequence = 3",
            "INVOICE 2025",
            "series",
            "taken is 3, the last on an invoice 2",
        ),
        ("DELETE FROM invoices", "INVOICE 2025", "series", "taken is 3, the last on an invoice 0"),
        ("UPDATE invoices SET sequence = 9 WHERE sequence = 3", "INVOICE 2025", "gap", "3 to 8 are missing"),
        ("UPDATE invoices SET sequence = 1 WHERE sequence = 2", "INV-2025-00002", "duplicate", "taken twice"),
        ("UPDATE invoices SET period = '2024' WHERE sequence = 1", "INVOICE 2024", "series", "taken is 0"),
        ("UPDATE invoices SET number = 'INV-2025-00001'", "INV-2025-00001", "duplicate", "3 invoices have"),
        ("UPDATE number_series SET last = 7 WHERE type = 'INVOICE'", "INVOICE 2025", "series", "taken is 7"),
        ("DELETE FROM number_series", "INVOICE 2025", "series", "taken is 0, the last on an invoice 3"),
        (
            "UPDATE invoices SET total = total + 1 WHERE sequence = 2",
            "INV-2025-00002",
            "total",
            "not 3000 + 630",
        ),
        (
            "UPDATE invoices SET total = total + 1 WHERE sequence = 2",
            "INV-2025-00002",
            "lines",
            "come to 3630",
        ),
        (
            "UPDATE order_items SET subtotal = subtotal + 1 WHERE id = '2-2'",
            "2-2",
            "items",
            "Price × quantity is 2420, the item and its parts come to 2421",
        ),
        ("UPDATE invoices SET subtotal = 0 WHERE sequence = 2", "INV-2025-00002", "lines", "subtotal is 0"),
        (
            "UPDATE invoices SET total_ex_vat = 2999, total_vat = 631 WHERE sequence = 2",
            "INV-2025-00002",
            "vat",
            "the VAT rows' base come to 3000",
        ),
        (
            "UPDATE invoices SET issued_on = '2025-06-01' WHERE sequence = 2",
            "INV-2025-00002",
            "snapshot",
            "issued_on is 2025-06-01, in the snapshot 2025-06-02",
        ),
        (
            "UPDATE invoices SET currency = 'USD' WHERE sequence = 2",
            "INV-2025-00002",
            "snapshot",
            "currency is USD",
        ),
        (
            "UPDATE invoices SET number = 'X' WHERE sequence = 2",
            "X",
            "snapshot",
            "in the snapshot INV-2025-00002",
        ),
        (
            "UPDATE invoices SET snapshot = '{' WHERE sequence = 2",
            "INV-2025-00002",
            "snapshot",
            "cannot be read",
        ),
        (
            "UPDATE invoices SET snapshot = '[]' WHERE sequence = 2",
            "INV-2025-00002",
            "snapshot",
            "cannot be read",
        ),
        (
            "UPDATE invoices SET snapshot = '{}' WHERE sequence = 2",
            "INV-2025-00002",
            "snapshot",
            "cannot be read",
        ),
        (
            "UPDATE invoices SET snapshot = replace(snapshot, '\"base\":', '\"base\":1') WHERE sequence = 2",
            "INV-2025-00002",
            "vat",
            "The VAT row of S 21 % is not the sum of its lines",
        ),
        ("DELETE FROM invoice_lines WHERE order_item_id = '2-1'", "INV-2025-00002", "lines", "come to 2420"),
        ("DELETE FROM invoice_lines WHERE order_item_id = '2-1'", "INV-2025-00002", "snapshot", "1 lines"),
        ("DELETE FROM invoice_lines WHERE order_item_id = '2-1'", "2-1", "items", "has no line for it"),
        (
            "UPDATE invoice_lines SET total_ex_vat = total_ex_vat + 1, vat_amount = vat_amount - 1 "
            "WHERE order_item_id = '2-1'",
            "INV-2025-00002",
            "lines",
            "total_ex_vat come to 3001",
        ),
        (
            "UPDATE invoice_lines SET discount = 5 WHERE order_item_id = '2-1'",
            "INV-2025-00002",
            "lines",
            "not 1210 - 5",
        ),
        (
            "UPDATE invoice_lines SET vat_amount = 0 WHERE order_item_id = '2-1'",
            "INV-2025-00002",
            "lines",
            "is not 1000 + 0",
        ),
        (
            "UPDATE invoice_lines SET name = 'Cup' WHERE order_item_id = '2-1'",
            "INV-2025-00002",
            "snapshot",
            "differs from the snapshot in name",
        ),
        (
            "UPDATE invoices SET snapshot = replace(snapshot, '\"exchange_rate\":null', "
            '\'"exchange_rate":"1.1"\') WHERE sequence = 2',
            "INV-2025-00002",
            "tax currency",
            "total_vat is 630, in the tax currency itself 630",
        ),
        (
            "UPDATE invoices SET snapshot = replace(snapshot, "
            '\'"currency":"EUR","decimals":2,"exchange_rate":null\', '
            '\'"currency":"USD","decimals":2,"exchange_rate":"1.1"\') WHERE sequence = 2',
            "INV-2025-00002",
            "tax currency",
            "The VAT is 630 in USD; at 1.1 it is 573.",
        ),
        (
            'UPDATE invoices SET snapshot = replace(snapshot, \'"currency":"EUR","decimals":2\', '
            '\'"currency":"USD","decimals":2\') WHERE sequence = 2',
            "INV-2025-00002",
            "tax currency",
            "The VAT is 630 in USD, without a rate.",
        ),
        (
            "UPDATE invoices SET snapshot = replace(snapshot, "
            "'\"shipping_address\":', "
            '\'"delivery_date":"2025-06-01","service_period":{"start":"2025-06-01","end":"2025-06-02"},'
            '"shipping_address":\') '
            "WHERE sequence = 2",
            "INV-2025-00002",
            "supply",
            "delivery date 2025-06-01 and a service period",
        ),
        (
            "UPDATE invoices SET snapshot = replace(snapshot, '\"order_id\"', "
            '\'"service_period":{"start":"2025-06-02","end":"2025-06-01"},"order_id"\') WHERE sequence = 2',
            "INV-2025-00002",
            "supply",
            "ends on 2025-06-01, before its start",
        ),
        (
            "UPDATE order_items SET invoice_id = NULL WHERE id = '2-1'",
            "INV-2025-00002",
            "items",
            "Item 2-1 is marked with no invoice",
        ),
        (
            "UPDATE order_items SET invoice_id = 'invoice-3' WHERE id = '2-1'",
            "INV-2025-00002",
            "items",
            "Item 2-1 is marked with invoice-3",
        ),
    ],
)
def test_a_planted_defect_is_found(books: Database, change: str, subject: str, kind: str, says: str) -> None:
    findings = plant(books, change)
    assert has_finding(findings, subject, kind, says), findings


def test_books_are_verified_as_they_are_at_one_moment(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An invoice is issued after the numbers have been checked, and before the PDFs are."""

    def issue_an_invoice(connection: Connection, mine: str) -> Iterator[tuple[str, str, str]]:
        factories.invoice(database, principal)
        rows = connection.execute(select(invoices.c.number).where(invoices.c.account_id == mine)).all()
        yield from [(row.number, "seen", "") for row in rows]

    monkeypatch.setattr("invoicing.verify.books.find_wrong_credits", issue_an_invoice)
    factories.invoice(database, principal)
    assert [found.subject for found in database.read(verify).findings] == ["INV-2025-00001"]


def test_only_what_is_wrong_is_found(books: Database) -> None:
    findings = plant(books, "UPDATE number_series SET last = 4 WHERE type = 'INVOICE'")
    assert [found.kind for found in findings] == ["series"]


def test_each_accounts_series_are_counted(database: Database, principal: Principal) -> None:
    for year in (2024, 2025):
        factories.invoice(database, principal, now=datetime(year, 6, 1, tzinfo=UTC))
    other = factories.principal(database)
    factories.invoice(database, other)
    assert (database.read(verify).series, database.read(verify).findings) == (3, [])
    assert database.read(verify, other.account_id).invoices == 1


def test_all_invoices_are_checked_batch_by_batch(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicing.verify.books._NEXT_INVOICES", _batches_of_three())
    for _ in range(7):
        factories.invoice(database, principal)
    verdict = database.read(verify)
    assert (verdict.invoices, verdict.findings) == (7, [])


def _batches_of_three() -> object:
    from invoicing.verify.books import _NEXT_INVOICES

    return _NEXT_INVOICES.limit(3)


@pytest.fixture
def command(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("INVOICING_DATABASE_URL", database_url)
    app = Typer()
    app.command()(command_verify)
    return lambda *words: CliRunner().invoke(app, [*words])


def test_the_command_says_that_all_is_right(
    command: Callable[..., Result], database: Database, principal: Principal
) -> None:
    factories.invoice(database, principal)
    result = command("--account", principal.account_id)
    assert result.stdout == (
        "1 invoices in 1 series: no gap, no duplicate, every total right, every paper there or due.\n"
        "0 payments and refunds: every cent accounted for, every state as it must be.\n"
        "0 entries in the audit log: none changed, none missing.\n"
    )
    assert result.exit_code == 0


def test_the_command_lists_what_is_wrong_and_fails(command: Callable[..., Result], books: Database) -> None:
    plant(books, "DELETE FROM invoices WHERE sequence = 2")
    result = command()
    assert result.exit_code == 1
    assert "gap" in result.stdout
    assert "in 2 invoices in 1 series, 0 payments and refunds and 0 entries in the audit log" in result.stdout
