"""The tables of orders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Index,
    Text,
)
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    Stored,
    account_reference,
    amount_column,
    index_where,
    index_without_nulls,
    instant_column,
    json_column,
    quantity_column,
    zero_column,
)


class Order(Stored):
    """`customer_id` is null on a guest's order, whose buyer is its billing name and address. `vat_number` is
    the buyer's where it is not the customer's, `vat_country` its country.

    `request` is the fingerprint of the request with the `idempotency_key`.
    """

    __tablename__ = "orders"
    __table_args__ = (
        account_reference("customer_id", "customers"),
        Index("orders_newest", "account_id", "created_at", "id"),
        Index("orders_of_customer", "account_id", "customer_id", "created_at", "id"),
        Index("orders_by_number", "account_id", "number"),
        index_without_nulls("orders_one_idempotency_key", "idempotency_key", unique=True),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    number: str
    customer_id: str | None = None
    currency: str
    is_including_vat: bool
    total: int = amount_column()
    invoice_after_shipment: bool
    billing_name: str | None = None
    billing_address: dict[str, Any] | None = json_column()
    vat_number: str | None = None
    vat_country: str | None = None
    shipping_address: dict[str, Any] | None = json_column()
    ship_to_country: str | None = None
    purchase_order_number: str | None = None
    buyer_reference: str | None = None
    delivery_date: date | None = None
    payment_terms_days: int | None = None
    meta: dict[str, Any] = json_column(nullable=False)
    search_text: str = Field(sa_type=Text)
    idempotency_key: str | None = None
    request: str | None = None
    created_at: datetime = instant_column()
    updated_at: datetime = instant_column()


MAY_BE_INVOICED = (
    "invoice_id IS NULL AND (contra_of IS NULL AND undone_as IS NULL AND type <> 'DISCOUNT' "
    "OR contra_of IS NOT NULL AND finished_at IS NOT NULL)"
)
"""What is true of each item that is open to INVOICE, and of few others, as those that wait for shipment."""


class OrderItem(Stored):
    """`split_from` is the item from which this one was split off, when a part was shipped or undone.

    `undone_as` tells whether it was cancelled or returned. A contra item (`contra_of`) undoes an invoiced
    item; its own `undone_as` tells how. `invoiced_as` is the item on the invoice's line: this one, or the one
    from which it was split off after invoicing.

    `unit_price` is whole minor units, `unit_price_rest` millionths of one more. `subtotal` is stored, because
    price and quantity of a part do not tell it. Once an item is split, `part_of` names the whole in all its
    parts, itself included, and `part_start` is where in the whole a part begins: the whole is what its parts
    add up to.

    `allocated_discount` is the item's share of the order's discounts, which `discount_reason` names; a
    DISCOUNT itself has none.
    """

    __tablename__ = "order_items"
    __table_args__ = (
        account_reference("order_id", "orders"),
        account_reference("invoice_id", "invoices"),
        CheckConstraint("quantity <> 0", "quantity"),
        Index("order_items_of_order", "account_id", "order_id", "position"),
        index_where(MAY_BE_INVOICED, "order_items_to_invoice", "account_id", "order_id"),
    )

    account_id: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    order_id: str
    position: int
    split_from: str | None = None
    part_of: str | None = None
    part_start: int | None = quantity_column(nullable=True)
    type: str
    sku: str | None = None
    name: str = Field(sa_type=Text)
    description: str | None = Field(default=None, sa_type=Text)
    quantity: int = quantity_column()
    unit: str
    unit_price: int = amount_column()
    unit_price_rest: int = zero_column()
    subtotal: int = zero_column()
    discount: int = amount_column()
    allocated_discount: int = zero_column()
    discount_reason: str | None = Field(default=None, sa_type=Text)
    vat_rate: int
    vat_category: str
    exemption_reason: str | None = None
    supply: str
    service_period: dict[str, str] | None = json_column()
    shipped_at: datetime | None = instant_column(nullable=True)
    undone_as: str | None = None
    undone_at: datetime | None = instant_column(nullable=True)
    undo_reason: str | None = Field(default=None, sa_type=Text)
    contra_of: str | None = None
    received_at: datetime | None = instant_column(nullable=True)
    approved_at: datetime | None = instant_column(nullable=True)
    finished_at: datetime | None = instant_column(nullable=True)
    invoice_id: str | None = None
    invoiced_as: str | None = None


orders = SQLModel.metadata.tables["orders"]
order_items = SQLModel.metadata.tables["order_items"]
