"""Each mutation needs its scope, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from invoicing.access import Scope
from invoicing.storage.database import Database
from tests.support import factories
from tests.support.client import (
    INVOICE_ITEMS,
    Client,
    client,
)
from tests.support.factories import item

NEEDS = {
    'updateAccount(input: {name: "A"}) { account { name } }': Scope.ACCOUNT_WRITE,
    'updateBranding(input: {footer: "A"}) { account { name } }': Scope.ACCOUNT_WRITE,
    "setExchangeRates(input: {rates: []}) { count }": Scope.ACCOUNT_WRITE,
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
    'applyCredit(input: {invoice_id: "x", to_invoice_id: "v", idempotency_key: "k"}) { invoice { state } }': (
        Scope.PAYMENTS_WRITE
    ),
    'addPaymentMethod(input: {customer_id: "c", gateway: "sandbox", reference: "approve"}) '
    "{ payment_method { id } }": Scope.PAYMENTS_WRITE,
    'removePaymentMethod(input: {id: "x"}) { payment_method { id } }': Scope.PAYMENTS_WRITE,
    'createWebhookEndpoint(input: {url: "https://1.1.1.1/", events: [INVOICE_CREATED]}) '
    "{ webhook_endpoint { id } }": Scope.WEBHOOKS_WRITE,
    'updateWebhookEndpoint(input: {id: "x"}) { webhook_endpoint { id } }': Scope.WEBHOOKS_WRITE,
    'deleteWebhookEndpoint(input: {id: "x"}) { id }': Scope.WEBHOOKS_WRITE,
    'rotateWebhookSecret(input: {id: "x"}) { secret }': Scope.WEBHOOKS_WRITE,
    'sendTestWebhook(input: {id: "x"}) { webhook_delivery { id } }': Scope.WEBHOOKS_WRITE,
    'replayWebhookDelivery(input: {id: "x"}) { webhook_delivery { id } }': Scope.WEBHOOKS_WRITE,
}

OF_SEVERAL_SCOPES = (
    'createCustomerSession(input: {customer_id: "c"}) { token }',
    'revokeCustomerSession(input: {id: "x"}) { customer_session { id } }',
    'eraseCustomer(input: {customer_id: "c"}) { customer_id }',
)
"""These need several scopes, or one instead: `test_customer.py`, `tests/schema/test_sessions_given.py`."""


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
