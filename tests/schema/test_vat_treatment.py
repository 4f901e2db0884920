"""VAT categories that the law does not allow between these parties are refused, with rule and field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    CREATE_INVOICE,
    CREATE_ORDER,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    SHIP,
    Client,
    client,
)
from tests.support.factories import item
from tests.support.rest_door import Door

GERMAN = {
    "address_line_1": "Königstraße 27",
    "postal_code": "50667",
    "locality": "Köln",
    "country_code": "DE",
}
SWISS = {"address_line_1": "Hauptgasse 1", "locality": "Bern", "country_code": "CH"}
PREVIEW = "query ($items: [String!]!) { invoicePreview(input: {items: $items}) { total } }"
ORDER = '{ order(id: "o") { vat_number actions { action ids } blocked { action id reason message } } }'
UPDATE = "mutation ($input: UpdateOrderInput!) { updateOrder(input: $input) { order { vat_number } } }"
CUSTOMERS: dict[str, dict[str, Any]] = {
    "person": {"billing_address": GERMAN},
    "dutch": {"vat_number": "NL123456782B01", "billing_address": factories.ADDRESS},
    "german": {"vat_number": "DE123456788", "billing_address": GERMAN},
    "registered": {"registration_number": "HRB 1", "billing_address": GERMAN},
    "swiss": {"billing_address": SWISS},
    "elsewhere": {"vat_number": "DE123456788"},
}
DATED = {"delivery_date": "2025-06-03"}
ELSEWHERE = ("2006/112/EC art. 138", "shipping_address.country_code")
REFUSED: list[tuple[str, str, dict[str, Any], str, str]] = [
    ("AE", "person", {}, "BR-AE-02", "customer.vat_number"),
    ("K", "person", DATED, "BR-IC-02", "customer.vat_number"),
    ("K", "dutch", DATED, "2006/112/EC art. 138", "customer.vat_number"),
    ("K", "german", {}, "BR-IC-11", "delivery_date"),
    ("K", "elsewhere", DATED, "BR-IC-12", "shipping_address.country_code"),
    ("K", "german", {**DATED, "shipping_address": factories.ADDRESS}, *ELSEWHERE),
    ("K", "german", {**DATED, "shipping_address": SWISS}, *ELSEWHERE),
    ("G", "german", {}, "2006/112/EC art. 146", "shipping_address.country_code"),
    (
        "G",
        "swiss",
        {"shipping_address": factories.ADDRESS},
        "2006/112/EC art. 146",
        "shipping_address.country_code",
    ),
]
ALLOWED: list[tuple[str, str, dict[str, Any]]] = [
    ("AE", "german", {}),
    ("AE", "registered", {}),
    ("AE", "person", {"vat_number": "DE123456788"}),
    ("K", "german", DATED),
    ("K", "person", {**DATED, "vat_number": "DE 123 456 788"}),
    ("K", "elsewhere", {**DATED, "shipping_address": GERMAN}),
    ("G", "swiss", {}),
    ("G", "german", {"shipping_address": SWISS}),
    ("G", "swiss", {"shipping_address": {"locality": "Bern"}}),
    ("E", "person", {}),
    ("O", "person", {}),
]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """The seller is Dutch."""
    shop = client(database, tmp_path)
    for handle, values in CUSTOMERS.items():
        factories.customer(database, shop.principal, handle=handle, **values)
    return shop


def order(shop: Client, category: str, buyer: str, **values: Any) -> None:
    given = {"id": "o", "customer_handle": buyer, "items": [item(id="a", vat_category=category)], **values}
    shop.ask(CREATE_ORDER, input=given)


def refused(shop: Client, operation: str, **variables: Any) -> dict[str, Any]:
    (refusal,) = shop.post(operation, **variables).json()["errors"]
    assert refusal["extensions"]["code"] == "VAT_TREATMENT_NOT_ALLOWED"
    return {**refusal["extensions"], "message": refusal["message"]}


@pytest.mark.parametrize(("category", "buyer", "values", "rule", "field"), REFUSED)
def test_an_order_is_refused_with_the_rule_and_the_field(
    shop: Client, category: str, buyer: str, values: dict[str, Any], rule: str, field: str
) -> None:
    order(shop, category, buyer, **values)
    seen = shop.ask(ORDER)["order"]
    assert "INVOICE" not in {each["action"] for each in seen["actions"]}
    (blocked,) = [each for each in seen["blocked"] if each["action"] == "INVOICE"]
    assert (blocked["id"], blocked["reason"]) == ("a", "VAT_TREATMENT_NOT_ALLOWED")
    for operation, variables in (
        (INVOICE_ITEMS, {"input": {"items": ["a"]}}),
        (INVOICE_ORDER, {"input": {"order_id": "o"}}),
        (PREVIEW, {"items": ["a"]}),
    ):
        told = refused(shop, operation, **variables)
        assert (told["rule"], told["field"], told["message"]) == (rule, field, blocked["message"])


@pytest.mark.parametrize(("category", "buyer", "values"), ALLOWED)
def test_an_order_is_invoiced_where_the_law_allows_it(
    shop: Client, category: str, buyer: str, values: dict[str, Any]
) -> None:
    order(shop, category, buyer, **values)
    shop.ask(PREVIEW, items=["a"])
    shop.ask(INVOICE_ORDER, input={"order_id": "o"})


def test_a_sale_within_the_eu_may_be_invoiced_once_it_is_shipped(shop: Client) -> None:
    order(shop, "K", "german")
    refused(shop, INVOICE_ORDER, input={"order_id": "o"})
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a"}]})
    shop.ask(INVOICE_ORDER, input={"order_id": "o"})


def test_a_seller_without_a_vat_number_charges_no_vat_in_three_ways_only(shop: Client) -> None:
    shop.ask('mutation { updateAccount(input: {vat_number: null, tax_number: "1"}) { account { id } } }')
    given = [item(id=category, vat_category=category) for category in ("Z", "E", "O", "AE", "K", "G")]
    factories.order(
        shop.database, shop.principal, id="o", billing_name="A", vat_number="DE123456788", items=given
    )
    for category, rule in (("AE", "BR-AE-02"), ("K", "BR-IC-02"), ("G", "BR-G-02")):
        told = refused(shop, INVOICE_ITEMS, input={"items": [category]})
        assert (told["rule"], told["field"], told["ids"]) == (rule, "account.vat_number", [category])
    shop.ask(INVOICE_ITEMS, input={"items": ["Z", "E"]})
    shop.ask(INVOICE_ITEMS, input={"items": ["O"]})


def test_what_is_outside_the_scope_of_vat_stands_alone(shop: Client) -> None:
    for id, category in (("o", "O"), ("p", "S")):
        given = [item(id=f"{id}1", vat_category=category)]
        shop.ask(CREATE_ORDER, input={"id": id, "customer_handle": "person", "items": given})
    told = refused(shop, INVOICE_ITEMS, input={"items": ["o1", "p1"]})
    assert (told["rule"], told["field"]) == ("BR-O-11", "items")
    for id in ("o1", "p1"):
        shop.ask(INVOICE_ITEMS, input={"items": [id]})


def test_an_order_with_both_has_two_invoices(shop: Client) -> None:
    given = [item(id="a"), item(id="b", vat_category="O", unit_price=100)]
    shop.ask(CREATE_ORDER, input={"id": "o", "customer_handle": "person", "items": given})
    totals = [
        shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]["total"] for _ in range(2)
    ]
    assert totals == [1_210, 100]


def test_a_sale_within_the_eu_is_on_an_invoice_with_what_has_a_date(shop: Client) -> None:
    given = [item(id="a", vat_category="K", unit_price=100), item(id="b")]
    shop.ask(CREATE_ORDER, input={"id": "o", "customer_handle": "german", "items": given})
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a"}]})
    assert refused(shop, INVOICE_ITEMS, input={"items": ["a", "b"]})["rule"] == "BR-IC-11"
    totals = [
        shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]["total"] for _ in range(2)
    ]
    assert totals == [100, 1_210]


def test_a_one_time_invoice_follows_the_same_rules(shop: Client) -> None:
    def one_time(buyer: str, *categories: str, **values: Any) -> dict[str, Any]:
        lines = [{"text": "Advice", "amount": 100, "vat_category": category} for category in categories]
        handle = f"{buyer}-{'-'.join(categories)}"
        return {"handle": handle, "customer_handle": buyer, "order_lines": lines, **values}

    for buyer, categories, rule in (
        ("person", ["AE"], "BR-AE-02"),
        ("dutch", ["K"], "2006/112/EC art. 138"),
        ("german", ["K"], "BR-IC-11"),
        ("german", ["G"], "2006/112/EC art. 146"),
        ("person", ["O", "S"], "BR-O-11"),
    ):
        assert refused(shop, CREATE_INVOICE, input=one_time(buyer, *categories))["rule"] == rule
    shop.ask(CREATE_INVOICE, input={**one_time("german", "K", **DATED), "handle": "dated"})
    for buyer, categories in (
        ("german", ["AE", "S"]),
        ("swiss", ["G"]),
        ("person", ["O"]),
        ("person", ["E"]),
    ):
        shop.ask(CREATE_INVOICE, input=one_time(buyer, *categories))


def test_an_export_that_is_delivered_within_the_eu_is_refused_with_its_postage(shop: Client) -> None:
    """A buyer outside is enough for services alone: goods have to leave, and the postage goes with them."""
    given = {"customer_handle": "swiss", "shipping_address": factories.ADDRESS}
    kinds = {"goods": {}, "postage": {"type": "SHIPPING"}, "advice": {"supply": "SERVICES"}}
    goods = [item(id=id, vat_category="G", **values) for id, values in kinds.items()]
    shop.ask(CREATE_ORDER, input={"id": "o", **given, "items": goods})
    blocked = [each for each in shop.ask(ORDER)["order"]["blocked"] if each["action"] == "INVOICE"]
    assert [each["id"] for each in blocked] == ["goods", "postage"]
    assert all("these are delivered in NL" in each["message"] for each in blocked)
    shop.ask(INVOICE_ORDER, input={"order_id": "o"})
    assert refused(shop, INVOICE_ORDER, input={"order_id": "o"})["ids"] == ["goods", "postage"]
    line = {"text": "Vase", "amount": 100, "vat_category": "G"}
    once = {**given, "handle": "once", "order_lines": [line]}
    assert refused(shop, CREATE_INVOICE, input=once)["rule"] == "2006/112/EC art. 146"
    shop.ask(CREATE_INVOICE, input={**once, "order_lines": [{**line, "supply": "SERVICES"}]})


def test_a_guests_company_has_a_vat_number_of_its_own(shop: Client) -> None:
    given = {"id": "o", "billing_name": "Sommer GmbH", "billing_address": GERMAN}
    shop.ask(CREATE_ORDER, input={**given, "items": [item(id="a", vat_category="AE")]})
    assert refused(shop, INVOICE_ORDER, input={"order_id": "o"})["rule"] == "BR-AE-02"
    wrong = shop.refused(UPDATE, input={"id": "o", "vat_number": "DE123456789"})
    assert (wrong.code, wrong.field) == ("VALIDATION_ERROR", "vat_number")
    updated = shop.ask(UPDATE, input={"id": "o", "vat_number": "de 123 456 788"})
    assert updated["updateOrder"]["order"]["vat_number"] == "DE123456788"
    assert shop.ask(ORDER)["order"]["vat_number"] == "DE123456788"
    id = shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]["id"]
    seen = shop.ask("query ($id: String!) { invoice(id: $id) { buyer { name vat_number } } }", id=id)
    assert seen["invoice"]["buyer"] == {"name": "Sommer GmbH", "vat_number": "DE123456788"}
    bad = shop.refused(CREATE_ORDER, input={**given, "id": "p", "vat_number": "NL1", "items": [item()]})
    assert (bad.code, bad.field) == ("VALIDATION_ERROR", "vat_number")


def test_the_orders_own_number_goes_before_the_customers(shop: Client) -> None:
    order(shop, "K", "german", vat_number="NL123456782B01", **DATED)
    assert refused(shop, INVOICE_ORDER, input={"order_id": "o"})["rule"] == "2006/112/EC art. 138"
    shop.ask(UPDATE, input={"id": "o", "vat_number": None})
    shop.ask(INVOICE_ORDER, input={"order_id": "o"})


def test_the_door_for_order_invoices_refuses_in_its_own_form(shop: Client) -> None:
    order(shop, "AE", "person")
    door = Door(shop, {"accessToken": f"Bearer {shop.token}"})
    status, body = door.refused("POST", "/invoices", {"orderId": "o"})
    assert (status, body["success"]) == (400, False)
    assert "reverse charge" in body["message"]
