"""What is owed pays another invoice, over GraphQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CREATE_INVOICE, CREDIT, RECORD, Client, client
from tests.support.factories import order_line

APPLY = """
mutation ($input: ApplyCreditInput!) { applyCredit(input: $input) {
  invoice { id state reimbursement { ...money } } to_invoice { id state reimbursement { ...money } }
} }
fragment money on Reimbursement {
  status amount_paid amount_refunded amount_outstanding payments { type method amount reference }
}
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Ann has the invoice `open` of 1500, and `paid` of 1000 that was credited and owes its money."""
    shop = client(database, tmp_path)
    factories.customer(database, shop.principal, id="ann")
    for handle, amount in (("open", 1_500), ("paid", 1_000)):
        lines = [order_line(amount=amount)]
        shop.ask(CREATE_INVOICE, input={"customer_id": "ann", "handle": handle, "order_lines": lines})
    shop.ask(
        RECORD, input={"invoice_id": "paid", "amount": 1_000, "method": "CASH", "idempotency_key": "cash"}
    )
    shop.ask(CREDIT, input={"invoice_id": "paid", "credit_invoice_id": "back"})
    return shop


def asked(**values: Any) -> dict[str, Any]:
    return {"invoice_id": "back", "to_invoice_id": "open", "idempotency_key": "k", **values}


def test_both_invoices_show_what_was_set_off(shop: Client) -> None:
    for _ in range(2):
        applied = shop.ask(APPLY, input=asked())["applyCredit"]
        assert applied == {
            "invoice": {
                "id": "back",
                "state": "SETTLED",
                "reimbursement": {
                    "status": "REFUNDED",
                    "amount_paid": 0,
                    "amount_refunded": 1_000,
                    "amount_outstanding": 0,
                    "payments": [
                        {
                            "type": "REFUND",
                            "method": "SET_OFF",
                            "amount": 1_000,
                            "reference": applied_to(shop),
                        }
                    ],
                },
            },
            "to_invoice": {
                "id": "open",
                "state": "PENDING",
                "reimbursement": {
                    "status": "PARTIALLY_PAID",
                    "amount_paid": 1_000,
                    "amount_refunded": 0,
                    "amount_outstanding": 500,
                    "payments": [
                        {
                            "type": "PAYMENT",
                            "method": "SET_OFF",
                            "amount": 1_000,
                            "reference": applied_to(shop, "back"),
                        }
                    ],
                },
            },
        }


def applied_to(shop: Client, id: str = "open") -> str:
    number: str = shop.ask("query ($id: String!) { invoice(id: $id) { number } }", id=id)["invoice"]["number"]
    return number


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"amount": 1_001}, "CREDIT_TOO_HIGH", "amount"),
        ({"invoice_id": "paid"}, "NOTHING_OWED", "invoice_id"),
        ({"to_invoice_id": "paid"}, "ALREADY_SETTLED", "to_invoice_id"),
        ({"invoice_id": "open", "to_invoice_id": "back"}, "NOT_PAYABLE", "to_invoice_id"),
        ({"idempotency_key": "cash"}, "IDEMPOTENCY_KEY_REUSED", "idempotency_key"),
        ({"invoice_id": "nowhere"}, "NOT_FOUND", "invoice_id"),
    ],
)
def test_what_cannot_be_set_off_has_its_code_and_field(
    shop: Client, wrong: dict[str, Any], code: str, field: str
) -> None:
    refusal = shop.refused(APPLY, input=asked(**wrong))
    assert (refusal.code, refusal.field) == (code, field)
