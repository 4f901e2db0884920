"""What a problem of an e-invoice says to fill in is there, in the inputs of GraphQL."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLInputObjectType, GraphQLSchema, build_schema, get_named_type

from documents import einvoice
from documents.einvoice import national
from schema import sdl

ROOTS = {
    "account": ["UpdateAccountInput"],
    "customer": ["CreateCustomerInput", "UpdateCustomerInput"],
    "order": ["CreateOrderInput"],
}
WITHOUT_ROOT = ["CreateInvoiceInput"]


def named(function: str) -> Iterator[str]:
    """The constants that a function gets, in all modules of e-invoices; of a problem, the second one."""
    for path in Path(einvoice.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function:
                for argument in node.args[1:2]:
                    if isinstance(argument, ast.Constant):
                        yield str(argument.value)


FIELDS = {
    *named("Problem"),
    *(f"{place}{name}" for name in named("of_line") for place in ("order_lines.", "order.items.")),
    *(f"{place}{name}" for name in named("of_invoice") for place in ("", "order.")),
    *(
        f"{address}.{part}"
        for address in (national._SELLER, national._BUYER, "order.shipping_address", "shipping_address")
        for part in national._PARTS
    ),
}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(sdl())


def test_there_are_some() -> None:
    assert {"customer.buyer_reference", "order_lines.unit", "order.items.unit", "delivery_date"} <= FIELDS


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_the_field_to_fill_in_is_one_of_an_input(schema: GraphQLSchema, field: str) -> None:
    root, *names = field.split(".")
    inputs, path = (ROOTS[root], names) if root in ROOTS else (WITHOUT_ROOT, [root, *names])
    inputs = {"invoice_id": ["CreditInvoiceInput"], "items": ["InvoiceItemsInput"]}.get(field, inputs)
    for name in inputs:
        found = schema.type_map[name]
        for part in path:
            assert isinstance(found, GraphQLInputObjectType)
            part = {"amount": "unit_price"}.get(part, part) if "items" in path else part
            found = get_named_type(found.fields[part].type)
