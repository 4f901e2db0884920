"""What was issued: invoices and credit invoices, their lines, their numbers, their files."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Index,
    Text,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from invoicing.storage.tables.base import (
    amount,
    index_of,
    instant,
    of_account,
)

UNSETTLED = ("PENDING", "FAILED")
"""The states of an invoice, or of a credit invoice, that is still to be settled."""


class Invoice(SQLModel, table=True):
    """Frozen when issued: a trigger refuses to change anything but `state`, and to delete it."""

    __tablename__ = "invoices"
    __table_args__ = (
        of_account("customer_id", "customers"),
        CheckConstraint("total = total_ex_vat + total_vat", "total"),
        CheckConstraint("sequence > 0", "sequence"),
        CheckConstraint("type IN ('INVOICE', 'CREDIT')", "type"),
        CheckConstraint("state IN ('PENDING', 'SETTLED', 'FAILED', 'CANCELLED')", "state"),
        UniqueConstraint("account_id", "number"),
        UniqueConstraint("account_id", "handle"),
        UniqueConstraint("account_id", "type", "period", "sequence"),
        Index("invoices_newest", "account_id", "created_at", "id"),
        Index("invoices_of_customer", "account_id", "customer_id", "created_at", "id"),
    )

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    id: str = Field(primary_key=True)
    handle: str | None = None
    number: str
    type: str
    state: str
    period: str
    sequence: int = amount()
    customer_id: str | None = None
    currency: str
    is_including_vat: bool
    subtotal: int = amount()
    total_ex_vat: int = amount()
    total_vat: int = amount()
    total: int = amount()
    issued_on: date
    due_on: date | None = None
    actor_id: str
    actor_name: str
    actor_type: str
    snapshot: str = Field(sa_type=Text)
    search_text: str = Field(sa_type=Text)
    request: str | None = None
    created_at: datetime = instant()


class InvoiceLine(SQLModel, table=True):
    """(account, order item) is unique: the database itself refuses to invoice an item twice.

    A credit's line names the line it credits, and how many of it: none if it is only an amount.
    """

    __tablename__ = "invoice_lines"
    __table_args__ = (
        of_account("invoice_id", "invoices"),
        of_account("order_item_id", "order_items"),
        CheckConstraint("total = subtotal - discount", "total"),
        UniqueConstraint("account_id", "order_item_id"),
        Index("invoice_lines_of_order", "account_id", "order_id"),
        index_of("invoice_lines_crediting", "credited_invoice_id"),
    )

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    id: str
    order_id: str | None = None
    order_item_id: str | None = None
    sku: str | None = None
    name: str = Field(sa_type=Text)
    quantity: int
    unit: str
    unit_price: int = amount()
    discount: int = amount()
    subtotal: int = amount()
    total: int = amount()
    total_ex_vat: int = amount()
    vat_amount: int = amount()
    vat_rate: int
    vat_category: str
    exemption_reason: str | None = None
    supply: str
    credited_invoice_id: str | None = None
    credited_line_id: str | None = None
    credited_quantity: int | None = None


class NumberSeries(SQLModel, table=True):
    """The last number taken, per account, type and period (the year, where the format has one)."""

    __tablename__ = "number_series"

    account_id: str = Field(primary_key=True, foreign_key="accounts.id")
    type: str = Field(primary_key=True)
    period: str = Field(primary_key=True)
    last: int = amount()


class Document(SQLModel, table=True):
    """A finished file. The row exists only once the bytes lie in the store under `key`."""

    __tablename__ = "documents"
    __table_args__ = (of_account("invoice_id", "invoices"),)

    account_id: str = Field(primary_key=True)
    invoice_id: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str
    size: int = amount()
    sha256: str
    created_at: datetime = instant()


invoices = SQLModel.metadata.tables["invoices"]
invoice_lines = SQLModel.metadata.tables["invoice_lines"]
number_series = SQLModel.metadata.tables["number_series"]
documents = SQLModel.metadata.tables["documents"]
