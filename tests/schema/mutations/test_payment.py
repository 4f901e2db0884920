"""Money over GraphQL: in, out, through a gateway and past it, and what an invoice says of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.invoices import queries
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support import factories
from tests.support.client import (
    ADD_METHOD,
    CREDIT,
    INVOICE_ITEMS,
    RECORD,
    REFUND,
    RETURN,
    SETTLE,
    SETTLE_MANUALLY,
    SHIP,
    Client,
    client,
    data,
    errors,
)
from tests.support.factories import item
from tests.support.own_line_discounts import sale_with_discount
from tests.support.till import Till

MONEY = """
query ($id: String!) { invoice(id: $id) { state reimbursement {
  status amount_due amount_paid amount_refunded amount_outstanding amount_set_off
  payments { id type status method amount currency reference error invoice_id order_id refund_of gateway }
} } }
"""
ORDER = 'query { order(id: "o") { is_paid status payments { id type amount } } }'
DAY = "2025-06-02"


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Ann's order of a mug (1210) and two cups (2 × 500), and the sandbox."""
    shop = client(database, tmp_path, sandbox=True)
    factories.customer(database, shop.principal, id="ann")
    items = [item(id="mug"), item(id="cups", quantity=2, unit_price=500)]
    factories.order(database, shop.principal, id="o", customer_id="ann", items=items)
    return shop


def money(shop: Client, id: str) -> Any:
    return shop.ask(MONEY, id=id)["invoice"]


def amounts(shop: Client, id: str) -> tuple[str, str, int, int, int]:
    """State, status, what was paid, what went back, what is outstanding."""
    found = money(shop, id)
    of = found["reimbursement"]
    assert of["amount_outstanding"] == of["amount_due"] - of["amount_paid"] + of["amount_refunded"]
    paid, refunded, left = (of[f"amount_{name}"] for name in ("paid", "refunded", "outstanding"))
    return found["state"], of["status"], paid, refunded, left


def invoiced(shop: Client, *items: str, id: str) -> str:
    shop.ask(INVOICE_ITEMS, input={"items": list(items), "invoice_id": id})
    return id


def recorded(shop: Client, key: str, amount: int, **target: str) -> str:
    given = {"amount": amount, "method": "iDEAL", "idempotency_key": key, **target}
    return str(shop.ask(RECORD, input=given)["recordPayment"]["payment"]["id"])


def method(shop: Client, name: str) -> str:
    given = {"customer_id": "ann", "gateway": "sandbox", "reference": name}
    return str(shop.ask(ADD_METHOD, input=given)["addPaymentMethod"]["payment_method"]["id"])


def test_a_prepaid_order_pays_its_invoices_in_order_of_issue(shop: Client) -> None:
    payment = recorded(shop, "k", 2_000, order_id="o")
    assert shop.ask(ORDER)["order"]["is_paid"] is False
    invoiced(shop, "mug", id="first")
    invoiced(shop, "cups", id="second")
    assert amounts(shop, "first") == ("SETTLED", "PAID", 1_210, 0, 0)
    assert amounts(shop, "second") == ("PENDING", "PARTIALLY_PAID", 790, 0, 210)
    shown = money(shop, "second")["reimbursement"]["payments"]
    assert [(each["id"], each["amount"], each["order_id"]) for each in shown] == [(payment, 2_000, "o")]
    recorded(shop, "rest", 210, order_id="o")
    assert amounts(shop, "second") == ("SETTLED", "PAID", 1_000, 0, 0)
    order = shop.ask(ORDER)["order"]
    assert (order["is_paid"], [each["amount"] for each in order["payments"]]) == (True, [2_000, 210])


def test_the_paper_knows_what_was_paid_before_it(shop: Client, database: Database) -> None:
    recorded(shop, "k", 2_000, order_id="o")
    invoiced(shop, "mug", id="first")
    invoiced(shop, "cups", id="second")
    shop.ask(CREDIT, input={"invoice_id": "second", "credit_invoice_id": "credit"})
    frozen = {
        id: database.read(queries.found_invoice, shop.principal, id).frozen().paid
        for id in ("first", "second", "credit")
    }
    assert frozen == {"first": 1_210, "second": 790, "credit": 0}


def test_a_payment_on_an_invoice_pays_that_one_and_may_be_too_much(shop: Client) -> None:
    invoiced(shop, "mug", id="first")
    invoiced(shop, "cups", id="second")
    paid = recorded(shop, "k", 1_500, invoice_id="second")
    assert amounts(shop, "second") == ("SETTLED", "OVERPAID", 1_500, 0, -500)
    assert amounts(shop, "first") == ("PENDING", "OPEN", 0, 0, 1_210)
    transfer = {"method": "BANK_TRANSFER", "payment_date": DAY}
    back = {"payment_id": paid, "amount": 500, "manual_transfer": transfer, "idempotency_key": "back"}
    refund = shop.ask(REFUND, input=back)["refundPayment"]["refund"]
    assert (refund["type"], refund["status"], refund["refund_of"]) == ("REFUND", "PAID", paid)
    assert amounts(shop, "second") == ("SETTLED", "PAID", 1_500, 500, 0)


def test_a_paid_invoice_has_a_receipt_and_an_open_one_has_none(shop: Client) -> None:
    def receipt_url() -> Any:
        return shop.ask('{ invoice(id: "mug") { receipt_url } }')["invoice"]["receipt_url"]

    invoiced(shop, "mug", id="mug")
    recorded(shop, "some", 1_000, invoice_id="mug")
    assert receipt_url() is None
    recorded(shop, "rest", 210, invoice_id="mug")
    copy = shop.request("GET", receipt_url())
    assert (copy.status_code, copy.headers["content-type"]) == (200, "application/pdf")


def test_a_credit_is_set_off_and_what_was_paid_goes_back(shop: Client) -> None:
    invoiced(shop, "mug", id="unpaid")
    shop.ask(CREDIT, input={"invoice_id": "unpaid", "credit_invoice_id": "whole"})
    assert amounts(shop, "unpaid") == ("CANCELLED", "PAID", 1_210, 0, 0)
    assert amounts(shop, "whole") == ("SETTLED", "REFUNDED", 0, 1_210, 0)
    assert money(shop, "whole")["reimbursement"]["amount_set_off"] == 1_210

    invoiced(shop, "cups", id="paid")
    paid = recorded(shop, "k", 1_000, invoice_id="paid")
    shop.ask(CREDIT, input={"invoice_id": "paid", "credit_invoice_id": "part"})
    assert amounts(shop, "part") == ("PENDING", "OPEN", 0, 0, -1_000)
    transfer = {"method": "CASH", "payment_date": DAY}
    back = {"payment_id": paid, "manual_transfer": transfer}
    shop.ask(REFUND, input={**back, "amount": 400, "idempotency_key": "some"})
    assert amounts(shop, "part") == ("PENDING", "PARTIALLY_PAID", 0, 400, -600)
    shop.ask(REFUND, input={**back, "idempotency_key": "rest"})
    assert amounts(shop, "part") == ("SETTLED", "REFUNDED", 0, 1_000, 0)
    assert amounts(shop, "paid") == ("SETTLED", "PAID", 1_000, 0, 0)
    refused = shop.refused(REFUND, input={**back, "idempotency_key": "more"})
    assert (refused.code, refused.field) == ("REFUND_TOO_HIGH", "amount")


@pytest.mark.parametrize("first", ["goods", "off"])
def test_credits_of_goods_and_of_their_discount_even_out(
    shop: Client, database: Database, first: str
) -> None:
    goods = item(id="goods", unit_price=1_000)
    sale_with_discount(Till(database, shop.principal), goods, off=200, id="d", sale="v", customer_id="ann")
    paid = recorded(shop, "k", 800, invoice_id="v")
    shop.ask(SHIP, input={"order_id": "d", "items": [{"item_id": "goods"}]})
    both = [{"item_id": id, "contra_item_id": f"{id}-back"} for id in ("goods", "off")]
    shop.ask(RETURN, input={"order_id": "d", "items": both})
    order = ["goods", "off"] if first == "goods" else ["off", "goods"]
    for name in order:
        invoiced(shop, f"{name}-back", id=name)
    assert amounts(shop, "off") == ("SETTLED", "PAID", 0, 0, 0)
    assert amounts(shop, "goods") == ("PENDING", "OPEN", 0, 0, -800)
    transfer = {"method": "CASH", "payment_date": DAY}
    shop.ask(REFUND, input={"payment_id": paid, "manual_transfer": transfer, "idempotency_key": "b"})
    assert amounts(shop, "goods") == ("SETTLED", "REFUNDED", 0, 800, 0)
    assert shop.ask('{ order(id: "d") { status is_paid } }')["order"] == {"status": "CLOSED", "is_paid": True}
    assert database.read(verify).findings == []


@pytest.mark.parametrize("way", ["manual", "gateway"])
def test_settling_again_moves_nothing(shop: Client, way: str) -> None:
    invoiced(shop, "mug", id="v")
    if way == "manual":
        query, given = SETTLE_MANUALLY, {"id": "v", "method": "CASH", "payment_date": DAY}
        other = {**given, "method": "CHECK"}
    else:
        query, given = SETTLE, {"id": "v", "payment_method": method(shop, "approve")}
        other = {**given, "payment_method": "auto"}
    first, again = (shop.ask(query, input=given) for _ in range(2))
    assert first == again
    assert amounts(shop, "v") == ("SETTLED", "PAID", 1_210, 0, 0)
    assert shop.refused(query, input=other).code == "ALREADY_SETTLED"


def test_a_declined_charge_leaves_the_invoice_failed_and_payable(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    method(shop, "decline")
    given = {"id": "v", "payment_method": "auto", "idempotency_key": "once"}
    failed = shop.ask(SETTLE, input=given)["settleInvoice"]
    assert (failed["payment"]["status"], failed["invoice"]["state"]) == ("FAILED", "FAILED")
    assert "declined" in failed["payment"]["error"]
    assert shop.ask(SETTLE, input=given)["settleInvoice"] == failed
    assert amounts(shop, "v") == ("FAILED", "OPEN", 0, 0, 1_210)
    method(shop, "approve")
    paid = shop.ask(SETTLE, input={"id": "v", "payment_method": "auto"})["settleInvoice"]
    assert (paid["payment"]["status"], paid["invoice"]["state"]) == ("PAID", "SETTLED")
    states = [each["status"] for each in money(shop, "v")["reimbursement"]["payments"]]
    assert states == ["FAILED", "PAID"]


def test_a_card_that_has_expired_is_charged_no_more(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    older, expired = method(shop, "approve"), method(shop, "expired")
    given = {"id": "v", "payment_method": "auto"}
    assert shop.ask(SETTLE, input=given)["settleInvoice"]["invoice"]["state"] == "FAILED"
    shown = shop.ask('{ customer(id: "ann") { payment_methods { id state } } }')["customer"]
    assert shown["payment_methods"] == [{"id": expired, "state": "FAILED"}, {"id": older, "state": "ACTIVE"}]
    assert shop.ask(SETTLE, input=given)["settleInvoice"]["invoice"]["state"] == "SETTLED"


def test_what_a_gateway_took_it_pays_back(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    paid = shop.ask(SETTLE, input={"id": "v", "payment_method": method(shop, "approve")})
    payment_id = paid["settleInvoice"]["payment"]["id"]
    back = {"payment_id": payment_id, "amount": 210, "idempotency_key": "back"}
    refund = shop.ask(REFUND, input=back)["refundPayment"]["refund"]
    assert (refund["status"], refund["amount"]) == ("PAID", 210)
    assert shop.ask(REFUND, input=back)["refundPayment"]["refund"] == refund
    assert shop.refused(REFUND, input={**back, "amount": 1}).code == "IDEMPOTENCY_KEY_REUSED"
    assert amounts(shop, "v") == ("SETTLED", "PARTIALLY_PAID", 1_210, 210, 210)


def test_what_was_paid_back_is_charged_anew(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    given = {"id": "v", "payment_method": method(shop, "approve")}
    first = shop.ask(SETTLE, input=given)["settleInvoice"]["payment"]["id"]
    shop.ask(REFUND, input={"payment_id": first, "idempotency_key": "back"})
    assert amounts(shop, "v") == ("SETTLED", "REFUNDED", 1_210, 1_210, 1_210)
    second = shop.ask(SETTLE, input=given)["settleInvoice"]["payment"]["id"]
    assert second != first
    assert amounts(shop, "v") == ("SETTLED", "PAID", 2_420, 1_210, 0)


def test_a_charge_that_is_under_way_is_not_charged_again(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    late = shop.ask(SETTLE, input={"id": "v", "payment_method": method(shop, "late")})["settleInvoice"]
    assert (late["payment"]["status"], late["invoice"]["state"]) == ("PENDING", "PENDING")
    other = {"id": "v", "payment_method": method(shop, "approve")}
    assert shop.refused(SETTLE, input=other).code == "PAYMENT_UNDER_WAY"
    by_hand = {"id": "v", "method": "CASH", "payment_date": DAY}
    assert shop.refused(SETTLE_MANUALLY, input=by_hand).ids == [late["payment"]["id"]]


def test_twenty_at_once_charge_once(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    same = {"id": "v", "payment_method": method(shop, "approve")}
    made = [data(answer)["settleInvoice"]["payment"]["id"] for answer in shop.posts(SETTLE, [same] * 10)]
    assert len(set(made)) == 1
    invoiced(shop, "cups", id="w")
    inputs = [{**same, "id": "w", "idempotency_key": f"k{number}"} for number in range(10)]
    codes = Counter(
        errors(answer)[0].code if "errors" in answer.json() else "PAID"
        for answer in shop.posts(SETTLE, inputs)
    )
    assert codes["PAID"] == 1
    assert codes.keys() <= {"PAID", "PAYMENT_UNDER_WAY", "ALREADY_SETTLED"}
    assert amounts(shop, "w") == ("SETTLED", "PAID", 1_000, 0, 0)


def test_payment_methods_are_shown_newest_first_until_they_are_removed(shop: Client) -> None:
    first, second = method(shop, "approve"), method(shop, "decline")
    assert method(shop, "approve") == first
    query = '{ customer(id: "ann") { payment_methods { id gateway state } } }'
    shown = shop.ask(query)["customer"]["payment_methods"]
    assert [each["id"] for each in shown] == [second, first]
    assert {(each["gateway"], each["state"]) for each in shown} == {("sandbox", "ACTIVE")}
    remove = f'mutation {{ removePaymentMethod(input: {{id: "{second}"}}) {{ payment_method {{ state }} }} }}'
    for _ in range(2):
        assert shop.ask(remove)["removePaymentMethod"]["payment_method"]["state"] == "DELETED"
    assert [each["id"] for each in shop.ask(query)["customer"]["payment_methods"]] == [first]
    invoiced(shop, "mug", id="v")
    refused = shop.refused(SETTLE, input={"id": "v", "payment_method": second})
    assert (refused.code, refused.field, refused.ids) == (
        "PAYMENT_METHOD_NOT_FOUND",
        "payment_method",
        [second],
    )


REFUSALS: list[tuple[str, dict[str, Any], str, str]] = [
    (RECORD, {"amount": 1}, "VALIDATION_ERROR", "invoice_id"),
    (RECORD, {"amount": 1, "invoice_id": "v", "order_id": "o"}, "VALIDATION_ERROR", "invoice_id"),
    (RECORD, {"amount": 0, "invoice_id": "v"}, "VALIDATION_ERROR", "amount"),
    (
        RECORD,
        {"amount": 1, "invoice_id": "v", "paid_at": "2999-01-01T00:00:00Z"},
        "VALIDATION_ERROR",
        "paid_at",
    ),
    (RECORD, {"amount": 1, "order_id": "o", "currency": "USD"}, "MIXED_CURRENCIES", "currency"),
    (RECORD, {"amount": 1, "order_id": "unknown"}, "NOT_FOUND", "order_id"),
    (RECORD, {"amount": 1, "invoice_id": "unknown"}, "NOT_FOUND", "invoice_id"),
    (RECORD, {"amount": 1, "invoice_id": "credit"}, "NOT_PAYABLE", "invoice_id"),
    (RECORD, {"amount": 1, "invoice_id": "v", "method": " "}, "VALIDATION_ERROR", "method"),
    (SETTLE, {"id": "v"}, "PAYMENT_METHOD_REQUIRED", "payment_method"),
    (SETTLE, {"id": "v", "payment_method": "auto"}, "PAYMENT_METHOD_NOT_FOUND", "payment_method"),
    (SETTLE, {"id": "credit", "payment_method": "auto"}, "NOT_PAYABLE", "id"),
    (
        SETTLE_MANUALLY,
        {"id": "v", "method": "CASH", "payment_date": "9999-01-01"},
        "VALIDATION_ERROR",
        "payment_date",
    ),
    (SETTLE_MANUALLY, {"id": "whole", "method": "CASH", "payment_date": DAY}, "ALREADY_SETTLED", "id"),
    (REFUND, {"payment_id": "unknown"}, "NOT_FOUND", "payment_id"),
    (REFUND, {"payment_id": "$paid"}, "VALIDATION_ERROR", "manual_transfer"),
    (REFUND, {"payment_id": "$paid", "amount": -1}, "VALIDATION_ERROR", "amount"),
    (
        ADD_METHOD,
        {"customer_id": "ann", "gateway": "sandbox", "reference": "?"},
        "PAYMENT_METHOD_REFUSED",
        "reference",
    ),
    (
        ADD_METHOD,
        {"customer_id": "ann", "gateway": "stripe", "reference": "?"},
        "GATEWAY_NOT_ENABLED",
        "gateway",
    ),
    (ADD_METHOD, {"gateway": "sandbox", "reference": "approve"}, "VALIDATION_ERROR", "customer_id"),
    (
        ADD_METHOD,
        {"customer_id": "bob", "gateway": "sandbox", "reference": "approve"},
        "CUSTOMER_NOT_FOUND",
        "customer_id",
    ),
]


def test_what_cannot_be_is_refused_and_moves_nothing(shop: Client, database: Database) -> None:
    factories.invoice(database, shop.principal, invoice_id="whole", customer_id="ann")
    shop.ask(CREDIT, input={"invoice_id": "whole", "credit_invoice_id": "credit"})
    factories.invoice(database, shop.principal, invoice_id="settled", customer_id="ann")
    paid = recorded(shop, "paid", 1_210, invoice_id="settled")
    invoiced(shop, "mug", id="v")
    for query, given, code, field in REFUSALS:
        values = {name: paid if value == "$paid" else value for name, value in given.items()}
        if query in (RECORD, REFUND):
            values = {"idempotency_key": "refused", **values}
        if query is RECORD:
            values = {"method": "iDEAL", **values}
        refusal = shop.refused(query, input=values)
        assert (refusal.code, refusal.field) == (code, field), (query, given, refusal)
    assert amounts(shop, "v") == ("PENDING", "OPEN", 0, 0, 1_210)
    assert amounts(shop, "settled") == ("SETTLED", "PAID", 1_210, 0, 0)


def test_a_key_that_may_only_move_money_sees_what_that_did(shop: Client) -> None:
    invoiced(shop, "mug", id="v")
    till = shop.limited_to(Scope.PAYMENTS_WRITE)
    given = {"invoice_id": "v", "amount": 1_210, "method": "CASH", "idempotency_key": "k"}
    assert till.ask(RECORD, input=given)["recordPayment"]["invoice"] == {"id": "v", "state": "SETTLED"}
    assert till.refused(MONEY, id="v").code == "FORBIDDEN"
