"""No invoice is issued before it can say all that it must about its seller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from invoicing.storage.database import Database
from invoicing.storage.tables import accounts
from tests.support import factories
from tests.support.client import (
    CANCEL,
    CREATE_INVOICE,
    CREDIT,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    Client,
    client,
)
from tests.support.factories import ADDRESS, item
from tests.support.rest_door import Door, basic

UPDATE = "mutation ($input: UpdateAccountInput!) { updateAccount(input: $input) { account { missing } } }"
ORDER = '{ order(id: "o") { actions { action ids } blocked { action id reason message } } }'
PREVIEW = "query ($items: [String!]!) { invoicePreview(input: {items: $items}) { total } }"
INVOICEABLE = "{ orders(filter: {invoiceable: true}) { totalCount } }"
ALL = [
    "legal_name",
    "address.address_line_1",
    "address.locality",
    "address.country_code",
    "vat_number",
]


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """A new account, of which nothing but the name is known, with an order and a customer."""
    shop = client(database, tmp_path)
    bare = update(accounts).values(legal_name="", address={}, vat_number=None)
    database.write(lambda connection: connection.execute(bare))
    factories.customer(database, shop.principal, handle="ann", billing_address=ADDRESS)
    factories.order(database, shop.principal, id="o", customer_handle="ann", items=[item(id="a")])
    return shop


def invoiceable(shop: Client) -> list[str]:
    """The ids under INVOICE, and whether the list's filter agrees."""
    found = shop.ask(ORDER)["order"]["actions"]
    ids = [id for entry in found if entry["action"] == "INVOICE" for id in entry["ids"]]
    assert shop.ask(INVOICEABLE)["orders"]["totalCount"] == bool(ids)
    return ids


def complete(shop: Client) -> None:
    given = {"legal_name": "Mug & Co B.V.", "address": ADDRESS, "tax_number": "12/345/67890"}
    assert shop.ask(UPDATE, input=given)["updateAccount"]["account"]["missing"] == []


def test_what_is_missing_is_named_until_it_is_set(shop: Client) -> None:
    assert shop.ask("{ account { missing legal_name tax_number } }")["account"] == {
        "missing": ALL,
        "legal_name": "",
        "tax_number": None,
    }
    for given, missing in (
        ({"legal_name": "Mug & Co B.V."}, ALL[1:]),
        (
            {"address": {"address_line_1": "PO box 1", "country_code": "NL"}},
            ["address.locality", "vat_number"],
        ),
        ({"vat_number": "NL123456782B01"}, ["address.locality"]),
        ({"vat_number": None, "tax_number": "12/345/67890"}, ["address.locality"]),
        ({"address": ADDRESS}, []),
    ):
        assert shop.ask(UPDATE, input=given)["updateAccount"]["account"]["missing"] == missing


def test_an_order_of_an_incomplete_seller_says_what_is_missing(shop: Client) -> None:
    assert invoiceable(shop) == []
    (blocked,) = [each for each in shop.ask(ORDER)["order"]["blocked"] if each["action"] == "INVOICE"]
    assert (blocked["id"], blocked["reason"]) == ("a", "SELLER_INCOMPLETE")
    for name in ALL:
        assert name in blocked["message"]
    complete(shop)
    assert invoiceable(shop) == ["a"]


@pytest.mark.parametrize(
    ("operation", "variables"),
    [
        (INVOICE_ITEMS, {"input": {"items": ["a"]}}),
        (INVOICE_ORDER, {"input": {"order_id": "o"}}),
        (PREVIEW, {"items": ["a"]}),
        (
            CREATE_INVOICE,
            {"input": {"handle": "i", "customer_handle": "ann", "order_lines": [factories.order_line()]}},
        ),
    ],
)
def test_nothing_is_invoiced_until_the_seller_is_complete(
    shop: Client, operation: str, variables: dict[str, Any]
) -> None:
    (refusal,) = shop.post(operation, **variables).json()["errors"]
    assert refusal["extensions"] == {
        "code": "SELLER_INCOMPLETE",
        "field": "account.legal_name",
        "missing": ALL,
    }
    assert "legal_name, address.address_line_1" in refusal["message"]
    complete(shop)
    shop.ask(operation, **variables)


def test_what_was_issued_is_credited_whatever_the_seller_lacks_since(shop: Client) -> None:
    complete(shop)
    issued = shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "i"})["invoiceItems"]["invoice"]
    factories.order(shop.database, shop.principal, id="p", items=[item(id="b")])
    shop.ask(INVOICE_ITEMS, input={"items": ["b"], "invoice_id": "j"})
    shop.ask(UPDATE, input={"tax_number": None})
    undone = shop.ask(CANCEL, input={"order_id": "o", "items": [{"item_id": "a"}]})
    (contra,) = undone["cancelOrderItems"]["contra_items"]
    assert invoiceable(shop) == [contra["id"]]
    credit = shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]
    assert credit["total"] == -issued["total"]
    again = shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "i"})["invoiceItems"]["invoice"]
    assert again == issued
    shop.ask(CREDIT, input={"invoice_id": "j"})


def test_the_other_doors_refuse_in_their_own_form(shop: Client) -> None:
    door = Door(shop, {"accessToken": f"Bearer {shop.token}"})
    status, body = door.refused("POST", "/invoices", {"orderId": "o"})
    assert (status, body["success"]) == (400, False)
    assert "legal_name" in body["message"]
    given = {"handle": "i", "order_lines": [{"ordertext": "Mug", "amount": 100}]}
    status, body = Door(shop, basic(str(shop.token))).refused("POST", "/v1/customer/ann/invoice", given)
    assert (status, body["code"], body["error"]) == (400, 1, "Invalid request")
    assert "legal_name" in body["message"]


def test_the_invoice_names_the_tax_number(shop: Client) -> None:
    complete(shop)
    shop.ask(INVOICE_ITEMS, input={"items": ["a"], "invoice_id": "i"})
    asked = '{ invoice(id: "i") { seller { legal_name vat_number tax_number } } }'
    assert shop.ask(asked)["invoice"]["seller"] == {
        "legal_name": "Mug & Co B.V.",
        "vat_number": None,
        "tax_number": "12/345/67890",
    }
