"""One-time invoices that are settled as they are made, as far as the money allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import ADD_METHOD, SETTLE, Client, client
from tests.support.factories import order_line

CREATE = """
mutation ($input: CreateInvoiceInput!) { createInvoice(input: $input) { invoice {
  id number state total
  reimbursement { status amount_outstanding payments { status method amount reference } }
} } }
"""
INVOICES = "{ invoices { totalCount } }"
BY_HAND = {"method": "BANK_TRANSFER", "payment_date": "2025-06-02", "reference": "bank-1"}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    shop = client(database, tmp_path, sandbox=True)
    factories.customer(database, shop.principal, id="ann")
    return shop


def method(shop: Client, name: str) -> str:
    given = {"customer_id": "ann", "gateway": "sandbox", "reference": name}
    return str(shop.ask(ADD_METHOD, input=given)["addPaymentMethod"]["payment_method"]["id"])


def asked(handle: str = "h", **values: Any) -> dict[str, Any]:
    return {"customer_id": "ann", "handle": handle, "order_lines": [order_line()], **values}


def created(shop: Client, **values: Any) -> Any:
    return shop.ask(CREATE, input=asked(**values))["createInvoice"]["invoice"]


def test_a_manual_transfer_settles_it(shop: Client) -> None:
    made = created(shop, manual_transfer=BY_HAND)
    assert (made["state"], made["reimbursement"]["status"]) == ("SETTLED", "PAID")
    assert made["reimbursement"]["payments"] == [
        {"status": "PAID", "method": "BANK_TRANSFER", "amount": 1_210, "reference": "bank-1"}
    ]


@pytest.mark.parametrize(
    ("card", "state", "outstanding"),
    [("approve", "SETTLED", 0), ("decline", "FAILED", 1_210), ("late", "PENDING", 1_210)],
)
def test_a_charge_settles_it_or_fails_or_takes_its_time(
    shop: Client, card: str, state: str, outstanding: int
) -> None:
    made = created(shop, settle={"payment_method": method(shop, card)})
    assert (made["state"], made["reimbursement"]["amount_outstanding"]) == (state, outstanding)
    if state == "FAILED":
        later = {"id": made["id"], "payment_method": method(shop, "approve")}
        assert shop.ask(SETTLE, input=later)["settleInvoice"]["invoice"]["state"] == "SETTLED"


def test_the_newest_active_method_is_charged_automatically(shop: Client) -> None:
    method(shop, "approve")
    method(shop, "decline")
    assert created(shop, settle={"payment_method": "auto"})["state"] == "FAILED"
    method(shop, "approve-refund-decline")
    assert created(shop, handle="i", settle={"payment_method": "auto"})["state"] == "SETTLED"


def test_the_same_request_under_its_key_charges_once(shop: Client) -> None:
    values: dict[str, Any] = {
        "settle": {"payment_method": method(shop, "approve")},
        "idempotency_key": "k",
    }
    assert created(shop, **values) == created(shop, **values)
    other = asked(**{**values, "settle": {"payment_method": "auto"}})
    assert shop.refused(CREATE, input=other).code == "IDEMPOTENCY_KEY_REUSED"
    assert shop.refused(CREATE, input=asked()).code == "DUPLICATE_HANDLE"
    assert shop.ask(INVOICES)["invoices"]["totalCount"] == 1


@pytest.mark.parametrize("means", ["settle", "manual_transfer"])
def test_the_key_moves_money_once_whatever_the_handle(shop: Client, means: str) -> None:
    paid = {"settle": {"payment_method": method(shop, "approve")}, "manual_transfer": BY_HAND}[means]
    created(shop, **{means: paid}, idempotency_key="k")
    other = asked(**{means: paid}, handle="other", idempotency_key="k")
    refusal = shop.refused(CREATE, input=other)
    assert (refusal.code, refusal.field) == ("IDEMPOTENCY_KEY_REUSED", "idempotency_key")
    assert shop.ask(INVOICES)["invoices"]["totalCount"] == 1


def test_what_costs_nothing_is_settled_without_a_charge(shop: Client) -> None:
    free: dict[str, Any] = {
        "order_lines": [order_line(amount=0)],
        "settle": {"payment_method": method(shop, "decline")},
    }
    made = created(shop, **free)
    assert (made["state"], made["reimbursement"]["payments"]) == ("SETTLED", [])


REFUSALS: list[tuple[dict[str, Any], str, str]] = [
    ({"settle": {}}, "PAYMENT_METHOD_REQUIRED", "settle.payment_method"),
    ({"settle": {"payment_method": "auto"}}, "PAYMENT_METHOD_NOT_FOUND", "settle.payment_method"),
    ({"settle": {"payment_method": "x"}}, "PAYMENT_METHOD_NOT_FOUND", "settle.payment_method"),
    ({"settle": {}, "manual_transfer": BY_HAND}, "VALIDATION_ERROR", "manual_transfer"),
    (
        {"manual_transfer": {**BY_HAND, "payment_date": "9999-12-31"}},
        "VALIDATION_ERROR",
        "manual_transfer.payment_date",
    ),
    (
        {"manual_transfer": {**BY_HAND, "reference": "x" * 256}},
        "VALIDATION_ERROR",
        "manual_transfer.reference",
    ),
]


def test_what_cannot_be_settled_is_not_made(shop: Client) -> None:
    for values, code, field in REFUSALS:
        refusal = shop.refused(CREATE, input=asked(**values))
        assert (refusal.code, refusal.field) == (code, field)
    assert shop.ask(INVOICES)["invoices"]["totalCount"] == 0
    assert created(shop)["number"].endswith("00001")


def test_settling_needs_the_right_to_move_money(shop: Client) -> None:
    clerk = shop.limited_to(Scope.INVOICES_WRITE)
    assert clerk.refused(CREATE, input=asked(settle={})).ids == [Scope.PAYMENTS_WRITE]
    assert clerk.refused(CREATE, input=asked(manual_transfer=BY_HAND)).code == "FORBIDDEN"
