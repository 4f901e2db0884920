"""Quantities, unit prices and rates with decimals, over GraphQL: read by their digits, shown as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from invoicing.money import MAX_AMOUNT
from invoicing.storage.database import Database
from invoicing.verify.books import verify
from tests.support.client import (
    CANCEL,
    CREATE_INVOICE,
    CREATE_ORDER,
    CREDIT,
    INVOICE_ITEMS,
    SHIP,
    Client,
    client,
)

ORDER = "query ($id: String!) { order(id: $id) { total items { id quantity unit_price subtotal total } } }"
LINES = (
    "query ($id: String!) { invoice(id: $id) { total total_vat vat { rate } "
    "lines { id name quantity unit_price discount subtotal total vat { rate } } } }"
)


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def item(**values: Any) -> dict[str, Any]:
    return {"id": "a", "name": "Advice", "quantity": 1, "unit_price": 1_000, **values}


def take_in(shop: Client, *items: dict[str, Any], **values: Any) -> None:
    shop.ask(CREATE_ORDER, input={"id": "o", "billing_name": "Ann", "items": list(items), **values})


@pytest.mark.parametrize(
    ("quantity", "price", "shown"),
    [
        (3, 2_499, (3, 2_499, 7_497)),
        (1.5, 9_950, (1.5, 9_950, 14_925)),
        ("1.50", "9950", (1.5, 9_950, 14_925)),
        (0.3333, 1_000, (0.3333, 1_000, 333)),
        ("0.000001", 5 * 10**5, (0.000001, 500_000, 1)),
        (120_000, 0.175, (120_000, 0.175, 21_000)),
        (3.0, "57.851200", (3, 57.8512, 174)),
        (999_999_999.999999, 1, (999_999_999.999999, 1, 1_000_000_000)),
        (1, MAX_AMOUNT, (1, MAX_AMOUNT, MAX_AMOUNT)),
    ],
)
def test_numbers_and_strings_are_read_by_their_digits(
    shop: Client, quantity: Any, price: Any, shown: tuple[Any, ...]
) -> None:
    take_in(shop, item(quantity=quantity, unit_price=price, vat_rate=0))
    response = shop.post(ORDER, id="o")
    (row,) = response.json()["data"]["order"]["items"]
    assert (row["quantity"], row["unit_price"], row["subtotal"]) == shown
    assert isinstance(row["quantity"], type(shown[0]))


def test_a_number_in_a_document_is_read_from_its_text(shop: Client) -> None:
    """No float holds these digits apart: 12345678901.000001 would be refused in a variable."""
    made = shop.ask(
        'mutation { createOrder(input: {id: "o", billing_name: "Ann", items: ['
        '{name: "A", quantity: 123456789.000001, unit_price: 0.000001}, '
        '{name: "B", quantity: "2", unit_price: 7}, {name: "C", quantity: 2.50, unit_price: 1e3}]}) '
        "{ order { items { quantity unit_price subtotal } } } }"
    )
    assert [tuple(row.values()) for row in made["createOrder"]["order"]["items"]] == [
        (123456789.000001, 0.000001, 123),
        (2, 7, 14),
        (2.5, 1_000, 2_500),
    ]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"quantity": 1.0000001}, "Quantity must have at most 6 decimals (it is 1.0000001)"),
        ({"quantity": "1,5"}, "Quantity must be a number (it is '1,5')"),
        ({"quantity": True}, "Quantity must be a number"),
        ({"quantity": 10**9}, "Quantity must be within"),
        ({"quantity": 0}, "items.0.quantity must be more than 0 (it is 0)"),
        ({"quantity": -0.5}, "items.0.quantity must be more than 0 (it is -0.5)"),
        ({"unit_price": 0.0000001}, "UnitPrice must have at most 6 decimals"),
        ({"unit_price": 2**53}, "UnitPrice must be within"),
        ({"unit_price": "1000000000.5"}, "UnitPrice must be within"),
        ({"unit_price": -0.1}, "items.0.unit_price must not be negative"),
        ({"vat_rate": 6.62551}, "items.0.vat_rate must have at most 4 decimals (it is 6.62551)"),
    ],
)
def test_what_is_no_such_number_is_refused_with_its_place(
    shop: Client, values: dict[str, Any], says: str
) -> None:
    order = {"id": "o", "billing_name": "Ann", "items": [item(**values)]}
    refusal = shop.refused(CREATE_ORDER, input=order)
    (name,) = values
    assert refusal.code == "VALIDATION_ERROR"
    assert refusal.field in (f"items.0.{name}", f"input.items.0.{name}")
    assert says in refusal.message


def test_price_times_quantity_must_not_be_too_large(shop: Client) -> None:
    order = {"billing_name": "Ann", "items": [item(quantity=1.5, unit_price=MAX_AMOUNT)]}
    refusal = shop.refused(CREATE_ORDER, input=order)
    assert (refusal.code, refusal.field) == ("AMOUNT_TOO_LARGE", "items.0.unit_price")


def test_a_rate_has_four_decimals(shop: Client) -> None:
    take_in(shop, item(unit_price=106_625, vat_rate=6.625), item(id="b", unit_price=109_975, vat_rate=9.975))
    shop.ask(INVOICE_ITEMS, input={"items": ["a", "b"], "invoice_id": "v"})
    invoice = shop.ask(LINES, id="v")["invoice"]
    assert [row["rate"] for row in invoice["vat"]] == [9.975, 6.625]
    assert (invoice["total_vat"], [line["vat"]["rate"] for line in invoice["lines"]]) == (
        6_625 + 9_975,
        [6.625, 9.975],
    )


def test_parts_add_up_and_are_never_below_zero(shop: Client, database: Database) -> None:
    """2499 × 1.5 less 3749, in parts of 0.5, 0.25 and 0.75; two pieces of 0.4."""
    take_in(
        shop, item(quantity=1.5, unit_price=2_499, discount=3_749), item(id="b", quantity=2, unit_price=0.4)
    )
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 0.5}]})
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": "0.25"}]})
    shop.ask(CANCEL, input={"order_id": "o", "items": [{"item_id": "b", "quantity": 1}]})
    order = shop.ask(ORDER, id="o")["order"]
    parts = [row for row in order["items"] if row["unit_price"] == 2_499]
    assert [row["quantity"] for row in parts] == [0.75, 0.5, 0.25]
    assert sum(row["subtotal"] for row in parts) == 3_749
    assert [row["total"] for row in order["items"]] == [0, 0, 0, 1, 0]
    shop.ask(INVOICE_ITEMS, input={"items": [row["id"] for row in order["items"][:4]], "invoice_id": "v"})
    assert database.read(verify).findings == []


def test_part_of_a_line_is_credited_by_quantity(shop: Client, database: Database) -> None:
    shop.ask(
        "mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id } } }",
        input={"handle": "ann", "name": "Ann"},
    )
    line = {"text": "Work", "amount": 9_950.5, "quantity": 1.25, "vat_rate": 0, "unit": "HUR"}
    shop.ask(CREATE_INVOICE, input={"customer_handle": "ann", "handle": "v", "order_lines": [line]})
    invoice = shop.ask(LINES, id="v")["invoice"]
    assert invoice["total"] == 12_438
    part = {"line_id": invoice["lines"][0]["id"], "quantity": 0.75}
    totals = [
        shop.ask(CREDIT, input={"invoice_id": "v", "lines": lines})["creditInvoice"]["invoice"]["total"]
        for lines in ([part], [{**part, "quantity": "0.5"}])
    ]
    assert totals == [-7_463, -4_975]
    assert shop.refused(CREDIT, input={"invoice_id": "v", "lines": [part]}).code == "CREDIT_TOO_HIGH"
    assert database.read(verify).findings == []


def test_a_plain_selection_and_one_with_resolvers_show_the_same_numbers(shop: Client) -> None:
    take_in(shop, item(quantity=1.5, unit_price=0.175))
    plain = '{ order(id: "o") { items { quantity unit_price } } }'
    asked = '{ order(id: "o") { items { quantity unit_price invoice { id } } } }'
    for query in (plain, asked):
        (row,) = orjson.loads(shop.post(query).content)["data"]["order"]["items"]
        assert (row["quantity"], row["unit_price"]) == (1.5, 0.175)
