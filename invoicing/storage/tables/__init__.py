"""Every table, columns only. Core statements read and write them; rows join in queries, never lazily.

Each row has its account. What a caller may name (`id`, `handle`) is unique within the account alone,
so the keys begin with it. Amounts are whole minor units, VAT rates basis points, instants UTC.
"""

from invoicing.storage.tables.account import Account, ApiKey, accounts, api_keys
from invoicing.storage.tables.base import (
    Instant,
    amount,
    constraint,
    document,
    index_of,
    instant,
    new_id,
    of_account,
    theirs,
)
from invoicing.storage.tables.customer import Customer, CustomerSession, customer_sessions, customers
from invoicing.storage.tables.invoice import (
    UNSETTLED,
    Document,
    Invoice,
    InvoiceLine,
    NumberSeries,
    documents,
    invoice_lines,
    invoices,
    number_series,
)
from invoicing.storage.tables.order import Order, OrderItem, order_items, orders
from invoicing.storage.tables.outbox import Job, outbox
from invoicing.storage.tables.payment import (
    Allocation,
    Payment,
    PaymentMethod,
    allocations,
    payment_methods,
    payments,
)
from invoicing.storage.tables.webhook import (
    WebhookDelivery,
    WebhookEndpoint,
    webhook_deliveries,
    webhook_endpoints,
)

__all__ = [
    "UNSETTLED",
    "Account",
    "Allocation",
    "ApiKey",
    "Customer",
    "CustomerSession",
    "Document",
    "Instant",
    "Invoice",
    "InvoiceLine",
    "Job",
    "NumberSeries",
    "Order",
    "OrderItem",
    "Payment",
    "PaymentMethod",
    "WebhookDelivery",
    "WebhookEndpoint",
    "accounts",
    "allocations",
    "amount",
    "api_keys",
    "constraint",
    "customer_sessions",
    "customers",
    "document",
    "documents",
    "index_of",
    "instant",
    "invoice_lines",
    "invoices",
    "new_id",
    "number_series",
    "of_account",
    "order_items",
    "orders",
    "outbox",
    "payment_methods",
    "payments",
    "theirs",
    "webhook_deliveries",
    "webhook_endpoints",
]
