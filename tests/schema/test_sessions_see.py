"""A customer's session sees nothing that is the seller's own, whichever way leads to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_enum_type,
    is_required_argument,
)

from invoicing.access import Scope
from invoicing.storage.database import Database
from schema.execution.sessions import REPLACED
from tests.support import factories
from tests.support.client import CANCEL, INVOICE_ITEMS, INVOICE_ORDER, RECORD, Client, client
from tests.support.factories import item

SCHEMA = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text())

OPEN_TO_SESSIONS = {
    "query": "customer customers order orders invoice invoices invoicePreview node nodes",
    "mutation": "updateOrder invoiceOrder",
    "subscription": "invoiceUpdated",
}
SEEN = {
    "Address": "organisation name address_line_1 address_line_2 postal_code locality administrative_area "
    "country_code email phone_number",
    "BlockedItem": "action id reason message",
    "Customer": "node_id id handle name legal_name email phone_number contact_name is_business vat_number "
    "registration_number locale buyer_reference payment_terms_days billing_address shipping_address "
    "electronic_address created_at erased_at payment_methods",
    "CustomerConnection": "edges nodes pageInfo totalCount",
    "CustomerEdge": "cursor node",
    "EInvoice": "format url problems",
    "EInvoiceProblem": "rule field message",
    "ElectronicAddress": "scheme value",
    "Invoice": "node_id id number type state handle currency is_including_vat subtotal total_ex_vat "
    "total_vat total rounding pdf_status issued_on due_on created_by created_at lines vat orders customer "
    "seller buyer shipping_address delivery_date service_period tax_currency total_vat_in_tax_currency "
    "exchange_rate reimbursement credits credited_by pdf_url receipt_url pdf_warnings e_invoices e_invoice "
    "purchase_order_number payment_reference "
    "cost_center note lines_count orders_count credits_count credited_by_count",
    "InvoiceConnection": "edges nodes pageInfo totalCount",
    "InvoiceEdge": "cursor node",
    "InvoiceLine": "id order_item_id order_id sku name description quantity unit unit_price discount "
    "discount_reason subtotal total total_ex_vat vat supply exemption_reason service_period",
    "InvoiceOrderPayload": "invoice",
    "InvoicePreview": "type currency lines subtotal total_ex_vat total_vat total rounding vat tax_currency "
    "total_vat_in_tax_currency exchange_rate e_invoice_problems orders",
    "Order": "node_id id number currency is_including_vat total invoice_after_shipment billing_name "
    "billing_address vat_number shipping_address purchase_order_number buyer_reference delivery_date "
    "payment_terms_days created_at updated_at status customer items actions blocked subtotal "
    "total_excluding_vat vat invoices is_paid payments items_count invoices_count payments_count",
    "OrderAction": "action ids",
    "OrderConnection": "edges nodes pageInfo totalCount",
    "OrderEdge": "cursor node",
    "OrderItem": "id type sku name description quantity unit unit_price discount allocated_discount subtotal "
    "total vat supply exemption_reason service_period status contra_of shipped_at invoice",
    "PageInfo": "hasNextPage hasPreviousPage startCursor endCursor",
    "Party": "name legal_name address vat_number tax_number registration_number email",
    "Payment": "id type status method amount currency reference paid_at created_at order_id invoice_id "
    "refund_of gateway created_by",
    "PaymentMethod": "id gateway label state created_at",
    "Period": "start end",
    "Reimbursement": "status amount_due amount_paid amount_refunded amount_outstanding amount_set_off "
    "payments payments_count",
    "UpdateOrderPayload": "order",
    "VatAmount": "rate category base amount",
}
"""Each field that a session sees as it is. Add a new one here, or to what is replaced."""


def roots() -> Iterator[tuple[str, str]]:
    return ((kind, field) for kind, fields in OPEN_TO_SESSIONS.items() for field in fields.split())


def reachable() -> set[tuple[str, str]]:
    """The fields of all types that a session gets to."""
    found: dict[str, GraphQLObjectType] = {}
    tops = {
        "query": SCHEMA.query_type,
        "mutation": SCHEMA.mutation_type,
        "subscription": SCHEMA.subscription_type,
    }
    ahead = []
    for kind, field in roots():
        top = tops[kind]
        assert top is not None
        ahead.append(get_named_type(top.fields[field].type))
    while ahead:
        kind_of = ahead.pop()
        if isinstance(kind_of, GraphQLObjectType) and kind_of.name not in found:
            found[kind_of.name] = kind_of
            ahead += [get_named_type(field.type) for field in kind_of.fields.values()]
    return {(name, field) for name, kind_of in found.items() for field in kind_of.fields}


def test_each_field_that_a_session_reaches_is_seen_or_replaced_on_purpose() -> None:
    seen = {(name, field) for name, fields in SEEN.items() for field in fields.split()}
    assert seen | REPLACED.keys() == reachable()
    assert not seen & REPLACED.keys()


def test_whatever_is_named_like_something_internal_is_replaced() -> None:
    words = ("metadata", "comment", "secret", "token", "key", "error")
    internal = {each for each in reachable() if any(word in each[1] for word in words)}
    assert {("Order", "metadata"), ("Payment", "comment")} <= internal <= REPLACED.keys()


def arguments(field: GraphQLField) -> str:
    """The arguments that have to be given, each with the first value that it can have."""
    kinds = {
        name: get_named_type(each.type) for name, each in field.args.items() if is_required_argument(each)
    }
    given = [f"{name}: {next(iter(kind.values))}" for name, kind in kinds.items() if is_enum_type(kind)]
    return f"({', '.join(given)})" if given else ""


def everything(of: GraphQLObjectType, above: Mapping[str, int], depth: int = 6) -> str:
    """A selection of all fields, down to types that stand above already."""
    parts = []
    for name, field in of.fields.items():
        kind, name = get_named_type(field.type), f"{name}{arguments(field)}"
        if not isinstance(kind, GraphQLObjectType):
            parts.append(name)
        elif kind.name not in above and depth > 1:
            parts.append(f"{name} {{ {everything(kind, {**above, kind.name: 1}, depth - 1)} }}")
    return " ".join(["__typename", *parts])


def asked(kind: str, *, skip: str) -> str:
    named = SCHEMA.type_map[kind]
    assert isinstance(named, GraphQLObjectType)
    return everything(named, dict.fromkeys([kind, *skip.split()], 1))


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    """Ann's orders and invoices, with what she is not to see: SECRET."""
    shop = client(database, tmp_path).limited_to(*Scope)
    shop.ask(
        'mutation { createCustomer(input: {id: "ann", name: "Ann", metadata: {risk: "SECRET"}}) '
        "{ customer { id } } }"
    )
    for id in ("done", "undone", "open"):
        given: dict[str, Any] = {"items": [item(id=f"{id}-1")], "meta": {"risk": "SECRET"}}
        factories.order(database, shop.principal, id=id, customer_id="ann", **given)
    shop.ask(INVOICE_ITEMS, input={"items": ["done-1", "undone-1"], "invoice_id": "v"})
    undone = [{"item_id": "undone-1", "reason": "SECRET"}]
    shop.ask(CANCEL, input={"order_id": "undone", "items": undone})
    paid = {"method": "CASH", "comment": "SECRET", "idempotency_key": "k", "amount": 10}
    shop.ask(RECORD, input={**paid, "invoice_id": "v"})
    shop.ask(RECORD, input={**paid, "idempotency_key": "l", "order_id": "open"})
    one_time = (
        'mutation { createInvoice(input: {customer_id: "ann", handle: "once", metadata: {risk: "SECRET"}, '
        'order_lines: [{text: "Mug", amount: 1}]}) { invoice { id } } }'
    )
    shop.ask(one_time)
    return shop


@pytest.fixture
def ann(shop: Client) -> Client:
    create = 'mutation { createCustomerSession(input: {customer_id: "ann"}) { token } }'
    return replace(shop, token=shop.ask(create)["createCustomerSession"]["token"])


QUERIES = [
    f"{{ customers {{ nodes {{ {asked('Customer', skip='')} }} }} }}",
    f"{{ orders {{ nodes {{ {asked('Order', skip='Invoice Customer')} }} }} }}",
    f"{{ orders {{ nodes {{ id invoices {{ {asked('Invoice', skip='Order Customer')} }} }} }} }}",
    f'{{ order(id: "open") {{ {asked("Order", skip="Invoice")} }} }}',
    f'{{ order(id: "undone") {{ items {{ contra_of {{ {asked("OrderItem", skip="Invoice")} }} }} }} }}',
    f"{{ invoices {{ nodes {{ {asked('Invoice', skip='Order')} }} }} }}",
    f'{{ invoice(id: "v") {{ {asked("Invoice", skip="")} }} }}',
    "{ invoices { edges { node { created_by { ...A } reimbursement { payments { x: comment "
    "created_by { ...A } } } } } } } fragment A on Actor { i: id ... on Actor { n: name type } }",
    f'{{ invoicePreview(input: {{items: ["open-1"]}}) {{ orders {{ {asked("Order", skip="Invoice")} }} }} }}',
    'mutation { updateOrder(input: {id: "open", billing_name: "A"}) { order { '
    f"{asked('Order', skip='Invoice')} }} }} }}",
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_session_sees_no_secret_of_the_sellers(shop: Client, ann: Client, query: str) -> None:
    hers = ann.post(query).text
    assert '"errors"' not in hers
    assert "SECRET" not in hers
    assert shop.principal.actor.id not in hers
    assert shop.principal.actor.name not in hers
    sellers = shop.post(query).text
    assert "SECRET" in sellers or shop.principal.actor.id in sellers


def test_what_is_replaced_has_its_type(ann: Client) -> None:
    shown = ann.ask(
        '{ invoice(id: "once") { metadata created_by { id name type } customer { metadata } } '
        'order(id: "open") { metadata payments { comment error gateway_reference } } }'
    )
    assert shown == {
        "invoice": {
            "metadata": {},
            "created_by": {"id": "seller", "name": "seller", "type": "seller"},
            "customer": {"metadata": {}},
        },
        "order": {
            "metadata": {},
            "payments": [{"comment": None, "error": None, "gateway_reference": None}],
        },
    }


def test_a_customer_sees_that_they_had_it_invoiced(ann: Client) -> None:
    made = ann.ask(INVOICE_ORDER, input={"order_id": "open"})["invoiceOrder"]["invoice"]
    shown = ann.ask(f'{{ invoice(id: "{made["id"]}") {{ created_by {{ id name type }} }} }}')
    assert shown["invoice"]["created_by"] == {"id": "ann", "name": "Ann", "type": "customer"}
