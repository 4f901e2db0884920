"""Cancel, return, handle and credit over GraphQL, as a back office does it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import CANCEL, CREDIT, INVOICE_ITEMS, RECORD, REFUND, RETURN, SHIP, Client, client
from tests.support.factories import item

ORDER = """
query ($id: String!) { order(id: $id) {
  status total actions { action ids } blocked { action id reason message }
  items { id quantity status contra_of { id } undo_reason invoice { id } } invoices { id }
} }
"""
INVOICE = """
query ($id: String!) { invoice(id: $id) {
  number type total total_ex_vat total_vat due_on note buyer { name }
  lines { id quantity unit_price discount subtotal total order_item_id }
  vat { rate base amount } credits { id number } credited_by { id number total }
} }
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.fixture
def sold(shop: Client) -> Client:
    """Order `o`: `mug` (3) and `pot` on the invoice `sale`, `cup` on none."""
    given = [item(id="mug", quantity=3, unit_price=2_499), item(id="pot"), item(id="cup")]
    factories.order(shop.database, shop.principal, id="o", items=given)
    shop.ask(INVOICE_ITEMS, input={"items": ["mug", "pot"], "invoice_id": "sale"})
    return shop


def handled(shop: Client, verb: str, *ids: str) -> dict[str, Any]:
    mutation = (
        f"mutation ($input: HandleOrderItemsInput!) {{ {verb}OrderItems(input: $input) "
        "{ order { id actions { action ids } } } }"
    )
    answer = shop.ask(mutation, input={"order_id": "o", "items": ids})[f"{verb}OrderItems"]["order"]
    return {entry["action"]: entry["ids"] for entry in answer["actions"]}


def listed(shop: Client) -> dict[str, list[str]]:
    return {entry["action"]: entry["ids"] for entry in shop.ask(ORDER, id="o")["order"]["actions"]}


def lines(shop: Client) -> list[str]:
    return [line["id"] for line in shop.ask(INVOICE, id="sale")["invoice"]["lines"]]


def test_a_part_is_cancelled_and_credited(sold: Client) -> None:
    asked = [{"item_id": "mug", "quantity": 1, "contra_item_id": "gum", "reason": "Two will do"}]
    made = sold.ask(CANCEL, input={"order_id": "o", "items": [*asked, {"item_id": "cup"}]})
    (contra,) = made["cancelOrderItems"]["contra_items"]
    assert (contra["id"], contra["quantity"]) == ("gum", -1)
    order = sold.ask(ORDER, id="o")["order"]
    assert order["total"] == 2 * 2_499 + 1_210
    assert {entry["action"]: entry["ids"] for entry in order["actions"]} == {
        "INVOICE": ["gum"],
        "SHIP": ["mug", "pot"],
        "CANCEL": ["mug", "pot"],
    }
    shown = {each["id"]: each for each in order["items"]}
    part = shown[contra["contra_of"]["id"]]
    assert (shown["mug"]["quantity"], part["quantity"], part["status"]) == (2, 1, "CANCELLED")
    assert (shown["gum"]["status"], shown["gum"]["contra_of"]["id"]) == ("CONTRA_FINISHED", part["id"])
    assert (shown["cup"]["status"], part["undo_reason"]) == ("CANCELLED", "Two will do")
    blocked = {(entry["action"], entry["id"]): entry["reason"] for entry in order["blocked"]}
    assert blocked["INVOICE", "cup"] == blocked["SHIP", "cup"] == "CANCELLED"

    sold.ask(INVOICE_ITEMS, input={"items": ["gum"], "invoice_id": "credit"})
    credit = sold.ask(INVOICE, id="credit")["invoice"]
    assert (credit["type"], credit["number"][:4], credit["due_on"]) == ("CREDIT", "CRN-", None)
    assert (credit["total"], credit["total_ex_vat"], credit["total_vat"]) == (-2_499, -2_065, -434)
    assert credit["vat"] == [{"rate": 21, "base": -2_065, "amount": -434}]
    assert (credit["note"], [line["order_item_id"] for line in credit["lines"]]) == ("Two will do", ["gum"])
    assert ([each["id"] for each in credit["credits"]], credit["credited_by"]) == (["sale"], [])
    sale = sold.ask(INVOICE, id="sale")["invoice"]
    assert sale["credited_by"] == [{"id": "credit", "number": credit["number"], "total": -2_499}]
    assert sale["credits"] == []
    assert [each["id"] for each in sold.ask(ORDER, id="o")["order"]["invoices"]] == ["sale", "credit"]


def test_an_order_is_open_again_from_a_return_until_the_money_is_back(sold: Client) -> None:
    sold.ask(INVOICE_ITEMS, input={"items": ["cup"]})
    every = [{"item_id": id} for id in ("mug", "pot", "cup")]
    sold.ask(SHIP, input={"order_id": "o", "items": every})
    total = sold.ask(ORDER, id="o")["order"]["total"]
    paid = {"order_id": "o", "amount": total, "method": "iDEAL", "idempotency_key": "in"}
    payment_id = sold.ask(RECORD, input=paid)["recordPayment"]["payment"]["id"]
    status = [sold.ask(ORDER, id="o")["order"]["status"]]
    found = [
        f"{{ orders(filter: {{{given}}}) {{ totalCount }} }}"
        for given in ("status: OPEN", "invoiceable: true")
    ]

    def counted() -> list[int]:
        return [sold.ask(query)["orders"]["totalCount"] for query in found]

    counts = [counted()]
    made = sold.ask(RETURN, input={"order_id": "o", "items": [{"item_id": "mug"}]})
    (contra,) = made["returnOrderItems"]["contra_items"]
    status.append(sold.ask(ORDER, id="o")["order"]["status"])
    counts.append(counted())
    sold.ask(INVOICE_ITEMS, input={"items": [contra["id"]]})
    status.append(sold.ask(ORDER, id="o")["order"]["status"])
    counts.append(counted())
    transfer = {"method": "BANK_TRANSFER", "payment_date": "2025-06-02"}
    back = {"payment_id": payment_id, "amount": 3 * 2_499, "manual_transfer": transfer}
    sold.ask(REFUND, input={**back, "idempotency_key": "out"})
    status.append(sold.ask(ORDER, id="o")["order"]["status"])
    counts.append(counted())
    assert status == ["CLOSED", "OPEN", "OPEN", "CLOSED"]
    assert counts == [[0, 0], [1, 1], [1, 0], [0, 0]]


def test_an_orders_invoices_show_credits_that_no_item_asked_for(sold: Client) -> None:
    sold.ask(CREDIT, input={"invoice_id": "sale", "credit_invoice_id": "mercy"})
    assert [each["id"] for each in sold.ask(ORDER, id="o")["order"]["invoices"]] == ["sale", "mercy"]


def test_a_guided_return_goes_step_by_step(sold: Client) -> None:
    sold.ask("mutation { updateAccount(input: {contra_flow: GUIDED}) { account { contra_flow } } }")
    sold.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "pot"}]})
    asked = [{"item_id": "pot", "contra_item_id": "top"}]
    sold.ask(RETURN, input={"order_id": "o", "items": asked})
    assert listed(sold)["HANDLE_RECEIPT"] == ["top"]
    assert sold.refused(INVOICE_ITEMS, input={"items": ["top"]}).code == "ITEM_NOT_FINISHED"
    assert handled(sold, "receive", "top")["HANDLE_APPROVAL"] == ["top"]
    assert handled(sold, "approve", "top")["HANDLE_FINISH"] == ["top"]
    pending = {each["id"]: each["status"] for each in sold.ask(ORDER, id="o")["order"]["items"]}
    assert pending["top"] == "CONTRA_PENDING"
    assert handled(sold, "finish", "top")["INVOICE"] == ["top", "cup"]
    refusal = sold.refused(INVOICE_ITEMS, input={"items": ["cup", "top"]})
    assert (refusal.code, refusal.ids, refusal.field) == ("MIXED_SALE_AND_CREDIT", ["top"], "items")
    assert sold.ask(
        "query ($input: InvoiceItemsInput!) { invoicePreview(input: $input) { type total } }",
        input={"items": ["top"]},
    ) == {"invoicePreview": {"type": "CREDIT", "total": -1_210}}
    assert sold.ask(INVOICE_ITEMS, input={"items": ["top"]})["invoiceItems"]["invoice"]["total"] == -1_210


def test_an_invoice_is_credited_by_quantity_by_amount_and_in_full(sold: Client) -> None:
    mug, pot = lines(sold)
    asked: list[dict[str, Any]] = [
        {"lines": [{"line_id": mug, "quantity": 1}], "reason": "Broken", "credit_invoice_id": "first"},
        {"lines": [{"line_id": mug, "amount": 500}, {"line_id": pot, "amount": 10}]},
        {"lines": None},
    ]
    totals = [
        sold.ask(CREDIT, input={"invoice_id": "sale", **given})["creditInvoice"]["invoice"]["total"]
        for given in asked
    ]
    assert totals == [-2_499, -510, -(2 * 2_499 - 500 + 1_200)]
    again = sold.ask(CREDIT, input={"invoice_id": "sale", **asked[0]})["creditInvoice"]["invoice"]
    assert (again["id"], again["total"]) == ("first", -2_499)
    assert sold.ask(INVOICE, id="first")["invoice"]["note"] == "Broken"
    assert len(sold.ask(INVOICE, id="sale")["invoice"]["credited_by"]) == 3


def test_what_cannot_be_credited_is_refused_for_its_own_reason(sold: Client) -> None:
    mug, _ = lines(sold)
    sold.ask(CREDIT, input={"invoice_id": "sale", "credit_invoice_id": "c", "lines": [{"line_id": mug}]})

    def told(**given: Any) -> tuple[str, str | None]:
        refusal = sold.refused(CREDIT, input={"invoice_id": "sale", **given})
        return refusal.code, refusal.field

    assert told(lines=[{"line_id": mug, "quantity": 1}]) == ("CREDIT_TOO_HIGH", "lines.0.quantity")
    assert told(lines=[{"line_id": mug, "amount": 1}]) == ("CREDIT_TOO_HIGH", "lines.0.amount")
    assert told(lines=[{"line_id": "x"}]) == ("NOT_FOUND", "lines.0.line_id")
    assert told(lines=[{"line_id": mug, "quantity": 1, "amount": 1}]) == (
        "VALIDATION_ERROR",
        "lines.0.amount",
    )
    assert told(invoice_id="c") == ("NOT_CREDITABLE", "invoice_id")
    assert told(invoice_id="nothing") == ("NOT_FOUND", "invoice_id")
    assert told(credit_invoice_id="c") == ("INVOICE_ID_REUSED", "invoice_id")
    sold.ask(CREDIT, input={"invoice_id": "sale"})
    assert told() == ("NOTHING_TO_CREDIT", "invoice_id")
    duplicate = [{"item_id": "pot", "contra_item_id": "cup"}]
    assert sold.refused(CANCEL, input={"order_id": "o", "items": duplicate}).code == "DUPLICATE_ID"


def test_what_is_too_much_for_the_invoice_names_the_lines(sold: Client) -> None:
    given = [{"text": text, "amount": amount} for text, amount in (("Work", 10_000), ("Rebate", -9_000))]
    factories.one_time_invoice(sold.database, sold.principal, *given, handle="work", now=datetime.now(UTC))
    work, rebate = (line["id"] for line in sold.ask(INVOICE, id="work")["invoice"]["lines"])
    too_much = sold.refused(CREDIT, input={"invoice_id": "work", "lines": [{"line_id": work}]})
    assert (too_much.code, too_much.field) == ("CREDIT_TOO_HIGH", "lines")
    assert too_much.message.startswith("1000 is left to credit")
    alone = sold.refused(CREDIT, input={"invoice_id": "work", "lines": [{"line_id": rebate}]})
    assert (alone.code, alone.field) == ("VALIDATION_ERROR", "lines")


def test_each_change_needs_its_scope(sold: Client) -> None:
    reader = sold.limited_to(Scope.ORDERS_READ, Scope.INVOICES_READ, Scope.INVOICES_WRITE)
    contra = {"order_id": "o", "items": [{"item_id": "mug"}]}
    assert reader.refused(CANCEL, input=contra).code == "FORBIDDEN"
    assert reader.refused(RETURN, input=contra).code == "FORBIDDEN"
    for verb in ("receive", "approve", "finish"):
        mutation = (
            f'mutation {{ {verb}OrderItems(input: {{order_id: "o", items: ["x"]}}) {{ order {{ id }} }} }}'
        )
        assert reader.refused(mutation).code == "FORBIDDEN"
    clerk = sold.limited_to(Scope.ORDERS_READ, Scope.ORDERS_WRITE, Scope.INVOICES_READ)
    assert clerk.refused(CREDIT, input={"invoice_id": "sale"}).code == "FORBIDDEN"
    assert len(clerk.ask(CANCEL, input=contra)["cancelOrderItems"]["contra_items"]) == 1
