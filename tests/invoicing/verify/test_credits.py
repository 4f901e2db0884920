"""Verifying finds faults of credits that are planted in the tables directly."""

from __future__ import annotations

import pytest

from invoicing.access import Principal
from invoicing.invoices import from_orders
from invoicing.invoices.credit import LineCredit
from invoicing.orders import returns
from invoicing.orders.actions import Action
from invoicing.orders.returns import Contra
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.planted_faults import plant, unprotected


@pytest.fixture
def credited(database: Database, principal: Principal) -> Database:
    """An invoice of two lines: `mug` is returned in part and credited, `pot` is credited by amount."""
    items = [factories.item(id="mug", quantity=3), factories.item(id="pot", unit_price=2_420)]
    sale = factories.invoice(database, principal, invoice_id="sale", id="o", items=items)
    contra_items = [Contra("mug", 2, "gum")]
    database.write(returns.undo_items, principal, Action.CANCEL, "o", contra_items, now=factories.NOW)
    database.write(from_orders.invoice_items, principal, ["gum"], invoice_id="returned", now=factories.NOW)
    amount = [LineCredit(sale.frozen().lines[1].id, amount=1_000)]
    database.write(
        from_orders.credit_invoice,
        principal,
        sale.id,
        amount,
        reason=None,
        credit_invoice_id="amount",
        now=factories.NOW,
    )
    assert database.read(verify).findings == []
    return unprotected(database)


@pytest.mark.parametrize(
    ("change", "subject", "says"),
    [
        (
            "UPDATE invoice_lines SET total = -2421, subtotal = -2421 WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "total is 2420, its credits come to -2421.",
        ),
        (
            "UPDATE order_items SET quantity = -1999999 WHERE id = 'gum'",
            "gum",
            "not the same as item",
        ),
        (
            "UPDATE invoice_lines SET total = 5 WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "its credits come to 5.",
        ),
        (
            "UPDATE invoice_lines SET total_ex_vat = -3001 WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "The net of what bears 21 % VAT (S) is 5000, its credits come to -5001.",
        ),
        (
            "UPDATE invoice_lines SET total_ex_vat = -824, vat_amount = -176 WHERE invoice_id = 'amount'",
            "CRN-2025-00002",
            "Its VAT of -176 does not follow the rate: it credits what bears 21 % VAT (S) of INV-2025-00001.",
        ),
        (
            "UPDATE invoice_lines SET total_ex_vat = -828, vat_amount = -172 WHERE invoice_id = 'amount'",
            "CRN-2025-00002",
            "Its VAT of -172 does not follow the rate",
        ),
        (
            "UPDATE invoice_lines SET vat_rate = 900 WHERE invoice_id = 'amount'",
            "CRN-2025-00002",
            "at another VAT rate than that of INV-2025-00001.",
        ),
        (
            "UPDATE invoice_lines SET total = -3631 WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "The total of what bears 21 % VAT (S) is 6050, its credits come to -6051.",
        ),
        (
            "UPDATE invoice_lines SET total = -3630, vat_amount = -629 WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "All that bears 21 % VAT (S) is credited, but 1049 of 1050 VAT.",
        ),
        (
            "UPDATE invoices SET total = 3419 WHERE id = 'sale'",
            "INV-2025-00001",
            "total is 3419, its credits come to -3420.",
        ),
        (
            "UPDATE invoice_lines SET credited_quantity = 4000000 WHERE invoice_id = 'returned'",
            "INV-2025-00001",
            "quantity is 3, its credits come to -4.",
        ),
        (
            "UPDATE invoice_lines SET credited_line_id = 'nowhere' WHERE invoice_id = 'amount'",
            "INV-2025-00001",
            "Line nowhere, which is credited, is on no invoice.",
        ),
        (
            "UPDATE invoice_lines SET credited_invoice_id = 'nowhere' WHERE invoice_id = 'amount'",
            "line ",
            "which is credited, is on no invoice.",
        ),
        (
            "UPDATE invoice_lines SET credited_line_id = NULL, credited_invoice_id = NULL "
            "WHERE invoice_id = 'amount'",
            "CRN-2025-00002",
            "credits nothing.",
        ),
        (
            "UPDATE invoice_lines SET credited_line_id = 'x' WHERE invoice_id = 'sale' AND position = 0",
            "INV-2025-00001",
            "is on an invoice, and credits.",
        ),
        (
            "UPDATE invoice_lines SET order_item_id = 'mug' WHERE invoice_id = 'amount'",
            "mug",
            "The item is on 2 lines.",
        ),
        ("UPDATE order_items SET contra_of = NULL WHERE id = 'gum'", "gum", "is no contra item, and is on"),
        (
            "UPDATE order_items SET contra_of = 'mug' WHERE id = 'pot'",
            "pot",
            "is a contra item, and is on an invoice.",
        ),
        (
            "UPDATE order_items SET invoice_id = NULL WHERE id <> 'gum'",
            "gum",
            "which is on no invoice.",
        ),
        ("UPDATE order_items SET contra_of = 'x' WHERE id = 'gum'", "gum", "undoes item x, which is on no"),
        ("UPDATE order_items SET contra_of = 'x' WHERE id <> 'mug'", "x", "is undone by "),
    ],
)
def test_a_planted_defect_of_a_credit_is_found(
    credited: Database, change: str, subject: str, says: str
) -> None:
    findings = plant(credited, change)
    assert any(found.subject.startswith(subject) and says in found.detail for found in findings), findings
