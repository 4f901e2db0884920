"""Reading: what an account, a customer, an order, an invoice and a list show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import INVOICE_ITEMS, RECORD, SHIP, Client, client
from tests.support.factories import item

NEEDS = {
    "{ account { id } }": Scope.ACCOUNT_READ,
    '{ customer(id: "x") { id } }': Scope.CUSTOMERS_READ,
    "{ customers { nodes { id } } }": Scope.CUSTOMERS_READ,
    "{ customers { totalCount } }": Scope.CUSTOMERS_READ,
    '{ order(id: "x") { id } }': Scope.ORDERS_READ,
    "{ orders { nodes { id } } }": Scope.ORDERS_READ,
    "{ orders { totalCount } }": Scope.ORDERS_READ,
    '{ invoice(id: "x") { id } }': Scope.INVOICES_READ,
    "{ invoices { nodes { id } } }": Scope.INVOICES_READ,
    "{ invoices { totalCount } }": Scope.INVOICES_READ,
    '{ invoicePreview(input: {items: ["x"]}) { total } }': Scope.INVOICES_READ,
}
MONEY = (
    "{ subtotal total_ex_vat total_vat total vat { rate category base amount } lines "
    "{ name quantity unit_price discount subtotal total total_ex_vat vat { rate category base amount } } }"
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_question_needs_its_scope_and_no_other(shop: Client) -> None:
    for query, scope in NEEDS.items():
        refusal = shop.limited_to(*(set(Scope) - {scope})).refused(query)
        assert (refusal.code, refusal.ids) == ("FORBIDDEN", [scope])
        assert "FORBIDDEN" not in shop.limited_to(scope).post(query).text


def test_an_account_shows_its_settings_and_keys(shop: Client) -> None:
    account = shop.ask(
        "{ account { name legal_name address { locality country_code address_line_2 } default_currency "
        "default_vat_rate payment_terms_days timezone api_keys { name scopes revoked_at } } }"
    )["account"]
    (key,) = account.pop("api_keys")
    assert account == {
        "name": "Mug & Co",
        "legal_name": "Mug & Co",
        "address": {"locality": "Amsterdam", "country_code": "NL", "address_line_2": None},
        "default_currency": "EUR",
        "default_vat_rate": 21,
        "payment_terms_days": 14,
        "timezone": "UTC",
    }
    assert (key["name"], key["revoked_at"]) == ("Back office", None)
    assert sorted(key["scopes"]) == sorted(scope.name for scope in Scope)


def test_an_order_shows_its_items_totals_actions_and_invoices(shop: Client, database: Database) -> None:
    items = [item(id="a", quantity=3, unit_price=2_499), item(id="b", unit_price=109, vat_rate=9)]
    factories.order(database, shop.principal, id="o", items=items)
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 1}]})
    shop.ask(INVOICE_ITEMS, input={"items": ["b"], "invoice_id": "v"})
    order = shop.ask(
        '{ order(id: "o") { status subtotal total total_excluding_vat vat { rate base amount } '
        "items { quantity status total vat { rate base amount } invoice { id } } "
        "actions { action ids } blocked { action id reason message } invoices { id } customer { id } } }"
    )["order"]
    assert (order["status"], order["customer"], order["invoices"]) == ("OPEN", None, [{"id": "v"}])
    assert (order["subtotal"], order["total"], order["total_excluding_vat"]) == (7_606, 7_606, 6_296)
    assert order["vat"] == [
        {"rate": 21, "base": 6_196, "amount": 1_301},
        {"rate": 9, "base": 100, "amount": 9},
    ]
    rest, part, other = order["items"]
    assert [(i["quantity"], i["status"]) for i in (rest, part, other)] == [
        (2, "OPEN"),
        (1, "SHIPPED"),
        (1, "OPEN"),
    ]
    assert sum(i["vat"]["base"] for i in (rest, part)) == 6_196
    assert [i["invoice"] for i in (rest, part, other)] == [None, None, {"id": "v"}]
    listed = {entry["action"]: entry["ids"] for entry in order["actions"]}
    assert listed["SHIP"] == ["a", "b"]
    assert len(listed["INVOICE"]) == 2
    told = [(entry["action"], entry["reason"]) for entry in order["blocked"]]
    assert told == [
        ("INVOICE", "ALREADY_INVOICED"),
        ("SHIP", "ALREADY_SHIPPED"),
        ("CANCEL", "ALREADY_SHIPPED"),
        ("RETURN", "NOT_SHIPPED"),
        ("RETURN", "NOT_SHIPPED"),
    ]
    assert all(entry["message"] for entry in order["blocked"])


def test_an_order_is_closed_once_all_is_shipped_invoiced_and_paid(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, id="o", items=[item(id="a")])
    states = []
    for step in (
        None,
        (SHIP, {"order_id": "o", "items": [{"item_id": "a"}]}),
        (INVOICE_ITEMS, {"items": ["a"]}),
        (RECORD, {"order_id": "o", "amount": 1_210, "method": "iDEAL", "idempotency_key": "k"}),
    ):
        if step is not None:
            shop.ask(step[0], input=step[1])
        states.append(shop.ask('{ order(id: "o") { status actions { action } } }')["order"])
    assert states == [
        {"status": "OPEN", "actions": [{"action": "INVOICE"}, {"action": "SHIP"}, {"action": "CANCEL"}]},
        {"status": "OPEN", "actions": [{"action": "INVOICE"}, {"action": "RETURN"}]},
        {"status": "OPEN", "actions": [{"action": "RETURN"}]},
        {"status": "CLOSED", "actions": [{"action": "RETURN"}]},
    ]


def test_an_invoice_shows_parties_and_who_made_it(shop: Client, database: Database) -> None:
    factories.customer(
        database,
        shop.principal,
        id="ann",
        name="Ann",
        vat_number="NL1",
        billing_address={"locality": "Delft"},
    )
    factories.order(database, shop.principal, id="o", customer_id="ann", purchase_order_number="PO-1")
    order = shop.ask('mutation { invoiceOrder(input: {order_id: "o", invoice_id: "v"}) { invoice { id } } }')
    assert order["invoiceOrder"]["invoice"]["id"] == "v"
    shop.ask('mutation { updateCustomer(input: {id: "ann", name: "Anna"}) { customer { id } } }')
    invoice = shop.ask(
        '{ invoice(id: "v") { handle type state seller { name address { locality } } '
        "buyer { name vat_number address { locality } } customer { name } purchase_order_number "
        "created_by { id name type } } }"
    )["invoice"]
    actor = shop.principal.actor
    assert invoice == {
        "handle": "v",
        "type": "INVOICE",
        "state": "PENDING",
        "seller": {"name": "Mug & Co", "address": {"locality": "Amsterdam"}},
        "buyer": {"name": "Ann", "vat_number": "NL1", "address": {"locality": "Delft"}},
        "customer": {"name": "Anna"},
        "purchase_order_number": "PO-1",
        "created_by": {"id": actor.id, "name": "Back office", "type": "api_key"},
    }


@pytest.mark.parametrize(
    ("currency", "price", "quantity"),
    [("JPY", 2_499, 3), ("EUR", 2_499, 3), ("KWD", 2_499, 3), ("EUR", 2**31 + 1, 2), ("KWD", 2**53 - 1, 1)],
)
@pytest.mark.parametrize("including_vat", [True, False])
def test_a_preview_is_to_the_cent_what_is_then_issued(
    shop: Client, database: Database, currency: str, price: int, quantity: int, including_vat: bool
) -> None:
    if price == 2**53 - 1 and not including_vat:
        price = 2**52
    items = [item(id="a", quantity=quantity, unit_price=price), item(id="z", unit_price=0, vat_category="E")]
    factories.order(database, shop.principal, items=items, currency=currency, is_including_vat=including_vat)
    query = f"query ($input: InvoiceItemsInput!) {{ invoicePreview(input: $input) {MONEY} }}"
    preview = shop.ask(query, input={"items": ["a", "z"]})["invoicePreview"]
    assert shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"] == 0
    mutation = (
        f"mutation ($input: InvoiceItemsInput!) {{ invoiceItems(input: $input) {{ invoice {MONEY} }} }}"
    )
    issued = shop.ask(mutation, input={"items": ["a", "z"]})["invoiceItems"]["invoice"]
    assert issued == preview
    assert issued["total_ex_vat"] + issued["total_vat"] == issued["total"]
    assert (issued["total"] if including_vat else issued["total_ex_vat"]) == price * quantity
    assert [row["category"] for row in issued["vat"]] == ["S", "E"]
    if price == 2_499 and including_vat:
        assert (issued["total"], issued["total_ex_vat"], issued["total_vat"]) == (7_497, 6_196, 1_301)


VAT: list[tuple[dict[str, Any], float, str]] = [
    ({"vat_rate": 5.5}, 5.5, "S"),
    ({"vat_rate": 0}, 0, "Z"),
    *(({"vat_category": category}, 0, category) for category in ("Z", "E", "AE", "K", "G", "O")),
    ({"vat_category": "S", "vat_rate": 0.01}, 0.01, "S"),
    ({}, 21, "S"),
]


def test_each_vat_category_has_its_rate(shop: Client) -> None:
    items = [{"name": "Mug", "quantity": 1, "unit_price": 100, **given} for given, _, _ in VAT]
    made = shop.ask(
        "mutation ($input: CreateOrderInput!) { createOrder(input: $input) "
        "{ order { items { vat { rate category base amount } } } } }",
        input={"billing_name": "Ann", "items": items},
    )
    lines = [line["vat"] for line in made["createOrder"]["order"]["items"]]
    assert [(line["rate"], line["category"]) for line in lines] == [told[1:] for told in VAT]
    assert {line["base"] + line["amount"] for line in lines} == {100}


@pytest.mark.parametrize("name", ["customers", "orders", "invoices"])
def test_a_list_is_walked_in_both_directions(shop: Client, database: Database, name: str) -> None:
    for place in range(5):
        buyer = factories.customer(database, shop.principal, id=f"c{place}")
        factories.invoice(
            database, shop.principal, id=f"o{place}", customer_id=buyer.id, invoice_id=f"v{place}"
        )
    page = "{ totalCount nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }"  # noqa: E501
    expected = [f"{name[0] if name != 'invoices' else 'v'}{place}" for place in reversed(range(5))]
    for size, cursor, end, more in (
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ):
        walked: list[str] = []
        argument = ""
        while True:
            found = shop.ask(f"{{ {name}({size}: 2{argument}) {page} }}")[name]
            ids = [node["id"] for node in found["nodes"]]
            assert [edge["node"]["id"] for edge in found["edges"]] == ids
            assert found["totalCount"] == 5
            cursors = [edge["cursor"] for edge in found["edges"]]
            assert (found["pageInfo"]["startCursor"], found["pageInfo"]["endCursor"]) == (
                cursors[0],
                cursors[-1],
            )
            walked = walked + ids if size == "first" else ids + walked
            if not found["pageInfo"][more]:
                break
            argument = f', {cursor}: "{found["pageInfo"][end]}"'
        assert walked == expected
