"""An order's discount goes with its goods: into their invoices, and back with what is returned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support.client import (
    CANCEL,
    CREATE_ORDER,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    RECORD,
    REFUND,
    RETURN,
    SHIP,
    Client,
    client,
)
from tests.support.factories import item
from tests.support.rest_door import Door

ORDER = """
query { order(id: "o") {
  status is_paid subtotal total total_excluding_vat vat { rate base amount }
  actions { action ids } blocked { action id reason message }
  items { id quantity status discount allocated_discount subtotal total vat { base amount } invoice { id } }
  invoices { id type total state }
} }
"""
INVOICE = """
query ($id: String!) { invoice(id: $id) {
  type total state reimbursement { amount_outstanding }
  lines { order_item_id quantity unit_price discount discount_reason subtotal total }
} }
"""
PREVIEW = """
query ($items: [String!]!) { invoicePreview(input: {items: $items}) {
  total lines { discount discount_reason }
} }
"""


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def ordered(shop: Client, *items: dict[str, Any], **values: Any) -> None:
    given = {"id": "o", "billing_name": "Ann Baker", "items": items, **values}
    shop.ask(CREATE_ORDER, input=given)


def rebate(amount: int, id: str = "off", **values: Any) -> dict[str, Any]:
    return item(id=id, type="DISCOUNT", unit_price=-amount, **{"name": "Spring sale", **values})


def paid(shop: Client, amount: int, **target: str) -> str:
    given = {
        "amount": amount,
        "method": "iDEAL",
        "idempotency_key": f"pay-{amount}",
        **(target or {"order_id": "o"}),
    }
    return str(shop.ask(RECORD, input=given)["recordPayment"]["payment"]["id"])


def shipped(shop: Client, *ids: str) -> None:
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": id} for id in ids]})


def returned(shop: Client, id: str, contra: str, **values: Any) -> None:
    asked = {"item_id": id, "contra_item_id": contra, **values}
    shop.ask(RETURN, input={"order_id": "o", "items": [asked]})


def invoiced(shop: Client, id: str, *items: str) -> dict[str, Any]:
    """Invoices the items, or all that can be; returns the invoice."""
    if items:
        shop.ask(INVOICE_ITEMS, input={"items": items, "invoice_id": id})
    else:
        shop.ask(INVOICE_ORDER, input={"order_id": "o", "invoice_id": id})
    found: dict[str, Any] = shop.ask(INVOICE, id=id)["invoice"]
    return found


def shown(shop: Client) -> dict[str, Any]:
    found: dict[str, Any] = shop.ask(ORDER)["order"]
    return found


def items_of(order: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in order["items"]}


def books_are_right(shop: Client) -> bool:
    return shop.database.read(verify).findings == []


SOFA = item(id="sofa", name="Sofa", unit_price=100_000, vat_rate=21)
LAMP = item(id="lamp", name="Lamp", unit_price=10_000, vat_rate=21)


def test_two_shipments_ask_what_was_agreed_for_each(shop: Client) -> None:
    ordered(shop, SOFA, LAMP, rebate(22_000), invoice_after_shipment=True)
    paid(shop, 88_000)
    shipped(shop, "lamp")
    first = invoiced(shop, "first")
    assert (first["total"], first["state"], shown(shop)["status"]) == (8_000, "SETTLED", "OPEN")
    assert [(line["discount"], line["discount_reason"]) for line in first["lines"]] == [
        (2_000, "Spring sale")
    ]
    shipped(shop, "sofa")
    second = invoiced(shop, "second")
    assert (second["total"], second["state"]) == (80_000, "SETTLED")
    order = shown(shop)
    assert (order["status"], order["is_paid"], order["subtotal"], order["total"]) == (
        "CLOSED",
        True,
        110_000,
        88_000,
    )
    assert books_are_right(shop)


def test_so_they_do_by_rest(shop: Client) -> None:
    door = Door(shop, {"accessToken": f"Bearer {shop.token}"})
    ordered(shop, SOFA, LAMP, rebate(22_000), invoice_after_shipment=True)
    paid(shop, 88_000)
    for id, total in (("lamp", 80), ("sofa", 800)):
        shipped(shop, id)
        made = door.post("/invoices", {"orderId": "o"})["data"]
        assert (made["total"], [line["lineItemId"] for line in made["lineItems"]]) == (total, [id])
    assert (shown(shop)["status"], shown(shop)["is_paid"]) == ("CLOSED", True)
    assert books_are_right(shop)


def test_a_return_gives_back_what_was_paid_for_it(shop: Client) -> None:
    ordered(
        shop,
        item(id="a", unit_price=15_000, vat_rate=20),
        item(id="b", unit_price=6_000, vat_rate=20),
        rebate(4_200, vat_rate=20),
    )
    payment = paid(shop, 16_800)
    assert invoiced(shop, "sale")["total"] == 16_800
    shipped(shop, "a", "b")
    for id, credit in (("a", -12_000), ("b", -4_800)):
        returned(shop, id, f"{id}-back")
        made = invoiced(shop, f"credit-{id}")
        assert (made["type"], made["total"]) == ("CREDIT", credit)
        assert [(line["discount"], line["discount_reason"]) for line in made["lines"]] == [
            (-3_000 if id == "a" else -1_200, "Spring sale")
        ]
        back = {"method": "CASH", "payment_date": "2025-06-03"}
        given = {"payment_id": payment, "amount": -credit, "manual_transfer": back, "idempotency_key": id}
        shop.ask(REFUND, input=given)
    order = shown(shop)
    assert (order["status"], order["total"]) == ("CLOSED", 0)
    assert books_are_right(shop)


def test_what_is_cancelled_before_its_invoice_takes_its_share_with_it(shop: Client) -> None:
    ordered(shop, item(id="a", unit_price=1_000), item(id="b", unit_price=300), rebate(260))
    assert shown(shop)["total"] == 1_040
    shop.ask(CANCEL, input={"order_id": "o", "items": [{"item_id": "a"}]})
    assert shown(shop)["total"] == 240
    paid(shop, 240)
    made = invoiced(shop, "sale")
    assert (made["total"], made["state"]) == (240, "SETTLED")
    shipped(shop, "b")
    assert shown(shop)["status"] == "CLOSED"
    assert books_are_right(shop)


def test_what_is_given_away_makes_an_invoice_of_nothing_that_is_settled(shop: Client) -> None:
    ordered(shop, item(id="a", unit_price=100), rebate(100))
    shipped(shop, "a")
    made = invoiced(shop, "sale")
    assert (made["total"], made["state"], made["lines"][0]["discount"]) == (0, "SETTLED", 100)
    assert (shown(shop)["status"], shown(shop)["is_paid"]) == ("CLOSED", True)
    assert books_are_right(shop)


def test_each_item_shows_its_share_and_the_discount_is_applied(shop: Client) -> None:
    ordered(shop, item(id="a", unit_price=1_000, discount=100), LAMP, rebate(1_090))
    order = shown(shop)
    items = items_of(order)
    names = ("status", "discount", "allocated_discount", "subtotal", "total")
    assert {id: tuple(each[name] for name in names) for id, each in items.items()} == {
        "a": ("OPEN", 100, 90, 1_000, 810),
        "lamp": ("OPEN", 0, 1_000, 10_000, 9_000),
        "off": ("APPLIED", 0, 0, -1_090, -1_090),
    }
    assert items["off"]["vat"] == {"base": 0, "amount": 0}
    assert (order["subtotal"], order["total"], order["total_excluding_vat"]) == (11_000, 9_810, 8_107)
    assert sum(row["base"] for row in order["vat"]) == sum(each["vat"]["base"] for each in order["items"])
    assert sum(row["amount"] for row in order["vat"]) == sum(each["vat"]["amount"] for each in order["items"])


def test_a_discount_is_under_no_action_and_says_why(shop: Client) -> None:
    ordered(shop, LAMP, rebate(100))
    order = shown(shop)
    assert all("off" not in entry["ids"] for entry in order["actions"])
    told = [(each["action"], each["reason"]) for each in order["blocked"] if each["id"] == "off"]
    assert told == [(action, "APPLIED") for action in ("INVOICE", "SHIP", "CANCEL", "RETURN")]
    for query, given in (
        (INVOICE_ITEMS, {"items": ["lamp", "off"]}),
        (INVOICE_ITEMS, {"items": ["off"]}),
        (SHIP, {"order_id": "o", "items": [{"item_id": "off"}]}),
        (CANCEL, {"order_id": "o", "items": [{"item_id": "off"}]}),
        (RETURN, {"order_id": "o", "items": [{"item_id": "off"}]}),
    ):
        refusal = shop.refused(query, input=given)
        assert (refusal.code, refusal.field, refusal.ids) == ("ITEM_APPLIED", "items", ["off"])
    assert shop.refused(PREVIEW, items=["off"]).code == "ITEM_APPLIED"


def test_a_preview_has_the_shares_too(shop: Client) -> None:
    ordered(shop, SOFA, LAMP, rebate(22_000), rebate(880, "club", name="Club"))
    assert shop.ask(PREVIEW, items=["lamp"])["invoicePreview"] == {
        "total": 7_920,
        "lines": [{"discount": 2_080, "discount_reason": "Spring sale, Club"}],
    }


def test_a_part_has_a_part_of_the_share(shop: Client) -> None:
    ordered(shop, item(id="a", quantity=3, unit_price=1_000), rebate(100))
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 1}]})
    shares = sorted(each["allocated_discount"] for each in shown(shop)["items"])
    assert shares == [0, 33, 67]
    assert invoiced(shop, "sale")["total"] == 2_900
    returned_ids = [each["id"] for each in shown(shop)["items"] if each["status"] == "SHIPPED"]
    returned(shop, returned_ids[0], "back")
    assert invoiced(shop, "credit")["total"] == -967
    assert books_are_right(shop)


@pytest.mark.parametrize(
    ("items", "field", "says"),
    [
        ([rebate(100)], "items.0.unit_price", "0 is left"),
        ([item(unit_price=1_000), rebate(1_500)], "items.1.unit_price", "1000 is left"),
        ([rebate(1), item(unit_price=0)], "items.0.unit_price", "0 is left"),
        ([item(unit_price=1_000), rebate(600), rebate(401, "more")], "items.2.unit_price", "400 is left"),
        (
            [
                item(unit_price=1_000, vat_rate=9),
                item(unit_price=1_000, vat_rate=21),
                rebate(1_001, vat_rate=9),
            ],
            "items.2.unit_price",
            "1000 is left",
        ),
    ],
)
def test_a_discount_larger_than_what_it_applies_to_is_refused(
    shop: Client, items: list[dict[str, Any]], field: str, says: str
) -> None:
    refusal = shop.refused(CREATE_ORDER, input={"billing_name": "Ann", "items": items})
    assert (refusal.code, refusal.field) == ("VALIDATION_ERROR", field)
    assert says in refusal.message


def test_the_total_of_a_one_time_invoice_is_not_below_zero(shop: Client) -> None:
    shop.ask('mutation { createCustomer(input: {handle: "ann", name: "Ann"}) { customer { id } } }')
    lines = [{"text": "Work", "amount": 1_000}, {"text": "Rebate", "amount": -1_001}]
    given = {"handle": "h", "customer_handle": "ann", "order_lines": lines}
    query = "mutation ($input: CreateInvoiceInput!) { createInvoice(input: $input) { invoice { id } } }"
    refusal = shop.refused(query, input=given)
    assert (refusal.code, refusal.field) == ("NEGATIVE_TOTAL", "order_lines")
