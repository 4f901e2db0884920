"""Changing: each mutation needs its scope, answers with what it made, and fifty at once do no harm."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    CREATE_CUSTOMER,
    CREATE_ORDER,
    INVOICE_ITEMS,
    INVOICE_ORDER,
    SHIP,
    Client,
    client,
    data,
    errors,
)
from tests.support.factories import item

NEEDS = {
    'updateAccount(input: {name: "A"}) { account { name } }': Scope.ACCOUNT_WRITE,
    'createApiKey(input: {name: "A", scopes: [ACCOUNT_WRITE]}) { token }': Scope.ACCOUNT_WRITE,
    'revokeApiKey(input: {id: "x"}) { api_key { id } }': Scope.ACCOUNT_WRITE,
    'createCustomer(input: {name: "A"}) { customer { name } }': Scope.CUSTOMERS_WRITE,
    'updateCustomer(input: {id: "c", name: "A"}) { customer { name } }': Scope.CUSTOMERS_WRITE,
    'createOrder(input: {billing_name: "A", items: [{name: "M", quantity: 1, unit_price: 1}]}) '
    "{ order { items { id } } }": Scope.ORDERS_WRITE,
    'updateOrder(input: {id: "o", number: "A"}) { order { number } }': Scope.ORDERS_WRITE,
    'shipOrderItems(input: {order_id: "o", items: [{item_id: "a"}]}) { items { id } }': Scope.ORDERS_WRITE,
    'invoiceItems(input: {items: ["a"]}) { invoice { id } }': Scope.INVOICES_WRITE,
    'invoiceOrder(input: {order_id: "o"}) { invoice { id } }': Scope.INVOICES_WRITE,
    'createInvoice(input: {customer_id: "c", handle: "h", order_lines: [{text: "A", amount: 1}]}) '
    "{ invoice { id } }": Scope.INVOICES_WRITE,
    'retryInvoicePdf(input: {invoice_id: "v"}) { invoice { id } }': Scope.INVOICES_WRITE,
    'recordPayment(input: {invoice_id: "v", amount: 1, method: "CASH", idempotency_key: "k"}) '
    "{ payment { id } invoice { state } }": Scope.PAYMENTS_WRITE,
    'settleInvoice(input: {id: "v", payment_method: "auto"}) { invoice { state } }': Scope.PAYMENTS_WRITE,
    'settleInvoiceManually(input: {id: "v", method: CASH, payment_date: "2025-06-02"}) '
    "{ invoice { state } }": Scope.PAYMENTS_WRITE,
    'refundPayment(input: {payment_id: "x", idempotency_key: "k"}) { refund { id } }': Scope.PAYMENTS_WRITE,
    'addPaymentMethod(input: {customer_id: "c", gateway: "sandbox", reference: "approve"}) '
    "{ payment_method { id } }": Scope.PAYMENTS_WRITE,
    'createCustomerSession(input: {customer_id: "c"}) { token }': Scope.CUSTOMERS_WRITE,
    'revokeCustomerSession(input: {id: "x"}) { customer_session { id } }': Scope.CUSTOMERS_WRITE,
    'removePaymentMethod(input: {id: "x"}) { payment_method { id } }': Scope.PAYMENTS_WRITE,
    'createWebhookEndpoint(input: {url: "https://1.1.1.1/", events: [INVOICE_CREATED]}) '
    "{ webhook_endpoint { id } }": Scope.WEBHOOKS_WRITE,
    'updateWebhookEndpoint(input: {id: "x"}) { webhook_endpoint { id } }': Scope.WEBHOOKS_WRITE,
    'deleteWebhookEndpoint(input: {id: "x"}) { id }': Scope.WEBHOOKS_WRITE,
    'rotateWebhookSecret(input: {id: "x"}) { secret }': Scope.WEBHOOKS_WRITE,
    'sendTestWebhook(input: {id: "x"}) { webhook_delivery { id } }': Scope.WEBHOOKS_WRITE,
    'replayWebhookDelivery(input: {id: "x"}) { webhook_delivery { id } }': Scope.WEBHOOKS_WRITE,
}


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Client:
    return client(database, tmp_path)


def test_a_change_needs_its_scope_and_no_other(shop: Client, database: Database) -> None:
    for mutation, scope in NEEDS.items():
        fresh = shop.neighbour()
        factories.customer(database, fresh.principal, id="c")
        factories.order(database, fresh.principal, id="o", items=[item(id="a"), item(id="b")])
        fresh.ask(INVOICE_ITEMS, input={"items": ["b"], "invoice_id": "v"})
        query = f"mutation {{ {mutation} }}"
        refusal = fresh.limited_to(*(set(Scope) - {scope})).refused(query)
        assert (refusal.code, refusal.ids) == ("FORBIDDEN", [scope])
        assert "FORBIDDEN" not in fresh.limited_to(scope).post(query).text


def test_a_customer_is_made_and_changed(shop: Client) -> None:
    fields = "{ id handle name email is_business vat_number billing_address { locality } metadata }"
    create = (
        f"mutation ($input: CreateCustomerInput!) {{ createCustomer(input: $input) {{ customer {fields} }} }}"
    )
    update = (
        f"mutation ($input: UpdateCustomerInput!) {{ updateCustomer(input: $input) {{ customer {fields} }} }}"
    )
    given = {
        "id": "c",
        "handle": "h",
        "name": " Ann ",
        "vat_number": "NL1",
        "billing_address": {"locality": "Delft"},
        "metadata": {"tags": ["a", 1, None, {"deep": True}]},
    }
    made = shop.ask(create, input=given)["createCustomer"]["customer"]
    assert made == {**given, "name": "Ann", "email": None, "is_business": True}
    changes = {"handle": "h", "name": "Anna", "billing_address": None}
    changed = shop.ask(update, input=changes)["updateCustomer"]["customer"]
    assert changed == {**made, "name": "Anna", "billing_address": None}
    assert shop.ask(f'{{ customer(handle: "h") {fields} }}')["customer"] == changed


def test_an_order_is_made_and_changed(shop: Client) -> None:
    shop.ask(CREATE_CUSTOMER, input={"id": "c", "name": "Ann"})
    fields = (
        "{ id number currency is_including_vat customer { id } billing_name delivery_date buyer_reference "
        "shipping_address { country_code } metadata "
        "items { id type name quantity unit_price discount supply } }"
    )
    create = f"mutation ($input: CreateOrderInput!) {{ createOrder(input: $input) {{ order {fields} }} }}"
    given = {
        "id": "o",
        "number": "N-1",
        "currency": "JPY",
        "is_including_vat": False,
        "billing_name": "Ann's firm",
        "delivery_date": "2025-06-09",
        "buyer_reference": "R",
        "shipping_address": {"country_code": "BE"},
        "metadata": {"channel": "web"},
        "items": [
            {
                "id": "a",
                "type": "SHIPPING",
                "name": "Post",
                "quantity": 2,
                "unit_price": 2**40,
                "discount": 5,
                "supply": "SERVICES",
            }
        ],
    }
    made = shop.ask(create, input={**given, "customer_id": "c"})["createOrder"]["order"]
    assert made == {**given, "customer": {"id": "c"}}
    update = f"mutation ($input: UpdateOrderInput!) {{ updateOrder(input: $input) {{ order {fields} }} }}"
    changes = {"id": "o", "number": "N-2", "delivery_date": None, "metadata": None}
    changed = shop.ask(update, input=changes)["updateOrder"]["order"]
    assert changed == {**made, **changes, "metadata": {}}


def test_a_shipment_answers_with_what_was_shipped(shop: Client, database: Database) -> None:
    given = [item(id="a", quantity=3, discount=10), item(id="b")]
    factories.order(database, shop.principal, id="o", items=given)
    ship = (
        "mutation ($input: ShipOrderItemsInput!) { shipOrderItems(input: $input) "
        "{ items { id quantity discount status shipped_at } order { status items { id quantity } } } }"
    )
    moment = "2025-06-01T10:00:00+02:00"
    input = {
        "order_id": "o",
        "shipped_at": moment,
        "items": [{"item_id": "a", "quantity": 1}, {"item_id": "b"}],
    }
    answer = shop.ask(ship, input=input)["shipOrderItems"]
    part, whole = answer["items"]
    assert (part["quantity"], part["discount"], part["status"]) == (1, 3, "SHIPPED")
    assert {part["shipped_at"], whole["shipped_at"]} == {"2025-06-01T08:00:00Z"}
    assert whole["id"] == "b"
    assert [(i["id"], i["quantity"]) for i in answer["order"]["items"]] == [
        ("a", 2),
        (part["id"], 1),
        ("b", 1),
    ]


def test_a_key_is_shown_once_works_and_ends_at_once(shop: Client, database: Database) -> None:
    made = shop.ask(
        'mutation { createApiKey(input: {name: "Till", scopes: [ORDERS_READ, INVOICES_WRITE]}) '
        "{ token api_key { id name scopes revoked_at } } }"
    )["createApiKey"]
    listed = shop.post("{ account { api_keys { id name scopes revoked_at } } }")
    assert made["api_key"] in data(listed)["account"]["api_keys"]
    assert made["token"] not in listed.text
    till = Client(shop.app, database, shop.principal, made["token"])
    order = factories.order(database, shop.principal, items=[item(id="a")])
    issued = till.ask(
        'mutation { invoiceItems(input: {items: ["a"]}) { invoice { created_by { id name } } } }'
    )
    assert issued["invoiceItems"]["invoice"]["created_by"] == {"id": made["api_key"]["id"], "name": "Till"}
    assert till.ask(f'{{ order(id: "{order.id}") {{ id }} }}')
    revoke = (
        "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { api_key { revoked_at } } }"
    )
    assert shop.ask(revoke, input={"id": made["api_key"]["id"]})["revokeApiKey"]["api_key"]["revoked_at"]
    assert till.post("{ orders { totalCount } }").status_code == 401


def test_a_key_gives_no_scope_that_it_lacks(shop: Client) -> None:
    limited = shop.limited_to(Scope.ACCOUNT_WRITE, Scope.ORDERS_READ)
    mutation = 'mutation {{ createApiKey(input: {{name: "More", scopes: [{}]}}) {{ token }} }}'
    assert limited.ask(mutation.format("ORDERS_READ"))
    refusal = limited.refused(mutation.format("ORDERS_READ, ORDERS_WRITE"))
    assert (refusal.code, refusal.field, refusal.ids) == ("FORBIDDEN", "scopes", ["orders:write"])
    assert limited.refused(mutation.format("")).code == "VALIDATION_ERROR"


def test_of_fifty_callers_over_http_each_item_has_one_winner(shop: Client, database: Database) -> None:
    ids = [f"i{place}" for place in range(12)]
    factories.order(database, shop.principal, items=[item(id=id) for id in ids])
    inputs = [{"items": random.Random(caller).sample(ids, 3)} for caller in range(50)]
    answers = shop.posts(INVOICE_ITEMS, inputs)
    assert {answer.status_code for answer in answers} == {200}
    won = [
        input["items"] for input, answer in zip(inputs, answers, strict=True) if "errors" not in answer.json()
    ]
    refusals = [refusal for answer in answers if "errors" in answer.json() for refusal in errors(answer)]
    assert {refusal.code for refusal in refusals} == {"ITEM_ALREADY_INVOICED"}
    assert len(won) + len(refusals) == 50
    assert set(Counter(id for items in won for id in items).values()) == {1}
    found = shop.ask("{ invoices(first: 100) { nodes { number lines { order_item_id } } } }")["invoices"][
        "nodes"
    ]
    assert sorted(int(node["number"][-5:]) for node in found) == list(range(1, len(won) + 1))
    on_paper = sorted(sorted(line["order_item_id"] for line in node["lines"]) for node in found)
    assert on_paper == sorted(sorted(items) for items in won)


def test_fifty_retries_over_http_get_the_same_invoice(shop: Client, database: Database) -> None:
    factories.order(database, shop.principal, items=[item(id="a"), item(id="b")])
    answers = shop.posts(INVOICE_ITEMS, [{"items": ["a", "b"], "invoice_id": "mine"}] * 50)
    assert len({answer.text for answer in answers}) == 1
    assert data(answers[0])["invoiceItems"]["invoice"]["id"] == "mine"
    assert shop.ask("{ invoices { totalCount } }")["invoices"]["totalCount"] == 1


def test_several_changes_in_one_document_happen_in_their_order(shop: Client) -> None:
    made = shop.ask(
        'mutation { first: createOrder(input: {id: "o", billing_name: "A", '
        'items: [{id: "a", name: "M", quantity: 1, unit_price: 1}]}) { order { id } } '
        'second: invoiceItems(input: {items: ["a"], invoice_id: "v"}) { invoice { id } } }'
    )
    assert made == {"first": {"order": {"id": "o"}}, "second": {"invoice": {"id": "v"}}}


def test_guests_never_share_an_invoice(shop: Client) -> None:
    for id in ("a", "b"):
        shop.ask(CREATE_ORDER, input={"billing_name": "Ann", "items": [item(id=id)]})
    refusal = shop.refused(INVOICE_ITEMS, input={"items": ["a", "b"]})
    assert (refusal.code, refusal.ids) == ("MIXED_CUSTOMERS", ["b"])


def test_a_part_shipment_is_invoiced_by_invoice_order(shop: Client, database: Database) -> None:
    given = [item(id="a", quantity=2, unit_price=100)]
    factories.order(database, shop.principal, id="o", items=given, invoice_after_shipment=True)
    shop.ask(SHIP, input={"order_id": "o", "items": [{"item_id": "a", "quantity": 1}]})
    assert shop.ask(INVOICE_ORDER, input={"order_id": "o"})["invoiceOrder"]["invoice"]["total"] == 100
    assert shop.refused(INVOICE_ORDER, input={"order_id": "o"}).code == "NOTHING_TO_INVOICE"
