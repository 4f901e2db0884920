"""Nobody can tell what another account has: its ids answer exactly like ids that do not exist."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLObjectType

from invoicing.access import Scope
from invoicing.accounts import api_keys
from invoicing.customers import sessions
from invoicing.payments import manual, methods
from invoicing.payments.values import ManualTransferValues
from invoicing.storage.database import Database
from schema import schema_under
from schema.execution.documents import Rules
from tests.support import factories
from tests.support.client import CREATE_CUSTOMER, CREATE_ORDER, INVOICE_ITEMS, Client, client
from tests.support.factories import item
from tests.support.webhook_listener import deliveries, endpoint

CUSTOMER = "{ id handle name created_at payment_methods { id } }"
ORDER = (
    f"{{ id number items {{ id }} actions {{ action ids }} customer {CUSTOMER} invoices {{ id }} "
    "payments { id } }"
)
INVOICE = (
    f"{{ id number total lines {{ id }} orders {ORDER} customer {CUSTOMER} pdf_url "
    "reimbursement { status payments { id } } }"
)

REFUSALS = "{ results { refusal { code message field ids } } }"
# Each operation names things of an account by the ids in $…; UNKNOWN ids stand where they do not exist.
NAMING = {
    "customer": [
        f'{{ customer(id: "$customer") {CUSTOMER} }}',
        f'{{ customer(handle: "$handle") {CUSTOMER} }}',
    ],
    "order": [f'{{ order(id: "$order") {ORDER} }}'],
    "invoice": [f'{{ invoice(id: "$invoice") {INVOICE} }}'],
    "auditLog": [
        '{ auditLog(filter: {subject_type: ORDER, subject_id: "$order"}) { totalCount nodes { id } } }'
    ],
    "invoicePreview": ['{ invoicePreview(input: {items: ["$item"]}) { total } }'],
    "customers": [f'{{ customers(search: "$name") {{ totalCount nodes {CUSTOMER} }} }}'],
    "orders": [
        f"{{ orders(filter: {{{given}}}) {{ totalCount nodes {ORDER} }} }}"
        for given in ('customer_id: "$customer"', 'number: "$number"', 'search: "$name"')
    ],
    "invoices": [
        f"{{ invoices(filter: {{{given}}}) {{ totalCount nodes {INVOICE} }} }}"
        for given in ('customer_id: "$customer"', 'handle: "$invoice"', 'search: "$name"')
    ],
    "updateCustomer": [
        'mutation { updateCustomer(input: {id: "$customer", name: "Mine"}) { customer { id } } }',
        'mutation { updateCustomer(input: {handle: "$handle", name: "Mine"}) { customer { id } } }',
    ],
    "createOrder": [
        'mutation { createOrder(input: {customer_id: "$customer", items: []}) { order { id } } }',
        'mutation { createOrder(input: {customer_handle: "$handle", items: []}) { order { id } } }',
    ],
    "createOrders": [
        f"mutation {{ createOrders(input: {{orders: [{{{given}, items: []}}]}}) {REFUSALS} }}"
        for given in ('customer_id: "$customer"', 'customer_handle: "$handle"')
    ],
    "invoiceOrders": [
        f'mutation {{ invoiceOrders(input: {{orders: [{{order_id: "$order"}}]}}) {REFUSALS} }}'
    ],
    "updateOrder": ['mutation { updateOrder(input: {id: "$order", number: "mine"}) { order { id } } }'],
    "shipOrderItems": [
        f'mutation {{ shipOrderItems(input: {{order_id: "{id}", items: [{{item_id: "$item"}}]}}) '
        "{ items { id } } }"
        for id in ("$order", "mine")
    ],
    **{
        f"{verb}OrderItems": [
            f'mutation {{ {verb}OrderItems(input: {{order_id: "{id}", items: [{{item_id: "$item"}}]}}) '
            "{ contra_items { id } } }"
            for id in ("$order", "mine")
        ]
        for verb in ("cancel", "return")
    },
    **{
        f"{verb}OrderItems": [
            f'mutation {{ {verb}OrderItems(input: {{order_id: "{id}", items: ["$item"]}}) '
            "{ order { id } } }"
            for id in ("$order", "mine")
        ]
        for verb in ("receive", "approve", "finish")
    },
    "invoiceItems": [
        'mutation { invoiceItems(input: {items: ["$item"]}) { invoice { id } } }',
        'mutation { invoiceItems(input: {items: ["mine-1", "$item"], invoice_id: "x"}) { invoice { id } } }',
    ],
    "invoiceOrder": ['mutation { invoiceOrder(input: {order_id: "$order"}) { invoice { id } } }'],
    "createInvoice": [
        f'mutation {{ createInvoice(input: {{{given}, handle: "new", '
        'order_lines: [{text: "A", amount: 1}]}) { invoice { id } } }'
        for given in ('customer_id: "$customer"', 'customer_handle: "$handle"')
    ],
    "creditInvoice": [
        'mutation { creditInvoice(input: {invoice_id: "$invoice"}) { invoice { id } } }',
        'mutation { creditInvoice(input: {invoice_id: "$invoice", lines: [{line_id: "x"}]}) '
        "{ invoice { id } } }",
        'mutation { creditInvoice(input: {invoice_id: "my-invoice", lines: [{line_id: "$line"}]}) '
        "{ invoice { id } } }",
    ],
    "retryInvoicePdf": ['mutation { retryInvoicePdf(input: {invoice_id: "$invoice"}) { invoice { id } } }'],
    "recordPayment": [
        f'mutation {{ recordPayment(input: {{{target}, amount: 1, method: "CASH", '
        'idempotency_key: "k"}) { payment { id } } }'
        for target in ('order_id: "$order"', 'invoice_id: "$invoice"')
    ],
    "settleInvoice": [
        'mutation { settleInvoice(input: {id: "$invoice", payment_method: "auto"}) { payment { id } } }',
        'mutation { settleInvoice(input: {id: "my-invoice", payment_method: "$method"}) { payment { id } } }',
    ],
    "settleInvoiceManually": [
        'mutation { settleInvoiceManually(input: {id: "$invoice", method: CASH, '
        'payment_date: "2025-06-02"}) { payment { id } } }'
    ],
    "refundPayment": [
        'mutation { refundPayment(input: {payment_id: "$payment", idempotency_key: "k"}) { refund { id } } }'
    ],
    "applyCredit": [
        f'mutation {{ applyCredit(input: {{invoice_id: "{one}", to_invoice_id: "{other}", '
        'idempotency_key: "k"}) { invoice { id } } }'
        for one, other in (("$invoice", "my-invoice"), ("my-invoice", "$invoice"))
    ],
    "addPaymentMethod": [
        f'mutation {{ addPaymentMethod(input: {{{named}, gateway: "sandbox", '
        'reference: "approve"}) { payment_method { id } } }'
        for named in ('customer_id: "$customer"', 'customer_handle: "$handle"')
    ],
    "removePaymentMethod": [
        'mutation { removePaymentMethod(input: {id: "$method"}) { payment_method { id } } }'
    ],
    "eraseCustomer": [
        f"mutation {{ eraseCustomer(input: {{{named}}}) {{ customer_id }} }}"
        for named in ('customer_id: "$customer"', 'customer_handle: "$handle"')
    ],
    "createCustomerSession": [
        f"mutation {{ createCustomerSession(input: {{{named}}}) {{ customer_session {{ id }} }} }}"
        for named in ('customer_id: "$customer"', 'customer_handle: "$handle"')
    ],
    "revokeCustomerSession": [
        'mutation { revokeCustomerSession(input: {id: "$session"}) { customer_session { id } } }'
    ],
    "updateWebhookEndpoint": [
        'mutation { updateWebhookEndpoint(input: {id: "$endpoint", is_active: false}) '
        "{ webhook_endpoint { id } } }"
    ],
    **{
        verb: [f'mutation {{ {verb}(input: {{id: "${named}"}}) {{ {shown} }} }}']
        for verb, named, shown in (
            ("deleteWebhookEndpoint", "endpoint", "id"),
            ("rotateWebhookSecret", "endpoint", "secret"),
            ("sendTestWebhook", "endpoint", "webhook_delivery { id }"),
            ("replayWebhookDelivery", "delivery", "webhook_delivery { id }"),
        )
    },
    "webhookDeliveries": [
        '{ webhookDeliveries(filter: {endpoint_id: "$endpoint"}) { totalCount nodes { id body } } }'
    ],
    "revokeApiKey": ['mutation { revokeApiKey(input: {id: "$key"}) { api_key { id } } }'],
}
NAMES_NOTHING = {  # see the tests below, and test_nodes.py
    "account",
    "node",
    "nodes",
    "updateAccount",
    "updateBranding",
    "setExchangeRates",
    "createCustomer",
    "createApiKey",
    "webhookEndpoints",
    "createWebhookEndpoint",
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


@pytest.fixture
def theirs(shop: Client, database: Database) -> dict[str, str]:
    """What a neighbour has, under ids of its own."""
    neighbour = shop.neighbour().principal
    factories.customer(database, neighbour, id="their-customer", handle="their-handle", name="Their Name")
    items = [item(id="their-item"), item(id="their-other")]
    factories.order(
        database,
        neighbour,
        id="their-order",
        number="their-number",
        customer_id="their-customer",
        items=items,
    )
    listening, _ = endpoint(database, neighbour)
    sold = factories.invoice(database, neighbour, invoice_id="their-invoice", customer_id="their-customer")
    key, _ = database.write(
        api_keys.create_api_key, neighbour.account_id, name="Theirs", scopes=Scope, now=factories.NOW
    )
    transfer: ManualTransferValues = {"method": "CASH", "payment_date": factories.NOW.date()}
    paid = database.write(
        manual.settle_invoice_manually, neighbour, "their-invoice", transfer, now=factories.NOW
    )
    method = database.write(
        methods.add_payment_method,
        neighbour,
        "their-customer",
        gateway="sandbox",
        reference="approve",
        gateway_customer=None,
        label="Theirs",
        now=factories.NOW,
    )
    factories.order(database, shop.principal, id="mine", items=[item(id="mine-1")])
    factories.invoice(database, shop.principal, invoice_id="my-invoice")
    named = ("customer", "handle", "name", "order", "number", "item", "invoice")
    line = sold.frozen().lines[0].id
    session, _ = database.write(
        sessions.create_customer_session, neighbour, customer_id="their-customer", now=factories.NOW
    )
    made = {
        "key": key.id,
        "line": line,
        "payment": paid.id,
        "method": method.id,
        "session": session.id,
        "endpoint": listening.id,
        "delivery": deliveries(database, neighbour)[0].id,
    }
    return {**made, **{name: f"their-{name}" for name in named}, "name": "Their Name"}


def asked(shop: Client, operation: str, ids: dict[str, str]) -> str:
    """The whole answer, with the ids that were asked for made alike."""
    for name, id in sorted(ids.items(), key=lambda pair: -len(pair[0])):
        operation = operation.replace(f"${name}", id)
    answer = shop.post(operation)
    text = json.dumps({"status": answer.status_code, **answer.json()}, ensure_ascii=False)
    for name, id in ids.items():
        text = text.replace(id, f"${name}")
    return text


def root_fields() -> set[str]:
    graph = schema_under(Rules()).graphql_schema
    types = (graph.query_type, graph.mutation_type)
    return {name for type in types if isinstance(type, GraphQLObjectType) for name in type.fields}


def test_every_operation_is_tried_against_another_account() -> None:
    assert root_fields() == NAMING.keys() | NAMES_NOTHING


def test_what_another_account_has_does_not_exist(shop: Client, theirs: dict[str, str]) -> None:
    unknown = {what: f"unknown-{what}" for what in theirs}
    for operation in itertools.chain.from_iterable(NAMING.values()):
        told = asked(shop, operation, theirs)
        assert told == asked(shop, operation, unknown)
        assert any(sign in told for sign in ('"errors"', '"refusal": {', '"totalCount": 0'))


@pytest.mark.usefixtures("theirs")
def test_a_list_shows_nothing_of_another_account(shop: Client) -> None:
    for name, count in (("customers", 0), ("orders", 2), ("invoices", 1)):
        found = shop.ask(f"{{ {name}(first: 100) {{ totalCount nodes {{ id }} }} }}")[name]
        assert (found["totalCount"], len(found["nodes"])) == (count, count)
    assert len(shop.ask("{ account { api_keys { id } } }")["account"]["api_keys"]) == 1
    listened = shop.ask("{ webhookEndpoints { id } webhookDeliveries { totalCount } }")
    assert listened == {"webhookEndpoints": [], "webhookDeliveries": {"totalCount": 0}}


def history(shop: Client, price: int) -> list[Any]:
    """The same life with the same ids; only the price tells the accounts apart."""
    shop.ask(CREATE_CUSTOMER, input={"id": "c", "handle": "h", "name": f"Customer {price}"})
    order = {"id": "o", "customer_handle": "h", "items": [{**item(id="i", unit_price=price), "sku": "s"}]}
    shop.ask(CREATE_ORDER, input=order)
    shop.ask(INVOICE_ITEMS, input={"items": ["i"], "invoice_id": "v"})
    again = [
        shop.refused(CREATE_CUSTOMER, input={"id": "c", "name": "Again"}),
        shop.refused(CREATE_CUSTOMER, input={"handle": "h", "name": "Again"}),
        shop.refused(CREATE_ORDER, input=order),
        shop.refused(CREATE_ORDER, input={**order, "id": "other"}),
    ]
    return [*again, shop.ask(f'{{ invoice(id: "v") {INVOICE} }}')["invoice"]]


def test_two_accounts_use_the_same_ids_and_each_sees_its_own(shop: Client) -> None:
    mine, theirs = history(shop, 100), history(shop.neighbour(), 200)
    assert mine[:4] == theirs[:4]
    assert [refusal.code for refusal in mine[:4]] == [
        "DUPLICATE_ID",
        "DUPLICATE_HANDLE",
        "DUPLICATE_ID",
        "DUPLICATE_ID",
    ]
    for invoice, price in ((mine[4], 100), (theirs[4], 200)):
        assert (invoice["id"], invoice["number"][-5:], invoice["total"]) == ("v", "00001", price)
        assert invoice["customer"]["name"] == f"Customer {price}"
        assert invoice["orders"][0]["items"] == [{"id": "i"}]


def test_an_account_changes_and_adds_to_nothing_but_itself(shop: Client) -> None:
    neighbour = shop.neighbour()
    everything = (
        "{ account { id name iban api_keys { id name } } customers { nodes { id } } webhookEndpoints { id } }"
    )
    before = neighbour.ask(everything)
    shop.ask('mutation { updateAccount(input: {name: "Mine", default_currency: "JPY"}) { account { id } } }')
    shop.ask('mutation { createApiKey(input: {name: "Mine", scopes: [ORDERS_READ]}) { token } }')
    shop.ask(CREATE_CUSTOMER, input={"name": "Mine"})
    shop.ask(
        'mutation { createWebhookEndpoint(input: {url: "https://1.1.1.1/", events: [INVOICE_CREATED]}) '
        "{ secret } }"
    )
    assert neighbour.ask(everything) == before
    assert shop.ask("{ account { id name } }")["account"]["name"] == "Mine"
