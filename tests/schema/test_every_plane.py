"""A character of every plane of Unicode in every text field there is: stored, read back, on the paper."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_input_object_type,
)

from documents.paper.text import clean
from invoicing.invoices import queries
from invoicing.storage.database import Database
from tests.support.client import CREATE_INVOICE, INVOICE_ORDER, Client, client
from tests.support.snapshots import invoice_text, without_spaces

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())
PLANES = "".join(chr(plane << 16 | 0x6F22) for plane in range(17) if plane != 14) + "\U000e0200"
TEXT = f"x{PLANES}z"
PRINTED = clean(TEXT)
SHAPED = {  # fields whose text has a form of its own
    "bic",
    "country_code",
    "credit_number_format",
    "customer_handle",
    "customer_id",
    "email",
    "exchange_rate",
    "handle",
    "iban",
    "id",
    "idempotency_key",
    "invoice_number_format",
    "locale",
    "phone_number",
    "timezone",
    "unit",
    "vat_number",
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def filled(name: str, **given: Any) -> dict[str, Any]:
    """An input of that name with the text wherever it may be."""
    input = SCHEMA.type_map[name]
    assert isinstance(input, GraphQLInputObjectType)
    values: dict[str, Any] = {}
    for field, asked in input.fields.items():
        kind = get_named_type(asked.type)
        if kind.name == "String" and field not in SHAPED:
            values[field] = TEXT
        elif is_input_object_type(kind) and kind.name == "AddressInput":
            values[field] = filled(kind.name)
        elif kind.name == "JSON":
            values[field] = {TEXT: [TEXT]}
    return values | given


def shown(name: str, given: dict[str, Any]) -> str:
    """The selection of what was given, as far as the type shows it by the same name."""
    output = SCHEMA.type_map[name]
    assert isinstance(output, GraphQLObjectType)
    chosen = []
    for field in given.keys() & output.fields.keys():
        kind = get_named_type(output.fields[field].type)
        inner = given[field][0] if isinstance(given[field], list) else given[field]
        is_object = isinstance(kind, GraphQLObjectType)
        chosen.append(f"{field} {{ {shown(kind.name, inner)} }}" if is_object else field)
    return " ".join(chosen)


def kept(shop: Client, change: str, noun: str, type: str, given: dict[str, Any]) -> int:
    """How many texts came back, once every field came back as it was given."""
    name = change[0].upper() + change[1:] + "Input"
    query = f"mutation ($i: {name}!) {{ {change}(input: $i) {{ {noun} {{ {shown(type, given)} }} }} }}"
    told = shop.ask(query, i=given)[change][noun]
    assert told == {field: _as(told[field], given[field]) for field in told}
    return orjson.dumps(told).decode().count(TEXT)


def _as(told: Any, given: Any) -> Any:
    if isinstance(told, list) and isinstance(given, list) and told and isinstance(told[0], dict):
        return [_as(each, one) for each, one in zip(told, given, strict=True)]
    if isinstance(told, dict) and told.keys() <= given.keys():
        return {field: given[field] for field in told}
    return given


def printed(shop: Client, invoice_id: str) -> int:
    invoice = shop.database.read(queries.found_invoice, shop.principal, invoice_id)
    return without_spaces(invoice_text(invoice.frozen())).count(PRINTED)


def test_text_of_every_plane_is_kept_and_printed_in_every_field(shop: Client) -> None:
    seller = filled("UpdateAccountInput")
    seller["address"]["country_code"] = "NL"  # or nothing is invoiced
    assert kept(shop, "updateAccount", "account", "Account", seller) >= 10
    customer = filled("CreateCustomerInput", id="ann", is_business=True)
    assert kept(shop, "createCustomer", "customer", "Customer", customer) >= 15
    item = filled("OrderItemInput", quantity=1, unit_price=1, vat_category="E", vat_rate=0)
    order = filled("CreateOrderInput", id="o", customer_id="ann", items=[item])
    assert kept(shop, "createOrder", "order", "Order", order) >= 20
    issued = shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]
    assert printed(shop, issued["id"]) >= 15
    line = filled("OrderLineInput", amount=1, vat_category="E", vat_rate=0)
    one = filled("CreateInvoiceInput", handle="one", customer_id="ann", order_lines=[line])
    one["manual_transfer"] = filled("ManualTransferInput", method="CASH", payment_date="2025-06-02")
    shop.ask(CREATE_INVOICE, input=one)
    assert printed(shop, "one") >= 17
