"""All tables, columns only: they are read and written by SQLAlchemy Core statements, without ORM loading.

Each row belongs to an account. What a caller may choose (`id`, `handle`) is unique only within the account,
so keys begin with `account_id`. Amounts are whole minor units, quantities millionths, VAT rates
ten-thousandths of a percent, instants UTC.
"""

from invoicing.storage.tables.account import (
    ACCENT,
    Account,
    ApiKey,
    ExchangeRate,
    Logo,
    accounts,
    api_keys,
    exchange_rates,
    logos,
)
from invoicing.storage.tables.audit import (
    AuditEntry,
    AuditHead,
    AuditSubject,
    audit_entries,
    audit_heads,
    audit_subjects,
)
from invoicing.storage.tables.base import (
    Instant,
    account_reference,
    amount_column,
    index_without_nulls,
    instant_column,
    is_of_customer,
    json_column,
    new_id,
    violated_constraint,
)
from invoicing.storage.tables.customer import Customer, CustomerSession, customer_sessions, customers
from invoicing.storage.tables.invoice import (
    IS_NOT_SETTLED,
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
from invoicing.storage.tables.order import MAY_BE_INVOICED, Order, OrderItem, order_items, orders
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
    "ACCENT",
    "IS_NOT_SETTLED",
    "MAY_BE_INVOICED",
    "UNSETTLED",
    "Account",
    "Allocation",
    "ApiKey",
    "AuditEntry",
    "AuditHead",
    "AuditSubject",
    "Customer",
    "CustomerSession",
    "Document",
    "ExchangeRate",
    "Instant",
    "Invoice",
    "InvoiceLine",
    "Job",
    "Logo",
    "NumberSeries",
    "Order",
    "OrderItem",
    "Payment",
    "PaymentMethod",
    "WebhookDelivery",
    "WebhookEndpoint",
    "account_reference",
    "accounts",
    "allocations",
    "amount_column",
    "api_keys",
    "audit_entries",
    "audit_heads",
    "audit_subjects",
    "customer_sessions",
    "customers",
    "documents",
    "exchange_rates",
    "index_without_nulls",
    "instant_column",
    "invoice_lines",
    "invoices",
    "is_of_customer",
    "json_column",
    "logos",
    "new_id",
    "number_series",
    "order_items",
    "orders",
    "outbox",
    "payment_methods",
    "payments",
    "violated_constraint",
    "webhook_deliveries",
    "webhook_endpoints",
]
