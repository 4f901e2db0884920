"""The tables of payments and refunds, their allocations, and payment methods."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    Stored,
    account_reference,
    amount_column,
    index_without_nulls,
    instant_column,
)


class PaymentMethod(Stored):
    """A customer's payment method, known to a gateway as `reference`. Card numbers are never stored."""

    __tablename__ = "payment_methods"
    __table_args__ = (
        account_reference("customer_id", "customers"),
        CheckConstraint("state IN ('ACTIVE', 'FAILED', 'DELETED')", "state"),
        Index("payment_methods_of_customer", "account_id", "customer_id", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    customer_id: str
    gateway: str
    reference: str
    gateway_customer: str | None = None
    label: str
    state: str
    created_at: datetime = instant_column()


class Payment(Stored):
    """A payment, or a refund of the payment `refund_of`, on an order or on an invoice.

    Only its result is ever changed: `status`, `error`, `gateway_reference` and `paid_at`.
    """

    __tablename__ = "payments"
    __table_args__ = (
        account_reference("order_id", "orders"),
        account_reference("invoice_id", "invoices"),
        account_reference("payment_method_id", "payment_methods"),
        ForeignKeyConstraint(["account_id", "refund_of"], ["payments.account_id", "payments.id"]),
        CheckConstraint("amount > 0", "amount"),
        CheckConstraint("type IN ('PAYMENT', 'REFUND')", "type"),
        CheckConstraint("status IN ('PENDING', 'PAID', 'FAILED', 'CANCELLED')", "status"),
        CheckConstraint("(order_id IS NULL) <> (invoice_id IS NULL)", "target"),
        CheckConstraint("(type = 'REFUND') = (refund_of IS NOT NULL)", "refund"),
        UniqueConstraint("account_id", "idempotency_key"),
        index_without_nulls("payments_on_order", "order_id"),
        index_without_nulls("payments_on_invoice", "invoice_id"),
        index_without_nulls("payments_refunding", "refund_of"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    type: str
    status: str
    method: str
    amount: int = amount_column()
    currency: str
    order_id: str | None = None
    invoice_id: str | None = None
    refund_of: str | None = None
    reference: str | None = None
    comment: str | None = Field(default=None, sa_type=Text)
    error: str | None = Field(default=None, sa_type=Text)
    gateway: str | None = None
    payment_method_id: str | None = None
    gateway_reference: str | None = None
    idempotency_key: str | None = None
    request: str
    actor_id: str
    actor_name: str
    actor_type: str
    paid_at: datetime | None = instant_column(nullable=True)
    created_at: datetime = instant_column()


class Allocation(Stored):
    """The part of a payment, refund or credit invoice that goes to an invoice. Never changed."""

    __tablename__ = "allocations"
    __table_args__ = (
        account_reference("invoice_id", "invoices"),
        account_reference("payment_id", "payments"),
        account_reference("credit_invoice_id", "invoices"),
        CheckConstraint("amount > 0", "amount"),
        CheckConstraint("(payment_id IS NULL) <> (credit_invoice_id IS NULL)", "source"),
        Index("allocations_to", "account_id", "invoice_id"),
        index_without_nulls("allocations_of_payment", "payment_id"),
        index_without_nulls("allocations_of_credit", "credit_invoice_id"),
    )

    account_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    invoice_id: str
    payment_id: str | None = None
    credit_invoice_id: str | None = None
    amount: int = amount_column()
    created_at: datetime = instant_column()


payment_methods = SQLModel.metadata.tables["payment_methods"]
payments = SQLModel.metadata.tables["payments"]
allocations = SQLModel.metadata.tables["allocations"]
