"""Exports of Stripe's dashboard become orders of the same totals, or are rejected with what differs."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from invoicing.access import Principal
from invoicing.importing.stripe_exports import STRIPE
from invoicing.storage.database import Database
from invoicing.storage.tables import customers, orders
from invoicing.vat.categories import Category
from invoicing.verify.books import verify
from tests.support.import_files import ImportFile, items_of_order, read_rejects

EXPORTS = Path(__file__).parent / "exports"
INVOICES = (EXPORTS / "stripe-invoices.csv").read_text(encoding="utf-8")
PAYMENTS = (EXPORTS / "stripe-payments.csv").read_text(encoding="utf-8")


def test_invoices_are_imported_rejected_or_skipped(
    import_file: ImportFile, database: Database, rejects: Path
) -> None:
    done = import_file(INVOICES, layout=STRIPE, invoice=True)
    assert (done.lines, done.imported, done.invoiced) == (8, 2, {"EUR": 3_630 + 2_700})
    assert done.skipped == {"order_unpaid": 2, "order_voided": 1}
    assert done.rejected == {"total_differs": 2, "no_vat": 1}
    messages = [row["reject_message"] for row in read_rejects(rejects)]
    assert "a tax of 6.30 EUR come to 36.30 EUR, but the file says a total of 30.50 EUR." in messages[2]
    assert messages[4] == "The lines come to 32.70 EUR with VAT, but the file says a total of 36.30 EUR."
    assert database.read(verify).findings == []
    assert import_file(INVOICES, layout=STRIPE).existing == 2


def test_an_invoice_has_its_customer_and_its_prices_as_they_are(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    import_file(INVOICES, layout=STRIPE, untaxed=Category.E)
    rows = database.read(lambda connection: connection.execute(select(orders).order_by("id")).all())
    assert [(row.id, row.number, row.is_including_vat, row.total, row.currency) for row in rows] == [
        ("in_1A", "A1B2-0001", False, 3_630, "EUR"),
        ("in_1B", "A1B2-0002", True, 2_700, "EUR"),
        ("in_1F", "A1B2-0006", True, 2_000, "JPY"),
    ]
    assert rows[1].created_at.isoformat() == "2025-02-03T23:30:00+00:00"
    (item,) = items_of_order(database, principal, "in_1B")
    assert (item.unit_price, item.discount, item.vat_rate) == (3_000, 300, 190_000)
    found = database.read(lambda connection: connection.execute(select(customers).order_by("handle")).all())
    assert [(customer.handle, customer.name) for customer in found] == [
        ("cus_A", "Ann Baker"),
        ("cus_B", "Bäcker GmbH, Dresden"),
        ("cus_C", "Cho"),
    ]


def test_payments_are_imported_with_the_rate_of_the_account(
    import_file: ImportFile, database: Database, principal: Principal
) -> None:
    done = import_file(PAYMENTS, layout=STRIPE, invoice=True)
    assert (done.lines, done.imported, done.invoiced) == (7, 2, {"EUR": 125_000 + 4_900})
    assert done.skipped == {"order_refunded": 1, "order_partially_refunded": 1, "order_unpaid": 2}
    assert done.rejected == {"unknown_status": 1}
    (item,) = items_of_order(database, principal, "ch_1A")
    assert (item.name, item.unit_price, item.vat_rate) == ("Pro plan", 125_000, 210_000)
    guest = database.read(
        lambda connection: connection.execute(select(orders).where(orders.c.id == "py_1B")).one()
    )
    assert (guest.customer_id, guest.billing_name) == (None, "bob+x@example.com")
    assert database.read(verify).findings == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",Paid,Pro", ",Unheard,Pro", "unknown_status"),
        ("1250.00,0.00", '"1,250",0.00', "unreadable_number"),
        (",eur,true,1250", ",euro,true,1250", "invalid_currency"),
    ],
)
def test_a_wrong_cell_rejects_its_order(import_file: ImportFile, old: str, new: str, reason: str) -> None:
    text = "\n".join(PAYMENTS.split("\n")[:2])
    assert old in text
    assert import_file(text.replace(old, new), layout=STRIPE).rejected == {reason: 1}


def test_what_is_on_two_lines_is_rejected(import_file: ImportFile) -> None:
    header, first = INVOICES.split("\n")[:2]
    assert import_file("\n".join([header, first, first]), layout=STRIPE).rejected == {"contradiction": 2}
