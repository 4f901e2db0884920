"""The tables of invoices and credit invoices, their lines, numbers and files."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Index,
    Text,
    UniqueConstraint,
    false,
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

UNSETTLED = ("PENDING", "FAILED")
"""The states of an invoice or credit invoice that is not settled yet."""
IS_NOT_SETTLED = "state <> 'SETTLED'"
"""What is true of few invoices of a large shop: an index has these alone."""


class Invoice(Stored):
    """Frozen when it is issued: triggers refuse to delete it and to change anything but `state`.

    `logo` is the SHA-256 of the one that its snapshot names.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        account_reference("customer_id", "customers"),
        CheckConstraint("total = total_ex_vat + total_vat", "total"),
        CheckConstraint("sequence > 0", "sequence"),
        CheckConstraint("type IN ('INVOICE', 'CREDIT')", "type"),
        CheckConstraint("state IN ('PENDING', 'SETTLED', 'FAILED', 'CANCELLED')", "state"),
        UniqueConstraint("account_id", "number"),
        UniqueConstraint("account_id", "handle"),
        UniqueConstraint("account_id", "type", "period", "sequence"),
        Index("invoices_newest", "account_id", "created_at", "id"),
        Index("invoices_of_customer", "account_id", "customer_id", "created_at", "id"),
        index_where(IS_NOT_SETTLED, "invoices_not_settled", "account_id", "state", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    handle: str | None = None
    number: str
    type: str
    state: str
    period: str
    sequence: int = amount_column()
    customer_id: str | None = None
    currency: str
    is_including_vat: bool
    subtotal: int = amount_column()
    total_ex_vat: int = amount_column()
    total_vat: int = amount_column()
    total: int = amount_column()
    rounding: int = amount_column(default=0)
    issued_on: date
    due_on: date | None = None
    actor_id: str
    actor_name: str
    actor_type: str
    snapshot: str = Field(sa_type=Text)
    logo: str | None = None
    search_text: str = Field(sa_type=Text)
    request: str | None = None
    created_at: datetime = instant_column()


class InvoiceLine(Stored):
    """(account, order item) is unique: the database itself refuses to invoice an item twice.

    A credit's line names the line that it credits, and the quantity, which is null for an amount only.
    The first line of each order, on a credit for each credited invoice, has their part of the rounding,
    which is null on lines that were issued before there were any. Prices are as in
    `order_items`; `discount` holds what was taken off the line and its share of the order's.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        account_reference("invoice_id", "invoices"),
        account_reference("order_item_id", "order_items"),
        CheckConstraint("total = subtotal - discount", "total"),
        UniqueConstraint("account_id", "order_item_id"),
        Index("invoice_lines_of_order", "account_id", "order_id"),
        index_without_nulls("invoice_lines_crediting", "credited_invoice_id"),
    )

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str
    order_id: str | None = None
    order_item_id: str | None = None
    sku: str | None = None
    name: str = Field(sa_type=Text)
    quantity: int = quantity_column()
    unit: str
    unit_price: int = amount_column()
    unit_price_rest: int = zero_column()
    discount: int = amount_column()
    subtotal: int = amount_column()
    total: int = amount_column()
    total_ex_vat: int = amount_column()
    vat_amount: int = amount_column()
    rounding: int | None = amount_column(nullable=True)
    vat_rate: int
    vat_category: str
    exemption_reason: str | None = None
    supply: str
    credited_invoice_id: str | None = None
    credited_line_id: str | None = None
    credited_quantity: int | None = quantity_column(nullable=True)


class NumberSeries(Stored):
    """The last number taken, by account, type and period (the year, if the format has one).

    `issued_on` is the date of the invoice that took it; the series of orders has none.
    """

    __tablename__ = "number_series"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    type: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    last: int = amount_column()
    issued_on: date | None = None


class Document(Stored):
    """A finished file. The row is written after the file is in the store under `key`.

    `warnings` says what the file cannot show, which depends on the fonts where it was made.
    """

    __tablename__ = "documents"
    __table_args__ = (account_reference("invoice_id", "invoices"), Index("documents_by_key", "key"))

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str
    size: int = amount_column()
    sha256: str
    has_e_invoice: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    warnings: list[str] | None = json_column()
    created_at: datetime = instant_column()


invoices = SQLModel.metadata.tables["invoices"]
invoice_lines = SQLModel.metadata.tables["invoice_lines"]
number_series = SQLModel.metadata.tables["number_series"]
documents = SQLModel.metadata.tables["documents"]
