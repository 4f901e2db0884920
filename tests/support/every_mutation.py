"""Does every mutation once, in a shop that is empty before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.support.client import Client
from tests.support.factories import ADDRESS


class Step(NamedTuple):
    """A mutation, its input, and what is selected of its payload. `keeps` names what later steps need."""

    mutation: str
    input: str
    shown: str
    keeps: Mapping[str, str] = {}


_HOME = ", ".join(f'{name}: "{value}"' for name, value in ADDRESS.items())
_ITEMS = ", ".join(
    f'{{id: "{id}", name: "Mug", quantity: 1, unit_price: 1210}}' for id in ("sold", "again", "gone", "back")
)
_ENDPOINT, _SESSION = "webhook_endpoint { id }", "customer_session { id }"
_ORDER, _INVOICE, _KEY = "order { id }", "invoice { id }", "api_key { id }"

STEPS = (
    Step("updateAccount", "contra_flow: GUIDED", "account { id }"),
    Step("updateBranding", 'footer: "Bank: 1"', "account { id }"),
    Step("setExchangeRates", 'rates: [{currency: "USD", date: "2025-06-02", rate: "1.1"}]', "count"),
    Step("createApiKey", 'name: "K", scopes: [ORDERS_READ]', _KEY, {"key": "api_key"}),
    Step("revokeApiKey", 'id: "$key"', _KEY),
    Step("createCustomer", 'id: "ann", name: "Ann"', "customer { id }"),
    Step("updateCustomer", f'id: "ann", billing_address: {{{_HOME}}}', "customer { id }"),
    Step("createCustomer", 'id: "bob", name: "Bob"', "customer { id }"),
    Step("eraseCustomer", 'customer_id: "bob"', "customer_id"),
    Step("createCustomerSession", 'customer_id: "ann"', _SESSION, {"session": "customer_session"}),
    Step("revokeCustomerSession", 'id: "$session"', _SESSION),
    Step(
        "createWebhookEndpoint",
        'url: "https://1.1.1.1/", events: [INVOICE_CREATED]',
        _ENDPOINT,
        {"endpoint": "webhook_endpoint"},
    ),
    Step("updateWebhookEndpoint", 'id: "$endpoint", description: "D"', _ENDPOINT),
    Step("rotateWebhookSecret", 'id: "$endpoint"', "secret"),
    Step("sendTestWebhook", 'id: "$endpoint"', "webhook_delivery { id }", {"delivery": "webhook_delivery"}),
    Step("replayWebhookDelivery", 'id: "$delivery"', "webhook_delivery { id }"),
    Step("deleteWebhookEndpoint", 'id: "$endpoint"', "id"),
    Step("createOrder", f'id: "o", customer_id: "ann", items: [{_ITEMS}]', _ORDER),
    Step(
        "createOrders",
        'orders: [{id: "p", billing_name: "P", items: [{name: "Mug", quantity: 1, unit_price: 100}]}]',
        "results { order { id } }",
    ),
    Step("invoiceOrders", 'orders: [{order_id: "p", invoice_id: "pi"}]', "results { invoice { id } }"),
    Step("updateOrder", 'id: "o", buyer_reference: "R"', _ORDER),
    Step("shipOrderItems", 'order_id: "o", items: [{item_id: "back"}]', _ORDER),
    Step("invoiceItems", 'items: ["sold", "back", "gone"], invoice_id: "v"', _INVOICE),
    Step("cancelOrderItems", 'order_id: "o", items: [{item_id: "gone"}]', "contra_items { id }"),
    Step(
        "returnOrderItems",
        'order_id: "o", items: [{item_id: "back"}]',
        "contra_items { id }",
        {"contra": "contra_items"},
    ),
    Step("receiveOrderItems", 'order_id: "o", items: ["$contra"]', _ORDER),
    Step("approveOrderItems", 'order_id: "o", items: ["$contra"]', _ORDER),
    Step("finishOrderItems", 'order_id: "o", items: ["$contra"]', _ORDER),
    Step("invoiceOrder", 'order_id: "o", invoice_id: "w"', _INVOICE),
    Step(
        "recordPayment",
        'invoice_id: "v", amount: 100, method: "CASH", idempotency_key: "k"',
        "payment { id }",
        {"payment": "payment"},
    ),
    Step(
        "refundPayment",
        'payment_id: "$payment", idempotency_key: "r", '
        'manual_transfer: {method: CASH, payment_date: "2025-06-02"}',
        "refund { id }",
    ),
    Step("settleInvoiceManually", 'id: "v", method: CASH, payment_date: "2025-06-02"', "payment { id }"),
    Step("creditInvoice", 'invoice_id: "v", credit_invoice_id: "c"', _INVOICE),
    Step(
        "createInvoice", 'customer_id: "ann", handle: "x", order_lines: [{text: "A", amount: 100}]', _INVOICE
    ),
    Step("applyCredit", 'invoice_id: "c", to_invoice_id: "x", idempotency_key: "s"', _INVOICE),
    Step(
        "addPaymentMethod",
        'customer_id: "ann", gateway: "sandbox", reference: "approve"',
        "payment_method { id }",
        {"method": "payment_method"},
    ),
    Step("settleInvoice", 'id: "w", payment_method: "$method"', "payment { id }"),
    Step("removePaymentMethod", 'id: "$method"', "payment_method { id }"),
    Step("retryInvoicePdf", 'invoice_id: "v"', _INVOICE),
)


def take_step(shop: Client, step: Step, made: dict[str, str]) -> None:
    """Adds the ids of what it made to `made`, under the names that later steps use."""
    given = step.input
    for name, id in made.items():
        given = given.replace(f"${name}", id)
    answer: Any = shop.ask(f"mutation {{ {step.mutation}(input: {{{given}}}) {{ {step.shown} }} }}")
    for name, field in step.keeps.items():
        found = answer[step.mutation][field]
        made[name] = found[0]["id"] if isinstance(found, list) else found["id"]
